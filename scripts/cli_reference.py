"""Write `docs/reference/cli.md`: every command, as its own help tells of it.

Run it after a command's options have changed; a test fails when the page is not what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from hansard.cli.main import app

OUT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"

_HEAD = """# The command line

This page is written by `scripts/cli_reference.py` from the commands' own help.

Every command that opens a database takes `--db`, `--backend`, `--session` and `--tenant`. What is not said there
comes from the environment (`HANSARD_DATABASE_URL`, `HANSARD_USER`, …), then from the env file, then from the config
file; `hansard config` shows where each value was found. `hansard --env-file FILE COMMAND` names the env file.

A command that fails says so in one line on stderr, with `--json` in a second one as JSON, and ends with a code:
2 the request is wrong, 3 there is no such thing, 4 it conflicts with what is there, 5 the database cannot be used,
6 a model's provider failed, 130 it was stopped, 1 anything else. `HANSARD_DEBUG=1` shows where in the program.
"""


def main() -> None:
    OUT.write_text(page(), "utf-8")


def page() -> str:
    sections = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps()]
    return "\n".join([_HEAD, *sections])


def _helps() -> Iterator[tuple[str, str]]:
    """The name and the help of every command, in the order of the program's own list."""
    waiting: list[tuple[str, Any, Any]] = [("hansard", typer.main.get_command(app), None)]
    while waiting:
        name, command, parent = waiting.pop(0)
        context = command.make_context(
            name.rsplit(" ", 1)[-1], [], parent=parent, resilient_parsing=True, terminal_width=100
        )
        yield name, command.get_help(context)
        inner = [(f"{name} {n}", c, context) for n, c in getattr(command, "commands", {}).items()]
        waiting = [*inner, *waiting]


if __name__ == "__main__":
    main()
