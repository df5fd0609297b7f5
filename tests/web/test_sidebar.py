"""All conversations, and what can be done with them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE

pytestmark = pytest.mark.anyio


async def test_a_conversation_is_renamed_in_place(app: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    await app.open()
    await app.choose("Trip to Rome", "Rename")
    title = app.list.get_by_role("textbox", name="Title")
    await expect(title).to_be_focused()
    await title.fill("Trip to Naples")
    async with app.page.expect_response(f"**/conversations/{talk['id']}"):
        await title.press("Enter")
        await expect(app.row("Trip to Naples")).to_be_visible()
        await expect(app.row("Trip to Rome")).to_have_count(0)
    await app.page.reload()
    await expect(app.row("Trip to Naples")).to_be_visible()
    assert server.get(f"/conversations/{talk['id']}")["title"] == "Trip to Naples"


async def test_a_pinned_conversation_stands_first_under_a_heading_of_its_own(
    app: App, server: Caller
) -> None:
    server.talk(title="Old plan")
    server.talk(title="New plan")
    await app.open()
    await app.choose("Old plan", "Pin")
    pinned = app.list.get_by_role("group", name="Pinned")
    await expect(pinned.get_by_role("link")).to_have_text("Old plan")
    await expect(app.list.get_by_role("group", name="Today").get_by_role("link")).to_have_text(
        "New plan"
    )
    await app.choose("Old plan", "Unpin")
    await expect(pinned).to_have_count(0)


async def test_what_was_deleted_comes_back_with_undo(app: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    server.say(talk, "Where do I sleep?")
    await app.open_talk(talk)
    await app.choose("Trip to Rome", "Delete")
    await expect(app.row("Trip to Rome")).to_have_count(0)
    await expect(app.text("Moved “Trip to Rome” to trash.")).to_be_visible()
    await expect(app.page).to_have_url(f"{app.url}/")
    assert server.get("/conversations")["items"] == []
    async with app.page.expect_response("**/restore"):
        await app.button("Undo").click()
    await expect(app.row("Trip to Rome")).to_be_visible()
    assert [one["id"] for one in server.get("/conversations")["items"]] == [talk["id"]]


async def test_an_archived_conversation_is_found_in_the_archive(app: App, server: Caller) -> None:
    server.talk(title="Done with")
    await app.open()
    await app.choose("Done with", "Archive")
    await expect(app.row("Done with")).to_have_count(0)
    await app.button("Filter").click()
    await app.page.get_by_role("menuitemradio", name="Archived").click()
    await expect(app.row("Done with")).to_be_visible()
    await app.choose("Done with", "Unarchive")
    await app.button("All chats").click()
    await expect(app.row("Done with")).to_be_visible()


@ONCE
async def test_tags_are_given_and_filter_the_list(app: App, server: Caller) -> None:
    server.talk(title="Pasta")
    server.talk(title="Taxes")
    await app.open()
    await app.choose("Pasta", "Tags")
    await app.dialog.get_by_role("combobox", name="New tag").fill("kitchen")
    await app.press("Enter")
    await expect(app.dialog.get_by_role("list", name="Tags")).to_have_text("kitchen")
    await app.press("Escape")
    await app.button("Filter").click()
    await app.page.get_by_role("menuitemradio", name="kitchen").click()
    await expect(app.row("Pasta")).to_be_visible()
    await expect(app.row("Taxes")).to_have_count(0)


@ONCE
async def test_a_conversation_is_dragged_into_a_nested_project(app: App, server: Caller) -> None:
    outer = server.post("/projects", 201, name="Travel")
    inner = server.post("/projects", 201, name="Italy", parent_id=outer["id"])
    talk = server.talk(title="Trip to Rome")
    await app.open()
    await app.button("Expand “Travel”").click()
    await app.row("Trip to Rome").drag_to(app.row("Italy"))
    await expect(app.text("Moved “Trip to Rome” to “Italy”.")).to_be_visible()
    assert server.get(f"/conversations/{talk['id']}")["project_id"] == inner["id"]
    await app.row("Italy").click()
    await expect(app.main.get_by_role("heading", name="Italy")).to_be_visible()
    await expect(app.main.get_by_role("link", name="Trip to Rome")).to_be_visible()


async def test_a_project_is_made_and_a_conversation_moved_into_it(app: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    await app.open()
    await app.button("New project").click()
    await app.dialog.get_by_role("textbox", name="Name").fill("Travel")
    await app.dialog.get_by_role("textbox", name="System prompt").fill("Answer like a guide.")
    await app.dialog.get_by_role("button", name="Create").click()
    await expect(app.main.get_by_role("heading", name="Travel")).to_be_visible()
    await expect(app.main.get_by_text("Answer like a guide.")).to_be_visible()
    await app.choose("Trip to Rome", "Move to…")
    await app.dialog.get_by_role("button", name="Travel").click()
    await expect(app.main.get_by_role("link", name="Trip to Rome")).to_be_visible()
    await expect(app.text("Moved “Trip to Rome” to “Travel”.")).to_be_visible()
    [project] = server.get("/projects")["items"]
    assert server.get(f"/conversations/{talk['id']}")["project_id"] == project["id"]


@ONCE
async def test_several_are_selected_and_deleted_at_once(app: App, server: Caller) -> None:
    for i in range(5):
        server.talk(title=f"Talk {i}")
    await app.open()
    await app.row("Talk 4").click(modifiers=["Control"])
    await app.row("Talk 2").click(modifiers=["Shift"])
    bar = app.page.get_by_role("group", name="Actions for the selection")
    await expect(bar).to_contain_text("3 selected")
    await bar.get_by_role("button", name="Delete").click()
    await expect(app.text("Moved 3 chats to trash.")).to_be_visible()
    left = {one["title"] for one in server.get("/conversations")["items"]}
    assert left == {"Talk 0", "Talk 1"}
    await app.button("Undo").click()
    await expect(app.row("Talk 3")).to_be_visible()


@ONCE
async def test_a_long_list_is_drawn_in_part_and_read_page_by_page(app: App, server: Caller) -> None:
    for i in range(200):
        server.talk(title=f"Talk {i:03}")
    await app.open()
    await expect(app.row("Talk 199")).to_be_visible()
    drawn = await app.list.get_by_role("link").count()
    assert drawn < 80
    await app.row("Talk 199").focus()
    while not await app.row("Talk 000").count():
        await app.press("End")
        await app.page.evaluate("() => new Promise(requestAnimationFrame)")
    await app.press("End")
    await expect(app.row("Talk 000")).to_be_focused()
    assert await app.list.get_by_role("link").count() < 80
    await app.press("Home")
    await expect(app.row("Talk 199")).to_be_focused()


@ONCE
async def test_an_answer_elsewhere_leaves_a_sign_until_it_is_looked_at(
    app: App, server: Caller
) -> None:
    talk = server.talk(title="Trip to Rome")
    await app.open()
    await expect(app.row("Trip to Rome")).to_be_visible()
    server.ended(server.ask(talk, "Where do I sleep?"))
    await expect(app.row("Trip to Rome")).to_contain_text("Unread")
    await app.row("Trip to Rome").click()
    await expect(app.answer("Where do I sleep?")).to_be_visible()
    await app.page.get_by_role("link", name="New chat").click()
    await expect(app.row("Trip to Rome")).not_to_contain_text("Unread")


@ONCE
async def test_one_conversation_is_exported(app: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    server.say(talk, "Where do I sleep?")
    await app.open()
    async with app.page.expect_download() as coming:
        await app.choose("Trip to Rome", "Export")
    download = await coming.value
    assert re.fullmatch(r"Trip.to.Rome.*\.jsonl", download.suggested_filename)
    path = await download.path()
    assert "Where do I sleep?" in path.read_text("utf-8")


@ONCE
async def test_the_list_is_worked_by_keyboard(app: App, server: Caller) -> None:
    for title in ("Third", "Second", "First"):
        server.talk(title=title)
    await app.open()
    await app.row("First").focus()
    await app.press("ArrowDown")
    await expect(app.row("Second")).to_be_focused()
    await app.press("F2")
    await app.list.get_by_role("textbox", name="Title").fill("Renamed")
    await app.press("Enter")
    await expect(app.row("Renamed")).to_be_focused()
    await app.press("Delete")
    await expect(app.row("Renamed")).to_have_count(0)
    await expect(app.row("Third")).to_be_focused()
    await app.press("Enter")
    await expect(app.page).to_have_url(re.compile("/c/"))


@ONCE
async def test_it_is_hidden_and_shown_and_stays_as_it_was_left(app: App) -> None:
    await app.open()
    await app.button("Hide sidebar").click()
    await expect(app.list).to_have_count(0)
    await expect(app.button("Show sidebar")).to_be_focused()
    await app.page.reload()
    await expect(app.button("Show sidebar")).to_be_visible()
    await app.press("Control+Shift+S")
    await expect(app.list).to_be_visible()
