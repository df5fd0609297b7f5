"""Turns drafts, the messages as a client sends them, into checked messages ready to be stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import msgspec

from hansard.errors import EmptyInput, InvalidInput, NotFound, TooLarge
from hansard.ids import check_id, new_id
from hansard.model.base import JsonObject
from hansard.model.checks import (
    MAX_MESSAGES,
    check_json,
    check_model,
    check_one,
    check_parts,
    check_time,
    is_a,
)
from hansard.model.drafts import Draft
from hansard.model.messages import FINISHES, ROLES, Message, OnConflict
from hansard.model.parts import Part, Parts, Text
from hansard.model.scope import Scope
from hansard.storage.base import Append

UNSET = msgspec.UNSET
_ON_CONFLICT: tuple[OnConflict, ...] = get_args(OnConflict)


def append_request(
    scope: Scope,
    conversation_id: str,
    drafts: Sequence[Draft],
    now: datetime,
    *,
    branch: str | None = None,
    expect_head: str | msgspec.UnsetType | None = UNSET,
    on_conflict: OnConflict = "error",
    **fields: Any,
) -> Append:
    """Check the drafts and return the request that appends them.

    `fields` are further fields of every message. Raises EmptyInput without drafts, TooLarge if there are more
    than MAX_MESSAGES, InvalidInput if two drafts have the same id.
    """
    if not drafts:
        raise EmptyInput("Give at least one message to append.", pointer="/messages")
    if len(drafts) > MAX_MESSAGES:
        raise TooLarge(f"Append at most {MAX_MESSAGES} messages at once.", pointer="/messages")
    conversation = id_or_not_found(conversation_id, "There is no such conversation.")
    if branch is not None:
        branch = id_or_not_found(branch, "There is no such branch.", "/branch")
    if expect_head is not None and expect_head is not UNSET:
        expect_head = check_id(expect_head, "/expect_head")
    check_one(on_conflict, _ON_CONFLICT, "/on_conflict")
    messages = tuple(
        _message(scope, draft, conversation, now, f"/messages/{i}", fields)
        for i, draft in enumerate(drafts)
    )
    if len({message.id for message in messages}) < len(messages):
        raise InvalidInput("Message ids must be unique within a request.", pointer="/messages")
    return Append(
        conversation_id=conversation,
        owner_id=scope.user,
        viewer=scope.user,
        messages=messages,
        branch=branch,
        expect_head=expect_head,
        on_conflict=on_conflict,
        fork_id=new_id(),
        at=now,
    )


def _message(
    scope: Scope, draft: Draft, conversation_id: str, now: datetime, pointer: str, fields: Any
) -> Message:
    created_at = draft.created_at
    if draft.finish is not None:
        check_one(draft.finish, FINISHES, f"{pointer}/finish")
    values: dict[str, Any] = {
        "tenant_id": scope.tenant,
        "created_at": now
        if created_at is None
        else check_time(created_at, f"{pointer}/created_at"),
        "id": new_id() if draft.id is None else check_id(draft.id, f"{pointer}/id"),
        "conversation_id": conversation_id,
        "owner_id": scope.user,
        "author_id": scope.user if draft.role in ("user", "system") and not draft.model else None,
        "role": check_one(draft.role, ROLES, f"{pointer}/role"),
        "parts": parts_of(draft.content, draft.parts, pointer),
        "model": check_model(draft.model, f"{pointer}/model"),
        "finish": draft.finish,
        "tokens_in": _count(draft.tokens_in, f"{pointer}/tokens_in"),
        "tokens_out": _count(draft.tokens_out, f"{pointer}/tokens_out"),
        "metadata": _object(draft.metadata, f"{pointer}/metadata"),
    }
    return Message(branch="", seq=0, **(values | fields))


def parts_of(content: str | None, parts: Sequence[Part] | None, pointer: str = "") -> Parts:
    """Return the checked parts of a message given as text or as parts.

    Raises InvalidInput unless exactly one of them is given.
    """
    if (content is None) == (parts is None):
        raise InvalidInput("Give either content or parts.", pointer=pointer + "/content")
    if content is not None:
        return check_parts([Text(content)], pointer + "/content")
    return check_parts(parts or [], pointer + "/parts")


def check_prompt(content: str | None, parts: Sequence[Part] | None) -> Parts:
    """Return the checked parts of a prompt. Raises EmptyInput if it consists of blank text only."""
    checked = parts_of(content, parts)
    if not any(not isinstance(part, Text) or part.text.strip() for part in checked):
        pointer = "/parts" if content is None else "/content"
        raise EmptyInput("The prompt must not be empty.", pointer=pointer)
    return checked


def id_or_not_found(value: str, missing: str, pointer: str | None = None) -> str:
    """Return a valid id. Raises NotFound with the message `missing` if `value` is not an id.

    Nothing can exist under an invalid id, so the caller gets the same error as for an unknown one.
    """
    try:
        return check_id(value)
    except InvalidInput:
        raise NotFound(missing, pointer=pointer) from None


def _count(value: int | None, pointer: str) -> int | None:
    if value is None:
        return None
    if type(value) is not int or value < 0:
        raise InvalidInput("Token counts must be non-negative integers.", pointer=pointer)
    if value >= 2**53:
        raise TooLarge("Token counts must be below 2^53.", pointer=pointer)
    return value


def _object(value: JsonObject, pointer: str) -> JsonObject:
    if not is_a(value, dict):
        raise InvalidInput("metadata must be a JSON object.", pointer=pointer)
    return check_json(value, pointer)
