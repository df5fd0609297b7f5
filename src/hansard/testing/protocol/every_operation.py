"""Checks that are the same for every operation: credentials, fields, ids, media types, methods and schemas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from hansard.testing.protocol import registry, tour
from hansard.testing.protocol.answers import JSON, BrokenPromise, expect, expect_equal
from hansard.testing.protocol.operations import (
    BODIES,
    BYTES,
    ONLY_REST,
    OPEN,
    OPERATIONS,
    SOCKET_BODIES,
    SWEEPING,
    Operation,
)
from hansard.testing.protocol.schemas import Schemas
from hansard.testing.protocol.server import Server
from hansard.testing.protocol.specimen import specimen

OperationCheck = Callable[[Operation, Server], None]

WRONG_TOKEN = "hsd_" + "0" * 43
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ANY_NAME = {"set_setting"}
"""Operations that create what their path names."""
_NOT_ON_THE_TOUR = SWEEPING | {
    *("sign_in", "end_session", "sign_out", "follow_feed"),
    "refresh_provider",  # needs an endpoint that the server reaches
}


def needs_a_token(operation: Operation, server: Server) -> None:
    path = specimen(server).path(operation)
    for token in (None, WRONG_TOKEN):
        answer = server.request(operation.method, path, token=token)
        answer.expect_problem(401, "unauthenticated")


def names_an_unknown_field(operation: Operation, server: Server) -> None:
    body = (specimen(server).body(operation) or {}) | {"no_such_field": 1}
    answer = specimen(server).request(operation.id, body=body)
    answer.expect_problem(400, "invalid-input", "/no_such_field")


def refuses_malformed_json(operation: Operation, server: Server) -> None:
    path = specimen(server).path(operation)
    for content in (b"{", b"[]", b'{"a": NaN}', b'"\xff"'):
        headers = {"Content-Type": "application/json"}
        answer = server.request(operation.method, path, content=content, headers=headers)
        answer.expect_problem(400, "invalid-input")


def refuses_another_media_type(operation: Operation, server: Server) -> None:
    path = specimen(server).path(operation)
    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": media_type}
        answer = server.request(operation.method, path, content=b"{}", headers=headers)
        answer.expect_problem(415, "unsupported-media-type")


def refuses_unknown_ids(operation: Operation, server: Server) -> None:
    others = {"number": "999", "digest": "0" * 64}
    for parameter in operation.parameters:
        other = {parameter: others.get(parameter, str(uuid4()))}
        specimen(server).request(operation.id, other).expect_problem(404, "not-found")


def is_refused_alike_over_the_socket(operation: Operation, server: Server) -> None:
    body = specimen(server).body(operation)
    fields: JSON = {SOCKET_BODIES.get(operation.id, "body"): body} if body is not None else {}
    for parameter in operation.parameters:
        fields[parameter] = 999 if parameter == "number" else str(uuid4())
    ids = {parameter: str(fields[parameter]) for parameter in operation.parameters}
    rest = specimen(server).request(operation.id, ids).expect_problem(404, "not-found")
    with server.socket() as socket:
        problem = socket.refused(operation.id, **fields)
    expect_equal(problem, rest, f"the problem of {operation.id}")


def refuses_malformed_ids(operation: Operation, server: Server) -> None:
    for parameter in operation.parameters:
        other = {parameter: "no-such-id"}
        specimen(server).request(operation.id, other).expect_problem(404, "not-found")


def names_the_methods(path: str, server: Server) -> None:
    allowed = {operation.method for operation in OPERATIONS.values() if operation.path == path}
    operation = next(each for each in OPERATIONS.values() if each.path == path)
    wrong = next(method for method in METHODS[::-1] if method not in allowed)
    answer = server.request(wrong, specimen(server).path(operation))
    answer.expect_problem(405, "method-not-allowed")
    named = {method.strip() for method in answer.header("allow").split(",")}
    expect(allowed <= named, f"an Allow header with {sorted(allowed)}", sorted(named))


def answers_as_described(operation: Operation, server: Server) -> None:
    responses = server.once("tour", lambda: tour.walk(server))
    if operation.id not in responses:
        raise BrokenPromise("a successful response", "no response: an earlier request failed")
    answer = responses[operation.id]
    declared = described(server, operation)["responses"].get(str(answer.status))
    if declared is None or answer.status >= 400:
        raise BrokenPromise("a declared status of success", str(answer), answer.request)
    content: JSON = Schemas(server.document).resolve(declared).get("content", {})
    if not content:
        expect_equal(answer.response.content, b"", "the body")
    for schema in (media["schema"] for kind, media in content.items() if kind.endswith("/json")):
        for error in Schemas(server.document).errors(answer.json(), schema):
            raise BrokenPromise("a body that matches its schema", error, answer.request)


def described(server: Server, operation: Operation) -> JSON:
    """The description of an operation in the server's document."""
    methods = server.document["paths"].get(f"/api/v1{operation.path}", {})
    description = methods.get(operation.method.lower())
    if description is None:
        name = f"{operation.method} {operation.path}"
        raise BrokenPromise(f"a description of {name}", "none", "GET /openapi.json")
    return description


def _add_all() -> None:
    for operation in OPERATIONS.values():
        if operation.id not in OPEN | SWEEPING:
            _add("authentication", operation, "needs a valid token", needs_a_token)
        if operation.id in BODIES:
            promise = "names an unknown field of the body"
            _add("unknown-fields", operation, promise, names_an_unknown_field)
            promise = "refuses bodies that are not JSON objects"
            _add("malformed-json", operation, promise, refuses_malformed_json)
        if operation.id in BODIES or operation.id in BYTES - {"upload_blob"}:
            promise = "refuses bodies of another media type"
            _add("media-types", operation, promise, refuses_another_media_type)
        if operation.parameters and operation.id not in _ANY_NAME:
            promise = "answers an unknown id with 404"
            _add("unknown-ids", operation, promise, refuses_unknown_ids)
            if operation.id not in ONLY_REST:
                promise = "is a request over the WebSocket, refused alike for unknown ids"
                _add("requests", operation, promise, is_refused_alike_over_the_socket)
            promise = "answers a malformed id with 404"
            _add("malformed-ids", operation, promise, refuses_malformed_ids)
        if operation.id not in _NOT_ON_THE_TOUR:
            promise = "answers as the OpenAPI document describes"
            _add("schemas", operation, promise, answers_as_described)
    for path in dict.fromkeys(operation.path for operation in OPERATIONS.values()):
        promise = f"{path} answers other methods with 405 and names the allowed ones."
        name = path.strip("/").replace("/", ".").replace("{", "").replace("}", "")
        registry.add("methods", name, promise, partial(names_the_methods, path))


def _add(group: str, operation: Operation, promise: str, function: OperationCheck) -> None:
    route = f"{operation.method} {operation.path}"
    name = operation.id.replace("_", "-")
    registry.add(group, name, f"{route} {promise}.", partial(function, operation))


_add_all()
