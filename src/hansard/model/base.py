"""The base classes of all records.

An `Entry` is written once and never changed; a `Versioned` counts its changes; a `Record` has a UUID as well.
Tables, columns and JSON fields are derived from the annotations: a plain Python type where it is precise enough,
and one of the aliases below where it is not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

Id = Annotated[str, msgspec.Meta(extra={"column": "uuid"}, description="a UUID")]
Digest = Annotated[str, msgspec.Meta(extra={"column": "digest"}, description="SHA-256, in hex")]
Ref = Annotated[str, msgspec.Meta(extra={"column": "ref"}, description="a UUID, name or digest")]
Names = Annotated[tuple[str, ...], msgspec.Meta(extra={"column": "names"})]
JsonObject = dict[str, Any]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a tenant that is written once."""

    tenant_id: str
    created_at: datetime


class Versioned(Entry, frozen=True, kw_only=True):
    """A row that may change: `version` starts at 1 and rises with each change."""

    version: int = 1
    updated_at: datetime


class Record(Versioned, frozen=True, kw_only=True):
    """A row that may change and is identified by a UUID."""

    id: Id
