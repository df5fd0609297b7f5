"""The feed as it comes: what other tabs and other processes change, without asking for it."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from hansard import connect
from hansard.database import LOCAL_TENANT
from hansard.services.feed.retention import trim_feeds
from hansard.services.feed.service import Feed
from hansard.storage.base import Change, Transaction
from server.harness import JSON, Site, credentials, parse, problem, process
from server.harness import browser as signed_in

pytestmark = pytest.mark.usefixtures("anyio_backend")

STREAM = "/feed/stream"


def test_a_change_is_told_within_a_second(here: Site) -> None:
    changes = here.stream(STREAM)
    assert set(next(changes)) == {"position"}
    waited: list[float] = []
    for _ in range(3):
        began = time.monotonic()
        talk = here.talk()
        entry = next(changes)
        waited.append(time.monotonic() - began)
        assert (entry["kind"], entry["subject_id"]) == ("conversation.created", talk["id"])
    assert min(waited) < 1


def test_a_stream_begins_now_and_says_where_that_is(anywhere: Site) -> None:
    anywhere.talk()
    last = anywhere.get("/feed", after=0, limit=500)["items"][-1]["position"]
    changes = anywhere.stream(STREAM)
    assert next(changes) == {"position": last}
    assert anywhere.get("/feed") == {"items": [], "next": last}
    after = anywhere.talk()
    assert next(changes)["subject_id"] == after["id"]


def test_a_position_past_the_end_is_told_and_the_changes_come(anywhere: Site) -> None:
    anywhere.talk()
    end = anywhere.feed_end()
    changes = anywhere.stream(STREAM, params={"after": end + 1_000})
    assert next(changes) == {"position": end, "resync": True}
    page = anywhere.get("/feed", after=end + 1_000)
    assert page == {"items": [], "next": end, "resync": True}
    talk = anywhere.talk()
    assert next(changes)["subject_id"] == talk["id"]
    page = anywhere.get("/feed", after=page["next"])
    assert [entry["subject_id"] for entry in page["items"]] == [talk["id"]]
    assert anywhere.get("/feed", after=page["next"]) == {"items": [], "next": page["next"]}


def test_a_stream_from_before_what_is_kept_is_told_so(anywhere: Site) -> None:
    talk = anywhere.talk()
    end = anywhere.feed_end()

    async def trim() -> None:
        await trim_feeds(anywhere.database.storage, LOCAL_TENANT, datetime.now(UTC))

    anywhere.do(trim)
    assert anywhere.get("/feed", after=0)["items"][0]["kind"] == "feed.trimmed"
    changes = anywhere.stream(STREAM, params={"after": 0})
    assert next(changes) == {"position": end, "resync": True}
    anywhere.patch(f"/conversations/{talk['id']}", title="Later")
    assert next(changes)["kind"] == "conversation.updated"


def test_an_empty_feed_begins_at_zero(anywhere: Site) -> None:
    assert anywhere.feed_end() == 0


def resumed(here: Site, count: int, end: int) -> list[JSON]:
    """So many changes, for a client whose connection breaks after every third."""
    seen: list[JSON] = []
    while len(seen) < count:
        last = seen[-1]["position"] if seen else end
        changes = here.stream(STREAM, headers={"Last-Event-ID": str(last)})
        assert next(changes) == {"position": last}
        seen += [entry for _, entry in zip(range(3), changes, strict=False)]
        changes.close()  # pyright: ignore[reportAttributeAccessIssue] - a generator
    return seen


def check_whole(here: Site) -> None:
    """A client that comes and goes while others write misses nothing and sees nothing twice."""
    end, made = here.feed_end(), list[str]()
    writer = threading.Thread(target=lambda: made.extend(here.talk()["id"] for _ in range(12)))
    writer.start()
    seen = resumed(here, 12, end)
    writer.join()
    assert [entry["subject_id"] for entry in seen] == made


def test_a_stream_goes_on_after_the_last_change_seen(here: Site) -> None:
    check_whole(here)


def test_a_gap_in_a_resumed_stream_would_be_seen(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a server that goes on one change too early."""
    changes = Feed.changes
    monkeypatch.setattr(Feed, "changes", lambda self, after: changes(self, max(0, after - 1)))
    with pytest.raises(AssertionError):
        check_whole(here)


