"""What a project passes on, and what becomes of its conversations when it is deleted."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE

pytestmark = [pytest.mark.anyio, ONCE]


def trip(server: Caller) -> tuple[JSON, JSON]:
    """A project and a conversation in it."""
    project = server.post("/projects", 201, name="Trip")
    return project, server.talk(title="Rome", project_id=project["id"])


async def test_options_rules_and_tags_are_set_for_all_chats(app: App, server: Caller) -> None:
    rule = server.post("/rules", 201, name="Brief", text="In one sentence.")
    project, _ = trip(server)
    await app.open(f"/projects/{project['id']}")
    await app.main.get_by_role("button", name="Edit", exact=True).click()
    await app.dialog.get_by_role("spinbutton", name="Temperature").fill("0.3")
    await app.dialog.get_by_role("spinbutton", name="Max tokens").fill("500")
    await app.dialog.get_by_role("combobox", name="Reasoning effort").select_option("Low")
    await app.dialog.get_by_role("checkbox", name="Brief").check()
    await app.dialog.get_by_role("combobox", name="Tags").fill("travel")
    await app.press("Enter")
    await app.dialog.get_by_role("button", name="Save").click()
    await expect(app.dialog).to_have_count(0)
    stored = server.get(f"/projects/{project['id']}")
    assert stored["options"] == {"temperature": 0.3, "max_tokens": 500, "reasoning_effort": "low"}
    assert (stored["rules"], stored["tags"]) == ([rule["id"]], ["travel"])


async def test_an_empty_field_says_what_holds_and_from_where(app: App, server: Caller) -> None:
    rule = server.post("/rules", 201, name="Brief", text="In one sentence.")
    given = {"options": {"temperature": 0.3}, "rules": [rule["id"]], "tags": ["travel"]}
    outer = server.post("/projects", 201, name="Trips", model="echo/echo", **given)
    inner = server.post("/projects", 201, name="Italy", parent_id=outer["id"])
    await app.open(f"/projects/{inner['id']}")
    await app.main.get_by_role("button", name="Edit", exact=True).click()
    temperature = app.dialog.get_by_role("spinbutton", name="Temperature")
    await expect(temperature).to_have_value("")
    await expect(temperature).to_have_accessible_description("0.3, from “Trips”")
    model = app.dialog.get_by_role("combobox", name="Model")
    await expect(model).to_have_accessible_description("echo, from “Trips”")
    await expect(app.dialog.get_by_text("Also: Brief, from “Trips”")).to_be_visible()
    await expect(app.dialog.get_by_text("Also: travel, from “Trips”")).to_be_visible()
    await app.dialog.get_by_role("combobox", name="Parent project").select_option("None")
    await expect(temperature).to_have_accessible_description("")


async def delete(app: App, project: JSON, choice: str) -> None:
    await app.open(f"/projects/{project['id']}")
    await app.main.get_by_role("button", name="Delete").click()
    await app.dialog.get_by_role("radio", name=choice).check()


async def test_conversations_stay_when_a_project_is_deleted(app: App, server: Caller) -> None:
    project, talk = trip(server)
    await delete(app, project, "Keep them in your list")
    await app.dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(app.row("Trip")).to_have_count(0)
    await expect(app.row("Rome")).to_be_visible()
    assert server.get(f"/conversations/{talk['id']}")["project_id"] == project["id"]


async def test_conversations_move_to_another_project_and_back(app: App, server: Caller) -> None:
    other = server.post("/projects", 201, name="Archive")
    project, talk = trip(server)
    await delete(app, project, "Move them to another project")
    await app.dialog.get_by_role("combobox", name="Project").select_option("Archive")
    await app.dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(app.row("Trip")).to_have_count(0)
    await expect(app.button("Undo")).to_be_visible()
    assert server.get(f"/conversations/{talk['id']}")["project_id"] == other["id"]
    await app.button("Undo").click()
    await app.row("Trip").click()
    await expect(app.main.get_by_role("link", name="Rome")).to_be_visible()


async def test_conversations_are_deleted_with_a_project_and_come_back_with_it(
    app: App, server: Caller
) -> None:
    project, talk = trip(server)
    await delete(app, project, "Move them to trash too")
    await app.dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(app.row("Rome")).to_have_count(0)
    server.get(f"/conversations/{talk['id']}", 404)
    await app.button("Undo").click()
    await app.row("Trip").click()
    await expect(app.main.get_by_role("link", name="Rome")).to_be_visible()


async def test_the_tag_filter_knows_all_tags_and_their_colours(app: App, server: Caller) -> None:
    server.post("/tags", 201, name="unused", color="#0369a1")
    server.talk(title="Rome", tags=["travel"])
    server.talk(title="Taxes")
    await app.open()
    await app.button("Filter").click()
    for name in ("travel", "unused"):
        await expect(app.page.get_by_role("menuitemradio", name=name)).to_be_visible()
    dot = app.page.get_by_role("menuitemradio", name="unused").locator("[aria-hidden]").first
    await expect(dot).to_have_css("background-color", "rgb(3, 105, 161)")
    await app.page.get_by_role("menuitemradio", name="travel").click()
    await expect(app.row("Rome")).to_be_visible()
    await expect(app.row("Taxes")).to_have_count(0)
