"""Who may open a socket and for how long, and what becomes of those who ask wrongly, too much, or do not listen."""

from __future__ import annotations

import gc
import json
import socket as sockets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from uvicorn.protocols.utils import ClientDisconnected
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN
from websockets.sync.client import connect

from hansard.server.sessions import SessionManager
from hansard.server.websocket import limits
from hansard.server.websocket import session as session_module
from hansard.server.websocket.protocol import WebSocketProtocol
from hansard.server.websocket.session import Session
from hansard.services.quotas import Bucket
from server.harness import JSON, TOKEN, Site, browser, credentials, process, wait_until
from server.sockets import Socket, socket

PAGE: JSON = {"type": "html", "title": "Clock", "content": "<p>noon</p>"}


@pytest.fixture
def wired(here: Site) -> Iterator[Socket]:
    with socket(here.url) as connected:
        yield connected


# Who gets in


def refusal(url: str, **how: Any) -> JSON:
    """The problem with a handshake, which must be refused."""
    with pytest.raises(InvalidStatus) as refused, socket(url, **how):
        pass
    found = json.loads(refused.value.response.body or b"")
    assert found["status"] == refused.value.response.status_code
    return found


def session(here: Site) -> dict[str, str]:
    """The header of a browser that is signed in."""
    with browser(here.url) as client:
        return credentials(client)


def test_a_handshake_needs_a_credential(here: Site) -> None:
    for token in (None, TOKEN[:-1] + "x"):
        assert refusal(here.url, token=token)["type"] == "urn:hansard:problem:unauthenticated"
    address = f"{here.url.replace('http', 'ws', 1)}/api/v1/ws?token={TOKEN}"
    assert refusal(address.removesuffix("/api/v1/ws"), token=None)["status"] == 401


def test_a_browser_gets_in_from_our_own_pages_alone(here: Site) -> None:
    cookie = session(here)
    with socket(here.url, None, headers=cookie, origin=here.url) as wired:
        assert wired.ask("ping") == {"position": None}
    for origin in ("http://evil.example", "null", here.url.replace("127.0.0.1", "localhost")):
        told = refusal(here.url, token=None, headers=cookie, origin=origin)
        assert told["type"] == "urn:hansard:problem:permission-denied"
    assert refusal(here.url, token=None, headers=cookie)["status"] == 403


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/me", "/api/v1/ws/more"])
def test_a_handshake_elsewhere_is_told_that_nothing_is_there(here: Site, path: str) -> None:
    address = here.url.replace("http", "ws", 1) + path
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
        pass
    told, expected = refused.value.response, here.client.get("/nothing")
    assert told.status_code == expected.status_code == 404
    assert told.headers["Content-Type"] == expected.headers["Content-Type"]
    assert json.loads(told.body or b"") == expected.json()


def test_a_refused_handshake_is_no_error_in_the_log(tmp_path: Path) -> None:
    with process(tmp_path / "home") as server:
        assert refusal(server.url, token=None)["status"] == 401
        _, _, complained = server.end()
    assert complained == ""


def test_the_server_must_be_called_by_its_name(here: Site) -> None:
    place = urlsplit(here.url)
    with sockets.create_connection((place.hostname, place.port)) as raw:
        raw.sendall(
            b"GET /api/v1/ws HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 421 ")


def sign_out(here: Site, cookie: dict[str, str]) -> float:
    with httpx2.Client(headers={**cookie, "Origin": here.url}) as other_tab:
        assert other_tab.delete(f"{here.url}/api/v1/session").status_code == 204
    return time.monotonic()


def test_who_signs_out_is_gone_within_two_seconds(here: Site) -> None:
    cookie = session(here)
    with socket(here.url, None, headers=cookie, origin=here.url) as wired:
        wired.subscribe("*")
        since = sign_out(here, cookie)
        code, reason = wired.closed()
        assert time.monotonic() - since < 2
        assert (code, reason.partition(":")[0]) == (4401, "no longer signed in")


def check_that_nothing_is_said(here: Site) -> None:
    """To somebody who has just signed out."""
    cookie = session(here)
    with socket(here.url, None, headers=cookie, origin=here.url) as wired:
        wired.subscribe("*")
        sign_out(here, cookie)
        here.talk()
        with pytest.raises(ConnectionClosed):
            raise AssertionError(wired.refused("create_artifact", artifact=PAGE))


def test_who_signed_out_is_told_and_answered_nothing(here: Site) -> None:
    before = len(here.get("/artifacts")["items"])
    check_that_nothing_is_said(here)
    assert len(here.get("/artifacts")["items"]) == before


