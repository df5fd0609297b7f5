"""The client in Python: requests, and changes, through connections that break."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection

from hansard.client import Client, Event, Resync
from hansard.errors import NotFound, NotSignedIn, RevisionMoved, Unavailable
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
    with pytest.raises(RevisionMoved) as moved:
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
        with pytest.raises(NotSignedIn):
            await anext(stranger.events())
        with pytest.raises(NotSignedIn):
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
                known = [e["subject_id"] for e in rest.get("/feed?limit=500").json()["items"]]
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
