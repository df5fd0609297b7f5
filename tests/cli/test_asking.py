"""`hansard chat` with a prompt: one question, one answer."""

from __future__ import annotations

import json
import signal

import pytest

from cli.program import Program, text_of

WORDS = " ".join(f"w{i}" for i in range(200))


def test_a_prompt_is_answered_on_the_output_and_kept(program: Program) -> None:
    assert program.ok("chat", "Where", "do I sleep?").out == "Where do I sleep?\n"
    [conversation] = program.ok("conversations", "list", "--json").json["items"]
    assert conversation["title"] == "Where do I sleep?"
    prompt, answer = program.messages(conversation["id"])
    assert (prompt["role"], answer["role"]) == ("user", "assistant")
    assert answer["model"] == "echo/echo"
    assert answer["parent_id"] == prompt["id"]


def test_a_prompt_comes_through_a_pipe(program: Program) -> None:
    assert program.ok("chat", text="two\nlines\n").out == "two\nlines\n"


def test_it_goes_on_in_the_last_conversation_unless_told_otherwise(program: Program) -> None:
    program.ok("chat", "one")
    program.ok("chat", "two")
    program.ok("chat", "--new", "three")
    program.ok("chat", "--conversation", "one", "four")
    found = program.ok("conversations", "list", "--json").json["items"]
    assert [(c["title"], c["message_count"]) for c in found] == [("one", 6), ("three", 2)]


def titles(program: Program) -> list[tuple[str, int]]:
    """The titles of all conversations with their numbers of messages, the oldest first."""
    found = program.ok("conversations", "list", "--json").json["items"]
    return [(c["title"], c["message_count"]) for c in reversed(found)]


def test_a_title_that_no_conversation_has_starts_a_new_one(program: Program) -> None:
    program.ok("chat", "one")
    made = program.ok("chat", "--conversation", "Trip to Rome", "two")
    assert (made.out, made.err) == ("two\n", "New conversation: Trip to Rome\n")
    again = program.ok("chat", "--conversation", "trip to rome", "three")
    assert (again.out, again.err) == ("three\n", "")
    assert titles(program) == [("one", 2), ("Trip to Rome", 4)]


def test_new_and_a_title_start_another_conversation_with_it(program: Program) -> None:
    program.ok("chat", "--new", "--conversation", "Rome", "one")
    made = program.ok("chat", "--new", "--conversation", "Rome", "two")
    assert made.err == "New conversation: Rome\n"
    assert titles(program) == [("Rome", 2), ("Rome", 2)]
    unclear = program.run("chat", "--conversation", "Rome", "three")
    assert (unclear.code, "Several conversations" in unclear.err) == (3, True)
    assert titles(program) == [("Rome", 2), ("Rome", 2)]


def test_a_title_is_kept_when_the_new_conversation_has_a_model(program: Program) -> None:
    chosen = ("--conversation", "Rome", "--model", "echo/echo", "--system", "Be brief.")
    program.ok("chat", *chosen, "one")
    [kept] = program.ok("conversations", "list", "--json").json["items"]
    assert (kept["title"], kept["model"], kept["system"]) == ("Rome", "echo/echo", "Be brief.")


MISSING = "01890000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--conversation", MISSING], 3),
        (["--conversation", MISSING, "--new"], 2),
        (["--conversation", " ", "--new"], 2),
        (["--conversation", " "], 2),
        (["--conversation", "Rome", "--model", "nobody/nothing"], 2),
    ],
)
def test_what_names_no_conversation_starts_none(
    program: Program, arguments: list[str], code: int
) -> None:
    assert program.run("chat", *arguments, "hello").code == code
    assert titles(program) == []


def test_model_and_instructions_are_kept_with_the_conversation(program: Program) -> None:
    program.ok("chat", "--model", "echo/echo", "--system", "Be brief.", "one", HANSARD_MODEL="")
    [kept] = program.ok("conversations", "list", "--json").json["items"]
    assert (kept["model"], kept["system"]) == ("echo/echo", "Be brief.")
    program.ok("chat", "--system", "Be long.", "two")
    [kept] = program.ok("conversations", "list", "--json").json["items"]
    assert kept["system"] == "Be long."


def test_users_and_tenants_have_conversations_of_their_own(program: Program) -> None:
    program.ok("chat", "--session", "ada", "mine")
    assert program.ok("conversations", "list", "--session", "bob", "--json").json["items"] == []
    assert program.ok("conversations", "list", "--tenant", "acme", "--json").json["items"] == []
    [mine] = program.ok("conversations", "list", "--session", "ada", "--json").json["items"]
    foreign = program.run("conversations", "show", mine["id"], "--session", "bob")
    missing = program.run("conversations", "show", mine["id"][:-4] + "0000", "--session", "bob")
    assert foreign == missing
    assert foreign.code == 3


def test_events_come_as_lines_of_json(program: Program) -> None:
    lines = program.ok("chat", "--json", "hello").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["type"] for event in events] == ["started", "text", "completed"]
    assert events[1]["text"] == "hello"


def test_memory_forgets(program: Program) -> None:
    assert program.ok("chat", "--backend", "memory", "hello").out == "hello\n"
    assert not program.home.exists()


@pytest.mark.parametrize(
    ("how", "finish", "code"),
    [(signal.SIGINT, "cancelled", 130), (signal.SIGTERM, "interrupted", 143)],
)
def test_a_signal_stops_the_answer_and_keeps_what_was_said(
    program: Program, how: signal.Signals, finish: str, code: int
) -> None:
    with program.start("chat", "--option", "delay=0.02", WORDS) as asked:
        said = asked.see("w20 ") + "w20 "
        asked.signal(how)
        said += asked.rest()
        assert asked.process.returncode == code
    [conversation] = program.ok("conversations", "list", "--json").json["items"]
    _, answer = program.messages(conversation["id"])
    assert answer["finish"] == finish
    assert text_of(answer).startswith(said.strip())
    assert "w199" not in text_of(answer)


def test_after_a_kill_what_was_said_is_there_and_marked_interrupted(program: Program) -> None:
    kept: list[str] = []
    with program.start("chat", "--option", "delay=0.02", WORDS) as asked:
        while len(kept) < 5:
            asked.see(" ")
            rows = program.sql("SELECT text FROM run_events WHERE type = 'text' ORDER BY number")
            kept = [text for (text,) in rows]
        asked.kill()
    [conversation] = program.ok("conversations", "list", "--json").json["items"]
    prompt, answer = program.messages(conversation["id"])
    assert text_of(prompt) == WORDS
    assert answer["finish"] == "interrupted"
    assert text_of(answer).startswith("".join(kept))
    assert "w199" not in text_of(answer)
