"""A key that an endpoint repeats is nowhere: not in events, rows, files or exports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import hansard
from hansard import errors, secrets
from hansard.providers import failures
from hansard.providers.remote import Remote
from hansard.services import hearing, live

CANARY = "canary-zq81-0123456789"


class _Repeater(BaseHTTPRequestHandler):
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


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(secrets, "_registry", secrets._Registry())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Repeater)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _everything(endpoint: str, file: Path) -> tuple[str, str]:
    """Ask both; all that can be seen afterwards, and how the refusal reads."""
    providers = [
        Remote(name, url=f"{endpoint}/{name}/v1", key=CANARY) for name in ("refuse", "repeat")
    ]
    with hansard.connect(file, providers=providers) as database:
        me = database.scope()
        seen, told = b"", ""
        for name in ("refuse", "repeat"):
            talk = me.conversations.create(title=name)
            me.messages.append(talk.id, [hansard.user("hello")])
            [run] = me.chat.answer(talk.id, models=[f"{name}/m"])
            seen += b"".join(repr(event).encode() for event in me.runs.events(run.id))
            ended = me.runs.wait(run.id)
            told += repr(ended)
        seen += b"".join(me.transfer.export())
    seen += b"".join(path.read_bytes() for path in file.parent.iterdir())
    return seen.decode("utf-8", "replace"), told


def test_a_key_that_an_endpoint_repeats_is_nowhere(endpoint: str, tmp_path: Path) -> None:
    seen, told = _everything(endpoint, tmp_path / "chats.db")
    assert CANARY not in seen + told
    assert "You sent Bearer [secret]." in seen
    assert "403" in told


@pytest.mark.parametrize("door", ["answers", "calls", "failures"])
def test_a_door_that_does_not_mask_is_noticed(
    door: str, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match door:
        case "answers":
            monkeypatch.setattr(live.Masker, "feed", lambda _, piece: piece)
        case "calls":
            monkeypatch.setattr(hearing, "mask_known", lambda text: text)
        case _:
            monkeypatch.setattr(failures, "mask", lambda text: text)
            monkeypatch.setattr(hearing, "mask_known", lambda text: text)
            for name in ("mask", "mask_values"):
                monkeypatch.setattr(errors, name, lambda value: value)
    seen, told = _everything(endpoint, tmp_path / "chats.db")
    assert CANARY in seen + told
