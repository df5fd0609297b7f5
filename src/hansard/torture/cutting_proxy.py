"""A proxy to a PostgreSQL server that cuts the connection at a chosen moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

PORT = 5432
"""The port of a server whose address names none."""
Cut = Literal["before", "after"]


class Proxy:
    """Forwards data between client and server until it sees the texts to cut at."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._words: list[bytes] = []
        self._client: object = None
        """The client that sent the first of the texts."""
        self._when: Cut = "before"
        self.url = ""

    def cut_at(self, *words: str, when: Cut) -> None:
        """Cut the connection of the client that next sends the first of `words` and then the others, at the last of
        them.

        The connection is cut before the server receives it, or after the server has responded. In both cases the
        client receives nothing.
        """
        self._words, self._when = [word.encode() for word in words], when
        self._client = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection(self._target.hostname, self._target.port or PORT)
        is_cut = asyncio.Event()
        forwarding = asyncio.create_task(_forward(upstream[0], writer, is_cut))
        try:
            while data := await reader.read(65536):
                if self._is_last_word(data, writer):
                    is_cut.set()
                    if self._when == "before":
                        break
                    upstream[1].write(data)
                    await forwarding
                    break
                upstream[1].write(data)
        finally:
            forwarding.cancel()
            upstream[1].close()
            writer.close()

    def _is_last_word(self, data: bytes, client: object) -> bool:
        """Return whether a client has now sent all texts to cut at."""
        if self._client not in (None, client):
            return False
        at = 0
        while self._words and (start := data.find(self._words[0], at)) >= 0:
            at = start + len(self._words.pop(0))
            self._client = client if self._words else None
            if not self._words:
                return True
        return False

    def listening_at(self, port: int) -> None:
        user, at, _ = self._target.netloc.rpartition("@")
        self.url = urlunsplit(self._target._replace(netloc=f"{user}{at}127.0.0.1:{port}"))


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_cut: asyncio.Event
) -> None:
    """Forward data from the server until it closes, or sends something to a client that must receive nothing."""
    while (data := await reader.read(65536)) and not is_cut.is_set():
        writer.write(data)
    writer.close()


@asynccontextmanager
async def cutting_proxy(url: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(url)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.listening_at(server.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        server.close()
