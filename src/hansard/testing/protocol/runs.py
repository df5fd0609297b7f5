"""Checks of runs: prompts, answers, their streams, cancellation and continuation. They need the model `echo/echo`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import ECHO, ENDED, Server, StreamEvent

check = group("runs")
TEXT = "one two three four five six"


def _events(server: Server, run: JSON, **how: Any) -> list[StreamEvent]:
    with server.stream(f"/runs/{run['id']}/events", **how) as events:
        return events.rest()


def _text(events: list[StreamEvent]) -> str:
    return "".join(event.data["text"] for event in events)


def _answer(server: Server, run: JSON) -> JSON:
    return server.get(f"/conversations/{run['conversation_id']}/messages/{run['message_id']}")


@check
def chat_stores_the_prompt_first(server: Server) -> None:
    """The response to a prompt comes when the prompt and its run are stored, before the answer."""
    server.need_echo()
    conversation = server.conversation()
    options = {"delay": 0.1}
    run = server.chat(conversation, TEXT, options=options)
    expect(run["status"] not in ENDED, "an active run", run["status"])
    expect_equal((run["model"], run["options"]), (ECHO, options), "the model and its options")
    items = server.get(f"/conversations/{conversation['id']}/messages")["items"]
    expect_equal([item["id"] for item in items][:1], [run["prompt_id"]], "the first message")
    expect_equal(server.get(f"/runs/{run['id']}")["id"], run["id"], "the stored run")
    server.ended(run)


@check
def chat_answers_the_prompt(server: Server) -> None:
    """The answer is stored after the prompt, under the id that the run named."""
    run = server.ended(server.chat(server.conversation(), TEXT))
    expect_equal((run["status"], run["error"]), ("completed", None), "the result of the run")
    answer = _answer(server, run)
    names = ("role", "parent_id", "run_id", "model", "finish", "author_id")
    expected = ["assistant", run["prompt_id"], run["id"], ECHO, "stop", None]
    expect_equal([answer[name] for name in names], expected, "the answer")
    expect_equal(answer["parts"], [{"type": "text", "text": TEXT}], "its parts")


@check
def chat_is_idempotent(server: Server) -> None:
    """A prompt that is repeated with its id starts nothing and returns the same run."""
    conversation = server.conversation()
    chosen = str(uuid4())
    run = server.chat(conversation, TEXT, id=chosen)
    again = server.chat(conversation, TEXT, id=chosen)
    expect_equal((again["id"], run["prompt_id"]), (run["id"], chosen), "the ids")
    server.ended(run)
    expect_equal(server.chat(conversation, TEXT, id=chosen)["id"], run["id"], "the run's id")
    count = server.get(f"/conversations/{conversation['id']}")["message_count"]
    expect_equal(count, 2, "the message count")


@check
def chat_may_be_the_stream(server: Server) -> None:
    """With Accept: text/event-stream, the response to a prompt is the stream of its run."""
    server.need_echo()
    path = f"/conversations/{server.conversation()['id']}/chat"
    headers = {"Accept": "text/event-stream"}
    body = {"content": TEXT, "model": ECHO}
    with server.stream(path, method="POST", json=body, headers=headers) as stream:
        events = stream.rest()
    expect_equal((_text(events), events[-1].type), (TEXT, "completed"), "the stream")


@check
def chat_with_an_unknown_model_is_refused(server: Server) -> None:
    """A prompt for a model that does not exist is refused and not stored."""
    conversation = server.conversation()
    path = f"/conversations/{conversation['id']}"
    for model in ("nobody/nothing", "nonsense"):
        answer = server.request("POST", f"{path}/chat", json={"content": "one", "model": model})
        answer.expect_problem(400, "unknown-model")
    expect_equal(server.get(path)["message_count"], 0, "the message count")


@check
def chat_needs_text(server: Server) -> None:
    """A prompt without text is refused with 422 and not stored."""
    server.need_echo()
    path = f"/conversations/{server.conversation()['id']}"
    for content in ("", "  "):
        answer = server.request("POST", f"{path}/chat", json={"content": content, "model": ECHO})
        answer.expect_problem(422, "empty-input", "/content")
    expect_equal(server.get(path)["message_count"], 0, "the message count")


@check
def chat_has_text_or_parts(server: Server) -> None:
    """A prompt with neither or both of content and parts is refused."""
    server.need_echo()
    path = f"/conversations/{server.conversation()['id']}/chat"
    cases: list[JSON] = [{}, {"content": "a", "parts": []}]
    for body in cases:
        answer = server.request("POST", path, json=body | {"model": ECHO})
        answer.expect_problem(400, "invalid-input")


@check
def chat_with_several_models_answers_in_parallel(server: Server) -> None:
    """A prompt for two models has two answers, which are siblings of one group."""
    server.need_echo()
    path = f"/conversations/{server.conversation()['id']}"
    started = server.post(f"{path}/chat", 202, content="one", models=[ECHO, ECHO])
    expect_equal(started["run"], started["runs"][0], "the first run")
    answers = {server.ended(run)["message_id"] for run in started["runs"]}
    first = started["run"]["message_id"]
    siblings = server.get(f"{path}/messages/{first}/siblings")["items"]
    expect_equal({item["id"] for item in siblings}, answers, "the siblings")
    expect_equal(len({item["group_id"] for item in siblings}), 1, "the number of groups")


@check
def chat_has_a_limit_of_models(server: Server) -> None:
    """A prompt for no model or for nine is refused, and the field is named."""
    path = f"/conversations/{server.conversation()['id']}/chat"
    for models, status in (([], 422), ([ECHO] * 9, 413)):
        answer = server.request("POST", path, json={"content": "one", "models": models})
        answer.expect_problem(status, "", "/models")


@check
def events_are_numbered_from_one(server: Server) -> None:
    """The events of a run have consecutive numbers from 1, and their texts are the answer."""
    events = _events(server, server.chat(server.conversation(), TEXT, options={"delay": 0.01}))
    numbers = [event.data["number"] for event in events]
    expect_equal(numbers, list(range(1, len(events) + 1)), "the numbers")
    expect_equal(_text(events), TEXT, "the text")
    expect_equal(events[-1].type, "completed", "the type of the last event")


@check
def events_carry_their_number_and_type(server: Server) -> None:
    """An event's id is its number and its event field is its type."""
    for event in _events(server, server.chat(server.conversation(), TEXT)):
        pair = (str(event.data["number"]), event.data["type"])
        expect_equal((event.id, event.type), pair, "the id and the event field")


