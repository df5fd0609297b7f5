"""Everything out, everything back, equal; and what is no whole export leaves nothing half done."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import hansard
from hansard import Database, Services
from hansard.errors import AlreadyExists, HansardError, InvalidInput
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Summary
from hansard.model.parts import Image, Text
from hansard.services.conversations import ConversationFilter
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA
from services.conftest import Clock
from services.making import CODE, answer, artifacts, element, fenced
from services.making import said as said_by
from services.talks import found, path, said, say, talk

pytestmark = pytest.mark.anyio

PICTURE = bytes(range(256)) * 1_500

Line = dict[str, Any]


async def export(who: Services, **which: Any) -> list[bytes]:
    return [line async for line in who.transfer.export(**which)]


async def _rich(db: Database, who: Services) -> None:
    """Something of everything."""
    await who.people.update_me(name="Ada", traits={"born": 1815})
    await who.settings.set("theme", {"dark": None})
    outer = await who.projects.create("outer", instructions="Be kind.")
    inner = await who.projects.create("inner", parent_id=outer.id, model="p/m")
    await who.projects.update(outer.id, parent_id=None, name="zzz")
    made = await who.conversations.create(
        title="Größe", project_id=inner.id, tags=["a"], metadata={"n": 10**30}
    )
    blob = await who.blobs.put(PICTURE, "image/png")
    await say(who, made, "one", "two", "three")
    one, two, _ = await path(who, made)
    shown = [Text("look"), Image(blob.id, "image/png")]
    await who.messages.append(made.id, [hansard.assistant(parts=shown, model="p/m", tokens_out=3)])
    await who.messages.edit(made.id, two.id, "zwei")
    fork = await who.branches.fork(made.id, at=two.id, name="later")
    await say(who, made, "x", branch=fork.id)
    await who.messages.delete(made.id, (await path(who, made, fork.id))[-1].id)
    await who.messages.delete(made.id, (await path(who, made, made.branch))[2].id)
    await who.ratings.rate(made.id, one.id, 1, "good")
    summary = Summary(
        tenant_id=who.scope.tenant, id=new_id(), conversation_id=made.id, branch=made.branch,
        seq=1, text="one and two", created_at=db.clock(), updated_at=db.clock(),
    )  # fmt: skip
    await db.storage.write(who.scope.tenant, lambda tx: tx.insert(summary))
    [run] = await who.chat.send(made.id, "hello there", model="echo/echo")
    await who.runs.wait(run.id)
    await db.runner.settle()
    await _made(who, made)
    gone = await talk(who, "in the trash", title="gone")
    await who.conversations.delete(gone.id)
    await talk(who, title="empty")


async def _made(who: Services, here: Conversation) -> None:
    """Artifacts: found, revised, alone, collected, in the trash."""
    await answer(who, here, fenced(), fenced(CODE * 100), element("plan", "Go."))
    clock = next(each for each in await artifacts(who) if each.type == "code")
    await who.artifacts.update(clock.id, content="print(1)\n", note="simpler", metadata={"n": 1})
    await who.artifacts.restore_revision(clock.id, 1)
    plan = next(each for each in await artifacts(who) if each.title == "plan")
    await who.artifacts.delete(plan.id)
    alone = await who.artifacts.create(
        "a,b\n1,2\n", type="csv", title="Table", project_id=here.project_id
    )
    both = await who.collections.create("Both", description="of them", project_id=here.project_id)
    for each in (clock, alone):
        await who.collections.add(both.id, each.id)


async def test_an_export_imported_elsewhere_is_exported_equal(
    db: Database, ada: Services, clock: Clock
) -> None:
    await _rich(db, ada)
    lines = await export(ada)
    there = db.scope("globex", "ada")
    clock.pass_time(days=3)
    report = await there.transfer.import_lines(lines)
    assert (report.present, report.different, report.problems) == ({}, {}, [])
    assert sum(report.added.values()) == len(lines) - 2
    again = await export(there)
    assert again[1:] == lines[1:]
    assert await found(there, "zwei") == {"zwei"}
    assert await found(there, "trash") == set()
    stats, other = await ada.stats.get(), await there.stats.get()
    assert other == stats
    assert [use.made for use in await there.artifacts.uses()] == [1, 1, 1]
    assert [hit.artifact.title for hit in (await there.search.artifacts("tick")).items] == [
        "clock.py"
    ]
    [blob] = [m.parts[1].blob for m in await _all_messages(there) if len(m.parts) > 1]
    assert b"".join([piece async for piece in there.blobs.read(blob)]) == PICTURE


async def _all_messages(who: Services) -> list[Any]:
    query = Query(Message).where(owner_id=who.scope.user)
    return await who.messages.storage.read(who.scope.tenant, lambda tx: tx.select(query))


async def test_the_imported_goes_on_as_if_it_had_been_said_here(
    db: Database, ada: Services, eve: Services
) -> None:
    await _rich(db, ada)
    await eve.transfer.import_lines(await export(ada))
    made = await eve.conversations.find("Größe")
    at = (await path(eve, made))[-1].id
    await eve.messages.append(made.id, [hansard.user("more")], expect_head=at)
    for branch in await eve.branches.list(made.id, deleted=True):
        await eve.branches.restore(made.id, branch.id)
    assert "three" in await said(eve, made, made.branch)
    await eve.conversations.restore((await _trash(eve))[0])
    await eve.conversations.delete(made.id)
    await eve.conversations.purge(made.id)
    left = await eve.stats.get()
    assert (left.conversations, left.messages) == (2, 1)
    assert (left.words, left.tokens_out, left.engaged_seconds) == (3, 0, 0)


async def _trash(who: Services) -> list[str]:
    wanted = ConversationFilter(deleted=True)
    return [c.id for c in (await who.conversations.list(filter=wanted)).items]


async def test_importing_twice_adds_nothing(db: Database, ada: Services, eve: Services) -> None:
    await _rich(db, ada)
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    stats = await eve.stats.get()
    report = await eve.transfer.import_lines(lines)
    assert (report.added, report.different) == ({}, {})
    assert sum(report.present.values()) == len(lines) - 2
    assert await eve.stats.get() == stats
    own = await ada.transfer.import_lines(lines)
    assert (own.added, own.different) == ({}, {})


async def test_what_is_different_here_stays_and_is_reported(ada: Services, eve: Services) -> None:
    made = await talk(ada, "hello", title="Rome")
    await ada.settings.set("theme", "dark")
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    await eve.conversations.update(made.id, title="Roma")
    await eve.settings.set("theme", "light")
    await say(eve, made, "new here")
    report = await eve.transfer.import_lines(lines)
    assert report.different == {"setting": 1, "conversation": 1, "branch": 1}
    assert report.problems[0] == "setting theme has other content here"
    assert (await eve.conversations.get(made.id)).title == "Roma"
    assert await said(eve, made) == ["hello", "new here"]


async def test_one_conversation_is_exported_alone(ada: Services, bob: Services) -> None:
    made, _ = await talk(ada, "hello", title="Rome"), await talk(ada, "secret")
    lines = await export(ada, conversation_id=made.id)
    kinds = [msgspec.json.decode(line)["kind"] for line in lines]
    assert kinds == ["export", "conversation", "branch", "message", "end"]
    with pytest.raises(HansardError):
        await export(bob, conversation_id=made.id)


async def test_lines_of_a_later_kind_are_counted_and_passed_over(
    ada: Services, eve: Services
) -> None:
    await talk(ada, "hello")
    lines = await export(ada)
    lines.insert(2, b'{"kind": "hologram", "id": 1}\n')
    report = await eve.transfer.import_lines(lines)
    assert report.unknown == {"hologram": 1}
    assert report.added["message"] == 1


def _edit(kind: str, **fields: Any) -> Callable[[list[Line]], None]:
    """Change fields of the last line of a kind."""

    def change(lines: list[Line]) -> None:
        [*_, line] = [line for line in lines if line["kind"] == kind]
        line.update(fields)

    return change


def _cut(lines: list[Line]) -> None:
    del lines[-1]


def _gap(lines: list[Line]) -> None:
    del lines[[i for i, line in enumerate(lines) if line["kind"] == "message"][1]]


def _no_main_branch(lines: list[Line]) -> None:
    lines[:] = [line for line in lines if line["kind"] not in ("branch", "message", "view")]


def _foreign_branch(lines: list[Line]) -> None:
    [line for line in lines if line["kind"] == "message"][-1]["branch"] = new_id()


def _foreign_conversation(lines: list[Line]) -> None:
    [line for line in lines if line["kind"] == "message"][-1]["conversation_id"] = new_id()


def _circle(lines: list[Line]) -> None:
    """Two branches that each left the other."""
    main = next(line for line in lines if line["kind"] == "branch")
    times = {name: main[name] for name in ("created_at", "updated_at", "conversation_id")}
    ids = [new_id(), new_id()]
    at = lines.index(main)
    lines[at:at] = [
        {"kind": "branch", "id": ids[i], "name": "b", "parent_branch": ids[1 - i], **times}
        for i in range(2)
    ]


def _orphan(lines: list[Line]) -> None:
    main = next(line for line in lines if line["kind"] == "branch")
    other = {**main, "id": new_id(), "parent_branch": new_id(), "head_seq": -1, "head_id": None}
    lines.insert(lines.index(main), other)


def _moved_main(lines: list[Line]) -> None:
    """The main branch says that it left another."""
    main = next(line for line in lines if line["kind"] == "branch")
    other = {**main, "id": new_id(), "head_seq": -1, "head_id": None}
    main["parent_branch"] = other["id"]
    lines.insert(lines.index(main), other)


def _below_zero(lines: list[Line]) -> None:
    for line in lines:
        if line["kind"] == "branch":
            line["fork_seq"], line["head_seq"] = -5, -3
    for seq, line in enumerate(line for line in lines if line["kind"] == "message"):
        line["seq"] = seq - 4


def _wrong_bytes(lines: list[Line]) -> None:
    [*_, chunk] = [line for line in lines if line["kind"] == "blob_chunk"]
    chunk["data"] = base64.b64encode(b"other bytes").decode()


def _missing_bytes(lines: list[Line]) -> None:
    del lines[[i for i, line in enumerate(lines) if line["kind"] == "blob_chunk"][-1]]


def _twice(lines: list[Line]) -> None:
    at = next(i for i, line in enumerate(lines) if line["kind"] == "message")
    lines.insert(at, lines[at])


_deep: Any = None
for _ in range(100):
    _deep = [_deep]

BAD: dict[str, Callable[[list[Line]], None]] = {
    "cut off": _cut,
    "a gap": _gap,
    "a message twice": _twice,
    "no main branch": _no_main_branch,
    "a foreign branch": _foreign_branch,
    "a foreign conversation": _foreign_conversation,
    "branches in a circle": _circle,
    "a branch from nowhere": _orphan,
    "a main branch that left another": _moved_main,
    "a depth below zero": _below_zero,
    "a head elsewhere": _edit("branch", head_seq=7),
    "other bytes": _wrong_bytes,
    "missing bytes": _missing_bytes,
    "a blob that is too large": _edit("blob", size=10**12),
    "a newer version": _edit("export", hansard=99),
    "another header": _edit("export", hansard="one"),
    "no header": lambda lines: lines.__delitem__(0),
    "two headers": lambda lines: lines.insert(1, lines[0]),
    "after the end": lambda lines: lines.append(lines[1]),
    "NUL": _edit("message", parts=[{"type": "text", "text": "\0"}]),
    "NUL in a key": _edit("message", metadata={"a\0": 1}),
    "an unknown part": _edit("message", parts=[{"type": "poem", "text": "x"}]),
    "no parts": _edit("message", parts=[]),
    "a wrong role": _edit("message", role="god"),
    "a wrong id": _edit("message", id="no id"),
    "a short id": _edit("message", id="abcd"),
    "a wrong parent": _edit("message", parent_id=new_id()),
    "a huge seq": _edit("message", seq=10**30),
    "a huge count": _edit("message", tokens_in=10**30),
    "a negative count": _edit("message", tokens_in=-5),
    "a time without a zone": _edit("message", created_at="2026-01-01T00:00:00"),
    "no time": _edit("message", created_at="yesterday"),
    "JSON that is too deep": _edit("message", metadata={"a": _deep}),
    "too large a message": _edit("message", parts=[{"type": "text", "text": "x " * 600_000}]),
    "too long a title": _edit("conversation", title="x" * 600),
    "a wrong id of a conversation": _edit("conversation", id="no id"),
    "a tag that is blank": _edit("conversation", tags=[" "]),
    "a huge version": _edit("conversation", version=10**30),
    "no version": _edit("conversation", version=0),
    "a model without a provider": _edit("conversation", model="m"),
    "a rating of 7": _edit("rating", value=7),
    "a rating of nothing": _edit("rating", message_id=new_id()),
    "a run that goes on": _edit("run", status="running"),
    "a view of nothing": _edit("view", branch=new_id()),
    "a setting with a huge number": _edit("setting", value=10**60),
    "a project inside itself": _edit("project", parent_id=new_id()),
    "too long a name": _edit("project", name="x" * 600),
    "too deep traits": _edit("user", traits={"a": _deep}),
}


@pytest.mark.parametrize("how", BAD.values(), ids=BAD.keys())
async def test_a_file_that_is_not_whole_leaves_nothing_half_written(
    db: Database,
    ada: Services,
    eve: Services,
    clock: Clock,
    how: Callable[[list[Line]], None],
) -> None:
    await ada.people.update_me(name="Ada", traits={"a": 1})
    await ada.settings.set("theme", 1)
    project = await ada.projects.create("Italy")
    made = await ada.conversations.create(title="Rome", tags=["a"], project_id=project.id)
    blob = await ada.blobs.put(PICTURE, "image/png")
    shown = [Text("look"), Image(blob.id, "image/png")]
    await ada.messages.append(
        made.id, [hansard.user("one"), hansard.user(parts=shown), hansard.user("three")]
    )
    await ada.ratings.rate(made.id, (await path(ada, made))[0].id, 1)
    await ada.branches.switch(made.id, made.branch)
    [run] = await ada.chat.send(made.id, "hello", model="echo/echo")
    await ada.runs.wait(run.id)
    await db.runner.settle()
    lines = [msgspec.json.decode(line) for line in await export(ada)]
    how(lines)
    with pytest.raises(InvalidInput):
        await eve.transfer.import_lines(msgspec.json.encode(line) for line in lines)
    counts = {
        table.name: await db.storage.read("globex", lambda tx, t=table: tx.count(Query(t.record)))
        for table in SCHEMA.tables
        if table.name not in ("users", "tenants", "settings", "projects", "feed", "activity")
    }
    blobs = {name: counts.pop(name) for name in ("blobs", "blob_chunks", "blob_uses")}
    assert not any(counts.values()), counts
    clock.pass_time(days=2)
    await db.tidy()
    for name in blobs:
        left = Query(next(t.record for t in SCHEMA.tables if t.name == name))
        assert await db.storage.read("globex", lambda tx, q=left: tx.count(q)) == 0, name
    stats = await eve.stats.get()
    assert (stats.conversations, stats.messages, stats.words) == (0, 0, 0)
    report = await eve.transfer.import_lines(await export(ada))
    assert report.added["message"] == 5, "the whole file is welcome afterwards"
    assert await said(eve, made) == ["one", "look", "three", "hello", "hello"]


async def test_what_is_no_export_at_all_is_refused(eve: Services) -> None:
    for lines in ([], [b""], [b"{}"], [b"\xff\xfe"], [b"[" * 100_000], [b"null"], [b"x" * 100]):
        with pytest.raises(InvalidInput):
            await eve.transfer.import_lines(lines)
    half = b'{"hansard": 1, "kind": "export", "exported_at": "2026-01-01T00:00:00Z"}'
    for line in (
        b'{"kind": "message"}',
        b'{"kind": "setting", "name": "a", "value": NaN}',
        b'{"kind": "setting", "name": "\\ud800", "value": 1}',
        b'{"kind": "end"}',
        b"\x00",
    ):
        with pytest.raises(InvalidInput) as refused:
            await eve.transfer.import_lines([half, line])
        assert "ine 2" in refused.value.message


async def test_a_file_that_only_ends_late_keeps_what_was_whole_before(
    ada: Services, eve: Services
) -> None:
    first, second = await talk(ada, "whole", title="one"), await talk(ada, "cut", title="two")
    lines = await export(ada)
    with pytest.raises(InvalidInput):
        await eve.transfer.import_lines(lines[:-2])
    assert await said(eve, first) == ["whole"]
    assert [c.title for c in (await eve.conversations.list()).items] == ["one"]
    report = await eve.transfer.import_lines(lines)
    assert report.added == {"conversation": 1, "branch": 1, "message": 1}
    assert await said(eve, second) == ["cut"]


async def test_what_the_database_refuses_leaves_what_was_whole_before(
    ada: Services, eve: Services
) -> None:
    """All three conversations are in one batch; an id of the second is in use here."""
    first, second, third = [await talk(ada, f"from {n}", title=n) for n in ("one", "two", "three")]
    lines = [msgspec.json.decode(line) for line in await export(ada)]
    taken = await talk(eve, "mine")
    [mine] = await path(eve, taken)
    [message] = [x for x in lines if x.get("conversation_id") == second.id and "parts" in x]
    [branch] = [x for x in lines if x.get("head_id") == message["id"]]
    message["id"] = branch["head_id"] = mine.id
    with pytest.raises(AlreadyExists):
        await eve.transfer.import_lines(msgspec.json.encode(line) for line in lines)
    assert await said(eve, first) == ["from one"]
    titles = {c.title for c in (await eve.conversations.list()).items}
    assert titles == {"one", taken.title}
    report = await eve.transfer.import_lines(await export(ada))
    assert report.added == {"conversation": 2, "branch": 2, "message": 2}
    assert await said(eve, third) == ["from three"]


# Artifacts


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
    assert await said_by(eve, clock) == [CODE, CODE + "\n"]
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
    ada: Services, eve: Services, kind: str, fields: Line
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
    with pytest.raises(InvalidInput, match="lacks its newest revision"):
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
    assert await said_by(eve, second) == await said_by(eve, first)


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
    with pytest.raises(InvalidInput, match="is not there"):
        await bob.transfer.import_lines([lines[0], *claimed, end])
    assert await artifacts(bob) == []
