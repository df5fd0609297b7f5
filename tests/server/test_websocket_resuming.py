"""Whoever comes back misses nothing, and sees nothing twice: not when it was away, not when servers are killed."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx2
import pytest
from websockets.exceptions import WebSocketException

import hansard
from faults.sessions import until
from hansard.database import KEEP_FEED
from hansard.services.feed import broadcaster
from hansard.services.feed.service import Feed, FeedStart
from hansard.storage.base import Change, Transaction
from hansard.storage.postgres.listener import Notices
from server import harness, sockets
from server.harness import Process, Site, process, wait_until
from server.sockets import socket

pytestmark = pytest.mark.usefixtures("anyio_backend")

FORGETFUL = """
from hansard.server.websocket.subscriptions import Listener
subscribe = Listener.subscribe
Listener.subscribe = lambda self, topics, after, runs: subscribe(self, topics, None, runs)
"""


class Watcher:
    """A client that comes back whenever it is cut off, with the last position that it saw."""

    def __init__(self, start: int, every: int = 3) -> None:
        self.seen: list[str] = []
        self.position = start
        self.visits = 0
        self._every = every

    def visit(self, url: str, token: str, until: Callable[[], bool]) -> None:
        """Listen to a server until it is enough, the connection breaks, or some changes were told."""
        self.visits += 1
        with socket(url, token) as wired:
            wired.subscribe("conversations", after=self.position)
            for _ in range(self._every):
                if until():
                    return
                event = wired.event()
                assert event["type"] == "conversation.created", event
                self.position = event["position"]
                self.seen.append(event["entry"]["subject_id"])


def check_whole(here: Site) -> None:
    """A client that comes and goes while others write misses nothing and sees nothing twice."""
    made: list[str] = []
    watcher = Watcher(here.feed_end())
    writer = threading.Thread(target=lambda: made.extend(here.talk()["id"] for _ in range(12)))
    writer.start()
    while len(watcher.seen) < 12:
        watcher.visit(here.url, here.token, lambda: len(watcher.seen) >= 12)
    writer.join()
    assert watcher.seen == made


def test_a_client_that_comes_and_goes_misses_nothing(anywhere: Site) -> None:
    check_whole(anywhere)


def test_a_change_that_is_told_twice_would_be_seen(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a server that goes on one change too early."""
    begin = Feed.begin

    async def early(self: Feed, after: int | None = None) -> FeedStart:
        return FeedStart(max(0, (await begin(self, after)).position - 1))

    monkeypatch.setattr(Feed, "begin", early)
    with pytest.raises(AssertionError):
        check_whole(here)


