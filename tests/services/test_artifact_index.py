"""What search finds artifacts by can be judged, and made anew."""

from __future__ import annotations

from pathlib import Path

import apsw
import asyncpg
import pytest

import hansard
from hansard.storage import admin

pytestmark = pytest.mark.anyio

LONG = "marmot " * 2_000
"""Several passages."""


async def _fill(address: str) -> None:
    async with hansard.connect(address, providers=[]) as db:
        me = db.scope()
        for text in (LONG, "ibex", "!"):
            made = await me.artifacts.create(text, type="text", title="T")
            await me.artifacts.update(made.id, title="Animals")


async def _found(address: str) -> list[int]:
    async with hansard.connect(address, providers=[]) as db:
        search = db.scope().search
        return [len((await search.artifacts(q)).items) for q in ("marmot", "ibex", "animals", "t")]


async def _check(address: str) -> None:
    """What is wrong is found, and is right after a repair."""
    found = await admin.verify(address)
    assert found
    assert {finding.repairable for finding in found} == {True}
    assert await admin.verify(address, repair=True) == []
    assert await _found(address) == [1, 1, 3, 0]


@pytest.mark.parametrize(
    "damage",
    [
        "INSERT INTO artifact_texts_terms (artifact_texts_terms) VALUES ('delete-all')",
        "INSERT INTO artifact_texts_terms (rowid, terms) VALUES (999999, 'astray')",
    ],
)
async def test_in_a_file(tmp_path: Path, damage: str) -> None:
    address = str(tmp_path / "chats.db")
    await _fill(address)
    assert await admin.verify(address) == []
    assert await _found(address) == [1, 1, 3, 0]
    connection = apsw.Connection(address)
    connection.execute(damage)
    connection.close()
    await _check(address)


async def test_on_a_server(postgres_url: str) -> None:
    await _fill(postgres_url)
    assert await admin.verify(postgres_url) == []
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("DELETE FROM hansard.artifact_texts_terms WHERE passage > 0")
    await connection.close()
    await _check(postgres_url)


async def test_its_size_is_told_with_that_of_the_messages(tmp_path: Path) -> None:
    address = str(tmp_path / "chats.db")
    await _fill(address)
    rows = {table.table: table.rows for table in (await admin.size(address)).tables}
    assert (rows["artifacts"], rows["revisions"], rows["artifact_texts"]) == (3, 3, 3)
    assert "(search index)" in rows
