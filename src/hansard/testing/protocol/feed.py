"""Checks of the feed: positions, pages, and the stream of changes."""

from __future__ import annotations

from typing import Any

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server, StreamEvent

check = group("feed")
STREAM = "/feed/stream"
AHEAD = 1_000_000


def _end(server: Server) -> int:
    return server.get("/feed")["next"]


def _own(entries: list[JSON], records: list[JSON]) -> list[str]:
    """The ids of these records in the order of the entries."""
    ids = {record["id"] for record in records}
    return [entry["subject_id"] for entry in entries if entry["subject_id"] in ids]


def _all(server: Server, after: int, limit: int = 100) -> list[JSON]:
    """All entries after a position, page by page."""
    entries: list[JSON] = []
    while items := (page := server.get("/feed", after=after, limit=limit))["items"]:
        entries += items
        expect(page["next"] > after, f"a position after {after} as `next`", page["next"])
        after = page["next"]
    return entries


@check
def without_a_position_it_begins_now(server: Server) -> None:
    """Without a position, the page is empty and `next` is the end of the feed."""
    server.conversation()
    page = server.get("/feed")
    expect_equal(page["items"], [], "the items")
    later = server.conversation()
    entries = server.get("/feed", after=page["next"])["items"]
    expect_equal(_own(entries, [later]), [later["id"]], "the new entries")


@check
def every_change_has_an_entry(server: Server) -> None:
    """Creation, change, deletion, restoration and purge have entries, in this order."""
    end = _end(server)
    record = server.conversation()
    path = f"/conversations/{record['id']}"
    server.patch(path, title="Milan")
    server.delete(path)
    server.act(f"{path}/restore")
    server.delete(path)
    server.act(f"{path}/purge", 204)
    kinds = [e["kind"] for e in _all(server, end) if e["subject_id"] == record["id"]]
    expected = ["created", "updated", "deleted", "restored", "deleted", "purged"]
    expect_equal(kinds, [f"conversation.{kind}" for kind in expected], "the kinds")


@check
def appends_have_entries(server: Server) -> None:
    """An append has one entry, with the position and the number of its messages."""
    record = server.conversation()
    end = _end(server)
    messages = server.append(record, "a", "b")
    entries = [e for e in _all(server, end) if e["conversation_id"] == record["id"]]
    facts = [(e["kind"], e["branch"], e["seq"], e["count"]) for e in entries]
    expected = [("message.created", messages[0]["branch"], 0, 2)]
    expect_equal(facts, expected, "the entries")


@check
def positions_rise(server: Server) -> None:
    """Each entry has a higher position than the one before."""
    end = _end(server)
    for _ in range(4):
        server.conversation()
    positions = [entry["position"] for entry in _all(server, end)]
    expect_equal(positions, sorted(set(positions)), "the positions")
    expect(positions[0] > end, f"positions after {end}", positions)


@check
def pages_have_no_gap(server: Server) -> None:
    """Pages that are read with `next` contain every entry once."""
    end = _end(server)
    records = [server.conversation() for _ in range(5)]
    entries = _all(server, end, limit=2)
    expect_equal(_own(entries, records), [r["id"] for r in records], "the entries")
    expect_equal(entries, _all(server, end), "the entries of small and large pages")


@check
def next_is_the_last_position(server: Server) -> None:
    """`next` is the position of the last entry of the page."""
    end = _end(server)
    for _ in range(3):
        server.conversation()
    page = server.get("/feed", after=end, limit=2)
    expect_equal(page["next"], page["items"][-1]["position"], "next")


@check
def a_position_past_the_end_is_reported(server: Server) -> None:
    """A position past the end answers with `resync` and the end."""
    server.conversation()
    page = server.get("/feed", after=_end(server) + AHEAD)
    expect_equal((page["items"], page.get("resync")), ([], True), "the items and resync")
    record = server.conversation()
    entries = server.get("/feed", after=page["next"])["items"]
    expect_equal(_own(entries, [record]), [record["id"]], "the new entries")


@check
def a_failed_request_has_no_entry(server: Server) -> None:
    """A request that is refused adds no entry."""
    record = server.conversation()
    path = f"/conversations/{record['id']}"
    end = _end(server)
    server.request("PATCH", path, json={"title": "x", "version": 99}).expect(409)
    server.request("POST", "/conversations", json={"id": record["id"], "title": "y"}).expect(409)
    expect_equal(_own(_all(server, end), [record]), [], "the entries")


