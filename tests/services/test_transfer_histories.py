"""Whatever the history of a conversation, its export comes back equal."""

from __future__ import annotations

import msgspec
import pytest

from hansard import Services
from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.conversations import Conversation
from services.talks import export, path, say, talk

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


async def test_a_file_with_a_branch_before_the_one_it_left_is_welcome(
    ada: Services, eve: Services
) -> None:
    """As earlier releases wrote them. The counters are as if all had been said here."""
    await _rehung(ada, *(f"more {number}" for number in range(600)))  # more than come in at once
    lines = await export(ada)
    before = _by_age(lines)
    await eve.transfer.import_lines(before)
    assert (await export(eve))[1:] == lines[1:]
    assert await eve.stats.get() == await ada.stats.get()


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
    with pytest.raises(InvalidInput, match="does not begin where it left another"):
        await eve.transfer.import_lines(msgspec.json.encode(line) for line in lines)
    assert (await eve.conversations.list()).items == []
