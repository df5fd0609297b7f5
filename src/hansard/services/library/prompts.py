"""Prompt templates, and the tasks of agents, which are templates too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hansard.context.variables import check_variables
from hansard.errors import Conflict, InvalidInput, TooLarge
from hansard.model.agents import Agent
from hansard.model.checks import check_tags, check_text
from hansard.model.prompts import Prompt, PromptRevision, RenderedPrompt, Variable
from hansard.services.base import Checks, checked
from hansard.services.library.base import LibraryService, check_name
from hansard.services.library.rendering import check_values, checked_template, rendered
from hansard.services.library.rules import check_rules, with_rule_ids
from hansard.services.library.tags import ensure_tags
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

MAX_FOLLOW_UPS = 20
MAX_FOLLOW_UP = 1_000
"""Characters."""
_UNSET = msgspec.UNSET


def check_follow_ups(texts: Sequence[str], pointer: str = "/follow_ups") -> tuple[str, ...]:
    """Return texts. Raises InvalidInput if one is blank, TooLarge if there are too many or one is too long."""
    if len(texts) > MAX_FOLLOW_UPS:
        raise TooLarge(f"There may be at most {MAX_FOLLOW_UPS} follow-ups.", pointer=pointer)
    for i, text in enumerate(texts):
        if not check_text(text, f"{pointer}/{i}", MAX_FOLLOW_UP).strip():
            raise InvalidInput("A follow-up must not be blank.", pointer=f"{pointer}/{i}")
    return tuple(texts)


CHECKS: Checks = {
    "name": check_name,
    "description": lambda text: check_text(text, "/description"),
    "body": lambda body: check_text(body, "/body"),
    "variables": lambda variables: check_variables(variables, "/variables"),
    "tags": lambda tags: check_tags(tags, "/tags"),
    "rules": check_rules,
    "follow_ups": check_follow_ups,
}


class Prompts(LibraryService):
    """Templates for prompts with typed variables, and the tasks of agents.

    The body is in the Liquid language. A template that is public can be read and used by all users of the tenant.
    """

    async def create(
        self,
        name: str,
        body: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        agent_id: str | None = None,
        description: str = "",
        variables: Sequence[Variable] = (),
        tags: Sequence[str] = (),
        rules: Sequence[str] = (),
        follow_ups: Sequence[str] = (),
        public: bool = False,
    ) -> Prompt:
        """Create a template; with `agent_id`, a task of that agent.

        `rules` are ids or names. `id` makes the request repeatable: a repeated request returns the existing template.
        Raises InvalidInput if the body is not a valid template or uses a variable that is not declared, AlreadyExists
        if the name is taken, or the id with other fields; NotFound if the agent or a rule does not exist.
        """
        fields = checked(
            CHECKS,
            name=name,
            description=description,
            body=body,
            variables=variables,
            tags=tags,
            rules=rules,
            follow_ups=follow_ups,
            public=public,
        )
        fields["body"] = await checked_template(fields["body"], fields["variables"])
        fields["agent_id"] = agent_id and agent_id.lower()
        stamp = self.stamp(id, self.clock())

        async def insert_prompt(tx: Transaction) -> Prompt:
            if fields["agent_id"] is not None:
                await self._get_owned(tx, Agent, fields["agent_id"], pointer="/agent_id")
            prompt = Prompt(**stamp, **await with_rule_ids(tx, self.scope.user, fields))
            created = await self._create(tx, prompt, *fields)
            if created is prompt:
                await ensure_tags(tx, self, prompt.tags)
                await self._keep_revision(tx, prompt)
            return created

        return await self.run_write(insert_prompt)

    async def get(self, prompt_id: str) -> Prompt:
        """Return a template of the user, or a public one. Raises NotFound if it does not exist."""
        return await self._get(Prompt, prompt_id)

    async def list(self, *, agent_id: str | None = None, deleted: bool = False) -> list[Prompt]:
        """Return the user's templates and the public ones of the tenant, by name.

        With `agent_id`, the tasks of that agent; with `deleted`, the user's templates in the trash. Raises NotFound if
        the agent does not exist.
        """
        own = Query(Prompt).where(
            owner_id=self.scope.user,
            state="trashed" if deleted else "active",
            agent_id=agent_id and agent_id.lower(),
        )
        public = Query(Prompt).where(
            public=True, state="active", agent_id=None, owner_id__ne=self.scope.user
        )

        async def select_prompts(tx: Reader) -> list[Prompt]:
            if agent_id is not None:
                await self._get_owned(tx, Agent, agent_id, "read", pointer="/agent_id")
            prompts = await tx.select(own)
            if agent_id is None and not deleted:
                prompts += await tx.select(public)
            return sorted(prompts, key=lambda prompt: (prompt.name, prompt.id))

        return await self.run_read(select_prompts)

    async def update(
        self,
        prompt_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        description: str | msgspec.UnsetType = _UNSET,
        body: str | msgspec.UnsetType = _UNSET,
        variables: Sequence[Variable] | msgspec.UnsetType = _UNSET,
        tags: Sequence[str] | msgspec.UnsetType = _UNSET,
        rules: Sequence[str] | msgspec.UnsetType = _UNSET,
        follow_ups: Sequence[str] | msgspec.UnsetType = _UNSET,
        public: bool | msgspec.UnsetType = _UNSET,
    ) -> Prompt:
        """Change the given fields; with `version`, only if that is still the template's version.

        Another body, or other variables, are a new revision; earlier ones are kept. Raises NotFound if the template or
        a rule does not exist, InvalidInput as `create` does, AlreadyExists if the name is taken, VersionConflict if the
        version is another.
        """
        changes = checked(
            CHECKS,
            name=name,
            description=description,
            body=body,
            variables=variables,
            tags=tags,
            rules=rules,
            follow_ups=follow_ups,
            public=public,
        )

        now = await self.get(prompt_id)
        wanted = changes.get("body", now.body), changes.get("variables", now.variables)
        await checked_template(*wanted)

        async def update_prompt(tx: Transaction) -> Prompt:
            prompt = await self._get_owned(tx, Prompt, prompt_id, lock=True)
            await ensure_tags(tx, self, changes.get("tags", ()))
            stored = await with_rule_ids(tx, self.scope.user, changes)
            texts = changes.get("body", prompt.body), changes.get("variables", prompt.variables)
            if texts == (prompt.body, prompt.variables):
                return await self._change(tx, prompt, stored, version)
            if texts != wanted:
                raise Conflict("The template was changed meanwhile.", version=prompt.version)
            stored["revision"] = prompt.revision + 1
            updated = await self._change(tx, prompt, stored, version)
            await self._keep_revision(tx, updated)
            return updated

        return await self.run_write(update_prompt)

    async def delete(self, prompt_id: str) -> Prompt:
        """Move a template to the trash. Raises NotFound if it does not exist."""

        async def delete_prompt(tx: Transaction) -> Prompt:
            return await self._delete(tx, await self._get_owned(tx, Prompt, prompt_id, lock=True))

        return await self.run_write(delete_prompt)

    async def restore(self, prompt_id: str) -> Prompt:
        """Restore a template from the trash.

        Raises NotFound if it is not in the trash, or its agent is; AlreadyExists if its name is taken.
        """

        async def restore_prompt(tx: Transaction) -> Prompt:
            prompt = await self._get_owned(tx, Prompt, prompt_id, deleted=True, lock=True)
            if prompt.agent_id is not None:
                await self._get_owned(tx, Agent, prompt.agent_id)
            return await self._restore(tx, prompt)

        return await self.run_write(restore_prompt)

    async def purge(self, prompt_id: str) -> None:
        """Permanently remove a template in the trash and its revisions. Raises NotFound if it is not there."""

        async def purge_prompt(tx: Transaction) -> None:
            prompt = await self._get_owned(tx, Prompt, prompt_id, deleted=True, lock=True)
            await self._purge(tx, prompt)

        await self.run_write(purge_prompt)
        await self._storage.erase()

    async def revisions(self, prompt_id: str) -> list[PromptRevision]:
        """Return the revisions of a template, the newest first. Raises NotFound if it does not exist."""

        async def select_revisions(tx: Reader) -> list[PromptRevision]:
            prompt = await self._get_owned(tx, Prompt, prompt_id, "read")
            query = Query(PromptRevision).where(prompt_id=prompt.id)
            return await tx.select(query.by("-number"))

        return await self.run_read(select_revisions)

    async def render(
        self, prompt_id: str, variables: dict[str, Any] | None = None
    ) -> RenderedPrompt:
        """Return the text of a template for these values of its variables.

        Raises InvalidInput if a required value is missing, or one is unknown or of another type; NotFound if the
        template does not exist.
        """
        prompt = await self.get(prompt_id)
        text = await rendered(prompt, check_values(variables))
        return RenderedPrompt(text=text, revision=prompt.revision)

    async def _keep_revision(self, tx: Transaction, prompt: Prompt) -> None:
        revision = PromptRevision(
            tenant_id=tx.tenant,
            created_at=prompt.updated_at,
            prompt_id=prompt.id,
            number=prompt.revision,
            body=prompt.body,
            variables=prompt.variables,
        )
        await tx.insert(revision)
