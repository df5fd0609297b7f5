"""A model's endpoint on loopback that checks what strict ones check, all at once, and keeps what it was sent."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Reply = tuple[int, str, bytes]


def stream(text: str) -> Reply:
    """An answer, as a stream."""
    chunks = [({"role": "assistant", "content": text}, None), ({}, "stop")]
    lines = [json.dumps(_chunk(delta, finish)) for delta, finish in chunks]
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    return 200, "text/event-stream", body.encode()


def _chunk(delta: Json, finish: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}  # fmt: skip


def refusal(why: str, status: int = 400) -> Reply:
    return status, "application/json", json.dumps({"error": {"message": why}}).encode()


def faults(body: Json, *, pictures: bool = True) -> list[str]:
    """What an endpoint that checks everything says against a request; empty if nothing."""
    messages: list[Json] = body["messages"]
    said = [message for message in messages if message["role"] != "system"]
    wrong = ["a later system message"] if any(m["role"] == "system" for m in messages[1:]) else []
    wrong += ["the user does not begin"] if not said or said[0]["role"] != "user" else []
    wrong += ["the answer is there"] if said and said[-1]["role"] == "assistant" else []
    wrong += ["blank text"] if any(not text.strip() for m in messages for text in _texts(m)) else []
    wrong += ["a picture"] if not pictures and "image_url" in json.dumps(messages) else []
    return wrong + _turns(said) + _rounds(said)


def _texts(message: Json) -> list[str]:
    content = message.get("content")
    if content is None:
        return [] if message.get("tool_calls") else [""]
    parts: list[Json] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [part["text"] for part in parts if part["type"] == "text"]


def _turns(said: list[Json]) -> list[str]:
    pairs = [(a["role"], b["role"]) for a, b in itertools.pairwise(said)]
    return [f"{a} twice" for a, b in pairs if a == b and a in ("user", "assistant")]


def _rounds(said: list[Json]) -> list[str]:
    wrong: list[str] = []
    open_calls: list[str] = []
    seen: set[str] = set()
    for message in said:
        if message["role"] == "tool":
            if message["tool_call_id"] in open_calls:
                open_calls.remove(message["tool_call_id"])
            else:
                wrong.append("a result without a call")
            continue
        wrong += ["a call without a result"] if open_calls else []
        calls: list[Json] = message.get("tool_calls") or []
        open_calls = [call["id"] for call in calls]
        wrong += ["an id twice"] if seen & set(open_calls) else []
        seen |= set(open_calls)
        for call in calls:
            wrong += [] if re.fullmatch(r"[\w-]{1,40}", call["id"], re.ASCII) else ["an odd id"]
            name = call["function"]["name"]
            wrong += [] if re.fullmatch(r"[\w-]{1,64}", name, re.ASCII) else ["an odd name"]
            arguments = json.loads(call["function"]["arguments"])
            wrong += [] if isinstance(arguments, dict) else ["arguments that are no object"]
    return wrong + (["a call without a result"] if open_calls else [])


@contextmanager
def endpoint(
    answer: Callable[[Json], Reply], models: bytes = b'{"data": [{"id": "m"}]}'
) -> Iterator[tuple[str, list[Json]]]:
    """The address of an endpoint that answers so, and the requests that it got."""
    asked: list[Json] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

        def do_GET(self) -> None:
            self._send(200, "application/json", models)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            self._send(*answer(body))

        def _send(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