@check
def events_come_as_they_happen(server: Server) -> None:
    """Text is sent while the answer is generated."""
    run = server.slow_run()
    expect_equal(server.get(f"/runs/{run['id']}")["status"], "running", "the status after a text")
    server.act(f"/runs/{run['id']}/cancel")


@check
def events_of_an_ended_run_repeat(server: Server) -> None:
    """An ended run can be followed again, with the same events."""
    run = server.chat(server.conversation(), TEXT)
    first = _events(server, run)
    expect_equal(_events(server, run), first, "the events")


@check
def two_followers_see_the_same(server: Server) -> None:
    """A second client that follows a run later sees the same events."""
    run = server.chat(server.conversation(), TEXT, options={"delay": 0.02})
    with server.stream(f"/runs/{run['id']}/events") as stream:
        first = stream.take(2)
        second = _events(server, run)
        first += stream.rest()
    expect_equal(second, first, "the events of the second client")


@check
def a_stream_resumes_after_an_event(server: Server) -> None:
    """Last-Event-ID and `after` continue after that event, without a gap or a repetition."""
    run = server.chat(server.conversation(), TEXT)
    events = _events(server, run)
    for number in range(1, len(events)):
        header = {"Last-Event-ID": str(number)}
        expect_equal(_events(server, run, headers=header), events[number:], "the events")
        params = {"after": number}
        expect_equal(_events(server, run, params=params), events[number:], "the events")


