"""A preview's address: for whom it is good, how long, and what is answered there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from hansard.server import preview
from hansard.server.sessions import SessionManager
from server.harness import JSON, Site, problem, site

FRAME = {"Sec-Fetch-Dest": "iframe"}
RUNNERS = ("frame-1a.js", "react-2b.js", "mermaid-3c.js")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the app, as its build leaves it."""
    web = tmp_path_factory.mktemp("package") / "web"
    (web / "assets" / "preview").mkdir(parents=True)
    (web / "index.html").write_text("")
    for name in RUNNERS:
        (web / "assets" / "preview" / name).write_text("run()")
    with site("memory:", served={"web": web}) as running:
        yield running


def made(here: Site, content: str = "<p>Hello", kind: str = "html", **fields: str) -> JSON:
    given = {"type": kind, "title": "A page", "content": content, **fields}
    return here.post("/artifacts", 201, **given)


def preview_of(here: Site, artifact: JSON, **body: int) -> JSON:
    return here.post(f"/artifacts/{artifact['id']}/preview", 201, **body)


def framed(here: Site, artifact: JSON, **body: int) -> httpx2.Response:
    """What an iframe gets, which brings no cookie and no token."""
    found = here.stranger.get(preview_of(here, artifact, **body)["frame_url"], headers=FRAME)
    assert found.status_code == 200
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    return found


def directives(response: httpx2.Response) -> dict[str, str]:
    policy = response.headers["content-security-policy"].split("; ")
    return {name: rest for name, _, rest in (each.partition(" ") for each in policy)}


