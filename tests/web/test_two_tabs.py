"""What is changed in one place is seen in the others."""

from __future__ import annotations

import asyncio
import re
import statistics
import time

import pytest
from playwright.async_api import Route, expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE, Visit
from web.speaker import BEGUN, REST, Speaker

pytestmark = pytest.mark.anyio
LIST = "GET /api/v1/conversations?"
ARTIFACT = "<artifact type='text/markdown' title='Tides'>\nTwo a day.\n</artifact>"


async def test_a_change_is_seen_within_a_second_without_reading_the_list_again(
    app: App, visit: Visit, server: Caller
) -> None:
    for i in range(30):
        server.talk(title=f"Talk {i}")
    other = await visit(server)
    for one in (app, other):
        await one.open()
        await expect(one.row("Talk 29")).to_be_visible()
    before = len([asked for asked in other.watch.requests if LIST in asked])
    name, taken = "Talk 15", list[float]()
    for new in ("One", "Two", "Three", "Four", "Five"):
        await app.choose(name, "Rename")
        field = app.list.get_by_role("textbox", name="Title")
        await field.fill(new)
        began = time.monotonic()
        await field.press("Enter")
        await expect(other.row(new)).to_be_visible()
        taken.append(time.monotonic() - began)
        name = new
    assert statistics.median(taken) < 1
    await app.choose("Talk 14", "Delete")
    await expect(other.row("Talk 14")).to_have_count(0)
    await app.choose("Talk 13", "Pin")
    await expect(other.list.get_by_role("group", name="Pinned").get_by_role("link")).to_have_text(
        "Talk 13"
    )
    assert len([asked for asked in other.watch.requests if LIST in asked]) == before


async def test_an_answer_is_heard_in_both(app: App, server: Caller, voice: Speaker) -> None:
    talk = server.talk(title="The sea", model="speaker/held")
    other = await app.another()
    for one in (app, other):
        await one.open(f"/c/{talk['id']}")
        await expect(one.text("No messages yet.")).to_be_visible()
    await app.say("Tell me of the sea")
    await expect(other.mine("Tell me of the sea")).to_be_visible()
    await expect(other.answer(BEGUN)).to_be_visible()
    voice.reset()
    for one in (app, other):
        await expect(one.answer(BEGUN + REST)).to_be_visible()
        await expect(one.messages).to_have_count(2)
    await other.act(other.answer(BEGUN), "Regenerate")
    await expect(other.button("Stop generating")).to_be_visible()
    await other.button("Stop generating").click()
    await expect(app.answer("You stopped the response.")).to_be_visible()


@ONCE
async def test_an_answer_is_stopped_from_the_other_tab(
    app: App, server: Caller, voice: Speaker
) -> None:
    assert voice
    talk = server.talk(title="The sea", model="speaker/held")
    await app.open(f"/c/{talk['id']}")
    await app.say("Tell me of the sea")
    other = await app.another()
    await other.open_talk(talk)
    await expect(other.answer(BEGUN)).to_be_visible()
    await other.button("Stop generating").click()
    await expect(app.answer(BEGUN)).to_contain_text("You stopped the response.")


