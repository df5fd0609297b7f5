"""What models make: seen, opened beside the conversation, edited, compared, brought back, also by two at once."""

from __future__ import annotations

import re
import signal
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from server.harness import JSON, Caller, process
from web.app import App
from web.conftest import FLAGS, ONCE, PHONE, Visit
from web.speaker import Speaker
from web.watch import AWAY

pytestmark = pytest.mark.anyio
PROGRAM = "def tide(hour):\n    if hour % 12 < 6:\n        return 'in'\n    return 'out'\n\nprint(tide(7))\n"
ANSWER = f'Here:\n\n```python title="tide.py"\n{PROGRAM}```\n'
WIDER = "before => document.querySelector('[aria-label=Artifact]').offsetWidth > before"
AT_REST = (
    "one => Promise.all(one.getAnimations().map(({ finished }) => finished)).then(() => undefined)"
)
LIST = "/artifacts?conversation_id"
NOTES = """Look:

<artifact identifier="notes" type="text/markdown" title="Notes on tides">
# Tides

- **two** a day
</artifact>

That is all."""


def talk_with(server: Caller, *answers: str) -> JSON:
    """A conversation in which a model gave these answers."""
    talk = server.talk(title="Tides")
    drafts: list[JSON] = []
    for answer in answers:
        drafts += [{"role": "user", "content": "Make it."}]
        drafts += [{"role": "assistant", "content": answer, "model": "lab/x"}]
    server.post(f"/conversations/{talk['id']}/messages", 201, messages=drafts)
    return talk


def made_in(server: Caller, talk: JSON) -> list[JSON]:
    return server.get("/artifacts", conversation_id=talk["id"])["items"]


def content(server: Caller, artifact: JSON) -> str:
    return server.get(f"/artifacts/{artifact['id']}/content")["content"]


async def opened(app: App, talk: JSON, title: str = "tide.py") -> None:
    await app.open_talk(talk)
    await app.card(title).click()
    await expect(app.panel.get_by_role("heading", name=title)).to_be_visible()


def lines(panel: Locator, sign: str) -> Locator:
    """The lines of a comparison that were added or removed."""
    return panel.get_by_role("listitem").filter(has_text=f"{sign}:")


async def test_an_artifact_is_made_kept_edited_compared_restored_deleted_and_brought_back(
    app: App, server: Caller
) -> None:
    await app.open()
    await app.say(ANSWER)
    await app.card("tide.py").click()
    await expect(app.panel).to_contain_text("Version 1 of 1")
    await expect(app.panel.get_by_role("group", name="tide.py")).to_have_text(PROGRAM)
    await app.page.reload()
    await expect(app.panel.get_by_role("group", name="tide.py")).to_have_text(PROGRAM)
    await expect(app.card("tide.py")).to_have_attribute("aria-expanded", "true")

    await app.edit(PROGRAM.replace("% 12", "% 24"))
    await app.panel.get_by_role("button", name="Save").click()
    await expect(app.panel).to_contain_text("Version 2 of 2")
    await expect(app.card("tide.py")).to_contain_text("Version 2")

    await app.tab("History").click()
    await expect(app.panel.get_by_role("listitem").first).to_contain_text("you")
    await app.panel.get_by_role("button", name="Compare").click()
    await expect(lines(app.panel, "removed")).to_contain_text("hour % 12")
    await expect(lines(app.panel, "added")).to_contain_text("hour % 24")
    await app.panel.get_by_role("button", name="History").click()
    await app.panel.get_by_role("button", name="Restore version 1").click()
    await expect(app.panel).to_contain_text("Version 3 of 3")
    await expect(app.panel.get_by_role("listitem").first).to_contain_text("restored from version 1")

    await app.panel.get_by_role("button", name="More").click()
    await app.item("Delete").click()
    await expect(app.panel).to_have_count(0)
    await expect(app.card("tide.py")).to_have_count(0)
    async with app.page.expect_response("**/restore"):
        await app.button("Undo").click()
    await expect(app.card("tide.py")).to_be_visible()
    [talk] = server.get("/conversations")["items"]
    [artifact] = made_in(server, talk)
    assert (artifact["revision"], content(server, artifact)) == (3, PROGRAM)


async def test_an_element_is_a_card_in_its_place_and_shows_a_document(
    app: App, server: Caller
) -> None:
    await app.open_talk(talk_with(server, NOTES))
    await expect(app.thread).not_to_contain_text("artifact")
    await expect(app.messages.last).to_have_text(re.compile("Look:.*Notes on tides.*That is all"))
    await app.card("Notes on tides").click()
    await expect(app.panel.get_by_role("heading", name="Tides", exact=True)).to_be_visible()
    await expect(app.panel.locator("strong")).to_have_text("two")


