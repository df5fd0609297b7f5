"""What holds in a project, and where it is set: tenant, user, then the projects from the outside in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hansard.context.projects import outward
from hansard.model.projects import (
    Inherited,
    InheritedFrom,
    InheritedRule,
    Project,
    ProjectDefaults,
)
from hansard.model.users import Tenant, User
from hansard.services.library.rules import Listed, listed_rules
from hansard.storage.base import Reader


class _Layer(NamedTuple):
    """A record that sets defaults; later layers come after earlier ones, and win over them."""

    source: InheritedFrom
    record: Tenant | User | Project

    def default(self, value: Any) -> Inherited:
        if isinstance(self.record, Project):
            own = {"project_id": self.record.id, "name": self.record.name}
            return Inherited(value=value, source=self.source, **own)
        return Inherited(value=value, source=self.source)


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
    """Return the rules of the layers, and those of the user that always apply."""
    listed = [
        Listed(
            source=layer.source,
            rules=layer.record.rules,
            owner_id=None if layer.source == "tenant" else owner_id,
            project_id=layer.record.id if isinstance(layer.record, Project) else None,
        )
        for layer in layers
    ]
    return [
        InheritedRule(id=rule.id, name=rule.name, source=source, project_id=project_id)
        for rule, source, project_id in await listed_rules(tx, owner_id, listed)
    ]


def _tags(layers: Sequence[_Layer]) -> list[Inherited]:
    found: dict[str, Inherited] = {}
    for layer in layers:
        for tag in layer.record.tags if isinstance(layer.record, Project) else ():
            found.setdefault(tag, layer.default(tag))
    return list(found.values())
