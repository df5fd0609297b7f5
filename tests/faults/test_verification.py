"""Every damage to what is kept is seen by `hansard db verify`, and nothing is seen where there is none.

Each damage is done behind the database's back, by SQL, with the engine's own checks put out. It is the planted bug; the
database without it is the control.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import apsw
import asyncpg
import pytest

import hansard
from hansard import Services
from hansard.errors import InvalidInput
from hansard.model.parts import File, Text
from hansard.providers.echo import Echo
from hansard.storage import admin

pytestmark = pytest.mark.anyio


class Damage(NamedTuple):
    sqlite: str
    postgres: str | None = None
    """The same, where it is said otherwise; "" where the engine leaves no way to it."""
    mended: bool = False
    """Whether it follows from the messages, so that `--repair` makes it anew."""


NOBODY = "00000000-0000-4000-8000-000000000000"
NO_ID = f"x'{NOBODY.replace('-', '')}'"
CHANGED = "UPDATE messages SET parts = replace(parts, 'hello', 'hallo') WHERE seq = 1"
CHANGED_THERE = (
    "UPDATE messages SET parts = replace(parts::text, 'hello', 'hallo')::json WHERE seq = 1"
)
SWAPPED = (
    "UPDATE messages SET seq = -1 WHERE seq = 1; UPDATE messages SET seq = 1 WHERE seq = 2; "
    "UPDATE messages SET seq = 2 WHERE seq = -1"
)
LAST = "position = (SELECT max(position) FROM feed WHERE kind = 'message.created')"
TOLD = "tenant_id, created_at, user_id, kind, subject_id, conversation_id, branch, seq, count"
NO_RUN = "UPDATE messages SET run_id = {} WHERE seq = 1"
NO_ANSWER = "UPDATE runs SET message_id = {}"
UNTOLD = "UPDATE feed SET subject_id = '{}' WHERE kind = 'message.created' AND {}"

DAMAGES = {
    "a message is gone from the middle": Damage("DELETE FROM messages WHERE seq = 3"),
    "the last message is gone": Damage(
        "DELETE FROM messages WHERE id IN (SELECT head_id FROM branches WHERE name = 'main')"
    ),
    "a text is another of as many words": Damage(CHANGED, CHANGED_THERE),
    "a letter has another case": Damage(
        CHANGED.replace("hallo", "Hello"), CHANGED_THERE.replace("hallo", "Hello")
    ),
    "the time of a message is another": Damage(
        "UPDATE messages SET created_at = created_at + 1 WHERE seq = 2",
        "UPDATE messages SET created_at = created_at + interval '1 microsecond' WHERE seq = 2",
    ),
    "the metadata of a message are others": Damage(
        "UPDATE messages SET metadata = '{\"a\":2}' WHERE seq = 2"
    ),
    "two messages changed places": Damage(SWAPPED),
    "a message is of another owner": Damage("UPDATE messages SET owner_id = 'eve' WHERE seq = 1"),
    "a message names a run that is not there": Damage(
        NO_RUN.format(NO_ID), NO_RUN.format(f"'{NOBODY}'")
    ),
    "an active branch has a time of deletion": Damage(
        "UPDATE branches SET deleted_at = created_at WHERE state = 'active'"
    ),
    "a conversation is in the trash without a time": Damage(
        "UPDATE conversations SET state = 'trashed', deleted_at = NULL"
    ),
    "a digest is gone": Damage("UPDATE messages SET digest = NULL WHERE seq = 2", mended=True),
    "a digest is another": Damage(
        "UPDATE messages SET digest = zeroblob(32) WHERE seq = 2",
        "UPDATE messages SET digest = decode(repeat('00', 32), 'hex') WHERE seq = 2",
    ),
    "a branch has the digest of another head": Damage(
        "UPDATE branches SET head_digest = zeroblob(32)",
        "UPDATE branches SET head_digest = decode(repeat('00', 32), 'hex')",
        mended=True,
    ),
    "a branch ends elsewhere": Damage(
        "UPDATE branches SET head_id = (SELECT id FROM messages WHERE seq = 1 LIMIT 1)",
        mended=True,
    ),
    "a conversation counts a message more": Damage(
        "UPDATE conversations SET message_count = message_count + 1", mended=True
    ),
    "a counter counts a word more": Damage("UPDATE activity SET words = words + 1", mended=True),
    "the engaged time is longer": Damage(
        "UPDATE activity SET engaged_seconds = engaged_seconds + 9999", mended=True
    ),
    "a passage is gone from the index": Damage(
        "DELETE FROM messages_terms_docsize WHERE id = 2",
        "DELETE FROM messages_terms WHERE passage = 0",
        mended=True,
    ),
    "the index has another term": Damage(
        "INSERT INTO messages_terms (messages_terms, rowid, terms) VALUES ('delete', 1, 'other')",
        "UPDATE messages_terms SET terms = 'other:1'::tsvector",
        mended=True,
    ),
    "the feed does not tell of a message": Damage(f"DELETE FROM feed WHERE {LAST}"),
    "the feed tells of a message twice": Damage(
        f"INSERT INTO feed ({TOLD}, position) SELECT {TOLD}, position + 1000 FROM feed "
        f"WHERE kind = 'message.created' AND {LAST}",
        f"INSERT INTO feed ({TOLD}, position) SELECT {TOLD}, position + 1 FROM feed "
        f"WHERE kind = 'message.created' AND {LAST}",
    ),
    "the feed tells of another message": Damage(UNTOLD.format(NOBODY, LAST)),
    "the feed tells of more messages": Damage(f"UPDATE feed SET count = count + 1 WHERE {LAST}"),
    "the feed tells somebody else": Damage(f"UPDATE feed SET user_id = 'eve' WHERE {LAST}"),
    "the feed does not tell of a conversation": Damage(
        "DELETE FROM feed WHERE kind = 'conversation.created'"
    ),
    "a run goes on that has ended": Damage("UPDATE runs SET status = 'running', ended_at = NULL"),
    "the answer of a run is gone": Damage(
        NO_ANSWER.format(NO_ID), NO_ANSWER.format(f"'{NOBODY}'")
    ),
    "a run is of another owner": Damage("UPDATE runs SET owner_id = 'eve'"),
    "an event of a run is gone": Damage("DELETE FROM run_events WHERE number = 2"),
    "the first events of a run are gone": Damage("DELETE FROM run_events WHERE number < 3"),
    "an event says something else": Damage("UPDATE run_events SET text = 'z' WHERE number = 2"),
    "a run ended otherwise": Damage("UPDATE runs SET status = 'failed'"),
    "the newest revision is gone": Damage("DELETE FROM revisions WHERE number = 2"),
    "an older revision is gone": Damage(
        "DELETE FROM revisions WHERE number = 1 AND artifact_id IN "
        "(SELECT artifact_id FROM revisions WHERE number = 2)"
    ),
    "an artifact is gone": Damage(
        "DELETE FROM artifact_texts; DELETE FROM revisions; DELETE FROM artifacts"
    ),
    "a content is another": Damage(
        "UPDATE contents SET data = CAST('other' AS BLOB)", "UPDATE contents SET data = 'other'"
    ),
    "a compressed content is cut off": Damage(
        "UPDATE contents SET encoding = 'zlib', data = CAST('x' AS BLOB)",
        "UPDATE contents SET encoding = 'zlib', data = 'x'",
    ),
    "a content is gone": Damage("DELETE FROM contents"),
    "the words of an artifact are not found": Damage("DELETE FROM artifact_texts", mended=False),
    "a piece of a blob is gone": Damage("DELETE FROM blob_chunks"),
    "a piece of a blob is another": Damage(
        "UPDATE blob_chunks SET data = zeroblob(length(data))",
        "UPDATE blob_chunks SET data = decode(repeat('00', length(data)), 'hex')",
    ),
    "a blob is longer": Damage("UPDATE blobs SET size = size + 1"),
    "a message does not hold its blob": Damage("DELETE FROM blob_uses"),
    "somebody looks at a branch of another conversation": Damage(
        "UPDATE views SET branch = (SELECT b.branch FROM conversations AS b "
        "WHERE b.id <> views.conversation_id LIMIT 1)"
    ),
}  # fmt: skip


async def fill(me: Services) -> None:
    """A conversation with all that there can be in it, and another."""
    talk = await me.conversations.create()
    blob = await me.blobs.put(b"some bytes" * 1000, "text/plain")
    shown = hansard.user(parts=[Text("hello file"), File(blob.id, "text/plain")])
    await me.messages.append(talk.id, [shown])
    for number in range(3):
        await me.messages.append(talk.id, [hansard.user(f"hello {number}, quite plain")])
    for hours in ("one", "two"):
        code = f"hours = '{hours}'\n" + "".join(f"minutes = {n}\n" for n in range(20))
        said = f"Look:\n\n```python clock.py\n{code}```\n"
        await me.messages.append(talk.id, [hansard.assistant(said)])
    [run] = await me.chat.send(talk.id, "one two three four", model="echo/echo")
    await me.runs.wait(run.id)
    await me.messages.edit(talk.id, (await me.messages.read(talk.id)).items[2].id, "hello edited")
    other = await me.conversations.create()
    await me.messages.append(other.id, [hansard.user("another hello")])


async def make(address: str) -> None:
    options = hansard.ChatOptions(auto_title=False, summarize=False)
    async with hansard.connect(address, providers=[Echo()], options=options) as db:
        await fill(db.scope())


def damage_file(path: Path, text: str) -> int:
    connection = apsw.Connection(str(path))
    connection.pragma("foreign_keys", 0)
    connection.pragma("ignore_check_constraints", 1)
    for statement in text.split("; "):
        connection.execute(statement)
    changed = connection.total_changes()
    connection.close()
    return changed


async def damage_server(url: str, text: str) -> int:
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET search_path = hansard")
    done = [await connection.execute(statement) for statement in text.split("; ")]
    await connection.close()
    return sum(int(status.rsplit(" ", 1)[-1]) for status in done)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "chats.db"
    asyncio.run(make(str(path)))
    return path


@pytest.fixture(scope="module")
def sound_there(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The name of a filled database."""
    name = f"sound_{uuid4().hex}"
    asyncio.run(on_server(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}"))
    asyncio.run(make(f"{postgres_server}/{name}"))
    yield name
    asyncio.run(on_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def copy_there(postgres_server: str, sound_there: str) -> AsyncIterator[str]:
    name = f"copy_{uuid4().hex}"
    await on_server(postgres_server, f"CREATE DATABASE {name} TEMPLATE {sound_there}")
    yield f"{postgres_server}/{name}"
    await on_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


async def on_server(server: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("name", DAMAGES)
async def test_a_damage_to_a_file_is_seen(sound: Path, tmp_path: Path, name: str) -> None:
    damage, path = DAMAGES[name], tmp_path / "chats.db"
    shutil.copyfile(sound, path)
    assert await admin.verify(str(path)) == []
    assert damage_file(path, damage.sqlite) > 0
    assert await admin.verify(str(path)) != []
    if damage.mended:
        assert await admin.verify(str(path), repair=True) == []


@pytest.mark.parametrize("name", DAMAGES)
async def test_a_damage_on_a_server_is_seen(copy_there: str, name: str) -> None:
    damage = DAMAGES[name]
    assert await damage_server(copy_there, damage.postgres or damage.sqlite) > 0
    assert await admin.verify(copy_there) != []
    if damage.mended:
        assert await admin.verify(copy_there, repair=True) == []


async def test_a_sound_database_on_a_server_is_found_so(copy_there: str) -> None:
    assert await admin.verify(copy_there) == []


async def test_what_changed_since_a_position_is_looked_at(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    shutil.copyfile(sound, path)
    before = await admin.verification_of(str(path))
    assert before.whole
    async with hansard.connect(path, providers=[]) as db:
        talk = await db.scope().conversations.create()
        await db.scope().messages.append(talk.id, [hansard.user("later"), hansard.user("last")])
    later = await admin.verification_of(str(path), since=before.position)
    assert (later.whole, later.conversations, later.messages) == (False, 1, 2)
    assert later.findings == []
    damage_file(path, CHANGED)
    later = await admin.verification_of(str(path), since=before.position)
    assert later.findings == [], "what was damaged lies before"
    damage_file(path, "UPDATE messages SET parts = replace(parts, 'last', 'lost')")
    later = await admin.verification_of(str(path), since=before.position)
    assert len(later.findings) == 1


async def test_a_feed_that_was_trimmed_does_not_tell_what_changed(
    sound: Path, tmp_path: Path
) -> None:
    path = tmp_path / "chats.db"
    shutil.copyfile(sound, path)
    damage_file(path, "DELETE FROM feed WHERE position < 6")
    damage_file(path, "UPDATE feed SET kind = 'feed.trimmed' WHERE position = 6")
    assert await admin.verify(str(path)) == []
    assert (await admin.verification_of(str(path), since=6)).findings == []
    with pytest.raises(InvalidInput, match="verify everything"):
        await admin.verification_of(str(path), since=3)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
async def test_a_sample_is_a_share(sound: Path, share: float) -> None:
    with pytest.raises(InvalidInput):
        await admin.verification_of(str(sound), sample=share)


async def test_a_sample_of_all_is_everything_but_the_counters(sound: Path) -> None:
    done = await admin.verification_of(str(sound), sample=1.0)
    whole = await admin.verification_of(str(sound))
    assert (done.messages, done.artifacts, done.blobs) == (
        whole.messages, whole.artifacts, whole.blobs,
    )  # fmt: skip
    assert done.findings == []
