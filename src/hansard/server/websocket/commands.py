"""Requests over the WebSocket: one for each operation, made from its declaration, and those about the connection.

The decoder, the reference page and the AsyncAPI document are generated from `REQUESTS`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

import msgspec
from msgspec.structs import asdict

from hansard.api.envelopes import WholeArtifact
from hansard.api.fields import LIMITS, MAX_POSITION, described
from hansard.api.operation import Body, Field, Operation
from hansard.api.operations import OPERATIONS, Services, by_name
from hansard.model.artifacts import Artifact
from hansard.server.websocket.frames import FrameId

Position = Annotated[int, msgspec.Meta(ge=0, le=MAX_POSITION)]
Number = Annotated[int, LIMITS["revision"]]
if TYPE_CHECKING:
    ArtifactChanges = Body
else:
    ArtifactChanges = by_name("update_artifact").body


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """The subscriptions of a socket."""

    position: int | None
    """All matching changes after this position are sent; null without a subscription."""
    topics: list[str]
    runs: list[str]
    """The ids of the runs whose events are sent."""


class Pong(msgspec.Struct, frozen=True, kw_only=True):
    position: int | None
    """The position up to which all matching changes were sent; null without a subscription."""


class Listening(Protocol):
    """The subscriptions of a connection."""

    @property
    def position(self) -> int | None: ...

    async def subscribe(
        self, topics: list[str], after: int | None, runs: dict[str, int]
    ) -> Subscribed: ...

    def unsubscribe(self, topics: list[str], runs: list[str]) -> Subscribed: ...


class Peer(Protocol):
    """The connection that a request came from."""

    @property
    def services(self) -> Services: ...

    @property
    def listening(self) -> Listening: ...


class Request(Body, frozen=True, kw_only=True, tag_field="type"):
    id: FrameId = None
    """The client chooses the id; the reply repeats it."""

    async def answer(self, peer: Peer) -> Any:
        raise NotImplementedError


class GetArtifact(Request, frozen=True, kw_only=True, tag="get_artifact"):
    """Get an artifact with its newest content, or that of a revision."""

    artifact_id: str
    revision: Number | None = None

    async def answer(self, peer: Peer) -> WholeArtifact:
        return WholeArtifact.wrap(
            await peer.services.artifacts.get_with_content(self.artifact_id, self.revision)
        )


class UpdateArtifact(Request, frozen=True, kw_only=True, tag="update_artifact"):
    """Change an artifact; new content adds a revision."""

    artifact_id: str
    updates: ArtifactChanges
    expect_revision: Number | None = None
    """The newest revision that the writer knows; the same as in `updates`."""

    async def answer(self, peer: Peer) -> Artifact:
        changes = asdict(self.updates)
        changes["expect_revision"] = self.expect_revision or changes["expect_revision"]
        return await peer.services.artifacts.update(self.artifact_id, **changes)


class Subscribe(Request, frozen=True, kw_only=True, tag="subscribe"):
    """Subscribe to changes and to the events of runs, in addition to earlier subscriptions.

    Without `after`, changes from now on are sent; with it, all changes after that position. With an earlier
    subscription, `after` moves back to that position. The reply is sent before the first event.
    """

    topics: list[str] = []
    after: Position | None = None
    """The last position that the client has seen."""
    runs: dict[str, Position] = {}
    """The ids of runs, each with the number of the last event that the client has seen, or 0."""

    async def answer(self, peer: Peer) -> Subscribed:
        return await peer.listening.subscribe(self.topics, self.after, self.runs)


class Unsubscribe(Request, frozen=True, kw_only=True, tag="unsubscribe"):
    """Remove topics and runs from the subscriptions. Runs that have ended are removed automatically."""

    topics: list[str] = []
    runs: list[str] = []

    async def answer(self, peer: Peer) -> Subscribed:
        return peer.listening.unsubscribe(self.topics, self.runs)


class Ping(Request, frozen=True, kw_only=True, tag="ping"):
    """Check the connection, and get the position up to which changes were sent."""

    async def answer(self, peer: Peer) -> Pong:
        return Pong(position=peer.listening.position)


NAMES = {"list_artifacts": "get_artifacts", "chat": "send_message"}
"""The `type` of requests whose operation has another name; they may have that name too."""
BODIES = {"create_artifact": "artifact", "chat": "message"}
"""The field that has the body of an operation, if it is not `body`."""
_TAKEN = {"type": "artifact_type"}
"""Fields of operations that have another name, because every request has a field of theirs."""


def _request(operation: Operation) -> type[Request]:
    """Return the request for an operation: the fields of its path and query, and its body as one object."""
    name = NAMES.get(operation.name, operation.name)
    names = {field.name: _TAKEN.get(field.path[-1], field.path[-1]) for field in operation.in_url}
    fields = [_field(names[field.name], field) for field in operation.in_url]
    body_name = BODIES.get(operation.name, "body")
    if operation.body is not None:
        is_optional = operation.body_is_optional
        kind: Any = operation.body | None if is_optional else operation.body
        fields.append((body_name, kind, None) if is_optional else (body_name, kind))

    async def answer(self: Any, peer: Peer) -> Any:
        values = {key: getattr(self, name) for key, name in names.items()}
        body = getattr(self, body_name, None)
        return operation.wrap(await operation.invoke(peer.services, values, body))

    answer.__annotations__["return"] = operation.result
    title = "".join(word.capitalize() for word in name.split("_"))
    request = msgspec.defstruct(
        f"{title}Request",
        fields,
        bases=(Request,),
        namespace={"__doc__": operation.text, "answer": answer},
        module=__name__,
        tag=name,
        frozen=True,
        kw_only=True,
    )
    return cast("type[Request]", request)


def _field(name: str, field: Field) -> tuple[Any, ...]:
    kind = described(field.name, field.kind)
    return (name, kind) if field.required else (name, kind, field.default)


ALIASES = {
    "session_id": "conversation_id",
    "sessionId": "conversation_id",
    "messageId": "message_id",
    "artifactId": "artifact_id",
    "expectRevision": "expect_revision",
}
"""Alternative names of fields, for older clients."""
_OTHER_NAME = re.compile(f'"(?:{"|".join((*ALIASES, *NAMES))})"'.encode())


def with_usual_names(body: bytes) -> bytes:
    """Replace the alternative names in a request; a body that is not a JSON object stays unchanged."""
    if not _OTHER_NAME.search(body):
        return body
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return body
    for alias, name in ALIASES.items():
        if alias in fields and name not in fields:
            fields[name] = fields.pop(alias)
    for operation, name in NAMES.items():
        if bytes(fields.get("type", b"")) == f'"{operation}"'.encode():
            fields["type"] = msgspec.Raw(f'"{name}"'.encode())
    return msgspec.json.encode(fields)


_OWN: tuple[type[Request], ...] = (GetArtifact, UpdateArtifact, Subscribe, Unsubscribe, Ping)
_OWN_NAMES = {kind.__struct_config__.tag for kind in _OWN}
OPERATION_REQUESTS: dict[str, type[Request]] = {
    operation.name: _request(operation)
    for operations in OPERATIONS.values()
    for operation in operations
    if operation.name not in _OWN_NAMES
}
"""The requests that are made from operations, by the operation's name."""
REQUESTS: tuple[type[Request], ...] = (*_OWN, *OPERATION_REQUESTS.values())
