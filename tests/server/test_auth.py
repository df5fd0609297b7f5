"""Who gets in, from where, and how far."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from hansard.errors import InvalidConfig, NotSignedIn, Unavailable
from hansard.server import auth
from hansard.server.auth import Credential, Doorkeeper, signin_link, token_of
from hansard.server.gate import COOKIE
from server.harness import TOKEN, Site, problem


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
        problem(told, 401, "not-signed-in")
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
    problem(here.stranger.get("/api/v1/me", headers=headers), 401, "not-signed-in")


def test_health_and_the_description_need_none(here: Site) -> None:
    for path in ("/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"):
        assert here.stranger.get(path).json()["status"] == "ok"
    assert here.stranger.get("/api/v1/openapi.json").json()["openapi"] == "3.1.0"


def test_a_link_signs_one_browser_in_once(here: Site) -> None:
    link = signin_link(TOKEN, here.url)
    with httpx2.Client(base_url=here.url) as browser:
        assert "not signed in" in browser.get("/").text
        answer = browser.get(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=7776000"):
            assert f"; {attribute}" in cookie
        assert TOKEN not in cookie
        assert "Hansard is running" in browser.get("/").text
        assert browser.get("/api/v1/me").json()["id"] == "me"
        assert browser.get(link).status_code == 303, "the browser that is in may open it again"
    again = here.stranger.get(link)
    assert again.status_code == 401
    assert "used before" in again.text
    assert "set-cookie" not in again.headers


def test_a_code_and_a_session_expire_and_follow_the_token() -> None:
    now = [1_000.0]
    keeper = Doorkeeper(TOKEN, clock=lambda: now[0])
    other = Doorkeeper("hsd_" + "o" * 43, clock=lambda: now[0])
    code = auth._sign(TOKEN, "sign-in code", now[0] + auth.LINK_LASTS)
    with pytest.raises(NotSignedIn):
        other.admit(code)
    session = keeper.admit(code)
    assert keeper.knows(Credential("session", session))
    assert not other.knows(Credential("session", session))
    assert not keeper.knows(Credential("session", code)), "one cannot stand for the other"
    with pytest.raises(NotSignedIn):
        keeper.admit(session)
    expires, nonce, signature = session.split(".")
    for forged in (
        f"{int(expires) + 1}.{nonce}.{signature}",
        f"{nonce}.{signature}",
        "",
        "..",
        "é",
    ):
        assert not keeper.knows(Credential("session", forged))
    late = auth._sign(TOKEN, "sign-in code", now[0] + auth.LINK_LASTS)
    now[0] += auth.LINK_LASTS
    with pytest.raises(NotSignedIn):
        keeper.admit(late)
    now[0] += auth.SESSION_LASTS
    assert not keeper.knows(Credential("session", session))


def test_a_restart_makes_no_used_code_good_again() -> None:
    now = [1_000.0]
    code = auth._sign(TOKEN, "sign-in code", now[0] + auth.LINK_LASTS)
    now[0] += 0.001
    restarted = Doorkeeper(TOKEN, clock=lambda: now[0])
    with pytest.raises(NotSignedIn):
        restarted.admit(code)
    restarted.admit(auth._sign(TOKEN, "sign-in code", now[0] + auth.LINK_LASTS))


@pytest.fixture
def browser(here: Site) -> Iterator[httpx2.Client]:
    """A browser that is signed in."""
    with httpx2.Client(base_url=here.url) as client:
        client.get(signin_link(TOKEN, here.url))
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
    problem(told, 403, "not-allowed")
    form = browser.post("/api/v1/conversations", data={"title": "x"}, headers=headers)
    problem(form, 403, "not-allowed")
    assert here.get("/feed", after=before)["items"] == []


def test_a_browser_signs_out(here: Site, browser: httpx2.Client) -> None:
    copied = dict(browser.cookies)
    other = httpx2.get(signin_link(TOKEN, here.url)).cookies
    told = browser.delete("/api/v1/session", headers={"Origin": "http://evil.example"})
    problem(told, 403, "not-allowed")
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.delete("/api/v1/session", headers={"Origin": here.url}).status_code == 204
    assert dict(browser.cookies) == {}
    with httpx2.Client(base_url=here.url, cookies=copied) as thief:
        problem(thief.get("/api/v1/me"), 401, "not-signed-in")
    with httpx2.Client(base_url=here.url, cookies=other) as another:
        assert another.get("/api/v1/me").status_code == 200, "another browser stays signed in"
    assert here.delete("/session", 204) is None
    assert here.client.get("/me").status_code == 200, "the token stays good"


def test_a_stale_cookie_does_not_hide_a_good_one(here: Site, browser: httpx2.Client) -> None:
    good = browser.cookies[COOKIE]
    for cookies in (f"{COOKIE}=stale; {COOKIE}={good}", f"{COOKIE}={good}; {COOKIE}=stale"):
        assert here.stranger.get("/api/v1/me", headers={"Cookie": cookies}).status_code == 200


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
    with pytest.raises(InvalidConfig, match="does not hold a token"):
        token_of(file)


def signed_in(keeper: Doorkeeper, now: float) -> Credential:
    code = auth._sign(TOKEN, "sign-in code", now + auth.LINK_LASTS)
    return Credential("session", keeper.admit(code))


def test_who_signed_out_stays_out_after_a_restart(tmp_path: Path) -> None:
    file, now = tmp_path / "signed-out", [1_000.0]
    keeper = Doorkeeper(TOKEN, lambda: now[0], ended=file)
    gone, stays = signed_in(keeper, now[0]), signed_in(keeper, now[0])
    assert not file.exists()
    keeper.dismiss(gone)
    restarted = Doorkeeper(TOKEN, lambda: now[0], ended=file)
    assert (restarted.knows(gone), restarted.knows(stays)) == (False, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert gone.secret not in file.read_text(), "the file gives no session away"
    restarted.dismiss(stays)
    assert len(auth.ended_in(file)) == 2
    now[0] += auth.SESSION_LASTS
    restarted.dismiss(signed_in(restarted, now[0]))
    assert len(auth.ended_in(file)) == 1, "what has expired need not be remembered"
    assert [found.name for found in tmp_path.iterdir()] == ["signed-out"]


def test_a_sign_out_that_cannot_be_written_down_is_told(tmp_path: Path) -> None:
    keeper = Doorkeeper(TOKEN, ended=tmp_path / "no-such-folder" / "signed-out")
    session = signed_in(keeper, time.time())
    with pytest.raises(Unavailable, match="until the server starts again"):
        keeper.dismiss(session)
    assert not keeper.knows(session)


def test_a_damaged_list_of_ended_sessions_is_refused_with_the_way_to_mend_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "signed-out"
    file.write_text("[")
    with pytest.raises(InvalidConfig, match="Remove it and the token"):
        Doorkeeper(TOKEN, ended=file)