def test_a_change_that_is_left_out_would_be_seen(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a socket that goes on from the end of the feed instead of from where the client was."""
    begin = Feed.begin
    monkeypatch.setattr(Feed, "begin", lambda self, _after=None: begin(self))
    monkeypatch.setattr(sockets, "TIMEOUT", 1)
    with pytest.raises((AssertionError, TimeoutError)):
        check_whole(here)


def test_a_server_that_is_killed_loses_no_change(tmp_path: Path) -> None:
    """Killed at any moment while clients write and listen; what was acknowledged is told, once, in order."""
    check_killed(tmp_path)


def test_a_client_that_is_not_remembered_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a server that ignores where its client was."""
    monkeypatch.setattr(harness, "PROGRAM", FORGETFUL + harness.PROGRAM)
    monkeypatch.setattr(sockets, "TIMEOUT", 2)
    with pytest.raises((AssertionError, TimeoutError)):
        check_killed(tmp_path)


def check_killed(tmp_path: Path, rounds: int = 3) -> None:
    made: list[str] = []
    server = Process(tmp_path / "home")
    watcher = Watcher(0, every=10_000)
    try:
        for _ in range(rounds):
            goal = len(made) + 10
            writer = threading.Thread(target=write, args=(server, made))
            writer.start()
            wait_until(lambda goal=goal: len(made) >= goal)
            killer = threading.Thread(target=kill_soon, args=(server, made, goal + 10))
            killer.start()
            with pytest.raises((WebSocketException, ConnectionError)):
                watcher.visit(server.url, server.token, lambda: False)
            killer.join()
            writer.join()
            server = Process(tmp_path / "home")
        known = server.changed()
        watcher.visit(server.url, server.token, lambda: len(watcher.seen) >= len(known))
    finally:
        server.process.kill()
        server.process.wait()
    assert watcher.seen == known
    assert set(made) <= set(known)


def kill_soon(server: Process, made: list[str], goal: int) -> None:
    wait_until(lambda: len(made) >= goal)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def write(server: Process, made: list[str]) -> None:
    """Make conversations until the server is gone."""
    with server.client() as client:
        while True:
            try:
                made.append(client.post("/conversations", json={}).json()["id"])
            except httpx2.HTTPError:
                return


def test_who_was_away_for_too_long_must_read_anew(anywhere: Site) -> None:
    database = anywhere.database
    old = [anywhere.talk()["id"] for _ in range(3)]
    start = anywhere.get("/feed", after=0)["items"][0]["position"]
    clock, database.clock = database.clock, lambda: clock() + KEEP_FEED + timedelta(days=1)
    anywhere.do(database.retire)
    with socket(anywhere.url) as wired:
        end = wired.subscribe("*", after=start)
        assert end == anywhere.feed_end()
        assert wired.event() == {"type": "resync", "position": end}
        talk = anywhere.talk()
        assert wired.event()["entry"]["subject_id"] == talk["id"]
        assert wired.subscribe("*", after=end) == end, "nothing was missed since"
        assert wired.event()["entry"]["subject_id"] == talk["id"]
    told = anywhere.get("/feed", after=0)["items"]
    assert [entry["kind"] for entry in told] == ["feed.trimmed", "conversation.created"]
    assert old[-1] == told[0]["subject_id"]


def test_two_servers_on_one_database_tell_each_others_changes(
    tmp_path: Path, postgres_url: str
) -> None:
    with (
        process(tmp_path / "one", database_url=postgres_url) as one,
        process(tmp_path / "two", database_url=postgres_url) as two,
        one.client() as here,
        two.client() as there,
        socket(one.url, one.token) as first,
        socket(two.url, two.token) as second,
    ):
        for wired in (first, second):
            wired.subscribe("*")
        made = [
            client.post("/conversations", json={}).json()["id"]
            for _ in range(10)
            for client in (here, there)
        ]
        told = [
            [event["entry"]["subject_id"] for event in each.events(20)] for each in (first, second)
        ]
        assert told == [made, made]


@pytest.mark.anyio
async def test_a_change_that_is_settled_late_is_told_soon(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit rings at once, but is not told while an older transaction may still come before it."""
    monkeypatch.setattr(broadcaster, "FALLBACK_POLL", 60.0)
    written, continue_run = asyncio.Event(), asyncio.Event()

    async def long(tx: Transaction) -> None:
        now = db.clock()
        await tx.publish(Change(user_id="me", kind="project.created", subject_id="x", at=now))
        written.set()
        await continue_run.wait()

    async with hansard.connect(postgres_url, providers=[]) as db:
        me = db.scope()
        following = me.feed.follow(await me.feed.end())
        first = asyncio.ensure_future(anext(following))
        slow = asyncio.create_task(db.storage.write("local", long))
        await written.wait()
        talk = await me.conversations.create()
        continue_run.set()
        await slow
        async with asyncio.timeout(20):
            assert (await first).kind == "project.created"
            assert (await anext(following)).subject_id == talk.id
        await following.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator


@pytest.mark.anyio
async def test_a_line_that_is_cut_is_opened_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was committed meanwhile is told; nobody looks unasked here."""
    monkeypatch.setattr(broadcaster, "FALLBACK_POLL", 60.0)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    operator = await asyncpg.connect(postgres_url)
    async with (
        hansard.connect(postgres_url, providers=[]) as db,
        hansard.connect(postgres_url, providers=[]) as other,
        asyncio.timeout(20),
    ):
        me = db.scope()
        following = me.feed.follow(await me.feed.end())
        for _ in range(2):
            coming = asyncio.ensure_future(anext(following))
            await until(lambda: operator.fetch(cut))
            talk = await other.scope().conversations.create()
            assert (await coming).subject_id == talk.id
        await following.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator
    await operator.close()


@pytest.mark.anyio
async def test_a_lost_notice_is_made_good_by_looking(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "FALLBACK_POLL", 0.2)
    monkeypatch.setattr(Notices, "_on_notification", lambda *_: None)
    async with (
        hansard.connect(postgres_url, providers=[]) as db,
        hansard.connect(postgres_url, providers=[]) as other,
    ):
        following = db.scope().feed.follow(0)
        coming = asyncio.ensure_future(anext(following))
        talk = await other.scope().conversations.create()
        async with asyncio.timeout(20):
            assert (await coming).subject_id == talk.id
        await following.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator
