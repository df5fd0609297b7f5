"""A model server whose answers the tests control; Hansard finds it as it would find any with OpenAI's protocol.

`held` says its first words at once and the others when it is let go, so a test can do something in the middle of an
answer without a race against it. `other` answers in one go. `broken` refuses.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BEGUN = "The tide comes in slowly"
REST = " and goes out again."
OTHERWISE = "I would say otherwise."
REFUSAL = "The tide is out."
PROGRAM = """Here it is:

```python title="tide.py"
def tide(hour):
    # high water comes twice a day
    if hour % 12 < 6:
        return "in"
    return "out"
"""
END = """

print(tide(7))
```
So it goes."""
ANSWERS = {"held": BEGUN, "maker": PROGRAM, "other": OTHERWISE, "broken": ""}
HELD = {"held": REST, "maker": END}
"""What is said when they are let go."""


class Speaker(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.answers = answers
        self.go = threading.Event()
        self.asked: list[Any] = []
        """The requests for answers, in order."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def reset(self) -> None:
        """Let go of whoever still waits, and hold who comes next."""
        self.go.set()
        self.go = threading.Event()
        self.asked.clear()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that goes away in the middle is what some tests are about."""


class _Answers(BaseHTTPRequestHandler):
    server: Speaker  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._say(
            200,
            {
                "object": "list",
                "data": [{"id": name, "object": "model"} for name in self.server.answers],
            },
        )

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        go = self.server.go
        self.server.asked.append(asked)
        if asked["model"] == "broken":
            self._say(400, {"error": {"message": REFUSAL}})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._words(self.server.answers[asked["model"]])
        if rest := HELD.get(asked["model"]):
            go.wait(60)
            self._words(rest)
        self._chunk({"delta": {}, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")

    def _words(self, text: str) -> None:
        for piece in re.findall(r"\s*\S+", text):
            self._chunk({"delta": {"content": piece}})

    def _chunk(self, choice: dict[str, Any]) -> None:
        chunk = {
            "id": "answer",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "tide",
            "choices": [{"index": 0, "finish_reason": None, **choice}],
        }
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _say(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Tests are quiet."""


@contextmanager
def speaker(answers: Mapping[str, str] = ANSWERS) -> Iterator[Speaker]:
    """A server whose models give these answers, by their names."""
    server = Speaker(answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.reset()
        server.shutdown()
        thread.join(10)
        server.server_close()
