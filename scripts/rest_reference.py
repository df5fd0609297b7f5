"""Write `docs/reference/rest.md`: every route of the API, from the OpenAPI document that the server serves.

Run it after a route or a record has changed; a test fails when the page is not what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

import hansard
from hansard.errors import HansardError
from hansard.model.parts import Part
from hansard.server import errors as server_errors
from hansard.server import openapi
from hansard.server.app import make_api
from hansard.server.http.routes import NOUNS
from hansard.server.sessions import SessionManager
from hansard.server.sse import Shutdown

OUT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "rest.md"

JSON = dict[str, Any]

_HEAD = """# The REST API

`scripts/rest_reference.py` generates this page from the OpenAPI document that a server serves at
`/api/v1/openapi.json`. [Run a server](../howto/server.md) describes how to start one.

**Paths** are relative to `/api/v1`. In the examples, `$URL` is the server's address with `/api/v1`, `$TOKEN` its
token, and `$CONVERSATION`, `$MESSAGE` and `$RUN` are ids.

**Authentication.** Send `Authorization: Bearer TOKEN`. Browsers use the cookie of a sign-in (`POST /signin`) with the
header `Hansard-Key`, whose value the sign-in returns; the cookie is invalid without it, and both are valid only on
pages of the server. Another user's records return 404, exactly like records that do not exist. Links (`/links/…`)
need no other credential.

**Downloads**, such as an export or a blob, are sent in pieces. They are cut off when the session ends, and omit
artifacts that are no longer shared.

**Bodies** are JSON in UTF-8 with `Content-Type: application/json`, of at most 16 MiB. Unknown fields are errors.
Times are RFC 3339 with a UTC offset, ids are UUIDs.

**Repeated requests.** If the client chooses the `id` of a new record, it may send the request again, for example
after a lost response: it has no effect and returns the existing record. The same id with other content is a conflict.

**Lists** with a `next` have further pages: repeat the request with `?cursor=NEXT` and the same filters. `next` is
null at the end.

**Streams** are server-sent events: `id` is the number to resume from with `Last-Event-ID`, `data` is JSON.
Lines that begin with a colon keep the connection open.
"""
_ERRORS = """## Errors

An error is a problem document (RFC 9457), `application/problem+json`. Its `type` is `urn:hansard:problem:` and one of
these codes, which never change. `detail` is a message for people. `pointer` is a JSON pointer to the invalid field,
or `/` and the name of the invalid parameter. Further members have details, such as the `head` of a branch.

| code | status | meaning |
|---|---|---|
"""
_PARTS = [f"[{kind.__name__}](#{kind.__name__.lower()})" for kind in get_args(Part)]
_EXAMPLES = {
    "create_conversation": """curl "$URL/conversations" -H "Authorization: Bearer $TOKEN" \\
  --json '{"title": "Trip to Rome", "system": "Answer briefly."}'""",
    "list_conversations": """curl "$URL/conversations?limit=20&q=rome" -H "Authorization: Bearer $TOKEN\"""",
    "append_messages": """curl "$URL/conversations/$CONVERSATION/messages" -H "Authorization: Bearer $TOKEN" \\
  --json '{"messages": [{"role": "user", "content": "Where do I sleep?"}]}'""",
    "list_messages": """curl "$URL/conversations/$CONVERSATION/messages?last=50" -H "Authorization: Bearer $TOKEN\"""",
    "create_branch": """curl "$URL/conversations/$CONVERSATION/branches" -H "Authorization: Bearer $TOKEN" \\
  --json '{"at": "'$MESSAGE'", "name": "what if"}'""",
    "chat": """curl -N "$URL/conversations/$CONVERSATION/chat" -H "Authorization: Bearer $TOKEN" \\
  -H "Accept: text/event-stream" --json '{"content": "Where do I sleep?", "model": "echo/echo"}'""",
    "follow_run": """curl -N "$URL/runs/$RUN/events" -H "Authorization: Bearer $TOKEN" -H "Last-Event-ID: 1\"""",
    "cancel_run": """curl -X POST "$URL/runs/$RUN/cancel" -H "Authorization: Bearer $TOKEN\"""",
    "search": """curl "$URL/search?q=sleep&role=user" -H "Authorization: Bearer $TOKEN\"""",
    "read_feed": """curl "$URL/feed?after=0" -H "Authorization: Bearer $TOKEN\"""",
    "set_setting": """curl -X PUT "$URL/settings/theme" -H "Authorization: Bearer $TOKEN" \\
  --json '{"value": "dark"}'""",
    "upload_blob": """curl "$URL/blobs" -H "Authorization: Bearer $TOKEN" -H "Content-Type: text/plain" \\
  --data-binary "some bytes\"""",
    "export": """curl "$URL/export" -H "Authorization: Bearer $TOKEN\"""",
}


def main() -> None:
    OUT.write_text(page(), "utf-8")


