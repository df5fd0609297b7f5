"""A model's endpoint on loopback that says, byte for byte, what a test hands it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import hansard
from hansard.model.messages import Message
from hansard.model.runs import Run
from hansard.providers.remote import Kind, Remote
from services.talks import ask, talk

SSE = "text/event-stream"


class Reply(NamedTuple):
    body: bytes | Sequence[bytes]
    """Or its pieces, each sent by itself."""
    status: int = 200
    headers: tuple[str, ...] = (f"Content-Type: {SSE}",)
    cut: bool = False
    """Whether the connection ends before the body does."""


class Asked(NamedTuple):
    line: str
    headers: dict[str, str]
    body: Any


Answer = bytes | Reply
Script = Answer | Callable[[Asked], Answer]


@asynccontextmanager
async def endpoint(
    *scripts: Script, models: Callable[[str], Any] = lambda _: {"data": [{"id": "m"}]}
) -> AsyncIterator[tuple[str, list[Asked]]]:
    """Answers each request with the next script, and with the last for ever; its address, and what it was asked.

    Whoever asks for the models is told what `models` says of the path, and that is not counted.
    """
    asked: list[Asked] = []
    serving: dict[asyncio.StreamWriter, asyncio.Task[Any] | None] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving[writer] = asyncio.current_task()
        try:
            while (got := await _read(reader)) is not None:
                if got.line.startswith("GET "):
                    await _write(writer, json_reply(models(got.line.split()[1])))
                    continue
                asked.append(got)
                script = scripts[min(len(asked), len(scripts)) - 1]
                said = script(got) if callable(script) else script
                reply = said if isinstance(said, Reply) else Reply(said)
                await _write(writer, reply)
                if reply.cut:
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        server.close()
        for writer in serving:
            writer.close()
        await asyncio.gather(*filter(None, serving.values()))


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (h.partition(":") for h in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(line, headers, json.loads(body) if body else None)


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """In chunks, so that the connection can be used again, and a cut is one."""
    head = [f"HTTP/1.1 {reply.status} As planned", "Transfer-Encoding: chunked", *reply.headers]
    writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
    for piece in [reply.body] if isinstance(reply.body, bytes) else reply.body:
        if piece:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
    if not reply.cut:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


def chunk(delta: Any = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    """A chunk of OpenAI's protocol."""
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return head | {"choices": [choice]} | more


def sse(*items: Any, done: bool = True) -> bytes:
    """A stream: bytes as they are, everything else as JSON in an event."""
    events = [i if isinstance(i, bytes) else f"data: {json.dumps(i)}\n\n".encode() for i in items]
    return b"".join(events) + (b"data: [DONE]\n\n" if done else b"")


def json_reply(document: Any, status: int = 200, *headers: str) -> Reply:
    kind = ("Content-Type: application/json", *headers)
    return Reply(json.dumps(document).encode(), status, kind)


OK = sse(chunk({"content": "Fine."}), chunk({}, "stop"))


class Told(NamedTuple):
    run: Run
    message: Message
    asked: list[Asked]


async def answered(
    *scripts: Script, kind: Kind = "openai", key: str = "a-key-that-is-asked-with", **fields: Any
) -> Told:
    """What becomes of it when an endpoint answers so: the run, the stored answer, and what was asked."""
    async with endpoint(*scripts) as (url, asked):
        remote = Remote("fake", kind, url=f"{url}/v1" if kind == "openai" else url, key=key)
        quiet = hansard.ChatOptions(auto_title=False, retry_pause=0.001)
        async with hansard.connect("memory:", providers=[remote], options=quiet) as db:
            ada = db.scope("acme", "ada")
            made = await talk(ada)
            async with asyncio.timeout(30):
                run = await ask(ada, made, "hello", model="fake/m", **fields)
            return Told(run, await ada.messages.get(made.id, run.message_id), asked)
