"""Talking over HTTP: runs, their streams, and what happens when clients come and go."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from hansard.errors import ProviderRefused
from hansard.providers.base import TextDelta
from hansard.providers.echo import Scripted
from hansard.services.runs.service import Runs
from server.harness import JSON, Site, parse, problem, site, text_of, wait_until

WORDS = " ".join(f"word{i}" for i in range(30))


def check_whole(events: list[JSON]) -> None:
    """Nothing missing and nothing twice, from the first event to the last."""
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert text_of(events) == WORDS


def test_a_run_is_there_at_once_and_goes_on_by_itself(here: Site) -> None:
    talk = here.talk()
    began = time.monotonic()
    run = here.ask(talk, WORDS, delay=0.05)
    assert time.monotonic() - began < 1, "1.5 seconds of answer were not waited for"
    assert (run["status"], run["model"], run["options"]) == (
        "running",
        "echo/echo",
        {"delay": 0.05},
    )
    assert here.get(f"/conversations/{talk['id']}/runs")["items"][0]["id"] == run["id"]
    assert here.ended(run)["status"] == "completed"
    answer = here.get(f"/conversations/{talk['id']}/messages/{run['message_id']}")
    assert (answer["parts"][0]["text"], answer["run_id"]) == (WORDS, run["id"])


def test_the_answer_to_a_prompt_may_be_the_stream_itself(here: Site) -> None:
    talk = here.talk()
    headers = {"Accept": "text/event-stream"}
    body = {"content": WORDS, "model": "echo/echo", "id": str(uuid4())}
    for _ in range(2):  # sent again, it is the same run
        path = f"/conversations/{talk['id']}/chat"
        with here.client.stream("POST", path, json=body, headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["x-accel-buffering"] == "no"
            check_whole(list(parse(response)))
    assert here.get(f"/conversations/{talk['id']}")["message_count"] == 2
    with here.client.stream(
        "POST",
        f"/conversations/{talk['id']}/answer",
        json={"model": "echo/echo"},
        headers=headers,
    ) as response:
        assert text_of(list(parse(response))) == WORDS


def test_tokens_are_sent_as_they_come(here: Site) -> None:
    run = here.ask(here.talk(), WORDS, delay=0.05)
    times = [time.monotonic() for event in here.events(run["id"]) if event["type"] == "text"]
    assert max(after - before for before, after in pairwise(times)) < 0.5
    assert times[-1] - times[0] > 1


def test_a_second_tab_gets_what_was_said_and_the_rest(here: Site) -> None:
    run = here.ask(here.talk(), WORDS, delay=0.02)
    first = here.events(run["id"])
    beginning = [next(first) for _ in range(5)]
    second = list(here.events(run["id"]))
    check_whole(second)
    check_whole(beginning + list(first))


def test_a_stream_goes_on_after_the_last_event_seen(here: Site) -> None:
    run = here.ask(here.talk(), WORDS, delay=0.02)
    check_whole(resumed(here, run))


def test_an_ended_run_can_be_followed_from_anywhere(here: Site) -> None:
    run = here.ended(here.ask(here.talk(), WORDS, delay=0.01))
    whole = list(here.events(run["id"]))
    check_whole(whole)
    middle = len(whole) // 2
    assert list(here.events(run["id"], params={"after": middle})) == whole[middle:]
    header = {"Last-Event-ID": str(middle)}
    assert list(here.events(run["id"], params={"after": 0}, headers=header)) == whole[middle:]
    assert [e["type"] for e in here.events(run["id"], params={"after": 10**6})] == ["completed"]
    for wrong in ("nonsense", "-1", "", str(10**30)):
        told = here.client.get(f"/runs/{run['id']}/events", headers={"Last-Event-ID": wrong})
        problem(told, 400, "invalid-input")


def test_a_gap_in_a_resumed_stream_would_be_seen(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a server that goes on one event too late."""
    events = Runs.events
    monkeypatch.setattr(
        Runs, "events", lambda self, run, *, after=0: events(self, run, after=after and after + 1)
    )
    run = here.ask(here.talk(), WORDS, delay=0.02)
    with pytest.raises(AssertionError):
        check_whole(resumed(here, run))


