"""What a browser is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from hansard.config import load
from hansard.errors import InvalidConfig
from hansard.server.app import make_api
from hansard.server.cookies import KEY
from hansard.server.serve import OWN, serve
from hansard.server.sessions import SessionManager, signin_code
from hansard.server.sse import Shutdown
from server.harness import TOKEN, Site, problem, site

ROUTER = Path(__file__).parents[2] / "web" / "src" / "app" / "router.tsx"
INDEX = '<!doctype html><html><head><base href="/"><script src="./assets/app-1a2b.js"></script></head></html>'
FILES = {
    "index.html": INDEX,
    "favicon.svg": "<svg/>",
    "assets/app-1a2b.js": "fetch('api/v1/me')",
    "assets/deep/font.woff2": "font",
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app as its build leaves it."""
    folder = tmp_path_factory.mktemp("package") / "web"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder.parent / "secret.txt").write_text("secret")
    return folder


def keeper(here: Site) -> SessionManager:
    return SessionManager(TOKEN, here.database.scope().sessions)


@pytest.fixture(scope="module")
def built(web: Path) -> Iterator[Site]:
    with site("memory:", served={"web": web}) as running:
        yield running


def test_without_the_app_a_page_says_what_there_is(tmp_path: Path) -> None:
    with site(tmp_path / "chats.db") as here:
        for address in ("/", "/signin?code=x"):
            page = here.stranger.get(address)
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert 'href="/api/v1/openapi.json"' in page.text
            assert "hansard/server/web" in page.text
            assert "<script" not in page.text
        problem(here.stranger.get("/c/123"), 404, "not-found")


def test_the_app_is_shown_at_every_address_of_its_own(built: Site) -> None:
    for path in ("/", "/c/0192/edit", "/index.html", "/apiary", "/signin?code=x"):
        page = built.stranger.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        assert page.text == INDEX
    head = built.stranger.head("/")
    assert (head.status_code, head.content) == (200, b"")
    problem(built.stranger.post("/c/0192"), 405, "method-not-allowed")


def test_what_has_a_hash_in_its_name_is_kept_for_good(built: Site) -> None:
    script = built.stranger.get("/assets/app-1a2b.js")
    assert script.text == FILES["assets/app-1a2b.js"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert built.stranger.get("/assets/deep/font.woff2").headers["content-type"] == "font/woff2"
    icon = built.stranger.get("/favicon.svg")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.headers["cache-control"] == "no-cache"
    problem(built.stranger.get("/assets/app-old.js"), 404, "not-found")


def test_text_is_compressed_for_those_who_can_read_it(built: Site) -> None:
    def asked(name: str, accepted: str) -> httpx2.Headers:
        return built.stranger.get(name, headers={"Accept-Encoding": accepted}).headers

    for name in ("/", "/assets/app-1a2b.js", "/favicon.svg"):
        packed = built.stranger.get(name, headers={"Accept-Encoding": "br, gzip;q=0.8"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
        assert packed.text == FILES[name.strip("/") or "index.html"]
        for accepted in ("identity", "br", "gzip;q=0"):
            assert "content-encoding" not in asked(name, accepted), accepted
    assert "content-encoding" not in asked("/assets/deep/font.woff2", "gzip"), (
        "it is compressed already"
    )


def test_a_file_that_an_update_took_away_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "assets/app-old.js"):
        (tmp_path / name).write_text(INDEX)
    with site("memory:", served={"web": tmp_path}) as here:
        (tmp_path / "assets" / "app-old.js").unlink()
        problem(here.stranger.get("/assets/app-old.js"), 404, "not-found")


def test_the_app_runs_nothing_but_its_own_files(built: Site) -> None:
    """Styles alone may be inline: with images, fonts and connections of the server alone, they send nothing away."""
    for path in ("/", "/assets/app-1a2b.js"):
        headers = built.stranger.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; "
            "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt"]
)
def test_no_path_leads_out_of_the_folder(built: Site, path: str) -> None:
    with httpx2.Client() as client:
        request = client.build_request("GET", built.url)
        request.url = httpx2.URL(built.url).copy_with(raw_path=path.encode())
        assert "secret" not in client.send(request).text


