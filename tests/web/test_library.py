"""The pages of the library: prompts, agents with tasks, rules and tags."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE, PHONE, Visit

pytestmark = [pytest.mark.anyio, ONCE]
NOUNS = {"prompts": "prompt", "agents": "agent", "rules": "rule", "tags": "tag"}


def record(app: App, name: str) -> Locator:
    """A record in a list of the library."""
    return app.main.get_by_role("button", name=f"Edit {name}")


async def new(app: App, noun: str) -> None:
    await app.main.get_by_role("button", name=f"New {noun}", exact=True).click()
    await expect(app.dialog).to_be_visible()


async def fill(app: App, **fields: str) -> None:
    for label, text in fields.items():
        await app.dialog.get_by_role("textbox", name=label, exact=True).fill(text)


async def submit(app: App, action: str = "Create") -> None:
    await app.dialog.get_by_role("button", name=action, exact=True).click()


async def test_each_section_has_an_address_and_the_sidebar_leads_to_them(app: App) -> None:
    await app.open()
    await app.page.get_by_role("link", name="Library", exact=True).click()
    sections = app.main.get_by_role("navigation", name="Library")
    for title in ("Agents", "Rules", "Tags", "Prompts"):
        await sections.get_by_role("link", name=title).click()
        await expect(app.page).to_have_url(re.compile(f"/library/{title.lower()}$"))
        await expect(app.main.get_by_role("region", name=title)).to_be_visible()
    await app.open("/settings")
    await app.main.get_by_role("link", name="Library").click()
    await expect(app.main.get_by_role("region", name="Prompts")).to_be_visible()
    await app.press("Control+K")
    await app.dialog.get_by_role("combobox").fill("library")
    await expect(app.page.get_by_role("option", name="Go to library")).to_be_visible()


@pytest.mark.parametrize("noun", ["agents", "tags"])
async def test_a_record_is_created_changed_deleted_and_brought_back(
    app: App, server: Caller, noun: str
) -> None:
    await app.open(f"/library/{noun}")
    await new(app, NOUNS[noun])
    await fill(app, Name="Metric")
    await submit(app)
    await expect(app.dialog).to_have_count(0)
    await record(app, "Metric").click()
    await fill(app, Name="Imperial")
    await submit(app, "Save")
    await expect(record(app, "Imperial")).to_be_visible()
    await expect(record(app, "Metric")).to_have_count(0)
    await app.button("Delete “Imperial”").click()
    await expect(record(app, "Imperial")).to_have_count(0)
    await app.button("Undo").click()
    await expect(record(app, "Imperial")).to_be_visible()
    await expect(app.main.get_by_role("button", name="Delete “Imperial”")).to_be_visible()
    assert [one["name"] for one in server.get(f"/{noun}")["items"]] == ["Imperial"]


async def test_the_trash_restores_and_deletes_for_ever(app: App, server: Caller) -> None:
    for name in ("Brief", "Metric"):
        rule = server.post("/rules", 201, name=name, text="Keep to it.")
        server.delete(f"/rules/{rule['id']}")
    await app.open("/library/rules")
    await app.main.get_by_role("link", name="Trash").click()
    await app.button("Restore “Brief”").click()
    await expect(app.text("Brief")).to_have_count(0)
    await app.button("Delete “Metric” permanently").click()
    await app.dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(app.text("The trash is empty.")).to_be_visible()
    await app.main.get_by_role("link", name="Back to the list").click()
    await expect(record(app, "Brief")).to_be_visible()
    await expect(record(app, "Metric")).to_have_count(0)
    assert server.get("/rules", deleted=True)["items"] == []


async def test_a_name_that_is_taken_is_refused_beside_the_field(app: App, server: Caller) -> None:
    app.watch.expect("status of 409.*/api/v1/tags")
    server.post("/tags", 201, name="travel")
    await app.open("/library/tags")
    await new(app, "tag")
    await fill(app, Name="travel")
    await submit(app)
    name = app.dialog.get_by_role("textbox", name="Name")
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(name).to_have_accessible_description("There is a tag called 'travel' already.")
    await fill(app, Name="trips")
    await submit(app)
    await expect(record(app, "trips")).to_be_visible()


async def test_a_template_has_variables_a_preview_and_revisions(app: App, server: Caller) -> None:
    await app.open("/library/prompts")
    await new(app, "prompt")
    await fill(app, Name="invite", Prompt="Write an invitation to {{ event }}, {{ tone }}.")
    for number, name in enumerate(("event", "tone"), 1):
        await app.dialog.get_by_role("button", name="Add variable").click()
        variable = app.dialog.get_by_role("group", name=f"Variable {number}")
        await variable.get_by_role("textbox", name="Name").fill(name)
        if name == "event":
            await variable.get_by_role("checkbox", name="Required").check()
            continue
        await variable.get_by_role("combobox", name="Type").select_option("Choice")
        await variable.get_by_role("textbox", name="Choices").fill("kind\nformal")
        await variable.get_by_role("combobox", name="Default").select_option("kind")
    await submit(app)
    await record(app, "invite").click()
    await app.tab("Preview").click()
    await expect(app.text("Fill in the required fields to see the prompt.")).to_be_visible()
    await app.dialog.get_by_role("textbox", name="event").fill("a picnic")
    preview = app.dialog.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("Write an invitation to a picnic, kind.")
    await app.dialog.get_by_role("combobox", name="tone").select_option("formal")
    await expect(preview).to_contain_text("a picnic, formal.")
    await app.tab("Edit").click()
    await fill(app, Prompt="Invite people to {{ event }}, {{ tone }}.")
    await submit(app, "Save")
    await expect(app.dialog).to_have_count(0)
    await record(app, "invite").click()
    await app.tab("Revisions").click()
    revisions = app.dialog.get_by_role("listitem")
    await expect(revisions).to_have_count(2)
    await expect(revisions.first).to_contain_text("Invite people to")
    await revisions.last.get_by_text("Revision 1").click()
    await expect(revisions.last).to_contain_text("Write an invitation to")
    [stored] = server.get("/prompts")["items"]
    assert stored["variables"] == [
        {"name": "event", "required": True},
        {"name": "tone", "type": "choice", "default": "kind", "choices": ["kind", "formal"]},
    ]


async def test_a_mistake_in_a_template_is_said_beside_it(app: App) -> None:
    app.watch.expect("status of 422.*/api/v1/prompts", "status of 400.*/api/v1/prompts")
    await app.open("/library/prompts")
    await new(app, "prompt")
    await fill(app, Name="invite", Prompt="To {{ event }}")
    await submit(app)
    body = app.dialog.get_by_role("textbox", name="Prompt")
    await expect(body).to_have_attribute("aria-invalid", "true")
    await expect(body).to_have_accessible_description(re.compile("event"))


async def test_an_agent_has_instructions_options_rules_and_tasks(app: App, server: Caller) -> None:
    rule = server.post("/rules", 201, name="Brief", text="In one sentence.")
    await app.open("/library/agents")
    await new(app, "agent")
    await fill(app, Name="Editor", Description="Edits texts", Instructions="You edit texts.")
    await app.dialog.get_by_role("combobox", name="Model").select_option("echo/echo")
    await app.dialog.get_by_role("spinbutton", name="Temperature").fill("0.2")
    await app.dialog.get_by_role("checkbox", name="Brief").check()
    await submit(app)
    await app.main.get_by_role("button", name="New task for Editor").click()
    await fill(app, Name="shorten", Prompt="Shorten this.")
    await submit(app)
    tasks = app.main.get_by_role("list", name="Tasks of Editor")
    await expect(tasks.get_by_role("listitem")).to_have_text([re.compile("shorten")])
    await record(app, "shorten").click()
    await fill(app, Name="condense")
    await submit(app, "Save")
    await expect(record(app, "condense")).to_be_visible()
    [agent] = server.get("/agents")["items"]
    assert (agent["model"], agent["options"]) == ("echo/echo", {"temperature": 0.2})
    assert agent["rules"] == [rule["id"]]
    await app.button("Delete “condense”").click()
    await expect(tasks).to_have_count(0)
    await app.main.get_by_role("link", name="Trash").click()
    await app.button("Restore “condense”").click()
    await app.main.get_by_role("link", name="Back to the list").click()
    await expect(record(app, "condense")).to_be_visible()


async def test_a_second_tab_follows(app: App, server: Caller) -> None:
    other = await app.another()
    await app.open("/library/rules")
    await other.open("/library/rules")
    await expect(other.text("No rules yet.")).to_be_visible()
    await new(app, "rule")
    await fill(app, Name="Brief", Text="In one sentence.")
    await submit(app)
    await expect(record(other, "Brief")).to_be_visible()
    [rule] = server.get("/rules")["items"]
    server.patch(f"/rules/{rule['id']}", name="Short")
    for one in (app, other):
        await expect(record(one, "Short")).to_be_visible()
    await other.button("Delete “Short”").click()
    await expect(record(app, "Short")).to_have_count(0)
    await other.button("Undo").click()
    await expect(record(app, "Short")).to_be_visible()


async def test_a_change_that_is_refused_is_taken_back(app: App, server: Caller) -> None:
    app.watch.expect("status of 409.*/api/v1/tags")
    server.post("/tags", 201, name="home")
    server.post("/tags", 201, name="work")
    await app.open("/library/tags")
    await record(app, "work").click()
    await fill(app, Name="home")
    await submit(app, "Save")
    await expect(app.dialog.get_by_role("textbox", name="Name")).to_have_attribute(
        "aria-invalid", "true"
    )
    await app.press("Escape")
    await expect(record(app, "work")).to_be_visible()
    await expect(record(app, "home")).to_have_count(1)


async def test_the_keyboard_suffices(app: App, server: Caller) -> None:
    await app.open("/library/rules")
    await app.main.get_by_role("button", name="New rule", exact=True).focus()
    await app.press("Enter")
    await expect(app.dialog.get_by_role("textbox", name="Name")).to_be_focused()
    await app.page.keyboard.type("Brief")
    await app.press("Tab")
    await app.page.keyboard.type("In one sentence.")
    await app.press("Tab", "Tab", "Space")
    await expect(app.dialog.get_by_role("switch", name="Always apply")).to_be_checked()
    await app.dialog.get_by_role("textbox", name="Name").press("Enter")
    await expect(record(app, "Brief")).to_be_visible()
    assert server.get("/rules")["items"][0]["always"] is True
    await record(app, "Brief").press("Tab")
    await app.press("Enter")
    await expect(record(app, "Brief")).to_have_count(0)


async def test_a_phone_has_room_for_it(visit: Visit, server: Caller) -> None:
    app = await visit(server, **PHONE)
    server.post("/prompts", 201, name="A name " * 20, body="A body " * 40, public=True)
    await app.open("/library/prompts")
    await new(app, "prompt")
    await app.dialog.get_by_role("button", name="Add variable").tap()
    await expect(app.dialog.get_by_role("group", name="Variable 1")).to_be_visible()
    assert await app.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
