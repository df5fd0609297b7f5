"""Checks of the WebSocket: requests, subscriptions, resumption, and the events of runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from hansard.testing.protocol import sockets
from hansard.testing.protocol.answers import JSON, PROBLEM, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import ECHO, Server
from hansard.testing.protocol.sockets import Socket

check = group("websocket")
PAGE: JSON = {"type": "html", "title": "Protocol check", "content": "<p>one</p>\n"}


def _until(socket: Socket, condition: Callable[[JSON], bool]) -> JSON:
    """The next event for which a condition holds."""
    while not condition(event := socket.event()):
        pass
    return event


def _subject(event: JSON) -> str:
    return event.get("entry", {}).get("subject_id", "")


@check
def a_handshake_needs_a_token(server: Server) -> None:
    """A handshake without a valid token is refused with a problem document."""
    for token in (None, "hsd_" + "0" * 43):
        response = sockets.refusal(server.url, token, server.timeout)
        expect_equal(response.status_code, 401, "the status")
        problem = json.loads(response.body or b"{}")
        expect_equal(problem.get("type"), f"{PROBLEM}unauthenticated", "the type of the problem")


@check
def replies_come_in_order(server: Server) -> None:
    """Requests are answered in the order in which they are sent, with their ids."""
    with server.socket() as socket:
        sent = [socket.send("ping") for _ in range(20)]
        expect_equal([socket.frame()["id"] for _ in sent], sent, "the ids of the replies")


@check
def ids_may_be_texts(server: Server) -> None:
    """A request's id may be a text, and its reply has the same."""
    with server.socket() as socket:
        socket.connection.send(json.dumps({"type": "ping", "id": "é-1"}))
        expect_equal(socket.frame()["id"], "é-1", "the id of the reply")


@check
def ping_has_no_position_without_a_subscription(server: Server) -> None:
    """`ping` on a socket without subscriptions answers with a null position."""
    with server.socket() as socket:
        expect_equal(socket.ask("ping"), {"position": None}, "the result")


@check
def a_wrong_frame_is_an_error(server: Server) -> None:
    """Frames that are not JSON, of an unknown type or with an unknown field are errors; the socket stays."""
    with server.socket() as socket:
        for frame in ("nonsense", "[]", '{"type": "no_such"}', '{"type": "ping", "more": 1}'):
            socket.connection.send(frame)
            reply = socket.frame()
            status = reply.get("problem", {}).get("status")
            expect_equal((reply["type"], status), ("error", 400), f"the reply to {frame}")
        socket.ask("ping")


@check
def bytes_are_an_error(server: Server) -> None:
    """A frame of bytes is an error; the socket stays."""
    with server.socket() as socket:
        socket.connection.send(b'{"type": "ping"}')
        expect_equal(socket.frame()["type"], "error", "the type of the reply")
        socket.ask("ping")


@check
def a_missing_field_is_an_error(server: Server) -> None:
    """A request without a required field is refused with 400."""
    with server.socket() as socket:
        for kind in ("get_artifact", "create_artifact", "send_message", "cancel_run"):
            expect_equal(socket.refused(kind)["status"], 400, f"the status of {kind}")


@check
def what_does_not_exist_is_404(server: Server) -> None:
    """Requests for records that do not exist are refused as over REST."""
    missing = str(uuid4())
    requests: list[tuple[str, JSON]] = [
        ("get_artifact", {"artifact_id": missing}),
        ("update_artifact", {"artifact_id": missing, "updates": {"title": "x"}}),
        ("delete_artifact", {"artifact_id": missing}),
        ("send_message", {"conversation_id": missing, "message": {"content": "x"}}),
        ("cancel_run", {"run_id": missing}),
        ("subscribe", {"runs": {missing: 0}}),
    ]
    rest = server.request("GET", f"/artifacts/{missing}").expect_problem(404, "not-found")
    with server.socket() as socket:
        for kind, fields in requests:
            problem = socket.refused(kind, **fields)
            expect_equal(problem["status"], 404, f"the status of {kind}")
        problem = socket.refused("get_artifact", artifact_id=missing)
    expect_equal(problem, rest, "the problem of get_artifact")


@check
def a_purged_artifact_is_404(server: Server) -> None:
    """A purged artifact is not found over the socket."""
    artifact = server.artifact()
    path = f"/artifacts/{artifact['id']}"
    with server.socket() as socket:
        stored = socket.ask("get_artifact", artifact_id=artifact["id"])["artifact"]
        expect_equal(stored, artifact, "the artifact")
        server.delete(path)
        server.act(f"{path}/purge", 204)
        problem = socket.refused("get_artifact", artifact_id=artifact["id"])
    expect_equal(problem["status"], 404, "the status")


