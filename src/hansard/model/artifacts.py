"""Artifacts, such as programs and documents, and their revisions.

An artifact repeats the metadata of its newest revision, for lists. Its content is in immutable revisions, numbered
from 1, which refer to it by its digest; equal contents of a tenant are stored once.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hansard.model.base import Digest, Entry, Id, JsonObject, Versioned
from hansard.model.lifecycle import Trashable

ArtifactType = Literal[
    "code", "html", "css", "svg", "react", "markdown", "mermaid", "json", "csv", "text", "other"
]
Encoding = Literal["", "zlib"]
PreviewType = Literal["html", "svg", "react", "mermaid"]
"""The types that have a live preview."""
Use = Literal["opened", "copied", "exported"]
UseKey = Literal["day", "type", "language"]


class Artifact(Trashable, frozen=True, kw_only=True):
    """A program, page, drawing or document that a model or a person created."""

    owner_id: str
    conversation_id: Id | None = None
    project_id: Id | None = None
    """The project of its conversation, if it has one; it changes when the conversation moves."""
    message_id: Id | None = None
    """The answer from which it was extracted; None if a person created it."""
    branch: Id | None = None
    """The branch of that message."""
    part: int | None = None
    """The index of the message's part, from 0."""
    type: ArtifactType
    language: str = ""
    """Lower case, as in the info string of a Markdown code fence."""
    media_type: str
    title: str
    description: str = ""
    identifier: str = ""
    """The name by which later answers refer to it; empty if there is none."""
    file_name: str = ""
    revision: int = 1
    """The number of the newest revision."""
    removed: int = 0
    """The number of its revisions that were deleted."""
    size: int
    """Bytes of the newest revision, as UTF-8."""
    closed: bool = True
    """Whether the newest revision is complete; False if the answer was cut off in it."""
    temporary: bool = False
    """Whether its conversation is temporary: then it is listed only there and deleted with it."""
    metadata: JsonObject = {}


class Revision(Entry, frozen=True, kw_only=True):
    """One version of an artifact's content."""

    artifact_id: Id
    number: int
    """From 1; a number is never reused."""
    digest: Digest
    """The SHA-256 of the content."""
    size: int
    closed: bool = True
    title: str
    author: str | None = None
    """The user who wrote it; None if a model did."""
    model: str | None = None
    message_id: Id | None = None
    """The answer from which it was extracted."""
    part: int | None = None
    restored_from: int | None = None
    """The number of the older revision whose content it restores."""
    note: str = ""


class Content(Entry, frozen=True, kw_only=True):
    """The text of revisions, identified by its SHA-256; kept while a revision refers to it."""

    id: Digest
    encoding: Encoding = ""
    data: bytes


class ArtifactText(Entry, frozen=True, kw_only=True):
    """The searchable text of an artifact's newest revision: title, description and content."""

    id: Id
    """The artifact's id."""
    owner_id: str
    conversation_id: Id | None = None
    text: str


class ExtractionMarker(Entry, frozen=True, kw_only=True):
    """Records that a message's artifacts were extracted, so that this happens once.

    It remains when they are purged, so that they are not extracted again.
    """

    message_id: Id
    conversation_id: Id
    count: int


class ExtractionCursor(Versioned, frozen=True, kw_only=True):
    """The progress of a backfill that extracts artifacts from an owner's conversations."""

    user_id: str
    conversation_id: Id
    """The last conversation that is done, in the order of ids."""


class ArtifactCounters(Entry, frozen=True, kw_only=True):
    """Counts of what was done with the artifacts of one owner, day (UTC), type and language."""

    owner_id: str
    day: str
    """For example `2026-11-21`."""
    type: str
    language: str = ""
    made: int = 0
    edited: int = 0
    """Revisions after the first, by models and people."""
    opened: int = 0
    copied: int = 0
    exported: int = 0


class ArtifactHit(msgspec.Struct, frozen=True, kw_only=True):
    """A search result."""

    artifact: Artifact
    snippet: str
    """An excerpt around the first match, plain text."""
    marks: list[tuple[int, int]]
    """The matches in the snippet: start and end offsets, in characters."""
    score: float
    """Higher is better; comparable within one search."""


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two revisions."""

    old: int
    new: int
    added: int
    """Added lines."""
    removed: int
    """Removed lines."""
    text: str
    """A unified diff, with three lines around each change; empty if the contents are equal."""
