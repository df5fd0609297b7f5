"""Tags, rules, agents and prompt templates: named records of a user, which are deleted, restored and purged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import AlreadyExists, InvalidInput, NotFound, PermissionDenied, VersionConflict
from hansard.ids import new_id

pytestmark = pytest.mark.anyio

Create = Callable[..., Awaitable[Any]]

NOUNS: dict[str, dict[str, Any]] = {
    "tags": {},
    "rules": {"text": "Be brief."},
    "agents": {},
    "prompts": {"body": "Hello."},
    "api_keys": {"value": "a-key-of-nobody"},
    "providers": {"type": "openai"},
}
"""The nouns, and what each needs beside a name."""


@pytest.fixture(params=sorted(NOUNS))
def noun(request: pytest.FixtureRequest) -> str:
    return request.param


def service(who: Services, noun: str) -> Any:
    return getattr(who, noun)


async def create(who: Services, noun: str, name: str, **fields: Any) -> Any:
    return await service(who, noun).create(name, **(NOUNS[noun] | fields))


async def test_a_name_is_taken_once_among_a_users_active_ones(
    ada: Services, bob: Services, noun: str
) -> None:
    first = await create(ada, noun, " Name ")
    assert first.name == "Name"
    with pytest.raises(AlreadyExists, match="called 'Name' already") as refused:
        await create(ada, noun, "Name")
    assert refused.value.pointer == "/name"
    await create(ada, noun, "name")
    await create(bob, noun, "Name")
    other = await create(ada, noun, "Other")
    with pytest.raises(AlreadyExists, match="called 'Name' already"):
        await service(ada, noun).update(other.id, name="Name")
    assert (await service(ada, noun).update(first.id, name="Name")).name == "Name"


async def test_the_trash_frees_a_name_and_a_restored_record_needs_it(
    ada: Services, noun: str
) -> None:
    first = await create(ada, noun, "Name")
    await service(ada, noun).delete(first.id)
    second = await create(ada, noun, "Name")
    with pytest.raises(AlreadyExists, match="called 'Name' already"):
        await service(ada, noun).restore(first.id)
    assert [r.id for r in await service(ada, noun).list(deleted=True)] == [first.id]
    await service(ada, noun).update(second.id, name="Other")
    restored = await service(ada, noun).restore(first.id)
    assert (restored.state, restored.deleted_at) == ("active", None)
    assert [r.name for r in await service(ada, noun).list()] == ["Name", "Other"]


async def test_a_request_that_is_repeated_makes_one_record(ada: Services, noun: str) -> None:
    key = new_id()
    first = await create(ada, noun, "Name", id=key)
    assert await create(ada, noun, "Name", id=key) == first
    with pytest.raises(AlreadyExists):
        await create(ada, noun, "Other", id=key)
    assert len(await service(ada, noun).list()) == 1


async def test_a_record_changes_only_at_the_version_that_is_known(ada: Services, noun: str) -> None:
    made = await create(ada, noun, "Name")
    changed = await service(ada, noun).update(made.id, version=made.version, name="Other")
    assert changed.version == made.version + 1
    with pytest.raises(VersionConflict):
        await service(ada, noun).update(made.id, version=made.version, name="Third")
    assert (await service(ada, noun).get(made.id)).name == "Other"


async def test_a_record_is_its_owners_alone(
    db: Database, ada: Services, bob: Services, noun: str
) -> None:
    made = await create(ada, noun, "Name")
    gone = await create(ada, noun, "Gone")
    await service(ada, noun).delete(gone.id)
    for other in (bob, db.scope("globex", "ada")):
        theirs = service(other, noun)
        for call in (theirs.get, theirs.delete):
            with pytest.raises(NotFound):
                await call(made.id)
        with pytest.raises(NotFound):
            await theirs.update(made.id, name="Mine")
        for call in (theirs.restore, theirs.purge):
            with pytest.raises(NotFound):
                await call(gone.id)
        assert await theirs.list() == await theirs.list(deleted=True) == []
    reader = service(db.scope("acme", "ada", rights=["read"]), noun)
    assert (await reader.get(made.id)).name == "Name"
    with pytest.raises(PermissionDenied):
        await reader.delete(made.id)


async def test_only_what_is_in_the_trash_is_purged_and_then_it_is_gone(
    ada: Services, noun: str
) -> None:
    made = await create(ada, noun, "Name")
    with pytest.raises(NotFound):
        await service(ada, noun).purge(made.id)
    await service(ada, noun).delete(made.id)
    await service(ada, noun).purge(made.id)
    assert await service(ada, noun).list(deleted=True) == []
    with pytest.raises(NotFound):
        await service(ada, noun).restore(made.id)


async def test_the_feed_tells_each_change(ada: Services, noun: str) -> None:
    made = await create(ada, noun, "Name")
    await service(ada, noun).update(made.id, name="Other")
    await service(ada, noun).delete(made.id)
    await service(ada, noun).restore(made.id)
    await service(ada, noun).delete(made.id)
    await service(ada, noun).purge(made.id)
    told = [e.kind for e in await ada.feed.read() if e.subject_id == made.id]
    verbs = ["created", "updated", "deleted", "restored", "deleted", "purged"]
    assert told == [f"{noun.removesuffix('s')}.{verb}" for verb in verbs]


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 501])
async def test_a_name_that_is_no_name_is_refused(ada: Services, noun: str, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create(ada, noun, name)
    assert refused.value.pointer == "/name"
    assert await service(ada, noun).list() == []