@ONCE
async def test_tables_and_trees_are_shown_as_such(app: App, server: Caller) -> None:
    table = '```csv\nname,born\nAda,1815\n"Hopper, Grace",1906\n```\n'
    tree = (
        '```json\n{"ships": [{"name": "Ada"}, {"name": "Grace"}],\n"deep": {"a": {"b": 1}}}\n```\n'
    )
    await app.open_talk(talk_with(server, f"Names\n\n{table}", f"Ships\n\n{tree}"))
    for card in await app.thread.locator("[data-artifact]").all():
        await card.click()
        if "CSV" in await card.inner_text():
            await expect(app.panel.get_by_role("columnheader")).to_have_text(["name", "born"])
            await expect(app.panel.get_by_role("cell", name="Hopper, Grace")).to_be_visible()
        else:
            await expect(app.panel).to_contain_text("ships: [ ] 2 items")
            await expect(app.panel).not_to_contain_text("Grace")
            await app.panel.get_by_text("1: { }").click()
            await expect(app.panel).to_contain_text('name: "Grace"')


@ONCE
async def test_the_panel_fills_while_the_answer_is_made(
    app: App, server: Caller, voice: Speaker
) -> None:
    talk = server.talk(title="Tides", model="speaker/maker")
    await app.open(f"/c/{talk['id']}")
    await app.say("Write me the tide")
    writing = app.thread.get_by_role("button", name="Writing…")
    await writing.click()
    await expect(app.panel).to_contain_text("high water comes twice a day")
    await expect(app.panel).not_to_contain_text("print(tide(7))")
    await app.page.reload()
    await expect(app.panel).to_contain_text("high water comes twice a day")
    voice.reset()
    await expect(app.panel).to_contain_text("Version 1 of 1")
    await expect(app.panel).to_contain_text("print(tide(7))")
    await expect(writing).to_have_count(0)
    [artifact] = made_in(server, talk)
    assert f"artifact={artifact['id']}" in app.page.url


async def test_another_browser_sees_each_step_within_a_second(
    app: App, visit: Visit, server: Caller
) -> None:
    talk = talk_with(server, ANSWER)
    other = await visit(server)
    for one in (app, other):
        await opened(one, talk)
    taken: list[float] = []

    async def seen(what: Locator) -> None:
        began = time.monotonic()
        await expect(what).to_be_visible()
        taken.append(time.monotonic() - began)

    await app.edit(PROGRAM.replace("% 12", "% 24"))
    await app.press("Control+S")
    await seen(other.panel.get_by_text("Version 2 of 2"))
    await expect(other.panel).to_contain_text("% 24")
    listed = len([asked for asked in other.watch.requests if LIST in asked])
    await app.panel.get_by_role("button", name="More").click()
    await app.item("Rename").click()
    await app.panel.get_by_role("textbox", name="Artifact name").fill("moon.py")
    await app.press("Enter")
    await seen(other.panel.get_by_role("heading", name="moon.py"))
    await app.tab("History").click()
    await app.panel.get_by_role("button", name="Restore version 1").click()
    await seen(other.panel.get_by_text("Version 3 of 3"))
    await app.panel.get_by_role("button", name="More").click()
    await app.item("Delete").click()
    await seen(other.panel.get_by_text("Artifact not found"))
    await app.button("Undo").click()
    await seen(other.panel.get_by_text("Version 3 of 3"))
    assert statistics.median(taken) < 1, taken
    assert len([asked for asked in other.watch.requests if LIST in asked]) == listed


async def test_who_saves_second_sees_what_changed_and_chooses(
    app: App, visit: Visit, server: Caller
) -> None:
    talk = talk_with(server, ANSWER)
    [artifact] = made_in(server, talk)
    other = await visit(server)
    for one in (app, other):
        await opened(one, talk)
        await one.edit(f"# mine\n{PROGRAM}" if one is app else f"# yours\n{PROGRAM}")
    await app.panel.get_by_role("button", name="Save").click()
    await expect(app.panel).to_contain_text("Version 2 of 2")
    notice = other.panel.get_by_role("alert")
    await expect(notice).to_contain_text("Version 2 is now the latest")
    await notice.get_by_role("button", name="Show changes").click()
    await expect(lines(notice, "added")).to_contain_text("# mine")
    await other.page.reload()
    await expect(other.editor).to_contain_text("# yours")
    await notice.get_by_role("button", name="Overwrite with my version").click()
    await expect(other.panel).to_contain_text("Version 3 of 3")
    assert content(server, artifact) == f"# yours\n{PROGRAM}"

    for one in (app, other):
        await expect(one.panel).to_contain_text("Version 3 of 3")
        await one.edit(f"# {'again' if one is app else 'dropped'}\n{PROGRAM}")
    await app.panel.get_by_role("button", name="Save").click()
    await notice.get_by_role("button", name="Discard my changes").click()
    await expect(other.panel).to_contain_text("# again")
    assert content(server, artifact) == f"# again\n{PROGRAM}"