async def test_a_conversation_that_is_deleted_elsewhere_says_so(app: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    server.say(talk, "Where do I sleep?")
    await app.open_talk(talk)
    app.watch.expect("status of 404")
    server.delete(f"/conversations/{talk['id']}")
    trashed = app.text("This conversation is in the trash.")
    await expect(trashed.or_(app.text("Page not found"))).to_be_visible()
    await expect(app.row("Trip to Rome")).to_have_count(0)


def a_talk_a_project_and_an_artifact(server: Caller) -> tuple[JSON, dict[str, str]]:
    """The conversation, and the ids of all three."""
    talk = server.talk(title="Trip to Rome")
    drafts = [{"role": "assistant", "content": ARTIFACT, "model": "lab/x"}]
    server.post(f"/conversations/{talk['id']}/messages", 201, messages=drafts)
    project = server.post("/projects", 201, name="Travel")
    [artifact] = server.get("/artifacts", conversation_id=talk["id"])["items"]
    return talk, {
        "conversations": talk["id"],
        "projects": project["id"],
        "artifacts": artifact["id"],
    }


class Late:
    """An answer that is overtaken: given at once, and held."""

    def __init__(self) -> None:
        self.read = asyncio.Event()
        self.awaited = asyncio.Event()
        self.given = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        response = await route.fetch()
        self.read.set()
        await self.awaited.wait()
        await route.fulfill(response=response)
        self.given.set()

    async def arrive(self, app: App) -> None:
        """And is shown, if it ever is."""
        self.awaited.set()
        await self.given.wait()
        await app.page.evaluate("new Promise((done) => setTimeout(done, 200))")


@ONCE
@pytest.mark.parametrize("noun", ["projects", "artifacts"])
async def test_a_list_that_was_read_before_something_went_comes_without_it(
    app: App, server: Caller, noun: str
) -> None:
    talk, ids = a_talk_a_project_and_an_artifact(server)
    late = Late()
    await app.page.route(re.compile(rf"/api/v1/{noun}(\?conversation_id=[^&]+.*)?$"), late, times=1)
    await app.open_talk(talk)
    await late.read.wait()
    server.delete(f"/{noun}/{ids[noun]}")
    server.patch(f"/conversations/{talk['id']}", title="Trip to Bath")
    await expect(app.row("Trip to Bath")).to_be_visible()
    await late.arrive(app)
    await expect(app.row("Travel")).to_have_count(0 if noun == "projects" else 1)
    await expect(app.card("Tides")).to_have_count(0 if noun == "artifacts" else 1)


@ONCE
async def test_a_branch_that_is_made_while_they_are_read_is_shown(app: App, server: Caller) -> None:
    talk = server.talk(title="Trip to Rome")
    [said] = server.say(talk, "Where do I sleep?")
    late = Late()
    await app.page.route(f"**/api/v1/conversations/{talk['id']}/branches", late, times=1)
    await app.open(f"/c/{talk['id']}")
    await late.read.wait()
    path = f"/conversations/{talk['id']}"
    server.post(f"{path}/messages/{said['id']}/edit", 201, content="Where do I swim?")
    server.patch(path, title="Trip to Bath")
    await expect(app.row("Trip to Bath")).to_be_visible()
    await late.arrive(app)
    await expect(app.thread.get_by_role("img", name=re.compile("Version . of 2"))).to_be_visible()


@ONCE
async def test_a_project_that_is_deleted_elsewhere_says_so_beside_the_sidebar(
    app: App, server: Caller
) -> None:
    server.talk(title="Trip to Rome")
    project = server.post("/projects", 201, name="Travel")
    await app.open(f"/projects/{project['id']}")
    await expect(app.main.get_by_role("heading", name="Travel")).to_be_visible()
    server.delete(f"/projects/{project['id']}")
    await expect(app.main).to_contain_text("Page not found")
    await expect(app.row("Trip to Rome")).to_be_visible()
    await app.page.reload()
    await expect(app.main).to_contain_text("Page not found")
    await expect(app.row("Trip to Rome")).to_be_visible()


@ONCE
async def test_a_page_that_cannot_be_shown_leaves_the_sidebar_and_is_tried_again(
    app: App, server: Caller
) -> None:
    server.talk(title="Trip to Rome")
    project = server.post("/projects", 201, name="Travel")
    app.watch.expect("status of 500", "Refused")
    await app.page.route("**/api/v1/projects", lambda route: route.fulfill(status=500, body="{}"))
    await app.open(f"/projects/{project['id']}")
    retry = app.main.get_by_role("button", name="Try again")
    await expect(retry).to_be_visible()
    await expect(app.row("Trip to Rome")).to_be_visible()
    await app.page.unroute("**/api/v1/projects")
    await retry.click()
    await expect(app.main.get_by_role("heading", name="Travel")).to_be_visible()
