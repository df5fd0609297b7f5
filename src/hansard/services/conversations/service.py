"""Conversations: creating, finding, changing and deleting them.

Deleting has two steps. `delete` moves a conversation to the trash, from which `restore` brings it back
unchanged; `purge` removes it permanently. A purge works in batches, so that other writers do not wait for it.
Once started, it cannot be undone; if the process dies meanwhile, the next start completes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hansard.errors import AlreadyExists, EmptyInput, InvalidInput, NotFound
from hansard.ids import check_id, is_id, new_id
from hansard.model.agents import Agent
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
from hansard.model.pages import Page
from hansard.search.tokenizer import fold
from hansard.services.artifacts import lifecycle
from hansard.services.base import Checks, Service, check_limit, checked, return_if_identical
from hansard.services.conversations.changes import (
    change_conversation,
    insert_conversation,
    restore_conversation,
    set_state,
    trash_conversation,
)
from hansard.services.conversations.copies import append_copies
from hansard.services.conversations.forks import set_branch_model
from hansard.services.conversations.purge import purge_conversation
from hansard.services.cursors import IdText, decode_cursor, page_of
from hansard.services.library.nesting import inherited_tags
from hansard.services.library.tags import ensure_tags
from hansard.storage import message_tree
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

TEMPORARY_LIFETIME = timedelta(hours=24)
BATCH = 100
"""Conversations changed per transaction when all of them are changed."""
MAX_MERGED = 100
"""The maximum number of conversations in a merge."""

_UNSET = msgspec.UNSET


class ConversationFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Criteria for listing conversations; None means any."""

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
    """List temporary conversations instead of the others."""
    deleted: bool = False
    """List conversations in the trash instead of the others."""


