"""Contents that a wrapper stores in another form: unreadable in the database, and right in every other respect."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansard
from hansard import Services
from hansard.errors import NotADatabase
from hansard.model.artifacts import Artifact
from hansard.model.base import Entry
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import Data, Parts, Reasoning, Text, ToolCall
from hansard.model.runs import Run
from hansard.model.settings import Setting
from hansard.providers.echo import Echo
from hansard.providers.registry import Registry
from hansard.storage import verification
from hansard.storage.base import Reader, Storage
from hansard.storage.encoded import EncodedStorage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.query import Query
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.testing.conversations import ACME, create_conversation, get_record, matches
from hansard.testing.factories import append, message
from scrambled import Scrambled

pytestmark = pytest.mark.anyio

SECRET = "Xylophonisten"
Wrap = Callable[[Storage], Storage]


class Compressed(EncodedStorage):
    def encode(self, tenant: str, data: bytes) -> bytes:  # noqa: ARG002
        return zlib.compress(data)

    def decode(self, tenant: str, data: bytes) -> bytes:  # noqa: ARG002
        return zlib.decompress(data)


def unchanged(storage: Storage) -> Storage:
    return storage


def twice(storage: Storage) -> Storage:
    return Compressed(Scrambled(storage))


def connected(storage: Storage) -> hansard.Database:
    options = hansard.ChatOptions(auto_title=False)
    return hansard.Database(storage, providers=Registry([Echo()]), options=options)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def back_end(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "memory":
        return MemoryStorage()
    if request.param == "sqlite":
        return SqliteStorage(tmp_path / "chats.db")
    return PostgresStorage(request.getfixturevalue("postgres_url"))


async def fill(me: Services) -> str:
    """Store the secret wherever users and models write; return the id of the conversation."""
    made = await me.conversations.create(title="Music", system=f"Be {SECRET}.")
    [run] = await me.chat.send(made.id, f"{SECRET} play", model="echo/echo")
    await me.runs.wait(run.id)
    await me.artifacts.create(f"about {SECRET}", type="text", title="Score")
    await me.blobs.put(SECRET.encode(), "text/plain")
    await me.settings.set("note", {"of": SECRET})
    return made.id


def tables_with_secret(path: Path) -> set[str]:
    """Return the tables, without the search indexes, of which a row contains the secret."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    found: set[str] = set()
    for (name,) in names:
        if "_terms" not in str(name):
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            found |= {str(name)} if any(map(_has_secret, rows)) else set()
    connection.close()
    return found


def _has_secret(row: Any) -> bool:
    return any(SECRET.encode() in (v if isinstance(v, bytes) else str(v).encode()) for v in row)


@pytest.mark.parametrize("wrap", [Scrambled, twice])
async def test_no_row_contains_what_was_written(tmp_path: Path, wrap: Wrap) -> None:
    path = tmp_path / "chats.db"
    async with connected(wrap(SqliteStorage(path))) as db:
        await fill(db.scope())
    assert tables_with_secret(path) == set()


async def test_rows_contain_it_if_nothing_is_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    async with connected(SqliteStorage(path)) as db:
        await fill(db.scope())
    assert tables_with_secret(path) >= {
        "messages", "conversations", "run_events", "contents", "artifact_texts", "blob_chunks",
        "settings",
    }  # fmt: skip


async def seen(me: Services, conversation_id: str) -> dict[str, Any]:
    """Return what a user sees of what `fill` stored, without ids and times."""
    talk = await me.conversations.get(conversation_id)
    hits = [hit async for hit in me.search.messages(f"{SECRET} play")]
    artifacts = (await me.search.artifacts(SECRET)).items
    counted = await me.statistics.get()
    return {
        "texts": [m.text for m in (await me.messages.read(conversation_id)).items],
        "preview": talk.preview,
        "system": talk.system,
        "snippets": {(hit.message.role, hit.snippet) for hit in hits},
        "artifacts": [(hit.artifact.size, hit.snippet) for hit in artifacts],
        "setting": (await me.settings.get("note")).value,
        "usage": [(kind.kind, kind.count, kind.bytes) for kind in await me.usage.get()],
        "words": (counted.words, counted.characters),
    }


async def test_it_is_found_counted_and_shown_as_if_it_were_not_wrapped(back_end: Storage) -> None:
    async with connected(MemoryStorage()) as db:
        me = db.scope()
        plain = await seen(me, await fill(me))
    async with connected(Scrambled(back_end)) as db:
        me = db.scope()
        assert await seen(me, await fill(me)) == plain
    assert plain["snippets"]


async def test_its_digests_and_its_index_are_verified_and_rebuilt(back_end: Storage) -> None:
    async with connected(twice(back_end)) as db:
        me = db.scope()
        conversation_id = await fill(me)
        assert (await verification.verify(db.storage)).findings == []
        before = await seen(me, conversation_id)
        await verification.repair(db.storage)
        assert (await verification.verify(db.storage)).findings == []
        assert await seen(me, conversation_id) == before


