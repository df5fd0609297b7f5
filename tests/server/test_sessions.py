"""Browsers that are signed in: listed, ended one by one or all, and shared by all servers of a database."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hansard.errors import StorageError
from hansard.server import sessions
from hansard.server.cookies import KEY
from hansard.server.sessions import SessionManager, signin_code
from server.harness import (
    JSON,
    TOKEN,
    Site,
    browser,
    credentials,
    parse,
    problem,
    process,
    site,
    wait_until,
)
from server.sockets import socket

pytestmark = pytest.mark.usefixtures("anyio_backend")

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Site]:
    """A server with nobody signed in but those of the test."""
    with site(tmp_path / "chats.db") as running:
        yield running


def ours(here: Site, client: httpx2.Client) -> httpx2.Client:
    client.headers["Origin"] = here.url
    return client


def test_browsers_that_are_signed_in_are_listed(alone: Site) -> None:
    with (
        browser(alone.url, headers={"User-Agent": FIREFOX}) as one,
        browser(alone.url, headers={"User-Agent": "curl/8"}) as other,
    ):
        told = one.get("/api/v1/sessions").json()["items"]
        assert [(each["browser"], each["current"]) for each in told] == [
            ("curl", False),
            ("Firefox on Linux", True),
        ]
        for each in told:
            lasts = datetime.fromisoformat(each["expires_at"]) - datetime.fromisoformat(
                each["seen_at"]
            )
            assert lasts == timedelta(days=14)
        said = one.get("/api/v1/sessions").text
        for client in (one, other):
            assert client.headers[KEY] not in said
        assert not [each for each in alone.get("/sessions")["items"] if each["current"]]


def test_one_session_is_ended_by_another(alone: Site) -> None:
    with browser(alone.url) as one, browser(alone.url) as other:
        own, theirs = [
            next(
                each["id"]
                for each in client.get("/api/v1/sessions").json()["items"]
                if each["current"]
            )
            for client in (one, other)
        ]
        assert ours(alone, one).delete(f"/api/v1/sessions/{theirs}").status_code == 204
        problem(other.get("/api/v1/me"), 401, "unauthenticated")
        assert [each["id"] for each in alone.get("/sessions")["items"]] == [own]
        problem(one.delete(f"/api/v1/sessions/{theirs}"), 404, "not-found")


def test_all_sessions_are_ended_or_all_but_the_own(alone: Site) -> None:
    with browser(alone.url) as one, browser(alone.url) as two, browser(alone.url) as three:
        told = ours(alone, one).delete("/api/v1/sessions", params={"others": True})
        assert told.json() == {"count": 2}
        assert [each.get("/api/v1/me").status_code for each in (one, two, three)] == [200, 401, 401]
        assert one.delete("/api/v1/sessions").json() == {"count": 1}
        assert one.get("/api/v1/me").status_code == 401
    assert alone.get("/sessions")["items"] == []


def test_nobody_sees_or_ends_the_sessions_of_somebody_else(alone: Site) -> None:
    with (
        alone.beside(user="eve") as eve,
        alone.beside(tenant="other") as other,
        browser(alone.url) as mine,
    ):
        [session] = alone.get("/sessions")["items"]
        for stranger in (eve, other):
            assert stranger.get("/sessions")["items"] == []
            told = stranger.client.delete(f"/sessions/{session['id']}")
            problem(told, 404, "not-found")
            assert stranger.delete("/sessions") == {"count": 0}
            seen = httpx2.get(f"{stranger.url}/api/v1/me", headers=credentials(mine))
            problem(seen, 401, "unauthenticated")
        assert mine.get("/api/v1/me").status_code == 200


def test_sessions_are_in_no_export(alone: Site) -> None:
    with browser(alone.url, headers={"User-Agent": FIREFOX}) as client:
        [session] = alone.get("/sessions")["items"]
        told = client.get("/api/v1/export").text
        assert session["id"] not in told
        assert "Firefox" not in told


# Several servers on one database


def test_a_code_works_once_and_a_sign_out_is_heard_by_every_server(
    tmp_path: Path, postgres_url: str
) -> None:
    home = tmp_path / "home"
    with process(home, database_url=postgres_url) as a:
        a.ready_file.unlink()  # the second writes one of the same name
        with process(home, database_url=postgres_url) as b:
            assert a.token == b.token
            check_that_they_agree(a.url, b.url, a.token)
        with process(home, database_url=postgres_url) as c, browser(a.url, a.token) as client:
            signed = credentials(client)
            client.delete("/api/v1/session", headers={"Origin": a.url})
            a.end()
            answer = httpx2.get(f"{c.url}/api/v1/me", headers=signed)
            problem(answer, 401, "unauthenticated")


def check_that_they_agree(a: str, b: str, token: str) -> None:
    code = signin_code(token)
    told = httpx2.post(f"{a}/api/v1/signin", json={"code": code})
    assert told.status_code == 201
    problem(httpx2.post(f"{b}/api/v1/signin", json={"code": code}), 401, "unauthenticated")
    with browser(a, token) as client, browser(b, token) as other:
        signed = credentials(client)
        assert httpx2.get(f"{b}/api/v1/me", headers=signed).status_code == 200
        assert client.delete("/api/v1/session", headers={"Origin": a}).status_code == 204
        wait_until(lambda: httpx2.get(f"{b}/api/v1/me", headers=signed).status_code == 401, 10)
        assert other.get("/api/v1/me").status_code == 200


def test_a_stream_at_another_server_ends_with_its_session(alone: Site) -> None:
    with (
        alone.beside() as second,
        browser(second.url) as client,
        client.stream("GET", "/api/v1/feed/stream", headers={"Origin": second.url}) as response,
        socket(second.url, None, headers=credentials(client), origin=second.url) as wired,
    ):
        changes = parse(response)
        next(changes)
        [session] = alone.get("/sessions")["items"]
        alone.delete(f"/sessions/{session['id']}", 204)
        assert wired.closed()[0] == 4401
        alone.talk()
        assert list(changes) == []


def test_a_server_that_believes_for_ever_would_be_seen(
    alone: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: what was read of a session once is never read again."""
    monkeypatch.setattr(sessions, "SESSION_CACHE_SECONDS", 1e9)
    with alone.beside() as second, browser(second.url) as client:
        assert client.get("/api/v1/me").status_code == 200
        alone.delete("/sessions")
        with pytest.raises(AssertionError):
            wait_until(lambda: client.get("/api/v1/me").status_code == 401, 3)


