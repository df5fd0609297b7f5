"""What belongs to a record goes with it, as the tables declare, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import Conflict
from hansard.model.base import Entry
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Rating
from hansard.model.users import User
from hansard.storage import tables
from hansard.storage.ownership import owner_of, remove
from hansard.storage.query import Query
from hansard.storage.schema import Schema
from hansard.storage.tables import SCHEMA
from services.making import answer, artifacts, fenced
from services.talks import ask, path, say

pytestmark = pytest.mark.anyio


async def _fill(who: Services) -> Conversation:
    """A conversation of everything, in a project, with a collected and shared artifact."""
    project = await who.projects.create("Trips")
    made = await who.conversations.create(title="Everything", project_id=project.id)
    await say(who, made, "one", "two")
    await ask(who, made, "hello", model="echo/echo")
    await answer(who, made, fenced())
    [artifact] = await artifacts(who)
    collection = await who.collections.create("Pages", project_id=project.id)
    await who.collections.add(collection.id, artifact.id)
    await who.shares.link(artifact.id)
    first, second, *_ = await path(who, made)
    await who.ratings.rate(made.id, first.id, 1)
    await who.messages.edit(made.id, second.id, "three")
    await who.settings.set("theme", "dark")
    await who.sessions.begin(f"a code of {who.scope.user}", "a browser")
    return made


async def _counts(db: Database, root: type[Entry]) -> dict[str, int]:
    """The number of rows in each table whose rows belong to records of a type."""

    async def count(tx: Any) -> dict[str, int]:
        below = [table for table in SCHEMA.tables if SCHEMA.belongs_to(table.record, root)]
        return {table.name: await tx.count(Query(table.record)) for table in below}

    return await db.storage.read("acme", count)


async def test_a_purged_conversation_leaves_nothing_that_belongs_to_it(
    db: Database, ada: Services
) -> None:
    made = await _fill(ada)
    filled = await _counts(db, Conversation)
    assert {name for name, count in filled.items() if not count} <= {"summaries"}
    await ada.conversations.delete(made.id)
    await ada.conversations.purge(made.id)
    assert set((await _counts(db, Conversation)).values()) == {0}


async def test_a_removed_user_leaves_nothing_and_others_keep_all(
    db: Database, ada: Services, bob: Services
) -> None:
    await _fill(bob)
    before = await _counts(db, User)
    await _fill(ada)
    await db.storage.write("acme", lambda tx: remove(tx, Query(User).where(id="ada")))
    assert await _counts(db, User) == before


async def test_a_reference_that_is_not_declared_as_belonging_is_noticed(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: ratings no longer belong to their messages."""
    made = await _fill(ada)
    await ada.conversations.delete(made.id)
    ratings = SCHEMA.of(Rating)
    kept = replace(ratings, references=tuple(replace(r, belongs=False) for r in ratings.references))
    planted = Schema(kept if table is ratings else table for table in tables.TABLES)
    monkeypatch.setattr(SCHEMA, "tables", planted.tables)
    with pytest.raises(Conflict):
        await ada.conversations.purge(made.id)


@pytest.mark.parametrize("root", [Message, Conversation, User])
async def test_the_owner_of_a_record_is_found_through_what_it_belongs_to(
    db: Database, ada: Services, bob: Services, root: type[Entry]
) -> None:
    for who in (ada, bob):
        await _fill(who)

    async def owners(tx: Any) -> dict[str, set[str | None]]:
        below = [table for table in SCHEMA.tables if SCHEMA.belongs_to(table.record, root)]
        return {t.name: await _owners(tx, await tx.select(Query(t.record))) for t in below}

    found = await db.storage.read("acme", owners)
    assert {name: who for name, who in found.items() if who not in ({"ada", "bob"}, set())} == {}


async def _owners(tx: Any, rows: Iterable[Entry]) -> set[str | None]:
    return {await owner_of(tx, row) for row in rows}
