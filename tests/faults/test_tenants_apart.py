"""Tenants that do the same things at the same time, with the same names, ids and contents, never see each other.

Everybody imports one file, whose records then exist in every tenant under the same ids, says and searches the same
words, and looks at all there is. Whatever comes back has to be one's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import NotFound
from hansard.model.base import Entry
from hansard.model.parts import Image, Text
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.sql.compiler import TableSql

pytestmark = pytest.mark.anyio

TENANTS = ("one", "two", "three", "four")
ROUNDS = 3
KINDS = ["memory", "sqlite", "postgresql"]


@pytest.fixture
def address(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    if kind == "postgresql":
        yield request.getfixturevalue("postgres_url")
    else:
        yield "memory:" if kind == "memory" else str(tmp_path / "chats.db")


@pytest.fixture
async def lines() -> AsyncIterator[list[bytes]]:
    """An export: conversations with a picture, a title and messages."""
    async with hansard.connect("memory:", providers=[]) as db:
        there = db.scope("elsewhere", "ada")
        for number in range(3):
            talk = await there.conversations.create(title=f"imported {number}")
            blob = await there.blobs.put(b"picture" * (number + 1), "image/png")
            parts = [Text("common words"), Image(blob.id, "image/png")]
            await there.messages.append(talk.id, [hansard.user(parts=parts)])
        await there.artifacts.create("a,b\n1,2\n", type="csv", title="imported table")
        yield [line async for line in there.transfer.export()]


class Witness:
    """Looks at everything that one tenant is shown."""

    def __init__(self, me: Services) -> None:
        self.me, self.tenant, self.looks = me, me.scope.tenant, 0

    def saw(self, *records: Entry) -> None:
        for record in records:
            self.looks += 1
            assert record.tenant_id == self.tenant, f"{self.tenant} sees {record}"

    def heard(self, text: str) -> None:
        words = set(text.split())
        assert not words & {f"of-{name}" for name in TENANTS if name != self.tenant}, (
            f"{self.tenant} reads {text!r}"
        )

    async def write(self, number: int) -> None:
        me = self.me
        talk = await me.conversations.create(title=f"common title of-{self.tenant} {number}")
        said = [hansard.user(f"common words of-{self.tenant} {number}")]
        self.saw(talk, *await me.messages.append(talk.id, said))
        await me.blobs.put(f"of {self.tenant} {number}".encode(), "text/plain")

    async def bring(self, lines: list[bytes], *, first: bool) -> None:
        """What others have says nothing about what is here."""
        report = await self.me.transfer.import_lines(iter(lines))
        assert report.problems == [], f"{self.tenant}, {first=}: {report}"
        seen = report.unchanged if first else report.added
        assert not sum(seen.values()), f"{self.tenant}, {first=}: {report}"

    async def look(self) -> None:
        me = self.me
        for talk in (await me.conversations.list(limit=100)).items:
            self.saw(talk)
            self.heard(talk.title)
            async for message in me.messages.all(talk.id):
                self.saw(message)
                self.heard(message.text)
        async for hit in me.search.messages("common words"):
            self.saw(hit.message)
            self.heard(hit.message.text)
        self.saw(*(await me.artifacts.list(limit=100)).items)
        self.saw(*(await me.feed.read(after=0)))

    async def no_trace(self, of: str) -> None:
        """A content that only another has is not there."""
        digest = sha256(f"of {of} 0".encode()).hexdigest()
        with pytest.raises(NotFound):
            await self.me.blobs.get(digest)


async def _live(witness: Witness, lines: list[bytes]) -> None:
    await witness.bring(lines, first=True)
    for number in range(ROUNDS):
        await asyncio.gather(witness.write(number), witness.look(), witness.look())
    await witness.bring(lines, first=False)
    await witness.look()
    for other in TENANTS:
        if other != witness.tenant:
            await witness.no_trace(other)


async def _together(db: Database, lines: list[bytes]) -> None:
    witnesses = [Witness(db.scope(tenant, "ada")) for tenant in TENANTS]
    await asyncio.gather(*(_live(witness, lines) for witness in witnesses))
    assert all(witness.looks > 50 for witness in witnesses)


@pytest.mark.parametrize("kind", KINDS)
async def test_tenants_never_see_each_other(address: str, lines: list[bytes]) -> None:
    async with hansard.connect(address, providers=[]) as db:
        await _together(db, lines)


def _forget_the_tenant(patch: pytest.MonkeyPatch) -> None:
    """Statements that select have no condition on the tenant; in memory all tenants are one."""
    select, rows = TableSql.select, MemoryStorage.rows

    def forgetful(self: TableSql[Any], query: Any, tenant: str) -> tuple[str, list[Any]]:
        text, values = select(self, query, tenant)
        mark = self._mark(1)
        return text.replace(f"tenant_id = {mark}", f"{mark} = {mark}", 1), values

    patch.setattr(TableSql, "select", forgetful)
    patch.setattr(MemoryStorage, "rows", lambda self, _: rows(self, "one"))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_statement_that_forgets_the_tenant_is_found_out(
    address: str, lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hansard.connect(address, providers=[]) as db:
        await _together(db, lines)
        _forget_the_tenant(monkeypatch)  # only now: what writes by it damages the index
        with pytest.raises(AssertionError, match=r"sees|reads|first="):
            await asyncio.gather(*(Witness(db.scope(name, "ada")).look() for name in TENANTS))
        monkeypatch.undo()


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_statement_that_forgets_the_tenant_meets_the_second_wall(
    address: str, lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    _forget_the_tenant(monkeypatch)
    async with hansard.connect(address, providers=[]) as db:
        await _together(db, lines)
        monkeypatch.setattr(db.storage, "_role", "none")  # the role that signs in: a superuser
        with pytest.raises(AssertionError, match=r"sees|reads|first="):
            await asyncio.gather(*(Witness(db.scope(name, "ada")).look() for name in TENANTS))