def resumed(here: Site, run: JSON) -> list[JSON]:
    """The events of a run, for a client whose connection breaks after every third."""
    seen: list[JSON] = []
    while not seen or seen[-1]["type"] != "completed":
        headers = {"Last-Event-ID": str(seen[-1]["number"])} if seen else {}
        stream = here.events(run["id"], headers=headers)
        seen += [event for event, _ in zip(stream, range(3), strict=False)]
        stream.close()  # pyright: ignore[reportAttributeAccessIssue] - a generator
    return seen


def test_a_client_that_goes_away_does_not_stop_a_run(here: Site) -> None:
    talk = here.talk()
    headers = {"Accept": "text/event-stream"}
    asked = {"content": WORDS, "model": "echo/echo", "options": {"delay": 0.02}}
    with here.client.stream(
        "POST", f"/conversations/{talk['id']}/chat", json=asked, headers=headers
    ) as response:
        run_id = next(parse(response))["run_id"]
    assert here.ended({"id": run_id})["status"] == "completed"


def test_a_run_is_cancelled_within_200_ms_and_keeps_what_was_said(here: Site) -> None:
    talk = here.talk()
    run = here.ask(talk, WORDS, delay=0.05)
    stream = here.events(run["id"])
    heard = [next(stream) for _ in range(4)]
    began = time.monotonic()
    cancelled = here.post(f"/runs/{run['id']}/cancel", 200)
    assert time.monotonic() - began < 0.2
    assert cancelled["status"] == "cancelled"
    heard += list(stream)
    assert heard[-1]["type"] == "cancelled"
    answer = here.get(f"/conversations/{talk['id']}/messages/{run['message_id']}")
    assert answer["finish"] == "cancelled"
    assert answer["parts"][0]["text"] == text_of(heard)
    assert WORDS.startswith(text_of(heard))
    assert here.post(f"/runs/{run['id']}/cancel", 200) == cancelled


def test_what_was_cut_short_goes_on_in_the_next_message(here: Site) -> None:
    talk = here.talk()
    run = here.ask(talk, WORDS, delay=0.05)
    problem(here.client.post(f"/runs/{run['id']}/continue"), 409, "conflict")
    next(event for event in here.events(run["id"]) if event["type"] == "text")
    here.post(f"/runs/{run['id']}/cancel", 200)
    following = here.post(f"/runs/{run['id']}/continue", 202)["run"]
    assert here.ended(following)["status"] == "completed"
    message = here.get(f"/conversations/{talk['id']}/messages/{following['message_id']}")
    assert message["parent_id"] == run["message_id"]


def test_several_models_answer_beside_each_other(here: Site) -> None:
    talk = here.talk()
    asked = {"content": "hello", "models": ["echo/echo", "echo/echo"]}
    started = here.post(f"/conversations/{talk['id']}/chat", 202, **asked)
    assert started["run"] == started["runs"][0]
    answers = [here.ended(run)["message_id"] for run in started["runs"]]
    path = f"/conversations/{talk['id']}/messages"
    siblings = here.get(f"{path}/{answers[0]}/siblings")["items"]
    assert {message["id"] for message in siblings} == set(answers)
    assert len({message["group_id"] for message in siblings}) == 1


def test_an_answer_is_made_again_beside_the_old_one(here: Site) -> None:
    talk = here.talk()
    run = here.ended(here.ask(talk, "hello"))
    path = f"/conversations/{talk['id']}/messages/{run['message_id']}"
    for body in ({}, {"model": "echo/echo", "options": {"delay": 0}}):
        again = here.ended(here.post(f"{path}/retry", 202, **body)["run"])
        assert again["status"] == "completed"
    assert here.client.post(f"{path}/retry").status_code == 202
    assert len(here.get(f"{path}/siblings")["items"]) >= 3
    prompt = f"/conversations/{talk['id']}/messages/{run['prompt_id']}/retry"
    problem(here.client.post(prompt), 400, "invalid-input")


def test_models_talk_to_each_other(here: Site) -> None:
    talk = here.talk()
    body = {"models": ["echo/echo", "echo/echo"], "turns": 3, "content": "hello"}
    here.post(f"/conversations/{talk['id']}/dialogue", 202, **body)
    path = f"/conversations/{talk['id']}"
    wait_until(lambda: here.get(path)["message_count"] == 4)
    assert {run["mode"] for run in here.get(f"{path}/runs")["items"]} == {"dialogue"}
    for wrong in ({"models": ["echo/echo"]}, body | {"turns": 0}, body | {"turns": 10**9}):
        told = here.client.post(f"{path}/dialogue", json=wrong)
        problem(told, 400, "invalid-input")


