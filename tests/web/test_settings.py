"""How the app looks, what is kept, and how it goes out and comes in."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE, Visit

pytestmark = [pytest.mark.anyio, ONCE]
INNS = {"title": "Inns", "type": "markdown", "content": "# Inns"}


async def test_the_dark_theme_is_there_from_the_first_paint_on(app: App) -> None:
    await app.open("/settings")
    await app.main.get_by_role("radio", name="Dark").click()
    await expect(app.page.locator("html.dark")).to_be_attached()
    await app.page.add_init_script(
        """new MutationObserver(() => { if (document.body && window.first === undefined)
          window.first = document.documentElement.classList.contains("dark"); })
          .observe(document, { childList: true, subtree: true });"""
    )
    await app.page.reload()
    await expect(app.page.locator("html.dark")).to_be_attached()
    assert await app.page.evaluate("window.first")


async def test_the_language_is_changed_without_a_reload(app: App) -> None:
    await app.open("/settings/appearance")
    await expect(app.page.locator("html")).to_have_attribute("lang", "en-GB")
    await app.main.get_by_role("combobox", name="Language").select_option("Deutsch")
    await expect(app.main.get_by_role("heading", name="Einstellungen")).to_be_visible()
    await expect(app.page.locator("html")).to_have_attribute("lang", "de")
    await app.open()
    await expect(app.page.get_by_role("textbox", name="Nachricht")).to_be_visible()


async def test_keys_and_models_of_its_own_are_told_of_in_the_language_of_the_app(
    visit: Visit, server: Caller
) -> None:
    app = await visit(server, locale="de-DE")
    await app.open("/settings/shortcuts")
    for key in ("Strg", "Umschalt", "Entf"):
        await expect(app.main.get_by_text(key, exact=True).first).to_be_visible()
    for key in ("Ctrl", "Shift", "Del"):
        await expect(app.page.get_by_text(key, exact=True)).to_have_count(0)
    await app.open("/settings/models")
    await expect(app.main.get_by_text("Wiederholt deine Nachricht.")).to_be_visible()


async def test_letters_grow_and_enter_need_not_send(app: App) -> None:
    await app.open("/settings/appearance")
    await app.main.get_by_role("combobox", name="Text size").select_option("150 %")
    await app.main.get_by_role("switch", name="Send with Enter").click()
    await app.open()
    await expect(app.page.locator("html")).to_have_css("font-size", "24px")
    await app.field.fill("One")
    await app.press("Enter")
    await app.field.press_sequentially("Two")
    await expect(app.field).to_have_value("One\nTwo")
    await app.press("Control+Enter")
    await expect(app.answer("One\nTwo")).to_be_visible()


async def test_a_favourite_model_stands_first_where_models_are_chosen(app: App) -> None:
    await app.open("/settings/models")
    await app.main.get_by_role("button", name="Favourite: speaker/other").click()
    await app.open()
    await app.page.get_by_role("button", name=re.compile("^Model: ")).click()
    models = app.page.get_by_role("dialog", name="Models")
    first = models.get_by_role("listitem").first
    await expect(first).to_contain_text("other")
    await expect(models.get_by_role("heading").first).to_have_text("Favourites")


async def test_the_figures_are_those_of_the_record(app: App, server: Caller) -> None:
    talk = server.talk()
    for words in ("tell me of lighthouses", "more of lighthouses", "lighthouses again"):
        server.ended(server.ask(talk, words))
    await app.open("/settings/statistics")
    await expect(app.main.get_by_text("Messages", exact=True).locator("xpath=..")).to_contain_text(
        "6"
    )
    await expect(app.main.get_by_role("row", name="echo/echo 3")).to_be_visible()


async def test_everything_goes_out_and_comes_back_equal(
    app: App, server: Caller, tmp_path: Path
) -> None:
    talk = server.talk(title="Trip to Rome", tags=["travel"])
    server.ended(server.ask(talk, "Where do I sleep?"))
    before = server.get(f"/conversations/{talk['id']}/messages")["items"]
    await app.open("/settings/data")
    async with app.page.expect_download() as coming:
        await app.page.get_by_role("button", name="Export everything").click()
    file = tmp_path / "export.jsonl"
    await (await coming.value).save_as(file)
    assert len([json.loads(line) for line in file.read_text("utf-8").splitlines()]) > 3

    await app.button("Move all chats to trash").click()
    confirm = app.dialog.get_by_role("button", name="Move all chats to trash")
    await expect(app.dialog).to_contain_text("This moves one chat to trash")
    await expect(app.dialog.get_by_role("button", name="Export everything")).to_be_visible()
    await expect(confirm).to_be_disabled()
    await app.dialog.get_by_role("textbox").fill("delete")
    await confirm.click()
    await expect(app.button("Restore Trip to Rome")).to_be_visible()
    await app.button("Empty trash").click()
    await app.dialog.get_by_role("textbox").fill("delete")
    await app.dialog.get_by_role("button", name="Empty trash").click()
    await expect(app.text("Deleted one chat permanently.")).to_be_visible()
    assert server.get("/conversations", deleted=True)["items"] == []

    await app.main.get_by_label("Choose a file…").set_input_files(file)
    await expect(app.text("Import complete")).to_be_visible()
    await expect(app.row("Trip to Rome")).to_be_visible()
    assert server.get(f"/conversations/{talk['id']}/messages")["items"] == before
    await app.main.get_by_label("Choose a file…").set_input_files(file)
    await expect(app.text("Already present")).to_be_visible()


async def test_an_import_tells_what_came_in_words_that_people_know(
    app: App, server: Caller, tmp_path: Path
) -> None:
    talk = server.talk(title="Trip to Rome", system="Be brief.")
    server.ended(server.ask(talk, "Where do I sleep?"))
    server.post("/artifacts", 201, **INNS, conversation_id=talk["id"])
    exported = server.client.get("/export", params={"conversation_id": talk["id"]}).text
    *lines, end = exported.splitlines()
    lines.append('{"kind": "comet", "id": "1"}')
    lines.append(json.dumps({**json.loads(end), "records": json.loads(end)["records"] + 1}))
    file = tmp_path / "export.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    server.delete(f"/conversations/{talk['id']}")
    server.post(f"/conversations/{talk['id']}/purge", 204)

    await app.open("/settings/data")
    await app.main.get_by_label("Choose a file…").set_input_files(file)
    told = app.main.get_by_role("definition")
    await expect(told).to_have_text(["1 chat, 2 messages, 1 artifact", "1 other record"])
    await app.open("/settings/appearance")
    await app.main.get_by_role("combobox", name="Language").select_option("Deutsch")
    await app.open("/settings/data")
    await app.main.get_by_label("Datei auswählen …").set_input_files(file)
    await expect(told).to_have_text(["1 Chat, 2 Nachrichten, 1 Artefakt", "1 anderer Eintrag"])


async def test_what_is_no_export_is_refused_with_a_reason(app: App, tmp_path: Path) -> None:
    file = tmp_path / "holiday.jsonl"
    file.write_text("this is no export\n")
    app.watch.expect("status of 4")
    await app.open("/settings/data")
    await app.main.get_by_label("Choose a file…").set_input_files(file)
    await expect(app.main.get_by_role("status").last).to_contain_text(re.compile(r"\w+ \w+"))
    await expect(app.text("Import complete")).to_have_count(0)


async def test_a_project_comes_out_of_the_trash(app: App, server: Caller) -> None:
    project = server.post("/projects", 201, name="A swim in May")
    server.delete(f"/projects/{project['id']}")
    await app.open("/settings/data")
    await app.button("Restore A swim in May").click()
    await expect(app.button("Restore A swim in May")).to_have_count(0)
    assert [one["name"] for one in server.get("/projects")["items"]] == ["A swim in May"]


async def test_one_conversation_comes_out_of_the_trash_and_another_goes_for_good(
    app: App, server: Caller
) -> None:
    for title in ("Keep", "Lose"):
        talk = server.talk(title=title)
        server.say(talk, "something")
        server.delete(f"/conversations/{talk['id']}")
    await app.open("/settings/data")
    await app.button("Restore Keep").click()
    await expect(app.row("Keep")).to_be_visible()
    await app.button("Delete Lose permanently").click()
    await expect(app.dialog).to_contain_text("“Lose” has one message. You cannot undo this.")
    await app.dialog.get_by_role("button", name="Delete", exact=True).click()
    for title in ("Keep", "Lose"):
        await expect(app.button(f"Restore {title}")).to_have_count(0)
    assert [one["title"] for one in server.get("/conversations")["items"]] == ["Keep"]


async def test_the_shortcuts_are_listed_and_the_keys_do_what_they_say(app: App) -> None:
    await app.open()
    await expect(app.field).to_be_visible()
    await app.press("Control+/")
    await expect(app.main.get_by_text("Search and commands")).to_be_visible()
    await app.press("Control+Shift+O")
    await expect(app.page).to_have_url(f"{app.url}/")
    await app.press("Control+.")
    await expect(app.page).to_have_url(re.compile("/settings"))
