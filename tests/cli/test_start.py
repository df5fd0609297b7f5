from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cli.program import Program

LOADED = """
import json, sys
from hansard.cli.main import main
code = main(sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
sys.exit(code)
"""
"""Runs a command, and says then which packages were imported for it."""

HEAVY = {
    "anthropic",
    "apsw",
    "asyncio",
    "asyncpg",
    "babel",
    "httpx",
    "liquid",
    "litestar",
    "markdown_it",
    "mcp",
    "mcp_types",
    "msgspec",
    "openai",
    "prompt_toolkit",
    "pydantic",
    "pydantic_ai",
    "pygments",
    "rich",
    "starlette",
    "uvicorn",
    "xllamacpp",
}
TYPERS = {"pydantic"}
"""What typer reads options with."""


def loaded(program: Program, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=program.environ({}),
        cwd=program.work,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_version_comes_without_importing_anything_heavy(program: Program) -> None:
    assert loaded(program, "--version") & (HEAVY | {"hashlib", "logging"}) == set()


@pytest.mark.parametrize(
    "arguments", [("--help",), ("chat", "--help"), ("db", "--help"), ("mcp", "--help")]
)
def test_so_does_help(program: Program, arguments: tuple[str, ...]) -> None:
    assert loaded(program, *arguments) & HEAVY <= TYPERS


def test_reading_imports_no_model_no_server_and_no_keyboard(program: Program) -> None:
    needed = {"apsw", "asyncio", "msgspec"}
    assert needed <= loaded(program, "conversations", "list", "--json") & HEAVY <= needed | TYPERS


def test_without_a_command_the_program_says_what_it_can(program: Program) -> None:
    said = program.ok().out
    for name in ("chat", "conversations", "search", "stats", "export", "import", "serve", "db"):
        assert f"\n  {name} " in said


def test_nothing_is_made_by_asking_for_help(program: Program) -> None:
    program.ok("chat", "--help")
    program.ok("db", "path")
    assert not program.home.exists()


def test_a_command_that_does_not_exist_is_told_in_one_line(program: Program) -> None:
    done = program.run("conversation", "list")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "conversation" in done.err
    assert program.run("--nonsense").code == 2