@check
def a_stream_resumes_while_it_runs(server: Server) -> None:
    """A client that is cut off after every second event sees all events once."""
    run = server.chat(server.conversation(), TEXT, options={"delay": 0.02})
    seen: list[StreamEvent] = []
    while not seen or seen[-1].type not in ENDED:
        headers = {"Last-Event-ID": seen[-1].id} if seen else {}
        with server.stream(f"/runs/{run['id']}/events", headers=headers) as stream:
            seen.append(stream.next())
            if seen[-1].type not in ENDED:
                seen.append(stream.next())
        ids = [event.id for event in seen]
        expect_equal(ids, [str(number + 1) for number in range(len(seen))], "the ids so far")
    expect_equal(_text(seen), TEXT, "the text of all events")


@check
def the_last_event_is_always_sent(server: Server) -> None:
    """A client that asks for events after the last one still receives the event that ends the run."""
    run = server.chat(server.conversation(), TEXT)
    _events(server, run)
    late = _events(server, run, params={"after": 1_000_000})
    expect_equal([event.type for event in late], ["completed"], "the types of the events")


@check
def an_invalid_position_is_refused(server: Server) -> None:
    """A Last-Event-ID or `after` that is no number of an event is refused."""
    run = server.ended(server.chat(server.conversation(), TEXT))
    path = f"/runs/{run['id']}/events"
    for wrong in ("nonsense", "-1", str(10**30)):
        cases: list[JSON] = [{"headers": {"Last-Event-ID": wrong}}, {"params": {"after": wrong}}]
        for how in cases:
            server.request("GET", path, **how).expect_problem(400, "invalid-input")


@check
def a_disconnected_client_stops_nothing(server: Server) -> None:
    """A run continues when the client that follows it disconnects."""
    run = server.chat(server.conversation(), TEXT, options={"delay": 0.02})
    with server.stream(f"/runs/{run['id']}/events") as events:
        events.next()
    expect_equal(server.ended(run)["status"], "completed", "the status")
    expect_equal(_answer(server, run)["parts"][0]["text"], TEXT, "the text of the answer")


@check
def cancelling_keeps_the_text(server: Server) -> None:
    """A cancelled run ends with `cancelled`, and the text so far is stored."""
    run = server.slow_run()
    cancelled = server.act(f"/runs/{run['id']}/cancel")
    expect_equal(cancelled["status"], "cancelled", "the status")
    events = _events(server, run)
    expect_equal(events[-1].type, "cancelled", "the type of the last event")
    answer = _answer(server, run)
    expect_equal(answer["finish"], "cancelled", "the finish of the answer")
    expect_equal(answer["parts"][0]["text"], _text(events), "the text of the answer")


@check
def cancelling_is_idempotent(server: Server) -> None:
    """Cancelling a run that has ended changes nothing."""
    run = server.slow_run()
    cancelled = server.act(f"/runs/{run['id']}/cancel")
    expect_equal(server.act(f"/runs/{run['id']}/cancel"), cancelled, "the second response")
    completed = server.ended(server.chat(server.conversation(), TEXT))
    again = server.act(f"/runs/{completed['id']}/cancel")
    expect_equal(again, completed, "the response for a completed run")


@check
def a_cancelled_answer_is_continued(server: Server) -> None:
    """A continuation of a cancelled answer is a new message after it."""
    run = server.slow_run()
    server.act(f"/runs/{run['id']}/cancel")
    rest = server.post(f"/runs/{run['id']}/continue", 202)["run"]
    expect_equal((rest["mode"], server.ended(rest)["status"]), ("continue", "completed"), "the run")
    expect_equal(_answer(server, rest)["parent_id"], run["message_id"], "the parent")


@check
def an_active_run_is_not_continued(server: Server) -> None:
    """A run that has not ended cannot be continued."""
    run = server.slow_run()
    answer = server.request("POST", f"/runs/{run['id']}/continue", json={})
    answer.expect_problem(409, "conflict")
    server.act(f"/runs/{run['id']}/cancel")


