"""One socket for requests and for changes, on every kind of database."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from server.harness import JSON, Site, process, site, wait_until
from server.sockets import Socket, socket

pytestmark = pytest.mark.usefixtures("anyio_backend")

PAGE: JSON = {"type": "html", "title": "Clock", "content": "<p>noon</p>"}


@pytest.fixture
def wired(here: Site) -> Iterator[Socket]:
    with socket(here.url) as connected:
        yield connected


def test_an_artifact_is_made_changed_read_and_deleted(anywhere: Site) -> None:
    talk = anywhere.talk()
    with socket(anywhere.url) as wired:
        made = wired.ask("create_artifact", artifact={**PAGE, "conversation_id": talk["id"]})
        assert made == anywhere.get(f"/artifacts/{made['id']}")
        changed = wired.ask(
            "update_artifact",
            artifact_id=made["id"],
            updates={"content": "<p>one</p>"},
            expect_revision=1,
        )
        assert changed["revision"] == 2
        now = wired.ask("get_artifact", artifact_id=made["id"])
        assert (now["artifact"], now["content"]) == (changed, "<p>one</p>")
        then = wired.ask("get_artifact", artifact_id=made["id"], revision=1)
        assert (then["revision"]["number"], then["content"]) == (1, "<p>noon</p>")
        page = wired.ask("get_artifacts", conversation_id=talk["id"])
        assert page == {"items": [changed], "next": None}
        assert wired.ask("delete_artifact", artifact_id=made["id"])["deleted_at"]
        assert wired.ask("get_artifacts", conversation_id=talk["id"])["items"] == []


def test_a_repeated_request_changes_nothing(anywhere: Site) -> None:
    talk = anywhere.talk()
    artifact = {**PAGE, "id": str(uuid4())}
    message = {"id": str(uuid4()), "content": "Hello", "model": "echo/echo"}
    with socket(anywhere.url) as wired:
        made = [wired.ask("create_artifact", artifact=artifact) for _ in range(2)]
        assert made[0] == made[1]
        runs = [
            wired.ask("send_message", conversation_id=talk["id"], message=message)["run"]["id"]
            for _ in range(2)
        ]
        assert runs[0] == runs[1]
    anywhere.ended({"id": runs[0]})
    assert anywhere.get(f"/conversations/{talk['id']}")["message_count"] == 2


def test_replies_come_in_the_order_of_the_requests(wired: Socket) -> None:
    asked = [wired.send("ping") for _ in range(20)]
    assert [wired.frame()["id"] for _ in asked] == asked


def test_an_answer_is_followed_as_it_is_made(anywhere: Site) -> None:
    talk = anywhere.talk()
    message = {"content": "one two three", "model": "echo/echo", "options": {"delay": 0.05}}
    with socket(anywhere.url) as wired:
        run = wired.ask("send_message", conversation_id=talk["id"], message=message)["run"]
        wired.subscribe(runs={run["id"]: 0})
        told: list[JSON] = []
        while not told or told[-1]["type"] != "completed":
            frame = wired.event()
            assert frame["type"] == "run.delta"
            told.append(frame["event"])
    assert [event["number"] for event in told] == list(range(1, len(told) + 1))
    assert "".join(event["text"] for event in told) == "one two three"
    with socket(anywhere.url) as again:
        again.subscribe(runs={run["id"]: 2})
        rest = [frame["event"]["number"] for frame in again.events(len(told) - 2)]
    assert rest == [event["number"] for event in told[2:]]


def test_a_run_that_is_cancelled_says_so(here: Site, wired: Socket) -> None:
    talk = here.talk()
    run = here.ask(talk, "word " * 200, delay=0.05)
    wired.subscribe("runs", runs={run["id"]: 0})
    assert wired.ask("cancel_run", run_id=run["id"])["status"] == "cancelled"
    awaited = {"run.cancelled", "cancelled"}
    while awaited:
        frame = wired.event()
        awaited.discard(frame["event"]["type"] if "event" in frame else frame["type"])


def _all(wired: Socket) -> list[JSON]:
    """What was told so far."""
    wired.ask("ping")
    return [wired.event() for _ in range(len(wired._kept))]


def test_what_changes_is_told_with_its_position(anywhere: Site) -> None:
    with socket(anywhere.url) as wired:
        start = wired.subscribe("*")
        talk = anywhere.talk()
        anywhere.patch(f"/conversations/{talk['id']}", title="Rome")
        told = wired.events(2)
    assert [event["type"] for event in told] == ["conversation.created", "conversation.updated"]
    assert start < told[0]["position"] < told[1]["position"]
    feed = anywhere.get("/feed", after=start)["items"]
    assert [event["entry"] for event in told] == feed
    assert told[-1]["record"] == anywhere.get(f"/conversations/{talk['id']}")


def test_an_answer_is_told_with_everything_that_it_changes(anywhere: Site) -> None:
    talk = anywhere.talk(title="Rome")
    with socket(anywhere.url) as wired:
        wired.subscribe("messages", "runs")
        run = anywhere.ended(anywhere.ask(talk, "hello"))
        told = [wired.event()]
        while told[-1]["type"] != "run.completed":
            told.append(wired.event())
    assert {event["type"] for event in told} == {"message.created", "run.started", "run.completed"}
    assert told[-1]["record"] == run
    [*_, appended] = [event["record"] for event in told if event.get("record", {}).get("messages")]
    path = f"/conversations/{talk['id']}"
    assert appended["conversation"] == anywhere.get(path)
    assert appended["branch"] == anywhere.get(f"{path}/branches")["items"][0]
    assert appended["messages"][-1] == anywhere.get(f"{path}/messages", last=1)["items"][0]


def test_who_comes_back_is_told_what_was_missed_and_then_what_comes(anywhere: Site) -> None:
    with socket(anywhere.url) as wired:
        start = wired.subscribe("*")
    missed = [anywhere.talk()["id"] for _ in range(5)]
    with socket(anywhere.url) as again:
        assert again.subscribe("*", after=start) == start
        told = [event["entry"]["subject_id"] for event in again.events(5)]
        assert told == missed
        later = anywhere.talk()["id"]
        assert again.event()["entry"]["subject_id"] == later


def test_the_reply_comes_before_what_was_missed(here: Site, wired: Socket) -> None:
    start = here.feed_end()
    here.talk()
    number = wired.send("subscribe", topics=["*"], after=start)
    assert wired.frame()["id"] == number


def test_the_former_name_of_a_topic_still_works(here: Site, wired: Socket) -> None:
    wired.subscribe("people")
    here.patch("/me", name="Ada")
    assert wired.event()["entry"]["kind"] == "user.updated"


@pytest.mark.parametrize(("topic", "heard"), [("projects", 1), ("conversations", 1), ("*", 3)])
def test_only_what_is_asked_for_is_told(here: Site, wired: Socket, topic: str, heard: int) -> None:
    wired.subscribe(topic)
    talk = here.talk()
    here.post("/projects", 201, name="x")
    here.say(talk, "hello")
    last = here.feed_end()
    wait_until(lambda: wired.ask("ping")["position"] >= last)
    assert len(_all(wired)) == heard


def test_one_conversation_can_be_listened_to(here: Site, wired: Socket) -> None:
    other, talk = here.talk(), here.talk()
    wired.subscribe(f"conversation:{talk['id'].upper()}")
    here.say(other, "not this")
    [said] = here.say(talk, "this")
    assert wired.event()["entry"]["subject_id"] == said["id"]


def test_topics_are_added_and_taken_away(here: Site, wired: Socket) -> None:
    wired.subscribe("projects")
    both = wired.ask("subscribe", topics=["conversations"])
    assert both["topics"] == ["conversations", "projects"]
    assert wired.ask("unsubscribe", topics=["projects"])["topics"] == ["conversations"]
    here.post("/projects", 201, name="x")
    here.talk()
    assert wired.event()["type"] == "conversation.created"


def test_a_socket_that_listens_to_nothing_is_at_no_position(wired: Socket) -> None:
    nothing = {"position": None, "topics": [], "runs": []}
    assert wired.ask("unsubscribe", topics=["*"], runs=["x"]) == nothing
    start = wired.subscribe("projects")
    assert wired.ask("unsubscribe", topics=["projects"])["position"] == start


def test_a_socket_that_goes_back_is_told_again(here: Site, wired: Socket) -> None:
    start = wired.subscribe("conversations")
    here.talk()
    first = wired.event()
    wired.subscribe(after=start)
    assert wired.event() == first


def test_who_knows_more_than_there_is_must_read_anew(here: Site, wired: Socket) -> None:
    end = here.feed_end()
    assert wired.subscribe("*", after=end + 1_000_000) == end
    assert wired.event() == {"type": "resync", "position": end}
    talk = here.talk()
    assert wired.event()["entry"]["subject_id"] == talk["id"]


def test_nobody_hears_of_what_is_not_theirs(here: Site, wired: Socket) -> None:
    with here.beside(user="eve") as eve, here.beside(tenant="other") as other:
        mine = here.talk()
        wired.subscribe("*", after=0)
        with socket(eve.url) as hers, socket(other.url) as theirs:
            for stranger in (hers, theirs):
                stranger.subscribe("*", f"conversation:{mine['id']}")
            talk, said = here.talk(), eve.talk()
            assert hers.event()["entry"]["subject_id"] == said["id"]
            elsewhere = other.talk()
            assert theirs.event()["entry"]["subject_id"] == elsewhere["id"]
        while (told := wired.event()["entry"]["subject_id"]) != talk["id"]:
            assert told not in {said["id"], elsewhere["id"]}


def test_requests_take_other_names_for_their_fields_too(here: Site, wired: Socket) -> None:
    run = here.ended(here.ask(here.talk(), "hello"))
    made = here.post("/artifacts", 201, **PAGE, conversation_id=run["conversation_id"])
    for alias in ("conversation_id", "session_id", "sessionId"):
        [artifact] = wired.ask("get_artifacts", **{alias: run["conversation_id"]})["items"]
        assert artifact["id"] == made["id"]
        other = {alias: run["conversation_id"], "messageId": run["message_id"]}
        assert wired.ask("get_artifacts", **other)["items"] == []
    changed = wired.ask("update_artifact", artifactId=made["id"], updates={"title": "artifactId"})
    assert changed["title"] == "artifactId"
    assert wired.ask("delete_artifact", artifactId=made["id"])["id"] == made["id"]
    both = {"session_id": run["conversation_id"], "conversation_id": run["conversation_id"]}
    assert "session_id" in str(wired.refused("get_artifacts", **both))


def test_what_is_anothers_looks_like_what_is_missing(here: Site) -> None:
    made = here.post("/artifacts", 201, **PAGE)
    run = here.ended(here.ask(here.talk(), "hello"))
    with here.beside(user="eve") as eve, socket(eve.url) as hers:
        for kind, field, theirs, more in (
            ("get_artifact", "artifact_id", made["id"], {}),
            ("update_artifact", "artifact_id", made["id"], {"updates": {"title": "x"}}),
            ("delete_artifact", "artifact_id", made["id"], {}),
            (
                "send_message",
                "conversation_id",
                run["conversation_id"],
                {"message": {"content": "x"}},
            ),
            ("cancel_run", "run_id", run["id"], {}),
        ):
            told = hers.refused(kind, **{field: theirs}, **more)
            assert told == hers.refused(kind, **{field: str(uuid4())}, **more)
            assert told["status"] == 404, kind
        assert hers.refused("subscribe", runs={run["id"]: 0})["status"] == 404
        assert hers.ask("get_artifacts", conversation_id=run["conversation_id"])["items"] == []


def test_who_has_a_share_hears_of_it_until_it_is_revoked(anywhere: Site) -> None:
    with anywhere.beside(user="eve") as eve, socket(eve.url) as hers:
        hers.subscribe("artifacts")
        talk = anywhere.talk()
        made = anywhere.post("/artifacts", 201, **PAGE, conversation_id=talk["id"])["id"]
        share = anywhere.post(f"/artifacts/{made}/shares", 201, user_id="eve")
        event = hers.event()
        assert event["type"] == "artifact.shared"
        assert event["record"] == eve.get(f"/artifacts/{made}")
        assert event["record"]["conversation_id"] is None
        assert hers.ask("get_artifact", artifact_id=made)["content"] == PAGE["content"]
        anywhere.patch(f"/artifacts/{made}", content="<p>Again")
        assert hers.event()["type"] == "artifact.updated"
        anywhere.delete(f"/shares/{share['id']}")
        event = hers.event()
        assert (event["type"], event["record"]) == ("artifact.unshared", None)
        assert hers.refused("get_artifact", artifact_id=made)["status"] == 404
        anywhere.patch(f"/artifacts/{made}", content="<p>For nobody else")
        own = eve.post("/artifacts", 201, **PAGE)["id"]
        assert hers.event()["entry"]["subject_id"] == own


def test_a_stopping_server_says_where_to_go_on(tmp_path: Path) -> None:
    with (
        process(tmp_path / "home") as server,
        server.client() as client,
        socket(server.url, server.token) as wired,
    ):
        wired.subscribe("*")
        client.post("/conversations", json={})
        position = wired.event()["position"]
        server.process.send_signal(signal.SIGTERM)
        assert wired.closed() == (1001, f"the server stops: resume from {position}")
        assert server.process.wait(10) == 0


def test_events_are_text_frames_of_json(tmp_path: Path) -> None:
    with site(tmp_path / "chats.db") as here, socket(here.url) as wired:
        wired.subscribe("*")
        here.talk(title="„Grüße“ 😀")
        frame = wired.connection.recv(20)
        assert isinstance(frame, str)
        assert json.loads(frame)["type"] == "conversation.created"