def test_authority_that_is_looked_up_but_once_would_be_seen(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a socket believes for ever what was true at its handshake."""
    started = Session.__init__

    def trusting(self: Session, socket: Any, services: Any, _: Any, closing: Any) -> None:
        async def believed() -> bool:
            return True

        started(self, socket, services, believed, closing)

    monkeypatch.setattr(Session, "__init__", trusting)
    with pytest.raises(AssertionError):
        check_that_nothing_is_said(here)


def test_the_credential_is_asked_for_with_every_frame(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    knows = SessionManager.verify

    async def counted(self: SessionManager, given: Any) -> bool:
        asked.append(given.kind)
        return await knows(self, given)

    monkeypatch.setattr(limits, "POLL_INTERVAL", 60)
    monkeypatch.setattr(SessionManager, "verify", counted)
    with socket(here.url) as wired:
        asked.clear()
        for _ in range(5):
            wired.ask("ping")
    assert len(asked) >= 10


# Requests that are wrong


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ('"ping"', ""),
        ("{}", "/type"),
        ('{"type": "no_such_thing"}', "/type"),
        ('{"type": 5}', "/type"),
        ('{"type": "get_artifact"}', "/artifact_id"),
        ('{"type": "get_artifact", "artifact_id": 5}', "/artifact_id"),
        ('{"type": "get_artifact", "artifact_id": "x", "other": 1}', "/other"),
        ('{"type": "get_artifact", "artifact_id": "x", "revision": 0}', "/revision"),
        ('{"type": "ping", "id": {"a": 1}}', "/id"),
        ('{"type": "subscribe", "topics": ["*", "nothing"]}', "/topics/1"),
        ('{"type": "subscribe", "topics": ["conversation:x"]}', "/topics/0"),
        ('{"type": "subscribe", "topics": ["*"], "after": -1}', "/after"),
        ('{"type": "create_artifact", "artifact": {"type": "html"}}', "/artifact/content"),
        ("[" * 100_000, ""),
        ('{"type": "ping", "id": ' + "9" * 5_000 + "}", "/id"),
    ],
)
def test_a_wrong_request_is_told_where_it_is_wrong(wired: Socket, text: str, pointer: str) -> None:
    wired.connection.send(text)
    told = wired.frame()
    assert (told["type"], told["problem"]["status"]) == ("error", 400)
    assert told["problem"]["pointer"] == pointer
    assert wired.ask("ping") == {"position": None}


def test_a_refusal_has_the_id_of_its_request(wired: Socket) -> None:
    wired.connection.send('{"type": "nothing", "id": "mine"}')
    assert wired.frame()["id"] == "mine"


def test_errors_are_those_of_the_rest_api(here: Site, wired: Socket) -> None:
    made = here.post("/artifacts", 201, **PAGE)
    here.patch(f"/artifacts/{made['id']}", content="newer")
    changes = {"content": "other", "expect_revision": 1}
    told = wired.refused("update_artifact", artifact_id=made["id"], updates=changes)
    assert told["status"] == 409
    assert told == here.patch(f"/artifacts/{made['id']}", 409, **changes)
    assert wired.refused(
        "update_artifact", artifact_id=made["id"], updates={"content": "x"}, expect_revision=1
    ) == told  # fmt: skip


def test_bytes_are_refused_and_the_connection_goes_on(wired: Socket) -> None:
    wired.connection.send(b'{"type": "ping"}')
    assert wired.frame()["problem"]["status"] == 400
    assert wired.ask("ping") == {"position": None}


def test_a_large_request_is_refused_and_a_huge_one_ends_the_connection(
    here: Site, wired: Socket
) -> None:
    told = wired.refused("get_artifact", artifact_id="x" * limits.MAX_FRAME)
    assert told["status"] == 413
    assert wired.ask("ping") == {"position": None}
    with pytest.raises(ConnectionClosed):
        wired.ask("get_artifact", artifact_id="x" * (2 * limits.MAX_FRAME))
    with socket(here.url) as another:
        assert another.ask("ping") == {"position": None}


def test_what_is_not_utf_8_ends_the_connection(wired: Socket) -> None:
    wired.connection.send(b"\xff\xfe", text=True)
    assert wired.closed()[0] == 1007


def test_the_largest_artifact_fits_into_a_request(wired: Socket) -> None:
    content = '"\n' * (512 * 1024)
    made = wired.ask("create_artifact", artifact={**PAGE, "content": content})
    assert wired.ask("get_artifact", artifact_id=made["id"])["content"] == content


# Too much, and too slow


def flood(wired: Socket) -> None:
    with suppress(ConnectionClosed):
        while True:
            wired.send("ping")


def test_a_flood_is_refused_and_then_ended(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is added to the burst meanwhile: the machine may be too slow to exceed the rate."""
    monkeypatch.setattr(session_module, "Bucket", lambda *_: Bucket(0, limits.BURST))
    with socket(here.url) as neighbour, socket(here.url, max_queue=None) as wired:
        for _ in range(limits.BURST + 5):
            wired.send("ping")
        told = [wired.frame() for _ in range(limits.BURST + 5)]
        refused = [frame["problem"] for frame in told if frame["type"] == "error"]
        assert [problem["status"] for problem in refused] == [429] * 5
        assert neighbour.ask("ping") == {"position": None}
        flooding = threading.Thread(target=flood, args=(wired,))
        flooding.start()
        assert wired.closed()[0] == 4429
        flooding.join()
        assert neighbour.ask("ping") == {"position": None}


@pytest.mark.parametrize(
    "frame", [b"x", "x", "{}", "x" * (limits.MAX_FRAME + 1)], ids=["bytes", "text", "JSON", "large"]
)
def test_whatever_is_wrong_with_a_frame_it_is_counted(
    here: Site, frame: bytes | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "Bucket", lambda *_: Bucket(0, 3))
    with socket(here.url) as wired:
        for _ in range(5):
            wired.connection.send(frame)
        told = [wired.frame()["problem"]["status"] for _ in range(5)]
        assert told == [413 if len(frame) > limits.MAX_FRAME else 400] * 3 + [429] * 2
        assert wired.refused("ping")["status"] == 429, "by its id"


def test_a_reader_who_takes_nothing_is_closed_and_told_where_to_go_on(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEND_TIMEOUT", 0.5)
    monkeypatch.setattr(limits, "CLOSE_TIMEOUT", 30)
    ends: list[Any] = []
    end = Session._end

    def noted(self: Session, close: Any) -> None:
        ends.append(close)
        end(self, close)

    monkeypatch.setattr(Session, "_end", noted)
    content = "x" * 1_000_000
    made = here.post("/artifacts", 201, **{**PAGE, "content": content})
    with socket(here.url) as other, socket(here.url, max_queue=1) as idle:
        other.subscribe("*")
        start = idle.subscribe("*")
        for _ in range(30):
            idle.send("get_artifact", artifact_id=made["id"])
        talks = [here.talk()["id"] for _ in range(3)]
        heard = [event["entry"]["subject_id"] for event in other.events(3)]
        assert heard == talks, "others are told at once"
        wait_until(lambda: limits.SLOW in ends)
        code, reason = idle.closed()
        assert code == 4408
        position = int(reason.removeprefix("too slow: resume from "))
        assert position >= start
    with socket(here.url) as again:
        again.subscribe("*", after=start)
        assert [event["entry"]["subject_id"] for event in again.events(3)] == talks


def test_a_socket_follows_a_number_of_things_at_the_most(here: Site, wired: Socket) -> None:
    many = [f"conversation:00000000-0000-7000-8000-{n:012}" for n in range(101)]
    assert wired.refused("subscribe", topics=many)["status"] == 400
    run = here.ended(here.ask(here.talk(), "x"))["id"]
    runs = {run: 0, **{f"x{n}": 0 for n in range(limits.MAX_RUNS)}}
    assert wired.refused("subscribe", runs=runs)["status"] == 400


def test_a_connection_that_is_lost_leaves_nothing_behind(here: Site) -> None:
    with socket(here.url) as staying:
        staying.subscribe("*")
        for _ in range(10):
            with socket(here.url) as lost:
                lost.subscribe("*", after=0)
                lost.connection.socket.shutdown(sockets.SHUT_RDWR)
        wait_until(lambda: sessions() == 1)
        here.talk()
        assert staying.event()["type"] == "conversation.created"


def test_nothing_is_sent_to_a_client_that_has_begun_to_close(here: Site) -> None:
    with socket(here.url) as leaving:
        leaving.ask("ping")
        found = (each for each in gc.get_objects() if issubclass(type(each), WebSocketProtocol))
        [protocol] = [each for each in found if each.conn.state is OPEN]
        close = Frame(Opcode.CLOSE, Close(1000, "").serialize())

        async def send_after_close() -> None:
            protocol.conn.receive_data(close.serialize(mask=True))
            with pytest.raises(ClientDisconnected):
                await protocol.send({"type": "websocket.send", "texts": [b"{}"]})
            protocol.transport.close()

        here.do(send_after_close)


def sessions() -> int:
    gc.collect()
    return sum(type(each) is Session for each in gc.get_objects())
