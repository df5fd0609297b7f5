"""`hansard chat` in a terminal: what a person types, and what is then to be seen."""

from __future__ import annotations

import json

from cli.program import Program, text_of
from cli.watching import PATIENCE

WORDS = " ".join(f"w{i}" for i in range(100))
SLOWLY = ("--option", "delay=0.02")


def last(program: Program, conversation: str = "Hello") -> list[str]:
    return [text_of(message) for message in program.messages(conversation)]


def test_a_talk_is_resumed_where_it_ended(program: Program) -> None:
    with program.terminal("chat") as terminal:
        assert "A new conversation." in terminal.asked()
        assert "Hello there" in terminal.say("Hello **there**")  # as Markdown
        assert terminal.leave() == 0
    with program.terminal("chat") as terminal:
        shown = [line.strip() for line in terminal.asked().splitlines() if line.strip()]
        assert shown == ["Hello **there**", "> Hello **there**", "echo/echo:", "Hello there"]
        assert terminal.leave("/quit\r") == 0
    assert last(program) == ["Hello **there**", "Hello **there**"]


def test_leaving_without_a_word_leaves_nothing_behind(program: Program) -> None:
    with program.terminal("chat") as terminal:
        terminal.asked()
        assert terminal.leave() == 0
    assert program.ok("conversations", "list", "--json").json["items"] == []


def test_alt_enter_begins_a_line_and_ctrl_c_clears_what_was_typed(program: Program) -> None:
    with program.terminal("chat") as terminal:
        terminal.asked()
        terminal.type("nonsense\x03")
        terminal.asked()
        assert "Hello world" in terminal.say("Hello\x1b\rworld")  # Markdown joins the lines
        assert terminal.leave() == 0
    assert last(program) == ["Hello\nworld", "Hello\nworld"]


def test_what_is_typed_while_an_answer_comes_waits_for_the_next_question(program: Program) -> None:
    program.ok("chat", "Hello " + WORDS)
    with program.terminal("chat", *SLOWLY) as terminal:
        terminal.asked()
        terminal.enter("/retry")
        terminal.see("w20 ")
        terminal.type("Nothing\x1b\rmore\r\x04")
        answer = terminal.asked()
        assert "Nothing" not in answer
        assert "w99" in answer
        assert terminal.end() == 0
    assert last(program)[-2:] == ["Nothing\nmore", "Nothing\nmore"]


def test_ctrl_c_stops_the_answer_keeps_it_and_continue_goes_on(program: Program) -> None:
    program.ok("chat", "Hello " + WORDS)
    with program.terminal("chat", *SLOWLY) as terminal:
        terminal.asked()
        terminal.enter("/retry")
        terminal.see("w20 ")
        terminal.type("\x03")
        assert "Stopped; the text so far is stored." in terminal.asked()
        assert "Go on exactly" in terminal.say("/continue")
        assert terminal.leave() == 0
    prompt, stopped, continued = program.messages("Hello")
    assert stopped["finish"] == "cancelled"
    assert text_of(prompt).startswith(text_of(stopped).strip())
    assert "w20" in text_of(stopped)
    assert "w99" not in text_of(stopped)
    assert continued["finish"] == "stop"


def test_a_talk_that_was_killed_says_so_and_can_be_continued(program: Program) -> None:
    program.ok("chat", "Hello " + WORDS)
    with program.terminal("chat", *SLOWLY) as terminal:
        terminal.asked()
        terminal.enter("/retry")
        terminal.see("w40 ")
        terminal.kill()
    with program.terminal("chat") as terminal:
        hint = "This answer was interrupted: /continue continues it."
        assert hint in terminal.asked()
        terminal.say("/continue")
        assert terminal.leave() == 0
    said = program.messages("Hello")
    assert [message["finish"] for message in said] == [None, "interrupted", "stop"]
    assert "w10 " in text_of(said[1])


def test_a_terminal_that_goes_away_ends_the_talk_and_keeps_what_was_said(program: Program) -> None:
    program.ok("chat", "Hello " + WORDS)
    with program.terminal("chat", *SLOWLY) as terminal:
        terminal.asked()
        terminal.enter("/retry")
        terminal.see("w20 ")
        terminal.close()
        terminal.process.wait(PATIENCE)
    _, answer = program.messages("Hello")
    assert answer["finish"] == "interrupted"
    assert "w20" in text_of(answer)


def test_editing_retrying_and_branches(program: Program) -> None:
    with program.terminal("chat") as terminal:
        terminal.asked()
        terminal.say("Hello")
        terminal.say("/edit")  # asks with the last prompt, to be changed
        terminal.see("Hello")
        assert "Hello again" in terminal.say(" again")
        assert "Hello again" in terminal.say("/retry")
        assert "You are on the new branch side." in terminal.say("/branch new side")
        listed = terminal.say("/branch")
        assert all(name in listed for name in ("main", "branch 2", "branch 3", "side"))
        assert "> Hello\r\n" in terminal.say("/branch 1")
        assert "There is no such branch." in terminal.say("/branch nowhere")
        assert terminal.leave() == 0
    assert last(program) == ["Hello", "Hello"]
    show = program.ok("conversations", "show", "Hello", "--branch", "side")
    assert show.out.count("Hello again") == 2
    both = program.ok("conversations", "show", "Hello", "--branch", "branch 2", "--json").json
    assert [text_of(message) for message in both["items"]] == ["Hello again", "Hello again"]


