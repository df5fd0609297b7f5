"""A terminal obeys nothing that is in the record, whichever command shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main

import hansard
from cli.program import Program
from hansard.cli.main import app
from hansard.model.parts import Data, Reasoning, Text, ToolCall, ToolResult
from hansard.output import harmless, harmless_json

HOSTILE = "seen\x1b[35;7m\x1b]0;title\x07\x9b1m\x7f\u202e\u2066seen"
FORBIDDEN = ("\x1b[35;7m", "\x1b]", "\x07", "\x9b", "\x7f", "\u202e", "\u2066")


@dataclass(frozen=True)
class Made:
    conversation: str
    spare: str
    gone: str
    artifact: str
    share: str
    files: Path


@pytest.fixture
def made(program: Program, tmp_path: Path) -> Made:
    program.home.mkdir(mode=0o700)
    with hansard.connect(program.database) as database:
        me = database.scope()
        project = me.projects.create(HOSTILE, instructions=HOSTILE)
        kept = me.conversations.create(title=HOSTILE, project_id=project.id, tags=["tag"])
        call = [Reasoning(HOSTILE), ToolCall("c1", HOSTILE, {HOSTILE: HOSTILE})]
        said = [Data({"x": HOSTILE}, HOSTILE), Text(f"{HOSTILE} &#27;[35;7m &#x9b;")]
        drafts = [
            hansard.user(HOSTILE),
            hansard.assistant(parts=[*call], model="echo/echo"),
            hansard.tool(parts=[ToolResult("c1", HOSTILE)]),
            hansard.assistant(parts=[*said]),
        ]
        me.messages.append(kept.id, drafts)
        spare, gone, purged = (me.conversations.create(title=HOSTILE) for _ in range(3))
        me.conversations.delete(gone.id)
        me.conversations.delete(purged.id)
        artifact = me.artifacts.create(
            HOSTILE, type="text", title=HOSTILE, language=HOSTILE, file_name="seen.txt"
        )
        me.artifacts.update(artifact.id, content=f"{HOSTILE}\n{HOSTILE}", note=HOSTILE)
        share = me.shares.share(artifact.id, "eve")
    (tmp_path / "hostile.txt").write_text(HOSTILE)
    return Made(kept.id, spare.id, gone.id, artifact.id, share.id, tmp_path)


_COMMANDS: dict[str, Callable[[Made], list[list[str]]]] = {
    "chat": lambda _: [["--new", HOSTILE], ["--new", "--json", HOSTILE], ["--model", HOSTILE, "x"]],
    "search": lambda _: [["seen"], ["seen", "--json"]],
    "stats": lambda _: [[], ["--json"]],
    "models": lambda _: [["--json"]],
    "keys list": lambda _: [[], ["--json"]],
    "keys new": lambda _: [[]],
    "keys rotate": lambda _: [[]],
    "keys forget": lambda _: [[]],
    "mcp": lambda _: [["--db", HOSTILE]],
    "conversations list": lambda _: [[], ["--json"]],
    "conversations show": lambda m: [[m.conversation], [m.conversation, "--json"], [HOSTILE]],
    "conversations rename": lambda m: [[m.spare, HOSTILE]],
    "conversations delete": lambda m: [[m.spare]],
    "conversations restore": lambda m: [[m.spare]],
    "conversations purge": lambda m: [[m.gone]],
    "projects list": lambda _: [[], ["--json"]],
    "artifacts list": lambda _: [[], ["--json"], ["--type", HOSTILE]],
    "artifacts show": lambda m: [[m.artifact], [m.artifact, "--json"]],
    "artifacts extract": lambda _: [[]],
    "artifacts create": lambda m: [[str(m.files / "hostile.txt"), "--title", HOSTILE]],
    "artifacts edit": lambda m: [[m.artifact, str(m.files / "hostile.txt")]],
    "artifacts revisions": lambda m: [[m.artifact], [m.artifact, "--json"]],
    "artifacts diff": lambda m: [[m.artifact]],
    "artifacts share": lambda m: [[m.artifact, "flo"]],
    "artifacts shares": lambda m: [[m.artifact], [m.artifact, "--json"]],
    "artifacts link": lambda m: [[m.artifact]],
    "artifacts unshare": lambda m: [[m.share]],
    "artifacts export": lambda m: [["-o", "-"], ["-o", str(m.files / "a.zip")]],
    "artifacts import": lambda m: [[str(m.files / "a.zip")]],
    "artifacts delete": lambda m: [[m.artifact]],
    "artifacts restore": lambda m: [[m.artifact]],
    "export": lambda m: [["-"], [str(m.files / "e.jsonl")]],
    "import": lambda m: [[str(m.files / "e.jsonl")], [str(m.files / "hostile.txt")]],
    "config": lambda _: [[], ["--json"]],
    "config path": lambda _: [[]],
    "link": lambda _: [[]],
    "sessions list": lambda _: [[], ["--json"]],
    "sessions end": lambda _: [[HOSTILE], ["--all"]],
    "db path": lambda _: [[]],
    "db check": lambda _: [[]],
    "db migrate": lambda _: [[]],
    "db revision": lambda _: [[HOSTILE]],
    "db backup": lambda m: [[str(m.files / "copy\x1b[35;7m.db")]],
    "db restore": lambda m: [[str(m.files / "copy\x1b[35;7m.db")]],
    "db verify": lambda _: [[], ["--json"]],
    "db stats": lambda _: [[]],
}
_ELSEWHERE = {
    "serve": "it prints addresses and paths alone, and does not end",
    "torture": "it prints of its own records alone, as JSON",
}


def _names(command: Any, path: tuple[str, ...] = ()) -> list[str]:
    found = [" ".join(path)] if command.__dict__.get("invoke_without_command", True) else []
    children = getattr(command, "commands", {})
    return (found if path else []) + [
        name for key, child in children.items() for name in _names(child, (*path, key))
    ]


def test_every_command_is_tried() -> None:
    known = {n for n in _names(typer.main.get_command(app)) if n not in _ELSEWHERE}
    assert known - {"conversations", "projects", "artifacts", "db", "keys", "sessions"} == set(
        _COMMANDS
    )


def test_no_command_lets_a_terminal_obey_the_record(program: Program, made: Made) -> None:
    shown = ""
    for name, arguments in _COMMANDS.items():
        for more in arguments(made):
            _, screen = program.show(*name.split(), *more, HANSARD_MODEL="echo/echo", TERM="xterm")
            let_through = [mark for mark in FORBIDDEN if mark in screen]
            assert not let_through, (name, more, screen)
            shown += screen
    assert shown.count("seen") > 100, "the record was shown"


@pytest.mark.parametrize("command", ["artifacts list", "artifacts show", "conversations show"])
def test_a_terminal_without_the_filter_is_noticed(
    program: Program, made: Made, command: str
) -> None:
    more = _COMMANDS[command](made)[0]
    _, screen = program.show(*command.split(), *more, HANSARD_TEST_PLANT="no filter")
    assert [mark for mark in FORBIDDEN if mark in screen]


def test_a_pipe_gets_the_words_as_they_are(program: Program, made: Made) -> None:
    program.ok("artifacts", "edit", made.artifact, str(made.files / "hostile.txt"))
    assert program.ok("artifacts", "show", made.artifact).out == HOSTILE


def test_json_says_the_same_and_shows_nothing_that_is_obeyed() -> None:
    document = json.dumps({HOSTILE: HOSTILE}, ensure_ascii=False)
    shown = harmless_json(document)
    assert not [mark for mark in FORBIDDEN if mark in shown]
    assert json.loads(shown) == {HOSTILE: HOSTILE}
    assert "\\u009b" in shown
    assert harmless("tab\tline\r\nnext") == "tab\tline\nnext"
