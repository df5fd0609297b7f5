"""JSON objects around results that are not JSON objects themselves: lists, numbers, tuples."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar

import msgspec

from hansard.model.artifacts import Artifact, Revision
from hansard.model.feed import FeedEntry
from hansard.model.runs import Run

T = TypeVar("T")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Has one field for the result, or one for each item of a tuple."""

    @classmethod
    def wrap(cls, result: Any) -> Self:
        names = cls.__struct_fields__
        values = result if len(names) > 1 else (result,)
        return cls(**dict(zip(names, values, strict=True)))

    def unwrap(self) -> Any:
        values = [getattr(self, name) for name in self.__struct_fields__]
        return tuple(values) if len(values) > 1 else values[0]


class Items(Envelope, Generic[T], frozen=True, kw_only=True):
    """A complete list."""

    items: list[T]


class Count(Envelope, frozen=True, kw_only=True):
    """The number of records that were changed."""

    count: int


class ArtifactContent(Envelope, frozen=True, kw_only=True):
    """The content of a revision."""

    revision: Revision
    content: str


class FeedPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[FeedEntry]
    next: int
    """The `after` of the next request."""
    resync: bool = False
    """True if `after` is outside the retained range; the client must reload its state."""


class WholeArtifact(Envelope, frozen=True, kw_only=True):
    """An artifact with the content of a revision."""

    artifact: Artifact
    revision: Revision
    content: str


class Started(Envelope, frozen=True, kw_only=True):
    """The started run; it continues if the client disconnects. Follow it at `/runs/{id}/events`."""

    run: Run


class StartedRuns(Envelope, frozen=True, kw_only=True):
    """The started runs, one for each model; they continue if the client disconnects."""

    run: Run
    """The first run."""
    runs: list[Run]

    @classmethod
    def wrap(cls, result: list[Run]) -> StartedRuns:
        return cls(run=result[0], runs=result)

    def unwrap(self) -> list[Run]:
        return self.runs
