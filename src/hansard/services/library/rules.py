"""Rules: texts that are sent with prompts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.model.agents import Agent
from hansard.model.applied import RuleSource
from hansard.model.checks import check_one, check_tags, check_text
from hansard.model.projects import Project
from hansard.model.prompts import Prompt
from hansard.model.rules import RULE_POSITIONS, Rule, RulePosition
from hansard.model.users import Tenant, User
from hansard.services.base import Checks, checked
from hansard.services.library.base import LibraryService, check_name, kind_of, missing, named
from hansard.services.library.tags import ensure_tags
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

MAX_RULES = 100
"""Rules of one record or prompt."""
_UNSET = msgspec.UNSET


def _check_rule_text(text: str) -> str:
    if not check_text(text, "/text").strip():
        raise InvalidInput("The text of a rule must not be blank.", pointer="/text")
    return text


CHECKS: Checks = {
    "name": check_name,
    "text": _check_rule_text,
    "position": lambda position: check_one(position, RULE_POSITIONS, "/position"),
    "tags": lambda tags: check_tags(tags, "/tags"),
}


class Rules(LibraryService):
    """Texts that are sent with prompts: with every one, in a project, with an agent or a template, or when chosen."""

    async def create(
        self,
        name: str,
        text: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        position: RulePosition = "after",
        always: bool = False,
        tags: Sequence[str] = (),
    ) -> Rule:
        """Create a rule.

        Its text is placed before or after the system instructions, or at the end of the prompt. With `always`, it
        applies to every prompt. `id` makes the request repeatable. Raises AlreadyExists if the name is taken, or the
        id with other fields.
        """
        fields = checked(CHECKS, name=name, text=text, position=position, always=always, tags=tags)
        rule = Rule(**self.stamp(id, self.clock()), **fields)

        async def insert_rule(tx: Transaction) -> Rule:
            created = await self._create(tx, rule, *fields)
            await ensure_tags(tx, self, rule.tags)
            return created

        return await self.run_write(insert_rule)

    async def get(self, rule_id: str) -> Rule:
        """Return a rule. Raises NotFound if it does not exist."""
        return await self._get(Rule, rule_id)

    async def list(self, *, deleted: bool = False) -> list[Rule]:
        """Return all rules by name; with `deleted`, those in the trash."""
        return await self._list(Rule, deleted=deleted)

    async def update(
        self,
        rule_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        text: str | msgspec.UnsetType = _UNSET,
        position: RulePosition | msgspec.UnsetType = _UNSET,
        always: bool | msgspec.UnsetType = _UNSET,
        tags: Sequence[str] | msgspec.UnsetType = _UNSET,
    ) -> Rule:
        """Change the given fields; with `version`, only if that is still the rule's version.

        Raises NotFound if the rule does not exist, AlreadyExists if the name is taken, VersionConflict if the version
        is another.
        """
        changes = checked(CHECKS, name=name, text=text, position=position, always=always, tags=tags)

        async def update_rule(tx: Transaction) -> Rule:
            await ensure_tags(tx, self, changes.get("tags", ()))
            rule = await self._get_owned(tx, Rule, rule_id, lock=True)
            return await self._change(tx, rule, changes, version)

        return await self.run_write(update_rule)

    async def delete(self, rule_id: str) -> Rule:
        """Move a rule to the trash: it does not apply any more. Raises NotFound if it does not exist."""

        async def delete_rule(tx: Transaction) -> Rule:
            return await self._delete(tx, await self._get_owned(tx, Rule, rule_id, lock=True))

        return await self.run_write(delete_rule)

    async def restore(self, rule_id: str) -> Rule:
        """Restore a rule from the trash; it applies where it did.

        Raises NotFound if it is not in the trash, AlreadyExists if its name is taken.
        """

        async def restore_rule(tx: Transaction) -> Rule:
            rule = await self._get_owned(tx, Rule, rule_id, deleted=True, lock=True)
            return await self._restore(tx, rule)

        return await self.run_write(restore_rule)

    async def purge(self, rule_id: str) -> None:
        """Permanently remove a rule in the trash, and take it from what it is a rule of.

        Raises NotFound if it is not in the trash.
        """

        async def purge_rule(tx: Transaction) -> None:
            rule = await self._get_owned(tx, Rule, rule_id, deleted=True, lock=True)
            now = self.clock()
            for record_type in (Project, Agent, Prompt):
                query = Query(record_type).where(rules__has=rule.id)
                for holder in await tx.select(query):
                    rules = _without(holder.rules, rule.id)
                    await tx.update(record_type, holder.id, rules=rules, updated_at=now)
                    await tx.publish(self.change(kind_of(holder, "updated"), holder.id, now))
            await self._take_from_users(tx, rule.id)
            await self._purge(tx, rule)

        await self.run_write(purge_rule)
        await self._storage.erase()

    async def _take_from_users(self, tx: Transaction, rule_id: str) -> None:
        """Take a rule from the user and the tenant."""
        now, user, tenant = self.clock(), await tx.get(User, self.scope.user), await tx.get(Tenant)
        if user is not None and rule_id in user.rules:
            await tx.update(User, user.id, rules=_without(user.rules, rule_id), updated_at=now)
            await tx.publish(self.change("user.updated", user.id, now))
        if tenant is not None and rule_id in tenant.rules:
            await tx.update(Tenant, rules=_without(tenant.rules, rule_id), updated_at=now)
            await tx.publish(self.change("tenant.updated", tenant.tenant_id, now))


def _without(rules: Sequence[str], rule_id: str) -> tuple[str, ...]:
    return tuple(each for each in rules if each != rule_id)


def check_rules(rules: Sequence[str], pointer: str = "/rules") -> tuple[str, ...]:
    """Return ids or names of rules, each once. Raises TooLarge if there are too many."""
    if len(rules) > MAX_RULES:
        raise TooLarge(f"There may be at most {MAX_RULES} rules.", pointer=pointer)
    return tuple(dict.fromkeys(check_text(r, f"{pointer}/{i}") for i, r in enumerate(rules)))


async def find_rules(
    tx: Reader, owner_id: str, rules: Sequence[str], pointer: str = "/rules"
) -> list[Rule]:
    """Return a user's rules by their ids or names. Raises NotFound if one does not exist."""
    found = await named(tx, Rule, owner_id, rules)
    known = {key for rule in found for key in (rule.id, rule.name)}
    for i, name in enumerate(rules):
        if name.lower() not in known and name not in known:
            raise missing("rule", name, f"{pointer}/{i}")
    return found