@check
def a_repeated_request_has_no_entry(server: Server) -> None:
    """A creation that is repeated adds no second entry."""
    end = _end(server)
    record = server.conversation()
    server.post("/conversations", 201, id=record["id"], title=record["title"])
    expect_equal(_own(_all(server, end), [record]), [record["id"]], "the entries")


def _changes(server: Server, count: int, after: int) -> list[StreamEvent]:
    """So many changes of the stream after a position, for a client that is cut off after every second."""
    seen: list[StreamEvent] = []
    while len(seen) < count:
        headers = {"Last-Event-ID": seen[-1].id if seen else str(after)}
        with server.stream(STREAM, headers=headers) as stream:
            stream.next()
            seen += stream.take(min(2, count - len(seen)))
    return seen


@check
def the_stream_begins_with_its_position(server: Server) -> None:
    """The stream begins with `start`, which has the position after which changes follow."""
    end = _end(server)
    with server.stream(STREAM, params={"after": end}) as stream:
        start = stream.next()
    facts = (start.type, start.id, start.data["position"])
    expect_equal(facts, ("start", str(end), end), "the first event")
    with server.stream(STREAM) as stream:
        expect(stream.next().data["position"] >= end, f"a position from {end}", start.data)


@check
def the_stream_sends_changes(server: Server) -> None:
    """A change is sent to a client that follows, with its position as the id."""
    with server.stream(STREAM) as stream:
        stream.next()
        record = server.conversation()
        event = stream.next()
        while event.data["subject_id"] != record["id"]:
            event = stream.next()
    expect_equal((event.type, event.id), ("change", str(event.data["position"])), "type and id")
    expect_equal(event.data["kind"], "conversation.created", "the kind")


@check
def the_stream_sends_records(server: Server) -> None:
    """A change has the record as GET returns it, beside the fields of the feed's entry."""
    end = _end(server)
    record = server.conversation(title="Rome")
    [event] = _changes(server, 1, end)
    expect_equal(event.data["record"], record, "the record")
    entry: dict[str, Any] = {k: v for k, v in event.data.items() if k != "record"}
    expect_equal([entry], server.get("/feed", after=end, limit=1)["items"], "the entry")


@check
def the_stream_is_the_feed(server: Server) -> None:
    """The stream after a position has the same entries in the same order as the feed's pages."""
    end = _end(server)
    for _ in range(5):
        server.conversation()
    entries = _all(server, end)
    changes = _changes(server, len(entries), end)
    positions = [entry["position"] for entry in entries]
    expect_equal([event.data["position"] for event in changes], positions, "the positions")
    expect_equal([int(event.id) for event in changes], positions, "the ids of the events")


@check
def the_stream_continues_with_what_comes(server: Server) -> None:
    """After the missed changes, the stream sends what happens then."""
    end = _end(server)
    records = [server.conversation()]
    with server.stream(STREAM, params={"after": end}) as stream:
        stream.next()
        events = [stream.next()]
        records.append(server.conversation())
        while len(_own([event.data for event in events], records)) < 2:
            events.append(stream.next())
    ids = _own([event.data for event in events], records)
    expect_equal(ids, [record["id"] for record in records], "the changed records")


@check
def the_stream_reports_a_position_past_the_end(server: Server) -> None:
    """A stream from a position past the end begins with `resync` and continues."""
    params = {"after": _end(server) + AHEAD}
    with server.stream(STREAM, params=params) as stream:
        start = stream.next().data
        expect_equal(start.get("resync"), True, "resync")
        record = server.conversation()
        event = stream.next()
        while event.data["subject_id"] != record["id"]:
            event = stream.next()


@check
def the_stream_refuses_other_positions(server: Server) -> None:
    """A position that is no number is refused."""
    cases: list[JSON] = [{"params": {"after": "-1"}}, {"headers": {"Last-Event-ID": "x"}}]
    for how in cases:
        server.request("GET", STREAM, **how).expect_problem(400, "invalid-input")


@check
def deleted_records_are_not_sent(server: Server) -> None:
    """A change of a record that has been purged has no record."""
    end = _end(server)
    record = server.conversation()
    path = f"/conversations/{record['id']}"
    server.delete(path)
    server.act(f"{path}/purge", 204)
    for event in _changes(server, 3, end):
        if event.data["subject_id"] == record["id"]:
            expect_equal(event.data.get("record"), None, f"the record of {event.data['kind']}")
