"""Prompt templates."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from hansard.model.base import Entry, Id, Names
from hansard.model.lifecycle import Trashable

VariableType = Literal["string", "number", "boolean", "choice", "list"]
VARIABLE_TYPES: tuple[VariableType, ...] = get_args(VariableType)


class Variable(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A variable of a template."""

    name: str
    type: VariableType = "string"
    """`list`: a list of texts; `choice`: one of `choices`."""
    required: bool = False
    """Whether a value must be given; without one, a variable that is not required has its default."""
    default: Any = None
    help: str = ""
    choices: tuple[str, ...] = ()


class Prompt(Trashable, frozen=True, kw_only=True):
    """A template for prompts, in the Liquid language; with an agent, a task of that agent."""

    owner_id: str
    agent_id: Id | None = None
    """The agent that it is a task of; None: none."""
    name: str
    """No two templates of a user, or tasks of an agent, have the same one, except in the trash."""
    description: str = ""
    body: str
    variables: tuple[Variable, ...] = ()
    tags: Names = ()
    rules: Names = ()
    """The ids of rules that apply to the prompts made from it."""
    follow_ups: Names = ()
    """Prompts that are suggested after the answer."""
    public: bool = False
    """Whether all users of the tenant may read and use it."""
    revision: int = 1
    """How many pairs of body and variables it has had; each is kept as a PromptRevision."""


class PromptRevision(Entry, frozen=True, kw_only=True):
    """A body of a template, and its variables."""

    prompt_id: Id
    number: int
    body: str
    variables: tuple[Variable, ...] = ()


class RenderedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a template for values of its variables."""

    text: str
    revision: int
