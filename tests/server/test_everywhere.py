"""The main road, on every kind of database."""

from __future__ import annotations

from uuid import uuid4

import pytest

from server.harness import Site, problem, text_of

pytestmark = pytest.mark.usefixtures("anyio_backend")


def test_a_conversation_is_held_and_read(anywhere: Site) -> None:
    talk = anywhere.talk(title="Trip to Rome", tags=["travel"])
    assert anywhere.get(f"/conversations/{talk['id']}") == talk
    [asked] = anywhere.say(talk, "Where do I sleep?")
    assert (asked["seq"], asked["parent_id"], asked["branch"]) == (0, None, talk["branch"])
    run = anywhere.ask(talk, "one two three", delay=0.01)
    events = list(anywhere.events(run["id"]))
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("started", "completed")
    page = anywhere.get(f"/conversations/{talk['id']}/messages", last=50)
    said = [part["text"] for message in page["items"] for part in message["parts"]]
    assert said == ["Where do I sleep?", "one two three", "one two three"]
    assert text_of(events) == "one two three"
    assert (page["before"], page["after"]) == (None, None)


def test_what_was_said_is_found_counted_and_in_the_feed(anywhere: Site) -> None:
    talk = anywhere.talk()
    anywhere.say(talk, "The hotel is near the river.", "And the train?")
    [hit] = anywhere.get("/search", q="hotel")["items"]
    assert hit["conversation"]["id"] == talk["id"]
    [(start, end)] = hit["marks"]
    assert hit["snippet"][start:end] == "hotel"
    assert anywhere.get("/stats")["by_role"] == {"user": 2}
    feed = anywhere.get("/feed", after=0)
    assert [entry["kind"] for entry in feed["items"]] == ["conversation.created", "message.created"]
    assert anywhere.get("/feed", after=feed["next"])["items"] == []


def test_a_repeated_request_changes_nothing(anywhere: Site) -> None:
    chosen = str(uuid4())
    talk = anywhere.talk(id=chosen, title="once")
    assert anywhere.talk(id=chosen, title="once") == talk
    path = f"/conversations/{chosen}/messages"
    drafts = [{"id": str(uuid4()), "role": "user", "content": "once"}]
    first = anywhere.post(path, 201, messages=drafts, expect_head=None)
    assert anywhere.post(path, 201, messages=drafts, expect_head=None) == first
    prompt = str(uuid4())
    runs = [anywhere.ask(talk, "hello", id=prompt)["id"] for _ in range(2)]
    assert runs[0] == runs[1]
    anywhere.ended({"id": runs[0]})
    assert anywhere.get(f"/conversations/{chosen}")["message_count"] == 3


def test_the_loser_of_a_race_is_told_where_the_branch_is(anywhere: Site) -> None:
    talk = anywhere.talk()
    [head] = anywhere.say(talk, "first", expect_head=None)
    path = f"/conversations/{talk['id']}/messages"
    late = {"messages": [{"role": "user", "content": "late"}], "expect_head": None}
    told = problem(anywhere.client.post(path, json=late), 409, "head-conflict")
    assert told["head"] == head["id"]
    [after] = anywhere.post(path, 201, **late, on_conflict="append")["items"]
    [aside] = anywhere.post(path, 201, **late, on_conflict="fork")["items"]
    assert (after["parent_id"], aside["parent_id"]) == (head["id"], None)


def test_what_cannot_be_text_is_refused_with_its_place(anywhere: Site) -> None:
    talk = anywhere.talk()
    path = f"/conversations/{talk['id']}/messages"
    body = {"messages": [{"role": "user", "content": "fine"}, {"role": "user", "content": "\0"}]}
    told = problem(anywhere.client.post(path, json=body), 400, "invalid-input")
    assert told["pointer"] == "/messages/1/content/0/text"
    assert anywhere.get(path)["items"] == []
    for query in ("q", "tag", "since", "cursor", "project_id"):
        response = anywhere.client.get("/conversations", params={query: "\0"})
        assert response.status_code == 400, query
    assert anywhere.client.get("/search", params={"q": "\0"}).status_code == 400
    assert anywhere.client.get("/settings/%00").status_code == 400


def test_times_and_numbers_at_the_edge_of_what_there_is_are_refused(anywhere: Site) -> None:
    for when in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"):
        for path, more in (("/conversations", {}), ("/search", {"q": "x"})):
            told = anywhere.client.get(path, params={"since": when, **more})
            assert problem(told, 400, "invalid-input")["pointer"] == "/since"
    huge = 10**30
    for path, name in (
        ("/feed", "after"),
        ("/conversations", "limit"),
        (f"/runs/{uuid4()}/events", "after"),
    ):
        told = problem(anywhere.client.get(path, params={name: huge}), 400, "invalid-input")
        assert told["pointer"] == f"/{name}"
    talk = anywhere.talk()
    changes = {"version": huge, "title": "new"}
    told = problem(
        anywhere.client.patch(f"/conversations/{talk['id']}", json=changes), 400, "invalid-input"
    )
    assert told["pointer"] == "/version"
