"""Where things stand in a thread: nothing is cut, stretched, out of sight or on the wrong side."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from server.harness import JSON, Caller
from web.conftest import ONCE, PHONE, Visit

pytestmark = [pytest.mark.anyio, ONCE]

ARABIC = """مرحبا بالعالم! هذه رسالة طويلة.

## عنوان

- البند الأول
- English, too
  1. الخطوة الأولى

> اقتباس

| عمود | قيمة |
|---|---|
| أ | ١ |
"""


def answered(server: Caller, answer: str) -> JSON:
    """A conversation in which a model gave this answer."""
    talk = server.talk(title="The sea")
    asked = {"role": "user", "content": "Tell me of the sea"}
    said = {"role": "assistant", "content": answer, "model": "lab/x"}
    server.post(f"/conversations/{talk['id']}/messages", 201, messages=[asked, said])
    return talk


async def box(element: Locator) -> dict[str, Any]:
    found = await element.bounding_box()
    assert found
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


@pytest.mark.parametrize("how", [{}, PHONE], ids=["desktop", "phone"])
async def test_what_is_written_from_the_right_has_its_marks_on_the_right(
    visit: Visit, server: Caller, how: dict[str, Any]
) -> None:
    app = await visit(server, **how)
    await app.open_talk(answered(server, ARABIC))
    answer = await box(app.messages.last)
    items = app.messages.last.get_by_role("listitem")
    first, second = await box(items.first), await box(items.nth(1))
    assert first["right"] <= answer["right"] - 10, "a bullet has room beside the text"
    assert first["right"] == second["right"]
    step = await box(items.filter(has_text="الخطوة").last)
    assert step["right"] <= second["right"] - 10
    for mark in (items.first, items.nth(1), app.messages.last.get_by_role("blockquote")):
        await expect(mark).to_have_css("direction", "rtl")
    column, value = await app.thread.get_by_role("columnheader").all()
    assert (await box(column))["x"] > (await box(value))["x"]
    for text in ("مرحبا", "عنوان"):
        assert await right_of(app.thread.get_by_text(text)) == pytest.approx(answer["right"], abs=2)
    english = await right_of(app.thread.get_by_text("English, too"), letters=12)
    assert english == pytest.approx(second["right"], abs=2), "it stands at its bullet"


async def right_of(element: Locator, letters: int = 5) -> float:
    """Where the first letters of an element end."""
    return await element.evaluate(
        """(element, letters) => {
          const range = document.createRange();
          range.setStart(element.firstChild, 0);
          range.setEnd(element.firstChild, letters);
          return range.getBoundingClientRect().right;
        }""",
        letters,
    )