def test_the_api_stays_what_it_is(built: Site) -> None:
    problem(built.stranger.get("/api/v1/me"), 401, "unauthenticated")
    problem(built.client.get("/nothing"), 404, "not-found")
    problem(built.client.get(f"{built.url}/api"), 404, "not-found")
    assert built.stranger.get("/healthz").json()["status"] == "ok"


def test_nothing_but_the_page_lies_outside_the_api(built: Site) -> None:
    """The gate wants a credential below /api and at /mcp alone, so what holds anything may be nowhere else.

    The address of a preview is its own credential.
    """
    api = make_api(built.database, session_manager=keeper(built), closing=Shutdown())
    outside = {route.path for route in api.routes if not route.path.startswith("/api/")}
    previews = {"/preview/{sealed:str}", "/preview/{sealed:str}/frame"}
    assert outside == {"/", "/{_:path}", "/healthz", "/mcp", "/readyz"} | previews


@pytest.mark.parametrize("cut", [True, False], ids=["cut", "kept"])
def test_it_may_lie_below_a_path(web: Path, cut: bool) -> None:
    """Whether the proxy passes the prefix on or not."""
    with (
        site("memory:", served={"web": web, "prefix": "/hansard"}) as here,
        httpx2.Client(base_url=here.url) as browser,
    ):
        inside = "" if cut else "/hansard"
        page = browser.get(f"{inside}/c/1")
        assert page.text == INDEX.replace('<base href="/">', '<base href="/hansard/">')
        assert browser.get(f"{inside}/assets/app-1a2b.js").status_code == 200
        problem(browser.get(f"{inside}/api/v1/me"), 401, "unauthenticated")
        problem(browser.get(f"{here.url}{inside}//api/v1/me"), 401, "unauthenticated")
        answer = browser.post(f"{inside}/api/v1/signin", json={"code": signin_code(TOKEN)})
        cookie, *attributes = answer.headers["set-cookie"].split("; ")
        assert "Path=/hansard" in attributes
        signed = {"Cookie": cookie, KEY: answer.json()["key"], "Origin": here.url}
        assert browser.get(f"{inside}/api/v1/me", headers=signed).status_code == 200
        gone = browser.delete(f"{inside}/api/v1/session", headers=signed)
        assert "Path=/hansard" in gone.headers["set-cookie"].split("; ")
        assert "/api/v1/me" not in browser.get("/hansardx/api/v1/me").text


@pytest.mark.parametrize("prefix", ["hansard", "/hansard/", "/a b", '/"', "/a//b"])
def test_a_prefix_that_cannot_be_is_told(tmp_path: Path, prefix: str) -> None:
    flags = {"port": 0, "path_prefix": prefix}
    with pytest.raises(InvalidConfig, match="path_prefix"):
        serve(load(flags, {"HANSARD_HOME": str(tmp_path)}))


def test_a_prefix_may_not_look_like_an_address_of_ours(built: Site, tmp_path: Path) -> None:
    """Else nobody could tell whether a proxy has cut it off."""
    api = make_api(built.database, session_manager=keeper(built), closing=Shutdown())
    views = re.findall(r'"(/[a-z]+)\b.*"', ROUTER.read_text("utf-8"))
    paths = [*(route.path for route in api.routes), *views, "/assets/"]
    first = {path.split("/")[1] for path in paths} - {"", "{_:path}"}
    assert first == OWN
    for name in first:
        flags = {"port": 0, "path_prefix": f"/{name}/below"}
        with pytest.raises(InvalidConfig, match="a URL of Hansard itself"):
            serve(load(flags, {"HANSARD_HOME": str(tmp_path)}))
