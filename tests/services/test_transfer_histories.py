"""Whatever the history of a conversation, its export comes back equal."""

from __future__ import annotations

import msgspec
import pytest

import hansard
from hansard import Database, Services
from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.conversations import Conversation
from services.conftest import Clock
from services.histories import History
from services.talks import export, path, said, say, talk

pytestmark = pytest.mark.anyio


async def _rehung(who: Services, *more: str) -> Conversation:
    """A conversation with a branch that hangs on one which is younger: an edit, and a deletion before it."""
    made = await talk(who, "one", "two", "three", "four")
    _, two, three, _ = await path(who, made)
    await who.messages.edit(made.id, three.id, "drei")
    if more:
        await say(who, made, *more)
    await who.messages.delete(made.id, two.id)
    return made


def _by_age(lines: list[bytes]) -> list[bytes]:
    """The lines of an export of one conversation in the order of earlier releases: the oldest branch first."""
    records = [msgspec.json.decode(line) for line in lines]
    branches = [r for r in records if r["kind"] == "branch"]
    branches.sort(key=lambda branch: (branch["created_at"], branch["id"]))
    age = {branch["id"]: number for number, branch in enumerate(branches)}
    messages = [r for r in records if r["kind"] == "message"]
    messages.sort(key=lambda message: (age[message["branch"]], message["seq"]))
    first = next(i for i, r in enumerate(records) if r["kind"] == "branch")
    rest = [r for r in records[first:] if r["kind"] not in ("branch", "message")]
    return [msgspec.json.encode(r) for r in [*records[:first], *branches, *messages, *rest]]


async def test_a_branch_that_hangs_on_a_younger_one_comes_back(
    ada: Services, eve: Services
) -> None:
    made = await _rehung(ada)
    lines = await export(ada)
    report = await eve.transfer.import_lines(lines)
    assert report.added["branch"] == 3
    assert (await export(eve))[1:] == lines[1:]
    [top] = [b for b in await eve.branches.list(made.id, deleted=True) if b.cut_from]
    await eve.branches.restore(made.id, top.id)
    assert await said(eve, made, made.branch) == ["one", "two", "three", "four"]


async def test_what_was_restored_beside_something_new_comes_back(
    ada: Services, eve: Services
) -> None:
    """Nothing is in the trash any more, but a branch still hangs on a younger one."""
    made = await _rehung(ada)
    await say(ada, made, "something else", branch=made.branch)
    [top] = [b for b in await ada.branches.list(made.id, deleted=True) if b.cut_from]
    await ada.branches.restore(made.id, top.id)
    lines = await export(ada)
    await eve.transfer.import_lines(lines)
    assert (await export(eve))[1:] == lines[1:]
    assert len(await eve.branches.list(made.id)) == 3


async def test_a_file_with_a_branch_before_the_one_it_left_is_welcome(
    ada: Services, eve: Services
) -> None:
    """As earlier releases wrote them. The counters are as if all had been said here."""
    await _rehung(ada, *(f"more {number}" for number in range(600)))  # more than come in at once
    lines = await export(ada)
    before = _by_age(lines)
    assert [msgspec.json.decode(line) for line in before] != [
        msgspec.json.decode(line) for line in lines
    ]
    await eve.transfer.import_lines(before)
    assert (await export(eve))[1:] == lines[1:]
    assert await eve.statistics.get() == await ada.statistics.get()


@pytest.mark.parametrize("parent", [True, False], ids=["another message", "no message"])
async def test_a_branch_that_left_another_where_it_was_not_is_refused(
    ada: Services, eve: Services, parent: bool
) -> None:
    await _rehung(ada)
    lines = [msgspec.json.decode(line) for line in await export(ada)]
    messages = {line["id"]: line for line in lines if line["kind"] == "message"}
    first = next(
        m
        for m in messages.values()
        if m["parent_id"] and messages[m["parent_id"]]["branch"] != m["branch"]
    )
    first["parent_id"] = new_id() if parent else None
    for message in messages.values():
        del message["digest"]
    with pytest.raises(InvalidInput, match="does not start at its fork point"):
        await eve.transfer.import_lines(msgspec.json.encode(line) for line in lines)
    assert (await eve.conversations.list()).items == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_history_comes_back_equal(
    db: Database, ada: Services, eve: Services, clock: Clock, seed: int
) -> None:
    made = await ada.conversations.create(title=f"History {seed}")
    await ada.messages.append(made.id, [hansard.user("first")])
    history = History(ada, made, seed)
    for _ in range(40):
        await history.step()
    lines = await export(ada)
    clock.pass_time(days=1)
    report = await eve.transfer.import_lines(lines)
    assert (report.unchanged, report.conflicting, report.problems) == ({}, {}, [])
    assert (await export(eve))[1:] == lines[1:]
    assert await eve.statistics.get() == await ada.statistics.get()
    earlier = db.scope("third", "ada")
    await earlier.transfer.import_lines(_by_age(lines))
    assert (await export(earlier))[1:] == lines[1:]
