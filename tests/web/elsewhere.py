"""Another host, which nothing may ever reach: it counts what does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Elsewhere:
    """Listens on an address of its own, for connections and for datagrams on the same port."""

    def __init__(self, address: str) -> None:
        self.heard: list[str] = []
        self._server = _Server((address, 0), _Handler, self.heard)
        self.port = self._server.server_port
        self.url = f"http://{address}:{self.port}"
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind((address, self.port))
        for work in (self._server.serve_forever, self._listen):
            threading.Thread(target=work, daemon=True).start()

    def _listen(self) -> None:
        while data := self._datagrams.recvfrom(4096)[0]:
            self.heard.append(f"datagram of {len(data)} bytes")

    def close(self) -> None:
        self._datagrams.sendto(b"", self._datagrams.getsockname())
        self._server.shutdown()
        self._server.server_close()
        self._datagrams.close()


@contextmanager
def elsewhere(address: str) -> Iterator[Elsewhere]:
    host = Elsewhere(address)
    try:
        yield host
    finally:
        host.close()


class _Server(ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], handler: Any, heard: list[str]) -> None:
        self.heard = heard
        super().__init__(address, handler)

    def get_request(self) -> tuple[Any, Any]:
        accepted = super().get_request()
        self.heard.append("connection")
        return accepted


class _Handler(BaseHTTPRequestHandler):
    """Lets everybody read everything, so that only what the browser forbids is forbidden."""

    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.heard.append(f"{self.command} {self.path}")
        body = b"<title>elsewhere</title>"
        self.send_response(200)
        for name, value in (
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Type", "text/html"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass
