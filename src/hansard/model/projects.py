"""Projects."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hansard.model.applied import RuleSource
from hansard.model.base import Entry, Id, JsonObject, Names
from hansard.model.lifecycle import Trashable

ConversationsOnDelete = Literal["keep", "move", "delete"]
"""What becomes of the conversations in a project that is moved to the trash: they stay, out of the project; they are
moved to another project or out of all projects; or they are moved to the trash with it."""
InheritedFrom = Literal["tenant", "user", "project"]
"""Where a value is set that holds in a project."""


class Project(Trashable, frozen=True, kw_only=True):
    """A folder of conversations; folders nest, and what is not set in one is inherited from the outer ones."""

    owner_id: str
    parent_id: Id | None = None
    name: str
    instructions: str = ""
    """System instructions for its conversations, added after those of the tenant, the user and the outer projects."""
    model: str | None = None
    """The default model, `provider/model`; None inherits it."""
    options: JsonObject = {}
    """Options for the model, such as `temperature`; those that are not set are inherited."""
    rules: Names = ()
    """The ids of rules that apply in it, beside those of the outer projects."""
    tags: Names = ()
    """The tags of new conversations in it, beside those of the outer projects."""


class ProjectMove(Entry, frozen=True, kw_only=True):
    """A conversation that was moved when its project was moved to the trash; restoring the project moves it back."""

    project_id: Id
    conversation_id: Id
    to_project_id: Id | None = None
    """Where it was moved to; None: out of all projects."""


class Inherited(msgspec.Struct, frozen=True, kw_only=True):
    """A value that holds in a project, and where it is set."""

    value: Any
    source: InheritedFrom
    project_id: Id | None = None
    """The project that sets it, if `source` is `project`."""
    name: str | None = None
    """The name of that project."""


class InheritedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that applies in a project, and why."""

    id: Id
    name: str
    source: RuleSource
    project_id: Id | None = None
    """The project whose rule it is, if `source` is `project`."""


class ProjectDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for conversations in a project that set nothing themselves."""

    model: Inherited | None
    """The model; None: the server's."""
    options: dict[str, Inherited]
    """The options for the model, by name."""
    instructions: list[Inherited]
    """System instructions, in the order in which they are sent."""
    rules: list[InheritedRule]
    """Rules, in the order in which they apply, each once."""
    tags: list[Inherited]
    """The tags of new conversations, in their order, each once."""
