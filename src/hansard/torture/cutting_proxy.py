"""A wire to a PostgreSQL server that can be cut at a chosen moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

PORT = 5432
"""Where a server is whose address does not say."""
Cut = Literal["before", "after"]


class Proxy:
    """Passes on what client and server say to each other, until it sees the words to cut at."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._words: list[bytes] = []
        self._speaker: object = None
        """The client that has said the first of them."""
        self._when: Cut = "before"
        self.url = ""

    def cut_at(self, *words: str, when: Cut) -> None:
        """Cut the connection of the client that next says the first of `words`, and then the others, at the last.

        It is cut before the server hears that or after it has answered; in both cases the client hears nothing.
        """
        self._words, self._when = [word.encode() for word in words], when
        self._speaker = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._target.hostname, self._target.port or PORT)
        deaf = asyncio.Event()
        down = asyncio.create_task(_pass_on(there[0], writer, deaf))
        try:
            while data := await reader.read(65536):
                if self._is_last_word(data, writer):
                    deaf.set()
                    if self._when == "before":
                        break
                    there[1].write(data)
                    await down
                    break
                there[1].write(data)
        finally:
            down.cancel()
            there[1].close()
            writer.close()

    def _is_last_word(self, data: bytes, client: object) -> bool:
        """Whether a client has now said all words to cut at."""
        if self._speaker not in (None, client):
            return False
        at = 0
        while self._words and (found := data.find(self._words[0], at)) >= 0:
            at = found + len(self._words.pop(0))
            self._speaker = client if self._words else None
            if not self._words:
                return True
        return False

    def listening_at(self, port: int) -> None:
        user, at, _ = self._target.netloc.rpartition("@")
        self.url = urlunsplit(self._target._replace(netloc=f"{user}{at}127.0.0.1:{port}"))


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event
) -> None:
    """Pass on what the server says until it hangs up, or until it says something to a deaf client."""
    while (data := await reader.read(65536)) and not deaf.is_set():
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
