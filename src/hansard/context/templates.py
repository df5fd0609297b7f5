"""Prompt templates in the Liquid language: checked when they are stored, rendered with limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hansard.context.template_tags import check_tags, refusal
from hansard.context.variables import values_of
from hansard.errors import EmptyInput, HansardError, TooLarge
from hansard.model.checks import MAX_TEXT, check_text
from hansard.model.prompts import Variable

if TYPE_CHECKING:
    from liquid import BoundTemplate

MAX_REASON = 200
"""Characters of the library's message that an error quotes."""


def check_template(body: str, variables: Sequence[Variable], pointer: str = "/body") -> str:
    """Return the body of a template.

    Raises InvalidInput if it is no valid template, or uses a variable or filter that does not exist, EmptyInput if it
    is blank, TooLarge if it is too long.
    """
    _parsed(body, variables, pointer)
    return body


def render(
    body: str,
    variables: Sequence[Variable],
    given: dict[str, Any],
    pointer: str = "/body",
    given_pointer: str = "/variables",
) -> str:
    """Return the text that a template makes of the values given.

    Raises InvalidInput if the template or a value is invalid or the template fails with these values, EmptyInput if a
    required value is missing, TooLarge if the template is over a limit.
    """
    from hansard.context import template_engine  # noqa: PLC0415 - slow to import

    template = _parsed(body, variables, pointer)
    values = values_of(variables, given, given_pointer)
    try:
        return template_engine.run(template, values)
    except Exception as error:
        raise _refused(error, body, pointer) from error


def _parsed(body: str, variables: Sequence[Variable], pointer: str) -> BoundTemplate:
    from hansard.context import template_engine  # noqa: PLC0415 - slow to import

    if not check_text(body, pointer, MAX_TEXT).strip():
        raise EmptyInput("The template must not be blank.", pointer=pointer)
    check_tags(body, pointer)
    try:
        template = template_engine.parse(body)
        _check_names(template, body, variables, pointer)
    except HansardError:
        raise
    except Exception as error:
        raise _refused(error, body, pointer) from error
    return template


def _check_names(
    template: BoundTemplate, body: str, variables: Sequence[Variable], pointer: str
) -> None:
    """Raises InvalidInput if the template uses a variable or filter that does not exist."""
    names = {variable.name for variable in variables}
    found = template.analyze()
    for name, uses in found.globals.items():
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            message = f"there is no variable {name[:64]!r}. The variables are: {known}."
            raise refusal(body, uses[0].span.index, message, pointer)
    for name, spans in found.filters.items():
        if name not in template.env.filters:
            raise refusal(body, spans[0].index, f"there is no filter {name[:64]!r}.", pointer)


def _refused(error: Exception, body: str, pointer: str) -> HansardError:
    """Return our error for one of the library, or one that it let through."""
    from hansard.context.template_engine import LimitError, reason_and_place  # noqa: PLC0415 - slow to import

    reason, index = reason_and_place(error)
    refused = refusal(body, index, f"{reason[:MAX_REASON].rstrip('.')}.", pointer)
    if isinstance(error, LimitError):
        return TooLarge(refused.message, pointer=pointer, **refused.details)
    return refused
