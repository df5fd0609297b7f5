"""What holds in a project, and where it is set: tenant, user, then the projects from the outside in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hansard.model.applied import RuleSource
from hansard.model.base import Id
from hansard.model.projects import (
    Inherited,
    InheritedFrom,
    InheritedRule,
    Project,
    ProjectDefaults,
)
from hansard.model.rules import Rule
from hansard.model.users import Tenant, User
from hansard.services.library.nesting import outward
from hansard.storage.base import Reader
from hansard.storage.query import Query


class _Layer(NamedTuple):
    """A record that sets defaults; later layers come after earlier ones, and win over them."""

    source: InheritedFrom
    record: Tenant | User | Project

    def default(self, value: Any) -> Inherited:
        if isinstance(self.record, Project):
            own = {"project_id": self.record.id, "name": self.record.name}
            return Inherited(value=value, source=self.source, **own)
        return Inherited(value=value, source=self.source)


class _AppliedId(NamedTuple):
    """The id of a rule that applies, and why."""

    rule_id: Id
    source: RuleSource
    project_id: Id | None = None


async def read_defaults(tx: Reader, project: Project) -> ProjectDefaults:
    """Return what holds for conversations in a project that set nothing themselves."""
    layers = await _read_layers(tx, project)
    models = [layer.default(layer.record.model) for layer in layers if layer.record.model]
    return ProjectDefaults(
        model=models[-1] if models else None,
        options={
            name: layer.default(value)
            for layer in layers
            for name, value in layer.record.options.items()
        },
        instructions=[
            layer.default(layer.record.instructions.strip())
            for layer in layers
            if layer.record.instructions.strip()
        ],
        rules=await _read_rules(tx, project.owner_id, layers),
        tags=_tags(layers),
    )


async def _read_layers(tx: Reader, project: Project) -> list[_Layer]:
    layers: list[_Layer] = []
    tenant, user = await tx.get(Tenant), await tx.get(User, project.owner_id)
    if tenant is not None:
        layers.append(_Layer("tenant", tenant))
    if user is not None:
        layers.append(_Layer("user", user))
    around = reversed(await outward(tx, project))
    return layers + [_Layer("project", each) for each in around if each.state == "active"]


async def _read_rules(tx: Reader, owner_id: str, layers: Sequence[_Layer]) -> list[InheritedRule]:
    """Return the rules of the layers, and after the user's own those that apply always, without those in the trash.

    Only the tenant's may be another user's.
    """
    always = Query(Rule).where(owner_id=owner_id, state="active", always=True).by("name", "id")
    applied: list[_AppliedId] = []
    for layer in layers:
        key = layer.record.id if isinstance(layer.record, Project) else None
        applied += [_AppliedId(rule_id, layer.source, key) for rule_id in layer.record.rules]
        if layer.source == "user":
            applied += [_AppliedId(rule.id, "always") for rule in await tx.select(always)]
    ids = sorted({each.rule_id for each in applied})
    query = Query(Rule).where(id__in=ids, state="active")
    rules = {rule.id: rule for rule in await tx.select(query)} if ids else {}
    found: dict[Id, InheritedRule] = {}
    for rule_id, source, key in applied:
        there = rules.get(rule_id)
        if there is not None and (source == "tenant" or there.owner_id == owner_id):
            rule = InheritedRule(id=rule_id, name=there.name, source=source, project_id=key)
            found.setdefault(rule_id, rule)
    return list(found.values())


def _tags(layers: Sequence[_Layer]) -> list[Inherited]:
    found: dict[str, Inherited] = {}
    for layer in layers:
        for tag in layer.record.tags if isinstance(layer.record, Project) else ():
            found.setdefault(tag, layer.default(tag))
    return list(found.values())
