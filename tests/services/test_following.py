"""Artifacts go where the answers go in which they were made."""

from __future__ import annotations

from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import Conflict, NotFound
from hansard.model.artifacts import Artifact, ArtifactText, Content, ExtractionMarker, Revision
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import answer, artifacts, element, said, titles
from services.talks import talk

pytestmark = pytest.mark.anyio

KINDS: tuple[type[Any], ...] = (Artifact, ArtifactText, Content, ExtractionMarker, Revision)


async def _left(db: Database) -> dict[str, int]:
    """What there is of artifacts in the tenant."""

    async def work(tx: Any) -> dict[str, int]:
        return {kind.__name__: await tx.count(Query(kind)) for kind in KINDS}

    return {name: count for name, count in (await db.storage.read("acme", work)).items() if count}


async def _found(services: Services, q: str) -> list[str]:
    return [hit.artifact.title for hit in (await services.search.artifacts(q)).items]


async def test_into_another_project(ada: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, element("plan", "Go."))
    trips = await ada.projects.create("Trips")
    await ada.conversations.update(made.id, project_id=trips.id)
    [plan] = await artifacts(ada, project_id=trips.id)
    assert (plan.title, plan.version) == ("plan", 1)
    await ada.conversations.update(made.id, project_id=None)
    assert await artifacts(ada, project_id=trips.id) == []


async def test_into_the_trash_and_back_with_the_conversation(ada: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, element("plan", "Go."), element("draft", "Stop."))
    [draft] = [each for each in await artifacts(ada) if each.title == "draft"]
    await ada.artifacts.delete(draft.id)
    await ada.conversations.delete(made.id)
    assert (await titles(ada), await _found(ada, "go")) == ([], [])
    with pytest.raises(Conflict):
        await ada.artifacts.restore(draft.id)
    await ada.conversations.restore(made.id)
    assert (await titles(ada), await _found(ada, "go")) == (["plan"], ["plan"])
    assert await titles(ada, deleted=True) == ["draft"], "it was in the trash before"


async def test_away_for_good_with_the_conversation(db: Database, ada: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, element("plan", "Go."), element("plan", "Go now."))
    await ada.artifacts.create("Mine.", type="text", title="mine", conversation_id=made.id)
    await ada.conversations.delete(made.id)
    await ada.conversations.purge(made.id)
    assert await _left(db) == {}


async def test_with_a_message_and_what_follows_it(db: Database, ada: Services) -> None:
    made = await talk(ada, "hello")
    await answer(ada, made, element("plan", "Go."))
    [second] = await answer(ada, made, element("list", "One."))
    cut = await ada.messages.delete(made.id, second.id)
    assert (await titles(ada), await _found(ada, "one")) == (["plan"], [])
    await answer(ada, made, element("list", "Two."))
    assert await titles(ada) == ["list", "plan"]
    await ada.branches.restore(made.id, cut.branch)
    assert await titles(ada) == ["list", "list", "plan"], "on two branches"
    again = await ada.branches.delete(made.id, cut.branch)
    await ada.branches.purge(made.id, again.branch)
    assert await titles(ada) == ["list", "plan"]
    assert await _left(db) == {
        "Artifact": 2, "ArtifactText": 2, "Content": 2, "ExtractionMarker": 2, "Revision": 2,
    }  # fmt: skip


async def test_back_to_the_branch_with_the_messages(ada: Services) -> None:
    made = await talk(ada, "hello")
    [message] = await answer(ada, made, element("plan", "Go."))
    cut = await ada.messages.delete(made.id, message.id)
    await ada.branches.restore(made.id, cut.branch)
    [plan] = await artifacts(ada)
    assert plan.branch == made.branch
    await answer(ada, made, element("plan", "Go now."))
    assert await said(ada, plan) == ["Go.\n", "Go now.\n"]


async def test_a_revision_goes_when_its_answer_is_purged(db: Database, ada: Services) -> None:
    made = await talk(ada, "hello")
    await answer(ada, made, element("plan", "Go."))
    [second] = await answer(ada, made, element("plan", "Secret."))
    [plan] = await artifacts(ada)
    cut = await ada.messages.delete(made.id, second.id)
    assert await said(ada, plan) == ["Go.\n", "Secret.\n"], "it may come back"
    await ada.branches.purge(made.id, cut.branch)
    left = (await ada.artifacts.revisions(plan.id)).items
    assert [(each.number, each.restored_from) for each in left] == [(3, 1), (1, None)]
    assert await ada.artifacts.read(plan.id) == "Go.\n"
    with pytest.raises(NotFound):
        await ada.artifacts.read(plan.id, 2)
    assert await _found(ada, "secret") == []
    assert (await _left(db))["Content"] == 1


async def test_an_artifact_of_which_no_revision_is_left_goes(db: Database, ada: Services) -> None:
    """The first revision was one too many, and the answer with the second is purged."""
    made = await talk(ada, "hello")
    await answer(ada, made, element("plan", "Go."))
    [second] = await answer(ada, made, element("plan", "Secret."))
    [plan] = await artifacts(ada)
    await ada.settings.set("artifacts.keep_revisions", 1)
    assert await db.retire() == 1
    cut = await ada.messages.delete(made.id, second.id)
    await ada.branches.purge(made.id, cut.branch)
    with pytest.raises(NotFound):
        await ada.artifacts.get(plan.id)
    assert await _found(ada, "secret") == []
    assert "Content" not in await _left(db)
    told = [(entry.kind, entry.subject_id) for entry in await ada.feed.read()]
    assert told.count(("artifact.purged", plan.id)) == 1


async def test_what_is_temporary_is_seen_in_its_conversation_alone(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await ada.conversations.create(temporary=True)
    await answer(ada, made, element("plan", "Go."))
    assert (await titles(ada), await _found(ada, "go")) == ([], [])
    assert await titles(ada, conversation_id=made.id) == ["plan"]
    await ada.conversations.update(made.id, temporary=False)
    assert (await titles(ada), await _found(ada, "go")) == (["plan"], ["plan"])
    await ada.conversations.update(made.id, temporary=True)
    clock.pass_time(days=2)
    await db.tidy()
    assert await _left(db) == {}
