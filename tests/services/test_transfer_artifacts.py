"""Artifacts in an export, and out of it again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hansard import Database, Services
from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.storage.query import Query
from services.making import CODE, answer, artifacts, element, fenced, said
from services.talks import export, path, talk

pytestmark = pytest.mark.anyio


async def test_an_import_without_artifacts_finds_them(ada: Services, eve: Services) -> None:
    """As from a release that knew none."""
    made = await talk(ada, "hello")
    await answer(ada, made, fenced(), "Nothing.", fenced(CODE + "\n"))
    [_, third] = [m for m in await path(ada, made) if m.text != "Nothing."][1:]
    fork = await ada.branches.fork(made.id, at=third.id)
    [last] = await answer(ada, made, element("plan", "Go."), branch=fork.id)
    await ada.messages.delete(made.id, last.id)
    known = ("artifact", "revision", "content", "extraction", "end")
    lines = [line for line in await export(ada) if msgspec.json.decode(line)["kind"] not in known]
    end = msgspec.json.encode({"kind": "end", "records": len(lines) - 1})
    report = await eve.transfer.import_lines([*lines, end])
    assert report.problems == []
    [clock] = await artifacts(eve)
    assert await said(eve, clock) == [CODE, CODE + "\n"]
    [plan] = await artifacts(eve, deleted=True)
    await eve.branches.restore(made.id, plan.branch or "")
    assert (await eve.artifacts.get(plan.id)).title == "plan"


async def test_what_was_purged_is_not_found_by_an_import(ada: Services, eve: Services) -> None:
    await answer(ada, await talk(ada), fenced())
    [clock] = await artifacts(ada)
    await ada.artifacts.delete(clock.id)
    await ada.artifacts.purge(clock.id)
    await eve.transfer.import_lines(await export(ada))
    assert await artifacts(eve) == []


def _first(lines: list[bytes], kind: str) -> int:
    return next(i for i, line in enumerate(lines) if msgspec.json.decode(line)["kind"] == kind)


def _with(line: bytes, **fields: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(line) | fields) + b"\n"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("artifact", {"revision": 3}),
        ("artifact", {"size": 1}),
        ("artifact", {"message_id": new_id()}),
        ("artifact", {"branch": new_id()}),
        ("artifact", {"project_id": new_id()}),
        ("artifact", {"temporary": True}),
        ("artifact", {"type": "film"}),
        ("content", {"id": "0" * 64}),
        ("content", {"data": "AAAA"}),
        ("content", {"data": "//8="}),
        ("content", {"encoding": "zlib"}),
        ("revision", {"number": 2}),
        ("revision", {"artifact_id": new_id()}),
        ("revision", {"digest": "0" * 64}),
        ("revision", {"message_id": new_id()}),
        ("extraction", {"message_id": new_id()}),
    ],
)
async def test_artifacts_that_are_not_whole_are_refused(
    ada: Services, eve: Services, kind: str, fields: dict[str, Any]
) -> None:
    await answer(ada, await talk(ada), fenced())
    lines = await export(ada)
    at = _first(lines, kind)
    lines[at] = _with(lines[at], **fields)
    with pytest.raises(InvalidInput):
        await eve.transfer.import_lines(lines)
    assert (await artifacts(eve), await artifacts(eve, deleted=True)) == ([], [])
    assert (await eve.search.artifacts("tick")).items == []


async def test_an_artifact_that_did_not_come_whole_is_removed(
    db: Database, ada: Services, eve: Services
) -> None:
    await ada.artifacts.create("alone", type="text", title="Alone")
    lines = await export(ada)
    at = _first(lines, "artifact")
    lines[at] = _with(lines[at], revision=2)
    with pytest.raises(InvalidInput, match="has no newest revision"):
        await eve.transfer.import_lines(lines)
    left = await db.storage.read("globex", lambda tx: tx.count(Query(Artifact)))
    assert left == 0
    lines[at] = _with(lines[at], revision=1)
    assert (await eve.transfer.import_lines(lines)).added["artifact"] == 1


async def test_a_content_that_is_there_serves_an_artifact_that_is_not(
    ada: Services, eve: Services
) -> None:
    """Both say the same, so the file has the content once, with the first."""
    first, second = [
        await ada.artifacts.create("alone", type="text", title=title) for title in ("A", "B")
    ]
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    await eve.artifacts.delete(second.id)
    await eve.artifacts.purge(second.id)
    report = await eve.transfer.import_lines(lines)
    assert report.added == {"artifact": 1, "revision": 1}
    assert await said(eve, second) == await said(eve, first)


async def test_a_content_comes_back_with_its_time(ada: Services, eve: Services) -> None:
    """An artifact says what a younger one said before it, and is in the file first."""
    first = await ada.artifacts.create("one", type="text", title="A")
    await ada.artifacts.create("two", type="text", title="B")
    await ada.artifacts.update(first.id, content="two")
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    assert (await export(eve))[1:] == lines[1:]


async def test_a_digest_alone_opens_nothing(ada: Services, bob: Services) -> None:
    """Bob knows the digest of what Ada keeps, and claims to have said it."""
    await ada.artifacts.create("Ada's secret", type="text", title="Secret")
    lines = await export(ada)
    hers = [msgspec.json.decode(line) for line in lines]
    claimed = [
        _with(line, **{"id" if made["kind"] == "artifact" else "artifact_id": chosen})
        for chosen in [new_id()]
        for line, made in zip(lines, hers, strict=True)
        if made["kind"] in ("artifact", "revision")
    ]
    end = msgspec.json.encode({"kind": "end", "records": len(claimed)})
    with pytest.raises(InvalidInput, match="is not in the file"):
        await bob.transfer.import_lines([lines[0], *claimed, end])
    assert await artifacts(bob) == []


async def test_a_collection_goes_out_with_what_is_its_owners(
    ada: Services, bob: Services, eve: Services
) -> None:
    """What somebody else shared can be collected, and is not hers to take along."""
    foreign = await bob.artifacts.create("Bob's", type="text", title="Bob's")
    await bob.shares.share(foreign.id, "ada")
    own = await ada.artifacts.create("Ada's", type="text", title="Ada's")
    both = await ada.collections.create("Both")
    for each in (foreign, own):
        await ada.collections.add(both.id, each.id)
    report = await eve.transfer.import_lines(await export(ada))
    assert (report.added["collected"], report.problems) == (1, [])
    assert [a.title for a in await artifacts(eve, collection_id=both.id)] == ["Ada's"]


async def test_a_file_that_collects_what_is_not_in_it_comes_in_without_that(
    ada: Services, eve: Services
) -> None:
    """As earlier releases wrote them."""
    own = await ada.artifacts.create("Ada's", type="text", title="Ada's")
    both, _ = [await ada.collections.create(name) for name in ("Both", "Other")]
    await ada.collections.add(both.id, own.id)
    lines = await export(ada)
    at = _first(lines, "collected")
    lost = [_with(lines[at], artifact_id=new_id()), _with(lines[at], collection_id=new_id())]
    lines[at:at] = lost
    lines[-1] = _with(lines[-1], records=len(lines) - 2)
    for _ in range(2):
        report = await eve.transfer.import_lines(lines)
        assert report.conflicting == {}
        assert report.problems == [
            f"collected {msgspec.json.decode(line)[name]} does not exist"
            for line, name in zip(lost, ("artifact_id", "collection_id"), strict=True)
        ]
    assert [a.title for a in await artifacts(eve, collection_id=both.id)] == ["Ada's"]
    assert [each.name for each in await eve.collections.list()] == ["Both", "Other"]
