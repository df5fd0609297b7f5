"""Projects: folders within folders, each its owner's alone."""

from __future__ import annotations

import pytest

from hansard import Services
from hansard.errors import AlreadyExists, Conflict, InvalidInput, NotFound, VersionConflict
from hansard.ids import new_id
from hansard.services.projects import MAX_NESTING

pytestmark = pytest.mark.anyio


async def test_creating_again_with_the_same_id_returns_what_is_there(
    ada: Services, bob: Services
) -> None:
    outer, chosen = await ada.projects.create("outer"), new_id()
    first = await ada.projects.create("inner", id=chosen.upper(), parent_id=outer.id)
    assert (first.id, first.version) == (chosen, 1)
    assert await ada.projects.create("inner", id=chosen, parent_id=outer.id.upper()) == first
    assert len(await ada.projects.list()) == 2
    kinds = [entry.kind for entry in await ada.feed.read()]
    assert kinds == ["project.created"] * 2
    for who, name in ((ada, "other"), (bob, "inner")):
        with pytest.raises(AlreadyExists) as refused:
            await who.projects.create(name, id=chosen)
        assert refused.value.pointer == "/id"


async def test_a_project_is_never_inside_itself(ada: Services) -> None:
    outer = await ada.projects.create("outer")
    inner = await ada.projects.create("inner", parent_id=outer.id)
    for parent in (outer.id, inner.id):
        with pytest.raises(Conflict) as refused:
            await ada.projects.update(outer.id, parent_id=parent)
        assert refused.value.pointer == "/parent_id"
    deepest = inner
    for depth in range(2, MAX_NESTING):
        deepest = await ada.projects.create(str(depth), parent_id=deepest.id)
    with pytest.raises(Conflict):
        await ada.projects.create("too deep", parent_id=deepest.id)


async def test_only_what_is_given_changes_and_only_at_its_version(ada: Services) -> None:
    made = await ada.projects.create("a", instructions="Be kind.", model="p/m")
    changed = await ada.projects.update(made.id, version=1, name="b")
    assert (changed.version, changed.name, changed.instructions) == (2, "b", "Be kind.")
    with pytest.raises(VersionConflict):
        await ada.projects.update(made.id, version=1, name="c")
    assert (await ada.projects.update(made.id, model=None)).model is None


async def test_the_trash_keeps_a_project_and_nothing_goes_into_it(ada: Services) -> None:
    made = await ada.projects.create("a")
    inside = await ada.conversations.create(project_id=made.id)
    await ada.projects.delete(made.id)
    assert await ada.projects.list() == []
    assert [project.id for project in await ada.projects.list(deleted=True)] == [made.id]
    assert (await ada.conversations.get(inside.id)).project_id == made.id
    for refused in (
        ada.projects.get(made.id),
        ada.projects.create("b", parent_id=made.id),
        ada.conversations.create(project_id=made.id),
    ):
        with pytest.raises(NotFound):
            await refused
    await ada.projects.restore(made.id)
    assert (await ada.projects.get(made.id)).name == "a"


async def test_a_foreign_project_looks_like_a_missing_one(
    ada: Services, bob: Services, eve: Services
) -> None:
    made = await ada.projects.create("secret")
    told: set[tuple[str, str | None]] = set()
    for who, asked in ((bob, made.id), (eve, made.id), (ada, new_id()), (ada, "no id")):
        for call in (
            who.projects.get(asked),
            who.projects.update(asked, name="mine"),
            who.projects.delete(asked),
            who.projects.restore(asked),
            who.projects.create("inner", parent_id=asked),
        ):
            with pytest.raises(NotFound) as refused:
                await call
            told.add((refused.value.message, refused.value.pointer))
    assert len(told) == 1
    assert (await ada.projects.get(made.id)).version == 1


async def test_what_is_no_project_is_refused(ada: Services) -> None:
    for given, pointer in (
        ({"name": "\0"}, "/name"),
        ({"name": "x" * 501}, "/name"),
        ({"name": "a", "id": "mine"}, "/id"),
        ({"name": "a", "model": "nameless"}, "/model"),
        ({"name": "a", "instructions": "\ud800"}, "/instructions"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await ada.projects.create(**given)
        assert refused.value.pointer == pointer
