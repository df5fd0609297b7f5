"""What cannot be read is never answered as if it were not there: no 404, no empty list, no shorter history."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

import hansard
from cli.nursery import Nursery
from cli.program import Program
from faults.damage import (
    Damage,
    answers,
    damaged,
    half_zeroed,
    make,
    pages,
    scrambled,
    zeroed,
)
from hansard.errors import HansardError, NotADatabase, NotFound
from hansard.model.branches import Branch
from hansard.model.messages import Message
from hansard.storage import admin, message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.sqlite.storage import SqliteStorage
from server.harness import process

pytestmark = pytest.mark.anyio

READ = (
    "activity", "artifacts", "branches", "conversations", "feed", "messages", "projects",
    "revisions", "runs", "tenants", "migrations", "sqlite_schema",
)  # fmt: skip
"""Tables with rows that are read; their indexes are named after them."""


@dataclass
class Sample:
    path: Path
    talks: list[str]
    message: str
    """A conversation's id and a message's."""
    pages: dict[str, list[int]]
    answers: dict[str, Any]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return asyncio.run(_sample(tmp_path_factory.mktemp("damaged") / "good.db"))


async def _sample(path: Path) -> Sample:
    await make(path)
    async with hansard.connect(path, providers=[], readonly=True) as database:
        me = database.scope()
        talks = [talk.id for talk in (await me.conversations.list(limit=500)).items]
        [message] = (await me.messages.read(talks[-1], last=1)).items
    named = f"{talks[-1]} {message.id}"
    found = await answers(path, talks, named)
    assert not [answer for answer in found.values() if isinstance(answer, HansardError)]
    return Sample(path, talks, named, pages(path), found)


async def _check(sample: Sample, bad: Path, numbers: Sequence[int], damage: Damage) -> int:
    """Every answer is right, or says that the database is damaged; gives how many say so."""
    damaged(sample.path, bad, numbers, damage)
    found = await answers(bad, sample.talks, sample.message)
    errors = 0
    for name, answer in found.items():
        if isinstance(answer, HansardError):
            assert isinstance(answer, NotADatabase), f"{name}: {answer!r}"
            errors += 1
        else:
            assert answer == sample.answers[name], f"{name} is answered otherwise"
    return errors


@pytest.mark.parametrize("damage", [zeroed, scrambled])
async def test_a_page_that_cannot_be_read_is_told_by_every_service(
    sample: Sample, tmp_path: Path, damage: Damage
) -> None:
    told = 0
    for tree, numbers in sample.pages.items():
        if any(name in tree for name in READ):
            told += await _check(sample, tmp_path / "bad.db", numbers[:1], damage) > 0
    assert told > len(READ)


async def test_a_page_that_cannot_be_read_and_is_said_to_be_absent_would_be_seen(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug."""
    read = SqliteStorage.read

    async def hopeful(self: SqliteStorage, tenant: str, work: Any) -> Any:
        try:
            return await read(self, tenant, work)
        except NotADatabase:
            raise NotFound from None

    monkeypatch.setattr(SqliteStorage, "read", hopeful)
    with pytest.raises(AssertionError, match="NotFound"):
        await _check(sample, tmp_path / "bad.db", sample.pages["messages"], zeroed)


HALVES = ("sqlite_autoindex_messages_2", "sqlite_autoindex_conversations_1")
"""Indexes by which places and ids are found: what is left of them looks sound."""


@pytest.mark.parametrize("tree", HALVES)
async def test_no_history_is_shorter_and_no_conversation_gone_because_an_index_is(
    sample: Sample, tmp_path: Path, tree: str
) -> None:
    assert await _histories(sample, tmp_path, tree) > 0