class Listed(NamedTuple):
    """Rules that a record lists, by their ids."""

    source: RuleSource
    rules: Sequence[str]
    owner_id: str | None
    """Whose they must be; None: anybody's."""
    project_id: str | None = None


async def listed_rules(
    tx: Reader, owner_id: str, listed: Iterable[Listed]
) -> list[tuple[Rule, RuleSource, str | None]]:
    """Return the active rules that are listed, each once, with the source and project of its first place.

    Those of the user that always apply come after the ones that the user's record lists.
    """
    listed = list(listed)
    ids = sorted({rule_id for each in listed for rule_id in each.rules})
    active = Query(Rule).where(state="active")
    by_id = {rule.id: rule for rule in await tx.select(active.where(id__in=ids))} if ids else {}
    always = await tx.select(active.where(owner_id=owner_id, always=True).by("name", "id"))
    found: dict[str, tuple[Rule, RuleSource, str | None]] = {}
    for each in listed:
        for rule in (by_id[rule_id] for rule_id in each.rules if rule_id in by_id):
            if each.owner_id in (None, rule.owner_id):
                found.setdefault(rule.id, (rule, each.source, each.project_id))
        for rule in always if each.source == "user" else ():
            found.setdefault(rule.id, (rule, "always", None))
    return list(found.values())


async def with_rule_ids(tx: Reader, owner_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return fields to store, with the ids of their `rules`. Raises NotFound if one does not exist."""
    if not changes.get("rules"):
        return changes
    return changes | {
        "rules": tuple(r.id for r in await find_rules(tx, owner_id, changes["rules"]))
    }
