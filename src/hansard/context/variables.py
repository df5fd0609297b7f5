"""The variables of a template: their declarations, and the values given for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from hansard.errors import EmptyInput, InvalidInput, TooLarge
from hansard.model.checks import MAX_TEXT, check_json, check_one, check_text, is_a
from hansard.model.prompts import VARIABLE_TYPES, Variable

MAX_VARIABLES = 100
MAX_CHOICES = 100
MAX_CHOICE = 500
"""Characters of a choice."""
MAX_HELP = 1_000
MAX_ITEMS = 1_000
"""Texts in a list; all together have at most MAX_TEXT characters."""

RESERVED = frozenset({
    "and", "as", "blank", "cols", "contains", "continue", "else", "empty", "false", "for", "if",
    "in", "limit", "nil", "not", "null", "offset", "or", "required", "reversed", "true", "with",
})  # fmt: skip
"""Words of the Liquid language, which cannot be names."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,100}(\.[0-9]{1,100})?([eE][-+]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def check_variables(
    variables: Sequence[Variable], pointer: str = "/variables"
) -> tuple[Variable, ...]:
    """Return the variables.

    Raises InvalidInput if a name, type, default or choice is invalid or a name occurs twice, TooLarge if there are too
    many or a text is too long.
    """
    if len(variables) > MAX_VARIABLES:
        raise TooLarge(f"There may be at most {MAX_VARIABLES} variables.", pointer=pointer)
    names: set[str] = set()
    checked: list[Variable] = []
    for i, variable in enumerate(variables):
        at = f"{pointer}/{i}"
        _check_name(variable.name, names, f"{at}/name")
        names.add(variable.name)
        checked.append(_check_variable(variable, at))
    return tuple(checked)


def _check_name(name: str, earlier: set[str], pointer: str) -> None:
    if not is_a(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput(
            "Names of variables are letters, digits and _, with no digit first, at most 64 characters.",
            pointer=pointer,
        )
    if name in RESERVED:
        raise InvalidInput(
            f"{name!r} is a word of the template language and cannot be a name.", pointer=pointer
        )
    if name in earlier:
        raise InvalidInput(f"There are two variables {name!r}.", pointer=pointer)


def _check_variable(variable: Variable, pointer: str) -> Variable:
    check_one(variable.type, VARIABLE_TYPES, f"{pointer}/type")
    check_text(variable.help, f"{pointer}/help", MAX_HELP)
    _check_choices(variable, f"{pointer}/choices")
    if variable.default is None:
        return variable
    if variable.required:
        raise InvalidInput(
            "A required variable cannot have a default: it would never be used.",
            pointer=f"{pointer}/default",
        )
    return replace(variable, default=_checked(variable, variable.default, f"{pointer}/default"))


def _check_choices(variable: Variable, pointer: str) -> None:
    choices = variable.choices
    if variable.type != "choice":
        if choices:
            raise InvalidInput("Only a choice has choices.", pointer=pointer)
        return
    if not choices:
        raise InvalidInput("A choice needs at least one choice.", pointer=pointer)
    if len(choices) > MAX_CHOICES:
        raise TooLarge(f"There may be at most {MAX_CHOICES} choices.", pointer=pointer)
    for i, choice in enumerate(choices):
        if not check_text(choice, f"{pointer}/{i}", MAX_CHOICE).strip():
            raise InvalidInput("Choices must not be blank.", pointer=f"{pointer}/{i}")
        if choice in choices[:i]:
            raise InvalidInput("There are two equal choices.", pointer=f"{pointer}/{i}")


def values_of(
    variables: Sequence[Variable], given: dict[str, Any], pointer: str = "/variables"
) -> dict[str, Any]:
    """Return a value for each variable: what is given, else its default, else None.

    None as a value means that none is given. Raises InvalidInput if a value has the wrong type or there is no variable
    of its name, EmptyInput if a required one is missing, TooLarge if a text is too long.
    """
    if not is_a(given, dict):
        raise InvalidInput("The values must be a JSON object.", pointer=pointer)
    names = {variable.name for variable in variables}
    for name in given:
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise InvalidInput(
                f"There is no variable {str(name)[:64]!r}. The variables are: {known}.",
                pointer=pointer,
            )
    return dict(_values(variables, given, pointer))


def _values(
    variables: Sequence[Variable], given: dict[str, Any], pointer: str
) -> Iterator[tuple[str, Any]]:
    for variable in variables:
        name = variable.name
        value = given.get(name)
        if value is not None:
            yield name, _checked(variable, value, f"{pointer}/{name}")
        elif variable.required:
            raise EmptyInput(f"The variable {name!r} needs a value.", pointer=f"{pointer}/{name}")
        else:
            yield name, variable.default


def _checked(variable: Variable, value: Any, pointer: str) -> Any:
    """Return the value. Raises InvalidInput if it does not fit the type, TooLarge if it is too long."""
    match variable.type:
        case "string":
            return check_text(value, pointer)
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidInput("The value must be a number.", pointer=pointer)
            return check_json(value, pointer)
        case "boolean":
            if not isinstance(value, bool):
                raise InvalidInput("The value must be true or false.", pointer=pointer)
            return value
        case "choice":
            return check_one(value, variable.choices, pointer)
        case "list":
            return _checked_list(value, pointer)


def _checked_list(value: Any, pointer: str) -> list[str]:
    if not isinstance(value, list | tuple):
        raise InvalidInput("The value must be a list of texts.", pointer=pointer)
    items = cast("Sequence[Any]", value)
    if len(items) > MAX_ITEMS:
        raise TooLarge(f"Lists must not exceed {MAX_ITEMS} items.", pointer=pointer)
    texts = [check_text(item, f"{pointer}/{i}") for i, item in enumerate(items)]
    if sum(map(len, texts)) > MAX_TEXT:
        raise TooLarge(f"Lists must not exceed {MAX_TEXT} characters in all.", pointer=pointer)
    return texts


def parse_value(variable: Variable, text: str, pointer: str = "/variables") -> Any:
    """Return the value that a text on a command line means, such as `yes` for true or `a, b` for a list.

    A list is a JSON list, or texts between commas. Raises InvalidInput if the text is none of this type, TooLarge if
    it is too long.
    """
    at = f"{pointer}/{variable.name}"
    check_text(text, at)
    match variable.type:
        case "number":
            return _checked(variable, _number(text.strip(), at), at)
        case "boolean":
            if text.strip().lower() not in _BOOLEANS:
                raise InvalidInput("The value must be true, false, yes or no.", pointer=at)
            return _BOOLEANS[text.strip().lower()]
        case "list":
            return _checked(variable, _list(text, at), at)
        case "string" | "choice":
            return _checked(variable, text, at)


def _number(text: str, pointer: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("The value must be a number.", pointer=pointer)
    return int(text) if _WHOLE.fullmatch(text) else float(text)


def _list(text: str, pointer: str) -> list[str]:
    if not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        return msgspec.json.decode(text, type=list[str])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(
            f"A list that begins with [ must be a JSON list of texts: {error}.", pointer=pointer
        ) from None
