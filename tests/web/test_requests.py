"""How few requests the app makes: live events carry the records, so it does not ask for them again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from server.harness import Caller, process
from web.app import App
from web.conftest import FLAGS, ONCE, Visit

pytestmark = pytest.mark.anyio
ROME = "Where do I sleep in Rome?"
OSLO = "And where in Oslo?"


@pytest.fixture
def titled(address: str, tmp_path: Path) -> Iterator[Caller]:
    """A server of the test's own, which gives conversations a title."""
    with (
        process(tmp_path / "home", database_url=address, auto_title=True, **FLAGS) as running,
        Caller(running.url, running.token) as caller,
    ):
        yield caller


class Count:
    """The requests to the API from now on."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._before = len(app.watch.requests)

    def __call__(self) -> list[str]:
        return [asked for asked in self._app.watch.requests[self._before :] if "/api/" in asked]


async def open_empty(app: App, talk: dict[str, str]) -> None:
    await app.open(f"/c/{talk['id']}")
    await expect(app.text("No messages yet.")).to_be_visible()
    await expect(app.row("Other")).to_be_visible()


async def test_a_prompt_and_its_answer_cost_at_most_three_requests(
    titled: Caller, visit: Visit
) -> None:
    """Counted until the answer, the title and the list are up to date; for one who watches, at most two."""
    titled.talk(title="Other")
    talk = titled.talk()
    app, watcher = await visit(titled), await visit(titled)
    for one in (app, watcher):
        await open_empty(one, talk)
    asked, watched = Count(app), Count(watcher)
    await app.ask(ROME)
    for one in (app, watcher):
        await expect(one.row(ROME)).to_be_visible()
        await expect(one.list.get_by_role("link").first).to_have_text(re.compile(ROME[:10]))
        await expect(one.messages).to_have_count(2)
        await expect(one.button("Stop generating")).to_have_count(0)
    assert len(asked()) <= 3, asked()
    assert len(watched()) <= 2, watched()
    asked, watched = Count(app), Count(watcher)
    await app.ask(OSLO)
    for one in (app, watcher):
        await expect(one.answer(OSLO)).to_be_visible()
        await expect(one.messages).to_have_count(4)
    assert len(asked()) <= 3, asked()
    assert len(watched()) <= 2, watched()


@ONCE
async def test_a_request_too_many_would_be_seen(app: App, server: Caller) -> None:
    """The planted bug: events whose records got lost on the way, so that the app asks as it did before."""
    server.talk(title="Other")
    talk = server.talk()
    await app.page.add_init_script(
        """
        const parse = JSON.parse;
        JSON.parse = (text, ...more) => {
          const frame = parse(text, ...more);
          if (frame?.type === "message.created" && frame.record) frame.record.messages = [];
          return frame;
        };
        """
    )
    await open_empty(app, talk)
    asked = Count(app)
    await app.ask(ROME)
    await expect(app.messages).to_have_count(2)
    assert len(asked()) >= 3, asked()


@ONCE
async def test_the_messages_of_a_new_conversation_are_not_read(app: App, server: Caller) -> None:
    server.talk(title="Other")
    await app.open()
    await expect(app.row("Other")).to_be_visible()
    await expect(app.field).to_be_editable()
    asked = Count(app)
    await app.ask(ROME)
    await expect(app.messages).to_have_count(2)
    assert [one for one in asked() if one.startswith("GET") and "/messages" in one] == []


@ONCE
@pytest.mark.parametrize("noun", ["conversations", "projects", "artifacts"])
async def test_a_change_elsewhere_is_shown_without_a_request(
    app: App, server: Caller, noun: str
) -> None:
    talk = server.talk(title="Trip to Rome")
    project = server.post("/projects", 201, name="Travel")
    fields = {"type": "markdown", "title": "Tides", "content": "Two a day."}
    artifact = server.post("/artifacts", 201, conversation_id=talk["id"], **fields)
    record, title = {
        "conversations": (talk, app.row("Later")),
        "projects": (project, app.row("Later")),
        "artifacts": (artifact, app.main.get_by_text("Later")),
    }[noun]
    await app.open("/artifacts" if noun == "artifacts" else f"/c/{talk['id']}")
    await expect(app.row("Travel")).to_be_visible()
    await expect(app.row("Trip to Rome")).to_be_visible()
    if noun == "artifacts":
        await expect(app.main.get_by_text("Tides")).to_be_visible()
    asked = Count(app)
    path = f"/{noun}/{record['id']}"
    server.patch(path, 200, **{"name" if noun == "projects" else "title": "Later"})
    await expect(title).to_be_visible()
    assert [one for one in asked() if path in one] == []
