"""Agents: instructions, a model and its options, rules and tools, with which conversations are held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hansard.errors import InvalidInput
from hansard.model.agents import Agent
from hansard.model.base import JsonObject
from hansard.model.checks import MAX_TEXT, check_json, check_model, check_names, check_text
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import ACTIVE, deletion_time, trashed
from hansard.model.prompts import Prompt
from hansard.providers.options import check_known_options
from hansard.services.base import Checks, checked
from hansard.services.library.base import LibraryService, check_name, kind_of
from hansard.services.library.rules import check_rules, with_rule_ids
from hansard.storage.base import Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET


def _check_schema(schema: JsonObject | None) -> JsonObject | None:
    """Return a JSON Schema of an object. Raises InvalidInput if it is none."""
    if schema is None:
        return None
    if schema.get("type") != "object":
        raise InvalidInput(
            'The output schema must be a JSON Schema with "type": "object".',
            pointer="/output_schema",
        )
    return check_json(schema, "/output_schema")


CHECKS: Checks = {
    "name": check_name,
    "description": lambda text: check_text(text, "/description"),
    "instructions": lambda text: check_text(text, "/instructions", MAX_TEXT),
    "model": lambda model: check_model(model, "/model"),
    "options": lambda options: check_known_options(options, "/options"),
    "rules": check_rules,
    "tools": lambda tools: check_names(tools, "/tools"),
    "output_schema": _check_schema,
}


class Agents(LibraryService):
    """Instructions, a model and its options, rules and tools; an agent's tasks are templates that belong to it."""

    async def create(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        description: str = "",
        instructions: str = "",
        model: str | None = None,
        options: dict[str, Any] | None = None,
        rules: Sequence[str] = (),
        tools: Sequence[str] = (),
        output_schema: dict[str, Any] | None = None,
    ) -> Agent:
        """Create an agent.

        `rules` are ids or names; `output_schema` is a JSON Schema for its answers. `id` makes the request repeatable: a
        repeated request returns the existing agent. Raises AlreadyExists if the name is taken, or the id with other
        fields; NotFound if a rule does not exist.
        """
        fields = checked(
            CHECKS,
            name=name,
            description=description,
            instructions=instructions,
            model=model,
            options=options or {},
            rules=rules,
            tools=tools,
            output_schema=output_schema,
        )
        stamp = self.stamp(id, self.clock())

        async def insert_agent(tx: Transaction) -> Agent:
            agent = Agent(**stamp, **await with_rule_ids(tx, self.scope.user, fields))
            return await self._create(tx, agent, *fields)

        return await self.run_write(insert_agent)

    async def get(self, agent_id: str) -> Agent:
        """Return an agent. Raises NotFound if it does not exist."""
        return await self._get(Agent, agent_id)

    async def list(self, *, deleted: bool = False) -> list[Agent]:
        """Return all agents by name; with `deleted`, those in the trash."""
        return await self._list(Agent, deleted=deleted)

    async def update(
        self,
        agent_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        description: str | msgspec.UnsetType = _UNSET,
        instructions: str | msgspec.UnsetType = _UNSET,
        model: str | msgspec.UnsetType | None = _UNSET,
        options: dict[str, Any] | msgspec.UnsetType = _UNSET,
        rules: Sequence[str] | msgspec.UnsetType = _UNSET,
        tools: Sequence[str] | msgspec.UnsetType = _UNSET,
        output_schema: dict[str, Any] | msgspec.UnsetType | None = _UNSET,
    ) -> Agent:
        """Change the given fields; with `version`, only if that is still the agent's version.

        Raises NotFound if the agent or a rule does not exist, AlreadyExists if the name is taken, VersionConflict if
        the version is another.
        """
        changes = checked(
            CHECKS,
            name=name,
            description=description,
            instructions=instructions,
            model=model,
            options=options,
            rules=rules,
            tools=tools,
            output_schema=output_schema,
        )

        async def update_agent(tx: Transaction) -> Agent:
            agent = await self._get_owned(tx, Agent, agent_id, lock=True)
            stored = await with_rule_ids(tx, self.scope.user, changes)
            return await self._change(tx, agent, stored, version)

        return await self.run_write(update_agent)

    async def delete(self, agent_id: str) -> Agent:
        """Move an agent and its tasks to the trash. Raises NotFound if it does not exist."""

        async def delete_agent(tx: Transaction) -> Agent:
            agent = await self._get_owned(tx, Agent, agent_id, lock=True)
            tasks = Query(Prompt).where(agent_id=agent.id)
            before = [task.deleted_at for task in await tx.select(tasks.where(state="trashed"))]
            at = deletion_time(self.clock(), before)
            await self._set_tasks(tx, tasks.where(state="active"), "deleted", trashed(at))
            return await self._delete(tx, agent, at)

        return await self.run_write(delete_agent)

    async def restore(self, agent_id: str) -> Agent:
        """Restore an agent from the trash, and the tasks that were deleted with it.

        Raises NotFound if it is not in the trash, AlreadyExists if its name is taken.
        """

        async def restore_agent(tx: Transaction) -> Agent:
            agent = await self._get_owned(tx, Agent, agent_id, deleted=True, lock=True)
            tasks = Query(Prompt).where(agent_id=agent.id, deleted_at=agent.deleted_at)
            await self._set_tasks(tx, tasks, "restored", ACTIVE)
            return await self._restore(tx, agent)

        return await self.run_write(restore_agent)

    async def purge(self, agent_id: str) -> None:
        """Permanently remove an agent in the trash and its tasks; its conversations go on without it.

        Raises NotFound if it is not in the trash.
        """

        async def purge_agent(tx: Transaction) -> None:
            agent = await self._get_owned(tx, Agent, agent_id, deleted=True, lock=True)
            now = self.clock()
            for talk in await tx.select(Query(Conversation).where(agent_id=agent.id).by("id")):
                await tx.update(Conversation, talk.id, agent_id=None, updated_at=now)
                place = {"conversation_id": talk.id}
                await tx.publish(self.change("conversation.updated", talk.id, now, **place))
            await self._purge(tx, agent)

        await self.run_write(purge_agent)
        await self._storage.erase()

    async def _set_tasks(
        self, tx: Transaction, tasks: Query[Prompt], what: str, changes: dict[str, Any]
    ) -> None:
        now = self.clock()
        for task in await tx.select(tasks.by("id")):
            await tx.publish(self.change(kind_of(task, what), task.id, now))
            await tx.update(Prompt, task.id, updated_at=now, **changes)
