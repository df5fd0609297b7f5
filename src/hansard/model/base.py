"""What every record has.

An `Entry` is written once and never changed; a `Versioned` counts its changes; a `Record` is known by
a UUID besides. The annotations are the declaration: tables, columns and JSON fields are derived from them,
so a plain Python type is used where it says enough and one of the names below where it does not.
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
    """Something written once, in a tenant."""

    tenant_id: str
    created_at: datetime


class Versioned(Entry, frozen=True, kw_only=True):
    """Something that may change: `version` starts at 1 and counts the changes."""

    version: int = 1
    updated_at: datetime


class Record(Versioned, frozen=True, kw_only=True):
    """Something that may change and is known by a UUID."""

    id: Id
