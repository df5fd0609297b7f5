"""Who may do what: each right has a check, and each check notices the hole that is planted beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from hansard import Database, Services
from hansard.access import grants, policy
from hansard.errors import AlreadyExists, NotFound, PermissionDenied
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.shares import Share
from hansard.services import base
from hansard.services.base import Service
from hansard.services.feed.broadcaster import FeedBroadcaster
from hansard.storage.query import Query
from services.conftest import Clock
from services.talks import talk

pytestmark = pytest.mark.anyio


class World(NamedTuple):
    db: Database
    ada: Services
    bob: Services
    clock: Clock


@pytest.fixture
def world(db: Database, ada: Services, bob: Services, clock: Clock) -> World:
    return World(db, ada, bob, clock)


async def _shared(world: World, **how: Any) -> tuple[Artifact, Share]:
    """An artifact of ada's that bob may see."""
    artifact = await world.ada.artifacts.create("1", type="text", title="One")
    return artifact, await world.ada.shares.share(artifact.id, "bob", **how)


async def a_conversation_is_its_owners(world: World) -> None:
    made = await talk(world.ada, "secret")
    with pytest.raises(NotFound):
        await world.bob.conversations.get(made.id)


async def a_run_is_its_owners(world: World) -> None:
    made = await talk(world.ada)
    [run] = await world.ada.chat.send(made.id, "hello", model="echo/echo")
    await world.ada.runs.wait(run.id)
    with pytest.raises(NotFound):
        await world.bob.runs.get(run.id)


async def an_artifact_that_is_not_shared_is_its_owners(world: World) -> None:
    artifact = await world.ada.artifacts.create("1", type="text", title="One")
    await _shared(world)
    with pytest.raises(NotFound):
        await world.bob.artifacts.get(artifact.id)


async def a_share_to_read_gives_no_right_to_write(world: World) -> None:
    artifact, _ = await _shared(world)
    assert (await world.bob.artifacts.get(artifact.id)).title == "One"
    with pytest.raises(PermissionDenied):
        await world.bob.artifacts.update(artifact.id, content="2")


async def a_share_to_write_gives_no_right_to_manage(world: World) -> None:
    artifact, _ = await _shared(world, right="write")
    await world.bob.artifacts.update(artifact.id, content="2")
    with pytest.raises(NotFound):
        await world.bob.artifacts.delete(artifact.id)


async def a_revoked_share_gives_nothing(world: World) -> None:
    artifact, share = await _shared(world)
    await world.ada.shares.revoke(share.id)
    with pytest.raises(NotFound):
        await world.bob.artifacts.get(artifact.id)


async def a_share_ends_at_the_moment_of_its_expiry(world: World) -> None:
    at = world.clock.now + timedelta(hours=1)
    artifact, _ = await _shared(world, expires_at=at)
    world.clock.now = at - timedelta(seconds=1)  # the next look at the clock is at the moment
    with pytest.raises(NotFound):
        await world.bob.artifacts.get(artifact.id)


async def a_shared_artifact_in_the_trash_is_not_found(world: World) -> None:
    artifact, _ = await _shared(world)
    await world.ada.artifacts.delete(artifact.id)
    with pytest.raises(NotFound):
        await world.bob.artifacts.update(artifact.id, content="2")


async def a_request_that_is_repeated_does_not_return_a_record_in_the_trash(world: World) -> None:
    key = new_id()
    for noun in (world.ada.projects, world.ada.collections):
        await noun.create("Name", id=key)
        await noun.delete(key)
        with pytest.raises(AlreadyExists):
            await noun.create("Name", id=key)


async def a_scope_without_the_right_to_write_writes_nothing(world: World) -> None:
    reader = world.db.scope("acme", "ada", rights=["read"])
    with pytest.raises(PermissionDenied):
        await reader.projects.create("Name")


async def a_feed_that_nobody_follows_is_read_by_nobody(world: World) -> None:
    await talk(world.ada, "hello")
    with world.db.broadcasters.joined("acme", "ada") as one:
        with world.db.broadcasters.joined("acme", "ada") as other:
            assert one is other
        assert not one._closed
    assert one._closed


# Grants of records that are not shared yet: the policy knows them as soon as something grants them


@pytest.fixture
def grant(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Any], str], None]:
    """Grants everybody an action on all records of a type."""

    def grant(record_type: type[Any], action: Any) -> None:
        async def source(_: Any, __: Any, ids: Any, ___: datetime) -> grants.Grants:
            return {key: {"read", action} for key in ids}

        monkeypatch.setitem(grants._SOURCES, record_type, source)

    return grant


async def test_a_grant_to_read_a_conversation_lets_another_user_read_and_not_change_it(
    world: World, grant: Callable[[type[Any], str], None]
) -> None:
    made = await talk(world.ada, "hello")
    [run] = await world.ada.chat.send(made.id, "more", model="echo/echo")
    await world.ada.runs.wait(run.id)
    grant(Conversation, "read")
    page = await world.bob.messages.read(made.id)
    message, branch = page.items[0].id, made.branch
    assert page == await world.ada.messages.read(made.id)
    assert (await world.bob.conversations.get(made.id)).id == made.id
    assert [each.id for each in await world.bob.branches.list(made.id)] == [branch]
    assert await world.bob.messages.get(made.id, message) == page.items[0]
    assert (await world.bob.runs.get(run.id)).id == run.id
    for refused in (
        world.bob.messages.edit(made.id, message, "other"),
        world.bob.messages.delete(made.id, message),
        world.bob.branches.fork(made.id, at=message),
        world.bob.branches.rename(made.id, branch, "other"),
        world.bob.chat.send(made.id, "hello", model="echo/echo"),
        world.bob.runs.cancel(run.id),
    ):
        with pytest.raises(PermissionDenied):
            await refused
    await _only_the_owner_manages(world.bob.conversations, made.id, title="other")


