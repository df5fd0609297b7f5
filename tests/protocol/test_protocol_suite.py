"""The protocol suite keeps what it promises: it accepts our servers, catches faults, and leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hansard.testing.protocol.checks import CHECKS, MODULES, select
from hansard.testing.protocol.operations import OPERATIONS
from hansard.testing.protocol.runner import Result, run
from hansard.testing.protocol.server import Server
from protocol.faulty import Faulty
from protocol.planted import PLANTED
from protocol.planted_answers import EmptyAnswers, NothingExists, OtherErrors
from server import harness
from server.harness import TOKEN, Site, process, site

LISTS = [
    *("/conversations", "/conversations?temporary=true", "/conversations?deleted=true"),
    *("/artifacts", "/artifacts?deleted=true", "/settings", "/runs", "/collections"),
    *("/projects", "/projects?deleted=true"),
]
REFUSALS = [
    *("authentication", "unknown-fields", "malformed-json", "media-types", "unknown-ids"),
    *("malformed-ids", "methods", "parameters"),
]
"""Groups of checks that expect refusals only."""
ONLY_TRASHED = ["/collections?deleted=true"]
"""What the protocol cannot purge."""


@contextmanager
def faulty(fault: type[Faulty], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server with a fault in front of it."""
    make_app = harness.make_app
    monkeypatch.setattr(harness, "make_app", lambda *a, **k: fault(make_app(*a, **k)))
    with site("memory:") as running:
        yield running


def results(url: str, *patterns: str, timeout: float = 30, token: str = TOKEN) -> list[Result]:
    server = Server(url, token, timeout=timeout)
    try:
        return list(run(select(list(patterns)), server))
    finally:
        server.close()


def broken(found: list[Result]) -> list[Result]:
    return [result for result in found if result.outcome != "kept"]


def listed(here: Site) -> dict[str, Any]:
    return {path: here.client.get(path).json()["items"] for path in LISTS}


def with_other_data(here: Site) -> None:
    """Records of each kind that were there before."""
    talk = here.talk(title="Mine", tags=["mine"])
    here.say(talk, "one", "two")
    here.delete(f"/conversations/{here.talk(title='Trashed')['id']}")
    here.talk(title="For now", temporary=True)
    for _ in range(2):
        here.post("/artifacts", 201, type="text", title="Mine", content="mine")
    here.post("/projects", 201, name="Mine")
    here.post("/collections", 201, name="Mine")
    here.put("/settings/mine", value=1)


@pytest.mark.usefixtures("anyio_backend")
def test_every_promise_is_kept_and_nothing_is_left(anywhere: Site) -> None:
    with_other_data(anywhere)
    before = listed(anywhere)
    found = results(anywhere.url)
    assert broken(found) == []
    assert len(found) == len(CHECKS) >= 200
    assert listed(anywhere) == before
    for path in ONLY_TRASHED:
        names = [item["name"] for item in anywhere.client.get(path).json()["items"]]
        assert all(name.startswith("Protocol check") for name in names)


def test_a_server_behind_a_middleware_without_a_fault_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of all planted faults."""
    with faulty(Faulty, monkeypatch) as here:
        assert broken(results(here.url, *{fault.caught_by for fault in PLANTED})) == []


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_caught(fault: type[Faulty], monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty(fault, monkeypatch) as here:
        [result] = results(here.url, fault.caught_by, timeout=2)
    assert result.outcome == "broken"
    assert result.received


def kept(fault: type[Faulty], monkeypatch: pytest.MonkeyPatch, *patterns: str) -> set[str]:
    """The checks that a server with a fault passes."""
    with monkeypatch.context() as patched, faulty(fault, patched) as here:
        found = results(here.url, *patterns, timeout=2)
    return {result.check for result in found if result.outcome == "kept"}


def test_no_check_accepts_servers_that_always_answer_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What both of two opposite servers pass has a planted fault of its own that it catches."""
    careless = kept(EmptyAnswers, monkeypatch) & kept(NothingExists, monkeypatch)
    assert careless <= {fault.caught_by for fault in PLANTED}


def test_every_refusal_is_checked_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(OtherErrors, monkeypatch, *REFUSALS) == set()


def test_at_least_twelve_faults_are_planted_in_all_parts() -> None:
    assert len(PLANTED) >= 12
    groups = {fault.caught_by.partition("/")[0] for fault in PLANTED}
    assert {"authentication", "schemas", "runs", "feed", "websocket", "trash"} <= groups
    assert {fault.caught_by for fault in PLANTED} <= set(CHECKS)


def test_every_operation_of_the_document_is_known() -> None:
    with site("memory:") as here:
        paths = here.get("/openapi.json")["paths"]
    described = {
        (operation["operationId"], method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    known = {(each.id, each.method, each.path) for each in OPERATIONS.values()}
    assert known == described


def test_every_check_says_what_is_promised() -> None:
    assert len(MODULES) == 18
    for check in CHECKS.values():
        assert check.promise.endswith("."), check.id
        assert check.promise[0].isupper() or check.promise[0] in "`/", check.id


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-W", "error", "-m", "hansard.testing.protocol", *arguments]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=120, env=environment
    )


def test_the_command_reports_one_line_for_each_group(tmp_path: Path) -> None:
    with process(tmp_path / "home") as server:
        only = ("--only", "basics", "--only", "conversations/create-*")
        done = command(server.url, *only, HANSARD_TOKEN=server.token)
        assert (done.returncode, done.stderr) == (0, "")
        assert [line.split()[0] for line in done.stdout.splitlines()[:2]] == [
            "basics",
            "conversations",
        ]
        assert done.stdout.splitlines()[-1].endswith("checks, 0 broken")
        as_json = command(server.url, "--token", server.token, "--only", "basics", "--json")
        assert {result["outcome"] for result in json.loads(as_json.stdout)} == {"kept"}


def test_the_command_explains_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = next(each for each in PLANTED if each.__name__ == "NoVersions")
    with faulty(fault, monkeypatch) as here:
        done = command(here.url, "--token", TOKEN, "--only", fault.caught_by)
    assert done.returncode == 1
    assert "request:  PATCH /conversations/" in done.stdout
    assert "expected: status 409" in done.stdout
    assert "received: 200" in done.stdout
    assert TOKEN not in done.stdout


def test_the_command_needs_a_server_a_token_and_a_check() -> None:
    listing = command("--list", "--only", "trash/*")
    assert listing.returncode == 0
    assert all(line.startswith("trash/") for line in listing.stdout.splitlines())
    for arguments in (
        (),
        ("http://127.0.0.1:1",),
        ("http://127.0.0.1:1", "--token", "x", "--only", "no"),
    ):
        assert command(*arguments).returncode == 2


def test_a_server_that_does_not_answer_breaks_every_promise() -> None:
    done = command("http://127.0.0.1:9", "--token", "x", "--only", "basics/json-is-utf-8")
    assert done.returncode == 1
    assert "no response" in done.stdout
