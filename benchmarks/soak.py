"""Many sockets for some minutes: does every one of them hear of every change, once, in order, and soon?

    .venv/bin/python benchmarks/soak.py                          500 sockets, 50 changes a second, three minutes
    .venv/bin/python benchmarks/soak.py --sockets 40 --seconds 5

A server runs in a process of its own, on SQLite, where the positions of one user's changes have no gaps. Some clients
read slowly; some lose their connection at any moment, and come back with the last position that they saw. Fails
if a client has missed a change, heard one twice or out of order, if the server's memory grew, or if the changes came
too late to those who were there and read.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import uvloop

P95 = 0.250
"""Seconds."""
GROWTH = 0.10
"""Of the server's memory after the first half: what connections leave behind is collected now and then."""
SLOW_READ, SLOW_PAUSE = 16_384, 2.0
"""A slow client takes so many bytes, and then pauses for so many seconds."""
PATIENCE = 60.0
"""Seconds for everybody to have heard of the last change."""

_CHANGE = re.compile(rb'"position":(\d+),.*"subject_id":"soak-(\d+)"')


class Place(msgspec.Struct, frozen=True):
    """A server that runs, as it says of itself in its ready file."""

    url: str
    token: str
    pid: int


class Options(msgspec.Struct, frozen=True):
    sockets: int = 500
    changes: int = 50
    """A second."""
    slow: int = 10
    seconds: float = 180
    lost: float = 0.01
    """Of the clients lose their connection each second."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    sockets: int
    changes: int
    deliveries: int
    lost: int
    """Connections that were lost on purpose."""
    closed: int
    """Connections that the server ended."""
    waited: list[float]
    """Seconds until a change was told: the median, the 95th and the 99th percentile, the worst."""
    whole: list[float]
    """The same from before it was asked for, so with the time that the disk took."""
    rate: float
    """Changes a second."""
    memory: tuple[int, int]
    """Bytes of the server, after the first half and at the end."""
    late: float
    """Seconds by which the last change was late."""
    wrong: list[str]

    @property
    def failures(self) -> list[str]:
        before, after = self.memory
        found = list(self.wrong)
        if self.waited[1] > P95:
            found.append(f"the 95th percentile is {self.waited[1] * 1000:.0f} ms")
        if after > before * (1 + GROWTH) + 5_000_000:
            found.append(f"memory grew from {before >> 20} to {after >> 20} MiB")
        return found


class Client(asyncio.Protocol):
    """A WebSocket reduced to what is measured: what comes is split into frames, and each frame is a change."""

    def __init__(self, soak: Soak, *, slow: bool) -> None:
        self.soak = soak
        self.slow = slow
        self.position = soak.start
        self.since = 0.0
        """When it was told what it had missed."""
        self.gone = asyncio.Event()
        self._buffer = b""
        self._open = False
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.gone.clear()
        self._transport = transport
        self._buffer, self._open = b"", False
        transport.write(self.soak.handshake)
        if self.slow:
            transport.pause_reading()
            self._breathe()

    def _breathe(self) -> None:
        """Read a little, then pause."""
        if not self._transport.is_closing():
            self._taken = 0
            self._transport.resume_reading()
            pause = 0 if self.soak.ending else SLOW_PAUSE
            self.soak.loop.call_later(pause or 0.1, self._breathe)

    def data_received(self, data: bytes) -> None:
        if self.slow and not self.soak.ending:
            self._taken += len(data)
            if self._taken > SLOW_READ:
                self._transport.pause_reading()
        self._buffer += data
        if not self._open:
            self._answer_handshake()
        if self._open:
            self._split()

    def _answer_handshake(self) -> None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if found:
            if not head.startswith(b"HTTP/1.1 101"):
                self.soak.wrong.append(f"a handshake was refused: {head[:60]!r}")
            self._open, self._buffer = True, rest
            ask = {"type": "subscribe", "id": 1, "topics": ["*"], "after": self.position}
            self._transport.write(_masked(1, msgspec.json.encode(ask)))

    def _split(self) -> None:
        data, start, end = self._buffer, 0, len(self._buffer)
        while end - start >= 2:
            size, first = data[start + 1], start + 2
            if size == 126:
                size, first = int.from_bytes(data[start + 2 : start + 4], "big"), start + 4
            elif size == 127:
                size, first = int.from_bytes(data[start + 2 : start + 10], "big"), start + 10
            if end < first + size:
                break
            start, kind, frame = first + size, data[start] & 15, data[first : first + size]
            if kind == 1:
                self._hear(frame)
            elif kind == 9:
                self._transport.write(_masked(10, frame))
            elif kind == 8:
                self.soak.closed += 1
                self._transport.close()
        self._buffer = data[start:]

    def _hear(self, frame: bytes) -> None:
        told = _CHANGE.search(frame)
        if told is None:
            if b'"type":"ok"' not in frame:
                self.soak.wrong.append(f"told {frame[:200]!r}")
            self.since = time.perf_counter()
            return
        position = int(told[1])
        if position != self.position + 1:
            self.soak.wrong.append(f"after {self.position} came {position}")
        self.position = position
        number, now = int(told[2]), time.perf_counter()
        if not self.slow and self.soak.asked[number] > self.since:
            self.soak.waited.append(now - (self.soak.stored[number] or now))
            self.soak.whole.append(now - self.soak.asked[number])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.gone.set()

    def lose(self) -> None:
        if self._transport is None:
            self.gone.set()
        else:
            self._transport.abort()


class Soak:
    def __init__(self, server: Place, options: Options, start: int) -> None:
        self.options = options
        self.start = start
        self.loop = asyncio.get_running_loop()
        self.asked: list[float] = []
        self.waited: list[float] = []
        """Seconds from when a change was acknowledged until it was told; 0 if it was told before."""
        self.whole: list[float] = []
        """The same from when it was asked for, so with the time that the disk took."""
        self.stored: list[float] = []
        self.wrong: list[str] = []
        self.lost = self.closed = 0
        self.ending = False
        place = urlsplit(server.url)
        self._place = (place.hostname, place.port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.handshake = (
            f"GET /api/v1/ws HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Authorization: Bearer {server.token}\r\n\r\n"
        ).encode()
        self._server = server
        slow = options.slow
        self.clients = [Client(self, slow=n < slow) for n in range(options.sockets)]

    async def run(self) -> Figures:
        options = self.options
        keeping = [asyncio.create_task(self._keep(client)) for client in self.clients]
        losing = asyncio.create_task(self._lose())
        began = self.loop.time()
        half = int(options.changes * options.seconds / 2)
        await self._change(half)
        before = self._memory()
        await self._change(half)
        ended = self.loop.time()
        losing.cancel()
        self.ending = True
        late = await self._catch_up()
        after = self._memory()
        for task in keeping:
            task.cancel()
        for client in self.clients:
            client.lose()
        await asyncio.gather(*(client.gone.wait() for client in self.clients))
        return Figures(
            sockets=options.sockets,
            changes=len(self.asked),
            deliveries=sum(client.position - self.start for client in self.clients),
            lost=self.lost,
            closed=self.closed,
            waited=_percentiles(self.waited),
            whole=_percentiles(self.whole),
            rate=len(self.asked) / (ended - began),
            memory=(before, after),
            late=late,
            wrong=self.wrong,
        )

    async def _keep(self, client: Client) -> None:
        """Connect a client, and again whenever it lost its connection."""
        await asyncio.sleep(random.uniform(0, 2))
        while True:
            await self.loop.create_connection(lambda: client, *self._place)
            await client.gone.wait()
            await asyncio.sleep(random.uniform(0, 2))

    async def _lose(self) -> None:
        while True:
            await asyncio.sleep(1 / (self.options.lost * len(self.clients)))
            client = random.choice(self.clients)
            if client.since and not client.gone.is_set():
                self.lost += 1
                client.lose()

    async def _change(self, how_many: int) -> None:
        """Change something so many times, evenly."""
        headers = {"Authorization": f"Bearer {self._server.token}"}
        async with httpx2.AsyncClient(
            base_url=self._server.url, headers=headers, timeout=60
        ) as http:
            began = self.loop.time()
            async with asyncio.TaskGroup() as group:
                for done in range(how_many):
                    await asyncio.sleep(began + done / self.options.changes - self.loop.time())
                    group.create_task(self._ask(http))

    async def _ask(self, http: httpx2.AsyncClient) -> None:
        path = f"/api/v1/settings/soak-{len(self.asked)}"
        number = len(self.asked)
        self.asked.append(time.perf_counter())
        self.stored.append(0.0)
        (await http.put(path, json={"value": 1})).raise_for_status()
        self.stored[number] = time.perf_counter()

    async def _catch_up(self) -> float:
        """Wait until everybody has heard everything; gives for how long."""
        began, last = time.perf_counter(), self.start + len(self.asked)
        while any(client.position < last for client in self.clients):
            if time.perf_counter() - began > PATIENCE:
                behind = sum(client.position < last for client in self.clients)
                self.wrong.append(f"{behind} clients never heard of the last change")
                break
            await asyncio.sleep(0.02)
        return time.perf_counter() - began

    def _memory(self) -> int:
        pages = Path(f"/proc/{self._server.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _percentiles(times: list[float]) -> list[float]:
    ordered = sorted(times)
    return [ordered[int(len(ordered) * share)] for share in (0.5, 0.95, 0.99)] + ordered[-1:]


def _masked(kind: int, payload: bytes) -> bytes:
    """A client's frame, with a mask of zeros."""
    return bytes((128 | kind, 128 | len(payload))) + bytes(4) + payload


