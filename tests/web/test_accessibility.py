"""What axe finds in every page, in both themes, with much room and with little: nothing serious."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import DESKTOP, ONCE, PHONE, Visit
from web.sample import fill

pytestmark = [pytest.mark.anyio, ONCE]
AXE = Path(__file__).with_name("browser") / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
    `${id}: ${html.slice(0, 200)} ${failureSummary.split("\\n")[1] ?? ""}`))"""
SETTINGS = {
    "appearance": "Text size",
    "models": "echo/echo",
    "statistics": "Topics",
    "shortcuts": "New line",
    "data": "Danger zone",
}

LIBRARY = {
    "prompts": "Invite",
    "agents": "Editor",
    "rules": "Brief",
    "tags": "travel",
    "providers": "tide",
    "api-keys": "personal",
}


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_serious_is_wrong_with_any_page(
    visit: Visit, server: Caller, theme: Any, size: str
) -> None:
    how = PHONE if size == "phone" else {"viewport": DESKTOP}
    app = await visit(server, color_scheme=theme, **how)
    mistakes: dict[str, list[str]] = {}
    fill_library(server)
    async for page in pages(app, fill(server)):
        if not await app.page.evaluate("'axe' in window"):
            await app.page.evaluate(AXE.read_text("utf-8"))
        if found := await app.page.evaluate(SERIOUS):
            mistakes[page] = found
    stranger = await visit(server, signed_in=False, color_scheme=theme, **how)
    stranger.watch.expect("401")
    await stranger.open()
    await expect(stranger.text("hansard link")).to_be_visible()
    await stranger.page.evaluate(AXE.read_text("utf-8"))
    if found := await stranger.page.evaluate(SERIOUS):
        mistakes["sign-in"] = found
    assert not mistakes, "\n".join(
        f"{page}: {line}" for page in mistakes for line in mistakes[page]
    )


def fill_library(server: Caller) -> None:
    server.post("/tags", 201, name="travel", color="#0369a1")
    brief = server.post("/rules", 201, name="Brief", text="In one sentence.", tags=["travel"])
    variables = [{"name": "event", "required": True}]
    server.post("/prompts", 201, name="Invite", body="To {{ event }}", variables=variables)
    agent = server.post("/agents", 201, name="Editor", rules=[brief["id"]])
    server.post(f"/agents/{agent['id']}/tasks", 201, name="shorten", body="Shorten it.")
    key = server.post("/api-keys", 201, name="personal", value="tide-key-0123456789")
    headers = {"X-Team": "tide-team-0123456789"}
    server.post("/providers", 201, name="tide", type="groq", api_key_id=key["id"], headers=headers)


