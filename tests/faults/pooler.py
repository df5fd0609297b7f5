"""A pooler in transaction mode: clients share a few sessions of the server, and each transaction gets the next one.

It is the least that shows what depends on a session. Whoever has PgBouncer installed tests with that too.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from faults.sessions import until
from postgres_server import NOBODY, _free_port

PGBOUNCER = shutil.which("pgbouncer")
SESSIONS = 3
_KEY = b"K" + (12).to_bytes(4) + (77).to_bytes(4) + (77).to_bytes(4)
"""What clients are told to be their session's process, which is nobody's."""


class Session:
    """A session of the server, and what it says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def message(self) -> bytes:
        head = await self.reader.readexactly(5)
        return head + await self.reader.readexactly(int.from_bytes(head[1:]) - 4)


class Multiplexer:
    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._idle: deque[Session] = deque()
        self._free = asyncio.Condition()
        self._welcome = b""
        self._clients: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        for _ in range(SESSIONS):
            session = Session(*await asyncio.open_connection(self._url.hostname, self._url.port))
            names = f"user\0{self._url.username}\0database\0{self._url.path[1:]}\0client_encoding\0UTF8\0\0"
            body = (196608).to_bytes(4) + names.encode()
            session.writer.write((len(body) + 4).to_bytes(4) + body)
            said = b""
            while not (message := await session.message()).startswith(b"Z"):
                said += message if message[:1] in b"RS" else b""
            self._welcome = said + _KEY + message
            self._idle.append(session)

    async def close(self) -> None:
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        for session in self._idle:
            await _hang_up(session.writer)

    def begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.create_task(self._serve(reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._listen(reader, writer)
        finally:
            await _hang_up(writer)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await _startup(reader, writer)
            writer.write(self._welcome)
            client = Session(reader, writer)
            while True:
                message = await client.message()
                if message.startswith(b"X"):
                    break
                await self._transaction(client, message)

    async def _transaction(self, client: Session, message: bytes) -> None:
        """From a client's first message to the moment when the session is out of a transaction again."""
        async with self._free:
            await self._free.wait_for(lambda: self._idle)
            session = self._idle.popleft()
        try:
            while True:
                session.writer.write(message)
                if message[:1] in b"QSH" and await _answered(session, client, message[:1]):
                    return
                message = await client.message()
                if message.startswith(b"X"):
                    raise ConnectionResetError
        except (asyncio.IncompleteReadError, ConnectionError):
            session.writer.write(_query("ROLLBACK"))
            await _answered(session, None, b"Q")
            raise
        finally:
            async with self._free:
                self._idle.append(session)
                self._free.notify()


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        body = await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
        if int.from_bytes(body[:4]) == 196608:
            return
        writer.write(b"N")  # no TLS here


async def _answered(session: Session, client: Session | None, asked: bytes) -> bool:
    """Pass on an answer; gives whether the session is out of a transaction after it.

    What a flush (`H`) is sent for is the description of a statement; it ends nothing.
    """
    last = b"TnE" if asked == b"H" else b"Z"
    while True:
        message = await session.message()
        if client is not None:
            client.writer.write(message)
        if message[:1] in last:
            return message[:1] == b"Z" and message[5:] == b"I"


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def _query(text: str) -> bytes:
    body = text.encode() + b"\0"
    return b"Q" + (len(body) + 4).to_bytes(4) + body


@asynccontextmanager
async def multiplexer(url: str) -> AsyncIterator[str]:
    shared = Multiplexer(url)
    await shared.open()
    server = await asyncio.start_server(shared.begin, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}"
    finally:
        server.close()
        await shared.close()


@asynccontextmanager
async def pgbouncer(url: str) -> AsyncIterator[str]:
    """The real one, which has to be installed."""
    port = _free_port()
    with _pgbouncer(url, port):
        await until(lambda: _listens(port))
        yield f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}"


@contextmanager
def _pgbouncer(url: str, port: int) -> Iterator[None]:
    assert PGBOUNCER is not None
    there = urlsplit(url)
    with tempfile.TemporaryDirectory(prefix="hansard-pooler-") as name:
        home = Path(name)
        home.chmod(0o755)
        users, settings = home / "users.txt", home / "pgbouncer.ini"
        users.write_text('"postgres" ""\n')
        settings.write_text(
            f"[databases]\n* = host={there.hostname} port={there.port}\n"
            f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nauth_type=trust\n"
            f"auth_file={users}\npool_mode=transaction\ndefault_pool_size={SESSIONS}\nunix_socket_dir=\n"
        )
        user = NOBODY if os.geteuid() == 0 else None
        process = subprocess.Popen(
            [PGBOUNCER, "-q", str(settings)],
            user=user, group=user, extra_groups=[] if user else None,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