async def test_a_changed_row_does_not_match_its_digest(back_end: Storage) -> None:
    async with connected(Scrambled(back_end)) as db:
        talk = await create_conversation(db.storage)
        placed = await db.storage.append(ACME, append(talk, "one", "two", "three"))
        query = Query(Message).by("seq")
        [other, *_] = await back_end.read(ACME, lambda tx: tx.select(query))
        await back_end.write(ACME, lambda tx: tx.update(Message, placed[1].id, parts=other.parts))
        findings = (await verification.verify(db.storage)).findings
    said = [finding for finding in findings if "does not match its digest" in finding.message]
    assert [finding.subject for finding in said] == [f"message {placed[1].id}"]


async def test_what_is_deleted_leaves_no_term_in_the_index(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    async with connected(twice(SqliteStorage(path))) as db:
        me = db.scope()
        talk = await me.conversations.create()
        await me.messages.append(talk.id, [hansard.user(SECRET)])
        assert terms_of(path), "the index has its terms meanwhile"
        await me.conversations.delete(talk.id)
        await me.conversations.purge(talk.id)
    assert terms_of(path) == []


def terms_of(path: Path) -> list[Any]:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, messages_terms, row)")
    terms = connection.execute("SELECT term FROM temp.v").fetchall()
    connection.close()
    return terms


async def test_a_back_end_that_indexes_what_it_stores_finds_nothing(
    back_end: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: the text of a record is taken from its stored form."""

    def text_of(tx: Reader, record: Entry) -> str:
        return tx.schema.of(type(record)).text_of(record)

    monkeypatch.setattr(Reader, "text_of", text_of)
    async with connected(Scrambled(back_end)) as db:
        talk = await create_conversation(db.storage)
        await db.storage.append(ACME, append(talk, "found by its words"))
        assert await matches(db.storage, "words") == []


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (Conversation, "title"),  # lists filter by what follows from it
        (Message, "tenant_id"),
        (Message, "id"),
        (Message, "branch"),
        (Message, "owner_id"),
        (Message, "role"),
        (Message, "seq"),
        (Conversation, "nothing"),
        (Setting, "name"),
        (Run, "error"),
        (Artifact, "updated_at"),
    ],
)
def test_a_field_with_other_uses_is_refused(record: type[Entry], name: str) -> None:
    class Wrong(Scrambled):
        fields = {record: (name,)}

    with pytest.raises(ValueError, match=f"{name} cannot be stored in another form"):
        Wrong(MemoryStorage())


async def test_a_query_cannot_compare_or_sort_by_a_field_in_another_form() -> None:
    storage = Scrambled(MemoryStorage())
    await storage.open()
    for query in (Query(Conversation).where(preview="x"), Query(Conversation).by("preview")):
        with pytest.raises(ValueError, match="preview is stored in another form"):
            await storage.read(ACME, lambda tx, q=query: tx.select(q))
    await storage.close()


async def test_a_row_that_was_stored_without_the_wrapper_is_an_error(back_end: Storage) -> None:
    wrapped = Scrambled(back_end)
    await wrapped.open()
    talk = await create_conversation(back_end)
    with pytest.raises(NotADatabase, match="A row of conversations cannot be decoded"):
        await get_record(wrapped, Conversation, talk.id)
    await wrapped.close()


def test_a_wrapper_declares_what_the_wrapped_storage_can_do(tmp_path: Path) -> None:
    server = twice(PostgresStorage("postgresql://localhost/none"))
    assert (server.exclusive, server.readonly) == (False, False)
    file = twice(SqliteStorage(tmp_path / "chats.db", readonly=True))
    assert (file.exclusive, file.readonly) == (True, True)


PARTS = st.lists(
    st.builds(Text, st.text())
    | st.builds(Reasoning, st.text(), st.none() | st.text())
    | st.builds(ToolCall, st.text(), st.text(), st.dictionaries(st.text(), st.integers()))
    | st.builds(Data, st.none() | st.text() | st.lists(st.booleans())),
    max_size=4,
).map(tuple)


@settings(deadline=None)
@given(parts=PARTS, metadata=st.dictionaries(st.text(), st.text() | st.none()))
async def test_a_record_is_decoded_to_what_was_given(
    parts: Parts, metadata: dict[str, Any]
) -> None:
    storage = twice(MemoryStorage())
    await storage.open()
    talk = await create_conversation(storage)
    said = message(talk, "", parts=parts, metadata=metadata)
    [placed] = await storage.append(ACME, append(talk, said))
    assert (placed.parts, placed.metadata) == (parts, metadata)
    assert await storage.read(ACME, lambda tx: tx.get(Message, said.id)) == placed
    await storage.close()
