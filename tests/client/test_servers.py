"""A database on a server, as a program of somebody else uses it."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database
from hansard.api.operations import SERVICES
from hansard.client import RemoteDatabase
from hansard.client.services import public_methods
from hansard.errors import (
    HansardError,
    InvalidConfig,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    StorageError,
    Unauthenticated,
    Unavailable,
)
from server.harness import TOKEN, Process, process

pytestmark = pytest.mark.anyio

README = Path(__file__).parents[2] / "README.md"
LOCAL_ONLY = {
    "backfill.remaining", "backfill.run",  # a maintenance task
    "feed.records", "feed.rendered",  # events carry their records already
    "previews.get_link_target", "previews.get_target", "previews.show",  # the server shows previews
    "sessions.begin", "sessions.end_all", "sessions.find", "shares.is_genuine",  # the server authenticates
}  # fmt: skip
"""What only a local database offers."""


def test_the_code_of_the_readme_runs_on_a_server(tmp_path: Path) -> None:
    text = README.read_text("utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    [output] = re.findall(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    with process(tmp_path / "home", tenant="acme", user="ada") as server:
        address = f'"{server.url}", token="{server.token}"'
        assert code.count('"chats.db"') == 1
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code.replace('"chats.db"', address)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stderr, done.stdout) == ("", output)


def test_the_code_of_the_howto_runs(server: Process, tmp_path: Path) -> None:
    page = (README.parent / "docs" / "howto" / "remote.md").read_text("utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    imports, body = code.split("\n\n", 1)
    address = "http://127.0.0.1:8765"
    assert body.count(address) == 1
    program = f"{imports}\nimport asyncio\ntoken = {server.token!r}\nasync def main():\n"
    program += textwrap.indent(body.replace(address, server.url), "    ")
    program += "    print((await ada.messages.read(conversation.id)).items[0].text)\n"
    program = program.replace("    print(", "        print(") + "asyncio.run(main())\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.stdout) == ("", "Where do I sleep?\n")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with process(tmp_path_factory.mktemp("server") / "home") as running:
        yield running


def _remote(server: Process, token: str | None = None, patience: float = 30) -> RemoteDatabase:
    return RemoteDatabase(server.url, token or server.token, patience=patience)


async def test_every_method_is_there_or_says_that_it_is_not(server: Process) -> None:
    missing: set[str] = set()
    async with _remote(server) as db:
        services = db.scope()
        for name, service in SERVICES.items():
            for method in public_methods(service):
                if hasattr(getattr(services, name), method):
                    call = getattr(type(getattr(services, name)), method)
                    if getattr(call, "unavailable", False):
                        missing.add(f"{name}.{method}")
        with pytest.raises(PermissionDenied, match="not available on a server"):
            await services.backfill.remaining()
    assert missing == LOCAL_ONLY


async def test_a_scope_is_the_tokens(server: Process) -> None:
    async with _remote(server) as db:
        assert db.scope().scope.user == "me"
        assert db.scope("local", "me", rights=["read"]).scope.rights == {"read"}
        for names in (("acme", "me"), ("local", "bob")):
            with pytest.raises(PermissionDenied, match="for the user me of the tenant local"):
                db.scope(*names)
        with pytest.raises(PermissionDenied, match="right to write"):
            await db.scope(rights=["read"]).conversations.create()


async def test_mistakes_are_told(server: Process) -> None:
    with pytest.raises(InvalidConfig, match="token"):
        hansard.connect(server.url)
    settings: list[dict[str, Any]] = [
        {"readonly": True},
        {"keep_feed": timedelta(days=1)},
        {"providers": []},
    ]
    for others in settings:
        with pytest.raises(InvalidConfig, match="settings of the server"):
            hansard.connect(server.url, token=server.token, **others)
    with pytest.raises(InvalidConfig, match="Only a server has a token"):
        hansard.connect("memory:", token=server.token)
    with pytest.raises(StorageError, match="not open"):
        _remote(server).scope()
    with pytest.raises(Unauthenticated):
        await _remote(server, "hsd_nonsense").open()
    async with _remote(server) as db:
        ada = db.scope()
        with pytest.raises(InvalidInput) as refused:
            await ada.conversations.create(title=5)  # pyright: ignore[reportArgumentType]
        assert refused.value.pointer == "/title"
        for key in ("", ".", "..", "a/b", "?", "#", "%2e"):
            with pytest.raises(NotFound):
                await ada.conversations.get(key)
        with pytest.raises(InvalidInput) as refused:
            await ada.settings.set("a", {"b": [float("nan")]})
        assert refused.value.pointer == "/value/b/0"


async def test_a_server_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    with process(tmp_path / "home") as first:
        port = int(first.url.rpartition(":")[2])
        async with _remote(first) as db:
            ada = db.scope()
            talk = await ada.conversations.create()
            first.end(signal.SIGKILL)
            storing = asyncio.create_task(ada.messages.append(talk.id, [hansard.user("here")]))
            with process(tmp_path / "home", port=port):
                [stored] = await storing
                assert [m async for m in ada.messages.all(talk.id)] == [stored]


async def test_a_server_that_stays_away_is_unavailable(tmp_path: Path) -> None:
    with process(tmp_path / "home") as server:
        async with _remote(server, patience=0.2) as db:
            talk = await db.scope().conversations.create()
            server.end(signal.SIGKILL)
            with pytest.raises(Unavailable):
                await db.scope().conversations.get(talk.id)
            with pytest.raises((Unavailable, OutcomeUnknown)):
                await db.scope().conversations.delete(talk.id)
            assert (await db.health()).faults == ("unreachable",)


async def test_an_answer_continues_without_the_client(db: Database) -> None:
    """A client that closes loses nothing; the next one reads the whole answer."""
    ada = db.scope("acme", "ada")
    talk = await ada.conversations.create()
    [run] = await ada.chat.send(
        talk.id, "one two three four", model="echo/echo", options={"delay": 0.05}
    )
    events = ada.runs.events(run.id)
    first = await anext(events)
    await events.aclose()  # pyright: ignore[reportAttributeAccessIssue]
    texts = [event.text async for event in ada.runs.events(run.id, after=first.number)]
    assert (await ada.runs.wait(run.id)).status == "completed"
    assert first.text + "".join(texts) == "one two three four"


async def test_a_closed_database_says_so(server: Process) -> None:
    db = _remote(server)
    await db.open()
    ada = db.scope()
    await db.close()
    with pytest.raises(StorageError, match="not open"):
        await ada.conversations.list()
    with pytest.raises(HansardError):
        await anext(aiter(ada.feed.follow(0)))
    assert TOKEN not in repr(db)
