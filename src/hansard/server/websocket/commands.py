"""Requests: each is declared once, as what it says and the one call of a service that answers it.

The decoder, the page on the protocol and its AsyncAPI document are made from `REQUESTS`.
"""

from __future__ import annotations

from typing import Annotated, Any, Protocol

import msgspec
from msgspec.structs import asdict

from hansard.database import Services
from hansard.model.artifacts import Artifact, Revision
from hansard.model.pages import Page
from hansard.model.runs import Run
from hansard.server.fields import MAX_POSITION, Body
from hansard.server.http.artifacts import ArtifactChanges, NewArtifact, Number
from hansard.server.http.chat import Prompt, StartedRuns
from hansard.server.websocket.frames import FrameId
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.base import MAX_PAGE

Place = Annotated[int, msgspec.Meta(ge=0, le=MAX_POSITION)]
Count = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)]


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """What a socket is told from now on."""

    position: int | None
    """Everything after this position is told; null if the socket does not listen."""
    topics: list[str]
    runs: list[str]
    """The runs whose events are told."""


class Pong(msgspec.Struct, frozen=True, kw_only=True):
    position: int | None
    """How far this socket was told, or would have been of what it does not want; null if it does not listen."""


class WholeArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact, and what it says at a revision."""

    artifact: Artifact
    revision: Revision
    content: str


class Listening(Protocol):
    """What a socket listens to."""

    @property
    def position(self) -> int | None: ...

    async def subscribe(
        self, topics: list[str], after: int | None, runs: dict[str, int]
    ) -> Subscribed: ...

    def unsubscribe(self, topics: list[str], runs: list[str]) -> Subscribed: ...


class Peer(Protocol):
    """What a request finds at the server."""

    @property
    def services(self) -> Services: ...

    @property
    def listening(self) -> Listening: ...


class Request(Body, frozen=True, kw_only=True, tag_field="type"):
    id: FrameId = None
    """The client's choice; the reply has it too."""

    async def answer(self, peer: Peer) -> Any:
        raise NotImplementedError


class GetArtifacts(Request, frozen=True, kw_only=True, tag="get_artifacts"):
    """List the artifacts of a conversation, the most recently changed first."""

    conversation_id: str
    message_id: str | None = None
    """Only those that this message made or revised."""
    cursor: str | None = None
    """The `next` of the page before."""
    limit: Count = 50

    async def answer(self, peer: Peer) -> Page[Artifact]:
        wanted = ArtifactFilter(conversation_id=self.conversation_id, message_id=self.message_id)
        return await peer.services.artifacts.list(
            limit=self.limit, cursor=self.cursor, filter=wanted
        )


class GetArtifact(Request, frozen=True, kw_only=True, tag="get_artifact"):
    """Get an artifact with its content, now or at a revision."""

    artifact_id: str
    revision: Number | None = None

    async def answer(self, peer: Peer) -> WholeArtifact:
        artifact, revision, content = await peer.services.artifacts.whole(
            self.artifact_id, self.revision
        )
        return WholeArtifact(artifact=artifact, revision=revision, content=content)


class CreateArtifact(Request, frozen=True, kw_only=True, tag="create_artifact"):
    """Make an artifact. With an `id` in it, the request may be repeated: it answers with what is there."""

    artifact: NewArtifact

    async def answer(self, peer: Peer) -> Artifact:
        return await peer.services.artifacts.create(**asdict(self.artifact))


class UpdateArtifact(Request, frozen=True, kw_only=True, tag="update_artifact"):
    """Change an artifact; other content is a new revision."""

    artifact_id: str
    updates: ArtifactChanges
    expect_revision: Number | None = None
    """The newest revision that the writer knows; the same as in `updates`."""

    async def answer(self, peer: Peer) -> Artifact:
        changes = asdict(self.updates)
        changes["expect_revision"] = self.expect_revision or changes["expect_revision"]
        return await peer.services.artifacts.update(self.artifact_id, **changes)


class DeleteArtifact(Request, frozen=True, kw_only=True, tag="delete_artifact"):
    """Put an artifact into the trash."""

    artifact_id: str

    async def answer(self, peer: Peer) -> Artifact:
        return await peer.services.artifacts.delete(self.artifact_id)


class SendMessage(Request, frozen=True, kw_only=True, tag="send_message"):
    """Say something and have it answered.

    The prompt and its runs are stored before the reply. With an `id` in the message, the request may be repeated.
    """

    conversation_id: str
    message: Prompt

    async def answer(self, peer: Peer) -> StartedRuns:
        runs = await peer.services.chat.send(self.conversation_id, **asdict(self.message))
        return StartedRuns(run=runs[0], runs=runs)


class CancelRun(Request, frozen=True, kw_only=True, tag="cancel_run"):
    """Stop a run and keep what was said; an ended run stays as it is."""

    run_id: str

    async def answer(self, peer: Peer) -> Run:
        return await peer.services.runs.cancel(self.run_id)


class Subscribe(Request, frozen=True, kw_only=True, tag="subscribe"):
    """Be told of changes, and of what runs say, besides what is told already.

    Without `after`, what comes from now on is told; with it, what came since, however long ago. On a socket that
    listens already, `after` goes back to there. The reply comes before the first event.
    """

    topics: list[str] = []
    after: Place | None = None
    """The last position that the client saw."""
    runs: dict[str, Place] = {}
    """The ids of runs whose events are told, each with the number of the last event that the client saw, or 0."""

    async def answer(self, peer: Peer) -> Subscribed:
        return await peer.listening.subscribe(self.topics, self.after, self.runs)


class Unsubscribe(Request, frozen=True, kw_only=True, tag="unsubscribe"):
    """Be told less. A run that has ended needs no unsubscribing."""

    topics: list[str] = []
    runs: list[str] = []

    async def answer(self, peer: Peer) -> Subscribed:
        return peer.listening.unsubscribe(self.topics, self.runs)


class Ping(Request, frozen=True, kw_only=True, tag="ping"):
    """Ask whether the server is there, and how far this socket was told."""

    async def answer(self, peer: Peer) -> Pong:
        return Pong(position=peer.listening.position)


ALIASES = {
    "session_id": "conversation_id",
    "sessionId": "conversation_id",
    "messageId": "message_id",
    "artifactId": "artifact_id",
    "expectRevision": "expect_revision",
}
"""Other names that a request's fields may have, for clients that were written for them."""


def with_usual_names(body: bytes) -> bytes:
    """A request with its fields called by their usual names; what is not a JSON object is returned as it is."""
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
