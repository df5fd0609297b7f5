"""Checks the arguments of public calls against their annotations.

A wrong type raises InvalidInput, which names the argument and says what to pass, instead of an AttributeError from
inside. Only types are checked here; the services check values.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import (
    IO,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    runtime_checkable,
)

import msgspec

from hansard.errors import InvalidInput

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

_INTERNAL = "tx"
"""The first parameter of methods that services call within a transaction."""
_NAMES: dict[type, str] = {
    str: "text",
    int: "an integer",
    float: "a number",
    bool: "True or False",
    bytes: "bytes",
    dict: "a dictionary",
    Mapping: "a dictionary",
}


@runtime_checkable
class _Readable(Protocol):
    def read(self, size: int = ..., /) -> Any: ...


_NAMES[_Readable] = "a file that is open for reading"


class _Expected(NamedTuple):
    """The types that an argument may have."""

    kinds: tuple[type, ...]
    items: tuple[type, ...] = ()
    """The types of the items, if the argument is a list."""

    def describe(self) -> str:
        if self.items:
            return f"a list of {_plural(self.items)}"
        hidden = (types.NoneType, msgspec.UnsetType)
        return " or ".join(_name(kind) for kind in self.kinds if kind not in hidden)


def check_methods(cls: C) -> C:
    """Check the arguments of the class's own public methods."""
    for name, method in list(vars(cls).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            parameters = list(inspect.signature(method).parameters)
            if parameters[1:2] != [_INTERNAL]:
                setattr(cls, name, check_arguments(method))
    return cls


def check_arguments(function: F) -> F:
    """Check the arguments of a function whenever it is called. Raises InvalidInput for a wrong type.

    The types are those of the function that it wraps, if any.
    """
    names = tuple(inspect.signature(function).parameters)
    expected: dict[str, _Expected] | None = None

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        nonlocal expected
        if expected is None:  # annotations may name what is defined later
            expected = _expectations(inspect.unwrap(function))
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            if name in expected:
                _check(name, value, expected[name])
        return function(*args, **kwargs)

    return cast("F", checked)


def _check(name: str, value: Any, expected: _Expected) -> None:
    is_text = isinstance(value, str | bytes) and not {str, bytes} & {*expected.kinds}
    if not isinstance(value, expected.kinds) or (expected.items and is_text):
        raise InvalidInput(
            f"{name} must be {expected.describe()}, not {_given(value)}.{_hint(value, expected)}",
            pointer=f"/{name}",
        )
    if expected.items and isinstance(value, list | tuple):
        for number, item in enumerate(cast("Sequence[Any]", value)):
            if not isinstance(item, expected.items):
                kinds, hint = _plural(expected.items), _hint(item, _Expected(expected.items))
                raise InvalidInput(
                    f"{name} must contain only {kinds}, not {_given(item)}.{hint}",
                    pointer=f"/{name}/{number}",
                )


def _hint(value: Any, expected: _Expected) -> str:
    """Return what to pass instead of a usual mistake."""
    if expected.items and isinstance(value, expected.items):
        return " Put it into a list."
    if str in expected.kinds and isinstance(getattr(value, "id", None), str):
        return " Pass its id."
    if isinstance(value, type) and issubclass(value, expected.kinds):
        return f" Create one: {value.__name__}(…)."
    structs = [kind for kind in expected.kinds if issubclass(kind, msgspec.Struct)]
    if structs and isinstance(value, dict):
        fields = ", ".join(f"{key}=…" for key in cast("dict[Any, Any]", value))
        return f" Write {structs[0].__name__}({fields})."
    return ""


def _given(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"a value of type {type(value).__name__}"


def _name(kind: type) -> str:
    article = "an" if kind.__name__.startswith(tuple("AEIOU")) else "a"
    return _NAMES.get(kind, f"{article} {kind.__name__}")


def _plural(kinds: Iterable[type]) -> str:
    return " or ".join("texts" if kind is str else kind.__name__ for kind in kinds)


def _expectations(function: Callable[..., Any]) -> dict[str, _Expected]:
    expectations: dict[str, _Expected] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        expected = _expected(_annotation(function, parameter))
        if expected is not None:
            expectations[name] = expected
    return expectations


def _annotation(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """Return the annotation of a parameter; Any if it is only imported for type checkers."""
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return Any
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, getattr(function, "__globals__", {}))  # noqa: S307 - our own source
    except NameError:
        return Any


def _expected(annotation: Any) -> _Expected | None:
    """Return what an annotation means; None if it cannot be checked."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    is_union = get_origin(annotation) in (Union, types.UnionType)
    kinds: list[type] = []
    items: tuple[type, ...] = ()
    for option in get_args(annotation) if is_union else (annotation,):
        origin, args = get_origin(option), get_args(option)
        if option is Any:
            return None
        if option is None:
            kinds.append(types.NoneType)
        elif origin is Literal:
            kinds += {type(value) for value in args}
        elif origin is IO:
            kinds.append(_Readable)
        elif isinstance(origin, type):
            kinds.append(Sequence if origin in (list, tuple) else origin)
            if issubclass(origin, Iterable) and not issubclass(origin, Mapping):
                items = _item_types(args)
        elif isinstance(option, type) and not getattr(option, "_is_protocol", False):
            kinds += (int, float) if option is float else (option,)
        else:
            return None
    return _Expected(tuple(kinds), items) if kinds else None


def _item_types(args: tuple[Any, ...]) -> tuple[type, ...]:
    expected = _expected(args[0]) if args else None
    return (object,) if expected is None else expected.kinds