def soak(server: Place, options: Options) -> Figures:
    """Run it against a server with a new database."""
    headers = {"Authorization": f"Bearer {server.token}"}
    start = httpx2.get(f"{server.url}/api/v1/feed", headers=headers).json()["next"]

    async def run() -> Figures:
        return await Soak(server, options, start).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def main() -> None:
    import machine  # noqa: PLC0415 - only this script's own
    from server import served  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for field in msgspec.structs.fields(Options):
        parser.add_argument(f"--{field.name}", type=field.type, default=field.default)
    options = Options(**vars(parser.parse_args()))
    load = machine.load()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "home"):
        ready = Path(folder) / "home" / "ready"
        figures = soak(msgspec.json.decode(ready.read_bytes(), type=Place), options)
    print(
        f"{figures.sockets} sockets, {figures.changes} changes, {figures.rate:.0f} a second: "
        f"{figures.deliveries} deliveries"
    )
    print(f"connections lost {figures.lost}, closed by the server {figures.closed}")
    for what, times in (("acknowledged", figures.waited), ("asked for", figures.whole)):
        p50, p95, p99, worst = (time * 1e3 for time in times)
        print(
            f"told after it was {what}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, "
            f"worst {worst:.0f} ms"
        )
    print(f"everybody had everything {figures.late:.2f} s after the last change")
    before, after = (size / 2**20 for size in figures.memory)
    print(f"memory of the server: {before:.0f} MiB, at the end {after:.0f} MiB")
    print(f"load {load} before, {machine.load()} after")
    if figures.failures:
        sys.exit("failed: " + "; ".join(figures.failures[:10]))


if __name__ == "__main__":
    main()
