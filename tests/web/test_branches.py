"""Saying it differently: edits, other answers, branches, and letting go of them."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Route, expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE

pytestmark = pytest.mark.anyio


async def asked(app: App, server: Caller, *texts: str) -> str:
    """A conversation on the page, in which echo repeated each text; gives its id."""
    talk = server.talk(title="Trip to Rome")
    await app.open(f"/c/{talk['id']}")
    for text in texts:
        await app.ask(text)
    return talk["id"]


def version(message: Locator, name: str) -> Locator:
    return message.get_by_role("img", name=f"Version {name}")


async def test_an_edit_makes_a_branch_and_both_are_gone_to(app: App, server: Caller) -> None:
    talk = await asked(app, server, "Where do I sleep?", "And eat?")
    await app.act(app.mine("Where do I sleep?"), "Edit")
    field = app.thread.get_by_role("textbox", name="Edit")
    await expect(field).to_be_focused()
    await field.fill("Where do I swim?")
    await field.press("Control+Enter")
    await expect(app.answer("Where do I swim?")).to_be_visible()
    await expect(app.mine("And eat?")).to_have_count(0)
    edited = app.mine("Where do I swim?")
    await expect(version(edited, "2 of 2")).to_be_visible()

    async with app.page.expect_response("**/switch"):
        await app.act(edited, "Previous version")
        await expect(app.answer("And eat?")).to_be_visible()
        await expect(version(app.mine("Where do I sleep?"), "1 of 2")).to_be_visible()
    await app.page.reload()
    await expect(app.answer("And eat?")).to_be_visible()

    await app.act(app.mine("Where do I sleep?"), "Next version")
    await expect(app.answer("Where do I swim?")).to_be_visible()
    assert len(server.get(f"/conversations/{talk}/branches")["items"]) == 2


async def test_an_answer_is_made_again_beside_the_first(app: App, server: Caller) -> None:
    await asked(app, server, "Where do I sleep?")
    answer = app.answer("Where do I sleep?")
    await app.act(answer, "Regenerate")
    await expect(version(answer, "2 of 2")).to_be_visible()
    await app.act(answer, "Previous version")
    await expect(version(answer, "1 of 2")).to_be_visible()


@ONCE
async def test_escape_leaves_a_message_as_it_was(app: App, server: Caller) -> None:
    talk = await asked(app, server, "Where do I sleep?")
    await app.act(app.mine("Where do I sleep?"), "Edit")
    await app.thread.get_by_role("textbox", name="Edit").fill("Never mind")
    await app.press("Escape")
    await expect(app.mine("Where do I sleep?")).to_be_visible()
    assert len(server.get(f"/conversations/{talk}/branches")["items"]) == 1


@ONCE
async def test_an_edit_is_kept_until_it_is_sent_or_cancelled(app: App, server: Caller) -> None:
    await asked(app, server, "Where do I sleep?")
    other = server.talk(title="Recipes")
    server.say(other, "Hello")
    message = app.mine("Where do I sleep?")
    field = app.thread.get_by_role("textbox", name="Edit")

    await app.act(message, "Edit")
    await field.fill("Where do I swim")
    await app.row("Recipes").click()
    await expect(app.mine("Hello")).to_be_visible()
    await app.page.go_back()
    await app.act(message, "Edit")
    await expect(field).to_have_value("Where do I swim")

    await field.fill("Where do I swim in May")
    await app.page.reload()
    await app.act(message, "Edit")
    await expect(field).to_have_value("Where do I swim in May")
    await app.press("Escape")
    await app.act(message, "Edit")
    await expect(field).to_have_value("Where do I swim in May")

    await app.thread.get_by_role("button", name="Cancel").click()
    await app.act(message, "Edit")
    await expect(field).to_have_value("Where do I sleep?")

    await field.fill("Where do I swim?")
    await app.thread.get_by_role("button", name="Send").click()
    await expect(app.answer("Where do I swim?")).to_be_visible()
    await app.act(app.mine("Where do I swim?"), "Previous version")
    await app.act(message, "Edit")
    await expect(field).to_have_value("Where do I sleep?")


@ONCE
async def test_an_edit_of_which_nothing_is_heard_is_sent_again_and_is_one(
    app: App, server: Caller
) -> None:
    talk = await asked(app, server, "Where do I sleep?")

    async def lose_the_answer(route: Route) -> None:
        assert (await route.fetch()).ok
        await route.abort()

    await app.page.route("**/edit", lose_the_answer, times=1)
    app.watch.expect("ERR_FAILED")
    await app.act(app.mine("Where do I sleep?"), "Edit")
    await app.thread.get_by_role("textbox", name="Edit").fill("Where do I swim?")
    await app.thread.get_by_role("button", name="Send").click()
    await expect(app.answer("Where do I swim?")).to_be_visible()
    assert len(server.get(f"/conversations/{talk}/branches")["items"]) == 2


@ONCE
async def test_enter_does_in_an_edit_what_it_does_in_the_message_field(
    app: App, server: Caller
) -> None:
    await asked(app, server, "Where do I sleep?")
    await app.act(app.mine("Where do I sleep?"), "Edit")
    await expect(app.text("Enter sends, Shift+Enter adds a new line.")).to_be_visible()
    await app.press("Shift+Enter")
    await app.page.keyboard.type("And eat?")
    await app.press("Enter")
    await expect(app.answer("Where do I sleep?\nAnd eat?")).to_be_visible()

    await app.open("/settings/appearance")
    await app.main.get_by_role("switch", name="Send with Enter").click()
    await app.page.go_back()
    await app.act(app.mine("And eat?"), "Edit")
    await expect(app.text("Ctrl+Enter sends, Enter adds a new line.")).to_be_visible()
    await app.press("Enter")
    await app.page.keyboard.type("And swim?")
    await app.press("Control+Enter")
    await expect(app.answer("Where do I sleep?\nAnd eat?\nAnd swim?")).to_be_visible()


async def test_the_map_shows_every_branch_and_leads_to_it(app: App, server: Caller) -> None:
    await asked(app, server, "Where do I sleep?", "And eat?")
    await app.act(app.answer("Where do I sleep?"), "More")
    await app.item("Branch from here").click()
    await expect(app.mine("And eat?")).to_have_count(0)
    await app.ask("And swim?")
    await app.button("Branches").click()
    lines = app.dialog.get_by_role("listitem")
    await expect(lines).to_have_count(2)
    here = lines.filter(has_text="Current branch")
    await expect(here).to_contain_text("And swim?")
    await here.get_by_role("button", name="Rename").click()
    await app.dialog.get_by_role("textbox", name="Branch name").fill("By the sea")
    await app.press("Enter")
    await expect(here).to_contain_text("By the sea")
    await lines.filter(has_text="And eat?").get_by_role("button").first.click()
    await expect(app.answer("And eat?")).to_be_visible()
    await expect(app.mine("And swim?")).to_have_count(0)

    await app.button("Branches").click()
    await app.button("Delete “By the sea”").click()
    await expect(app.text("Its 2 messages")).to_be_visible()
    await app.dialog.last.get_by_role("button", name="Delete", exact=True).click()
    await expect(app.text("Moved 2 messages to trash.")).to_be_visible()
    await app.press("Escape")
    await app.button("Undo").click()
    await app.button("Branches").click()
    await expect(lines.filter(has_text="By the sea")).to_be_visible()


async def test_a_deletion_says_how_many_go_and_is_undone(app: App, server: Caller) -> None:
    talk = await asked(app, server, "Where do I sleep?", "And eat?")
    await app.act(app.mine("And eat?"), "More")
    await app.item("Delete").click()
    await expect(app.dialog.get_by_role("heading", name="Delete 2 messages?")).to_be_visible()
    await app.dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(app.mine("And eat?")).to_have_count(0)
    await expect(app.answer("Where do I sleep?")).to_be_visible()
    assert len(server.get(f"/conversations/{talk}/messages")["items"]) == 2
    await app.button("Undo").click()
    await expect(app.answer("And eat?")).to_be_visible()
    assert len(server.get(f"/conversations/{talk}/messages")["items"]) == 4
