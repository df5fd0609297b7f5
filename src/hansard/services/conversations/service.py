"""Conversations: making, finding, changing, and letting them go.

Letting go has two steps. `delete` puts a conversation in the trash, from which `restore` brings it back as it
was; `purge` removes it for good. A purge works in batches so that nobody waits for it; what it has begun
cannot be restored, and is finished at the next start if the process dies on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hansard.errors import AlreadyExists, NotFound
from hansard.ids import check_id, is_id, new_id
from hansard.model.branches import Branch
from hansard.model.checks import (
    MAX_TITLE,
    check_json,
    check_model,
    check_tags,
    check_text,
    check_time,
)
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import PURGED, deletion_time
from hansard.model.pages import Page
from hansard.search.tokenizer import fold
from hansard.services.artifacts import lifecycle
from hansard.services.base import Service, check_limit, repeated
from hansard.services.conversations.forks import go_on_with
from hansard.services.conversations.purge import counted, purge_conversation, recount
from hansard.services.cursors import IdText, decode_cursor, encode_cursor
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

TEMPORARY_LASTS = timedelta(hours=24)
BATCH = 100
"""Conversations that one unit of work changes, where all are to be changed."""

_UNSET = msgspec.UNSET
_GIVEN = ("title", "system", "model", "project_id", "tags", "metadata", "pinned")


class ConversationFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which conversations a list has; what is not said does not matter."""

    project_id: str | None = None
    pinned: bool | None = None
    archived: bool | None = None
    tag: str | None = None
    q: str | None = None
    """Text in the title; case and accents do not matter."""
    since: datetime | None = None
    """Active at this time or later."""
    until: datetime | None = None
    """Active before this time."""
    temporary: bool = False
    """Temporary ones instead of the others."""
    deleted: bool = False
    """Those in the trash instead of the others."""


