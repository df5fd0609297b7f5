"""A share that is revoked is over between two pieces of a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import NotFound
from hansard.model.artifacts import Artifact
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.transfer import archives
from hansard.storage.base import Reader
from services.making import said
from services.test_archives import files_of, manifest, take_in

pytestmark = pytest.mark.anyio

SECRET = "SECRET, written after the revocation"


async def shared(ada: Services, *contents: str) -> list[Artifact]:
    made: list[Artifact] = []
    for number, content in enumerate(contents):
        artifact = await ada.artifacts.create(content, type="text", title=f"a{number}")
        await ada.shares.share(artifact.id, "bob")
        made.append(artifact)
    return made


async def revoke(ada: Services, artifact: Artifact) -> None:
    for share in await ada.shares.of(artifact.id):
        await ada.shares.revoke(share.id)
    await ada.artifacts.update(artifact.id, content=SECRET, title=SECRET)


async def rest(first: bytes, pieces: AsyncIterator[bytes]) -> bytes:
    return first + b"".join([piece async for piece in pieces])


def by_ids(bob: Services, made: list[Artifact]) -> AsyncIterator[bytes]:
    return bob.archives.export([artifact.id for artifact in made])


def by_filter(bob: Services, _: list[Artifact]) -> AsyncIterator[bytes]:
    return bob.archives.export(filter=ArtifactFilter(shared=True))


Export = Callable[[Services, list[Artifact]], AsyncIterator[bytes]]


async def check_that_the_rest_is_left_out(ada: Services, bob: Services, export: Export) -> bytes:
    made = await shared(ada, "one", "two", "three")
    pieces = export(bob, made)
    first = await anext(pieces)
    for artifact in made:
        await revoke(ada, artifact)
    data = await rest(first, pieces)
    files = files_of(data)
    assert not [name for name, content in files.items() if SECRET in name + content.decode()]
    assert len(files) == 2
    assert len(manifest(files)["artifacts"]) == 1
    return data


@pytest.mark.parametrize("export", [by_ids, by_filter])
async def test_what_was_revoked_between_two_artifacts_is_left_out(
    ada: Services, bob: Services, export: Export
) -> None:
    data = await check_that_the_rest_is_left_out(ada, bob, export)
    assert manifest(files_of(data))["artifacts"][0]["title"] in {"a0", "a2"}
    uses = await ada.artifacts.uses()
    assert sum(use.exported for use in uses) == 1, "only what was written counts as exported"


async def test_what_was_revoked_between_two_contents_is_left_out(
    ada: Services, bob: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "BATCH_SIZE", 1)
    made = await shared(ada, "one", "whole")
    for text in ("two", "three"):
        await ada.artifacts.update(made[0].id, content=text)
    pieces = by_ids(bob, made)
    first = await anext(pieces)
    await revoke(ada, made[0])
    data = await rest(first, pieces)
    assert [each["title"] for each in manifest(files_of(data))["artifacts"]] == ["a1"]
    await ada.artifacts.delete(made[1].id)
    await ada.artifacts.purge(made[1].id)
    assert (await take_in(bob, data)).added["artifact"] == 1, "the file can be imported"


async def test_what_is_still_shared_is_exported_as_it_is_now(ada: Services, bob: Services) -> None:
    one, two = made = await shared(ada, "one", "two")
    pieces = by_ids(bob, made)
    first = await anext(pieces)
    await ada.artifacts.update(two.id, content="newer")
    files = files_of(await rest(first, pieces))
    assert files["a1.txt"] == b"newer"
    assert await said(ada, one) == ["one"]


async def test_a_share_that_runs_out_between_two_pieces_is_over(
    db: Database, ada: Services, bob: Services
) -> None:
    made = await shared(ada, "one")
    late = await ada.artifacts.create("two", type="text", title="late")
    clock: Any = db.clock
    await ada.shares.share(late.id, "bob", expires_at=clock() + timedelta(minutes=1))
    pieces = by_ids(bob, [*made, late])
    first = await anext(pieces)
    clock.pass_time(hours=1)
    files = files_of(await rest(first, pieces))
    assert set(files) == {"manifest.json", "a0.txt"}


async def unasked(
    self: ArtifactService, tx: Reader, artifact_id: str, *_: Any, **__: Any
) -> Artifact:
    """A planted bug: nobody asks who may read."""
    found = await tx.get(Artifact, artifact_id)
    if found is None:
        raise NotFound("There is no such artifact.")
    return self.shown(found)


async def test_an_export_that_does_not_ask_again_would_be_seen(
    ada: Services, bob: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives.Archives, "artifact", unasked)
    with pytest.raises(AssertionError):
        await check_that_the_rest_is_left_out(ada, bob, by_ids)
