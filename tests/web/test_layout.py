"""Where things stand in a thread: nothing is cut, stretched, out of sight or on the wrong side."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE, PHONE, Visit
from web.speaker import OTHERWISE, Speaker

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
LONG = "\n\n".join(f"Line {i} of many." for i in range(60))
PROGRAM = "print('tide')\n" * 8
MADE = "\n\n".join(f'```python title="tide{i}.py"\n{PROGRAM}```' for i in range(2))


def answered(server: Caller, answer: str) -> JSON:
    """A conversation in which a model gave this answer."""
    talk = server.talk(title="The sea")
    asked = {"role": "user", "content": "Tell me of the sea"}
    said = {"role": "assistant", "content": answer, "model": "lab/x"}
    server.post(f"/conversations/{talk['id']}/messages", 201, messages=[asked, said])
    return talk


def ask_several(server: Caller, text: str, *models: str) -> JSON:
    """A conversation in which these models answered side by side."""
    talk = server.talk(title="The sea")
    path = f"/conversations/{talk['id']}/chat"
    asked = server.post(path, 202, content=text, models=list(models))
    for run in asked["runs"]:
        server.ended(run)
    return talk


async def box(element: Locator) -> dict[str, Any]:
    found = await element.bounding_box()
    assert found
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


async def cards(app: App) -> list[dict[str, float]]:
    """Where the first two cards are at one moment, for what is around them may still move."""
    for title in ("tide0.py", "tide1.py"):
        await expect(app.card(title).first).to_be_visible()
    return await app.thread.evaluate(
        """(thread) => ["tide0.py", "tide1.py"].map((title) =>
          [...thread.querySelectorAll("button")].find((card) => card.textContent.includes(title))
            .getBoundingClientRect().toJSON())"""
    )


def columns(app: App) -> Locator:
    beside = app.page.get_by_role("group", name="Responses side by side").get_by_role("listitem")
    return beside.filter(has=app.page.get_by_role("heading", level=3))


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


async def test_answers_side_by_side_are_as_tall_as_they_are_and_seen_from_their_beginning(
    visit: Visit, server: Caller, voice: Speaker
) -> None:
    voice.go.set()
    talk = ask_several(server, LONG, "speaker/other", "echo/echo")
    phone = await visit(server, **PHONE)
    await phone.open_talk(talk)
    short = columns(phone).filter(has_text=OTHERWISE)
    long = columns(phone).filter(has_text="Line 59 of many.")
    await expect(long.get_by_text("Line 0 of many.")).to_be_attached()
    assert (await box(short))["height"] < 300 < (await box(long))["height"]
    await expect(short.get_by_role("heading")).to_be_in_viewport()
    await expect(phone.button("Jump to latest")).to_have_count(0)


async def test_the_view_stays_at_the_beginning_of_answers_that_grow_side_by_side(
    app: App, voice: Speaker
) -> None:
    await app.open()
    await app.pick_models("echo", "held")
    await app.say(LONG)
    long = columns(app).filter(has_text="Line 59 of many.")
    await expect(long).to_be_visible()
    for name in await columns(app).get_by_role("heading").all():
        await expect(name).to_be_in_viewport()
    await long.get_by_text("Line 30 of many.").scroll_into_view_if_needed()
    place = await app.thread.evaluate("(list) => list.scrollTop")
    voice.go.set()
    await expect(app.button("Stop generating")).to_have_count(0)
    assert await app.thread.evaluate("(list) => list.scrollTop") == place


async def test_a_fourth_answer_side_by_side_is_seen_to_be_there(
    app: App, server: Caller, voice: Speaker
) -> None:
    voice.go.set()
    models = ("echo/echo", "speaker/other", "speaker/held", "speaker/maker")
    await app.open_talk(ask_several(server, "Tell me of the sea", *models))
    await expect(columns(app)).to_have_count(4)
    fourth = await box(columns(app).nth(3))
    assert fourth["x"] + 24 < 1280


async def test_a_file_beside_a_picture_is_no_taller_than_its_name(app: App, server: Caller) -> None:
    parts: list[JSON] = [{"type": "text", "text": "Look at these"}]
    picture = await app.page.screenshot()
    for kind, media_type, data in (("file", "text/csv", b"a,b"), ("image", "image/png", picture)):
        sent = server.client.post("/blobs", content=data, headers={"Content-Type": media_type})
        part = {"type": kind, "blob": sent.json()["id"], "media_type": media_type}
        parts.append({**part, "name": f"sea.{media_type[-3:]}"})
    talk = server.talk()
    said = {"role": "user", "parts": parts}
    server.post(f"/conversations/{talk['id']}/messages", 201, messages=[said])
    await app.open_talk(talk)
    beside = await box(app.thread.get_by_role("img", name="sea.png"))
    name = await box(app.thread.get_by_role("button", name="sea.csv"))
    assert name["right"] < beside["x"], "they are beside each other"
    assert name["height"] < 60 < beside["height"]


async def test_cards_in_a_narrow_column_stand_below_each_other(
    app: App, server: Caller, voice: Speaker
) -> None:
    voice.go.set()
    await app.open_talk(ask_several(server, MADE, "echo/echo", "speaker/other", "speaker/held"))
    first, second = await cards(app)
    assert first["x"] == second["x"]
    assert first["bottom"] < second["y"]
    await app.open_talk(answered(server, MADE))
    first, second = await cards(app)
    assert first["y"] == second["y"]