def page() -> str:
    document = described()
    routes = [
        (path.removeprefix(openapi.PREFIX), method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    tags = [*NOUNS, "health"]
    routes.sort(key=lambda route: tags.index(route[2]["tags"][0]))
    schemas: JSON = document["components"]["schemas"]
    parts = [_HEAD]
    for tag, group in groupby(routes, key=lambda route: route[2]["tags"][0]):
        parts.append(f"## {tag.capitalize()}\n")
        parts += [_route(*route, schemas) for route in group]
    parts += ["## Records\n", *_records(schemas, routes), _ERRORS + "\n".join(_codes()) + "\n"]
    return "\n".join(parts)


def described() -> JSON:
    """The OpenAPI document."""
    database = hansard.connect("memory:", providers=[])
    api = make_api(
        database, session_manager=SessionManager("", database.scope().sessions), closing=Shutdown()
    )
    return openapi.describe(api)


def _route(path: str, method: str, operation: JSON, schemas: JSON) -> str:
    parts = [f"### {method} {path}\n", operation["summary"] + "\n"]
    if more := operation.get("description"):
        parts.append(more + "\n")
    if parameters := [_parameter(each) for each in operation["parameters"] if each["in"] != "path"]:
        parts.append("Parameters: " + "; ".join(parameters) + ".\n")
    parts += list(_body(operation, schemas))
    parts.append("Answers " + "; or ".join(_answers(operation)) + ".\n")
    if example := _EXAMPLES.get(operation["operationId"]):
        parts.append(f"```sh\n{example}\n```\n")
    return "\n".join(parts)


def _parameter(parameter: JSON) -> str:
    header = " (header)" if parameter["in"] == "header" else ""
    return f"`{parameter['name']}`{header} " + _typed(parameter["schema"], parameter["required"])


def _body(operation: JSON, schemas: JSON) -> Iterator[str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        name = next((one["$ref"] for one in schema.get("anyOf", [schema]) if "$ref" in one), None)
        if name is None:
            yield f"The body is bytes ({'of any type' if media_type == '*/*' else media_type}).\n"
        else:
            yield fields(schemas[name.rpartition("/")[2]], "body")


def _answers(operation: JSON) -> Iterator[str]:
    for status, answer in sorted(operation["responses"].items()):
        if "$ref" in answer:
            continue
        contents: JSON = answer.get("content", {"": {}})
        [(media_type, content)] = contents.items()
        if media_type == "application/json":
            yield f"{status} with {_kind(content['schema'])}"
        elif media_type == "text/event-stream":
            data = content["schema"]["properties"]["data"]["contentSchema"]
            yield f"{status} with a stream of {_kind(data)}"
        else:
            yield f"{status} with {media_type or 'nothing'}"


def _records(schemas: JSON, routes: list[tuple[str, str, JSON]]) -> Iterator[str]:
    bodies = {
        one["$ref"].rpartition("/")[2]
        for _, _, operation in routes
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for one in content["schema"].get("anyOf", [content["schema"]])
        if "$ref" in one
    }
    yield f"### Part\n\nOne of {', '.join(_PARTS)}; its `type` says which.\n"
    for name in sorted(schemas.keys() - bodies):
        text = schemas[name].get("description")
        yield "\n".join([f"### {name}\n", *([text + "\n"] if text else [])])
        yield fields(schemas[name], "field")


def fields(schema: JSON, what: str) -> str:
    required = schema.get("required", ()) if what == "body" else ()
    lines = [f"| {what} | type | |", "|---|---|---|"]
    for name, field in schema.get("properties", {}).items():
        lines.append(f"| `{name}` | {_typed(field, name in required)} | {_text(field)} |")
    return "\n".join(lines) + "\n"


def _typed(schema: JSON, required: bool) -> str:
    return _kind(schema) + (", required" if required else _default(schema))


def _text(schema: JSON) -> str:
    described = [schema, *schema.get("anyOf", ())]
    text = next((each["description"] for each in described if "description" in each), "")
    return " ".join(text.replace("|", "\\|").split())


def _default(schema: JSON) -> str:
    default = schema.get("default")
    return "" if default in (None, "", [], {}) else f", `{str(default).lower()}` unless given"


def _kind(schema: JSON) -> str:
    """A schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        kinds = [_kind(each) for each in schema["anyOf"]]
        if set(kinds) >= set(_PARTS):
            kinds = ["[Part](#part)", *(kind for kind in kinds if kind not in _PARTS)]
        return " or ".join(kinds)
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    if "prefixItems" in schema:
        return f"list of {' and '.join(map(_kind, schema['prefixItems']))}"
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if schema.get("items") else "list"
    return "time" if schema.get("format") == "date-time" else schema.get("type", "any JSON")


def _codes() -> Iterator[str]:
    kinds: list[type[HansardError]] = [HansardError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    ours = {HansardError.__module__, server_errors.__name__}
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.code)):
        if kind.__module__ in ours:
            title = (kind.__doc__ or "").partition("\n")[0]
            yield f"| `{kind.code}` | {kind.status} | {title} |"


if __name__ == "__main__":
    main()
