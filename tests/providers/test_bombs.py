"""A small answer that unpacks to a large one costs no more memory than a large one may."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from hansard.errors import ProviderError
from hansard.providers.transport import MAX_BODY, Transport

pytestmark = pytest.mark.anyio

UNPACKED = 256 * 1024 * 1024
ALLOWED = 10 * MAX_BODY
"""Bytes: what is read at once may unpack to some dozens of MiB before it is counted."""


class _Packed(BaseHTTPRequestHandler):
    """Answers with a lot of blanks, as a list, an error and a stream."""

    body = gzip.compress(b" " * UNPACKED, 9)

    def do_GET(self) -> None:
        self._answer(403 if self.path.startswith("/refuse") else 200, "application/json")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(200, "text/event-stream")

    def _answer(self, status: int, media_type: str) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        try:
            self.wfile.write(self.body)
        except OSError:
            return  # nobody listens any more

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name


@pytest.fixture(scope="module")
def packed() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Packed)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def _ask(transport: Transport, kind: str) -> None:
    if kind == "stream":
        async for _ in transport.events("/v1/chat", {}):
            pass
    else:
        await transport.document("/v1/models")


@pytest.mark.parametrize("kind", ["list", "refuse", "stream"])
async def test_what_unpacks_to_too_much_is_refused_before_it_is_held(
    packed: str, kind: str
) -> None:
    assert len(_Packed.body) < UNPACKED / 500
    transport = Transport("Packed", f"{packed}/{kind}", {})
    await transport.open()
    tracemalloc.start()
    try:
        with pytest.raises(ProviderError):
            await _ask(transport, kind)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await transport.close()
    assert peak < ALLOWED
