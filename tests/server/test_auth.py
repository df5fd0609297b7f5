"""Who gets in, from where, and how far."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
import pytest

from hansard import Database, connect
from hansard.errors import InvalidConfig, Unauthenticated
from hansard.server import sessions
from hansard.server.cookies import KEY
from hansard.server.sessions import Credential, SessionManager, signin_link, token_of
from server.harness import TOKEN, Site, credentials, problem
from server.harness import browser as signed_in


def test_every_request_needs_a_credential(here: Site) -> None:
    for path in (
        "/api/v1/conversations",
        "/api/v1/nothing",
        "/api/v1/openapi.json/",
        "//api/v1/me",
        "/api//v1/me",
        "/%61pi/v1/me",
        "/api",
    ):
        told = here.stranger.get(here.url + path)
        problem(told, 401, "unauthenticated")
        assert told.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "given",
    [
        "Bearer " + TOKEN[:-1] + "x",
        "Bearer",
        "Basic " + TOKEN,
        TOKEN,
        "Bearer \xe9",
        f"Bearer {TOKEN} {TOKEN}",
    ],
)
def test_a_wrong_token_is_no_token(here: Site, given: str) -> None:
    headers = {b"Authorization": given.encode("latin-1")}
    problem(here.stranger.get("/api/v1/me", headers=headers), 401, "unauthenticated")


def test_health_and_the_description_need_none(here: Site) -> None:
    for path in ("/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"):
        assert here.stranger.get(path).json()["status"] == "ok"
    assert here.stranger.get("/api/v1/openapi.json").json()["openapi"] == "3.1.0"


def sign_in(here: Site, code: str) -> httpx2.Response:
    return here.stranger.post("/api/v1/signin", json={"code": code})


def test_a_link_signs_one_browser_in_once(here: Site) -> None:
    link = signin_link(TOKEN, here.url)
    code = link.removeprefix(f"{here.url}/signin?code=")
    assert "set-cookie" not in here.stranger.get(link).headers, "a look at it changes nothing"
    with httpx2.Client(base_url=here.url) as browser:
        told = browser.post("/api/v1/signin", json={"code": code})
        assert told.status_code == 201
        cookie, key = told.headers["set-cookie"], told.json()["key"]
        assert cookie.startswith("hansard_session=")
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=7776000"):
            assert f"; {attribute}" in cookie
        assert TOKEN not in cookie
        assert key not in cookie
        assert "secure" not in cookie.lower()
        assert browser.get("/api/v1/me", headers={KEY: key}).json()["id"] == "me"
        problem(browser.post("/api/v1/signin", json={"code": code}), 401, "unauthenticated")
    again = sign_in(here, code)
    assert "already used" in problem(again, 401, "unauthenticated")["detail"]
    assert "set-cookie" not in again.headers


def test_a_code_is_for_its_user_alone(here: Site) -> None:
    with here.beside(user="eve") as eve:
        problem(sign_in(eve, sessions.signin_code(TOKEN)), 401, "unauthenticated")
        assert sign_in(eve, sessions.signin_code(TOKEN, user="eve")).status_code == 201


def test_a_cookie_or_a_key_alone_opens_nothing(here: Site) -> None:
    """A cookie goes to every port of a host; what is kept by origin does not."""
    with signed_in(here.url) as one, signed_in(here.url) as other:
        both, others = credentials(one), credentials(other)
        for sent in (
            {"Cookie": both["Cookie"]},
            {"Cookie": both["Cookie"], KEY: ""},
            {"Cookie": both["Cookie"], KEY: others[KEY]},
            {"Cookie": both["Cookie"], "Origin": here.url, "Sec-Fetch-Site": "same-origin"},
            {KEY: both[KEY]},
            {"Authorization": f"Bearer {both[KEY]}"},
        ):
            for path in ("/me", "/export", "/conversations"):
                told = here.stranger.get(f"/api/v1{path}", headers=sent)
                problem(told, 401, "unauthenticated")
            made = here.stranger.post("/api/v1/conversations", json={}, headers=sent)
            problem(made, 401, "unauthenticated")
        assert here.stranger.get("/api/v1/me", headers=both).status_code == 200


def test_a_cookie_that_is_enough_would_be_seen(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: only the cookie's own secret is compared."""
    monkeypatch.setattr(sessions, "is_of", lambda session, *_: session is not None)
    with pytest.raises(AssertionError):
        test_a_cookie_or_a_key_alone_opens_nothing(here)


@pytest.mark.parametrize("site_of_the_page", ["same-site", "cross-site"])
def test_a_page_of_another_port_reads_nothing_either(
    browser: httpx2.Client, site_of_the_page: str
) -> None:
    for path in ("/me", "/export", "/sessions"):
        told = browser.get(f"/api/v1{path}", headers={"Sec-Fetch-Site": site_of_the_page})
        problem(told, 403, "permission-denied")


def session_manager(database: Database, now: list[float]) -> SessionManager:
    return SessionManager(TOKEN, database.scope().sessions, lambda: now[0])


