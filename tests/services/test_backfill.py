"""What was stored before there were artifacts is looked through once, and may be stopped on the way."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import pytest

import hansard
from hansard import Services
from hansard.services.artifacts.backfill import BackfillProgress
from hansard.services.conversations.drafts import append_request
from services.making import CODE, artifacts, fenced, said
from services.talks import talk

pytestmark = pytest.mark.anyio


async def _before(services: Services, *texts: str) -> str:
    """A conversation as a release without artifacts stored it; its id."""
    made = await talk(services, "hello")
    drafts = [hansard.assistant(text) for text in texts]
    request = append_request(services.scope, made.id, drafts, services.messages.clock())
    await services.messages.run_write(lambda tx: tx.append(request))
    return made.id


async def _scan(services: Services, **how: Any) -> list[int]:
    return [scanned.found async for scanned in services.backfill.run(**how)]


async def test_old_conversations_are_looked_through_once(ada: Services, bob: Services) -> None:
    first = await _before(ada, fenced(), fenced(CODE + "\n"))
    await _before(ada, "Nothing.")
    await _before(bob, fenced())
    assert (await artifacts(ada), await ada.backfill.remaining()) == ([], 2)
    assert await _scan(ada) == [2, 0]
    [clock] = await artifacts(ada)
    assert (clock.conversation_id, clock.revision) == (first, 2)
    assert await said(ada, clock) == [CODE, CODE + "\n"]
    assert (await ada.backfill.remaining(), await _scan(ada)) == (0, [])
    assert await _scan(ada, again=True) == [0, 0]
    assert await artifacts(bob) == []
    await _before(ada, fenced())
    assert await _scan(ada) == [1]


async def test_it_goes_on_where_it_was_stopped(ada: Services) -> None:
    for _ in range(3):
        await _before(ada, fenced())
    scanning = cast("AsyncGenerator[BackfillProgress]", ada.backfill.run())
    async with aclosing(scanning):
        assert (await anext(scanning)).found == 1
    assert len(await artifacts(ada)) == 1
    assert await _scan(ada) in ([1, 1], [0, 1, 1]), "the last one may be looked at again"
    assert [each.revision for each in await artifacts(ada)] == [1, 1, 1]


async def test_what_is_in_the_trash_stays_there(ada: Services) -> None:
    gone = await _before(ada, fenced())
    await ada.conversations.delete(gone)
    assert await _scan(ada) == [1]
    assert await artifacts(ada) == []
    await ada.conversations.restore(gone)
    assert len(await artifacts(ada)) == 1
