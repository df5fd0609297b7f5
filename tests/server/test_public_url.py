"""The address at which browsers reach a server behind a proxy, and what follows if it begins with https."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from hansard.config import load
from hansard.errors import InvalidConfig
from hansard.server.cookies import KEY, SessionCookie
from hansard.server.serve import serve
from hansard.server.sessions import signin_code
from server.harness import TOKEN, process, site

pytestmark = pytest.mark.usefixtures("anyio_backend")


def test_behind_https_cookies_are_secure_and_browsers_come_by_no_other_way(tmp_path: Path) -> None:
    url = "https://chat.example.org"
    with process(tmp_path / "home", public_url=url) as server:
        host = {"Host": "chat.example.org"}
        told = httpx2.post(
            f"{server.url}/api/v1/signin", json={"code": signin_code(server.token)}, headers=host
        )
        cookie, *attributes = told.headers["set-cookie"].split("; ")
        assert cookie.startswith("__Host-hansard_session=")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
        assert told.headers["strict-transport-security"] == "max-age=31536000"
        known = {"Cookie": cookie, KEY: told.json()["key"], **host}
        assert httpx2.get(f"{server.url}/api/v1/me", headers=known).status_code == 200


def test_without_it_nothing_of_that_is_said(tmp_path: Path) -> None:
    with site(tmp_path / "chats.db") as here:
        told = here.stranger.post("/api/v1/signin", json={"code": signin_code(TOKEN)})
        assert told.headers["set-cookie"].startswith("hansard_session=")
        assert "Secure" not in told.headers["set-cookie"]
        assert "strict-transport-security" not in told.headers


def test_a_cookie_below_a_path_has_the_prefix_that_allows_one() -> None:
    assert (
        SessionCookie("/hansard", secure=True).header("x").startswith("__Secure-hansard_session=x")
    )


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("chat.example.org", ""),
        ("ftp://chat.example.org", ""),
        ("https://", ""),
        ("https://me@chat.example.org", ""),
        ("https://chat.example.org?x", ""),
        ("https://chat.example.org:port", ""),
        ("https://chat.example.org/hansard", ""),
        ("https://chat.example.org", "/hansard"),
    ],
)
def test_what_is_no_such_address_is_refused(tmp_path: Path, url: str, prefix: str) -> None:
    flags = {"port": 0, "public_url": url, "path_prefix": prefix}
    with pytest.raises(InvalidConfig, match="public_url"):
        serve(load(flags, {"HANSARD_HOME": str(tmp_path)}))
