"""The server goes away and comes back; nothing that was said is lost, and nothing is said twice."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route, WebSocketRoute, expect

import hansard
from server.harness import Caller, Process, process
from web.app import App
from web.conftest import FLAGS, ONCE, Visit
from web.watch import AWAY

pytestmark = pytest.mark.anyio
AWAY_NOTE = "Cannot reach the server."


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def same_place(server: Process) -> dict[str, Any]:
    return {"port": int(server.url.rpartition(":")[2])}


def said(server: Caller) -> list[tuple[str, str]]:
    [talk] = server.get("/conversations")["items"]
    stored = server.get(f"/conversations/{talk['id']}/messages")["items"]
    return [(one["role"], one["parts"][0]["text"]) for one in stored]


async def test_what_is_said_while_the_server_is_away_is_sent_once_when_it_is_back(
    visit: Visit, home: Path, address: str
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        app = await visit(server)
        await app.open()
        await app.ask("Hello")
        app.watch.expect(AWAY)
        server.end(signal.SIGKILL)
        await expect(app.text(AWAY_NOTE)).to_be_visible()
        await app.say("Are you there?")
        await expect(app.mine("Are you there?")).to_contain_text("Waiting for connection")
        where = same_place(server)
    with (
        process(home, database_url=address, **where, **FLAGS) as server,
        Caller(server.url, server.token) as caller,
    ):
        await expect(app.answer("Are you there?")).to_be_visible()
        await expect(app.text(AWAY_NOTE)).to_have_count(0)
        await expect(app.button("Stop generating")).to_have_count(0)
        assert said(caller) == [
            ("user", "Hello"),
            ("assistant", "Hello"),
            ("user", "Are you there?"),
            ("assistant", "Are you there?"),
        ]


async def test_who_was_signed_out_while_the_server_was_away_is_told_and_asks_no_more(
    visit: Visit, home: Path, address: str
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        app = await visit(server)
        await app.open()
        await app.ask("Hello")
        app.watch.expect(AWAY, "401", "WebSocket")
        server.end(signal.SIGKILL)
        await expect(app.text(AWAY_NOTE)).to_be_visible()
        where = same_place(server)
    async with hansard.connect(address, providers=[]) as db:
        assert await db.scope().sessions.end_all() == 1
    tries: list[Any] = []
    app.page.on("websocket", lambda tried: tries.append(tried))  # noqa: PLW0108 - playwright marks it
    with process(home, database_url=address, **where, **FLAGS):
        await expect(app.text("You are signed out")).to_be_visible()
        made = len(tries)
        assert made, "it tried, and was refused"
        await app.page.evaluate("dispatchEvent(new Event('online'))")
        assert len(tries) == made, (
            "a page that still tries does so at once when the network is back"
        )


@ONCE
async def test_a_new_chat_waits_also_while_its_page_is_closed(
    visit: Visit, home: Path, address: str
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        app = await visit(server)
        await opened_at_leisure(app)
        await expect(app.text("Nothing yet")).to_be_visible()
        app.watch.expect(AWAY)
        server.end(signal.SIGKILL)
        await expect(app.text(AWAY_NOTE)).to_be_visible()
        await app.say("Is anybody there?")
        await expect(app.mine("Is anybody there?")).to_contain_text("Waiting for connection")
        other = await app.another()
        await app.page.close()
        where = same_place(server)
    with (
        process(home, database_url=address, **where, **FLAGS) as server,
        Caller(server.url, server.token) as caller,
    ):
        await other.open()
        await other.list.get_by_role("link").first.click()
        await expect(other.answer("Is anybody there?")).to_be_visible()
        assert said(caller) == [("user", "Is anybody there?"), ("assistant", "Is anybody there?")]


@ONCE
async def test_a_browser_without_a_network_waits_too(app: App, server: Caller) -> None:
    await app.open()
    await app.ask("Hello")
    app.watch.expect(AWAY)
    await app.page.context.set_offline(True)
    await app.say("Are you there?")
    await expect(app.mine("Are you there?")).to_contain_text("Waiting for connection")
    await app.page.context.set_offline(False)
    await expect(app.answer("Are you there?")).to_be_visible()
    assert [text for role, text in said(server) if role == "user"] == ["Hello", "Are you there?"]


class Lossy:
    """Loses the response to the first prompt that is sent, after the server has it."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.again = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        self.sent.append(route.request.post_data or "")
        if len(self.sent) > 1:
            await route.continue_()
            self.again.set()
            return
        await route.fetch()
        await route.abort()


async def test_a_lost_response_to_a_prompt_does_not_double_it(app: App, server: Caller) -> None:
    """The server has it, and the browser does not know, nor from the feed: it sends it again, with the same id."""
    lossy = Lossy()

    def deaf(socket: WebSocketRoute) -> None:
        """Lose the events of the prompt too."""
        upstream = socket.connect_to_server()

        def forward(frame: str | bytes) -> None:
            if not lossy.sent or lossy.again.is_set() or '"entry":' not in str(frame):
                socket.send(frame)

        upstream.on_message(forward)

    await app.page.route_web_socket("**/api/v1/ws", deaf)
    await app.open()
    await app.ask("Hello")
    app.watch.expect("ERR_FAILED", AWAY)
    await app.page.route("**/chat", lossy)
    await app.say("Once only")
    await asyncio.wait_for(lossy.again.wait(), 20)
    await expect(app.answer("Once only")).to_be_visible()
    await expect(app.text("Waiting for connection")).to_have_count(0)
    assert len(lossy.sent) == 2
    assert lossy.sent[0] == lossy.sent[1]
    await expect(app.mine("Once only")).to_have_count(1)
    texts = [text for _, text in said(server)]
    assert texts == ["Hello", "Hello", "Once only", "Once only"]


