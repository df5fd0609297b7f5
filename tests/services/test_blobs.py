from __future__ import annotations

import asyncio
import hashlib

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import InvalidInput, NotFound, TooLarge
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.parts import File, Image, Text
from hansard.services.blobs import CHUNK, MAX_BLOB
from hansard.storage.base import Reader
from hansard.storage.query import Query
from services.conftest import Clock
from services.talks import path, talk

pytestmark = pytest.mark.anyio

PICTURE = bytes(range(256)) * 2_500  # in three chunks


async def _kept(db: Database, tenant: str = "acme") -> tuple[int, int]:
    """How many blobs and chunks there are."""

    async def work(tx: Reader) -> tuple[int, int]:
        return await tx.count(Query(Blob)), await tx.count(Query(BlobChunk))

    return await db.storage.read(tenant, work)


async def _show(who: Services, digest: str) -> str:
    made = await talk(who)
    shown = hansard.user(parts=[Text("look"), Image(digest, "image/png", name="ü.png")])
    await who.messages.append(made.id, [shown])
    return made.id


async def test_bytes_come_back_as_they_were(ada: Services) -> None:
    blob = await ada.blobs.put(PICTURE, "image/png")
    assert (blob.size, blob.media_type) == (len(PICTURE), "image/png")
    assert blob.id == hashlib.sha256(PICTURE).hexdigest()
    pieces = [piece async for piece in ada.blobs.read(blob.id)]
    assert b"".join(pieces) == PICTURE
    assert max(map(len, pieces)) == CHUNK


async def test_the_same_bytes_are_kept_once(db: Database, ada: Services, bob: Services) -> None:
    first = await ada.blobs.put(PICTURE, "image/png")
    again = await ada.blobs.put(PICTURE, "image/jpeg")
    assert again.id == first.id
    await bob.blobs.put(PICTURE, "image/png")
    assert await _kept(db) == (1, 3)


async def test_who_uploads_what_another_has_is_told_nothing_of_that(
    ada: Services, bob: Services, clock: Clock
) -> None:
    hers = await ada.blobs.put(PICTURE, "text/x-secret")
    clock.pass_time(hours=1)
    his = await bob.blobs.put(PICTURE, "image/png")
    assert (his.media_type, his.created_at) == ("image/png", clock.now)
    assert (await bob.blobs.get(his.id)).created_at == clock.now
    await _show(bob, his.id)
    clock.pass_time(hours=1)
    await _show(bob, his.id)
    assert await bob.blobs.get(his.id) == his
    assert await ada.blobs.get(hers.id) == hers


async def test_a_blob_is_what_the_newest_message_shows_it_as(ada: Services, clock: Clock) -> None:
    blob = await ada.blobs.put(PICTURE, "application/octet-stream")
    made = await talk(ada)
    for media_type in ("image/gif", "image/png"):
        clock.pass_time(hours=1)
        shown = hansard.user(parts=[Image(blob.id, media_type)])
        await ada.messages.append(made.id, [shown])
        assert (await ada.blobs.get(blob.id)).media_type == media_type


async def test_to_know_a_digest_is_not_to_have_the_blob(
    ada: Services, bob: Services, eve: Services
) -> None:
    blob = await ada.blobs.put(PICTURE, "image/png")
    for who in (bob, eve):
        with pytest.raises(NotFound):
            await who.blobs.get(blob.id)
        with pytest.raises(NotFound):
            [piece async for piece in who.blobs.read(blob.id)]
        with pytest.raises(NotFound) as refused:
            await _show(who, blob.id)
        assert refused.value.pointer == "/messages"
    for nothing in ("", "x" * 64, blob.id.upper(), blob.id[:-1], "../" + blob.id):
        with pytest.raises(NotFound):
            await ada.blobs.get(nothing)


async def test_a_blob_stays_as_long_as_a_message_shows_it(
    db: Database, ada: Services, bob: Services, clock: Clock
) -> None:
    blob = await ada.blobs.put(PICTURE, "image/png")
    await bob.blobs.put(PICTURE, "image/png")
    one, two = await _show(ada, blob.id), await _show(ada, blob.id)
    hers = await _show(bob, blob.id)
    clock.pass_time(hours=25)
    await db.tidy()
    for who, gone in ((ada, one), (ada, two), (bob, hers)):
        assert (await who.blobs.get(blob.id)).id == blob.id
        await who.conversations.delete(gone)
        assert await _kept(db) == (1, 3), "the trash can give it back"
        await who.conversations.purge(gone)
    with pytest.raises(NotFound):
        await ada.blobs.get(blob.id)
    assert await _kept(db) == (0, 0)


async def test_an_upload_that_nobody_shows_is_let_go_after_a_day(
    db: Database, ada: Services, clock: Clock
) -> None:
    blob = await ada.blobs.put(PICTURE, "image/png")
    clock.pass_time(hours=23)
    await db.tidy()
    assert (await ada.blobs.get(blob.id)).id == blob.id
    clock.pass_time(hours=2)
    await db.tidy()
    assert await _kept(db) == (0, 0)


async def test_an_upload_made_again_is_kept_for_a_day_from_then(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await talk(ada)
    await ada.blobs.put(PICTURE, "image/png")
    clock.pass_time(hours=23)
    blob = await ada.blobs.put(PICTURE, "image/png")
    clock.pass_time(hours=2)
    await db.tidy()
    shown = hansard.user(parts=[Image(blob.id, "image/png")])
    await ada.messages.append(made.id, [shown])
    assert await _kept(db) == (1, 3)


async def test_a_message_that_was_refused_holds_on_to_nothing(
    db: Database, ada: Services, clock: Clock
) -> None:
    blob = await ada.blobs.put(PICTURE, "image/png")
    made = await talk(ada)
    missing = "ab" * 32
    shown = [File(blob.id, "a/b"), File(missing, "a/b")]
    with pytest.raises(NotFound):
        await ada.messages.append(made.id, [hansard.user(parts=shown)])
    assert await path(ada, made) == []
    clock.pass_time(days=2)
    await db.tidy()
    assert await _kept(db) == (0, 0)


async def test_a_message_deleted_on_one_branch_leaves_the_blob_to_the_others(
    db: Database, ada: Services, clock: Clock
) -> None:
    blob = await ada.blobs.put(PICTURE, "image/png")
    talk_id = await _show(ada, blob.id)
    message = (await ada.messages.read(talk_id)).items[0]
    edited = await ada.messages.edit(talk_id, message.id, parts=[Image(blob.id, "image/png")])
    clock.pass_time(days=2)
    await db.tidy()
    trashed = await ada.messages.delete(talk_id, message.id)
    await ada.branches.purge(talk_id, trashed.branch)
    assert (await ada.blobs.get(blob.id)).id == blob.id
    trashed = await ada.messages.delete(talk_id, edited.id)
    await ada.branches.purge(talk_id, trashed.branch)
    assert await _kept(db) == (0, 0)


async def test_what_is_no_blob_is_refused(ada: Services) -> None:
    for data, media_type, error in (
        (b"", "a/b", InvalidInput),
        (b"x", "png", InvalidInput),
        (b"x", "a/\0", InvalidInput),
        (bytes(MAX_BLOB + 1), "a/b", TooLarge),
    ):
        with pytest.raises(error):
            await ada.blobs.put(data, media_type)


async def test_uploads_of_one_moment_are_all_kept(db: Database, ada: Services) -> None:
    await asyncio.gather(*(ada.blobs.put(PICTURE, "image/png") for _ in range(8)))
    assert await _kept(db) == (1, 3)
