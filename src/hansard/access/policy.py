"""Who may do what with a record: its owner everything, others what is granted to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from hansard.access.grants import Action, granted
from hansard.errors import NotFound, PermissionDenied
from hansard.ids import is_id
from hansard.model.base import Entry, Record
from hansard.model.lifecycle import State, Trashable
from hansard.model.scope import Scope
from hansard.storage.base import Reader
from hansard.storage.ownership import owner_of

E = TypeVar("E", bound=Entry)
R = TypeVar("R", bound=Record)
T = TypeVar("T", bound=Trashable)


async def owns(tx: Reader, principal: Scope, record: Entry | None) -> bool:
    """Return whether a record exists and is the principal's."""
    return record is not None and await owner_of(tx, record) == principal.user


async def may(tx: Reader, principal: Scope, action: Action, record: Record, now: datetime) -> bool:
    """Return whether the principal may act on a record."""
    return bool(await allowed(tx, principal, action, [record], now))


async def allowed(
    tx: Reader, principal: Scope, action: Action, records: Sequence[R], now: datetime
) -> list[R]:
    """Return those of the records, all of one type, that the principal may act on."""
    owned = {record.id for record in records if await owns(tx, principal, record)}
    others = [record.id for record in records if record.id not in owned]
    grants = await granted(tx, principal, type(records[0]), others, now) if others else {}
    return [r for r in records if r.id in owned or action in grants.get(r.id, ())]


async def get(
    tx: Reader,
    principal: Scope,
    action: Action,
    record_type: type[T],
    record_id: str,
    now: datetime,
    *,
    state: State = "active",
    lock: bool = False,
    pointer: str | None = None,
) -> T:
    """Return the record on which the principal wants to act.

    Raises NotFound if there is none in this state, or if nothing of it is the principal's to see; PermissionDenied if
    the principal may act on it otherwise only.
    """
    noun, key = record_type.__name__.lower(), record_id.lower()
    record = await tx.get(record_type, key, lock=lock) if is_id(key) else None
    is_allowed = await owns(tx, principal, record)
    if not is_allowed and action != "manage" and is_id(key):
        grants = (await granted(tx, principal, record_type, [key], now)).get(key, set())
        is_allowed = action in grants
        if record is not None and record.state == "active" and grants and not is_allowed:
            raise PermissionDenied(f"You have read-only access to this {noun}.")
    if record is None or not is_allowed or record.state != state:
        raise NotFound(f"There is no such {noun}.", pointer=pointer)
    return record
