"""Requests over the WebSocket: each is declared once, with its fields and the service call that answers it.

The decoder, the reference page and the AsyncAPI document are generated from `REQUESTS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec
from msgspec.structs import asdict

from hansard.api.envelopes import StartedRuns
from hansard.api.fields import LIMITS, MAX_POSITION
from hansard.api.operation import Body
from hansard.api.operations import by_name
from hansard.database import Services
from hansard.model.artifacts import Artifact, Revision
from hansard.model.pages import Page
from hansard.model.runs import Run
from hansard.server.websocket.frames import FrameId
from hansard.services.artifacts.validation import ArtifactFilter

Position = Annotated[int, msgspec.Meta(ge=0, le=MAX_POSITION)]
Count = Annotated[int, LIMITS["limit"]]
Number = Annotated[int, LIMITS["revision"]]
if TYPE_CHECKING:
    NewArtifact = ArtifactChanges = Prompt = Body
else:
    NewArtifact = by_name("create_artifact").body
    ArtifactChanges = by_name("update_artifact").body
    Prompt = by_name("chat").body


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


class WholeArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact with the content of a revision."""

    artifact: Artifact
    revision: Revision
    content: str


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


class GetArtifacts(Request, frozen=True, kw_only=True, tag="get_artifacts"):
    """List the artifacts of a conversation, the most recently changed first."""

    conversation_id: str
    message_id: str | None = None
    """Only artifacts that this message created or revised."""
    cursor: str | None = None
    """The `next` of the previous page."""
    limit: Count = 50

    async def answer(self, peer: Peer) -> Page[Artifact]:
        filters = ArtifactFilter(conversation_id=self.conversation_id, message_id=self.message_id)
        return await peer.services.artifacts.list(
            limit=self.limit, cursor=self.cursor, filter=filters
        )


class GetArtifact(Request, frozen=True, kw_only=True, tag="get_artifact"):
    """Get an artifact with its newest content, or that of a revision."""

    artifact_id: str
    revision: Number | None = None

    async def answer(self, peer: Peer) -> WholeArtifact:
        artifact, revision, content = await peer.services.artifacts.get_with_content(
            self.artifact_id, self.revision
        )
        return WholeArtifact(artifact=artifact, revision=revision, content=content)


class CreateArtifact(Request, frozen=True, kw_only=True, tag="create_artifact"):
    """Create an artifact. With an `id` in it, repeating the request returns the existing artifact."""

    artifact: NewArtifact

    async def answer(self, peer: Peer) -> Artifact:
        return await peer.services.artifacts.create(**asdict(self.artifact))


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


class DeleteArtifact(Request, frozen=True, kw_only=True, tag="delete_artifact"):
    """Move an artifact to the trash."""

    artifact_id: str

    async def answer(self, peer: Peer) -> Artifact:
        return await peer.services.artifacts.delete(self.artifact_id)


class SendMessage(Request, frozen=True, kw_only=True, tag="send_message"):
    """Send a prompt and start its answers.

    The prompt and its runs are stored before the reply. With an `id` in the message, the request may be repeated.
    """

    conversation_id: str
    message: Prompt

    async def answer(self, peer: Peer) -> StartedRuns:
        runs = await peer.services.chat.send(self.conversation_id, **asdict(self.message))
        return StartedRuns(run=runs[0], runs=runs)


class CancelRun(Request, frozen=True, kw_only=True, tag="cancel_run"):
    """Cancel a run and store the text so far; a run that has ended stays unchanged."""

    run_id: str

    async def answer(self, peer: Peer) -> Run:
        return await peer.services.runs.cancel(self.run_id)


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


ALIASES = {
    "session_id": "conversation_id",
    "sessionId": "conversation_id",
    "messageId": "message_id",
    "artifactId": "artifact_id",
    "expectRevision": "expect_revision",
}
"""Alternative names of fields, for older clients."""


def with_usual_names(body: bytes) -> bytes:
    """Replace the alternative names of fields in a request; a body that is not a JSON object stays unchanged."""
    if not any(f'"{alias}"'.encode() in body for alias in ALIASES):
        return body
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return body
    for alias, name in ALIASES.items():
        if alias in fields and name not in fields:
            fields[name] = fields.pop(alias)
    return msgspec.json.encode(fields)


REQUESTS: tuple[type[Request], ...] = (
    GetArtifacts,
    GetArtifact,
    CreateArtifact,
    UpdateArtifact,
    DeleteArtifact,
    SendMessage,
    CancelRun,
    Subscribe,
    Unsubscribe,
    Ping,
)
