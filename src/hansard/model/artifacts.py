"""Things made in conversations, and what they said at each revision.

An artifact has its newest state in fields of its own, for lists. What it says is in immutable revisions, numbered
from 1, which name their content by its digest; equal contents of a tenant are kept once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hansard.model.base import Digest, Entry, Id, JsonObject, Record, Versioned

ArtifactType = Literal[
    "code", "html", "css", "svg", "react", "markdown", "mermaid", "json", "csv", "text", "other"
]
Encoding = Literal["", "zlib"]
PreviewType = Literal["html", "svg", "react", "mermaid"]
"""What runs."""
Use = Literal["opened", "copied", "exported"]
UseKey = Literal["day", "type", "language"]


class Artifact(Record, frozen=True, kw_only=True):
    """Something made: a program, a page, a drawing, a document."""

    owner_id: str
    conversation_id: Id | None = None
    project_id: Id | None = None
    """The conversation's, and another when that moves; of an artifact without a conversation, its own."""
    message_id: Id | None = None
    """The answer in which it was first found; None if a person made it."""
    branch: Id | None = None
    """Where that message is."""
    part: int | None = None
    """Which part of the message, from 0."""
    type: ArtifactType
    language: str = ""
    """Lower case, as people write it after a fence."""
    media_type: str
    title: str
    description: str = ""
    identifier: str = ""
    """What later answers name it by; empty if nothing."""
    file_name: str = ""
    revision: int = 1
    """The number of the newest revision."""
    removed: int = 0
    """How many of its revisions are no longer kept."""
    size: int
    """Bytes of the newest revision, as UTF-8."""
    closed: bool = True
    """Whether the newest revision is whole; False if the answer was cut off in it."""
    temporary: bool = False
    """Whether its conversation is: then it is listed with that alone, and goes with it."""
    metadata: JsonObject = {}
    deleted_at: datetime | None = None


class Revision(Entry, frozen=True, kw_only=True):
    """What an artifact said at one time."""

    artifact_id: Id
    number: int
    """From 1; a number is never given twice."""
    digest: Digest
    """The SHA-256 of the content."""
    size: int
    closed: bool = True
    title: str
    author: str | None = None
    """The user who wrote it; None if a model did."""
    model: str | None = None
    message_id: Id | None = None
    """The answer it was found in."""
    part: int | None = None
    restored_from: int | None = None
    """The number of the revision that it says again."""
    note: str = ""


class Content(Entry, frozen=True, kw_only=True):
    """The text of revisions, under its SHA-256; kept as long as a revision names it."""

    id: Digest
    encoding: Encoding = ""
    data: bytes


class ArtifactText(Entry, frozen=True, kw_only=True):
    """What an artifact says now, for search to find it by: title, description and content."""

    id: Id
    """The artifact's."""
    owner_id: str
    conversation_id: Id | None = None
    text: str


class ExtractionMarker(Entry, frozen=True, kw_only=True):
    """That a message's artifacts were taken out of it, so that it is done once.

    It outlives them: what was purged is not found again.
    """

    message_id: Id
    conversation_id: Id
    count: int


class ExtractionCursor(Versioned, frozen=True, kw_only=True):
    """How far an owner's conversations were looked through for artifacts."""

    user_id: str
    conversation_id: Id
    """The last one that is done; they are taken by id."""


class ArtifactCounters(Entry, frozen=True, kw_only=True):
    """What was done with artifacts of one owner, day (UTC), type and language."""

    owner_id: str
    day: str
    """Such as `2026-11-21`."""
    type: str
    language: str = ""
    made: int = 0
    edited: int = 0
    """Revisions after the first, by models and people."""
    opened: int = 0
    copied: int = 0
    exported: int = 0


class ArtifactHit(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact that a search found."""

    artifact: Artifact
    snippet: str
    """An excerpt around the first match, plain text."""
    marks: list[tuple[int, int]]
    """Where the matches are in the snippet: start and end, in characters."""
    score: float
    """Higher is better; comparable within one search."""


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """What changed from one revision to another."""

    old: int
    new: int
    added: int
    """Lines."""
    removed: int
    text: str
    """A unified diff, with three lines around each change; empty if the contents are equal."""
