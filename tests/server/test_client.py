"""The client in Python: requests, and changes, through connections that break."""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_socket

from hansard.client import Client, Event, Resync
from hansard.errors import (
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    RevisionConflict,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from hansard.model.conversations import Conversation
from hansard.model.events import Appended
from hansard.model.pages import Page
from server.harness import TOKEN, Process, Site, wait_until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(here: Site) -> AsyncIterator[Client]:
    async with Client(here.url, TOKEN) as connected:
        yield connected


async def test_artifacts_are_made_changed_and_read(here: Site, client: Client) -> None:
    talk = here.talk()
    made = await client.create_artifact(
        type="html", title="Clock", content="<p>noon</p>", conversation_id=talk["id"]
    )
    changed = await client.update_artifact(made.id, content="<p>one</p>", expect_revision=1)
    assert changed.revision == 2
    assert (await client.get_artifact(made.id)).content == "<p>one</p>"
    assert (await client.get_artifact(made.id, 1)).content == "<p>noon</p>"
    assert (await client.get_artifacts(talk["id"])).items == [changed]
    assert (await client.delete_artifact(made.id)).deleted_at


async def test_a_problem_is_the_error_that_it_is_in_the_library(client: Client) -> None:
    with pytest.raises(NotFound, match="There is no such artifact"):
        await client.get_artifact(str(uuid4()))
    made = await client.create_artifact(type="text", title="x", content="x")
    await client.update_artifact(made.id, content="y")
    with pytest.raises(RevisionConflict) as moved:
        await client.update_artifact(made.id, content="z", expect_revision=1)
    assert moved.value.details["revision"] == 2


async def test_an_answer_is_followed_to_its_end(here: Site, client: Client) -> None:
    [run] = await client.send_message(here.talk()["id"], content="one two", model="echo/echo")
    events = [event async for event in client.run_events(run.id)]
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert "".join(event.text for event in events) == "one two"
    rest = [event async for event in client.run_events(run.id, after=2)]
    assert rest == events[2:]
    assert (await client.cancel_run(run.id)).status == "completed"


async def test_who_is_not_signed_in_is_told_at_once(here: Site) -> None:
    async with Client(here.url, TOKEN[:-1] + "x") as stranger:
        with pytest.raises(Unauthenticated):
            await anext(stranger.events())
        with pytest.raises(Unauthenticated):
            await stranger.cancel_run(str(uuid4()))


async def test_a_server_that_is_away_is_waited_for_but_not_for_ever() -> None:
    async with Client("http://127.0.0.1:9", TOKEN, patience=0.3) as nowhere:
        with pytest.raises(Unavailable):
            await nowhere.cancel_run(str(uuid4()))


async def test_changes_that_can_no_longer_be_told_are_a_resync(here: Site, client: Client) -> None:
    end = here.feed_end()
    async with aclosing(client.events(after=end + 1_000)) as events:  # pyright: ignore[reportArgumentType]
        assert await anext(events) == Resync(end)
        talk = here.talk()
        event = await anext(events)
    assert isinstance(event, Event)
    assert event.entry.subject_id == talk["id"]


async def test_an_event_has_the_record_that_changed(here: Site, client: Client) -> None:
    async with aclosing(client.events(after=here.feed_end())) as events:  # pyright: ignore[reportArgumentType]
        talk = here.talk(title="Rome")
        [said] = here.say(talk, "hello")
        made, appended = await anext(events), await anext(events)
        assert isinstance(made, Event)
        assert isinstance(appended, Event)
        assert isinstance(made.record, Conversation)
        assert isinstance(appended.record, Appended)
        assert (made.record.id, made.record.title) == (talk["id"], "Rome")
        assert [message.id for message in appended.record.messages] == [said["id"]]
        here.delete(f"/conversations/{talk['id']}/messages/{said['id']}")
        removed = await anext(events)
        while not isinstance(removed, Event) or removed.type != "message.deleted":
            removed = await anext(events)
        assert removed.record is None
        here.put("/settings/theme", value="dark")
        here.delete("/settings/theme", 204)
        last = await anext(events)
        while not isinstance(last, Event) or last.type != "setting.deleted":
            last = await anext(events)
        assert last.record is None


async def test_a_request_that_was_cut_off_is_asked_again_and_done_once(
    here: Site, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(here.get("/artifacts", limit=500)["items"])
    send, cuts = ClientConnection.send, [1, 1]

    async def cut(self: ClientConnection, message: Any) -> None:
        await send(self, message)
        if cuts:
            cuts.pop()
            self.transport.abort()

    monkeypatch.setattr(ClientConnection, "send", cut)
    made = await client.create_artifact(type="text", title="once", content="once")
    assert not cuts
    after = here.get("/artifacts", limit=500)["items"]
    assert (len(after), after[0]["id"]) == (before + 1, made.id)


async def test_a_request_that_is_too_large_is_told_so_and_spoils_no_other(
    here: Site, client: Client
) -> None:
    talk = here.talk()["id"]
    for size in (5_000_000, 9_000_000):  # one that is refused, and one for which the server closes
        large = client.create_artifact(type="text", title="large", content="x" * size)
        told, page = await asyncio.gather(large, client.get_artifacts(talk), return_exceptions=True)
        assert isinstance(told, TooLarge)
        assert isinstance(page, Page)


@asynccontextmanager
async def rude(end: Callable[[ServerConnection], None]) -> AsyncIterator[str]:
    """A server that ends every connection as soon as something is said."""

    async def hear(line: ServerConnection) -> None:
        await line.recv()
        end(line)
        await line.wait_closed()

    async with serve_socket(hear, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def test_a_server_that_always_hangs_up_is_not_asked_for_ever() -> None:
    async with (
        rude(lambda line: line.transport.abort()) as url,
        Client(url, TOKEN, patience=0.5) as client,
    ):
        with pytest.raises(Unavailable) as refused:
            await asyncio.wait_for(client.get_artifact(str(uuid4())), 30)
        assert not isinstance(refused.value, OutcomeUnknown)
        with pytest.raises(OutcomeUnknown):
            await client.delete_artifact(str(uuid4()))


async def test_all_wait_for_a_server_that_is_away_at_the_same_time() -> None:
    async with Client("http://127.0.0.1:9", TOKEN, patience=0.5) as nowhere:
        began = time.monotonic()
        asked = [nowhere.cancel_run(str(uuid4())) for _ in range(20)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(each) for each in told} == {Unavailable}
        assert time.monotonic() - began < 20 * 0.5 / 2


async def test_requests_that_come_too_fast_are_asked_again(here: Site, client: Client) -> None:
    talk = here.talk()["id"]
    pages = await asyncio.gather(*(client.get_artifacts(talk) for _ in range(150)))
    assert len(pages) == 150


async def test_requests_that_still_come_too_fast_are_refused_by_name(here: Site) -> None:
    talk = here.talk()["id"]
    async with Client(here.url, TOKEN) as hasty:
        await hasty.get_artifacts(talk)
        hasty._patience = 0
        asked = (hasty.get_artifacts(talk) for _ in range(280))
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(each) for each in told} == {Page, TooManyRequests}


async def test_a_closed_client_leaves_nothing_behind(
    here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(here.url, TOKEN)
    talk, before = here.talk()["id"], asyncio.all_tasks()
    await client.get_artifacts(talk)
    asked = [asyncio.create_task(client.get_artifacts(talk)) for _ in range(20)]
    await asyncio.sleep(0)
    await client.close()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(each) for each in told} <= {Page, Unavailable}
    assert Unavailable in {type(each) for each in told}
    with pytest.raises(Unavailable, match="is closed"):
        await client.get_artifacts(talk)
    with pytest.raises(Unavailable, match="is closed"):
        await anext(client.events())
    assert asyncio.all_tasks() <= before
    gc.collect()
    assert not caplog.records, "no failure that nobody was told"


async def test_closing_ends_the_wait_for_a_server_that_is_away() -> None:
    client = Client("http://127.0.0.1:9", TOKEN, patience=3_600)
    asked = asyncio.create_task(client.cancel_run(str(uuid4())))
    await asyncio.sleep(0)
    await client.close()
    with pytest.raises(Unavailable, match="is closed"):
        await asyncio.wait_for(asked, 30)


@pytest.mark.parametrize("url", ["127.0.0.1:8765", "localhost:8765", "ftp://a", "http://", ""])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInput, match="is not a server URL"):
        Client(url, TOKEN)


async def follow(client: Client, seen: list[str]) -> None:
    async for event in client.events(["conversations"], after=0):
        assert isinstance(event, Event)
        seen.append(event.entry.subject_id)


async def write(server: Process, made: list[str]) -> None:
    """Make conversations until the server is gone."""

    def post() -> None:
        with server.client() as rest:
            while server.process.poll() is None:
                made.append(rest.post("/conversations", json={}).json()["id"])

    await asyncio.gather(asyncio.to_thread(post), return_exceptions=True)


async def check_killed(home: Path) -> None:
    """A client that stays misses nothing while its server is killed and started again, at the same address."""
    made: list[str] = []
    seen: list[str] = []
    server = await asyncio.to_thread(Process, home)
    port = int(server.url.rpartition(":")[2])
    following: Any = None
    try:
        async with Client(server.url, server.token) as client:
            following = asyncio.create_task(follow(client, seen))
            for _ in range(3):
                more, told = len(made) + 15, len(seen) + 5
                writing = asyncio.create_task(write(server, made))
                await asyncio.to_thread(
                    wait_until, lambda m=more, t=told: len(made) >= m and len(seen) >= t
                )
                server.process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(server.process.wait)
                await writing
                server = await asyncio.to_thread(Process, home, port=port)
            with server.client() as rest:
                last = rest.post("/conversations", json={}).json()["id"]
            known = await asyncio.to_thread(server.changed)
            await asyncio.to_thread(wait_until, lambda: last in seen or following.done())
            assert seen == known
            assert set(made) <= set(known)
    finally:
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        server.process.kill()
        server.process.wait()


async def test_a_killed_server_is_found_again_and_nothing_is_missed(tmp_path: Path) -> None:
    await check_killed(tmp_path / "home")


async def test_a_client_that_forgets_its_place_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: after a break the client follows from the beginning again."""
    frames = Client._frames

    def forgetful(self: Client, asked: Any) -> Any:
        class Stuck(dict[str, Any]):
            def __setitem__(self, key: str, value: Any) -> None:
                pass

        return frames(self, Stuck(asked))

    monkeypatch.setattr(Client, "_frames", forgetful)
    with pytest.raises(AssertionError):
        await check_killed(tmp_path / "home")
