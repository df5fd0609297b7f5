"""Checks of lists: cursors, limits and filters."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from hansard.testing.protocol import registry
from hansard.testing.protocol.answers import expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("paging")
LISTS = ("/conversations", "/artifacts")


@check
def a_cursor_belongs_to_its_filters(server: Server) -> None:
    """A cursor with other filters than those of its page is refused."""
    tag = str(uuid4())
    for _ in range(2):
        server.conversation(tags=[tag])
    cursor = server.get("/conversations", tag=tag, limit=1)["next"]
    for other in ({}, {"tag": str(uuid4())}):
        params = other | {"cursor": cursor}
        answer = server.request("GET", "/conversations", params=params)
        answer.expect_problem(400, "bad-cursor", "/cursor")


@check
def a_changed_cursor_is_refused(server: Server) -> None:
    """A cursor that the server did not create is refused."""
    for path in LISTS:
        for cursor in ("nonsense", "é"):
            answer = server.request("GET", path, params={"cursor": cursor})
            answer.expect_problem(400, "bad-cursor", "/cursor")


@check
def a_walk_survives_new_records(server: Server) -> None:
    """A record that is created during a walk neither repeats nor hides another."""
    tag = str(uuid4())
    ids = [server.conversation(tags=[tag])["id"] for _ in range(4)]
    pages = server.walk("/conversations", tag=tag, limit=2)
    walked = [next(pages)["id"]]
    server.conversation(tags=[tag])
    walked += [item["id"] for item in pages]
    expect_equal(walked, ids[::-1], "the ids of all pages")


_WRONG: dict[str, list[tuple[str, str]]] = {
    "/conversations": [
        *(("limit", value) for value in ("0", "501", "many", "")),
        ("pinned", "perhaps"),
        ("since", "yesterday"),
        ("until", "5"),
        ("project_id", "nonsense"),
    ],
    "/artifacts": [("limit", "0"), ("type", "film"), ("from", "yesterday"), ("to", "never")],
    "/search": [("q", "\0"), ("role", "nobody"), ("limit", "0")],
    "/search/artifacts": [("q", "\0"), ("limit", "-1")],
    "/stats": [("tz", "Nowhere/Land"), ("since", "yesterday"), ("project_id", "nonsense")],
    "/artifacts/uses": [("by", "moon"), ("from", "yesterday")],
    "/feed": [("after", "-1"), ("after", "one"), ("limit", "0")],
}


def _refuses(path: str, name: str, value: str, server: Server) -> None:
    params = {"q": "one"} if path.startswith("/search") and name != "q" else {}
    answer = server.request("GET", path, params=params | {name: value})
    answer.expect_problem(400, "invalid-input", f"/{name}")


def _add_all() -> None:
    for path, cases in _WRONG.items():
        for number, (name, value) in enumerate(cases, 1):
            promise = f"GET {path} refuses the {name} {value!r} and names the parameter."
            label = f"{path.strip('/').replace('/', '.')}-{name}-{number}".replace("_", "-")
            registry.add("parameters", label, promise, partial(_refuses, path, name, value))


_add_all()


@group("parameters")
def a_missing_one_is_named(server: Server) -> None:
    """A required parameter that is missing is named."""
    for path in ("/search", "/search/artifacts"):
        server.request("GET", path).expect_problem(400, "invalid-input", "/q")
