"""On a phone: everything has room, and a finger is enough."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE, PHONE, Visit

pytestmark = [pytest.mark.anyio, ONCE]


@pytest.fixture
async def phone(visit: Visit, server: Caller) -> App:
    return await visit(server, **PHONE)


async def test_the_sidebar_is_a_drawer_that_keeps_the_focus(phone: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    server.say(talk, "Where do I sleep?")
    await phone.open()
    await expect(phone.list).to_have_count(0)
    await phone.button("Show sidebar").tap()
    drawer = phone.page.get_by_role("dialog", name="Sidebar")
    await expect(drawer).to_be_visible()
    for _ in range(12):
        await phone.press("Tab")
        assert await drawer.evaluate("(drawer) => drawer.contains(document.activeElement)")
    await phone.press("Escape")
    await expect(drawer).to_have_count(0)
    await expect(phone.button("Show sidebar")).to_be_focused()
    await phone.button("Show sidebar").tap()
    await phone.row("Trip to Rome").tap()
    await expect(drawer).to_have_count(0)
    await expect(phone.mine("Where do I sleep?")).to_be_visible()


async def test_a_swipe_from_the_edge_opens_the_drawer_and_one_back_closes_it(phone: App) -> None:
    await phone.open()
    await expect(phone.field).to_be_visible()
    drawer = phone.page.get_by_role("dialog", name="Sidebar")
    await swipe(phone, 5, 200)
    await expect(drawer).to_be_visible()
    await swipe(phone, 250, 40)
    await expect(drawer).to_have_count(0)
    await swipe(phone, 120, 300)
    await expect(drawer).to_have_count(0)


async def swipe(app: App, start: int, end: int) -> None:
    session = await app.page.context.new_cdp_session(app.page)

    async def touch(kind: str, *points: dict[str, Any]) -> None:
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    await touch("touchStart", {"x": start, "y": 400})
    for step in range(1, 6):
        await touch("touchMove", {"x": start + (end - start) * step / 5, "y": 400})
    await touch("touchEnd")
    await session.detach()


async def test_enter_begins_a_line_and_the_button_sends(phone: App) -> None:
    await phone.open()
    await phone.field.fill("One")
    await phone.press("Enter")
    await phone.field.press_sequentially("Two")
    await expect(phone.field).to_have_value("One\nTwo")
    await phone.button("Send").tap()
    await expect(phone.answer("One\nTwo")).to_be_visible()


async def test_nothing_is_wider_than_the_screen_and_nothing_too_small_for_a_finger(
    phone: App, server: Caller
) -> None:
    project = server.post("/projects", 201, name="Travel " * 12)
    talk = server.talk(title="A very long title " * 12, project_id=project["id"])
    table = "| a | b | c |\n|---|---|---|\n" + "| " + "wide cell " * 30 + "| 2 | 3 |"
    code = "```python\nprint(" + "'long' + " * 40 + "'')\n```"
    server.ended(server.ask(talk, f"{table}\n\n{code}\n\n" + "unbroken" * 60))
    for path, content in {
        "/": phone.field,
        f"/c/{talk['id']}": phone.answer("wide cell"),
        "/search?q=long": phone.main.get_by_role("region", name="Results"),
        f"/projects/{project['id']}": phone.main.get_by_role("link", name="A very long title"),
        "/settings/appearance": phone.main.get_by_text("Text size"),
        "/settings/models": phone.main.get_by_text("echo/echo"),
        "/settings/statistics": phone.main.get_by_role("figure", name="Messages by day"),
        "/settings/shortcuts": phone.main.get_by_text("New line"),
        "/settings/data": phone.main.get_by_text("Empty trash").first,
    }.items():
        await phone.open(path)
        await expect(content).to_be_visible()
        wide = await phone.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
        assert await small_targets(phone) == [], path
    await phone.button("Show sidebar").tap()
    await expect(phone.row("A very long title").first).to_be_visible()
    assert await small_targets(phone) == []


async def small_targets(app: App) -> list[str]:
    """Buttons and fields that are less than 44 pixels high; links within text are left out."""
    return await app.page.evaluate(
        """() => [...document.querySelectorAll("button, [role=button], select, textarea, input:not([hidden])")]
          .filter((one) => one.checkVisibility({ opacityProperty: true }) && !one.closest(".sr-only"))
          .filter((one) => !one.matches(".sr-only, [role=switch], [data-sonner-toast] *"))
          .map((one) => ({ name: one.ariaLabel ?? one.innerText, box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.height > 0 && box.height < 43.5)
          .map(({ name, box }) => `${name}: ${Math.round(box.width)} × ${Math.round(box.height)}`)"""
    )
