"""What is wrong with artifacts is told as what it is, changes nothing, and never breaks the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from server.harness import JSON, Site, problem
from services.making import CODE, element

pytestmark = pytest.mark.usefixtures("anyio_backend")

MISSING = "00000000-0000-7000-8000-000000000000"
TEXT: JSON = {"type": "text", "title": "Plan", "content": "Go."}
OVER = "x" * (2**20 + 1)
_deep: Any = []
for _ in range(200):
    _deep = [_deep]


@pytest.fixture
def plan(here: Site) -> Iterator[JSON]:
    """An artifact at its second revision, to which nothing may happen."""
    made = here.post("/artifacts", 201, **TEXT)
    made = here.patch(f"/artifacts/{made['id']}", content="Stop.", metadata={"n": 1})
    yield made
    assert here.get(f"/artifacts/{made['id']}") == made
    assert here.get(f"/artifacts/{made['id']}/content")["content"] == "Stop."
    numbers = [r["number"] for r in here.get(f"/artifacts/{made['id']}/revisions")["items"]]
    assert numbers == [2, 1]


FIELDS: list[tuple[JSON, int, str]] = [
    ({"type": "film"}, 400, "/type"),
    ({"type": 5}, 400, "/type"),
    ({"title": None}, 400, "/title"),
    ({"title": "\t "}, 400, "/title"),
    ({"title": "x" * 501}, 413, "/title"),
    ({"title": "a\0b"}, 400, "/title"),
    ({"language": ["python"]}, 400, "/language"),
    ({"language": "x" * 101}, 413, "/language"),
    ({"media_type": "html"}, 400, "/media_type"),
    ({"media_type": "text/html\r\nSet-Cookie: a=b"}, 400, "/media_type"),
    ({"description": "x" * 2_001}, 413, "/description"),
    ({"identifier": "x" * 501}, 413, "/identifier"),
    ({"file_name": "x" * 501}, 413, "/file_name"),
    ({"metadata": []}, 400, "/metadata"),
    ({"metadata": {"a": _deep}}, 400, "/metadata"),
    ({"metadata": {"a\0": 1}}, 400, "/metadata"),
    ({"note": "x" * 1_001}, 413, "/note"),
    ({"content": 5}, 400, "/content"),
    ({"content": None}, 400, "/content"),
    ({"content": ""}, 400, "/content"),
    ({"content": "a\0b"}, 400, "/content"),
    ({"content": "\x89PNG\r\n\x1a\n\0\0"}, 400, "/content"),
    ({"content": OVER}, 413, "/content"),
    ({"content": "é" * (2**19 + 1)}, 413, "/content"),
    ({"colour": "red"}, 400, "/colour"),
    ({"owner_id": "bob"}, 400, "/owner_id"),
    ({"revision": 7}, 400, "/revision"),
]


@pytest.mark.parametrize(("wrong", "status", "pointer"), FIELDS)
def test_a_field_that_cannot_be_is_named(
    here: Site, plan: JSON, wrong: JSON, status: int, pointer: str
) -> None:
    code = "invalid-input" if status == 400 else "too-large"
    made = here.client.post("/artifacts", json=TEXT | wrong)
    changed = here.client.patch(f"/artifacts/{plan['id']}", json=wrong)
    for told in (made, changed):
        found = problem(told, status, code)["pointer"]
        assert found == pointer or found.startswith(f"{pointer}/")


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\x89PNG\r\n\x1a\n\0", b'{"content": "\xff\xfe"}', b"[" * 10_000],
)
def test_a_body_that_is_no_json_object_is_refused(here: Site, plan: JSON, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for method, path in (("POST", "/artifacts"), ("PATCH", f"/artifacts/{plan['id']}")):
        told = here.client.request(method, path, content=body, headers=headers)
        problem(told, 400, "invalid-input")
        other = here.client.request(
            method, path, content=body, headers={"Content-Type": "image/png"}
        )
        problem(other, 415, "unsupported-media-type")


def test_a_body_that_is_missing_is_asked_for(here: Site, plan: JSON) -> None:
    for method, path in (("POST", "/artifacts"), ("PATCH", f"/artifacts/{plan['id']}")):
        told = problem(here.client.request(method, path), 400, "invalid-input")
        assert (told["detail"], told["pointer"]) == ("The request needs a body.", "")


def test_lone_surrogates_are_no_text(here: Site, plan: JSON) -> None:
    headers = {"Content-Type": "application/json"}
    for field in ("content", "title"):
        body = f'{{"{field}": "\\ud800"}}'.encode()
        told = here.client.patch(f"/artifacts/{plan['id']}", content=body, headers=headers)
        problem(told, 400, "invalid-input")


@pytest.mark.parametrize("action", ["edit", "restore"])
def test_a_writer_who_is_late_is_told_both_revisions(here: Site, plan: JSON, action: str) -> None:
    path = f"/artifacts/{plan['id']}"
    for expected in (1, 3, 999):
        body: JSON = {"expect_revision": expected}
        if action == "edit":
            told = here.client.patch(path, json=body | {"content": "mine"})
        else:
            told = here.client.post(f"{path}/revisions/1/restore", json=body)
        found = problem(told, 409, "revision-conflict")
        assert (found["revision"], found["expected"]) == (2, expected)
        assert found["pointer"] == "/expect_revision"
    for wrong in (0, -1, "2", 1.5, 2**80):
        told = here.client.patch(path, json={"expect_revision": wrong, "content": "mine"})
        assert problem(told, 400, "invalid-input")["pointer"] == "/expect_revision"


BROKEN = {
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><circle r="5"',
    "html": "<!doctype html><html><body><div><p>no end <script>if (a < b",
    "csv": 'name,"born\nAda,1815,too,"many\n\n,,,,\n"',
    "json": '{"a": [1, 2,, }',
    "mermaid": "graph TD\n  A --> \n  --> [[[",
    "react": "export default () => <div>{",
    "markdown": "```python\nnever closed\n\n| a | b |\n|--",
    "css": "a { color: red; b { ",
    "other": "\x01\x02\x1b[31m\ufeff\u202e\ufffe",
}


@pytest.mark.parametrize(("kind", "content"), BROKEN.items(), ids=BROKEN.keys())
def test_what_is_broken_is_kept_as_it_is(here: Site, kind: str, content: str) -> None:
    made = here.post("/artifacts", 201, type=kind, title=f"A broken {kind}", content=content)
    path = f"/artifacts/{made['id']}"
    assert here.get(f"{path}/content")["content"] == content
    assert here.client.get(f"{path}/file").content == content.encode()
    here.patch(path, content=content + "\n<more")
    assert here.get(f"{path}/diff")["added"] >= 1
    assert (
        here.get("/search/artifacts", q=f"broken {kind}")["items"][0]["artifact"]["id"]
        == made["id"]
    )
    talk = here.talk()
    run = here.ended(here.ask(talk, element(f"broken-{kind}", content, type="text/html")))
    assert run["status"] == "completed"
    file = here.client.post("/artifacts/export", json={"ids": [made["id"]]})
    assert file.status_code == 200


ROUTES = [
    ("GET", "", None),
    ("GET", "/content", None),
    ("GET", "/file", None),
    ("GET", "/revisions", None),
    ("GET", "/diff", None),
    ("GET", "/shares", None),
    ("PATCH", "", {"title": "Mine"}),
    ("DELETE", "", None),
    ("POST", "/restore", None),
    ("POST", "/purge", None),
    ("POST", "/revisions/1/restore", {}),
    ("POST", "/uses", {"use": "opened"}),
    ("POST", "/shares", {"user_id": "carol"}),
    ("POST", "/links", {}),
]


@pytest.mark.parametrize(("method", "rest", "body"), ROUTES, ids=str)
def test_foreign_and_missing_ids_look_the_same(
    here: Site, plan: JSON, method: str, rest: str, body: JSON | None
) -> None:
    told: set[tuple[int, str]] = set()
    with here.beside(user="bob") as bob, here.beside(tenant="other") as other:
        for who, key in (
            (bob, plan["id"]),
            (other, plan["id"]),
            (other, plan["id"].upper()),
            (bob, MISSING),
            (bob, "no-id"),
            (bob, "\u0661"),
            (bob, "x" * 5_000),
        ):
            answer = who.client.request(method, f"/artifacts/{key}{rest}", json=body)
            told.add((answer.status_code, answer.text))
    assert [status for status, _ in told] == [404]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/artifacts?limit=0", "/limit"),
        ("/artifacts?type=film", "/type"),
        ("/artifacts?from=yesterday", "/from"),
        ("/artifacts?to=2026-01-01T00:00:00", "/to"),
        ("/artifacts?conversation_id=x", "/conversation_id"),
        ("/artifacts?language=%00", "/language"),
        ("/search/artifacts", "/q"),
        ("/search/artifacts?q=%00", "/q"),
        ("/artifacts/{id}/content?revision=0", "/revision"),
        ("/artifacts/{id}/content?revision=one", "/revision"),
        ("/artifacts/{id}/diff?from=-1", "/from"),
        ("/artifacts/{id}/diff?to=two", "/to"),
        ("/artifacts/uses?by=moon", "/by"),
        ("/artifacts/uses?from=yesterday", "/from"),
    ],
)
def test_a_question_that_cannot_be_is_told(here: Site, plan: JSON, path: str, pointer: str) -> None:
    told = here.client.get(path.format(id=plan["id"]))
    assert problem(told, 400, "invalid-input")["pointer"] == pointer


def test_a_cursor_of_another_list_is_refused(here: Site, plan: JSON) -> None:
    here.post("/artifacts", 201, **TEXT)
    other = here.get("/artifacts", limit=1)["next"]
    revisions = f"/artifacts/{plan['id']}/revisions"
    for path in (f"/artifacts?type=text&cursor={other}", f"{revisions}?cursor={other}"):
        assert problem(here.client.get(path), 400, "bad-cursor")["pointer"] == "/cursor"


@pytest.mark.parametrize(
    ("method", "rest", "body", "status"),
    [
        ("GET", "/content?revision=3", None, 404),
        ("GET", "/file?revision=9007199254740993", None, 404),
        ("GET", "/diff?from=7", None, 404),
        ("GET", "/diff?to=7", None, 404),
        ("POST", "/revisions/3/restore", {}, 404),
        ("POST", "/revisions/0/restore", {}, 400),
        ("POST", "/revisions/one/restore", {}, 404),
        ("POST", "/restore", None, 404),
        ("POST", "/purge", None, 404),
        ("POST", "/uses", {"use": "eaten"}, 400),
        ("POST", "/uses", {}, 400),
        ("POST", "/shares", {"user_id": "me"}, 400),
        ("POST", "/shares", {"user_id": "a\0"}, 400),
        ("POST", "/shares", {"user_id": "bob", "right": "own"}, 400),
        ("POST", "/shares", {"user_id": "bob", "expires_at": "2020-01-01T00:00:00Z"}, 400),
        ("POST", "/shares", {"user_id": "bob", "expires_at": "soon"}, 400),
        ("POST", "/links", {"revision": 3}, 404),
        ("POST", "/links", {"revision": 0}, 400),
        ("POST", "/links", {"expires_at": "2020-01-01T00:00:00Z"}, 400),
        ("PUT", "", {}, 405),
    ],
)
def test_what_cannot_be_done_with_an_artifact_is_told(
    here: Site, plan: JSON, method: str, rest: str, body: JSON | None, status: int
) -> None:
    told = here.client.request(method, f"/artifacts/{plan['id']}{rest}", json=body)
    codes = {400: "invalid-input", 404: "not-found", 405: "method-not-allowed"}
    problem(told, status, codes[status])


def test_an_id_that_is_taken_is_a_conflict(here: Site, plan: JSON) -> None:
    mine = str(uuid4())
    again = TEXT | {"id": mine}
    assert here.post("/artifacts", 201, **again) == here.post("/artifacts", 201, **again)
    for other in ({"content": "Other."}, {"title": "Other"}, {"type": "code"}):
        problem(here.client.post("/artifacts", json=again | other), 409, "already-exists")
    with here.beside(user="bob") as bob:
        problem(bob.client.post("/artifacts", json=again), 409, "already-exists")
    problem(here.client.post("/artifacts", json=TEXT | {"id": "no id"}), 400, "invalid-input")
    problem(here.client.post("/artifacts", json=TEXT | {"id": plan["id"]}), 409, "already-exists")


def test_what_is_shared_to_be_read_is_not_written(here: Site, plan: JSON) -> None:
    share = here.post(f"/artifacts/{plan['id']}/shares", 201, user_id="bob")
    with here.beside(user="bob") as bob:
        path = f"/artifacts/{plan['id']}"
        assert bob.get(f"{path}/content")["content"] == "Stop."
        problem(bob.client.patch(path, json={"content": "Mine."}), 403, "permission-denied")
        problem(bob.client.delete(path), 404, "not-found")
        here.delete(f"/shares/{share['id']}")
        problem(bob.client.patch(path, json={"content": "Mine."}), 404, "not-found")


def test_the_server_is_as_well_as_before(here: Site) -> None:
    made = here.post("/artifacts", 201, type="code", title="Clock", content=CODE)
    assert here.get(f"/artifacts/{made['id']}/content")["content"] == CODE
