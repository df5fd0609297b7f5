"""The whole way by keyboard alone: what has the focus is always known, and nothing needs a pointer."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE

pytestmark = [pytest.mark.anyio, ONCE]


MOVED = "() => new Promise((moved) => requestAnimationFrame(() => setTimeout(moved)))"
"""Menus move the focus a moment after the key."""


async def tab_to(app: App, wanted: Locator, key: str = "Tab", most: int = 60) -> None:
    """Press Tab until something has the focus; wherever that goes, the focus can be seen."""
    for _ in range(most):
        if await wanted.count() and await wanted.evaluate(
            "(one) => one === document.activeElement"
        ):
            return
        await app.press(key)
        await app.page.evaluate(MOVED)
    raise AssertionError(f"{wanted} is not reached")


async def test_from_the_first_word_to_the_last_deletion(app: App, server: Caller) -> None:
    await app.open()
    await expect(app.field).to_be_focused()
    await app.page.keyboard.type("Where do I sleep?")
    await app.press("Enter")
    await expect(app.answer("Where do I sleep?")).to_be_visible()
    await expect(app.field).to_be_focused()

    await app.press("ArrowUp")
    await app.press("Control+A")
    await app.page.keyboard.type("Where do I swim?")
    await app.press("Control+Enter")
    await expect(app.answer("Where do I swim?")).to_be_visible()

    edited = app.mine("Where do I swim?")
    await app.field.focus()
    await tab_to(app, edited.get_by_role("button", name="Previous version"), "Shift+Tab")
    await app.press("Enter")
    await expect(app.answer("Where do I sleep?")).to_be_visible()

    answer = app.answer("Where do I sleep?")
    await app.press("Shift+Escape")
    await expect(app.field).to_be_focused()
    more = answer.get_by_role("button", name="More", exact=True)
    await tab_to(app, more, "Shift+Tab")
    await app.press("Enter")
    await expect(app.item("Edit")).to_be_visible()
    await tab_to(app, app.item("Details"), "ArrowDown", 12)
    await app.press("Enter")
    await expect(app.dialog).to_contain_text("echo/echo")
    await app.press("Escape")
    await expect(app.dialog).to_have_count(0)

    await app.press("Control+K")
    await app.page.keyboard.type("settings")
    await app.press("Enter")
    await expect(app.main.get_by_role("heading", name="Settings")).to_be_visible()

    await app.press("Control+Shift+O")
    await expect(app.field).to_be_focused()
    talk = app.list.get_by_role("link").first
    await tab_to(app, talk, "Shift+Tab")
    async with app.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        await app.press("Delete")
    await expect(app.list.get_by_role("link")).to_have_count(0)
    assert server.get("/conversations")["items"] == []
    undo = app.button("Undo")
    await expect(undo).to_be_visible()
    await app.press("Alt+T")
    await tab_to(app, undo)
    await app.press("Enter")
    await expect(app.list.get_by_role("link")).to_have_count(1)


async def test_the_first_stop_leads_past_the_sidebar(app: App) -> None:
    await app.open("/settings")
    await expect(app.main.get_by_role("heading", name="Settings")).to_be_visible()
    skip = app.page.get_by_role("link", name="Skip to content")
    await tab_to(app, skip, most=3)
    await expect(skip).to_be_in_viewport()
    await app.press("Enter")
    await expect(app.main).to_be_focused()
    await expect(app.page).to_have_url(re.compile("/settings"))


async def test_the_focus_can_be_seen_on_everything_that_gets_it(app: App, server: Caller) -> None:
    server.talk(title="Trip to Rome")
    await app.open("/settings")
    await expect(app.row("Trip to Rome")).to_be_visible()
    hidden: list[str] = []
    for _ in range(25):
        await app.press("Tab")
        hidden += await app.page.evaluate(
            """() => {
              const one = document.activeElement;
              if (one === document.body) return [];
              const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
              const seen = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
              return seen ? [] : [one.ariaLabel ?? one.textContent];
            }"""
        )
    assert hidden == []