class Conversations(Service):
    async def create(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on every door
        title: str = "",
        system: str = "",
        model: str | None = None,
        project_id: str | None = None,
        tags: Sequence[str] = (),
        metadata: dict[str, Any] | None = None,
        pinned: bool = False,
        temporary: bool = False,
        created_at: datetime | None = None,
    ) -> Conversation:
        """A new, empty conversation with its main branch; a temporary one is gone after a day.

        Creating it again with the same id and the same fields returns what is there; with others it is
        AlreadyExists.
        """
        now = self.clock() if created_at is None else check_time(created_at, "/created_at")
        branch_id = new_id()
        made = Conversation(
            tenant_id=self.scope.tenant,
            id=new_id() if id is None else check_id(id),
            owner_id=self.scope.user,
            title=_checked("title", title),
            system=_checked("system", system),
            model=_checked("model", model),
            project_id=_checked("project_id", project_id),
            tags=_checked("tags", tags),
            metadata=_checked("metadata", metadata or {}),
            pinned=pinned,
            expires_at=now + TEMPORARY_LASTS if temporary else None,
            branch=branch_id,
            active_at=now,
            created_at=now,
            updated_at=now,
        )

        async def work(tx: Transaction) -> Conversation:
            await self.ensure_user(tx, now)
            await self.check_project(tx, made.project_id)
            there = await tx.get(Conversation, made.id)
            if there is not None:
                if bool(there.expires_at) != temporary:
                    raise AlreadyExists("This id is taken.", pointer="/id")
                return repeated(there, made, *_GIVEN)
            main = Branch(
                tenant_id=made.tenant_id,
                id=branch_id,
                conversation_id=made.id,
                name="main",
                created_at=now,
                updated_at=now,
            )
            await tx.insert(made)
            await tx.insert(main)
            await tx.increment(counted(made))
            await tx.publish(self.change("conversation.created", made.id, now, **_at(made)))
            return made

        return await self.run_write(work)

    async def get(self, conversation_id: str, *, deleted: bool = False) -> Conversation:
        return await self.run_read(
            lambda tx: self.conversation(tx, conversation_id, deleted=deleted)
        )

    async def list(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        filter: ConversationFilter = ConversationFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[Conversation]:
        """Conversations, the most recently active first."""
        order = ("active_at", "id")
        after = None if cursor is None else decode_cursor(filter, cursor, (datetime, IdText))
        query = _filtered(self.scope.user, filter)
        query = query.by(*(f"-{name}" for name in order)).page(check_limit(limit) + 1, after)
        found = await self.run_read(lambda tx: tx.select(query))
        items, more = found[:limit], len(found) > limit
        last = [getattr(items[-1], name) for name in order] if more else []
        return Page(items, encode_cursor(filter, last) if more else None)

    async def latest(self) -> Conversation | None:
        """The most recently active conversation."""
        found = (await self.list(limit=1)).items
        return found[0] if found else None

    async def find(self, id_or_title: str) -> Conversation:
        """By id, by title, or by text in a title; raises NotFound unless it is one alone."""
        if is_id(id_or_title.lower()):
            return await self.get(id_or_title)
        matching = await self.list(limit=100, filter=ConversationFilter(q=id_or_title))
        wanted = fold(id_or_title)
        exact = [c for c in matching.items if fold(c.title) == wanted]
        found = exact or matching.items
        if not found:
            raise NotFound(f"No conversation is titled {id_or_title!r}.")
        if len(found) > 1:
            how = "titled" if exact else "titled like"
            raise NotFound(
                f"Several conversations are {how} {id_or_title!r}: say which by its id, "
                f"the newest is {found[0].id}."
            )
        return found[0]

    async def update(
        self,
        conversation_id: str,
        *,
        version: int | None = None,
        title: str | msgspec.UnsetType = _UNSET,
        system: str | msgspec.UnsetType = _UNSET,
        model: str | msgspec.UnsetType | None = _UNSET,
        project_id: str | msgspec.UnsetType | None = _UNSET,
        tags: Sequence[str] | msgspec.UnsetType = _UNSET,
        metadata: dict[str, Any] | msgspec.UnsetType = _UNSET,
        pinned: bool | msgspec.UnsetType = _UNSET,
        archived: bool | msgspec.UnsetType = _UNSET,
        temporary: bool | msgspec.UnsetType = _UNSET,
    ) -> Conversation:
        """Change what is given; with `version`, only if it is still at that version.

        `temporary=False` keeps a temporary conversation.
        """
        given: dict[str, Any] = {
            "title": title,
            "system": system,
            "model": model,
            "project_id": project_id,
            "tags": tags,
            "metadata": metadata,
            "pinned": pinned,
            "archived": archived,
        }
        changes = {name: _checked(name, v) for name, v in given.items() if v is not _UNSET}
        if temporary is not _UNSET:
            changes["expires_at"] = self.clock() + TEMPORARY_LASTS if temporary else None

        async def work(tx: Transaction) -> Conversation:
            found = await self.conversation(tx, conversation_id, lock=True)
            await self.check_project(tx, changes.get("project_id"))
            changed = await self._apply(tx, found, changes, version)
            if "model" in changes:
                await self._forget_models(tx, found)
            return changed

        return await self.run_write(work)

    async def _forget_models(self, tx: Transaction, conversation: Conversation) -> None:
        """A model that is chosen for a conversation answers on all of its branches."""
        own = Query(Branch).where(conversation_id=conversation.id)
        for branch in await tx.select(own):
            await go_on_with(tx, self.scope, branch, None, self.clock())

    async def delete(self, conversation_id: str) -> Conversation:
        """Into the trash."""

        async def work(tx: Transaction) -> Conversation:
            found = await self.conversation(tx, conversation_id, lock=True)
            return await self._mark(tx, found, "conversation.deleted", deletion_time(self.clock()))

        return await self.run_write(work)

    async def restore(self, conversation_id: str) -> Conversation:
        """Out of the trash, as it was."""

        async def work(tx: Transaction) -> Conversation:
            found = await self._in_trash(tx, conversation_id)
            return await self._mark(tx, found, "conversation.restored", None)

        return await self.run_write(work)

    async def purge(self, conversation_id: str) -> None:
        """Out of the trash, for good: messages, branches, runs and all."""

        async def begin(tx: Transaction) -> Conversation:
            found = await self._in_trash(tx, conversation_id)
            return await self._mark(tx, found, "conversation.purged", PURGED)

        found = await self.run_write(begin)
        await purge_conversation(self.storage, self.scope.tenant, found.id)

    async def delete_all(self) -> int:
        """Every conversation into the trash, archived or not; returns how many went."""
        own = Query(Conversation).where(owner_id=self.scope.user, deleted_at=None)

        async def batch(tx: Transaction) -> int:
            found = await tx.select(own.by("id").page(BATCH))
            for conversation in found:
                await self._mark(
                    tx, conversation, "conversation.deleted", deletion_time(self.clock())
                )
            return len(found)

        count = 0
        while gone := await self.run_write(batch):
            count += gone
        return count

    async def purge_all(self) -> int:
        """All that is in the trash, for good; returns how many went."""
        trash = Query(Conversation).where(owner_id=self.scope.user, deleted_at__gt=PURGED)

        async def some(tx: Reader) -> list[Conversation]:
            return await tx.select(trash.by("id").page(BATCH))

        count = 0
        while found := await self.run_read(some):
            for conversation in found:
                try:
                    await self.purge(conversation.id)
                except NotFound:  # restored or purged by somebody else meanwhile
                    continue
                count += 1
        return count

    async def _in_trash(self, tx: Transaction, conversation_id: str) -> Conversation:
        found = await self.conversation(tx, conversation_id, deleted=True, lock=True)
        if found.deleted_at is None or found.deleted_at <= PURGED:
            raise NotFound("There is no such conversation.")
        return found

    async def _mark(
        self, tx: Transaction, found: Conversation, kind: str, deleted_at: datetime | None
    ) -> Conversation:
        now = self.clock()
        own = {"conversation_id": found.id}
        if deleted_at is not None and deleted_at != PURGED:
            others = await lifecycle.deletions(tx, deleted_at, **own)
            deleted_at = deletion_time(deleted_at, others)
        changed = await tx.update(Conversation, found.id, deleted_at=deleted_at, updated_at=now)
        if deleted_at == PURGED:
            await lifecycle.let_go(tx, PURGED, now, **own)
        elif deleted_at is None:
            await lifecycle.restore(tx, found.deleted_at, now, **own)
        else:
            await lifecycle.delete(tx, deleted_at, now, **own)
        await tx.publish(self.change(kind, found.id, now, **_at(found)))
        return changed

    async def _apply(
        self,
        tx: Transaction,
        found: Conversation,
        changes: dict[str, Any],
        version: int | None = None,
    ) -> Conversation:
        now = self.clock()
        changed = await tx.update(
            Conversation, found.id, version=version, updated_at=now, **changes
        )
        if changed.project_id != found.project_id:
            await recount(tx, found, -1)
            await recount(tx, changed, 1)
        if (changed.project_id, changed.expires_at) != (found.project_id, found.expires_at):
            await lifecycle.follow(tx, changed)
        await tx.publish(self.change("conversation.updated", found.id, now, **_at(found)))
        return changed


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "title": lambda title: check_text(title, "/title", MAX_TITLE),
    "system": lambda system: check_text(system, "/system"),
    "model": lambda model: check_model(model, "/model"),
    "project_id": lambda project_id: project_id and project_id.lower(),
    "tags": lambda tags: check_tags(tags, "/tags"),
    "metadata": lambda metadata: check_json(metadata, "/metadata"),
}


