from __future__ import annotations

import asyncio

import pytest

from hansard.model.parts import Text
from hansard.providers.base import Request, Turn
from hansard.providers.echo import Echo
from hansard.providers.retrying import stream_with_retries

pytestmark = pytest.mark.anyio


async def test_a_wish_to_stop_is_never_lost_between_two_words() -> None:
    """Whichever step of the event loop it comes at: in Python 3.11 `asyncio.wait_for` would swallow some."""
    request = Request(
        model="echo", system="", turns=(Turn("user", (Text("a " * 50),)),), options={}
    )

    async def listen() -> None:
        async for _ in stream_with_retries(Echo(), request):
            await asyncio.sleep(0)

    for steps in range(1, 40):
        listening = asyncio.create_task(listen())
        for _ in range(steps):
            await asyncio.sleep(0)
        assert not listening.done()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
