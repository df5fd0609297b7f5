"""How responses are written: small ones at once, and the head of a stream before its first event."""

from __future__ import annotations

from asyncio import selector_events
from typing import Any

import pytest

from hansard.server import protocol
from server.harness import Site


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the server writes, a call of the system each."""
    pieces: list[bytes] = []
    transport: Any = selector_events._SelectorSocketTransport  # pyright: ignore[reportAttributeAccessIssue]
    write = transport.write

    def noted(self: Any, data: bytes) -> None:
        pieces.append(bytes(data))
        write(self, data)

    monkeypatch.setattr(transport, "write", noted)
    return pieces


def test_a_small_response_is_written_at_once(here: Site, written: list[bytes]) -> None:
    body = here.client.get("/projects").content
    [response] = written
    assert response.startswith(b"HTTP/1.1 200 ")
    assert response.endswith(b"\r\n\r\n" + body)


def test_a_response_without_a_body_is_written(here: Site, written: list[bytes]) -> None:
    project = here.post("/projects", 201, name="x")
    collection = here.post("/collections", 201, name=project["id"])
    artifact = here.post("/artifacts", 201, type="text", title="x", content="x")
    written.clear()
    here.put(f"/collections/{collection['id']}/artifacts/{artifact['id']}", 204)
    assert b"".join(written).startswith(b"HTTP/1.1 204 ")
    written.clear()
    assert here.client.head("/projects").content == b""
    assert b"".join(written).startswith(b"HTTP/1.1 ")


def test_a_large_body_is_not_copied_to_be_written_with_the_head(
    here: Site, written: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MAX_JOINED", 100)
    here.post("/artifacts", 201, type="text", title="x", content="x" * 200)
    written.clear()
    body = here.client.get("/artifacts").content
    assert written[0].endswith(b"\r\n\r\n")
    assert written[1] == body


def test_the_head_of_a_stream_does_not_wait_for_an_event(here: Site, written: list[bytes]) -> None:
    run = here.ask(here.talk(), "one two", delay=60)
    written.clear()
    path, first = f"/runs/{run['id']}/events", {"after": 1_000}
    with here.client.stream("GET", path, params=first) as response:
        assert response.status_code == 200
        [head] = written
        assert head.endswith(b"\r\n\r\n")
        here.post(f"/runs/{run['id']}/cancel", 200)


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(
    here: Site, written: list[bytes]
) -> None:
    headers = {"Expect": "100-continue"}
    answer = here.client.post("/projects", json={"name": "x"}, headers=headers)
    assert answer.status_code == 201
    assert written[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
