"""What applied to a prompt: the agent, the rules and the template, as they were when it was asked."""

from __future__ import annotations

from typing import Literal

import msgspec

from hansard.model.base import Id, JsonObject
from hansard.model.rules import RulePosition

RuleSource = Literal["tenant", "user", "always", "project", "agent", "prompt", "chosen"]
"""Why a rule applied: it is a rule of the tenant, the user, a project, the agent or the template; it always applies; or
it was chosen for this prompt."""


class AppliedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it was."""

    id: Id
    name: str
    text: str
    position: RulePosition
    source: RuleSource


class AppliedAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as it was."""

    id: Id
    name: str
    version: int
    instructions: str = ""
    output_schema: JsonObject | None = None


class AppliedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """The template that a prompt was made from."""

    id: Id
    name: str
    revision: int
    values: JsonObject = {}
    """The values of its variables."""


class Applied(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What applied to a prompt beside the instructions of the tenant, the user, the projects and the conversation."""

    agent: AppliedAgent | None = None
    prompt: AppliedPrompt | None = None
    """The template that the prompt was made from."""
    rules: tuple[AppliedRule, ...] = ()
