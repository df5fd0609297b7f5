"""The documentation of record fields, read from the strings below them in the source, for the OpenAPI document."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import msgspec


def field_texts() -> dict[str, dict[str, str]]:
    """Return the documentation of each field of each struct of Hansard, by class name.

    Of several with the same name, that which was imported first counts: records are, before what uses them.
    """
    texts: dict[str, dict[str, str]] = {}
    for kind in filter(_is_ours, _kinds(msgspec.Struct)):
        texts[kind.__name__] = texts_of(kind) | texts.get(kind.__name__, {})
    return texts


def _kinds(base: type) -> Iterator[type]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _is_ours(kind: type) -> bool:
    """Whether the class is defined in a module of Hansard, not created at run time."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__.startswith("hansard.") and getattr(module, kind.__name__, None) is kind


def texts_of(kind: type) -> dict[str, str]:
    """The texts below the fields of a record, those of its base classes included."""
    texts: dict[str, str] = {}
    for base in filter(_is_ours, reversed(kind.__mro__)):
        texts |= _texts(_classes(base.__module__)[base.__name__])
    return texts


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _texts(tree: ast.ClassDef) -> dict[str, str]:
    """Return the strings below the fields in a class's body."""
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(tree.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(text.value.value, str)
    }