# Answers in pieces


@pytest.fixture
def bulky(alone: Site) -> JSON:
    """Enough of everything that no answer fits into what lies between a server and a client."""
    data = bytes(range(256)) * 80_000
    blob = alone.client.post("/blobs", content=data).json()
    talk = alone.talk()
    part = {"type": "file", "blob": blob["id"], "media_type": "application/octet-stream"}
    path = f"/conversations/{talk['id']}/messages"
    alone.post(path, 201, messages=[{"role": "user", "parts": [part]}])
    return blob


def test_an_answer_in_pieces_is_cut_off_by_a_sign_out(
    alone: Site, bulky: JSON, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/export", f"/blobs/{bulky['id']}"):
        assert not whole_after_a_sign_out(alone, "GET", path), path
    assert not _errors(caplog), "that is no failure of the server"


def test_an_error_in_the_log_for_a_cut_answer_would_be_seen(
    alone: Site, bulky: JSON, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The planted bug: the connection is left to the server, which takes the answer for unfinished."""
    monkeypatch.setattr("hansard.server.middleware.CUT", "nobody")
    assert not whole_after_a_sign_out(alone, "GET", f"/blobs/{bulky['id']}")
    wait_until(lambda: bool(_errors(caplog)))


def _errors(log: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in log.records if r.levelno >= logging.ERROR]


def test_a_zip_file_is_cut_off_by_a_sign_out(alone: Site) -> None:
    for number in range(25):
        content = random.Random(number).randbytes(450_000).hex()
        alone.post("/artifacts", 201, type="text", title="x", content=content)
    assert not whole_after_a_sign_out(alone, "POST", "/artifacts/export", json={})


def test_an_answer_that_goes_on_would_be_seen(
    alone: Site, bulky: JSON, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: who was let in once is let in for as long as the answer takes."""
    monkeypatch.setattr("hansard.server.middleware._Answer._check", _let_through)
    assert whole_after_a_sign_out(alone, "GET", f"/blobs/{bulky['id']}")


async def _let_through(*_: Any, **__: Any) -> None: ...


def whole_after_a_sign_out(here: Site, method: str, path: str, **body: Any) -> bool:
    """Whether an answer comes whole whose client signs out after the first of it."""
    with browser(here.url) as client:
        ours(here, client)
        try:
            with client.stream(method, f"/api/v1{path}", **body) as response:
                assert response.status_code == 200
                pieces = response.iter_raw(1024)
                next(pieces)
                sign_out(here, client)
                for _ in pieces:
                    pass
        except httpx2.RemoteProtocolError:
            return False
    return True


def sign_out(here: Site, client: httpx2.Client) -> None:
    known = credentials(client) | {"Origin": here.url}
    assert httpx2.delete(f"{here.url}/api/v1/session", headers=known).status_code == 204


def test_the_events_of_a_run_end_with_the_session(alone: Site) -> None:
    words = "word " * 200
    run = alone.ask(alone.talk(), words, delay=0.02)
    with (
        browser(alone.url) as client,
        client.stream("GET", f"/api/v1/runs/{run['id']}/events") as response,
    ):
        events = parse(response)
        next(events)
        sign_out(alone, client)
        heard = list(events)
    assert not [event for event in heard if event["type"] in ("completed", "failed", "cancelled")]
    alone.post(f"/runs/{run['id']}/cancel", 200)


def test_the_address_of_a_preview_is_over_with_its_session(alone: Site) -> None:
    made = alone.post("/artifacts", 201, type="html", title="x", content="<p>Hello")
    path = f"/api/v1/artifacts/{made['id']}/preview"
    with browser(alone.url) as client:
        told = ours(alone, client).post(path, json={}).json()
        by_token = alone.post(path.removeprefix("/api/v1"), 201)
        for address in (told["url"], told["frame_url"]):
            assert alone.stranger.get(address).status_code == 200
        client.delete("/api/v1/session")
        for address in (told["url"], told["frame_url"]):
            assert alone.stranger.get(address).status_code == 404
        assert alone.stranger.get(by_token["url"]).status_code == 200


# Time


@pytest.mark.anyio
async def test_a_database_that_is_away_signs_nobody_out_at_once(alone: Site) -> None:
    keeper = SessionManager(TOKEN, alone.database.scope().sessions)

    async def away(_: str) -> Any:
        raise StorageError("The database cannot be reached.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper._sessions, "find", away)
        patch.setattr(keeper, "_read", {"a": (object(), time.monotonic() - 30)})
        assert await keeper.is_signed_in("a")
        patch.setattr(keeper, "_read", {"a": (object(), time.monotonic() - 61)})
        with pytest.raises(StorageError):
            await keeper.is_signed_in("a")
        with pytest.raises(StorageError):
            await keeper.is_signed_in("b")
