"""Database files of every release are opened, and say what they said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard.model.sealed import SealedSecret
from hansard.services.conversations.service import ConversationFilter
from hansard.services.search import SearchFilter
from hansard.storage import admin
from hansard.storage.query import Query
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.tables import SCHEMA
from migrations.released.make import ROOT_KEY, contents, ticking

pytestmark = pytest.mark.anyio

RELEASED = Path(__file__).parent / "released"
NUMBERS = sorted(path.stem for path in RELEASED.glob("*.db"))


@pytest.fixture(params=NUMBERS)
def number(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def released(number: str, tmp_path: Path) -> Path:
    """A copy of a released file."""
    shutil.copyfile(RELEASED / f"{number}.db", tmp_path / "chats.db")
    return tmp_path / "chats.db"


@pytest.fixture
def expected(number: str) -> dict[str, Any]:
    """The records that are in it, as JSON, by tenant and table."""
    return json.loads((RELEASED / f"{number}.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def root_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSARD_ROOT_KEY", ROOT_KEY)


def test_every_schema_that_was_released_has_its_file() -> None:
    latest = SqliteStorage("chats.db").migrations.latest
    assert [f"{n:04d}" for n in range(1, latest + 1)] == NUMBERS


def test_a_released_file_has_every_kind_of_record(number: str, expected: dict[str, Any]) -> None:
    tables = expected["acme"]
    assert all(tables.values())
    if number == NUMBERS[-1]:
        assert set(tables) == {table.name for table in SCHEMA.tables}


async def test_a_released_file_reads_as_it_did(released: Path, expected: dict[str, Any]) -> None:
    storage = SqliteStorage(released)
    await storage.open()
    found = await contents(storage)
    await storage.close()
    for tenant, tables in expected.items():
        # Later migrations leave notes of what is to be made anew.
        notes = {row["name"] for row in tables.get("reindexes", [])}
        found[tenant]["reindexes"] = [n for n in found[tenant]["reindexes"] if n["name"] in notes]
        for table, rows in tables.items():
            # A later release may know more fields, but none of these may be another.
            known = [
                {name: value for name, value in now.items() if name in then}
                for now, then in zip(found[tenant][table], rows, strict=True)
            ]
            assert known == rows, table


async def test_the_tags_of_conversations_in_a_released_file_are_records(
    released: Path, expected: dict[str, Any]
) -> None:
    wanted = {
        (tenant, row["owner_id"], tag)
        for tenant, tables in expected.items()
        for name in ("conversations", "projects", "prompts", "rules")
        for row in tables.get(name, [])
        for tag in row.get("tags", [])
    }
    assert wanted
    storage = SqliteStorage(released)
    await storage.open()
    found = await contents(storage)
    await storage.close()
    tags = [
        (tenant, tag["owner_id"], tag["name"])
        for tenant, tables in found.items()
        for tag in tables["tags"]
        if tag["state"] == "active"
    ]
    assert sorted(wanted) == sorted(tags)


async def test_a_released_file_is_whole_and_as_declared(released: Path) -> None:
    await admin.migrate(str(released))
    assert await admin.verify(str(released)) == []
    state = await admin.state(str(released))
    assert (state.pending, state.differences) == ([], [])


async def test_the_secrets_in_a_released_file_are_read(released: Path, number: str) -> None:
    async with hansard.connect(released, providers=[], clock=ticking()) as db:
        rows = await db.storage.read("acme", lambda tx: tx.select(Query(SealedSecret).by("id")))
        opened = [db.vault.open(row) for row in rows]
    stored = [{"value": "a-key-of-nobody-at-all"}, {"X-Team": "blue"}]
    assert opened == (stored if number >= "0014" else [])


async def test_a_released_file_can_be_gone_on_with(released: Path) -> None:
    async with hansard.connect(released, providers=[], clock=ticking()) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.find("Straße nach Rom")
        assert [m.text async for m in ada.messages.all(talk.id)][-1] == "And what do I drink?"
        await ada.messages.append(talk.id, [hansard.user("Coffee, of course.")])
        here = SearchFilter(conversation_id=talk.id)
        found = {hit.message.text async for hit in ada.search.messages("what", filter=here)}
        assert found == {"And what do I eat?", "And what do I drink?"}
        assert [hit async for hit in ada.search.messages("coffee")]
        [thrown] = (await ada.conversations.list(filter=ConversationFilter(deleted=True))).items
        await ada.conversations.restore(thrown.id)
        assert [m.text async for m in ada.messages.all(thrown.id)] == ["no longer wanted"]
    assert await admin.verify(str(released)) == []
