"""An artifact is shared with users of the tenant, and by links; a share ends when its owner says so."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from hansard import Database, Services
from hansard.errors import InvalidInput, NotFound, PermissionDenied
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.model.shares import Share
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import answer, artifacts, fenced, kinds, said, titles, told
from services.talks import talk

pytestmark = pytest.mark.anyio

PLACE = ("conversation_id", "project_id", "message_id", "branch", "part")


@pytest.fixture
async def plan(ada: Services) -> Artifact:
    return await ada.artifacts.create("Go.", type="text", title="Plan")


async def test_who_may_read_reads_and_changes_nothing(
    ada: Services, bob: Services, plan: Artifact
) -> None:
    share = await ada.shares.share(plan.id, "bob")
    assert await bob.artifacts.get(plan.id) == plan
    assert await said(bob, plan) == ["Go."]
    assert (await titles(bob), await titles(bob, shared=True)) == ([], ["Plan"])
    for call in (
        bob.artifacts.update(plan.id, content="Mine."),
        bob.artifacts.restore_revision(plan.id, 1),
    ):
        with pytest.raises(PermissionDenied):
            await call
    owners: list[Any] = [
        bob.artifacts.delete(plan.id),
        bob.shares.share(plan.id, "carol"),
        bob.shares.link(plan.id),
        bob.shares.revoke(share.id),
    ]
    for call in owners:
        with pytest.raises(NotFound):
            await call
    assert await ada.artifacts.get(plan.id) == plan


async def test_who_may_write_makes_revisions_of_the_owners(
    ada: Services, bob: Services, plan: Artifact
) -> None:
    await ada.shares.share(plan.id, "bob", right="write")
    changed = await bob.artifacts.update(plan.id, content="Stop.", expect_revision=1)
    assert (changed.owner_id, changed.revision) == ("ada", 2)
    assert (await ada.artifacts.revision(plan.id)).author == "bob"
    [use] = await ada.artifacts.uses()
    assert (use.made, use.edited) == (1, 1)
    await ada.shares.share(plan.id, "bob", right="read")
    with pytest.raises(PermissionDenied):
        await bob.artifacts.update(plan.id, content="Go!")
    assert len(await ada.shares.of(plan.id)) == 1


async def test_who_has_a_share_is_told_what_it_lets_and_of_no_other(
    ada: Services, bob: Services, plan: Artifact, clock: Clock
) -> None:
    with pytest.raises(NotFound):
        await bob.shares.of(plan.id)
    await ada.shares.share(plan.id, "carol", right="write")
    await ada.shares.link(plan.id)
    await ada.shares.share(plan.id, "bob", expires_at=clock() + timedelta(days=1))
    assert [share.right for share in await bob.shares.of(plan.id)] == ["read"]
    share = await ada.shares.share(plan.id, "bob", right="write")
    assert await bob.shares.of(plan.id) == [share]
    assert len(await ada.shares.of(plan.id)) == 3
    await ada.shares.revoke(share.id)
    with pytest.raises(NotFound):
        await bob.shares.of(plan.id)


async def test_whoever_it_is_shared_with_is_not_told_where_it_was_made(
    ada: Services, bob: Services
) -> None:
    project = await ada.projects.create("Secret")
    here = await ada.conversations.create(project_id=project.id)
    await answer(ada, here, fenced())
    [made] = await artifacts(ada)
    await ada.shares.share(made.id, "bob", right="write")
    collection = await bob.collections.create("Mine")
    await bob.collections.add(collection.id, made.id)
    seen = [
        await bob.artifacts.get(made.id),
        (await bob.artifacts.get_with_content(made.id))[0],
        *await artifacts(bob, shared=True),
        *await artifacts(bob, shared=True, collection_id=collection.id),
        await bob.artifacts.update(made.id, title="Ours"),
        await bob.artifacts.update(made.id, title="Ours"),
        await bob.artifacts.update(made.id, content="Stop."),
        await bob.artifacts.restore_revision(made.id, 1),
    ]
    assert len(seen) == 8
    for each in seen:
        assert (each.id, each.owner_id, each.metadata) == (made.id, "ada", made.metadata)
        assert {getattr(each, name) for name in PLACE} == {None}
    first = await bob.artifacts.revision(made.id, 1)
    [*_, last] = (await bob.artifacts.revisions(made.id)).items
    assert first == last
    assert (first.message_id, first.part) == (None, None)
    exported = b"".join([piece async for piece in bob.archives.export(ids=[made.id])])
    with ZipFile(BytesIO(exported)) as bundle:
        told = b"".join(bundle.read(name) for name in bundle.namelist())
    for place in (made.conversation_id, made.project_id, made.message_id):
        assert place is not None
        assert place.encode() not in told

    for place in ({"project_id": project.id}, {"conversation_id": here.id}):
        with pytest.raises(InvalidInput):
            await artifacts(bob, shared=True, **place)

    for name in PLACE:
        assert getattr(await ada.artifacts.get(made.id), name) == getattr(made, name) is not None
    assert (await ada.artifacts.revision(made.id, 1)).message_id == made.message_id


async def test_a_share_ends_at_once(
    ada: Services, bob: Services, plan: Artifact, clock: Clock
) -> None:
    share = await ada.shares.share(plan.id, "bob", right="write")
    await ada.shares.revoke(share.id)
    for call in (bob.artifacts.get(plan.id), bob.artifacts.update(plan.id, title="x")):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(NotFound):
        await ada.shares.revoke(share.id)
    await ada.shares.share(plan.id, "bob", expires_at=clock() + timedelta(hours=1))
    assert await titles(bob, shared=True) == ["Plan"]
    clock.pass_time(hours=2)
    assert await titles(bob, shared=True) == []
    with pytest.raises(NotFound):
        await bob.artifacts.get(plan.id)


async def test_whoever_it_is_shared_with_hears_of_it_until_that_ends(
    db: Database, ada: Services, bob: Services, eve: Services, plan: Artifact
) -> None:
    carol = db.scope("acme", "carol")
    await ada.artifacts.update(plan.id, content="Before.")
    share = await ada.shares.share(plan.id, "bob", right="write")
    await ada.artifacts.update(plan.id, title="Plan A")
    await bob.artifacts.update(plan.id, content="Stop.")
    await ada.shares.share(plan.id, "carol")
    await ada.artifacts.delete(plan.id)
    await ada.artifacts.restore(plan.id)
    await ada.shares.revoke(share.id)
    await ada.artifacts.update(plan.id, content="After.")
    heard = ["shared", "updated", "updated", "deleted", "restored", "unshared"]
    assert await kinds(bob) == [f"artifact.{kind}" for kind in heard]
    assert await kinds(carol) == [
        f"artifact.{kind}" for kind in ("shared", "deleted", "restored", "updated")
    ]
    assert {entry.subject_id for entry in await told(bob)} == {plan.id}
    assert len(await kinds(ada)) == 1 + 1 + len(heard) + 1 + 1
    assert await kinds(eve) == []


async def test_nobody_hears_after_a_share_has_run_out(
    ada: Services, bob: Services, plan: Artifact, clock: Clock
) -> None:
    await ada.shares.share(plan.id, "bob", expires_at=clock() + timedelta(hours=1))
    clock.pass_time(hours=2)
    await ada.artifacts.update(plan.id, content="Stop.")
    assert await kinds(bob) == ["artifact.shared"]


async def test_others_hear_what_answers_change_and_not_where(ada: Services, bob: Services) -> None:
    here = await talk(ada, title="Clocks")
    await answer(ada, here, fenced())
    [clock] = await artifacts(ada)
    await ada.shares.share(clock.id, "bob")
    await answer(ada, here, fenced("1\n" * 9))
    await ada.conversations.delete(here.id)
    await ada.conversations.restore(here.id)
    [_, last] = [message async for message in ada.messages.all(here.id)]
    await ada.branches.restore(here.id, (await ada.messages.delete(here.id, last.id)).branch)
    await ada.conversations.delete_all()
    await ada.conversations.purge_all()
    heard = await told(bob)
    assert [entry.kind.removeprefix("artifact.") for entry in heard] == [
        "shared", "updated", "deleted", "restored", "deleted",
    ]  # fmt: skip
    assert {(entry.conversation_id, entry.branch) for entry in heard} == {(None, None)}
    assert await kinds(ada) == ["artifact.created", "artifact.shared", "artifact.updated"]


async def test_those_of_a_temporary_conversation_are_told_that_it_is_over(
    db: Database, ada: Services, bob: Services, clock: Clock
) -> None:
    await answer(ada, await ada.conversations.create(temporary=True), fenced())
    [made] = await db.storage.read("acme", lambda tx: tx.select(Query(Artifact)))
    await ada.shares.share(made.id, "bob")
    clock.pass_time(days=2)
    await db.tidy()
    assert await kinds(bob) == ["artifact.shared", "artifact.deleted"]


async def test_what_is_shared_goes_with_its_artifact(
    db: Database, ada: Services, bob: Services, plan: Artifact
) -> None:
    await ada.shares.share(plan.id, "bob")
    link = await ada.shares.link(plan.id)
    await ada.artifacts.delete(plan.id)
    for call in (bob.artifacts.get(plan.id), bob.shares.follow(link.token)):
        with pytest.raises(NotFound):
            await call
    assert await artifacts(bob, shared=True) == []
    await ada.artifacts.purge(plan.id)
    assert await db.storage.read("acme", lambda tx: tx.count(Query(Share))) == 0


async def test_a_link_follows_or_stays(ada: Services, bob: Services, plan: Artifact) -> None:
    following = await ada.shares.link(plan.id)
    staying = await ada.shares.link(plan.id, revision=1)
    await ada.artifacts.update(plan.id, content="Stop.", title="No plan")
    now, then = await bob.shares.follow(following.token), await bob.shares.follow(staying.token)
    assert (now.title, now.content, now.revision) == ("No plan", "Stop.", 2)
    assert (then.title, then.content, then.revision) == ("Plan", "Go.", 1)


async def test_what_stays_is_all_that_a_link_shows(
    ada: Services, bob: Services, plan: Artifact
) -> None:
    link = await ada.shares.link(plan.id, revision=1)
    seen, file = await bob.shares.follow(link.token), await bob.shares.file(link.token)
    other: Any = {"type": "html", "language": "html", "media_type": "text/html"}
    await ada.artifacts.update(plan.id, title="Page", file_name="page.html", **other)
    assert await bob.shares.follow(link.token) == seen
    assert await bob.shares.file(link.token) == file
    described = await ada.shares.link(plan.id, revision=1)
    await ada.artifacts.update(plan.id, content="Stop.", title="No plan")
    assert (await bob.shares.follow(described.token)).title == "Page"
    assert (await bob.shares.file(described.token)).name == "page.html"
    earlier = await ada.shares.link(plan.id, revision=1)
    assert (await bob.shares.follow(earlier.token)).title == "Plan"


async def test_a_link_is_no_more_than_its_token(
    db: Database, ada: Services, bob: Services, eve: Services, plan: Artifact, clock: Clock
) -> None:
    link = await ada.shares.link(plan.id, expires_at=clock() + timedelta(hours=1))
    other = await ada.shares.link(plan.id)
    assert len({link.token, other.token}) == 2
    assert len(link.token) >= 43
    rows = await db.storage.read("acme", lambda tx: tx.select(Query(Share)))
    assert link.token not in str(rows)
    with pytest.raises(NotFound):
        await eve.shares.follow(link.token)
    for wrong in ("", "x", link.share.id, link.share.token_hash or "", "\ud800"):
        with pytest.raises(NotFound):
            await bob.shares.follow(wrong)
    clock.pass_time(hours=2)
    with pytest.raises(NotFound):
        await bob.shares.follow(link.token)
    assert (await bob.shares.follow(other.token)).content == "Go."
    await ada.shares.revoke(other.share.id)
    with pytest.raises(NotFound):
        await bob.shares.follow(other.token)


async def test_what_is_no_share_is_refused(ada: Services, plan: Artifact, clock: Clock) -> None:
    past = clock() - timedelta(days=1)
    wrong: list[tuple[Any, str]] = [
        (ada.shares.share(plan.id, "ada"), "/user_id"),
        (ada.shares.share(plan.id, "no\nname"), "/user_id"),
        (ada.shares.share(plan.id, "bob", right="own"), "/right"),  # pyright: ignore[reportArgumentType]
        (ada.shares.share(plan.id, "bob", expires_at=past), "/expires_at"),
        (ada.shares.link(plan.id, expires_at=past), "/expires_at"),
    ]
    for call, pointer in wrong:
        with pytest.raises(InvalidInput) as refused:
            await call
        assert refused.value.pointer == pointer
    for call in (ada.shares.link(plan.id, revision=2), ada.shares.share(new_id(), "bob")):
        with pytest.raises(NotFound):
            await call
    assert await ada.shares.of(plan.id) == []