@check
def artifacts_are_created_and_read(server: Server) -> None:
    """An artifact that is created over the socket is the same over REST."""
    conversation = server.conversation()
    with server.socket() as socket:
        body = {**PAGE, "conversation_id": conversation["id"]}
        artifact = socket.ask("create_artifact", artifact=body)
        server.later(lambda: server.remove(f"/artifacts/{artifact['id']}"))
        expect_equal(server.get(f"/artifacts/{artifact['id']}"), artifact, "the artifact")
        page = socket.ask("get_artifacts", conversation_id=conversation["id"])
        expect_equal(page, {"items": [artifact], "next": None}, "the list")
        content = socket.ask("get_artifact", artifact_id=artifact["id"])["content"]
        expect_equal(content, PAGE["content"], "the content")


@check
def artifacts_are_changed(server: Server) -> None:
    """New content over the socket adds a revision; older revisions are read by number."""
    artifact_id = server.artifact()["id"]
    with server.socket() as socket:
        updates = {"content": "<p>two</p>\n"}
        changed = socket.ask(
            "update_artifact", artifact_id=artifact_id, updates=updates, expect_revision=1
        )
        expect_equal(changed["revision"], 2, "the revision")
        old = socket.ask("get_artifact", artifact_id=artifact_id, revision=1)
        expect_equal(old["content"], PAGE["content"], "the content of revision 1")


@check
def a_late_writer_conflicts(server: Server) -> None:
    """A change that expects an older revision is refused with 409."""
    artifact_id = server.artifact()["id"]
    server.patch(f"/artifacts/{artifact_id}", content="<p>two</p>\n")
    with server.socket() as socket:
        fields = {"updates": {"content": "three"}, "expect_revision": 1}
        problem = socket.refused("update_artifact", artifact_id=artifact_id, **fields)
    facts = (problem["type"], problem["status"])
    expect_equal(facts, (f"{PROBLEM}revision-conflict", 409), "the problem")


@check
def creation_is_idempotent(server: Server) -> None:
    """An artifact that is created again with its id is returned, and not created twice."""
    body = {**PAGE, "id": str(uuid4())}
    server.later(lambda: server.remove(f"/artifacts/{body['id']}"))
    with server.socket() as socket:
        first, second = (socket.ask("create_artifact", artifact=body) for _ in range(2))
    expect_equal(second, first, "the second result")


@check
def deletion_moves_to_the_trash(server: Server) -> None:
    """An artifact that is deleted over the socket is in the trash."""
    artifact_id = server.artifact()["id"]
    with server.socket() as socket:
        deleted = socket.ask("delete_artifact", artifact_id=artifact_id)
    expect(deleted["deleted_at"], "a time in deleted_at", deleted["deleted_at"])
    server.request("GET", f"/artifacts/{artifact_id}").expect_problem(404)


@check
def prompts_are_idempotent(server: Server) -> None:
    """A prompt that is sent again with its id starts nothing and returns the same run."""
    server.need_echo()
    conversation = server.conversation()
    message = {"id": str(uuid4()), "content": "one", "model": ECHO}
    with server.socket() as socket:
        fields = {"conversation_id": conversation["id"], "message": message}
        first, second = (socket.ask("send_message", **fields)["run"] for _ in range(2))
    expect_equal(second["id"], first["id"], "the run's id")
    server.ended(first)
    count = server.get(f"/conversations/{conversation['id']}")["message_count"]
    expect_equal(count, 2, "the message count")


@check
def changes_are_sent(server: Server) -> None:
    """A subscriber receives changes with the feed's entries and positions, and the records."""
    with server.socket() as socket:
        start = socket.subscribe("conversations")
        record = server.conversation()
        event = _until(socket, lambda event: _subject(event) == record["id"])
    facts = (event["type"], event["record"])
    expect_equal(facts, ("conversation.created", record), "the event")
    entries = server.get("/feed", after=start, limit=500)["items"]
    expect(event["entry"] in entries, "the entry of the feed", event["entry"])
    expect_equal(event["position"], event["entry"]["position"], "the position")


@check
def the_reply_comes_before_the_changes(server: Server) -> None:
    """The reply to `subscribe` is sent before the missed changes."""
    end = server.get("/feed")["next"]
    server.conversation()
    with server.socket() as socket:
        number = socket.send("subscribe", topics=["*"], after=end)
        expect_equal(socket.frame().get("id"), number, "the id of the first frame")


def _missed(server: Server, after: int, count: int) -> list[int]:
    with server.socket() as socket:
        expect_equal(socket.subscribe("*", after=after), after, "the position")
        return [event["position"] for event in socket.events(count)]


@check
def missed_changes_are_sent(server: Server) -> None:
    """A client that comes back with its position receives all missed changes once, in order."""
    end = server.get("/feed")["next"]
    for _ in range(5):
        server.conversation()
    positions = [entry["position"] for entry in server.get("/feed", after=end)["items"]]
    expect_equal(_missed(server, end, len(positions)), positions, "the positions")
    middle = positions[1]
    expect_equal(_missed(server, middle, len(positions) - 2), positions[2:], "after the second")


