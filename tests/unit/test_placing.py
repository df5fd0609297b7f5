"""Paths as ranges: in any tree, they are what a walk from the head to the root finds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import hansard
from hansard import Services
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import Text
from hansard.storage import message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query

# A tree grows by steps: say so many on a branch, or leave a branch at one of its path's messages.
steps = st.lists(
    st.tuples(st.sampled_from(("say", "fork", "edit")), st.integers(0, 20), st.integers(0, 20)),
    max_size=14,
)


async def _grow(ada: Services, made: Conversation, grown: list[tuple[str, int, int]]) -> None:
    await ada.messages.append(made.id, [hansard.user(str(n)) for n in range(3)])
    for step, which, n in grown:
        branches = await ada.branches.list(made.id)
        branch = branches[which % len(branches)]
        path = [m async for m in ada.messages.all(made.id, branch=branch.id)]
        if step == "say":
            drafts = [hansard.user("said") for _ in range(1 + n % 3)]
            await ada.messages.append(made.id, drafts, branch=branch.id)
        elif path and step == "fork":
            await ada.branches.fork(made.id, at=path[n % len(path)].id)
        elif path:
            await ada.messages.edit(made.id, path[n % len(path)].id, "edited")


@given(steps)
def test_a_path_is_what_a_walk_to_the_root_finds(grown: list[tuple[str, int, int]]) -> None:
    asyncio.run(_check_tree(grown))


async def _check_tree(grown: list[tuple[str, int, int]]) -> None:
    async with hansard.connect("memory:", providers=[]) as db:
        ada = db.scope()
        made = await ada.conversations.create()
        await _grow(ada, made, grown)

        async def check(tx: Reader) -> None:
            messages = {m.id: m for m in await tx.select(Query(Message))}
            for branch in await tx.select(Query(Branch)):
                walked = _walk(messages, branch.head_id)
                assert [m.seq for m in walked] == list(range(branch.head_seq + 1))
                await _check_ranges(tx, branch, walked)

        await db.storage.read("local", check)


def _walk(messages: dict[str, Message], head: str | None) -> list[Message]:
    found: list[Message] = []
    while head is not None:
        found.append(messages[head])
        head = messages[head].parent_id
    return found[::-1]


async def _check_ranges(tx: Reader, branch: Branch, walked: list[Message]) -> None:
    assert await message_tree.path(tx, branch, 0, branch.head_seq) == walked
    for first in range(-2, len(walked) + 1):
        for last in range(first - 1, len(walked) + 1):
            found = await message_tree.path(tx, branch, first, last)
            assert found == walked[max(first, 0) : max(last + 1, 0)]
    ranges = await message_tree.segments(tx, branch, 0, branch.head_seq)
    assert sum(high - low + 1 for _, low, high in ranges) == len(walked)
    assert len({name for name, _, _ in ranges}) == len(ranges), "a branch is read once"
    for message in walked:
        assert (await message_tree.owning_branch(tx, branch, message.seq)).id == message.branch


def _message(minutes: float, **fields: Any) -> Message:
    at = datetime.fromtimestamp(minutes * 60, UTC)
    plain: dict[str, Any] = {
        "tenant_id": "t", "created_at": at, "id": f"m{minutes}", "conversation_id": "c",
        "branch": "b", "seq": 0, "owner_id": "ada", "role": "user", "parts": (Text("two words"),),
    }  # fmt: skip
    return Message(**plain | fields)


def test_messages_are_placed_one_after_the_other() -> None:
    placed = message_tree.assign_positions((_message(1), _message(2)), "branch", 6, "head", None)
    assert [(m.branch, m.seq, m.parent_id) for m in placed] == [
        ("branch", 7, "head"),
        ("branch", 8, "m1"),
    ]


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=8),
    st.none() | st.integers(0, 300),
    st.integers(0, 8),
)
def test_counters_taken_back_leave_nothing(
    minutes: list[int], before: int | None, cut: int
) -> None:
    messages = [_message(m, tokens_out=3, model="p/m") for m in minutes]
    start = None if before is None else datetime.fromtimestamp(before * 60, UTC)
    sums = message_tree.activity(messages, None, start)
    back: list[Any] = []
    if messages[:cut]:
        back += message_tree.activity(messages[:cut], None, start, -1)
    if messages[cut:]:
        at = messages[cut - 1].created_at if cut else start
        back += message_tree.activity(messages[cut:], None, at, -1)
    for name in ("messages", "words", "characters", "tokens_out", "engaged_seconds"):
        assert sum(getattr(row, name) for row in (*sums, *back)) == 0, name
    assert sum(row.words for row in sums) == 2 * len(messages)


def test_a_preview_is_the_beginning_in_one_line() -> None:
    assert message_tree.preview(_message(1, parts=(Text(" a\n\n b\t c "),))) == "a b c"
    assert message_tree.preview(_message(1, parts=(Text("x" * 999),))) == "x" * message_tree.PREVIEW
    assert message_tree.preview(msgspec.structs.replace(_message(1), parts=())) == ""
