"""Where a message is written."""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from server.harness import Caller
from web.app import App
from web.conftest import ONCE

pytestmark = [pytest.mark.anyio, ONCE]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
READ_LATER = """() => {
  const { text } = Blob.prototype;
  const asked = new Promise((done) => { window.read = done; });
  Blob.prototype.text = async function () { await asked; return text.call(this); };
}"""
PASTE = """([kind, name, content]) => {
  const data = new DataTransfer();
  if (kind === "text") data.setData("text/plain", content);
  else data.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type: kind }));
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(paste);
}"""


async def test_it_grows_with_what_is_written(app: App) -> None:
    await app.open()
    small = await app.field.bounding_box()
    await app.field.fill("One")
    await app.press("Shift+Enter")
    await app.field.press_sequentially("Two")
    for _ in range(40):
        await app.press("Shift+Enter")
    large = await app.field.bounding_box()
    assert small
    assert large
    assert small["height"] * 2 < large["height"] <= 0.41 * 800
    await expect(app.mine("One")).to_have_count(0)
    assert (await app.field.input_value()).startswith("One\nTwo\n")


async def test_a_draft_of_each_conversation_is_kept_also_after_a_reload(
    app: App, server: Caller
) -> None:
    one, two = server.talk(title="One"), server.talk(title="Two")
    await app.open(f"/c/{one['id']}")
    await app.field.fill("begun in one")
    await app.row("Two").click()
    await expect(app.page).to_have_url(re.compile(two["id"]))
    await expect(app.field).to_have_value("")
    await app.field.fill("begun in two")
    await app.page.reload()
    await expect(app.field).to_have_value("begun in two")
    await app.row("One").click()
    await expect(app.field).to_have_value("begun in one")
    await app.press("Enter")
    await expect(app.answer("begun in one")).to_be_visible()
    await app.page.reload()
    await expect(app.field).to_have_value("")


async def test_the_enter_that_ends_a_composition_does_not_send(app: App, server: Caller) -> None:
    await app.open()
    await app.field.focus()
    session = await app.page.context.new_cdp_session(app.page)
    await session.send(
        "Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3}
    )
    await app.field.evaluate(
        """(field) => field.dispatchEvent(new KeyboardEvent("keydown",
          { key: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true }))"""
    )
    await session.send("Input.insertText", {"text": "日本"})
    await expect(app.field).to_have_value("日本")
    assert server.get("/conversations")["items"] == []
    await app.press("Enter")
    await expect(app.answer("日本")).to_be_visible()


async def test_a_pasted_image_goes_with_the_message(app: App, server: Caller) -> None:
    await app.open()
    await app.field.focus()
    await app.page.evaluate(PASTE, ["image/png", "dot.png", base64.b64encode(PIXEL).decode()])
    files = app.page.get_by_role("list", name="Attached files")
    await expect(files).to_contain_text("dot.png")
    await expect(app.button("Send")).to_be_enabled()  # it is uploaded
    await app.say("What is this?")
    picture = app.mine("What is this?").get_by_role("img", name="dot.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 1
    await expect(app.answer("What is this?")).to_be_visible()
    [talk] = server.get("/conversations")["items"]
    prompt, *_ = server.get(f"/conversations/{talk['id']}/messages")["items"]
    assert [part["type"] for part in prompt["parts"]] == ["image", "text"]


async def test_a_file_is_chosen_and_taken_out_again(app: App, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("remember the milk")
    await app.open()
    async with app.page.expect_file_chooser() as opening:
        await app.button("Add images and files").click()
    await (await opening.value).set_files(note)
    files = app.page.get_by_role("list", name="Attached files")
    await expect(files).to_contain_text("note.txt")
    await expect(app.button("Send")).to_be_enabled()
    await app.button("Remove note.txt").click()
    await expect(files).to_have_count(0)
    await expect(app.button("Send")).to_be_disabled()


@pytest.mark.parametrize("sent", [True, False], ids=["when it is sent", "on its way"])
async def test_a_long_text_that_is_pasted_becomes_a_file_and_text_again(
    app: App, sent: bool
) -> None:
    await app.open()
    uploads: asyncio.Queue[Route] = asyncio.Queue()
    await app.page.route("**/api/v1/blobs", uploads.put)
    await app.field.focus()
    story = "a long story. " * 1000
    await app.page.evaluate(PASTE, ["text", "", story])
    files = app.page.get_by_role("list", name="Attached files")
    await expect(files).to_contain_text("pasted.txt")
    await expect(app.field).to_have_value("")
    upload = await uploads.get()
    if sent:
        await upload.continue_()
        await expect(app.button("Send")).to_be_enabled()
        reads: asyncio.Queue[Route] = asyncio.Queue()
        await app.page.route("**/api/v1/blobs/*", reads.put)
        await app.button("As text").dblclick()
        for _ in range(2):
            await (await reads.get()).continue_()
    else:
        await app.page.evaluate(READ_LATER)
        await app.button("As text").click()
        await expect(files).to_have_count(0)
        await upload.continue_()
        await app.page.evaluate("read()")
    await expect(app.field).to_have_value(story)
    await expect(files).to_have_count(0)


async def test_a_slash_offers_commands(app: App) -> None:
    await app.open()
    await app.field.press_sequentially("/se")
    commands = app.page.get_by_role("listbox", name="Commands")
    await expect(commands.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    await app.press("Escape")
    await expect(commands).to_have_count(0)
    await app.field.fill("")
    await app.field.press_sequentially("/settings")
    await app.press("Enter")
    await expect(app.page).to_have_url(f"{app.url}/settings")
    await app.open()
    await expect(app.field).to_have_value("")


async def test_up_in_the_empty_field_edits_what_was_said_last(app: App) -> None:
    await app.open()
    await app.ask("Where do I sleep?")
    await app.field.press("ArrowUp")
    field = app.thread.get_by_role("textbox", name="Edit")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("Where do I sleep?")


async def test_a_text_in_the_address_is_written_and_not_sent(app: App, server: Caller) -> None:
    await app.open("/?q=Where%20do%20I%20sleep%3F")
    await expect(app.field).to_have_value("Where do I sleep?")
    await expect(app.page).to_have_url(f"{app.url}/")
    assert server.get("/conversations")["items"] == []
