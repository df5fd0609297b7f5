"""Projects: folders within folders, each its owner's alone."""

from __future__ import annotations

from typing import Any

import pytest

from hansard import Database, Services
from hansard.context.projects import MAX_NESTING
from hansard.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    NotFound,
    TooLarge,
    VersionConflict,
)
from hansard.ids import new_id
from hansard.model.checks import MAX_TAGS
from hansard.model.lifecycle import trashed
from hansard.model.projects import Inherited, InheritedRule, Project, ProjectDefaults

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
            who.projects.purge(asked),
            who.projects.defaults(asked),
        ):
            with pytest.raises(NotFound) as refused:
                await call
            told.add((refused.value.message, refused.value.pointer))
    assert len(told) == 1
    assert (await ada.projects.get(made.id)).version == 1


async def test_what_is_no_project_is_refused(ada: Services) -> None:
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"name": "\0"}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 501}, "/name"),
        ({"name": "a", "id": "mine"}, "/id"),
        ({"name": "a", "model": "nameless"}, "/model"),
        ({"name": "a", "instructions": "\ud800"}, "/instructions"),
        ({"name": "a", "options": {"warmth": 1}}, "/options/warmth"),
        ({"name": "a", "options": {"a~/b": 1}}, "/options/a~0~1b"),
        ({"name": "a", "options": {"top_k": 0.5}}, "/options/top_k"),
        ({"name": "a", "options": {"temperature": float("nan")}}, "/options/temperature"),
        ({"name": "a", "rules": ["\0"]}, "/rules/0"),
        ({"name": "a", "tags": ["red", " "]}, "/tags/1"),
    ]
    for given, pointer in refusals:
        with pytest.raises(InvalidInput) as refused:
            await ada.projects.create(**given)
        assert refused.value.pointer == pointer


async def test_a_blank_name_is_refused_when_a_project_is_renamed(ada: Services) -> None:
    made = await ada.projects.create("a")
    with pytest.raises(InvalidInput) as refused:
        await ada.projects.update(made.id, name="\n")
    assert refused.value.pointer == "/name"


async def test_an_unknown_option_is_refused_with_the_known_ones(ada: Services) -> None:
    with pytest.raises(InvalidInput, match=r"'heat'; there are: .*max_tokens.*temperature"):
        await ada.projects.create("a", options={"heat": 1})


async def test_a_project_keeps_options_rules_and_tags(ada: Services) -> None:
    brief, kind = (
        await ada.rules.create("Brief", "Be brief."),
        await ada.rules.create("Kind", "Be kind."),
    )
    chosen = new_id()
    fields: dict[str, Any] = {
        "options": {"temperature": 0.5, "stop": ["."]},
        "rules": ["Kind", brief.id.upper()],
        "tags": ["red", "blue", "red"],
    }
    made = await ada.projects.create("a", id=chosen, **fields)
    assert (made.options, made.tags) == (fields["options"], ("red", "blue"))
    assert made.rules == (kind.id, brief.id)
    assert await ada.projects.create("a", id=chosen, **fields) == made
    assert [tag.name for tag in await ada.tags.list()] == ["blue", "red"]
    changed = await ada.projects.update(
        made.id, version=1, options={"seed": 1}, rules=["Brief"], tags=["green"]
    )
    assert (changed.options, changed.rules, changed.tags) == ({"seed": 1}, (brief.id,), ("green",))
    assert [tag.name for tag in await ada.tags.list()] == ["blue", "green", "red"]
    with pytest.raises(NotFound) as refused:
        await ada.projects.update(made.id, rules=["Brief", "Rude"])
    assert refused.value.pointer == "/rules/1"
    assert await ada.projects.get(made.id) == changed


async def test_a_moved_project_keeps_what_is_inside(ada: Services) -> None:
    outer, other = await ada.projects.create("outer"), await ada.projects.create("other")
    inner = await ada.projects.create("inner", parent_id=outer.id)
    innermost = await ada.projects.create("innermost", parent_id=inner.id)
    talk = await ada.conversations.create(project_id=inner.id)
    await ada.projects.update(inner.id, parent_id=other.id)
    assert (await ada.projects.get(innermost.id)).parent_id == inner.id
    assert (await ada.conversations.get(talk.id)).project_id == inner.id
    with pytest.raises(Conflict):
        await ada.projects.update(other.id, parent_id=innermost.id)