@check
def changes_follow_the_missed_ones(server: Server) -> None:
    """After the missed changes, the socket sends what happens then, without a gap."""
    end = server.get("/feed")["next"]
    records = [server.conversation() for _ in range(3)]
    with server.socket() as socket:
        socket.subscribe("conversations", after=end)
        records.append(server.conversation())
        ids = {record["id"] for record in records}
        subjects: list[str] = []
        while len(subjects) < 4:
            subjects.append(_subject(_until(socket, lambda event: _subject(event) in ids)))
    expect_equal(subjects, [record["id"] for record in records], "the changed records")


@check
def ping_has_the_position(server: Server) -> None:
    """`ping` answers with a position from which a client may continue."""
    with server.socket() as socket:
        socket.subscribe("projects")
        server.conversation()
        position = socket.ask("ping")["position"]
    record = server.conversation()
    with server.socket() as socket:
        socket.subscribe("conversations", after=position)
        _until(socket, lambda event: _subject(event) == record["id"])


@check
def a_position_past_the_end_is_reported(server: Server) -> None:
    """A subscription from a position past the end is told `resync`, and continues."""
    server.conversation()
    with server.socket() as socket:
        end = socket.subscribe("*", after=server.get("/feed")["next"] + 1_000_000)
        expect_equal(socket.event(), {"type": "resync", "position": end}, "the first event")
        record = server.conversation()
        _until(socket, lambda event: _subject(event) == record["id"])


@check
def topics_select_changes(server: Server) -> None:
    """A subscriber of one topic receives no changes of another."""
    with server.socket() as socket:
        socket.subscribe("settings")
        server.conversation()
        server.artifact()
        name = server.setting("one")
        event = _until(
            socket,
            lambda event: not event["type"].startswith("setting.") or (_subject(event) == name),
        )
    expect_equal((event["type"], _subject(event)), ("setting.updated", name), "the event")


@check
def one_conversation_can_be_followed(server: Server) -> None:
    """`conversation:ID` selects the changes of one conversation."""
    other, own = server.conversation(), server.conversation()
    with server.socket() as socket:
        socket.subscribe(f"conversation:{own['id']}")
        server.append(other, "not this")
        [message] = server.append(own, "this")
        event = socket.event()
    facts = (event["type"], event["entry"]["conversation_id"], _subject(event))
    expect_equal(facts, ("message.created", own["id"], message["id"]), "the event")
    expect_equal(event["record"]["messages"], [message], "the messages of the record")


@check
def topics_are_added_and_removed(server: Server) -> None:
    """`subscribe` adds topics and `unsubscribe` removes them."""
    with server.socket() as socket:
        socket.subscribe("projects")
        both = socket.ask("subscribe", topics=["conversations"])["topics"]
        expect_equal(both, ["conversations", "projects"], "the topics")
        left = socket.ask("unsubscribe", topics=["projects"])["topics"]
        expect_equal(left, ["conversations"], "the topics")


@check
def an_unknown_topic_is_refused(server: Server) -> None:
    """A topic that does not exist is refused."""
    with server.socket() as socket:
        expect_equal(socket.refused("subscribe", topics=["no-such"])["status"], 400, "the status")


def _deltas(server: Server, run: JSON, after: int) -> list[JSON]:
    """The events of a run from its end back to a number."""
    with server.socket() as socket:
        socket.ask("subscribe", runs={run["id"]: after})
        events = [socket.event()["event"]]
        while events[-1]["type"] not in ("completed", "cancelled"):
            events.append(socket.event()["event"])
        return events


@check
def runs_are_followed(server: Server) -> None:
    """A subscriber of a run receives its events, numbered from 1, up to the one that ends it."""
    run = server.chat(server.conversation(), "one two three", options={"delay": 0.02})
    events = _deltas(server, run, 0)
    numbers = [event["number"] for event in events]
    expect_equal(numbers, list(range(1, len(events) + 1)), "the numbers")
    text = "".join(event["text"] for event in events)
    expect_equal(text, "one two three", "the text")


@check
def a_followed_run_resumes(server: Server) -> None:
    """A client that comes back with the number of an event receives the events after it."""
    run = server.ended(server.chat(server.conversation(), "one two three"))
    events = _deltas(server, run, 0)
    for number in range(1, len(events)):
        expect_equal(_deltas(server, run, number), events[number:], f"the events after {number}")


@check
def a_run_is_cancelled(server: Server) -> None:
    """`cancel_run` cancels a run; its followers receive the end."""
    run = server.slow_run()
    with server.socket() as socket:
        socket.ask("subscribe", runs={run["id"]: 0})
        cancelled = socket.ask("cancel_run", run_id=run["id"])
        _until(socket, lambda event: event.get("event", {}).get("type") == "cancelled")
    expect_equal(cancelled["status"], "cancelled", "the status")


@check
def the_end_of_a_run_is_a_change(server: Server) -> None:
    """A subscriber of `runs` receives the start and the end of a run, with the run."""
    with server.socket() as socket:
        socket.subscribe("runs")
        run = server.ended(server.chat(server.conversation(), "one"))

        def ends(event: JSON) -> bool:
            return (event["type"], _subject(event)) == ("run.completed", run["id"])

        event: dict[str, Any] = _until(socket, ends)
    expect_equal(event["record"], run, "the record")
