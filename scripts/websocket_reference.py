"""Write `docs/reference/websocket.md` and `asyncapi.json`: the protocol of the WebSocket, from its own description.

Run it after a request, a topic or a record has changed; a test fails when the files are not what this would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

import rest_reference
from hansard.api.operations import OPERATIONS
from hansard.server.websocket import asyncapi
from hansard.server.websocket.commands import ALIASES, OPERATION_REQUESTS, REQUESTS
from hansard.server.websocket.limits import (
    BURST,
    CLOSES,
    HEARTBEAT,
    MAX_FRAME,
    MAX_RUNS,
    RATE,
    SEND_TIMEOUT,
)
from hansard.server.websocket.topics import ALL, CONVERSATION, MAX_TOPICS
from hansard.services.feed.kinds import RECORDS, TOPICS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGE = FOLDER / "websocket.md"
DOCUMENT = FOLDER / "asyncapi.json"

JSON = dict[str, Any]

_ALIASES = ", ".join(f"`{alias}` for `{name}`" for alias, name in ALIASES.items())

_HEAD = f"""# The WebSocket

`scripts/websocket_reference.py` generates this page from the AsyncAPI 3 document of the protocol,
[asyncapi.json](asyncapi.json). One connection carries requests and live changes. [Follow changes](../howto/live.md)
describes the Python client, which reconnects automatically.

**The address** is `/api/v1/ws` on the server. The handshake is authenticated like every request of [the REST
API](rest.md): with `Authorization: Bearer TOKEN`, or in a browser with the cookie of a sign-in. A browser must also
be on a page of the server and offer the subprotocols `hansard` and `hansard.key.KEY`, with the key that the sign-in
returned. A token in the address is ignored. A refused handshake returns a problem document.

**Frames** are text. Each is one JSON object with a `type`. A request may have an `id`, a text or a number; its reply
has the same. Requests are answered in order, and events come between the replies. Requests and replies contain the
records of the REST API.

```json
{{"type": "get_artifacts", "id": 1, "conversation_id": "01a1ff56-d9ea-76c2-950b-08f1239920b9"}}
{{"type": "ok", "id": 1, "result": {{"items": [], "next": null}}}}
```

**Other names.** At the top level of a request, these names are also accepted: {_ALIASES}.

