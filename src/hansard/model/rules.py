"""Rules."""

from __future__ import annotations

from typing import Literal, get_args

from hansard.model.base import Names
from hansard.model.lifecycle import Trashable

RulePosition = Literal["before", "after", "prompt"]
"""Where a rule's text is placed: before or after the system instructions, or at the end of the prompt."""
RULE_POSITIONS: tuple[RulePosition, ...] = get_args(RulePosition)


class Rule(Trashable, frozen=True, kw_only=True):
    """A text that is sent with prompts.

    It applies to every prompt, or in a project, with an agent or a template, or when it is chosen for one prompt.
    """

    owner_id: str
    name: str
    """No two rules of a user have the same one, except in the trash."""
    text: str
    position: RulePosition = "after"
    always: bool = False
    """Whether it applies to every prompt of the user."""
    tags: Names = ()
