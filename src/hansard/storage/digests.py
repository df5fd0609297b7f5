"""The digests of messages: one SHA-256 over a message's content, its `seq` and the digest of the message before it.

So the digest of a head covers the whole path, and recomputing it reveals messages that were changed, removed or
moved. It does not cover the owner and the branch, which may change and are verified separately.
"""

from __future__ import annotations

import hashlib
from operator import attrgetter
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
_values = attrgetter(*(name for name, _ in _INSIDE))
_encode = msgspec.json.Encoder(order="sorted").encode


def content_digest(message: Message) -> bytes:
    """Return the SHA-256 of a message's content, as 32 bytes.

    Fields at their defaults are left out, so that a field that is added later does not change digests.
    """
    content = {
        name: value
        for (name, default), value in zip(_INSIDE, _values(message), strict=True)
        if value is not default and value != default
    }
    return hashlib.sha256(_encode(content)).digest()


def digest_of(
    message: Message, seq: int, before: Digest | None, content: bytes | None = None
) -> Digest:
    """Return the digest of a message at `seq`; `before` is the digest of the message before it, if there is one.

    `content` is its `content_digest`, if that is known.
    """
    start = bytes.fromhex(before) if before is not None else b""
    place = seq.to_bytes(8, "big")
    return hashlib.sha256(start + place + (content or content_digest(message))).hexdigest()