**Errors** are frames of type `error` with the [problem document](rest.md#errors) that REST would return; the
connection stays open. Frames that are not JSON, binary frames, unknown types, missing or unknown fields, and requests
that come too fast (`too-many-requests`, status 429) are errors too.

```json
{{"type": "error", "id": 1, "problem": {{"type": "urn:hansard:problem:not-found", "status": 404, …}}}}
```

**Limits.** A request must not exceed {MAX_FRAME >> 20} MiB; one of more than twice that closes the connection (1009).
A connection may send {RATE} requests per second, {BURST} in a burst, including invalid ones. It may subscribe to
{MAX_TOPICS} topics and {MAX_RUNS} runs. The server sends a ping every {HEARTBEAT:.0f} seconds and expects a pong
within the same time. Browsers send pongs automatically but cannot send pings: use the request `ping` instead.

**Authentication** is checked again for every frame and twice a second. A connection whose session ended or whose
token became invalid is closed at once.
"""

_OPERATIONS = """## Operations

Every operation of the REST API is a request: its `type` is the operation's name, and what REST has in the path and
the query are its fields, of which those in bold are required. What REST has in the body is the field `body`, with the
same errors. Two requests have another name for it, `artifact` and `message`; and two have another type, so that
`list_artifacts` is also accepted for `get_artifacts`, and `chat` for `send_message`.

```json
{"type": "append_messages", "id": 2, "conversation_id": "01a1ff56-…", "body": {"messages": [{"role": "user", …}]}}
{"type": "ok", "id": 2, "result": {"items": [{"id": "01a1ff57-…", "seq": 0, …}]}}
```

| request | in REST | fields | result |
|---|---|---|---|"""

_FOLLOWING = """## Following changes

`subscribe` with `topics` subscribes to changes; the reply has the `position` after which changes follow. A change has
a `type`, such as `artifact.updated`, its `position`, the [FeedEntry](rest.md#feedentry), which identifies the record,
and the `record` as it is when the event is sent.

```json
{"type": "subscribe", "id": 1, "topics": ["artifacts", "runs"], "after": 4711}
{"type": "ok", "id": 1, "result": {"position": 4711, "topics": ["artifacts", "runs"], "runs": []}}
{"type": "artifact.updated", "position": 4715, "entry": {"subject_id": "01a1ff56-…", …}, "record": {"title": "x", …}}
```

**The record** is what `GET` would return to the same user at that moment, so it may be newer than the change, and it is
never another user's. It is null if the record is gone, in the trash, or no longer visible to the user. Of several
events of one record that are sent together, only the last has a `record`. `message.created` has an `Appended`:

**Resuming.** A client that subscribes with `after`, the last position that it saw, receives all changes since then,
once and in order, and then new ones. If they are no longer available, because they are older than the feed is kept
(`feed_days` in [the settings](settings.md)) or belong to another database, the client receives `resync` instead: it
must reload its state; all changes after the position of the `resync` follow.

```json
{"type": "resync", "position": 9001}
```

A client with few topics may have received nothing for a long time. The `position` in the reply to `ping` is also
valid for resuming, and more recent.

| topic | changes | record |
|---|---|---|
"""
_RUNS = f"""| `{ALL}` | all | |
| `{CONVERSATION}ID` | all changes in one conversation | |

**Events of runs** are sent as `run.delta`, each with a [RunEvent](rest.md#runevent), to connections that are
subscribed to the run: `runs` maps its id to the number of the last event that the client saw, or 0. A client that
reconnects misses nothing and receives nothing twice, except the event that ends the run, which is always sent. The
subscription ends with it.

```json
{{"type": "subscribe", "id": 2, "runs": {{"01a1ff56-da4f-71d7-830d-d698c680ea44": 0}}}}
{{"type": "run.delta", "event": {{"run_id": "01a1ff56-…", "number": 2, "type": "text", "text": "Hello", …}}}}
```
"""

_CLOSING = f"""## Closing

The server closes a connection with one of these codes. If there were subscriptions, the reason ends with `resume from
N`: all changes up to position N were sent. The server has no queue for a client: it sends the next changes when the
client has received the previous ones. A client that receives nothing for {SEND_TIMEOUT:.0f} seconds is disconnected.

| code | reason | |
|---|---|---|
"""
_STANDARD = """| 1007 | | A text frame was not UTF-8. |
| 1009 | | A request was more than twice as large as allowed. |
| 1011 | `keepalive ping timeout` | A ping was not answered. |

## In a browser

```js
const socket = new WebSocket(new URL("api/v1/ws", document.baseURI).href.replace("http", "ws"));
socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", id: 1, topics: ["*"], after: position }));
socket.onmessage = ({ data }) => {
  const frame = JSON.parse(data);
  if (frame.position !== undefined) position = frame.position;
  if (frame.type === "resync") readEverythingAnew();
  else if (frame.entry) changed(frame.entry, frame.record);
};
```
"""


def main() -> None:
    PAGE.write_text(page(), "utf-8")
    DOCUMENT.write_bytes(document())


def document() -> bytes:
    return msgspec.json.format(msgspec.json.encode(asyncapi.describe()), indent=1) + b"\n"


def page() -> str:
    described = asyncapi.describe()
    topics = "".join(
        f"| `{topic}` | {', '.join(f'`{kind}`' for kind in kinds)} | {_records(kinds)} |\n"
        for topic, kinds in TOPICS.items()
    )
    closes = "".join(
        f"| {close.code} | `{close.text}` | {text} |\n" for close, text in CLOSES.items()
    )
    parts = [_HEAD, _OPERATIONS, *_operations(described)]
    parts += ["\n## Other requests\n", *_requests(described), *_bodies(described)]
    head, topic_table = _FOLLOWING.split("**Resuming.**")
    appended = rest_reference.fields(described["components"]["schemas"]["Appended"], "field")
    parts += [head + _linked(appended, described["components"]["schemas"])]
    parts += ["**Resuming.**" + topic_table + topics + _RUNS]
    parts += [_CLOSING + closes + _STANDARD]
    return "\n".join(parts)


def _records(kinds: Iterable[str]) -> str:
    """The types of the records that events of these kinds carry."""
    names = dict.fromkeys(record.__name__ for kind in kinds if (record := RECORDS[kind]))
    return ", ".join(names)


def _operations(described: JSON) -> Iterator[str]:
    """Return a row for each operation: its request, its route, the request's fields and the result."""
    schemas, messages = described["components"]["schemas"], described["components"]["messages"]
    for operation in (each for noun in OPERATIONS.values() for each in noun):
        kind = OPERATION_REQUESTS.get(operation.name)
        if kind is None:
            continue
        schema = schemas[kind.__name__]
        required = schema.get("required", ())
        fields = ", ".join(
            f"**`{field}`**" if field in required else f"`{field}`"
            for field in schema["properties"]
            if field not in ("type", "id")
        )
        name, route = asyncapi.name_of(kind), f"{operation.verb} {operation.path}"
        anchor = re.sub(r"[^\w-]", "", route.lower().replace(" ", "-"))
        result = messages[f"{name}.ok"]["payload"]["properties"]["result"].get("$ref", "")
        record = result.rpartition("/")[2]
        linked = f"[{record}](rest.md#{record.lower()})" if record else "null"
        yield f"| `{name}` | [{route}](rest.md#{anchor}) | {fields} | {linked} |"


def _requests(described: JSON) -> Iterator[str]:
    schemas, messages = described["components"]["schemas"], described["components"]["messages"]
    for kind in REQUESTS:
        if kind in OPERATION_REQUESTS.values():
            continue
        name = asyncapi.name_of(kind)
        message = messages[name]
        yield f"### {name}\n\n{message['summary']}\n"
        if more := message.get("description"):
            yield more + "\n"
        schema = schemas[kind.__name__]
        given = {n: f for n, f in schema["properties"].items() if n not in ("type", "id")}
        if given:
            yield _linked(rest_reference.fields({**schema, "properties": given}, "body"), schemas)
        result = messages[f"{name}.ok"]["payload"]["properties"]["result"]["$ref"]
        yield _result(result.rpartition("/")[2], schemas)


def _bodies(described: JSON) -> Iterator[str]:
    schemas = described["components"]["schemas"]
    for name in _BODIES:
        said = schemas[name].get("description")
        yield f"### {name}\n" + (f"\n{said}\n" if said else "")
        yield _linked(rest_reference.fields(schemas[name], "body"), schemas)


_RESULTS = ("Subscribed", "Pong", "WholeArtifact")
"""Records that the REST API does not have."""
_BODIES = ("ArtifactChanges",)
"""What the bodies of REST's requests have, and has no heading there."""


def _result(name: str, schemas: JSON) -> str:
    if name in _RESULTS:
        return "The result:\n\n" + _linked(rest_reference.fields(schemas[name], "field"), schemas)
    return f"The result is {_linked(f'[{name}](#{name.lower()})', schemas)}.\n"


def _linked(text: str, schemas: JSON) -> str:
    """With its links to records going to the page on the REST API."""
    known = {name.lower() for name in schemas.keys() - {*_BODIES}} | {"part"}
    return re.sub(
        r"\(#(\w+)\)", lambda link: f"(rest.md#{link[1]})" if link[1] in known else link[0], text
    ).replace("| body |", "| field |")


if __name__ == "__main__":
    main()
