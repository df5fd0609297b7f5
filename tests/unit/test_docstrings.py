"""Every public call says what it does, what its parameters mean and which errors it raises itself."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import hansard
from blocking_stub import services
from hansard import errors
from hansard.api import operations
from hansard.client import Client
from hansard.providers.base import Provider
from hansard.storage.base import Reader, Storage, Transaction

FIELDS = {
    field.name
    for name in hansard.__all__
    if isinstance(kind := getattr(hansard, name), type) and issubclass(kind, msgspec.Struct)
    for field in msgspec.structs.fields(kind)
}
"""Parameters called as a field of a record are what the record says of that field."""
USUAL = FIELDS | {
    "self",
    "cursor",
    "limit",
    "branch_id",
    "user",
    "rights",
    "artifact_id",
    "run_id",
    "rule_id",
    "tag_id",
}


SERVICES = [getattr(operations, name) for name in services().values()]
CLASSES = [*SERVICES, hansard.Database, Client, Storage, Reader, Transaction, Provider]


def public_methods(cls: type) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    module = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    [found] = [n for n in module.body if isinstance(n, ast.ClassDef) and n.name == cls.__name__]
    for node in found.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = {argument.arg for argument in node.args.args}
            if not node.name.startswith("_") and "tx" not in arguments:
                yield f"{cls.__name__}.{node.name}", node


def faults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """What the docstring of a function leaves out."""
    doc = ast.get_docstring(node)
    if doc is None:
        yield "has no docstring"
        return
    arguments = [*node.args.args, *node.args.kwonlyargs]
    for name in (argument.arg for argument in arguments):
        if name not in USUAL and f"`{name}`" not in doc and not _is_plain(name, doc):
            yield f"does not say what `{name}` is"
    for raised in sorted(_raised(node)):
        if raised not in doc:
            yield f"does not say that it raises {raised}"


def _is_plain(name: str, doc: str) -> bool:
    """Whether the words of a parameter's name are those of the docstring."""
    words = doc.lower().replace("-", " ")
    return all(word.rstrip("s") in words for word in name.lower().split("_"))


def _raised(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call):
            error = getattr(errors, getattr(each.exc.func, "id", ""), None)
            if isinstance(error, type):
                yield error.__name__


def found(classes: list[Any]) -> list[str]:
    return [
        f"{name} {fault}"
        for cls in classes
        for name, node in public_methods(cls)
        for fault in faults(node)
    ]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_public_method_is_documented(cls: type) -> None:
    assert found([cls]) == []


def test_a_docstring_that_leaves_something_out_would_be_seen() -> None:
    """The planted bug."""
    module = ast.parse(
        """
def one(self, limit, patience): ...
def two(self, patience):
    'Wait.'
def three(self):
    'Do it.'
    raise NotFound()
def four(self, patience):
    'Wait for `patience` seconds. Raises NotFound.'
    raise NotFound("There is none.")
"""
    )
    seen = {
        node.name: list(faults(node)) for node in module.body if isinstance(node, ast.FunctionDef)
    }
    assert seen == {
        "one": ["has no docstring"],
        "two": ["does not say what `patience` is"],
        "three": ["does not say that it raises NotFound"],
        "four": [],
    }
