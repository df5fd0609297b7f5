"""The AsyncAPI 3 document of the WebSocket protocol, generated from the requests, topics and frames."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import msgspec

from hansard import __version__
from hansard.model.feed import FeedEntry
from hansard.server.cookies import SessionCookie
from hansard.server.openapi import PREFIX, Schemas, plainly
from hansard.server.websocket.commands import REQUESTS, Request
from hansard.server.websocket.frames import Delta, Refused, Resync
from hansard.server.websocket.route import PATH
from hansard.services.feed.kinds import RECORDS, TOPICS

JSON = dict[str, Any]

CHANNEL = {"$ref": "#/channels/socket"}
_ID: JSON = {"type": ["string", "integer", "null"], "description": "The id of the request."}


def describe() -> JSON:
    """Return the AsyncAPI document from the server's view: it receives requests, and sends replies and events."""
    schemas = Schemas()
    messages: JSON = {"error": _message(Refused, schemas.of(Refused))}
    operations: JSON = {}
    for kind in REQUESTS:
        name = name_of(kind)
        messages[name] = _message(kind, schemas.of(kind))
        messages[f"{name}.ok"] = _reply(name, schemas.of(result_of(kind)))
        operations[name] = _operation(name)
    for topic, payload in event_payloads(schemas).items():
        summary = f"A change in the topic `{topic}`."
        messages[topic] = {"name": topic, "summary": summary, "payload": payload}
    for frame in (Delta, Resync):
        messages[name_of(frame)] = _message(frame, schemas.of(frame))
    events = [*TOPICS, name_of(Delta), name_of(Resync)]
    operations["tell"] = {
        "action": "send",
        "channel": CHANNEL,
        "summary": "Events for the subscriptions of a socket.",
        "messages": [_in_channel(name) for name in events],
    }
    document: JSON = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hansard, live",
            "version": __version__,
            "description": "Requests and live changes over one WebSocket.",
        },
        "servers": {
            "here": {
                "host": "127.0.0.1:8765",
                "protocol": "ws",
                "security": [{"$ref": f"#/components/securitySchemes/{n}"} for n in _SECURITY],
            }
        },
        "channels": {
            "socket": {
                "address": PREFIX + PATH,
                "messages": {n: {"$ref": f"#/components/messages/{n}"} for n in messages},
            }
        },
        "operations": operations,
        "components": {
            "schemas": schemas.components(),
            "messages": messages,
            "securitySchemes": _SECURITY,
        },
    }
    return plainly(document)


_SECURITY: JSON = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of the installation, in the handshake; never in the URL.",
    },
    "session": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": SessionCookie().name,
        "description": "A browser that was signed in by a link, on a page of this server. It offers the subprotocols "
        "`hansard` and `hansard.key.KEY`, with the key that the sign-in returned.",
    },
}


def event_payloads(schemas: Schemas) -> JSON:
    """Return the schemas of the frames that report changes, by topic."""
    entry = schemas.of(FeedEntry)
    payloads: JSON = {}
    for topic, kinds in TOPICS.items():
        by_record: dict[Any, list[str]] = {}
        for kind in kinds:
            by_record.setdefault(RECORDS[kind], []).append(kind)
        events = [
            _event(same, entry, schemas.of(None if record is None else record | None))
            for record, same in by_record.items()
        ]
        payloads[topic] = events[0] if len(events) == 1 else {"anyOf": events}
    return payloads


def _event(kinds: list[str], entry: JSON, record: JSON) -> JSON:
    """Return the schema of events of these kinds, which carry the same type of record."""
    return {
        "type": "object",
        "required": ["type", "position", "entry"],
        "properties": {
            "type": {"type": "string", "enum": kinds},
            "position": {"type": "integer"},
            "entry": entry,
            "record": record,
        },
    }


def name_of(kind: type[msgspec.Struct]) -> str:
    """Return the `type` of frames of this kind."""
    return str(kind.__struct_config__.tag)


def result_of(kind: type[Request]) -> Any:
    """Return the type of a request's result."""
    return get_type_hints(kind.answer)["return"]


def _message(kind: type[msgspec.Struct], schema: JSON) -> JSON:
    summary, _, more = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")
    message: JSON = {"name": name_of(kind), "summary": summary, "payload": schema}
    return message | ({"description": more} if more else {})


def _reply(name: str, result: JSON) -> JSON:
    payload: JSON = {
        "type": "object",
        "required": ["type", "id", "result"],
        "properties": {"type": {"const": "ok"}, "id": _ID, "result": result},
    }
    return {"name": "ok", "summary": f"`{name}` succeeded.", "payload": payload}


def _operation(name: str) -> JSON:
    return {
        "action": "receive",
        "channel": CHANNEL,
        "messages": [_in_channel(name)],
        "reply": {
            "channel": CHANNEL,
            "messages": [_in_channel(f"{name}.ok"), _in_channel("error")],
        },
    }


def _in_channel(name: str) -> JSON:
    return {"$ref": f"#/channels/socket/messages/{name}"}