@pytest.mark.parametrize("noun", ["projects", "collections"])
async def test_a_grant_to_read_a_folder_lets_another_user_read_and_not_fill_it(
    world: World, noun: str, grant: Callable[[type[Any], str], None]
) -> None:
    made = await getattr(world.ada, noun).create("Name")
    artifact = await world.bob.artifacts.create("1", type="text", title="One")
    grant(type(made), "read")
    assert await getattr(world.bob, noun).get(made.id) == made
    fill = {
        "projects": lambda: world.bob.conversations.create(project_id=made.id),
        "collections": lambda: world.bob.collections.add(made.id, artifact.id),
    }
    with pytest.raises(PermissionDenied):
        await fill[noun]()
    await _only_the_owner_manages(getattr(world.bob, noun), made.id, name="other")


async def test_a_grant_to_write_lets_another_user_edit_and_not_manage(
    world: World, grant: Callable[[type[Any], str], None]
) -> None:
    made = await talk(world.ada, "hello")
    [message] = (await world.ada.messages.read(made.id)).items
    grant(Conversation, "write")
    fork = await world.bob.branches.fork(made.id, at=message.id, name="mine")
    assert fork.id in {each.id for each in await world.ada.branches.list(made.id)}
    await _only_the_owner_manages(world.bob.conversations, made.id, title="other")


async def _only_the_owner_manages(service: Any, key: str, **changes: Any) -> None:
    for refused in (service.update(key, **changes), service.delete(key), service.restore(key)):
        with pytest.raises(NotFound):
            await refused


# The holes


async def _everybody(*_: Any) -> bool:
    return True


async def _all_grants(*arguments: Any) -> grants.Grants:
    _, _, _, ids, _ = arguments
    return {key: {"read", "write"} for key in ids}


async def _grants_for_ever(tx: Any, principal: Any, ids: Any, _: datetime) -> grants.Grants:
    query = Query(Share).where(artifact_id__in=sorted(ids), user_id=principal.user)
    return {share.artifact_id: {"read", share.right} for share in await tx.select(query)}


async def _manage_is_write(*arguments: Any, **options: Any) -> Any:
    tx, principal, action, *rest = arguments
    return await _get(tx, principal, "write" if action == "manage" else action, *rest, **options)


async def _state_comes_last(*arguments: Any, **options: Any) -> Any:
    """Whether somebody may do it is asked without looking at the state."""
    tx, _, _, record_type, key, _ = arguments
    record = await tx.get(record_type, key)
    if record is not None and record.state != "active":
        raise PermissionDenied("You have read-only access to this artifact.")
    return await _get(*arguments, **options)


def _return_always(existing: Any, *_: Any) -> Any:
    return existing


def _expired_after(share: Share, now: datetime) -> bool:
    return share.expires_at is not None and share.expires_at < now


_get = policy.get
Check = Callable[[World], Awaitable[None]]
HOLES: dict[Check, tuple[Any, Any, Any]] = {
    a_conversation_is_its_owners: (policy, "owns", _everybody),
    a_run_is_its_owners: (policy, "owns", _everybody),
    an_artifact_that_is_not_shared_is_its_owners: (policy, "granted", _all_grants),
    a_share_to_read_gives_no_right_to_write: (policy, "granted", _all_grants),
    a_share_to_write_gives_no_right_to_manage: (policy, "get", _manage_is_write),
    a_revoked_share_gives_nothing: (grants._SOURCES, Artifact, _grants_for_ever),
    a_share_ends_at_the_moment_of_its_expiry: (grants, "is_expired", _expired_after),
    a_shared_artifact_in_the_trash_is_not_found: (policy, "get", _state_comes_last),
    a_request_that_is_repeated_does_not_return_a_record_in_the_trash: (
        base,
        "return_if_identical",
        _return_always,
    ),
    a_scope_without_the_right_to_write_writes_nothing: (Service, "require", lambda *_: None),
    a_feed_that_nobody_follows_is_read_by_nobody: (FeedBroadcaster, "close", lambda _: None),
}
"""Each check, and where the hole is planted that it has to notice."""


@pytest.mark.parametrize("check", HOLES, ids=lambda check: check.__name__)
async def test_that(world: World, check: Check) -> None:
    await check(world)


@pytest.mark.parametrize("check", HOLES, ids=lambda check: check.__name__)
async def test_a_hole_is_noticed(
    world: World, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, name, hole = HOLES[check]
    if isinstance(place, dict):
        monkeypatch.setitem(place, name, hole)
    else:
        monkeypatch.setattr(place, name, hole)
    with pytest.raises((AssertionError, pytest.fail.Exception, PermissionDenied)):
        await check(world)
