"""Agents."""

from __future__ import annotations

from hansard.model.base import JsonObject, Names
from hansard.model.lifecycle import Trashable


class Agent(Trashable, frozen=True, kw_only=True):
    """Instructions, a model and its options, rules and tools, with which conversations are held.

    Its tasks are prompt templates that belong to it.
    """

    owner_id: str
    name: str
    """No two agents of a user have the same one, except in the trash."""
    description: str = ""
    instructions: str = ""
    """System instructions, added after those of the tenant, the user and the projects."""
    model: str | None = None
    """The model that answers, `provider/model`; None inherits it."""
    options: JsonObject = {}
    """Options for the model, such as `temperature`; those that are not set are inherited."""
    rules: Names = ()
    """The ids of rules that apply to its prompts."""
    tools: Names = ()
    """The names of the tools that it may use."""
    output_schema: JsonObject | None = None
    """A JSON Schema for its answers; None: text."""