class Conversations(Service):
    async def create(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        title: str = "",
        system: str = "",
        model: str | None = None,
        project_id: str | None = None,
        tags: Sequence[str] = (),
        metadata: dict[str, Any] | None = None,
        traits: dict[str, Any] | None = None,
        agent_id: str | None = None,
        pinned: bool = False,
        temporary: bool = False,
        created_at: datetime | None = None,
    ) -> Conversation:
        """Create an empty conversation with its main branch.

        `model` has the form provider/model. The tags of its project and the projects around that come before `tags`.
        A `temporary` conversation is removed after 24 hours. `id` makes the request repeatable: a repeated request
        returns the existing conversation. Raises InvalidInput for invalid fields, TooLarge if all tags together are too
        many, NotFound if the project or the agent does not exist, AlreadyExists if the id exists with other fields.
        """
        now = self.clock() if created_at is None else check_time(created_at, "/created_at")
        fields = checked(
            _CHECKS,
            title=title,
            system=system,
            model=model,
            project_id=project_id,
            tags=tags,
            metadata=metadata or {},
            traits=traits or {},
            agent_id=agent_id,
            pinned=pinned,
        )
        requested = Conversation(
            **self.stamp(id, now),
            **fields,
            expires_at=now + TEMPORARY_LIFETIME if temporary else None,
            branch=new_id(),
            active_at=now,
        )

        async def create_conversation(tx: Transaction) -> Conversation:
            await self.ensure_user(tx, now)
            await self.check_project(tx, requested.project_id)
            await self._check_agent(tx, requested.agent_id)
            conversation = await _with_inherited_tags(tx, requested)
            existing = await tx.get(Conversation, conversation.id)
            if existing is not None:
                if bool(existing.expires_at) != temporary:
                    raise AlreadyExists("This id is taken.", pointer="/id")
                return return_if_identical(existing, conversation, *fields)
            await ensure_tags(tx, self, conversation.tags)
            return await insert_conversation(tx, conversation, now)

        return await self.run_write(create_conversation)

    async def merge(self, ids: Sequence[str], *, title: str = "") -> Conversation:
        """Create a conversation with copies of the messages of up to 100 conversations, in this order; return it.

        Of each, the user's current branch is copied, and the conversation itself is not changed. The copies have new
        ids, the original times and the original ids as `origin_id`. Raises EmptyInput without ids, InvalidInput for
        more than 100, NotFound if a conversation does not exist.
        """
        if not ids:
            raise EmptyInput("Give the conversations to merge.", pointer="/ids")
        if len(ids) > MAX_MERGED:
            raise InvalidInput(f"Give at most {MAX_MERGED} conversations.", pointer="/ids")
        now = self.clock()
        fields = checked(_CHECKS, title=title)
        merged = Conversation(**self.stamp(None, now), **fields, branch=new_id(), active_at=now)

        async def copy_conversations(tx: Transaction) -> Conversation:
            await self.ensure_user(tx, now)
            sources = {
                each: await self.conversation(tx, each, "read", lock=True)
                for each in sorted({id.lower() for id in ids})  # noqa: A001
            }
            await insert_conversation(tx, merged, now)
            for each in ids:
                branch = await self.branch(tx, sources[each.lower()])
                messages = await message_tree.path(tx, branch, 0, branch.head_seq)
                await append_copies(tx, self.scope.user, merged, merged.branch, messages, now)
            return await self.conversation(tx, merged.id, "read")

        return await self.run_write(copy_conversations)

    async def get(self, conversation_id: str, *, deleted: bool = False) -> Conversation:
        """Return a conversation; with `deleted`, one in the trash. Raises NotFound if there is none."""
        return await self.run_read(
            lambda tx: self.conversation(tx, conversation_id, "read", deleted=deleted)
        )

    async def list(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        filter: ConversationFilter = ConversationFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[Conversation]:
        """Return a page of the conversations that match `filter`, the most recently active first.

        `cursor` is the `next` of the previous page. Raises BadCursor if it belongs to another list.
        """
        after = None if cursor is None else decode_cursor(filter, cursor, (datetime, IdText))
        query = _build_query(self.scope.user, filter).by("-active_at", "-id")
        query = query.page(check_limit(limit) + 1, after)
        conversations = await self.run_read(lambda tx: tx.select(query))
        return page_of(filter, conversations, limit, "active_at", "id")

    async def latest(self) -> Conversation | None:
        """Return the most recently active conversation, or None."""
        conversations = (await self.list(limit=1)).items
        return conversations[0] if conversations else None

    async def find(self, id_or_title: str) -> Conversation:
        """Return a conversation by its id, its title, or part of its title.

        Raises NotFound if none matches, or several do.
        """
        if is_id(id_or_title.lower()):
            return await self.get(id_or_title)
        matching = await self.list(limit=100, filter=ConversationFilter(q=id_or_title))
        folded = fold(id_or_title)
        exact = [c for c in matching.items if fold(c.title) == folded]
        matches = exact or matching.items
        if not matches:
            raise NotFound(f"No conversation is titled {id_or_title!r}.")
        if len(matches) > 1:
            how = "titled" if exact else "titled like"
            raise NotFound(
                f"Several conversations are {how} {id_or_title!r}. Give the id instead; "
                f"the newest is {matches[0].id}."
            )
        return matches[0]

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
        traits: dict[str, Any] | msgspec.UnsetType = _UNSET,
        agent_id: str | msgspec.UnsetType | None = _UNSET,
        pinned: bool | msgspec.UnsetType = _UNSET,
        archived: bool | msgspec.UnsetType = _UNSET,
        temporary: bool | msgspec.UnsetType = _UNSET,
    ) -> Conversation:
        """Change the given fields.

        With `version`, only if that is still the conversation's version. `temporary=False` makes a temporary
        conversation permanent. Raises InvalidInput for invalid fields, NotFound if the conversation, project or agent
        does not exist, VersionConflict if the version is another.
        """
        changes = checked(
            _CHECKS,
            title=title,
            system=system,
            model=model,
            project_id=project_id,
            tags=tags,
            metadata=metadata,
            traits=traits,
            agent_id=agent_id,
            pinned=pinned,
            archived=archived,
        )
        if temporary is not _UNSET:
            changes["expires_at"] = self.clock() + TEMPORARY_LIFETIME if temporary else None

        async def update_conversation(tx: Transaction) -> Conversation:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            await self.check_project(tx, changes.get("project_id"))
            await self._check_agent(tx, changes.get("agent_id"))
            await ensure_tags(tx, self, changes.get("tags", ()))
            updated = await change_conversation(tx, conversation, changes, self.clock(), version)
            if "model" in changes:
                await self._clear_branch_models(tx, conversation)
            return updated

        return await self.run_write(update_conversation)

    async def _check_agent(self, tx: Reader, agent_id: str | None) -> None:
        """Raises NotFound if `agent_id` is given and the scope's user may not use that agent."""
        if agent_id is not None:
            await self._get_owned(tx, Agent, agent_id, "read", pointer="/agent_id")

    async def _clear_branch_models(self, tx: Transaction, conversation: Conversation) -> None:
        """Clear the models of a conversation's branches, so that the conversation's model applies to all."""
        branches = Query(Branch).where(conversation_id=conversation.id)
        for branch in await tx.select(branches):
            await set_branch_model(tx, self.scope, branch, None, self.clock())

    async def delete(self, conversation_id: str) -> Conversation:
        """Move a conversation to the trash. Raises NotFound if it does not exist."""

        async def trash(tx: Transaction) -> Conversation:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            return await trash_conversation(tx, conversation, self.clock())

        return await self.run_write(trash)

    async def restore(self, conversation_id: str) -> Conversation:
        """Restore a conversation from the trash, unchanged. Raises NotFound if it is not in the trash."""

        async def restore(tx: Transaction) -> Conversation:
            conversation = await self.conversation(tx, conversation_id, deleted=True, lock=True)
            return await restore_conversation(tx, conversation, self.clock())

        return await self.run_write(restore)

    async def purge(self, conversation_id: str) -> None:
        """Permanently remove a conversation in the trash, with its messages, branches and runs.

        Raises NotFound if it is not in the trash.
        """

        async def mark_purging(tx: Transaction) -> Conversation:
            conversation = await self.conversation(tx, conversation_id, deleted=True, lock=True)
            now = self.clock()
            await lifecycle.mark_purging(tx, now, conversation_id=conversation.id)
            state = {"state": "purging"}
            return await set_state(tx, conversation, "conversation.purged", now, state)

        conversation = await self.run_write(mark_purging)
        await purge_conversation(self._storage, self.scope.tenant, conversation.id)

    async def delete_all(self) -> int:
        """Move every conversation to the trash, archived ones too; return how many were moved."""
        query = Query(Conversation).where(owner_id=self.scope.user, state="active")

        async def trash_batch(tx: Transaction) -> int:
            conversations = await tx.select(query.by("id").page(BATCH))
            for conversation in conversations:
                await trash_conversation(tx, conversation, self.clock())
            return len(conversations)

        count = 0
        while trashed := await self.run_write(trash_batch):
            count += trashed
        return count

    async def purge_all(self) -> int:
        """Permanently remove everything in the trash; return how many conversations were removed."""
        trash = Query(Conversation).where(owner_id=self.scope.user, state="trashed")

        async def select_batch(tx: Reader) -> list[Conversation]:
            return await tx.select(trash.by("id").page(BATCH))

        count = 0
        while conversations := await self.run_read(select_batch):
            for conversation in conversations:
                try:
                    await self.purge(conversation.id)
                except NotFound:  # restored or purged by another request meanwhile
                    continue
                count += 1
        return count


