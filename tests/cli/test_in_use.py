"""One SQLite file, one process that writes: what the others can do meanwhile, and what they are told."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from cli.program import Program
from cli.watching import PATIENCE
from hansard.server.cookies import KEY

WRITING = (
    ("import", "everything.jsonl"),
    ("chat", "hello"),
    ("chat", "--model", "echo/echo", "--new", "again"),
    ("conversations", "rename", "again", "Two"),
    ("conversations", "delete", "Two"),
)
MAINTAINING = (
    ("db", "restore", "copy.db"),
    ("db", "migrate"),
    ("db", "verify", "--repair"),
    ("serve", "--port", "0"),
)
READING = (
    ("conversations", "list"),
    ("conversations", "show", "One"),
    ("search", "one"),
    ("stats",),
    ("projects", "list"),
    ("export",),
    ("db", "check"),
    ("db", "stats"),
    ("db", "verify"),
    ("db", "path"),
)


@contextmanager
def serving(program: Program) -> Iterator[str]:
    """A server that has the database; its address."""
    with program.start("serve", "--port", "0", "--ready-file", "ready.json") as server:
        server.see("The database is")
        deadline = time.monotonic() + PATIENCE
        while not (program.work / "ready.json").exists():
            assert time.monotonic() < deadline
        yield json.loads((program.work / "ready.json").read_text())["url"]
        server.signal(signal.SIGTERM)
        assert server.end() == 0


@pytest.fixture
def served(program: Program) -> Iterator[tuple[Program, str]]:
    program.ok("chat", "One")
    program.ok("export", "everything.jsonl")
    program.ok("db", "backup", "copy.db")
    with serving(program) as url:
        yield program, url


def test_beside_a_server_commands_read_the_file_and_write_through_the_server(
    served: tuple[Program, str],
) -> None:
    program, _ = served
    for command in READING:
        program.ok(*command)
    program.ok("db", "backup", "another.db")
    for command in WRITING:
        program.ok(*command)
    assert program.ok("chat", "hello").out == "hello\n"
    texts = program.ok("search", "hello", "--json").json["items"]
    assert len(texts) == 4
    assert len(program.ok("conversations", "list", "--json").json["items"]) == 1


def test_beside_a_server_maintenance_says_who_has_the_file(served: tuple[Program, str]) -> None:
    program, url = served
    before = program.ok("export").out.splitlines()[1:]
    for command in MAINTAINING:
        done = program.run(*command)
        assert (done.code, done.out, len(done.err.splitlines())) == (5, "", 1), command
        assert f"the server at {url}" in done.err
        assert "use the server, or stop it first" in done.err
    assert program.ok("export").out.splitlines()[1:] == before


def test_a_chat_in_a_terminal_uses_the_server(served: tuple[Program, str]) -> None:
    program, _ = served
    with program.terminal("chat", "--new") as terminal:
        terminal.asked()
        assert "Two words" in terminal.say("Two words")
        assert "echo/echo" in terminal.say("/model")
        assert "answers from now on" in terminal.say("/model echo/echo")
        assert "no/such" in terminal.say("/model no/such")
        assert terminal.leave() == 0
    assert len(program.ok("search", "two", "--json").json["items"]) == 2


def test_without_the_token_of_the_server_writing_says_who_has_the_file(
    served: tuple[Program, str],
) -> None:
    program, url = served
    (program.database.parent / "token").unlink()
    done = program.run("chat", "hello")
    assert (done.code, done.out) == (5, "")
    assert f"the server at {url}" in done.err


def test_another_user_than_the_servers_is_refused(served: tuple[Program, str]) -> None:
    program, _ = served
    done = program.run("chat", "--session", "bob", "hello")
    assert (done.code, done.out) != (0, "hello\n")
    assert "The token is for the user me of the tenant local" in done.err


def test_a_link_signs_a_browser_in_once(program: Program) -> None:
    program.environment["HANSARD_PATH_PREFIX"] = "/hansard"
    told = program.run("link")
    assert (told.code, len(told.err.splitlines())) == (3, 1), "there is no token yet"
    with serving(program) as url, httpx2.Client() as browser:
        assert url.endswith("/hansard")
        link, other = (program.ok("link").out.strip() for _ in range(2))
        assert link.startswith(f"{url}/signin?code=")
        assert link != other
        assert browser.get(f"{url}/api/v1/me").status_code == 401
        told = _sign_in(browser, url, link)
        assert told.status_code == 201
        known = {KEY: told.json()["key"]}
        assert browser.get(f"{url}/api/v1/me", headers=known).json()["id"] == "me"
        assert _sign_in(browser, url, link).status_code == 401, "it is good for once"
        assert _sign_in(browser, url, other).status_code == 201
    told = program.run("link")
    assert (told.code, len(told.err.splitlines())) == (3, 1)
    assert "No server has" in told.err


def _sign_in(browser: httpx2.Client, url: str, link: str) -> httpx2.Response:
    """Do what the page at a link does."""
    code = link.removeprefix(f"{url}/signin?code=")
    return browser.post(f"{url}/api/v1/signin", json={"code": code})


def test_without_a_file_a_link_leads_where_a_server_would_be(program: Program) -> None:
    with serving(program):
        pass
    told = program.ok(
        "link", "--backend", "memory", HANSARD_PATH_PREFIX="/hansard", HANSARD_HOST="::"
    )
    assert told.out.startswith("http://[::1]:8765/hansard/signin?code=")
    public = program.ok(
        "link", "--backend", "memory", HANSARD_PUBLIC_URL="https://chat.example.org"
    )
    assert public.out.startswith("https://chat.example.org/signin?code=")


def test_a_program_learns_it_from_a_code(program: Program) -> None:
    with program.terminal("chat") as terminal:
        terminal.asked()
        done = program.run("chat", "--json", "hello")
        assert terminal.leave() == 0
    assert json.loads(done.err.splitlines()[1])["error"]["code"] == "database-in-use"


def test_beside_a_talk_reading_works_and_sees_what_was_just_said(program: Program) -> None:
    with program.terminal("chat") as terminal:
        terminal.asked()
        terminal.say("One")
        assert len(program.ok("search", "one", "--json").json["items"]) == 2
        done = program.run("chat", "Two")
        assert done.code == 5
        assert f"process {terminal.process.pid}" in done.err
        assert "end it first" in done.err
        assert terminal.leave() == 0
    program.ok("chat", "Two")


def test_short_commands_wait_for_each_other(program: Program) -> None:
    program.ok("chat", "Begin")
    with (
        program.start("chat", "One") as one,
        program.start("chat", "Two") as two,
        program.start("chat", "Three") as three,
    ):
        assert [asked.end() for asked in (one, two, three)] == [0, 0, 0]
    [conversation] = program.ok("conversations", "list", "--json").json["items"]
    assert conversation["message_count"] == 8
