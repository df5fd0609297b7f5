"""Two writers on one conversation: each says which message it saw last.

If the branch has gone on meanwhile, the writer chose beforehand what happens: it is told, its message is placed
after what came, or it gets a branch of its own from where it was.
"""

from __future__ import annotations

import pytest

import hansard
from hansard import Services
from hansard.errors import HeadConflict

pytestmark = pytest.mark.anyio


async def _race(ada: Services) -> tuple[str, str]:
    """A conversation, and a head that is no longer the last message."""
    talk = await ada.conversations.create()
    [seen] = await ada.messages.append(talk.id, [hansard.user("both saw this")])
    await ada.messages.append(talk.id, [hansard.user("the other was faster")])
    return talk.id, seen.id


async def test_the_slower_writer_is_told(ada: Services) -> None:
    talk, seen = await _race(ada)
    with pytest.raises(HeadConflict) as told:
        await ada.messages.append(talk, [hansard.user("me too")], expect_head=seen)
    page = await ada.messages.read(talk)
    assert told.value.details["head"] == page.items[-1].id


async def test_or_is_placed_after_the_faster_one(ada: Services) -> None:
    talk, seen = await _race(ada)
    late = [hansard.user("me too")]
    [placed] = await ada.messages.append(talk, late, expect_head=seen, on_conflict="append")
    assert placed.seq == 2


async def test_or_goes_on_alone_on_a_branch(ada: Services) -> None:
    talk, seen = await _race(ada)
    late = [hansard.user("me too")]
    [placed] = await ada.messages.append(talk, late, expect_head=seen, on_conflict="fork")
    assert (placed.seq, placed.parent_id) == (1, seen)
    assert len(await ada.branches.list(talk)) == 2
