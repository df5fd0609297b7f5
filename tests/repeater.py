"""An endpoint that repeats the key it was sent, in answers and in errors: what secrets must not leave by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

CANARY = "canary-zq81-0123456789"


class Repeater(BaseHTTPRequestHandler):
    """Repeats the header with the key: below `/refuse` as an error, elsewhere in an answer, in pieces."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        said = self.headers["authorization"]
        if self.path.startswith("/refuse"):
            error = {"message": f"Incorrect API key: {said}", "type": said, "code": said}
            self._answer(403, "application/json", json.dumps({"error": error}).encode())
            return
        call = {"name": said, "arguments": json.dumps({said: [said]})}
        deltas: list[dict[str, Any]] = [
            {"content": "You sent "},
            *({"content": piece} for piece in (said[:12], said[12:20], said[20:])),
            {"content": "."},
            {"tool_calls": [{"index": 0, "id": said, "type": "function", "function": call}]},
        ]
        choices: list[dict[str, Any]] = [{"index": 0, "delta": delta} for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
        lines = [f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices]
        body = "".join([*lines, "data: [DONE]\n\n"]).encode()
        self._answer(200, "text/event-stream", body)

    def _answer(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the library's name


@contextmanager
def repeating() -> Iterator[str]:
    """The endpoint's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Repeater)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