def test_what_cannot_be_answered_is_refused(here: Site) -> None:
    talk = here.talk()
    path = f"/conversations/{talk['id']}"
    problem(here.client.post(f"{path}/answer", json={"model": "echo/echo"}), 409, "conflict")
    for wrong in ({}, {"content": "a", "parts": []}, {"content": "a", "models": []}):
        told = here.client.post(f"{path}/chat", json={"model": "echo/echo"} | wrong)
        problem(told, 400, "invalid-input")
    assert here.get(path)["message_count"] == 0


def test_a_provider_that_fails_leaves_the_prompt_and_says_why(tmp_path: Path) -> None:
    script = Scripted([TextDelta("so far"), ProviderRefused("The key is not valid.")])
    with site(tmp_path / "chats.db", script) as here:
        talk = here.talk()
        run = here.ask(talk, "hello", model="scripted/one", options={})
        ended = here.ended(run)
        assert ended["status"] == "failed"
        assert ended["error"] == {"code": "provider-refused", "message": "The key is not valid."}
        messages = here.get(f"/conversations/{talk['id']}/messages")["items"]
        assert [part["type"] for part in messages[1]["parts"]] == ["text", "error"]
        assert messages[0]["parts"][0]["text"] == "hello"


def test_silence_is_bridged_by_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hansard.server.sse.KEEP_ALIVE", 0.05)
    with site(tmp_path / "chats.db", Scripted([0.5, TextDelta("at last")])) as here:
        run = here.ask(here.talk(), "hello", model="scripted/one", options={})
        with here.client.stream("GET", f"/runs/{run['id']}/events") as response:
            lines = list(response.iter_lines())
    assert lines.count(": still here") >= 3
    assert lines[0] == "id: 1"


@pytest.mark.timeout(120)
def test_a_real_model_answers(tmp_path: Path) -> None:
    from hansard.providers.local import Local, weights

    path = weights()
    assert path is not None
    with site(tmp_path / "chats.db", Local(path)) as here:
        assert here.get("/models")["default"] == "local/smollm2"
        talk = here.talk(system="Answer in one short sentence.")
        options = {"max_tokens": 24, "temperature": 0}
        asked = {"content": "What is the capital of France?", "options": options}
        run = here.post(f"/conversations/{talk['id']}/chat", 202, **asked)["run"]
        events = list(here.events(run["id"]))
        assert "Paris" in text_of(events)
        assert sum(event["type"] == "text" for event in events) > 1, "it came piece by piece"
        assert here.get(f"/runs/{run['id']}")["tokens_out"] > 0


@pytest.mark.parametrize("content", ["", "   "])
def test_a_prompt_that_says_nothing_is_refused(content: str, here: Site) -> None:
    talk = here.talk()
    path = f"/conversations/{talk['id']}"
    asked = {"content": content, "models": ["echo/echo", "echo/echo"]}
    for door in ("chat", "dialogue"):
        told = problem(here.client.post(f"{path}/{door}", json=asked), 422, "empty-input")
        assert told["pointer"] == "/content"
    parts = {"parts": [{"type": "text", "text": content}], "model": "echo/echo"}
    told = problem(here.client.post(f"{path}/chat", json=parts), 422, "empty-input")
    assert told["pointer"] == "/parts"
    assert here.get(f"{path}/messages")["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"models": []}, 422, "/models"),
        ({"models": ["echo/echo"] * 9}, 413, "/models"),
        ({"content": "a", "id": "no id"}, 400, "/messages/0/id"),
    ],
)
def test_each_end_of_a_range_has_an_error_of_its_own(
    body: JSON, status: int, pointer: str, here: Site
) -> None:
    path = f"/conversations/{here.talk()['id']}/chat"
    response = here.client.post(path, json={"content": "hello", "model": None} | body)
    assert (response.status_code, response.json()["pointer"]) == (status, pointer)


def test_a_dialogue_says_which_of_its_numbers_is_wrong(here: Site) -> None:
    path = f"/conversations/{here.talk()['id']}/dialogue"
    two = ["echo/echo"] * 2
    for body, pointer in (
        ({"models": two[:1]}, "/models"),
        ({"models": two, "turns": 0}, "/turns"),
        ({"models": two, "turns": 101}, "/turns"),
    ):
        told = problem(here.client.post(path, json=body), 400, "invalid-input")
        assert told["pointer"] == pointer
