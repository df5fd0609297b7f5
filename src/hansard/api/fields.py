"""Limits and descriptions of the parameters that operations share, by name."""

from __future__ import annotations

import types
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import Meta, UnsetType

from hansard.services.base import MAX_PAGE

TEXT = r"^[^\x00]*$"
DAY = r"^\d{4}-\d\d-\d\d$"
MAX_POSITION = 2**63 - 1

_COUNT = Meta(ge=1, le=MAX_PAGE)
_NUMBER = Meta(ge=1, le=MAX_POSITION)
_TERM = Meta(pattern=TEXT, max_length=1_000)
_DAY = Meta(pattern=DAY)

LIMITS = {
    "limit": _COUNT,
    "first": _COUNT,
    "last": _COUNT,
    "version": _NUMBER,
    "revision": _NUMBER,
    "expect_revision": _NUMBER,
    "number": _NUMBER,
    "old": _NUMBER,
    "new": _NUMBER,
}
"""Limits of parameters wherever they are used."""
URL_LIMITS = {
    "q": _TERM,
    "tag": _TERM,
    "model": _TERM,
    "language": _TERM,
    "since": _DAY,
    "until": _DAY,
    "name": Meta(pattern=TEXT, max_length=200),
}
"""Limits of texts in a URL. In a body, the services check them."""

DESCRIPTIONS = {
    "id": "The client may choose the id, so that a repeated request has no effect.",
    "version": "The expected version of the record; if it has another one, the request fails with a conflict.",
    "expect_revision": "The newest revision that the writer knows; if there is a newer one, the request fails with a "
    "conflict.",
    "expect_head": "The id of the last message that the writer expects, null for an empty branch; without it, any.",
    "content": "The text.",
    "parts": "The content as parts, instead of a text.",
    "model": "A model, in the form provider/model.",
    "models": "Several models, in the form provider/model.",
    "options": "Options for the provider.",
    "branch": "The id of a branch; null for the one that the user has selected.",
    "source": "The branch to copy from.",
    "into": "The branch to append to; null for the one that the user has selected.",
    "source_conversation": "The conversation of `source`; null for this one.",
    "at": "The id of the last message of the new branch.",
    "switch": "Whether to select the new branch.",
    "turns": "The number of answers.",
    "temporary": "Whether lists and searches leave it out and it is purged after a day.",
    "media_type": "If empty, the media type of the language.",
    "identifier": "Later answers of the conversation that use this name add revisions to the artifact.",
    "note": "A note, such as the reason for a revision or a rating.",
    "revision": "The number of a revision; null for the newest.",
    "expires_at": "When it ends; null for never.",
    "instructions": "Text that is added to the system prompt.",
    "traits": "A JSON object for clients: about the user, or whom the conversation is held with.",
    "agent_id": "The id of an agent.",
    "rules": "Rules, by id or name.",
}
"""What fields of request bodies mean."""


def described(name: str, kind: Any) -> Any:
    """Return the type of a field with its description."""
    text = DESCRIPTIONS.get(name)
    return kind if text is None else Annotated[kind, Meta(description=text)]


def limited(name: str, kind: Any, *, in_url: bool) -> Any:
    """Return the type of a parameter with its limits."""
    limits = LIMITS | URL_LIMITS if in_url else LIMITS
    if name not in limits or _holds(kind, datetime):
        return kind
    options = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return Union[  # noqa: UP007 - made while the program runs
        tuple(
            option if option in (type(None), UnsetType) else Annotated[option, limits[name]]
            for option in options
        )
    ]


def _holds(kind: Any, other: type) -> bool:
    return kind is other or other in get_args(kind)