def test_a_change_comes_with_the_record(here: Site) -> None:
    changes = here.stream(STREAM)
    next(changes)
    talk = here.talk(title="Rome")
    change = next(changes)
    assert change["record"] == here.get(f"/conversations/{talk['id']}")
    [entry] = here.get("/feed", after=change["position"] - 1, limit=1)["items"]
    assert change == entry | {"record": change["record"]}


def test_where_to_begin_is_checked(here: Site) -> None:
    for how in ({"params": {"after": "-1"}}, {"headers": {"Last-Event-ID": "x"}}):
        problem(here.client.get(STREAM, **how), 400, "invalid-input")  # pyright: ignore[reportArgumentType]
    problem(here.stranger.get(f"/api/v1{STREAM}"), 401, "unauthenticated")


def test_nobody_hears_of_what_is_not_theirs(here: Site) -> None:
    with here.beside(user="eve") as eve, here.beside(tenant="other") as other:
        heard = here.stream(STREAM)
        next(heard)
        eve.talk()
        other.talk()
        mine = here.talk()
        assert next(heard)["subject_id"] == mine["id"]


@pytest.fixture
def browser(here: Site) -> Iterator[httpx2.Client]:
    with signed_in(here.url, headers={"Origin": here.url}) as client:
        client.base_url = f"{here.url}/api/v1"
        yield client


def test_who_signs_out_hears_nothing_more(here: Site, browser: httpx2.Client) -> None:
    copied = credentials(browser)
    with browser.stream("GET", STREAM, timeout=30) as response:
        changes = parse(response)
        next(changes)
        first = here.talk()
        assert next(changes)["subject_id"] == first["id"]
        with httpx2.Client(headers=copied | {"Origin": here.url}) as other_tab:
            assert other_tab.delete(f"{here.url}/api/v1/session").status_code == 204
        here.talk()
        assert list(changes) == []


def test_a_silent_stream_ends_for_who_signed_out(
    browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hansard.server.sse.KEEP_ALIVE", 0.05)
    with browser.stream("GET", STREAM, timeout=30) as response:
        lines = response.iter_lines()
        assert ": still here" in lines
        assert browser.delete("/session").status_code == 204
        assert set(lines) <= {": still here", ""}


def test_a_stopping_server_ends_its_streams(tmp_path: Path) -> None:
    with process(tmp_path / "home") as server, server.client() as client:
        with client.stream("GET", STREAM) as response:
            changes = parse(response)
            next(changes)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert list(changes) == []
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 5


def test_what_another_process_changes_is_told_too(tmp_path: Path, postgres_url: str) -> None:
    with (
        process(tmp_path / "one", database_url=postgres_url) as one,
        process(tmp_path / "two", database_url=postgres_url) as two,
        one.client() as here,
        two.client() as there,
        here.stream("GET", STREAM) as response,
    ):
        changes = parse(response)
        next(changes)
        talk = there.post("/conversations", json={}).json()["id"]
        assert next(changes)["subject_id"] == talk


@pytest.mark.anyio
async def test_a_stream_that_begins_during_a_long_write_misses_none_of_it(
    postgres_url: str,
) -> None:
    """The long write has the lower position, and is done after the stream began."""
    written, continue_run = asyncio.Event(), asyncio.Event()

    async def long(tx: Transaction) -> None:
        now = db.clock()
        await tx.publish(Change(user_id="me", kind="project.created", subject_id="x", at=now))
        written.set()
        await continue_run.wait()

    async with connect(postgres_url, providers=[]) as db:
        me = db.scope()
        before = await me.conversations.create()
        slow = asyncio.create_task(db.storage.write("local", long))
        await written.wait()
        for _ in range(20):
            await me.conversations.create()
        end = await me.feed.end()
        [last] = await me.feed.read(after=end - 1, limit=1)
        assert last.subject_id == before.id
        continue_run.set()
        await slow
        following = me.feed.follow(end)
        assert (await anext(following)).kind == "project.created"
