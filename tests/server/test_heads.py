"""What anybody may send before it is known what is asked for: little."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from hansard.server import protocol
from hansard.server.protocol import MAX_HEAD
from server.harness import TOKEN, Site
from server.sockets import socket as connected

SOME = MAX_HEAD - 2_000
MORE = MAX_HEAD + 1_000


@pytest.fixture
def line(here: Site) -> Iterator[socket.socket]:
    place = urlsplit(here.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as raw:
        yield raw


def head(here: Site, *lines: str, path: str = "/api/v1/me", method: str = "GET") -> bytes:
    """The beginning of a request, without the empty line at its end."""
    host = urlsplit(here.url).netloc
    known = (f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join([*known, *lines]).encode()


def status(line: socket.socket) -> int:
    """Of the next response, without its body."""
    answer = bytearray()
    while b"\r\n\r\n" not in answer:
        answer += line.recv(1)
    return int(answer.split()[1])


def check_that_it_is_refused(
    line: socket.socket, code: str = "head-too-large", number: int = 431
) -> None:
    answer = b"".join(iter(lambda: line.recv(65_536), b""))
    start, _, body = answer.partition(b"\r\n\r\n")
    assert start.startswith(f"HTTP/1.1 {number} ".encode())
    assert b"content-type: application/problem+json" in start
    found = json.loads(body)
    assert (found["type"], found["status"]) == (f"urn:hansard:problem:{code}", number)


def check_that_it_is_over(line: socket.socket) -> None:
    with suppress(ConnectionError):
        while line.recv(65_536):
            pass


@pytest.mark.parametrize(
    "lines", [[f"X-Long: {'x' * 9_000}"], ["X-Short: x"] * 200], ids=["long", "many"]
)
def test_a_handshake_that_is_too_long_for_its_parser_is_refused(
    here: Site, line: socket.socket, lines: list[str]
) -> None:
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    line.sendall(head(here, *upgrade, *lines, path="/api/v1/ws") + b"\r\n\r\n")
    check_that_it_is_refused(line)


def check_that_it_is_given_up(line: socket.socket) -> None:
    check_that_it_is_refused(line, "head-too-late", 408)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT", 2.0)


@pytest.mark.usefixtures("hurry")
def test_a_head_that_does_not_become_whole_is_given_up(here: Site, line: socket.socket) -> None:
    line.sendall(head(here))
    check_that_it_is_given_up(line)


@pytest.mark.usefixtures("hurry")
def test_a_connection_that_says_nothing_is_closed_without_a_word(line: socket.socket) -> None:
    assert line.recv(1) == b""


@pytest.mark.usefixtures("hurry")
def test_what_takes_long_after_its_head_is_waited_for(here: Site, line: socket.socket) -> None:
    """The rest of a body, and a socket on which nothing is said."""
    place = urlsplit(here.url)
    with (
        connected(here.url) as quiet,
        socket.create_connection((place.hostname, place.port), timeout=20) as slow,
    ):
        slow.sendall(head(here) + b"\r\n\r\n")
        assert status(slow) == 200
        slow.recv(65_536)
        how = ("Content-Type: application/json", "Content-Length: 2")
        slow.sendall(head(here, *how, path="/api/v1/conversations", method="POST"))
        slow.sendall(b"\r\n\r\n{")
        line.sendall(head(here))  # begun later, and given up
        check_that_it_is_given_up(line)
        slow.sendall(b"}")
        assert status(slow) == 201
        quiet.ask("ping")


@pytest.mark.parametrize("end", ["", "\r\n\r\n"])
@pytest.mark.parametrize("upgrade", [(), ("Upgrade: websocket", "Connection: Upgrade")])
@pytest.mark.parametrize("size", [MORE, 3 * MAX_HEAD])
def test_a_head_that_is_too_long_is_refused_before_it_is_kept(
    here: Site, line: socket.socket, size: int, upgrade: tuple[str, ...], end: str
) -> None:
    """Whether it ever ends or not; what was not taken of it resets the connection."""
    line.sendall(head(here, *upgrade, f"X: {'x' * size}") + end.encode())
    if size == MORE:
        check_that_it_is_refused(line)
    else:
        check_that_it_is_over(line)


def test_an_address_and_many_headers_are_part_of_it(here: Site) -> None:
    place = urlsplit(here.url)
    for sent in (
        head(here, path="/" + "x" * MORE),
        head(here, *["a: b"] * (MORE // 6)),
    ):
        with socket.create_connection((place.hostname, place.port), timeout=20) as line:
            line.sendall(sent)
            check_that_it_is_refused(line)


def test_what_follows_a_body_is_bounded_as_well(here: Site, line: socket.socket) -> None:
    line.sendall(head(here, "Transfer-Encoding: chunked", method="PUT") + b"\r\n\r\n")
    line.sendall(b"0\r\nX: ")
    with pytest.raises(ConnectionError):
        line.sendall(b"x" * (1_000 * MAX_HEAD))


def test_a_long_head_that_comes_in_pieces_is_read(here: Site, line: socket.socket) -> None:
    for _ in range(3):
        whole = head(here, f"X: {'x' * SOME}") + b"\r\n\r\n"
        for start in range(0, len(whole), 10_000):
            line.sendall(whole[start : start + 10_000])
        assert status(line) == 200
        line.recv(65_536)


def test_bodies_and_requests_that_come_together_are_not_counted(
    here: Site, line: socket.socket
) -> None:
    body = json.dumps({"title": "A talk", "metadata": {"a": "x" * (10 * MAX_HEAD)}}).encode()
    how = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    long = head(here, f"X: {'x' * SOME}") + b"\r\n\r\n"
    line.sendall(head(here, *how, path="/api/v1/conversations", method="POST"))
    line.sendall(b"\r\n\r\n" + body + long + long)
    found = b""
    while found.count(b"HTTP/1.1 ") < 3:
        found += line.recv(65_536)
    assert b" 431 " not in found
    assert found.count(b"HTTP/1.1 200 ") == 2


def later_headers(here: Site, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is among the headers when the body has come, of a request with an unknown field after its body."""
    seen: list[list[bytes]] = []
    complete = protocol.HttpProtocol.on_message_complete

    def looked(self: protocol.HttpProtocol) -> None:
        seen.append([name for name, _ in self.scope["headers"]])
        complete(self)

    monkeypatch.setattr(protocol.HttpProtocol, "on_message_complete", looked)
    place = urlsplit(here.url)
    how = ("Transfer-Encoding: chunked", "Content-Type: application/json")
    with socket.create_connection((place.hostname, place.port), timeout=20) as line:
        line.sendall(head(here, *how, path="/api/v1/conversations", method="POST") + b"\r\n\r\n")
        line.sendall(b"2\r\n{}\r\n0\r\nX-Unknown: a\r\n\r\n")
        assert status(line) == 201
    return [name for name in seen[0] if name.startswith(b"x-")]


def test_what_comes_after_a_body_is_no_header(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert later_headers(here, monkeypatch) == []


def test_a_field_after_a_body_that_is_taken_for_a_header_would_be_seen(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(protocol.HttpProtocol, "on_header")
    assert later_headers(here, monkeypatch) == [b"x-unknown"]
