"""What every back end keeps: artifacts are found by what they say now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from hansard.ids import new_id
from hansard.model.artifacts import Artifact, ArtifactText
from hansard.model.lifecycle import trashed
from hansard.model.projects import Project
from hansard.search.tokenizer import PASSAGE, clauses
from hansard.storage.base import ArtifactMatch, ArtifactSearch, Storage, Transaction
from hansard.storage.query import Query
from hansard.testing.conversations import ACME, create_conversation
from hansard.testing.factories import EPOCH


class ArtifactsContract:
    pytestmark: ClassVar = pytest.mark.anyio

    async def test_artifacts_are_found_by_their_words(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        clock = await create_artifact(
            storage, "A clock\n\nIt ticks.\n\ndef tick(): ...", conversation.id
        )
        sun = await create_artifact(storage, "Sonnenuhr\n\n\n\nStraße 東京")
        assert await _ids(storage, "TICK") == [clock]
        assert await _ids(storage, '"a clock"') == [clock]
        assert await _ids(storage, "strasse 京") == [sun]
        assert await _ids(storage, "s* OR") == []
        assert await _ids(storage, "") == []
        assert await _ids(storage, "tick", conversation_id=conversation.id) == [clock]
        assert await _ids(storage, "tick", conversation_id=new_id()) == []
        assert await _ids(storage, "sonnenuhr", conversation_id=conversation.id) == []

    async def test_they_are_not_found_by_what_they_said_before(self, storage: Storage) -> None:
        first = await create_artifact(storage, "red apple")
        long = await create_artifact(storage, "green " + "pear " * (PASSAGE // 4))

        async def revise(tx: Transaction) -> None:
            for artifact_id in (first, long):
                await tx.delete(Query(ArtifactText).where(id=artifact_id))
                await tx.insert(words(artifact_id, "blue plum"))

        await storage.write(ACME, revise)
        for gone in ("red", "apple", "green", "pear"):
            assert await _ids(storage, gone) == []
        assert await _ids(storage, "plum") == [long, first], (
            "the one that was changed last is first"
        )

    async def test_only_what_the_search_asks_for(self, storage: Storage) -> None:
        conversation = await create_conversation(storage)
        trips = Project(
            tenant_id=ACME, id=new_id(), owner_id="ada", name="Trips", created_at=EPOCH,
            updated_at=EPOCH,
        )  # fmt: skip
        await storage.write(ACME, lambda tx: tx.insert(trips))
        later = EPOCH + timedelta(hours=1)
        plain = await create_artifact(storage, "cat", conversation.id, updated_at=later)
        page = await create_artifact(storage, "cat", type="html", language="html")
        kept = await create_artifact(storage, "cat", project_id=trips.id)
        await create_artifact(storage, "cat", temporary=True)
        await create_artifact(storage, "cat", **trashed(EPOCH))
        await create_artifact(storage, "cat", owner="bob")
        expected: list[tuple[dict[str, Any], set[str]]] = [
            ({}, {plain, page, kept}),
            ({"types": ("html", "svg")}, {page}),
            ({"languages": ("python",)}, {plain, kept}),
            ({"project_id": trips.id}, {kept}),
            ({"since": later}, {plain}),
            ({"until": later}, {page, kept}),
            ({"owner_id": "carol"}, set()),
        ]
        for filters, ids in expected:
            assert set(await _ids(storage, "cat", **filters)) == ids, filters
        assert await _matches(storage, "cat", tenant="globex") == []

    async def test_matches_go_on_before_a_position(self, storage: Storage) -> None:
        ids = [await create_artifact(storage, "cat") for _ in range(5)]
        first = await _matches(storage, "cat", window=2)
        assert [match.artifact_id for match in first] == ids[:2:-1]
        rest = await _matches(storage, "cat", before=first[-1].position)
        assert [match.artifact_id for match in rest] == ids[2::-1]


def words(artifact_id: str, text: str, **fields: Any) -> ArtifactText:
    values: dict[str, Any] = {"owner_id": "ada", "conversation_id": None, **fields}
    return ArtifactText(tenant_id=ACME, created_at=EPOCH, id=artifact_id, text=text, **values)


async def create_artifact(
    storage: Storage,
    text: str,
    conversation_id: str | None = None,
    *,
    owner: str = "ada",
    **fields: Any,
) -> str:
    """The id of an artifact that now says this."""
    if conversation_id is None:
        await create_conversation(storage, owner)
    values: dict[str, Any] = {"type": "code", "language": "python", "updated_at": EPOCH, **fields}
    artifact = Artifact(
        tenant_id=ACME,
        id=new_id(),
        owner_id=owner,
        conversation_id=conversation_id,
        media_type="text/x-python",
        title="",
        size=len(text),
        created_at=EPOCH,
        **values,
    )

    async def work(tx: Transaction) -> None:
        await tx.insert(artifact)
        place = {"owner_id": owner, "conversation_id": conversation_id}
        await tx.insert(words(artifact.id, text, **place))

    await storage.write(ACME, work)
    return artifact.id


async def _matches(
    storage: Storage, query: str, *, tenant: str = ACME, **filters: Any
) -> list[ArtifactMatch]:
    fields: dict[str, Any] = {"owner_id": "ada", "clauses": tuple(clauses(query)), **filters}
    wanted = ArtifactSearch(**fields)
    return await storage.read(tenant, lambda tx: tx.search_artifacts(wanted))


async def _ids(storage: Storage, query: str, **filters: Any) -> list[str]:
    results = await _matches(storage, query, **filters)
    return list(dict.fromkeys(match.artifact_id for match in results))