def test_several_models_answer_one_prompt(program: Program) -> None:
    with program.terminal("chat") as terminal:
        terminal.asked()
        assert "The next prompt goes to" in terminal.say("/models echo/echo echo/echo")
        assert "You are on the branch of the first answer" in terminal.say("Hello")
        assert "echo/echo" in terminal.say("/branch")  # the other branch has the model's name
        assert "There is no model" in terminal.say("/model nobody/nothing")
        assert "answers from now on." in terminal.say("/model echo/echo")
        assert terminal.leave() == 0
    [kept] = program.ok("conversations", "list", "--json").json["items"]
    assert (kept["model"], kept["message_count"]) == ("echo/echo", 3)


def test_ctrl_c_stops_all_answers_to_a_prompt(program: Program) -> None:
    with program.terminal("chat", *SLOWLY) as terminal:
        terminal.asked()
        terminal.say("/models echo/echo echo/echo")
        terminal.enter("Hello " + WORDS)
        terminal.see("w20 ")
        terminal.type("\x03")
        assert terminal.asked().count("Stopped; the text so far is stored.") == 2
        assert terminal.leave() == 0
    for branch in ("main", "echo/echo"):
        shown = program.ok("conversations", "show", "Hello", "--branch", branch, "--json")
        assert shown.json["items"][-1]["finish"] == "cancelled"


def test_the_other_commands(program: Program) -> None:
    program.ok("chat", "A walk in Rome")
    with program.terminal("chat", "--new") as terminal:
        terminal.asked()
        for typed, shown in (
            ("/help", "Ctrl-D leaves."),
            ("/title", "(untitled)"),
            ("/title A swim", "A swim"),
            ("/system Be brief.", "The system prompt applies"),
            ("/export", "This conversation has no messages yet."),
            ("Where in Venice?", "Where in Venice?"),
            ("/system", "Be brief."),
            ("/search rome", "A walk in Rome"),
            ("/stats", "conversations  2"),
            ("/list", "A walk in Rome"),
            ("/export swim.jsonl", "Saved to swim.jsonl."),
            ("/export swim.jsonl", "swim.jsonl exists already."),
            ("/export nowhere/swim.md", "nowhere/swim.md: No such file or directory."),
            ("/export swim.md", "Saved to swim.md."),
            ("/open 99", "No conversation"),
            ("/open 2", "> A walk in Rome"),
            ("/new A run", "A new conversation."),
            ("/nonsense", "There is no command /nonsense"),
        ):
            assert shown in terminal.say(typed)
        assert terminal.leave() == 0
    assert "# A swim\n" in (program.work / "swim.md").read_text()
    lines = (program.work / "swim.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in (lines[0], lines[-1])] == ["export", "end"]
    assert (program.home / "history").stat().st_mode & 0o777 == 0o600


def test_a_failed_answer_can_be_asked_for_again(program: Program) -> None:
    # An endpoint where nobody listens is there by name, and fails when it is asked.
    nobody = {"HANSARD_PROVIDER_NOBODY_URL": "http://127.0.0.1:9/v1"}
    with program.terminal("chat", "--model", "nobody/model", **nobody) as terminal:
        terminal.asked()
        assert "/retry generates it again." in terminal.say("Hello")
        assert "Hello" in terminal.say("/retry echo/echo")
        assert terminal.leave() == 0
    prompt, answer = program.messages("Hello")
    assert (prompt["role"], answer["model"], answer["finish"]) == ("user", "echo/echo", "stop")
    first = program.ok("conversations", "show", "Hello", "--branch", "main", "--json").json
    assert first["items"][1]["finish"] == "error"


def test_the_model_inside_talks_and_is_stopped(program: Program) -> None:
    with program.terminal("chat", "--model", "local/smollm2") as terminal:
        terminal.asked()
        terminal.enter("Tell me a long story about a ship and her crew.")
        terminal.see(" the")
        terminal.type("\x03")
        assert "Stopped; the text so far is stored." in terminal.asked()
        assert terminal.leave() == 0
    [kept] = program.ok("conversations", "list", "--json").json["items"]
    _, answer = program.messages(kept["id"])
    assert (answer["model"], answer["finish"]) == ("local/smollm2", "cancelled")
    assert " the" in text_of(answer)


def test_control_characters_do_not_reach_the_terminal(program: Program) -> None:
    program.ok("chat", "Hello \x1b]0;owned\x07 you")
    with program.terminal("chat") as terminal:
        shown = terminal.asked()
        assert shown.count("\ufffd]0;owned\ufffd you") == 3  # title, prompt and answer
        assert "\x07" not in shown
        assert terminal.leave() == 0
