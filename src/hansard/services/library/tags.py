"""Tags: labels for conversations, prompts, rules and projects, which refer to them by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.checks import MAX_TAG, check_text
from hansard.model.conversations import Conversation
from hansard.model.projects import Project
from hansard.model.prompts import Prompt
from hansard.model.rules import Rule
from hansard.model.tags import Tag, TagRemoval
from hansard.services.base import Checks, Service, checked
from hansard.services.library.base import LibraryService, check_name, kind_of
from hansard.storage.base import Transaction
from hansard.storage.query import Query

TAGGED: tuple[type[Any], ...] = (Conversation, Project, Prompt, Rule)
"""The types of records that have tags."""
_UNSET = msgspec.UNSET
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def _check_color(color: str) -> str:
    if check_text(color, "/color") and not _COLOR.fullmatch(color):
        raise InvalidInput("A color has the form #3366cc, or is empty.", pointer="/color")
    return color.lower()


CHECKS: Checks = {
    "name": lambda name: check_text(check_name(name), "/name", MAX_TAG),
    "color": _check_color,
}


class Tags(LibraryService):
    """Labels for conversations, prompts, rules and projects. Naming a new one there creates it."""

    async def create(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        color: str = "",
    ) -> Tag:
        """Create a tag. `color` has the form #3366cc.

        `id` makes the request repeatable: a repeated request returns the existing tag. Raises AlreadyExists if the name
        is taken, or the id with other fields.
        """
        fields = checked(CHECKS, name=name, color=color)
        tag = Tag(**self.stamp(id, self.clock()), **fields)
        return await self.run_write(lambda tx: self._create(tx, tag, *fields))

    async def get(self, tag_id: str) -> Tag:
        """Return a tag. Raises NotFound if it does not exist."""
        return await self._get(Tag, tag_id)

    async def list(self, *, deleted: bool = False) -> list[Tag]:
        """Return all tags by name; with `deleted`, those in the trash."""
        return await self._list(Tag, deleted=deleted)

    async def update(
        self,
        tag_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        color: str | msgspec.UnsetType = _UNSET,
    ) -> Tag:
        """Change the given fields; with `version`, only if that is still the tag's version.

        A new name is given to everything that has the tag. Raises NotFound if the tag does not exist, AlreadyExists
        if the name is taken, VersionConflict if the version is another.
        """
        changes = checked(CHECKS, name=name, color=color)

        async def update_tag(tx: Transaction) -> Tag:
            tag = await self._get_owned(tx, Tag, tag_id, lock=True)
            updated = await self._change(tx, tag, changes, version)
            if updated.name != tag.name:
                for record in await self._tagged(tx, tag.name):
                    renamed = (updated.name if name == tag.name else name for name in record.tags)
                    await self._set_tags(tx, record, tuple(dict.fromkeys(renamed)))
            return updated

        return await self.run_write(update_tag)

    async def delete(self, tag_id: str) -> Tag:
        """Move a tag to the trash, and take it from everything that has it. Raises NotFound if it does not exist."""

        async def delete_tag(tx: Transaction) -> Tag:
            tag = await self._get_owned(tx, Tag, tag_id, lock=True)
            for record in await self._tagged(tx, tag.name):
                left = tuple(name for name in record.tags if name != tag.name)
                await self._set_tags(tx, record, left)
                removal = TagRemoval(
                    tenant_id=tx.tenant,
                    created_at=self.clock(),
                    tag_id=tag.id,
                    table=tx.schema.of(record.__class__).name,
                    record_id=record.id,
                )
                await tx.insert(removal, absent=True)
            return await self._delete(tx, tag)

        return await self.run_write(delete_tag)

    async def restore(self, tag_id: str) -> Tag:
        """Restore a tag from the trash, and give it back to what had it.

        Raises NotFound if it is not in the trash, AlreadyExists if its name is taken.
        """

        async def restore_tag(tx: Transaction) -> Tag:
            tag = await self._get_owned(tx, Tag, tag_id, deleted=True, lock=True)
            removals = Query(TagRemoval).where(tag_id=tag.id)
            for removal in await tx.select(removals):
                record = await tx.get(tx.schema.named(removal.table).record, removal.record_id)
                if record is not None:
                    await self._set_tags(tx, record, (*record.tags, tag.name))
            await tx.delete(removals)
            return await self._restore(tx, tag)

        return await self.run_write(restore_tag)

    async def purge(self, tag_id: str) -> None:
        """Permanently remove a tag in the trash. Raises NotFound if it is not there."""

        async def purge_tag(tx: Transaction) -> None:
            await self._purge(tx, await self._get_owned(tx, Tag, tag_id, deleted=True, lock=True))

        await self.run_write(purge_tag)
        await self._storage.erase()

    async def _tagged(self, tx: Transaction, name: str) -> Sequence[Any]:
        """Return everything of the user that has a tag, also in the trash."""
        return [
            record
            for record_type in TAGGED
            for record in await tx.select(
                Query(record_type).where(owner_id=self.scope.user, tags__has=name).by("id")
            )
        ]

    async def _set_tags(self, tx: Transaction, record: Any, tags: tuple[str, ...]) -> None:
        now, tags = self.clock(), tuple(dict.fromkeys(tags))
        await tx.update(record.__class__, record.id, tags=tags, updated_at=now)
        if record.state == "active":
            place = {"conversation_id": record.id} if isinstance(record, Conversation) else {}
            await tx.publish(self.change(kind_of(record, "updated"), record.id, now, **place))


async def ensure_tags(tx: Transaction, service: Service, names: Sequence[str]) -> None:
    """Create the tags of the service's user with these names that do not exist."""
    if not names:
        return
    now, owner = service.clock(), service.scope.user
    query = Query(Tag).where(owner_id=owner, state="active", name__in=sorted(set(names)))
    known = {tag.name for tag in await tx.select(query)}
    for name in dict.fromkeys(names):
        if name not in known:
            tag = Tag(**service.stamp(new_id(), now), name=name)
            if await tx.insert(tag, absent=True):  # another unit may create it at the same time
                await tx.publish(service.change("tag.created", tag.id, now))