def test_whoever_has_the_address_sees_the_artifact_and_nothing_is_loaded_or_kept(
    shown: Site,
) -> None:
    found = framed(shown, made(shown, "<h1>Hello</h1>"))
    assert found.text.endswith('<script src="/assets/preview/frame-1a.js"></script><h1>Hello</h1>')
    assert directives(found) == {
        "sandbox": "allow-scripts",
        "default-src": "'none'",
        "script-src": f"'unsafe-inline' 'unsafe-eval' {shown.url[7:]}/assets/preview/frame-1a.js",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "font-src": "data:",
        "media-src": "data: blob:",
        "worker-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert found.headers["connection-allowlist"] == "(response-origin)"
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["referrer-policy"] == "no-referrer"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in found.headers["permissions-policy"]
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize(
    ("kind", "scripts"),
    [("react", "{host}/assets/preview/react-2b.js 'unsafe-eval'"), ("mermaid", "{host}/assets/preview/mermaid-3c.js")],
)  # fmt: skip
def test_what_is_compiled_runs_nothing_but_the_file_that_compiles_it(
    shown: Site, kind: str, scripts: str
) -> None:
    code = "</script><script>alert(1)</script><!--\u2028 \\u003c"
    found = framed(shown, made(shown, code, kind))
    assert directives(found)["script-src"] == scripts.format(host=shown.url[7:])
    data = re.search(r'<script id="source" type="application/json">(.*?)</script>', found.text)
    assert data
    assert json.loads(data[1]) == {"title": "A page", "code": code}
    assert found.text.count("<script") == 2


def test_a_drawing_stands_in_a_page(shown: Site) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    found = framed(shown, made(shown, f'<?xml version="1.0"?>\n{drawing}', "svg"))
    assert found.text.startswith("<!doctype html>")
    assert found.text.endswith(f"</style>\n{drawing}")


def test_the_files_that_run_in_frames_may_be_loaded_from_no_origin(shown: Site) -> None:
    for name in RUNNERS:
        file = shown.stranger.get(f"/assets/preview/{name}")
        assert file.headers["cross-origin-resource-policy"] == "cross-origin"
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.stranger.get("/").headers["cross-origin-resource-policy"] == "same-origin"


def test_a_tab_of_its_own_has_a_page_of_ours_around_the_frame(shown: Site) -> None:
    artifact = made(shown, title='"><script>alert(1)</script>')
    told = preview_of(shown, artifact)
    page = shown.stranger.get(told["url"])
    assert "<script" not in page.text
    assert f'sandbox="allow-scripts" src="{told["frame_url"]}"' in page.text
    policy = directives(page)
    assert (policy["default-src"], policy["frame-src"]) == ("'none'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    alone = shown.stranger.get(told["frame_url"], headers={"Sec-Fetch-Dest": "document"})
    assert (alone.status_code, alone.headers["location"]) == (303, told["url"])


def test_a_revision_may_be_chosen(shown: Site) -> None:
    artifact = made(shown, "<p>one")
    shown.patch(f"/artifacts/{artifact['id']}", content="<p>two")
    assert framed(shown, artifact).text.endswith("<p>two")
    assert framed(shown, artifact, revision=1).text.endswith("<p>one")
    told = shown.client.post(f"/artifacts/{artifact['id']}/preview", json={"revision": 3})
    assert problem(told, 404, "not-found")["pointer"] == "/revision"


def test_what_does_not_run_has_no_preview(shown: Site) -> None:
    path = f"/artifacts/{made(shown, 'x = 1', 'code')['id']}/preview"
    assert problem(shown.client.post(path, json={}), 400, "invalid-input")["pointer"] == "/type"
    problem(shown.client.post(f"/artifacts/{uuid4()}/preview", json={}), 404, "not-found")
    problem(shown.stranger.post(f"/api/v1{path}", json={}), 401, "unauthenticated")


def test_what_was_deleted_is_shown_no_longer(shown: Site) -> None:
    artifact = made(shown)
    told = preview_of(shown, artifact)
    shown.delete(f"/artifacts/{artifact['id']}")
    for url in (told["url"], told["frame_url"]):
        page = shown.stranger.get(url, headers=FRAME)
        assert page.status_code == 404
        assert "Hello" not in page.text
    shown.post(f"/artifacts/{artifact['id']}/restore", 200)
    assert shown.stranger.get(told["url"]).status_code == 200


def test_what_is_no_longer_shared_is_shown_no_longer(shown: Site) -> None:
    artifact = made(shown)
    share = shown.post(f"/artifacts/{artifact['id']}/shares", 201, user_id="bob")
    with shown.beside(user="bob") as bob:
        told = preview_of(bob, artifact)
        assert shown.stranger.get(told["url"]).status_code == 200
        shown.delete(f"/shares/{share['id']}")
        assert shown.stranger.get(told["url"]).status_code == 404


def test_what_a_link_shows_runs_as_long_as_the_link_is_good(shown: Site) -> None:
    artifact = made(shown, "<p>one")
    link = shown.post(f"/artifacts/{artifact['id']}/links", 201)
    told = shown.post(f"/links/{link['token']}/preview", 201)
    shown.patch(f"/artifacts/{artifact['id']}", content="<p>two")
    assert shown.stranger.get(told["frame_url"], headers=FRAME).text.endswith("<p>two")
    shown.delete(f"/shares/{link['share']['id']}")
    assert shown.stranger.get(told["frame_url"], headers=FRAME).status_code == 404
    problem(shown.client.post(f"/links/{link['token']}/preview"), 404, "not-found")
    code = shown.post(f"/artifacts/{made(shown, 'x', 'code')['id']}/links", 201)
    problem(shown.client.post(f"/links/{code['token']}/preview"), 400, "invalid-input")


def test_an_address_is_good_for_minutes(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = made(shown)
    monkeypatch.setattr(preview, "LASTS", 0)
    assert shown.stranger.get(preview_of(shown, artifact)["url"]).status_code == 404


def test_an_address_cannot_be_made_or_changed(shown: Site) -> None:
    artifact = made(shown)
    url = preview_of(shown, artifact)["url"]
    expires, said, signature = url.removeprefix("/preview/").split(".")
    sessions = shown.database.scope().sessions
    theirs = SessionManager("hsd_another", sessions).seal(b"{}", 60).text
    later = f"{int(expires) + 10**9}.{said}.{signature}"
    for sealed in (
        later,
        f"{expires}.{said}x.{signature}",
        f"{expires}.{said}.",
        theirs,
        "x",
        "a.b.c",
    ):
        assert shown.stranger.get(f"/preview/{sealed}").status_code == 404, sealed
        assert shown.stranger.get(f"/preview/{sealed}/frame").status_code == 404, sealed


def test_without_the_files_that_run_in_frames_it_is_said(here: Site) -> None:
    told = preview_of(here, made(here, "graph LR", "mermaid"))
    page = here.stranger.get(told["frame_url"], headers=FRAME)
    assert (page.status_code, "does not contain the script" in page.text) == (404, True)
    assert framed(here, made(here)).text.endswith("<p>Hello")


def test_below_a_path_all_addresses_are_below_it(tmp_path: Path) -> None:
    (tmp_path / "assets" / "preview").mkdir(parents=True)
    (tmp_path / "index.html").write_text("")
    (tmp_path / "assets" / "preview" / "frame-1a.js").write_text("")
    with site("memory:", served={"web": tmp_path, "prefix": "/hansard"}) as below:
        found = framed(below, made(below))
        assert '<script src="/hansard/assets/preview/frame-1a.js">' in found.text
        assert directives(found)["script-src"].endswith("/hansard/assets/preview/frame-1a.js")
