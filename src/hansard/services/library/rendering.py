"""Checking and rendering templates: long ones on a thread, because others wait for the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from hansard.context.templates import check_template, render
from hansard.model.checks import check_json
from hansard.model.prompts import Prompt, Variable

SHORT = 2_000
"""Characters of a template that is handled on the event loop."""
MAX_VALUES = 500_000
"""Bytes of the values of a template's variables."""


def check_values(values: dict[str, Any] | None, pointer: str = "/variables") -> dict[str, Any]:
    """Return values of variables. Raises InvalidInput if they are no JSON, TooLarge if they are too long."""
    return check_json(values or {}, pointer, MAX_VALUES)


async def checked_template(body: str, variables: Sequence[Variable]) -> str:
    """Return the body of a template. Raises InvalidInput if it is not valid."""
    if len(body) <= SHORT:
        return check_template(body, variables)
    return await asyncio.to_thread(check_template, body, variables)


async def rendered(prompt: Prompt, given: dict[str, Any]) -> str:
    """Return the text of a template. Raises InvalidInput if a value does not fit, TooLarge if it is over a limit."""
    loops = "{%" in prompt.body
    if len(prompt.body) <= SHORT and not loops:
        return render(prompt.body, prompt.variables, given)
    return await asyncio.to_thread(render, prompt.body, prompt.variables, given)