async def test_what_holds_in_a_project_says_where_it_is_set(ada: Services, bob: Services) -> None:
    everywhere = await bob.rules.create("Everywhere", "Text.")
    await bob.rules.create("Always bob's", "Text.", always=True)
    mine, always = (
        await ada.rules.create("Mine", "Text."),
        await ada.rules.create("A", "T.", always=True),
    )
    inside, gone = (
        await ada.rules.create("Inside", "Text."),
        await ada.rules.create("Gone", "Text."),
    )
    await bob.users.update_tenant(
        instructions="Of the tenant.", options={"top_p": 1, "seed": 1}, rules=["Everywhere"]
    )
    await ada.users.update_me(
        instructions=" Of the user. ", model="p/user", options={"seed": 2}, rules=["Mine", "Gone"]
    )
    outer = await ada.projects.create(
        "outer",
        model="p/outer",
        options={"seed": 3, "stop": "."},
        rules=["Inside"],
        tags=["b", "a"],
    )
    inner = await ada.projects.create(
        "inner",
        parent_id=outer.id,
        instructions="Of the inner.",
        options={"stop": "!"},
        rules=["Mine", "Inside"],
        tags=["a", "c"],
    )
    await ada.rules.delete(gone.id)
    at_outer: Any = {"source": "project", "project_id": outer.id, "name": "outer"}
    at_inner: Any = {"source": "project", "project_id": inner.id, "name": "inner"}
    assert await ada.projects.defaults(inner.id) == ProjectDefaults(
        model=Inherited(value="p/outer", **at_outer),
        options={
            "top_p": Inherited(value=1, source="tenant"),
            "seed": Inherited(value=3, **at_outer),
            "stop": Inherited(value="!", **at_inner),
        },
        instructions=[
            Inherited(value="Of the tenant.", source="tenant"),
            Inherited(value="Of the user.", source="user"),
            Inherited(value="Of the inner.", **at_inner),
        ],
        rules=[
            InheritedRule(id=everywhere.id, name="Everywhere", source="tenant"),
            InheritedRule(id=mine.id, name="Mine", source="user"),
            InheritedRule(id=always.id, name="A", source="always"),
            InheritedRule(id=inside.id, name="Inside", source="project", project_id=outer.id),
        ],
        tags=[
            Inherited(value="b", **at_outer),
            Inherited(value="a", **at_outer),
            Inherited(value="c", **at_inner),
        ],
    )
    assert (await ada.projects.defaults(outer.id)).options["stop"].value == "."


async def test_nothing_holds_in_a_project_where_nothing_is_set(ada: Services) -> None:
    made = await ada.projects.create("a")
    nothing = ProjectDefaults(model=None, options={}, instructions=[], rules=[], tags=[])
    assert await ada.projects.defaults(made.id) == nothing


async def test_new_conversations_get_the_tags_of_the_projects_around_them(ada: Services) -> None:
    outer = await ada.projects.create("outer", tags=["o", "both"])
    inner = await ada.projects.create("inner", parent_id=outer.id, tags=["both", "i"])
    chosen = new_id()
    given: dict[str, Any] = {"id": chosen, "project_id": inner.id, "tags": ["own", "i"]}
    made = await ada.conversations.create(**given)
    assert made.tags == ("o", "both", "i", "own")
    assert await ada.conversations.create(**given) == made
    assert await ada.conversations.get(made.id) == made
    with pytest.raises(AlreadyExists):
        await ada.conversations.create(id=chosen, project_id=inner.id, tags=["other"])
    assert [tag.name for tag in await ada.tags.list()] == ["both", "i", "o", "own"]
    moved = await ada.conversations.create()
    assert (await ada.conversations.update(moved.id, project_id=inner.id)).tags == ()


async def test_a_project_in_the_trash_passes_nothing_on(db: Database, ada: Services) -> None:
    """Versions before this one left the projects inside where they were."""
    outer = await ada.projects.create("outer", instructions="Outer.", tags=["o"])
    inner = await ada.projects.create("inner", parent_id=outer.id, tags=["i"])
    gone: dict[str, Any] = {"updated_at": outer.updated_at, **trashed(outer.updated_at)}
    await db.storage.write("acme", lambda tx: tx.update(Project, outer.id, **gone))
    assert (await ada.conversations.create(project_id=inner.id)).tags == ("i",)
    defaults = await ada.projects.defaults(inner.id)
    assert (defaults.instructions, [tag.value for tag in defaults.tags]) == ([], ["i"])


async def test_the_tags_of_a_conversation_and_its_projects_have_one_limit(ada: Services) -> None:
    names = [str(n) for n in range(MAX_TAGS)]
    project = await ada.projects.create("a", tags=names[:50])
    with pytest.raises(TooLarge) as refused:
        await ada.conversations.create(project_id=project.id, tags=[*names[50:], "more"])
    assert refused.value.pointer == "/tags"
    made = await ada.conversations.create(project_id=project.id, tags=names)
    assert made.tags == tuple(names)
