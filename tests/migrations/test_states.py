"""The migration to states: the dates of 1970, which stood for them, become states, on both engines."""

from __future__ import annotations

from pathlib import Path

import apsw
import asyncpg
import pytest

import hansard
from hansard.model.conversations import Conversation
from hansard.model.tags import Tag
from hansard.services.conversations.service import ConversationFilter
from hansard.storage import admin
from hansard.storage.query import Query
from hansard.storage.urls import storage_for

pytestmark = pytest.mark.anyio

TRASHABLE = ("projects", "conversations", "branches", "artifacts", "collections")
ADDED_TABLES = (
    "secrets", "providers", "api_keys",
    "project_moves", "prompt_revisions", "prompts", "agents", "rules", "tag_removals", "tags",
)  # fmt: skip
ADDED_COLUMNS = {
    "tenants": ("model", "options", "rules"),
    "users": ("instructions", "model", "options", "rules"),
    "projects": ("options", "rules", "tags"),
    "conversations": ("agent_id", "traits"),
    "runs": ("applied",),
}
"""What later migrations add, and their order of removal."""
STATES = {
    "kept": ("active", None),
    "in the trash": ("trashed", "a time"),
    "half imported": ("importing", None),
    "half purged": ("purging", None),
}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "chats.db")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def address(url: str) -> str:
    """A migrated database, which had schema 8 and a conversation in each state."""
    async with hansard.connect(url, providers=[]) as db:
        for title in STATES:
            await db.scope().conversations.create(title=title, tags=["all", title])
        trash = await db.scope().conversations.find("in the trash")
        await db.scope().conversations.delete(trash.id)
    if url.startswith("postgresql"):
        await _make_old_postgres(url)
    else:
        _make_old_sqlite(Path(url))
    await admin.migrate(url)
    return url


def _make_old_sqlite(path: Path) -> None:
    connection = apsw.Connection(str(path))
    for table in TRASHABLE:
        connection.execute(f"ALTER TABLE {table} DROP COLUMN state")
    for table in ("messages", "runs"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN author_id")
    for table in ("messages", "artifact_texts"):
        connection.execute(f"DROP TABLE {table}_indexed")
    connection.execute("DROP TABLE feed_reserved")
    connection.execute("DROP INDEX conversations_by_agent_id")
    for statement in _without_additions():
        connection.execute(statement)
    half = "UPDATE conversations SET deleted_at = ? WHERE title = ?"
    connection.execute(half, (0, "half imported"))
    connection.execute(half, (24 * 3600 * 10**6, "half purged"))
    connection.execute("DELETE FROM migrations WHERE number > 8")
    connection.pragma("user_version", 8)
    connection.close()


def _without_additions(namespace: str = "") -> list[str]:
    return [f"DROP TABLE {namespace}{table}" for table in ADDED_TABLES] + [
        f"ALTER TABLE {namespace}{table} DROP COLUMN {column}"
        for table, columns in ADDED_COLUMNS.items()
        for column in columns
    ]


async def _make_old_postgres(url: str) -> None:
    connection = await asyncpg.connect(url)
    for table in TRASHABLE:
        await connection.execute(f"ALTER TABLE hansard.{table} DROP COLUMN state")
    for table in ("messages", "runs"):
        await connection.execute(f"ALTER TABLE hansard.{table} DROP COLUMN author_id")
    await connection.execute(
        "CREATE INDEX feed_by_user_id_position ON hansard.feed (tenant_id, user_id, position)"
    )
    for table in ("messages", "artifact_texts"):
        await connection.execute(f"DROP TABLE hansard.{table}_pending")
    for statement in _without_additions("hansard."):
        await connection.execute(statement)
    half = "UPDATE hansard.conversations SET deleted_at = $1::text::timestamptz WHERE title = $2"
    await connection.execute(half, "1970-01-01T00:00:00Z", "half imported")
    await connection.execute(half, "1970-01-02T00:00:00Z", "half purged")
    await connection.execute("DELETE FROM hansard.migrations WHERE number > 8 OR number = 0")
    await connection.close()


async def test_every_record_gets_its_state(address: str) -> None:
    storage = storage_for(address)
    await storage.open()
    rows = await storage.read("local", lambda tx: tx.select(Query(Conversation)))
    await storage.close()
    found = {row.title: (row.state, row.deleted_at and "a time") for row in rows}
    assert found == STATES


async def test_the_tags_of_conversations_become_records(address: str) -> None:
    async with hansard.connect(address, providers=[]) as db:
        query = Query(Tag).by("name")
        tags = await db.storage.read("local", lambda tx: tx.select(query))
        talks = await db.storage.read("local", lambda tx: tx.select(Query(Conversation)))
        assert [tag.name for tag in tags] == sorted(["all", *STATES])
        first = min(talk.created_at for talk in talks if "all" in talk.tags)
        assert {(tag.owner_id, tag.state, tag.color, tag.version) for tag in tags} == {
            ("me", "active", "", 1)
        }
        assert next(tag.created_at for tag in tags if tag.name == "all") == first
        await db.scope().conversations.create(tags=["all", "new"])
        again = await db.storage.read("local", lambda tx: tx.select(query))
        assert [tag.name for tag in again] == sorted(["all", "new", *STATES])


async def test_what_was_half_done_is_finished_after_it(address: str) -> None:
    async with hansard.connect(address, providers=[]) as db:
        trash = ConversationFilter(deleted=True)
        [trashed] = (await db.scope().conversations.list(filter=trash)).items
        await db.scope().conversations.restore(trashed.id)
        rows = await db.storage.read("local", lambda tx: tx.select(Query(Conversation)))
    left = {"kept", "in the trash"} | ({"half imported"} if not db.storage.exclusive else set())
    assert {row.title for row in rows} == left
