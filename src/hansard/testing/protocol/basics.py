"""Checks of the server itself: its document, its health, credentials, headers and unknown addresses."""

from __future__ import annotations

from uuid import uuid4

from hansard.testing.protocol.answers import BrokenPromise, expect, expect_equal
from hansard.testing.protocol.every_operation import described
from hansard.testing.protocol.operations import OPEN, OPERATIONS
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.schemas import Schemas
from hansard.testing.protocol.server import Server

check = group("basics")


@check
def the_document_is_public(server: Server) -> None:
    """The OpenAPI document is served without a credential."""
    answer = server.request("GET", "/openapi.json", token=None).expect(200)
    version = answer.json()["openapi"]
    expect(version.startswith("3."), "OpenAPI 3", version)


@check
def the_document_describes_every_operation(server: Server) -> None:
    """The OpenAPI document describes all operations of the protocol, under their ids."""
    for operation in OPERATIONS.values():
        expect_equal(described(server, operation)["operationId"], operation.id, "the operationId")


@check
def the_document_declares_problems(server: Server) -> None:
    """Every operation declares problem documents for errors; all but open ones declare 401."""
    schemas = Schemas(server.document)
    for operation in OPERATIONS.values():
        responses = described(server, operation)["responses"]
        names = {"default"} if operation.id in OPEN else {"default", "401"}
        missing = names - set(responses)
        expect(not missing, f"{sorted(names)} in {operation.id}", sorted(responses))
        content = schemas.resolve(responses["default"])["content"]
        expect("application/problem+json" in content, "application/problem+json", list(content))


@check
def the_document_declares_bodies(server: Server) -> None:
    """Declared JSON bodies refuse unknown fields, as the server does."""
    schemas = Schemas(server.document)
    for operation in OPERATIONS.values():
        content = described(server, operation).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is not None:
            extra = schemas.resolve(schema).get("additionalProperties")
            expect_equal(extra, False, f"additionalProperties of {operation.id}")


@check
def health_is_public(server: Server) -> None:
    """The health of the server is answered without a credential, and tells nothing private."""
    for path in ("/healthz", "/readyz"):
        body = server.request("GET", path, token=None).expect(200).json()
        expect_equal(body["status"], "ok", f"the status of {path}")
        expect_equal(body.get("health"), None, f"the private part of {path}")


@check
def a_token_is_not_read_from_the_address(server: Server) -> None:
    """A token in the query of a URL is no credential."""
    for name in ("token", "access_token"):
        answer = server.request("GET", "/me", params={name: server.token}, token=None)
        answer.expect_problem(401, "unauthenticated")


@check
def a_refusal_names_the_scheme(server: Server) -> None:
    """A request without a credential is told to use a bearer token."""
    answer = server.request("GET", "/me", token=None).expect(401)
    scheme = answer.header("www-authenticate")
    expect(scheme.lower().startswith("bearer"), "WWW-Authenticate: Bearer", scheme)


@check
def another_scheme_is_refused(server: Server) -> None:
    """The token with another scheme than Bearer is no credential."""
    for value in (f"Basic {server.token}", server.token, "Bearer"):
        headers = {"Authorization": value}
        answer = server.request("GET", "/me", token=None, headers=headers)
        answer.expect_problem(401, "unauthenticated")


@check
def unknown_and_malformed_ids_look_the_same(server: Server) -> None:
    """The problem with an unknown id and with a malformed id is the same."""
    for path in ("/conversations", "/artifacts", "/runs", "/projects"):
        problems = [
            server.request("GET", f"{path}/{key}").expect_problem(404, "not-found")
            for key in (str(uuid4()), "no-such-id", "x" * 2_000)
        ]
        expect_equal(problems[1:], problems[:1] * 2, f"the problems of {path}")


@check
def a_purged_record_looks_like_an_unknown_one(server: Server) -> None:
    """The problem with a purged record is the same as with one that never existed."""
    path = f"/conversations/{server.conversation()['id']}"
    server.remove(path)
    unknown = server.request("GET", f"/conversations/{uuid4()}").expect_problem(404)
    expect_equal(server.request("GET", path).expect_problem(404), unknown, "the problem")


@check
def an_unknown_address_is_not_found(server: Server) -> None:
    """An address that the protocol does not have is answered with 404."""
    for path in ("/nothing", "/conversations/a/b/c", "/settings/a/b"):
        server.request("GET", path).expect_problem(404, "not-found")


@check
def responses_are_not_cached(server: Server) -> None:
    """Responses with records are not stored by caches, and browsers do not guess their type."""
    path = f"/conversations/{server.conversation()['id']}"
    for answer in (server.request("GET", path), server.request("GET", "/nothing")):
        expect_equal(answer.header("cache-control"), "no-store", "cache-control")
        expect_equal(answer.header("x-content-type-options"), "nosniff", "x-content-type-options")


@check
def other_sites_are_not_allowed(server: Server) -> None:
    """No response allows the pages of other sites to read it."""
    headers = {"Origin": "https://elsewhere.example"}
    answer = server.request("GET", "/me", headers=headers)
    allowed = answer.header("access-control-allow-origin")
    if allowed:
        raise BrokenPromise("no Access-Control-Allow-Origin", allowed, answer.request)


@check
def a_sign_in_needs_a_code(server: Server) -> None:
    """A sign-in with an invalid code is refused."""
    answer = server.request("POST", "/signin", json={"code": "nonsense"}, token=None)
    answer.expect(401, 403)
    answer.expect_problem(answer.status)


@check
def times_have_a_zone(server: Server) -> None:
    """Times are RFC 3339 in UTC."""
    time = server.conversation()["created_at"]
    expect(time.endswith("Z"), "a time that ends in Z", time)


@check
def json_is_utf_8(server: Server) -> None:
    """Responses in JSON say so."""
    expect_equal(server.request("GET", "/me").media_type, "application/json", "the media type")