def _checked(name: str, value: Any) -> Any:
    return _CHECKS[name](value) if name in _CHECKS else value


def _at(conversation: Conversation) -> dict[str, Any]:
    return {"conversation_id": conversation.id}


def _filtered(owner_id: str, wanted: ConversationFilter) -> Query[Conversation]:
    state: dict[str, Any] = {"deleted_at__gt": PURGED} if wanted.deleted else {"deleted_at": None}
    query = Query(Conversation).where(owner_id=owner_id, **state)
    if not wanted.deleted:
        kept = {"expires_at__ne": None} if wanted.temporary else {"expires_at": None}
        query = query.where(**kept)
    for name in ("project_id", "pinned", "archived"):
        value = getattr(wanted, name)
        if name == "project_id" and value is not None:
            value = check_id(value, "/project_id")
        if value is not None:
            query = query.where(**{name: value})
    if wanted.tag is not None:
        query = query.where(tags__has=check_text(wanted.tag, "/tag"))
    if wanted.q:
        query = query.where(title_key__contains=fold(check_text(wanted.q, "/q")))
    if wanted.since is not None:
        query = query.where(active_at__ge=check_time(wanted.since, "/since"))
    if wanted.until is not None:
        query = query.where(active_at__lt=check_time(wanted.until, "/until"))
    return query