async def test_a_history_that_is_not_counted_would_be_shorter(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a path is what is found of it."""

    async def found(tx: Reader, branch: Branch, first: int, last: int) -> list[Message]:
        messages: list[Message] = []
        for name, low, high in reversed(await message_tree.segments(tx, branch, first, last)):
            query = Query(Message).where(branch=name, seq__ge=low, seq__le=high).by("seq")
            messages += await tx.select(query)
        return messages

    monkeypatch.setattr(message_tree, "path", found)
    with pytest.raises(AssertionError, match="answered otherwise"):
        await _histories(sample, tmp_path, HALVES[0])


async def _histories(sample: Sample, folder: Path, tree: str) -> int:
    """Histories and conversations are right, or not read; gives how many are not."""
    bad = folder / "bad.db"
    damaged(sample.path, bad, sample.pages[tree], half_zeroed)
    found = await answers(bad, sample.talks, sample.message)
    asked = {
        name: answer
        for name, answer in found.items()
        if name.startswith(("history", "last", "conversation "))
    }
    for name, answer in asked.items():
        told = isinstance(answer, NotADatabase)
        assert told or answer == sample.answers[name], f"{name} is answered otherwise: {answer!r}"
    return sum(isinstance(answer, NotADatabase) for answer in asked.values())


async def test_half_a_page_of_an_index_is_seen_by_verification(
    sample: Sample, tmp_path: Path
) -> None:
    """Also where reading cannot tell: a page without its second half may look like a shorter one."""
    indexes = {tree: numbers for tree, numbers in sample.pages.items() if "autoindex" in tree}
    assert len(indexes) > len(READ) / 2
    bad = tmp_path / "bad.db"
    for tree, numbers in indexes.items():
        if not any(name in tree for name in READ):
            continue
        damaged(sample.path, bad, numbers[-1:], half_zeroed)
        try:
            seen = bool(await admin.verify(str(bad)))
        except NotADatabase:
            seen = True
        assert seen, tree
    shutil.copyfile(sample.path, bad)
    assert await admin.verify(str(bad)) == [], "the control"


# Doors

UNREADABLE = ("messages", "conversations_by_owner_id_active_at_id", "feed", "runs")


@pytest.fixture
def home(sample: Sample, tmp_path: Path) -> Path:
    """A home whose database has conversations and nothing else that can be read."""
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    numbers = [number for tree in UNREADABLE for number in sample.pages[tree]]
    damaged(sample.path, made / "chats.db", numbers, zeroed)
    return made


def test_rest_says_that_it_cannot_be_read(sample: Sample, home: Path) -> None:
    talk, message = sample.message.split()
    with process(home) as server, server.client() as client:
        assert client.get(f"/conversations/{talk}").status_code == 200
        for path in (
            "/conversations",
            f"/conversations/{talk}/messages",
            f"/conversations/{talk}/messages/{message}",
            f"/conversations/{sample.talks[0]}/runs",
            "/search?q=everywhere",
            "/feed?after=0",
        ):
            answer = client.get(path)
            assert answer.status_code == 503, f"{path}: {answer.status_code} {answer.text[:300]}"
            assert answer.json()["type"] == "urn:hansard:problem:not-a-database", path
        with pytest.raises(httpx2.RemoteProtocolError, match="incomplete"):
            client.get("/export")  # it has begun when it meets the damage, and does not end well


def test_the_command_line_says_that_it_cannot_be_read(
    sample: Sample, home: Path, nursery: Nursery
) -> None:
    program = Program(home, nursery)
    talk = sample.message.split()[0]
    for command in (
        ["conversations", "list"],
        ["conversations", "show", talk],
        ["search", "everywhere"],
        ["export"],
        ["db", "verify"],
    ):
        done = program.run(*command)
        assert done.code == 5, (command, done)
        assert not [line for line in done.out.splitlines() if line.startswith("No ")]


@pytest.fixture(scope="module")
def nursery() -> Any:
    made = Nursery()
    yield made
    made.close()


def test_a_copy_that_is_whole_is_read_by_the_command_line(
    sample: Sample, tmp_path: Path, nursery: Nursery
) -> None:
    """The control."""
    program = Program(tmp_path / "home", nursery)
    program.home.mkdir(mode=0o700)
    shutil.copyfile(sample.path, program.database)
    assert "talk 0" in program.ok("conversations", "list", "--limit", "100").out
