"""MCP over standard input and output: one client, which started this process."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from contextlib import redirect_stdout, suppress
from typing import Any

from anyio import BrokenResourceError
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

from hansard.errors import TooLarge
from hansard.model.checks import clean_text
from hansard.output import terminal_output

MAX_LINE = 16 * 1024 * 1024
"""Bytes of one request."""
_CHUNK = 64 * 1024


async def serve(server: Server[Any]) -> None:
    """Serve until the client closes standard input, or goes away. Raises TooLarge for a request over `MAX_LINE`.

    Meanwhile standard output belongs to the protocol: whatever else is written there goes to standard error.
    """
    requests: Any = _lines(0)
    try:
        with redirect_stdout(terminal_output()):
            async with stdio_server(stdin=requests) as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())
    except* (BrokenPipeError, BrokenResourceError):
        pass  # the client has gone away; or this is cancelled while a request arrives, which the library reports so
    except* TooLarge as group:
        raise group.exceptions[0] from None
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """Yield the lines of a file descriptor.

    They are read on a daemon thread, because a read cannot be cancelled and must not keep the process alive.
    """
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    turn = threading.Semaphore()  # one chunk is read while the one before it is used
    arguments = (descriptor, asyncio.get_running_loop(), chunks, turn)
    threading.Thread(target=_read, args=arguments, daemon=True).start()
    waiting = bytearray()
    while chunk := await chunks.get():
        turn.release()
        searched = len(waiting)
        waiting += chunk
        if b"\n" in chunk:
            end = waiting.rindex(b"\n", searched) + 1
            for line in waiting[:end].splitlines():
                yield _readable(line.decode("utf-8", "replace"))
            del waiting[:end]
        if len(waiting) > MAX_LINE:
            raise TooLarge(f"A request must not exceed {MAX_LINE} bytes.")


def _readable(line: str) -> str:
    """Return a request with its halves of characters replaced: the library leaves one with them unanswered."""
    if "\\ud" not in line.lower():
        return line
    with suppress(ValueError, RecursionError):
        return clean_text(json.dumps(json.loads(line), ensure_ascii=False))
    return line


def _read(
    descriptor: int,
    loop: asyncio.AbstractEventLoop,
    chunks: asyncio.Queue[bytes],
    turn: threading.Semaphore,
) -> None:
    """Put what can be read into `chunks`, and an empty one at the end."""
    chunk = b"-"
    while chunk:
        turn.acquire()
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:
            chunk = b""
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)