@check
def active_runs_are_listed(server: Server) -> None:
    """A run is in the list of active runs until it ends."""
    run = server.slow_run()
    listed = [item["id"] for item in server.get("/runs")["items"]]
    expect(run["id"] in listed, "the run in the list", listed)
    server.act(f"/runs/{run['id']}/cancel")
    listed = [item["id"] for item in server.get("/runs")["items"]]
    expect(run["id"] not in listed, "a list without the run", listed)


@check
def runs_of_a_conversation_are_listed(server: Server) -> None:
    """The runs of a conversation are listed, the newest first."""
    conversation = server.conversation()
    ids = [server.ended(server.chat(conversation, "one"))["id"] for _ in range(2)]
    path = f"/conversations/{conversation['id']}/runs"
    listed = [item["id"] for item in server.get(path)["items"]]
    expect_equal(listed, ids[::-1], "the runs")
    expect_equal(len(server.get(path, limit=1)["items"]), 1, "the number of runs with limit=1")


@check
def a_retry_is_a_sibling(server: Server) -> None:
    """An answer that is generated again is beside the old one, which stays."""
    run = server.ended(server.chat(server.conversation(), TEXT))
    path = f"/conversations/{run['conversation_id']}/messages/{run['message_id']}"
    again = server.ended(server.post(f"{path}/retry", 202)["run"])
    siblings = [item["id"] for item in server.get(f"{path}/siblings")["items"]]
    expect_equal(siblings, [run["message_id"], again["message_id"]], "the siblings")


@check
def a_retry_is_idempotent(server: Server) -> None:
    """A retry that is repeated with its id returns the same run."""
    run = server.ended(server.chat(server.conversation(), TEXT))
    path = f"/conversations/{run['conversation_id']}/messages/{run['message_id']}/retry"
    body = {"id": str(uuid4())}
    first = server.post(path, 202, **body)["run"]
    expect_equal(server.post(path, 202, **body)["run"]["id"], first["id"], "the run's id")
    server.ended(first)


@check
def a_prompt_is_not_retried(server: Server) -> None:
    """Only answers are generated again."""
    run = server.ended(server.chat(server.conversation(), TEXT))
    path = f"/conversations/{run['conversation_id']}/messages/{run['prompt_id']}/retry"
    server.request("POST", path, json={}).expect_problem(400, "invalid-input")


@check
def an_answer_needs_a_prompt(server: Server) -> None:
    """A branch without messages cannot be answered."""
    server.need_echo()
    path = f"/conversations/{server.conversation()['id']}/answer"
    server.request("POST", path, json={"model": ECHO}).expect_problem(409, "conflict")


@check
def a_stored_prompt_is_answered(server: Server) -> None:
    """`answer` answers the last message of a branch."""
    server.need_echo()
    conversation = server.conversation()
    [prompt] = server.append(conversation, TEXT)
    run = server.post(f"/conversations/{conversation['id']}/answer", 202, model=ECHO)["run"]
    expect_equal(_answer(server, server.ended(run))["parent_id"], prompt["id"], "the parent")


@check
def a_dialogue_takes_turns(server: Server) -> None:
    """A dialogue of three turns stores the opening and three answers."""
    server.need_echo()
    conversation = server.conversation()
    path = f"/conversations/{conversation['id']}"
    body = {"models": [ECHO, ECHO], "turns": 3, "content": "one"}
    with server.socket() as socket:
        socket.subscribe("runs")
        server.post(f"{path}/dialogue", 202, **body)
        completed = 0
        while completed < 3:
            event = socket.event()
            own = event["entry"]["conversation_id"] == conversation["id"]
            completed += own and event["type"] == "run.completed"
    expect_equal(server.get(path)["message_count"], 4, "the message count")


@check
def a_dialogue_names_what_is_wrong(server: Server) -> None:
    """A dialogue of one model, or of too few or too many turns, is refused."""
    path = f"/conversations/{server.conversation()['id']}/dialogue"
    for body, pointer in (
        ({"models": [ECHO]}, "/models"),
        ({"models": [ECHO] * 2, "turns": 0}, "/turns"),
        ({"models": [ECHO] * 2, "turns": 101}, "/turns"),
    ):
        server.request("POST", path, json=body).expect_problem(400, "invalid-input", pointer)
