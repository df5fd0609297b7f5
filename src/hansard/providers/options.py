"""Options of a request: each one is sent, or refused by name before the request is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from hansard.errors import InvalidInput
from hansard.model.base import JsonObject
from hansard.model.checks import check_json, is_a


class _Kind(NamedTuple):
    fits: Callable[[Any], bool]
    what: str


def _is_number(value: Any) -> bool:
    return is_a(value, (int, float)) and not is_a(value, bool)


def _is_whole(value: Any) -> bool:
    return is_a(value, int) and not is_a(value, bool)


def _is_stop(value: Any) -> bool:
    if is_a(value, str):
        return bool(value)
    return is_a(value, list) and bool(value) and all(is_a(v, str) and v for v in value)


def _is_positive(value: Any) -> bool:
    return _is_whole(value) and value > 0


def _is_text(value: Any) -> bool:
    return is_a(value, str) and bool(value)


def _is_object(value: Any) -> bool:
    return is_a(value, dict)


def _is_duration(value: Any) -> bool:
    return _is_number(value) and value >= 0


_NUMBER = _Kind(_is_number, "a number")
_WHOLE = _Kind(_is_whole, "a whole number")
_POSITIVE = _Kind(_is_positive, "a whole number above 0")
_TEXT = _Kind(_is_text, "text")
_OBJECT = _Kind(_is_object, "an object")
_STOP = _Kind(_is_stop, "text, or a list of texts")
_KINDS = {
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "top_k": _POSITIVE,
    "min_p": _NUMBER,
    "max_tokens": _POSITIVE,
    "seed": _WHOLE,
    "stop": _STOP,
    "presence_penalty": _NUMBER,
    "frequency_penalty": _NUMBER,
    "repetition_penalty": _NUMBER,
    "reasoning_effort": _TEXT,
    "response_format": _OBJECT,
    "thinking": _OBJECT,
    "logit_bias": _OBJECT,
    "service_tier": _TEXT,
    "verbosity": _TEXT,
    "user": _TEXT,
    "delay": _Kind(_is_duration, "a number of seconds"),
}


def check_options(options: Mapping[str, Any], names: Mapping[str, str], provider: str) -> None:
    """Check that every option is one of `names` and has its type. Raises InvalidInput."""
    for name, value in options.items():
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise InvalidInput(
                f"{provider} does not support the option {name!r}; it supports: {known}.",
                pointer=f"/options/{_escaped(name)}",
            )
        _check_kind(name, value, f"/options/{name}")


def check_known_options(options: Mapping[str, Any], pointer: str) -> JsonObject:
    """Return options for a model that is not known yet.

    Raises InvalidInput, with a pointer to the option, if one exists for no provider or has another type.
    """
    for name in options:
        if name not in _KINDS:
            known = ", ".join(sorted(_KINDS))
            raise InvalidInput(
                f"There is no option {name!r}; there are: {known}.",
                pointer=f"{pointer}/{_escaped(name)}",
            )
    checked: JsonObject = check_json(options, pointer)
    for name, value in checked.items():
        _check_kind(name, value, f"{pointer}/{name}")
    return checked


def _check_kind(name: str, value: Any, pointer: str) -> None:
    kind = _KINDS[name]
    if not kind.fits(value):
        raise InvalidInput(f"The option {name!r} must be {kind.what}.", pointer=pointer)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def render_options(options: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the options under the protocol's names; a dot in a name leads into an object."""
    body: dict[str, Any] = {}
    for name, value in options.items():
        *path, last = names[name].split(".")
        place = body
        for step in path:
            place = cast("dict[str, Any]", place.setdefault(step, {}))
        place[last] = value
    return body


def stops(value: Any) -> list[str]:
    """Return stop sequences as a list."""
    return [value] if isinstance(value, str) else list(value)
