"""Checks of shares and links of artifacts."""

from __future__ import annotations

from typing import Any

from hansard.testing.protocol.answers import JSON, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("sharing")
SOMEBODY = "protocol-check"


def _linked(server: Server, **fields: Any) -> tuple[str, JSON]:
    """The path of an artifact, and a link to it."""
    path = f"/artifacts/{server.artifact(content='one')['id']}"
    return path, server.post(f"{path}/links", **fields)


@check
def a_link_needs_no_token(server: Server) -> None:
    """A link shows its artifact to everyone who has it, as JSON and as a file."""
    _, link = _linked(server)
    path = f"/links/{link['token']}"
    shown = server.request("GET", path, token=None).expect(200).json()
    expect_equal((shown["content"], shown["revision"]), ("one", 1), "the linked content")
    file = server.request("GET", f"{path}/file", token=None).expect(200)
    expect_equal(file.response.content, b"one", "the file")


@check
def a_link_follows_the_newest(server: Server) -> None:
    """A link without a revision shows the newest one."""
    path, link = _linked(server)
    server.patch(path, content="two")
    shown = server.request("GET", f"/links/{link['token']}", token=None).expect(200).json()
    expect_equal((shown["content"], shown["revision"]), ("two", 2), "the linked content")


@check
def a_link_may_stay(server: Server) -> None:
    """A link to a revision always shows that one."""
    path, link = _linked(server, revision=1)
    server.patch(path, content="two")
    shown = server.request("GET", f"/links/{link['token']}", token=None).expect(200).json()
    expect_equal((shown["content"], shown["revision"]), ("one", 1), "the linked content")


@check
def a_revoked_link_does_not_exist(server: Server) -> None:
    """A revoked link is not found, nor is its file."""
    _, link = _linked(server)
    for rest in ("", "/file"):
        server.request("GET", f"/links/{link['token']}{rest}", token=None).expect(200)
    server.delete(f"/shares/{link['share']['id']}")
    for rest in ("", "/file"):
        answer = server.request("GET", f"/links/{link['token']}{rest}", token=None)
        answer.expect_problem(404, "not-found")


@check
def a_link_ends_with_its_artifact(server: Server) -> None:
    """A link to an artifact in the trash is not found until the artifact is restored."""
    path, link = _linked(server)
    linked = f"/links/{link['token']}"
    server.request("GET", linked, token=None).expect(200)
    server.delete(path)
    server.request("GET", linked, token=None).expect_problem(404, "not-found")
    server.act(f"{path}/restore")
    server.request("GET", linked, token=None).expect(200)


@check
def a_token_is_shown_once(server: Server) -> None:
    """The list of shares has the link without its token."""
    path, link = _linked(server)
    items = server.get(f"{path}/shares")["items"]
    expect_equal(items, [link["share"]], "the shares")
    expect_equal(link["token"] in str(items), False, "whether the token is in the list")


@check
def a_link_opens_nothing_else(server: Server) -> None:
    """A link's token is no credential for other requests."""
    path, link = _linked(server)
    for where in (path, "/me", "/artifacts"):
        answer = server.request("GET", where, token=link["token"])
        answer.expect_problem(401, "unauthenticated")


@check
def an_invalid_link_is_refused(server: Server) -> None:
    """A link to a missing revision, or with an expiry in the past, is refused."""
    path, _ = _linked(server)
    for body, status in (
        ({"revision": 3}, 404),
        ({"revision": 0}, 400),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400),
    ):
        server.request("POST", f"{path}/links", json=body).expect_problem(status)


@check
def a_share_replaces_the_one_before(server: Server) -> None:
    """A user has one share of an artifact, the last."""
    path = f"/artifacts/{server.artifact()['id']}"
    server.post(f"{path}/shares", user_id=SOMEBODY)
    share = server.post(f"{path}/shares", user_id=SOMEBODY, right="write")
    expect_equal((share["user_id"], share["right"]), (SOMEBODY, "write"), "the share")
    expect_equal(server.get(f"{path}/shares")["items"], [share], "the shares")


@check
def a_revoked_share_is_not_listed(server: Server) -> None:
    """A revoked share is not listed."""
    path = f"/artifacts/{server.artifact()['id']}"
    share = server.post(f"{path}/shares", user_id=SOMEBODY)
    server.delete(f"/shares/{share['id']}")
    expect_equal(server.get(f"{path}/shares")["items"], [], "the shares")


@check
def an_invalid_share_is_refused(server: Server) -> None:
    """A share with oneself, with another right or an expiry in the past is refused."""
    path = f"/artifacts/{server.artifact()['id']}/shares"
    for body in (
        {"user_id": server.get("/me")["id"]},
        {"user_id": "a\0"},
        {"user_id": SOMEBODY, "right": "own"},
        {"user_id": SOMEBODY, "expires_at": "2020-01-01T00:00:00Z"},
    ):
        server.request("POST", path, json=body).expect_problem(400, "invalid-input")