async def test_both_miss_nothing_while_the_server_is_killed(
    visit: Visit, tmp_path: Path, address: str
) -> None:
    home = tmp_path / "home"
    with process(home, database_url=address, **FLAGS) as server:
        with Caller(server.url, server.token) as caller:
            talk = talk_with(caller, ANSWER)
            [artifact] = made_in(caller, talk)
        one, two = await visit(server), await visit(server)
        for each in (one, two):
            await opened(each, talk)
            each.watch.expect(AWAY)
        await one.edit(f"# unsaved\n{PROGRAM}")
        server.end(signal.SIGKILL)
        for each in (one, two):
            await expect(each.text("Cannot reach the server.").first).to_be_visible()
        await one.panel.get_by_role("button", name="Save").click()
        await expect(one.text("Something went wrong.")).to_be_visible()
        where = {"port": int(server.url.rpartition(":")[2])}
    with process(home, database_url=address, **where, **FLAGS) as server:
        for each in (one, two):
            await expect(each.text("What you send waits")).to_have_count(0)
        await expect(one.editor).to_contain_text("# unsaved")
        await one.panel.get_by_role("button", name="Save").click()
        for each in (one, two):
            await expect(each.panel).to_contain_text("Version 2 of 2")
            await expect(each.panel).to_contain_text("# unsaved")
        with Caller(server.url, server.token) as caller:
            caller.patch(f"/artifacts/{artifact['id']}", content="# by another door\n")
            for each in (one, two):
                await expect(each.panel).to_contain_text("# by another door")
            assert len(caller.get(f"/artifacts/{artifact['id']}/revisions")["items"]) == 3


@ONCE
async def test_on_a_phone_it_is_in_front_and_the_way_back_closes_it(
    visit: Visit, server: Caller
) -> None:
    app = await visit(server, **PHONE)
    await app.open_talk(talk_with(server, ANSWER))
    await app.card("tide.py").click()
    panel = app.page.get_by_role("dialog", name="Artifact")
    await expect(panel.get_by_role("group", name="tide.py")).to_have_text(PROGRAM)
    assert await app.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await app.page.go_back()
    await expect(panel).to_have_count(0)
    await expect(app.card("tide.py")).to_be_visible()
    await app.card("tide.py").click()
    await panel.get_by_role("button", name="Close").click()
    await expect(panel).to_have_count(0)
    await expect(app.card("tide.py")).to_be_visible()


@ONCE
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
async def test_a_notice_leaves_free_what_is_needed_next(
    visit: Visit, server: Caller, screen: dict[str, Any]
) -> None:
    app = await visit(server, **screen)
    await app.open_talk(talk_with(server, ANSWER))
    needed = [await box(app.field), await box(app.page.locator("header").first)]
    await app.card("tide.py").click()
    await expect(app.tab("History")).to_be_visible()
    await app.edit("# mine")
    await app.button("Save").click()
    await expect(app.text("Saved as version 2")).to_be_visible()
    needed += [
        await box(app.tab("History")),
        await box(app.panel.get_by_role("button", name="Edit")),
    ]
    shown = await box(app.page.locator("[data-sonner-toast]"))
    assert not [one for one in needed if overlap(one, shown)]


async def box(what: Locator) -> Any:
    """Where something is once it has come to rest."""
    await what.last.evaluate(AT_REST)
    return await what.last.bounding_box()


def overlap(a: Any, b: Any) -> bool:
    return all(
        a[start] < b[start] + b[size] and b[start] < a[start] + a[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


@ONCE
async def test_the_keyboard_alone_is_enough(app: App, server: Caller) -> None:
    await app.open_talk(talk_with(server, ANSWER))
    await app.card("tide.py").focus()
    await app.press("Enter")
    await expect(app.panel).to_be_focused()
    await app.page.get_by_role("separator").focus()
    before = await app.panel.bounding_box()
    assert before
    await app.press("ArrowLeft", "ArrowLeft")
    await expect(app.page.get_by_role("separator")).to_have_attribute("aria-valuenow", "60")
    await app.page.wait_for_function(WIDER, arg=before["width"])
    await app.page.reload()
    await expect(app.page.get_by_role("separator")).to_have_attribute("aria-valuenow", "60")
    await app.tab("Source").focus()
    await app.press("ArrowRight")
    await expect(app.panel.get_by_role("list", name="History")).to_be_visible()
    await app.press("ArrowLeft")
    await app.panel.get_by_role("button", name="Edit").press("Enter")
    await expect(app.editor).to_be_focused()
    await app.page.keyboard.type("# by hand")
    await app.press("Enter", "Control+S")
    await expect(app.panel).to_contain_text("Version 2 of 2")
    await app.tab("Source").focus()
    await app.press("Escape")
    await expect(app.panel).to_have_count(0)
    await expect(app.card("tide.py")).to_be_focused()
