"""Everything out, everything back, equal; and what is no whole export leaves nothing half done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hansard
from hansard import Database, Services
from hansard.errors import HansardError
from hansard.formats import jsonl
from hansard.ids import new_id
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Summary
from hansard.model.parts import Image, Text
from hansard.model.prompts import Variable
from hansard.services.conversations.service import ConversationFilter
from hansard.services.transfer import snapshots
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import CODE, answer, artifacts, element, fenced
from services.talks import export, found, path, said, say, talk

pytestmark = pytest.mark.anyio

RECORDED = Path(__file__).with_name("recorded") / "export.jsonl"
EARLIER = RECORDED.with_name("earlier.jsonl")
PICTURE = bytes(range(256)) * 1_500


async def _rich(db: Database, who: Services) -> None:
    """Something of everything."""
    await who.users.update_me(name="Ada", traits={"born": 1815})
    await who.settings.set("theme", {"dark": None})
    rule = await who.rules.create("brief", "Be brief.", always=True, tags=["style"])
    agent = await who.agents.create("Writer", options={"temperature": 0.5}, rules=[rule.id])
    template = await who.prompts.create("hi", "Hi {{ a }}.", variables=[Variable("a")])
    await who.prompts.update(template.id, body="Hello {{ a }}.", follow_ups=["And now?"])
    await who.prompts.create("task", "Do.", agent_id=agent.id)
    key = await who.api_keys.create("work", "a-key-of-nobody-at-all")
    await who.providers.create("mine", "openrouter", api_key_id=key.id, enabled=False)
    outer = await who.projects.create("outer", instructions="Be kind.", rules=[rule.id])
    inner = await who.projects.create("inner", parent_id=outer.id, model="p/m")
    await who.projects.update(outer.id, parent_id=None, name="zzz")
    made = await who.conversations.create(
        title="Größe",
        project_id=inner.id,
        tags=["a"],
        metadata={"n": 10**30},
        agent_id=agent.id,
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
    kinds = {msgspec.json.decode(line)["kind"] for line in lines[1:-1]}
    assert kinds == set(jsonl.KINDS), "a record type is in no export"
    there = db.scope("globex", "ada")
    clock.pass_time(days=3)
    report = await there.transfer.import_lines(lines)
    assert (report.unchanged, report.conflicting, report.problems) == ({}, {}, [])
    assert sum(report.added.values()) == len(lines) - 2
    again = await export(there)
    assert again[1:] == lines[1:]
    assert await found(there, "zwei") == {"zwei"}
    assert await found(there, "trash") == set()
    stats, other = await ada.statistics.get(), await there.statistics.get()
    assert other == stats
    assert [use.made for use in await there.artifacts.uses()] == [1, 1, 1]
    assert [hit.artifact.title for hit in (await there.search.artifacts("tick")).items] == [
        "clock.py"
    ]
    [blob] = [m.parts[1].blob for m in await _all_messages(there) if len(m.parts) > 1]
    assert b"".join([piece async for piece in there.blobs.read(blob)]) == PICTURE


@pytest.mark.parametrize("page", [2, 7, 500])
async def test_an_export_is_what_it_was_byte_for_byte(
    db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """The recorded one was written once. Also when it is read in small pages."""
    monkeypatch.setattr(snapshots, "PAGE", page)
    recorded = RECORDED.read_bytes().splitlines(keepends=True)
    there = db.scope("globex", "ada")
    await there.transfer.import_lines(recorded)
    at = clock.now + timedelta(seconds=1)
    assert await export(there) == [jsonl.write_header(at), *recorded[1:]]


async def test_an_export_of_an_earlier_version_is_imported_whole(db: Database) -> None:
    """It has no tags, and not all fields of today."""
    earlier = [msgspec.json.decode(line) for line in EARLIER.read_bytes().splitlines()]
    there = db.scope("globex", "ada")
    report = await there.transfer.import_lines(EARLIER.read_bytes().splitlines(keepends=True))
    assert (report.unchanged, report.conflicting, report.problems) == ({}, {}, [])
    again = [msgspec.json.decode(line) for line in await export(there)]
    now = [each for each in again[1:-1] if each["kind"] != "tag"]
    known = [
        {name: value for name, value in one.items() if name in then}
        for one, then in zip(now, earlier[1:-1], strict=True)
    ]
    assert known == earlier[1:-1]
    assert [tag.name for tag in await there.tags.list()] == ["a"]


async def _all_messages(who: Services) -> list[Any]:
    query = Query(Message).where(owner_id=who.scope.user)
    return await who.messages.run_read(lambda tx: tx.select(query))


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
    left = await eve.statistics.get()
    assert (left.conversations, left.messages) == (2, 1)
    assert (left.words, left.tokens_out, left.engaged_seconds) == (3, None, 0)


async def _trash(who: Services) -> list[str]:
    wanted = ConversationFilter(deleted=True)
    return [c.id for c in (await who.conversations.list(filter=wanted)).items]


async def test_importing_twice_adds_nothing(db: Database, ada: Services, eve: Services) -> None:
    await _rich(db, ada)
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    stats = await eve.statistics.get()
    report = await eve.transfer.import_lines(lines)
    assert (report.added, report.conflicting) == ({}, {})
    assert sum(report.unchanged.values()) == len(lines) - 2
    assert await eve.statistics.get() == stats
    own = await ada.transfer.import_lines(lines)
    assert (own.added, own.conflicting) == ({}, {})


async def test_what_is_different_here_stays_and_is_reported(ada: Services, eve: Services) -> None:
    made = await talk(ada, "hello", title="Rome")
    await ada.settings.set("theme", "dark")
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    await eve.conversations.update(made.id, title="Roma")
    await eve.settings.set("theme", "light")
    await say(eve, made, "new here")
    report = await eve.transfer.import_lines(lines)
    assert report.conflicting == {"setting": 1, "conversation": 1, "branch": 1}
    assert report.problems[0] == "setting theme exists with other content"
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
    lines[-1] = jsonl.write_end(len(lines) - 2)
    report = await eve.transfer.import_lines(lines)
    assert report.unknown == {"hologram": 1}
    assert report.added["message"] == 1