async def pages(app: App, record: dict[str, JSON]) -> AsyncIterator[str]:
    """Every page, and what opens in front of one."""
    phone = await app.page.evaluate("matchMedia('(hover: none)').matches")
    await app.open()
    await expect(app.field).to_be_visible()
    if not phone:
        await expect(app.row("Four days in Rome")).to_be_visible()
    yield "home"
    await app.open_models()
    yield "models"
    await app.press("Escape")
    await app.press("Control+K")
    await expect(app.page.get_by_role("option").first).to_be_visible()
    yield "palette"
    await app.press("Escape")
    if phone:
        await app.button("Show sidebar").click()
        await expect(app.row("Four days in Rome").first).to_be_visible()
        yield "drawer"
        await app.press("Escape")
    for name in ("trip", "code", "diagram", "rich"):
        await app.open_talk(record[name])
        if name == "diagram":
            await expect(app.thread.get_by_role("img", name="Diagram")).to_be_visible()
        for fold in ("Reasoning", "Used forecast", "Result of forecast") if name == "rich" else ():
            await app.thread.get_by_text(fold).click()
        yield f"thread: {name}"
    await app.act(app.messages.last, "More")
    await expect(app.item("Details")).to_be_visible()
    yield "message menu"
    await app.item("Details").click()
    await expect(app.dialog).to_be_visible()
    yield "details"
    await app.press("Escape")
    await app.button("Branches").click()
    await expect(app.dialog.get_by_role("listitem").first).to_be_visible()
    yield "branches"
    await app.press("Escape")
    await app.act(app.mine("And on Monday?"), "Edit")
    yield "edit"
    made = record["artifact"]
    await app.open(f"/c/{made['conversation_id']}?artifact={made['id']}")
    await expect(app.tab("History")).to_be_visible()
    await expect(app.page.get_by_role("group", name="visits.py")).to_contain_text("top: int = 5")
    yield "artifact"
    await app.tab("History").click()
    await app.page.get_by_role("button", name="Compare").click()
    await expect(app.page.get_by_text("added,")).to_be_visible()
    yield "artifact: comparison"
    await app.tab("Source").click()
    await app.panel.get_by_role("button", name="Edit").click()
    await expect(app.editor).to_be_focused()
    yield "artifact: editor"
    await app.button("Discard changes").click()
    await app.open(f"/artifacts/{record['table']['id']}")
    await expect(app.page.get_by_role("columnheader").first).to_be_visible()
    yield "artifact: table"
    await app.button("More").click()
    await app.item("Share").click()
    await app.dialog.get_by_role("button", name="Create link").click()
    address = await app.dialog.locator("[data-link]").inner_text()
    yield "artifact: share"
    await app.open("/artifacts")
    await expect(
        app.main.get_by_role("list", name="Artifacts").get_by_role("link").first
    ).to_be_visible()
    await app.page.get_by_role("checkbox").first.check()
    yield "artifacts"
    await app.page.goto(address)
    await expect(app.page.get_by_role("columnheader").first).to_be_visible()
    yield "shared artifact"
    await app.open("/search?q=rome")
    await expect(app.main.get_by_role("region", name="Results")).to_be_visible()
    yield "search"
    await app.open(f"/projects/{record['project']['id']}")
    await expect(app.main.get_by_role("link", name="Four days in Rome")).to_be_visible()
    yield "project"
    async for page in library(app):
        yield page
    for page, words in SETTINGS.items():
        await app.open(f"/settings/{page}")
        await expect(app.main.get_by_text(words).first).to_be_visible()
        yield f"settings: {page}"


async def library(app: App) -> AsyncIterator[str]:
    """The pages of the library, their forms, and what is chosen in the message field."""
    for page, name in LIBRARY.items():
        await app.open(f"/library/{page}")
        await app.main.get_by_role("button", name=f"Edit {name}").click()
        await expect(app.dialog.get_by_role("textbox", name="Name").first).to_be_visible()
        yield f"library: {page}, editor"
        await app.press("Escape")
        await expect(app.dialog).to_have_count(0)
        yield f"library: {page}"
        await app.main.get_by_role("link", name="Trash").click()
        await expect(app.main.get_by_role("heading", name="Trash")).to_be_visible()
        yield f"library: {page}, trash"
    await app.open()
    await app.field.press_sequentially("@ed")
    await app.page.get_by_role("option", name="@Editor").click()
    await app.field.press_sequentially("/inv")
    await expect(app.page.get_by_role("option", name="/Invite")).to_be_visible()
    yield "message field: templates"
    await app.press("Enter")
    await app.dialog.get_by_role("textbox", name="event").fill("a picnic")
    await expect(app.dialog.get_by_role("region", name="Preview")).to_contain_text("a picnic")
    yield "message field: template"
    await app.press("Escape")
    await app.button("Rules").click()
    await expect(app.page.get_by_role("menuitemcheckbox", name="Brief")).to_be_visible()
    yield "message field: rules"
    await app.press("Escape")


async def test_axe_would_see_a_button_without_a_name(app: App) -> None:
    """The planted bug."""
    await app.open()
    await expect(app.button("Send")).to_be_visible()
    await app.button("Send").evaluate("(button) => button.removeAttribute('aria-label')")
    await app.page.evaluate(AXE.read_text("utf-8"))
    found = await app.page.evaluate(SERIOUS)
    assert any("button-name" in mistake for mistake in found)


async def test_letters_of_twice_the_size_still_fit(visit: Visit, server: Caller) -> None:
    """A window of 1280 pixels, zoomed to 200 %."""
    app = await visit(server, viewport={"width": 640, "height": 400}, device_scale_factor=2)
    record = fill(server)
    for path in ("/", f"/c/{record['trip']['id']}", "/settings/statistics", "/search?q=rome"):
        await app.open(path)
        await expect(app.main).to_be_visible()
        assert await app.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    await app.open()
    await expect(app.button("Send")).to_be_in_viewport()
