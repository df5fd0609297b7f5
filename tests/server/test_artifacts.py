"""Artifacts and collections over HTTP."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from server.harness import JSON, Site, problem
from services.making import CODE, fenced

pytestmark = pytest.mark.usefixtures("anyio_backend")

PAGE: JSON = {"type": "html", "language": "html", "title": "Ünï page", "content": "<p>hi</p>"}


def test_what_an_answer_makes_is_listed_read_changed_and_found(anywhere: Site) -> None:
    talk = anywhere.talk(title="Clocks")
    run = anywhere.ended(anywhere.ask(talk, fenced()))
    [clock] = anywhere.get("/artifacts", conversation_id=talk["id"])["items"]
    assert (clock["type"], clock["language"], clock["title"]) == ("code", "python", "clock.py")
    assert (clock["revision"], clock["message_id"]) == (1, run["message_id"])
    assert anywhere.get("/artifacts", message_id=run["message_id"])["items"] == [clock]
    path = f"/artifacts/{clock['id']}"
    assert anywhere.get(path) == clock
    edited = anywhere.patch(path, content=CODE + "\n# more\n", expect_revision=1)
    assert edited["revision"] == 2
    said = anywhere.get(f"{path}/content")
    assert (said["content"], said["revision"]["author"]) == (CODE + "\n# more\n", "me")
    assert anywhere.get(f"{path}/content", revision=1)["content"] == CODE
    diff = anywhere.get(f"{path}/diff", **{"from": 1, "to": 2})
    assert (diff["added"], diff["removed"]) == (2, 0)
    [hit] = anywhere.get("/search/artifacts", q="tick more")["items"]
    assert hit["artifact"] == edited
    back = anywhere.post(f"{path}/revisions/1/restore", 200, expect_revision=2)
    assert back["revision"] == 3
    numbers = [each["number"] for each in anywhere.get(f"{path}/revisions")["items"]]
    assert numbers == [3, 2, 1]
    assert anywhere.delete(path)["deleted_at"] is not None
    assert anywhere.get("/artifacts")["items"] == []
    assert anywhere.post(f"{path}/restore", 200)["deleted_at"] is None
    anywhere.delete(path)
    anywhere.post(f"{path}/purge", 204)
    assert anywhere.get("/artifacts", deleted=True)["items"] == []
    kinds = [entry["kind"] for entry in anywhere.get("/feed", after=0, limit=500)["items"]]
    told = [kind.removeprefix("artifact.") for kind in kinds if kind.startswith("artifact.")]
    assert told == ["created", "updated", "updated", "deleted", "restored", "deleted", "purged"]


def test_a_writer_who_is_late_is_told_both_revisions(here: Site) -> None:
    made = here.post("/artifacts", 201, **PAGE)
    here.patch(f"/artifacts/{made['id']}", content="two")
    body = {"content": "mine", "expect_revision": 1}
    late = here.client.patch(f"/artifacts/{made['id']}", json=body)
    told = problem(late, 409, "revision-conflict")
    assert (told["revision"], told["expected"]) == (2, 1)
    assert told["pointer"] == "/expect_revision"


def test_a_download_is_a_file_that_no_browser_shows(here: Site) -> None:
    made = here.post("/artifacts", 201, **PAGE)
    got = here.client.get(f"/artifacts/{made['id']}/file")
    assert (got.content, got.headers["content-type"]) == (b"<p>hi</p>", "text/html; charset=utf-8")
    named = "attachment; filename*=UTF-8''%C3%9Cn%C3%AF-page.html"
    assert got.headers["content-disposition"] == named
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    here.post(f"/artifacts/{made['id']}/uses", 204, use="opened")
    uses = here.get("/artifacts/uses")["items"]
    [html] = [use for use in uses if (use["type"], use["opened"]) == ("html", 1)]
    assert html["exported"] == 1


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("हिन्दी में योजना", "हिन्दी-में-योजना.html"),
        ("ภาษาไทยที่นี่", "ภาษาไทยที่นี่.html"),
        ("தமிழ் / 1", "தமிழ்-1.html"),
        ("cafe\u0301 menu", "caf\u00e9-menu.html"),
        ("\U0001f5fa\ufe0f a \u2764\ufe0f plan", "a-plan.html"),
        ("\U0001f5fa\ufe0f", "artifact.html"),
    ],
)
def test_a_file_is_named_after_the_title_in_any_script(here: Site, title: str, name: str) -> None:
    made = here.post("/artifacts", 201, **PAGE | {"title": title})
    got = here.client.get(f"/artifacts/{made['id']}/file")
    _, _, said = got.headers["content-disposition"].partition("''")
    assert unquote(said) == name


def test_uses_are_counted_by_what_is_asked_for(here: Site) -> None:
    made = here.post("/artifacts", 201, **PAGE | {"language": "wolof"})
    today = made["created_at"][:10]
    here.client.get(f"/artifacts/{made['id']}/file")
    asked: JSON = {"by": ["language", "day"], "from": today, "to": today}
    uses = here.get("/artifacts/uses", **asked)["items"]
    [wolof] = [use for use in uses if use["language"] == "wolof"]
    assert (wolof["type"], wolof["day"], wolof["made"], wolof["exported"]) == ("", today, 1, 1)
    assert here.get("/artifacts/uses", to="2020-01-01")["items"] == []


def test_artifacts_are_collected(here: Site) -> None:
    made = here.post("/artifacts", 201, **PAGE)
    pages = here.post("/collections", 201, name="Pages")
    where = f"/collections/{pages['id']}/artifacts/{made['id']}"
    for _ in range(2):
        here.put(where, 204)
    assert here.get("/artifacts", collection_id=pages["id"])["items"] == [made]
    assert here.patch(f"/collections/{pages['id']}", name="Sites")["name"] == "Sites"
    here.delete(where, 204)
    problem(here.client.delete(where), 404, "not-found")
    assert here.get("/artifacts", collection_id=pages["id"])["items"] == []
    here.delete(f"/collections/{pages['id']}")
    assert pages["id"] not in str(here.get("/collections"))
    here.post(f"/collections/{pages['id']}/restore", 200)
    assert here.get(f"/collections/{pages['id']}")["name"] == "Sites"


@pytest.mark.parametrize(
    ("changed", "status", "code", "pointer"),
    [
        ({"type": "film"}, 400, "invalid-input", "/type"),
        ({"title": " "}, 400, "invalid-input", "/title"),
        ({"content": "\0"}, 400, "invalid-input", "/content"),
        ({"content": "x" * (2**20 + 1)}, 413, "too-large", "/content"),
        ({"conversation_id": "no id"}, 404, "not-found", None),
        ({"colour": "red"}, 400, "invalid-input", "/colour"),
    ],
)
def test_what_is_no_artifact_is_refused(
    here: Site, changed: JSON, status: int, code: str, pointer: str | None
) -> None:
    told = here.client.post("/artifacts", json=PAGE | changed)
    assert problem(told, status, code).get("pointer") == pointer


def test_a_link_shows_what_it_is_for_until_it_is_revoked(here: Site) -> None:
    made = here.post("/artifacts", 201, **PAGE)
    link = here.post(f"/artifacts/{made['id']}/links", 201, revision=1)
    here.patch(f"/artifacts/{made['id']}", content="two")
    with here.beside(user="bob") as bob, here.beside(tenant="other") as eve:
        shown = bob.get(f"/links/{link['token']}")
        assert (shown["content"], shown["revision"]) == ("<p>hi</p>", 1)
        problem(eve.client.get(f"/links/{link['token']}"), 404, "not-found")
        problem(bob.client.get(f"/artifacts/{made['id']}"), 404, "not-found")
        problem(bob.client.delete(f"/shares/{link['share']['id']}"), 404, "not-found")
        assert here.get(f"/artifacts/{made['id']}/shares")["items"] == [link["share"]]
        here.delete(f"/shares/{link['share']['id']}")
        problem(bob.client.get(f"/links/{link['token']}"), 404, "not-found")
    assert here.get(f"/artifacts/{made['id']}/shares")["items"] == []
