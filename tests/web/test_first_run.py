"""From the link that the server prints to an answer that outlives the server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from hansard.server.sessions import signin_link
from server.harness import Caller, process
from web.conftest import FLAGS, ONCE, Visit
from web.speaker import BEGUN, REST, Speaker
from web.watch import AWAY

pytestmark = pytest.mark.anyio
LEASE = 45_000
"""On PostgreSQL a killed server is given up when its lease has run out: half a minute."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def test_an_answer_outlives_a_stop_a_reload_and_the_death_of_the_server(
    visit: Visit, home: Path, address: str, voice: Speaker
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        app = await visit(server, signed_in=False)
        await app.page.goto(signin_link(server.token, server.url))
        await expect(app.page).to_have_url(f"{server.url}/")
        await expect(app.field).to_be_focused()
        await expect(app.text("Your chats will appear here.")).to_be_visible()

        await app.ask("Hello there")
        await expect(app.list.get_by_role("link")).to_have_count(1)
        await app.pick_models("held")

        await app.say("Tell me of the sea")
        await expect(app.answer(BEGUN)).to_be_visible()
        await app.button("Stop generating").click()
        await expect(app.answer(BEGUN)).to_contain_text("You stopped the response.")
        await expect(app.button("Stop generating")).to_have_count(0)

        await app.say("And of the moon")
        await expect(app.answer(BEGUN)).to_have_count(2)
        await app.page.reload()
        await expect(app.answer(BEGUN)).to_have_count(2)
        await expect(app.button("Stop generating")).to_be_visible()
        voice.reset()
        await expect(app.answer(BEGUN + REST)).to_be_visible()

        await app.say("And of the stars")
        await expect(app.answer(BEGUN)).to_have_count(3)
        with Caller(server.url, server.token) as caller:
            until_stored(caller, BEGUN)
        app.watch.expect(AWAY)
        server.end(signal.SIGKILL)
        await expect(app.text("Cannot reach the server.")).to_be_visible()
        await expect(app.answer(BEGUN)).to_have_count(3)
        port = int(server.url.rpartition(":")[2])
    with process(home, database_url=address, port=port, **FLAGS):
        await expect(app.text("Cannot reach the server.")).to_have_count(0)
        last = app.messages.last
        await expect(last).to_contain_text("The response was interrupted.", timeout=LEASE)
        await expect(last).to_contain_text(BEGUN)
        voice.go.set()
        await last.get_by_role("button", name="Continue").click()
        await expect(app.messages.last).to_contain_text(REST)
        await expect(app.button("Stop generating")).to_have_count(0)
        await app.page.reload()
        await expect(app.messages.last).to_contain_text(REST)
        await expect(app.mine("And of the stars")).to_have_count(1)


def until_stored(caller: Caller, text: str) -> None:
    """Until what was said so far of the newest answer is stored."""
    [talk] = caller.get("/conversations")["items"]
    [run] = [run for run in caller.get("/runs")["items"] if run["conversation_id"] == talk["id"]]
    said = ""
    for event in caller.events(run["id"]):
        said += event["text"]
        if said == text:
            return


@ONCE
async def test_a_stranger_is_told_how_to_get_in(visit: Visit, server: Caller) -> None:
    app = await visit(server, signed_in=False)
    app.watch.expect("401")
    await app.open("/settings/data")
    await expect(app.text("This browser is not signed in")).to_be_visible()
    await expect(app.text("hansard link")).to_be_visible()
    link = signin_link(server.token, server.url)
    other = await app.another()
    await other.page.goto(link)
    await expect(other.field).to_be_visible()
    await app.button("Reload").click()
    await expect(app.page.get_by_role("heading", name="Storage")).to_be_visible()
    thief = await visit(server, signed_in=False)
    thief.watch.expect("401")
    await thief.page.goto(link)
    await expect(thief.text("hansard link")).to_be_visible()
    await expect(thief.field).to_have_count(0)


DEMO_PATIENCE = 180_000
"""Milliseconds: it sometimes does not know when to stop before its context is full."""


@ONCE
async def test_the_demo_model_answers(visit: Visit, server: Caller) -> None:
    app = await visit(server)
    await app.open()
    await app.pick_models("demo model")
    await app.say("Say hello.")
    answer = app.answer("")
    done = answer.get_by_role("button", name="Copy", exact=True)
    await expect(done).to_be_visible(timeout=DEMO_PATIENCE)
    [talk] = server.get("/conversations")["items"]
    _, stored = server.get(f"/conversations/{talk['id']}/messages")["items"]
    assert (stored["model"], stored["finish"]) in {
        ("local/smollm2", "stop"),
        ("local/smollm2", "length"),
    }
    await expect(answer).to_contain_text(stored["parts"][0]["text"].split()[0])


@pytest.fixture(autouse=True)
def nothing_is_held(voice: Speaker) -> Iterator[None]:
    yield
    voice.reset()
