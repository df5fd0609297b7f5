"""What one user may use of a server: over it, every door says so in the same way, and when to come back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from hansard.config import load
from hansard.errors import InvalidConfig, TooManyRequests
from hansard.formats import jsonl
from hansard.ids import now
from hansard.server import protocol
from hansard.services.quotas import BURST_SECONDS, DAY, Bucket, Buckets, Meters, Quotas
from server.harness import JSON, TOKEN, Site, problem, site, wait_until
from server.sockets import socket as connected

EMPTY = jsonl.write_header(now()) + jsonl.write_end(0)


def bounded(tmp_path: Path, served: JSON | None = None, **quotas: int) -> Any:
    return site(tmp_path / "chats.db", quotas=Quotas(**quotas), served=served)


def refused(response: httpx2.Response, seconds: int | None = None) -> None:
    found = problem(response, 429, "too-many-requests")
    wait = int(response.headers["retry-after"])
    assert wait == found["retry_after"] >= 1
    assert seconds in (None, wait)


def test_a_bucket_says_how_long_it_takes_until_there_is_room() -> None:
    now = [0.0]
    bucket = Bucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert bucket.take(2) == 0.5
    assert bucket.take() == 0
    bucket.give(100)
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5], "it never holds more than it may"
    assert Bucket(0, 0).take() == DAY


def test_buckets_of_the_quiet_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hansard.services.quotas.MAX_BUCKETS", 2)
    buckets = Buckets(0, 1)
    for key in "abac":
        buckets.of(key).take()
    assert len(buckets) == 2
    assert buckets.of("a").take()
    assert not buckets.of("b").take()


def test_without_quotas_nothing_is_counted() -> None:
    meters = Meters()
    with ExitStack() as held:
        for _ in range(1_000):
            meters.receive("me", 10**12)
            meters.check_runs(10**6)
            held.enter_context(meters.upload("me"))
            held.enter_context(meters.connection("me"))


def test_users_do_not_share_what_they_have() -> None:
    meters = Meters(Quotas(requests=1, uploads=1))
    for _ in range(BURST_SECONDS):
        meters.request("one")
    with pytest.raises(TooManyRequests):
        meters.request("one")
    meters.request("other")
    with meters.upload("one"):
        with pytest.raises(TooManyRequests), meters.upload("one"):
            pass
        with meters.upload("other"):
            pass
    with meters.upload("one"):
        pass


def test_requests_are_counted_on_every_door(tmp_path: Path) -> None:
    with bounded(tmp_path, requests=4) as small, connected(small.url) as wired:
        meters = small.database.meters
        meters._requests.of("me")._rate = 0
        told = [wired.ask("ping") for _ in range(4 * BURST_SECONDS - 1)]
        assert len(told) == 4 * BURST_SECONDS - 1, "the handshake is a request, too"
        assert wired.refused("ping")["retry_after"] >= 1
        for path in ("/me", "/feed/stream"):
            refused(small.client.get(path))
        assert small.stranger.get("/healthz").status_code == 200


def test_bytes_are_counted_on_every_door(tmp_path: Path) -> None:
    with bounded(tmp_path, bytes=10_000) as small, connected(small.url) as wired:
        data = {"Content-Type": "application/jsonl"}
        assert small.client.post("/import", content=EMPTY, headers=data).status_code == 200
        refused(small.client.post("/import", content=EMPTY + b"\n" * 20_000, headers=data))
        refused(small.client.post("/conversations", json={"title": "x" * 10_000}))
        wired.connection.send('{"type": "ping", "id": 1}' + " " * 10_000)
        assert wired.frame()["problem"]["status"] == 429
        assert small.client.get("/me").status_code == 200


def test_answers_are_made_so_many_at_once(tmp_path: Path) -> None:
    with bounded(tmp_path, runs=2) as small, connected(small.url) as wired:
        talk = small.talk()
        path = f"/conversations/{talk['id']}/chat"
        said = {"content": "one two three", "model": "echo/echo", "options": {"delay": 30}}
        runs = [small.post(path, 202, **said)["run"] for _ in range(2)]
        refused(small.client.post(path, json=said))
        assert (
            wired.refused("send_message", conversation_id=talk["id"], message=said)["status"] == 429
        )
        refused(
            small.client.post(f"/conversations/{talk['id']}/answer", json={"model": "echo/echo"})
        )
        kept = small.get(f"/conversations/{talk['id']}/messages")["items"]
        assert len([m for m in kept if m["role"] == "user"]) == 2, "what is refused is not stored"
        small.post(f"/runs/{runs[0]['id']}/cancel", 200)
        wait_until(lambda: small.client.post(path, json=said).status_code == 202)


def test_uploads_go_on_so_many_at_once(tmp_path: Path) -> None:
    with bounded(tmp_path, uploads=1) as small:
        with ExitStack() as held:
            held.enter_context(small.database.meters.upload("me"))
            headers = {"Content-Type": "application/jsonl"}
            refused(small.client.post("/import", content=EMPTY, headers=headers))
            headers = {"Content-Type": "application/zip"}
            refused(small.client.post("/artifacts/import", content=b"PK", headers=headers))
            refused(
                small.client.post("/blobs", content=b"x", headers={"Content-Type": "image/png"})
            )
        headers = {"Content-Type": "application/jsonl"}
        assert small.client.post("/import", content=EMPTY, headers=headers).status_code == 200


def test_connections_are_open_so_many_at_once(tmp_path: Path) -> None:
    with bounded(tmp_path, connections=2) as small:
        with connected(small.url), small.client.stream("GET", "/feed/stream") as stream:
            assert stream.status_code == 200
            refused(small.client.get("/me"))
        wait_until(lambda: small.client.get("/me").status_code == 200)


def test_a_quota_below_nothing_is_refused(tmp_path: Path) -> None:
    loaded = load({"quota_runs": -1}, {"HANSARD_HOME": str(tmp_path)})
    with pytest.raises(InvalidConfig, match="quota_runs is -1"):
        loaded.connect()


# On the wire, before anybody is known


def raw(there: Site) -> socket.socket:
    place = urlsplit(there.url)
    return socket.create_connection((place.hostname, place.port), timeout=30)


def head(there: Site, length: int, known: str = TOKEN) -> bytes:
    host = urlsplit(there.url).netloc
    return (
        f"POST /api/v1/conversations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {known}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def all_of(line: socket.socket) -> bytes:
    return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "RATE_WINDOW", 1.0)
    monkeypatch.setattr(protocol, "LINGER_TIMEOUT", 0.2)


@pytest.mark.usefixtures("hurry")
def test_a_body_that_comes_too_slowly_is_given_up(here: Site) -> None:
    with raw(here) as line:
        line.sendall(head(here, 5_000) + b"{")
        answer = all_of(line)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"urn:hansard:problem:body-too-late" in answer


@pytest.mark.usefixtures("hurry")
def test_whoever_is_answered_before_the_body_came_is_not_waited_for(here: Site) -> None:
    with raw(here) as line:
        line.sendall(head(here, 5_000, known="wrong") + b"{")
        assert all_of(line).startswith(b"HTTP/1.1 401 ")


def test_whoever_sends_the_rest_at_once_is_heard_again(here: Site) -> None:
    with raw(here) as line:
        line.sendall(head(here, 2, known="wrong") + b"{")
        answer = line.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 401 ")
        line.sendall(b"}" + head(here, 2) + b"{}")
        while answer.count(b"HTTP/1.1 ") < 2:
            more = line.recv(65_536)
            assert more, "closed"
            answer += more


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Site]:
    with bounded(tmp_path, served={"connections": 4}) as running:
        yield running


def heard(line: socket.socket, there: Site) -> bool:
    line.sendall(head(there, 2) + b"{}")
    return line.recv(65_536).startswith(b"HTTP/1.1 201 ")


def four_are_heard(there: Site) -> bool:
    with ExitStack() as held:
        lines = [held.enter_context(raw(there)) for _ in range(4)]
        try:
            return all(heard(line, there) for line in lines)
        except OSError:  # a refused connection is closed while we write
            return False


def test_an_address_has_so_many_connections(narrow: Site) -> None:
    with ExitStack() as held:
        lines = [held.enter_context(raw(narrow)) for _ in range(6)]
        assert b"429" in all_of(lines[-1])
        assert heard(lines[0], narrow)


def test_a_closed_connection_is_not_counted(narrow: Site) -> None:
    for _ in range(3):
        wait_until(lambda: four_are_heard(narrow))


def test_a_closed_websocket_is_not_counted(narrow: Site) -> None:
    for _ in range(6):
        with connected(narrow.url) as wired:
            assert wired.ask("ping") == {"position": None}
    wait_until(lambda: four_are_heard(narrow))


def test_connections_to_another_server_are_not_counted(narrow: Site, here: Site) -> None:
    with ExitStack() as held:
        for _ in range(6):
            assert heard(held.enter_context(raw(here)), here)
        assert four_are_heard(narrow)
