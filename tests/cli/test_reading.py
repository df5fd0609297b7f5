"""Commands that read: what people see, what programs get, and what is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from cli.program import Program, text_of
from cli.record import Made, fill
from hansard.cli.main import app

CHANGES = {
    "artifacts create",
    "artifacts edit",
    "artifacts delete",
    "artifacts restore",
    "artifacts share",
    "artifacts unshare",
    "artifacts export",
    "conversations rename",
    "conversations delete",
    "conversations restore",
    "conversations purge",
    "keys forget",
    "keys rotate",
    "db migrate",
    "db revision",
    "db backup",
    "db restore",
    "serve",
    "sessions end",
}
PLAIN = {
    "keys new",
    "mcp",
    "db path",
    "config path",
    "link",
    "export",
    "artifacts link",
    "artifacts diff",
    "torture",
}
"""What these print is one line to be used as it is, JSON Lines anyway, or a patch."""
TITLES = ["A swim in Venice", "A walk in Rome"]


@pytest.fixture
def made(program: Program) -> Made:
    return fill(program)


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield name, command
    for word, each in inner.items():
        yield from commands(each, f"{name} {word}".strip())


def titles(program: Program, *flags: str) -> list[str]:
    found = program.ok("conversations", "list", "--json", *flags).json["items"]
    return sorted(conversation["title"] for conversation in found)


def test_every_command_that_reads_has_json() -> None:
    without = {
        name
        for name, command in commands(typer.main.get_command(app))
        if not any("--json" in parameter.opts for parameter in command.params)
    }
    assert without == CHANGES | PLAIN


def test_every_command_that_reads_prints_one_document(program: Program, made: Made) -> None:
    for command in (
        "conversations list",
        f"conversations show {made.rome}",
        "search water",
        "stats",
        "models",
        "projects list",
        "config",
        "db check",
        "db verify",
        "db stats",
    ):
        done = program.ok(*command.split(), "--json")
        assert isinstance(done.json, dict)
        assert done.err == ""


def test_models_and_projects_are_listed(program: Program, made: Made) -> None:
    listed = program.ok("models").out
    assert "*  echo/echo" in listed
    assert "Repeats your message." in listed
    [italy, rome] = program.ok("projects", "list").out.splitlines()[1:]
    assert italy.split() == [made.project, "Italy", "echo/echo"]
    assert rome.split()[1:] == ["Rome", "Italy"]


def test_conversations_are_listed_by_what_they_have(program: Program, made: Made) -> None:
    assert titles(program) == TITLES
    for flags, found in (
        (["--project", made.project], ["A walk in Rome"]),
        (["--tag", "walk"], ["A walk in Rome"]),
        (["--pinned"], ["A swim in Venice"]),
        (["--no-pinned", "--no-archived"], ["A walk in Rome"]),
        (["--trash"], ["Thrown away"]),
        (["--q", "SWIM"], ["A swim in Venice"]),
        (["--since", "2001-01-01", "--until", "2099-12-31"], TITLES),
        (["--since", "2099-01-01"], []),
        (["--session", "eve"], ["Eve's walk"]),
    ):
        assert titles(program, *flags) == found, flags
    listed = program.ok("conversations", "list").out
    assert "A swim in Venice, pinned" in listed
    assert "Is the water cold?" in listed


def test_lists_go_on_where_a_page_ended(program: Program, made: Made) -> None:
    for command in ("conversations list", "search w*"):
        seen: list[Any] = []
        more: list[str] = []
        while True:
            page = program.ok(*command.split(), "--limit", "1", "--json", *more).json
            seen += page["items"]
            if page["next"] is None:
                break
            more = ["--cursor", page["next"]]
        assert seen == program.ok(*command.split(), "--json").json["items"]
        assert len(seen) > 1
        assert "--cursor" in program.ok(*command.split(), "--limit", "1").out
    assert made


def test_a_conversation_is_shown_as_markdown_with_all_its_parts(
    program: Program, made: Made
) -> None:
    shown = program.ok("conversations", "show", made.rome, "--branch", "main").out
    assert shown.startswith("# A walk in Rome\n\n## user, ")
    for text in (
        "[map.png, image/png, ",
        "> A map.\n> Of Rome?\n",
        'Calls `look`:\n\n```json\n{\n  "at": "map"\n}\n```\n',
        'Result of the call:\n\n```json\n"a bridge"\n```\n',
        "Data `place`:\n",
        "Near the **bridge**.\n\n*(cut off at the model's limit)*\n",
    ):
        assert text in shown
    last = program.ok("conversations", "show", "venice", "--last", "1", "--json").json
    assert [text_of(message) for message in last["items"]] == ["Is the water cold?"]
    edited = program.ok("conversations", "show", made.rome, "--json").json
    assert [text_of(message) for message in edited["items"]] == ["Where do I eat?"] * 2


def test_search_finds_what_the_user_said_and_nothing_else(program: Program, made: Made) -> None:
    def hits(*words: str) -> list[tuple[str, str]]:
        found = program.ok("search", *words, "--json").json["items"]
        return [(hit["conversation"]["title"], hit["snippet"]) for hit in found]

    assert hits("water") == [("A swim in Venice", "Is the water cold?")]
    assert hits('"the water" wat*') == hits("water")
    assert hits("water", "--session", "eve") == [("Eve's walk", "Is the water warm?")]
    assert hits("water", "--role", "assistant") == []
    assert hits("water", "--conversation", "A walk in Rome") == []
    assert hits("sleep", "--project", made.project) == [("A walk in Rome", "Where do I sleep?")]
    assert hits("bridge", "--model", "p/m") == [("A walk in Rome", "Near the **bridge**.")]
    assert program.ok("search", "submarine").out == "Nothing was found.\n"
    assert program.ok("search", 'OR NEAR( "', "--match", "all").out == "Nothing was found.\n"


def test_statistics_are_those_of_the_user(program: Program, made: Made) -> None:
    found = program.ok("stats", "--json", "--session", "eve").json
    assert (found["conversations"], found["messages"], found["words"]) == (1, 1, 4)
    assert "conversations  1" in program.ok("stats", "--session", "eve").out
    assert program.ok("stats", "--json", "--project", made.project).json["conversations"] == 1
    assert program.ok("stats", "--json", "--since", "2099-01-01").json["messages"] == 0


def test_a_conversation_is_renamed_deleted_restored_and_purged(
    program: Program, made: Made
) -> None:
    program.ok("conversations", "rename", "swim", "A dive")
    assert titles(program) == ["A dive", "A walk in Rome"]
    program.ok("conversations", "delete", "A dive")
    assert titles(program) == ["A walk in Rome"]
    assert titles(program, "--trash") == ["A dive", "Thrown away"]
    program.ok("conversations", "restore", made.venice)
    assert titles(program) == ["A dive", "A walk in Rome"]
    assert program.run("conversations", "purge", made.venice).code == 3  # not in the trash
    program.ok("conversations", "purge", made.deleted)
    assert titles(program, "--trash") == []


def test_what_is_not_there_and_what_is_not_right_is_told_in_one_line(
    program: Program, made: Made
) -> None:
    for command, code in (
        (["conversations", "show", made.rome[:-4] + "0000"], 3),
        (["conversations", "show", "nothing"], 3),
        (["conversations", "show", "a"], 3),  # the titles of two have it
        (["conversations", "show", made.rome, "--branch", "nowhere"], 3),
        (["conversations", "list", "--cursor", "nonsense"], 2),
        (["conversations", "list", "--since", "yesterday"], 2),
        (["stats", "--tz", "Moon/Sea"], 2),
        (["chat", "--model", "nobody/nothing", "hello"], 2),
        (["chat", " "], 2),
        (["stats", "--db", "nowhere/x.db"], 5),
        (["stats", "--db", "mysql://x/y"], 2),
    ):
        done = program.run(*command)
        assert (done.code, done.out, len(done.err.splitlines())) == (code, "", 1), command
        assert done.err.startswith("hansard: ")


def test_a_reader_that_goes_away_is_no_error(program: Program, made: Made) -> None:
    with program.start("conversations", "show", made.rome) as shown:
        shown.close()
        assert shown.process.wait(30) in (0, 1)