@pytest.mark.anyio
async def test_a_code_expires_and_follows_the_token() -> None:
    async with connect("memory:", providers=[]) as database:
        now = [time.time()]
        keeper = session_manager(database, now)
        other = SessionManager("hsd_" + "o" * 43, database.scope().sessions)
        code = sessions.signin_code(TOKEN)
        with pytest.raises(Unauthenticated):
            await other.create_session(code)
        session, cookie = await keeper.create_session(code)
        assert await keeper.verify(Credential("session", cookie, session.key))
        assert not await other.verify(Credential("session", cookie, session.key))
        for wrong in (code, session.secret, f"{session.id}.{session.secret}", "", "..", "é"):
            assert not await keeper.verify(Credential("session", wrong, session.key))
        for wrong in (cookie, "", "..", "é", code[:-1]):
            with pytest.raises(Unauthenticated):
                await keeper.create_session(wrong)
        late = sessions.signin_code(TOKEN)
        now[0] += sessions.LINK_LASTS + 1
        with pytest.raises(Unauthenticated):
            await keeper.create_session(late)


@pytest.mark.anyio
async def test_what_is_not_signed_is_refused_without_the_database() -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    keeper = SessionManager(TOKEN, cast("Any", Away()))
    session = "0192f0c1-2345-7000-8000-000000000000"
    for forged in (f"{session}.x.y", f"{session}.{'x' * 43}.{'y' * 43}", "x"):
        assert not await keeper.verify(Credential("session", forged, "key"))


@pytest.fixture
def browser(here: Site) -> Iterator[httpx2.Client]:
    """A browser that is signed in."""
    with signed_in(here.url) as client:
        yield client


def test_a_page_of_ours_may_change_things(here: Site, browser: httpx2.Client) -> None:
    for headers in (
        {"Origin": here.url},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert browser.post("/api/v1/conversations", json={}, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_origin_may_not(
    here: Site, browser: httpx2.Client, headers: dict[str, str]
) -> None:
    before = here.feed_end()
    told = browser.post("/api/v1/conversations", json={}, headers=headers)
    problem(told, 403, "permission-denied")
    form = browser.post("/api/v1/conversations", data={"title": "x"}, headers=headers)
    problem(form, 403, "permission-denied")
    assert here.get("/feed", after=before)["items"] == []


def test_a_browser_signs_out(here: Site, browser: httpx2.Client) -> None:
    copied = credentials(browser)
    with signed_in(here.url) as another:
        told = browser.delete("/api/v1/session", headers={"Origin": "http://evil.example"})
        problem(told, 403, "permission-denied")
        assert browser.get("/api/v1/me").status_code == 200
        assert browser.delete("/api/v1/session", headers={"Origin": here.url}).status_code == 204
        assert dict(browser.cookies) == {}
        problem(here.stranger.get("/api/v1/me", headers=copied), 401, "unauthenticated")
        assert another.get("/api/v1/me").status_code == 200, "another browser stays signed in"
    assert here.delete("/session", 204) is None
    assert here.client.get("/me").status_code == 200, "the token stays good"


def test_a_stale_cookie_does_not_hide_a_good_one(here: Site, browser: httpx2.Client) -> None:
    both = credentials(browser)
    for cookies in (
        f"hansard_session=stale; {both['Cookie']}",
        f"{both['Cookie']}; hansard_session=x",
    ):
        told = here.stranger.get("/api/v1/me", headers={"Cookie": cookies, KEY: both[KEY]})
        assert told.status_code == 200


def test_no_other_origin_may_read_an_answer(browser: httpx2.Client) -> None:
    origin = {"Origin": "http://evil.example"}
    for answer in (
        browser.get("/api/v1/me", headers=origin),
        browser.options("/api/v1/me", headers=origin | {"Access-Control-Request-Method": "PUT"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.", ""])
def test_a_name_that_is_not_ours_is_refused(here: Site, host: str) -> None:
    told = here.client.get("/me", headers={"Host": host})
    if host == "":
        assert told.status_code in (400, 421)
    else:
        problem(told, 421, "wrong-host")


def test_the_names_of_this_machine_are_ours(here: Site) -> None:
    port = urlsplit(here.url).port
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}", f"127.0.0.1:{port}"):
        assert here.client.get("/me", headers={"Host": host}).status_code == 200


def test_every_response_tells_the_browser_to_be_careful(here: Site) -> None:
    for answer in (
        here.stranger.get("/"),
        here.stranger.get("/nothing"),
        here.client.get("/me"),
        here.client.get("/conversations/nothing"),
        here.stranger.get("/healthz", headers={"Host": "evil.example"}),
    ):
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_a_token_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "home" / "token"
    token = token_of(file)
    assert token.startswith("hsd_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token_of(file) == token
    assert [found.name for found in file.parent.iterdir()] == ["token"]


def test_a_token_that_others_may_read_is_refused_with_the_way_to_mend_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token_of(file)
    file.chmod(0o640)
    with pytest.raises(InvalidConfig, match=f"chmod 600 {file}"):
        token_of(file)
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(InvalidConfig, match="does not contain a token"):
        token_of(file)