_CHECKS: Checks = {
    "title": lambda title: check_text(title, "/title", MAX_TITLE),
    "system": lambda system: check_text(system, "/system"),
    "model": lambda model: check_model(model, "/model"),
    "project_id": lambda project_id: project_id and project_id.lower(),
    "tags": lambda tags: check_tags(tags, "/tags"),
    "metadata": lambda metadata: check_json(metadata, "/metadata"),
    "traits": lambda traits: check_json(traits, "/traits"),
    "agent_id": lambda agent_id: agent_id and agent_id.lower(),
}


async def _with_inherited_tags(tx: Reader, conversation: Conversation) -> Conversation:
    """Return a new conversation with the tags of its project and the projects around that before its own."""
    inherited = await inherited_tags(tx, conversation.project_id)
    tags = tuple(dict.fromkeys((*inherited, *conversation.tags)))
    return msgspec.structs.replace(conversation, tags=check_tags(tags, "/tags"))


def _build_query(owner_id: str, criteria: ConversationFilter) -> Query[Conversation]:
    state = "trashed" if criteria.deleted else "active"
    query = Query(Conversation).where(owner_id=owner_id, state=state)
    if not criteria.deleted:
        expiry = {"expires_at__ne": None} if criteria.temporary else {"expires_at": None}
        query = query.where(**expiry)
    for name in ("project_id", "pinned", "archived"):
        value = getattr(criteria, name)
        if name == "project_id" and value is not None:
            value = check_id(value, "/project_id")
        if value is not None:
            query = query.where(**{name: value})
    if criteria.tag is not None:
        query = query.where(tags__has=check_text(criteria.tag, "/tag"))
    if criteria.q:
        query = query.where(title_key__contains=fold(check_text(criteria.q, "/q")))
    if criteria.since is not None:
        query = query.where(active_at__ge=check_time(criteria.since, "/since"))
    if criteria.until is not None:
        query = query.where(active_at__lt=check_time(criteria.until, "/until"))
    return query