@ONCE
async def test_an_answer_is_complete_although_the_feed_is_late(app: App, server: Caller) -> None:
    """A long transaction of somebody else delays the feed; the run itself reports its end."""

    def late(socket: WebSocketRoute) -> None:
        upstream = socket.connect_to_server()
        upstream.on_message(lambda frame: None if '"entry":' in str(frame) else socket.send(frame))

    talk = server.talk(title="Rome")
    await app.page.route_web_socket("**/api/v1/ws", late)
    await app.open(f"/c/{talk['id']}")
    await expect(app.text("No messages yet.")).to_be_visible()
    for number in (1, 2):
        await app.ask(f"Hello {number}")
        await expect(app.messages).to_have_count(2 * number)
        await expect(app.answer(f"Hello {number}")).to_have_count(1)
        await app.answer(f"Hello {number}").hover()
        await expect(
            app.answer(f"Hello {number}").get_by_role("button", name="Regenerate")
        ).to_be_visible()


@ONCE
async def test_a_prompt_that_the_feed_confirms_is_not_sent_again(app: App, server: Caller) -> None:
    """Its response is lost, but the event says that it is stored."""
    await app.open()
    await app.ask("Hello")
    app.watch.expect("ERR_FAILED")
    lossy = Lossy()
    await app.page.route("**/chat", lossy)
    await app.ask("Once only")
    await app.ask("And this")
    first, second = lossy.sent
    assert "Once only" in first
    assert "And this" in second
    texts = [text for role, text in said(server) if role == "user"]
    assert texts == ["Hello", "Once only", "And this"]


@ONCE
async def test_a_change_that_does_not_arrive_is_taken_back_with_a_notice(
    visit: Visit, home: Path, address: str
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        with Caller(server.url, server.token) as caller:
            caller.talk(title="Trip to Rome")
        app = await visit(server)
        await opened_at_leisure(app)
        async with app.page.expect_response(lambda answer: answer.request.method == "PATCH"):
            await app.choose("Trip to Rome", "Pin")
        await expect(
            app.list.get_by_role("group", name="Pinned").get_by_role("link")
        ).to_be_visible()
        app.watch.expect(AWAY)
        server.end(signal.SIGKILL)
        await app.choose("Trip to Rome", "Rename")
        await app.list.get_by_role("textbox", name="Title").fill("Trip to Naples")
        await app.press("Enter")
        await expect(app.text("Something went wrong.")).to_be_visible()
        await expect(app.row("Trip to Rome")).to_be_visible()
        await app.choose("Trip to Rome", "Delete")
        await expect(app.row("Trip to Rome")).to_be_visible()


@ONCE
async def test_an_edit_that_does_not_arrive_is_kept_and_sent_again(
    visit: Visit, home: Path, address: str
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        app = await visit(server)
        await opened_at_leisure(app)
        await app.ask("Where do I sleep?")
        field = app.thread.get_by_role("textbox", name="Edit")
        send = app.thread.get_by_role("button", name="Send")
        await app.act(app.mine("Where do I sleep?"), "Edit")
        app.watch.expect(AWAY)
        server.end(signal.SIGKILL)
        await expect(app.text(AWAY_NOTE).first).to_be_visible()
        await field.fill("Where do I swim?")
        await send.click()
        await expect(app.text("Your text is kept; you can send it again.")).to_be_visible()
        await expect(field).to_have_value("Where do I swim?")
        where = same_place(server)
    with process(home, database_url=address, **where, **FLAGS):
        await expect(app.page.get_by_role("status").filter(has_text=AWAY_NOTE)).to_have_count(0)
        await send.click()
        await expect(app.answer("Where do I swim?")).to_be_visible()
        await expect(field).to_have_count(0)


@ONCE
async def test_what_is_opened_later_is_there_when_the_server_is_not(
    visit: Visit, home: Path, address: str
) -> None:
    with process(home, database_url=address, **FLAGS) as server:
        with Caller(server.url, server.token) as caller:
            caller.talk(title="Trip to Rome")
        app = await visit(server)
        await opened_at_leisure(app)
        await expect(app.row("Trip to Rome")).to_be_visible()
        await app.field.fill("Something begun")
        app.watch.expect(AWAY)
        server.end(signal.SIGKILL)
        await expect(app.text(AWAY_NOTE)).to_be_visible()
        await app.row("Trip to Rome").hover()
        await app.button("Options for “Trip to Rome”").click()
        await expect(app.item("Rename")).to_be_visible()
        await app.press("Escape")
        await app.button("System prompt").click()
        await expect(app.dialog).to_be_visible()
        await app.press("Escape")
        await app.press("Control+K")
        await expect(app.page.get_by_role("option", name="New chat")).to_be_visible()
        await app.press("Escape")
        await expect(app.field).to_have_value("Something begun")


async def opened_at_leisure(app: App) -> None:
    """The app, when it has loaded what it does not need yet."""
    async with (
        app.page.expect_response("**/assets/conversation-*.js"),
        app.page.expect_response("**/assets/row-menu-*.js"),
        app.page.expect_response("**/assets/system-prompt-dialog-*.js"),
        app.page.expect_response("**/assets/palette-*.js"),
        app.page.expect_response("**/assets/notices-*.js"),
    ):
        await app.open()
