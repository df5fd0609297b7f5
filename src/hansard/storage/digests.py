"""The digests of messages: what each says, where it is, and what leads to it, in one SHA-256.

A digest covers the one before it. So the digest of a head covers a whole path, and what was changed, left out or
moved in it is seen by computing it anew. Whose the messages are and which branch they are on is not in it: these may
change, and are looked at by themselves.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from hansard.model.base import Digest
from hansard.model.messages import Message

_OUTSIDE = {"tenant_id", "owner_id", "branch", "seq", "parent_id", "digest"}
_INSIDE: list[tuple[str, Any]] = [
    (field.name, {} if field.default_factory is dict else field.default)
    for field in msgspec.structs.fields(Message)
    if field.name not in _OUTSIDE
]
_encode = msgspec.json.Encoder(order="sorted").encode


def content_digest(message: Message) -> bytes:
    """The SHA-256 of what a message says, in 32 bytes.

    Fields with their default are left out, so that a field which is added later changes no digest.
    """
    said = {
        name: value
        for name, default in _INSIDE
        if (value := getattr(message, name)) is not default and value != default
    }
    return hashlib.sha256(_encode(said)).digest()


def digest_of(message: Message, seq: int, before: Digest | None) -> Digest:
    """The digest of a message at a depth; `before` is that of the message it follows, if it follows one."""
    start = bytes.fromhex(before) if before is not None else b""
    place = seq.to_bytes(8, "big")
    return hashlib.sha256(start + place + content_digest(message)).hexdigest()
