"""Write `src/hansard/blocking.pyi`: what the blocking twin offers, derived from the services.

Run it after a service's signature has changed; a test fails when the file is not what this would write.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

from hansard import blocking
from hansard.api import operations

OUT = Path(blocking.__file__).with_suffix(".pyi")

_HEAD = '''"""Written by scripts/blocking_stub.py from the services: do not edit."""

from builtins import list as _list
from collections.abc import Coroutine, Iterator
from typing import Any, Self, TypeVar

import msgspec
'''
_TAIL = """
T = TypeVar("T")

class BlockingServices:
    scope: Scope
{services}

class Openable:
    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    def __enter__(self) -> BlockingDatabase: ...
    def __exit__(self, *exception: object) -> None: ...

class BlockingDatabase:
    def __init__(self, database: Openable) -> None: ...
    def scope(
        self, tenant: str = ..., user: str = ..., rights: Iterable[Right] = ...
    ) -> BlockingServices: ...
    def wait(self, work: Coroutine[Any, Any, T]) -> T: ...
    def __enter__(self) -> BlockingDatabase: ...
    def __exit__(self, *_: object) -> None: ...
"""


def main() -> None:
    OUT.write_text(stub(), "utf-8")


def stub() -> str:
    classes_by_attribute = services()
    imports = {
        "from collections.abc import Iterable",
        "from hansard.model.scope import Right",
        "from hansard.model.scope import Scope",
    }
    classes: list[str] = []
    for name in classes_by_attribute.values():
        source = sys.modules[getattr(operations, name).__module__]
        module = ast.parse(inspect.getsource(source))
        twin = _twin(module, name)
        classes.append(twin)
        imports |= {line for line in _imports(module, source.__name__) if _used(_name(line), twin)}
    text = "\n\n".join(classes)
    twins = set(classes_by_attribute.values())
    lines = sorted((line for line in imports if _name(line) not in twins), key=_name)
    if len({_name(line) for line in lines}) < len(lines):
        raise ValueError(f"A name has two meanings: {lines}")
    attributes = "\n".join(
        f"    {attribute}: {name}" for attribute, name in classes_by_attribute.items()
    )
    tail = _TAIL.format(services=attributes)
    return "\n".join([_HEAD, *lines, "", text, tail])


def _name(line: str) -> str:
    """Return the name that an import defines."""
    return line.rsplit(" ", 1)[-1]


def _used(name: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\w.'])(?<!def ){name}\b", text))


def services() -> dict[str, str]:
    """The attributes of `Services` that are services, with their classes."""
    tree = ast.parse(inspect.getsource(operations))
    facade = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Services")
    return {
        node.target.id: node.annotation.id
        for node in facade.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.annotation, ast.Name)
        and node.target.id in operations.SERVICES
    }


def _imports(module: ast.Module, name: str) -> set[str]:
    """What the module's names mean, one import a line; its own classes included."""
    found = {
        f"from {node.module} import {alias.name}"
        for node in module.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname is None
        and alias.name not in ("AsyncIterator", "Iterator", "Any", "annotations")
    }
    own = {n.name for n in module.body if isinstance(n, ast.ClassDef)}
    return found | {f"from {name} import {each}" for each in own}


def _twin(module: ast.Module, name: str) -> str:
    """The class with its public methods, which wait."""
    original = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == name)
    methods = [
        _method(node)
        for node in original.body
        if isinstance(node, ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not any(argument.arg == "tx" for argument in node.args.args)
    ]
    return f"class {name}:\n" + "\n".join(methods)


def _method(node: ast.AsyncFunctionDef) -> str:
    returns = ast.unparse(node.returns) if node.returns else "None"
    returns = returns.replace("AsyncIterator", "Iterator").replace("list[", "_list[")
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None and not isinstance(default, ast.Constant):
            default.__class__ = ast.Constant  # any default will do in a stub
            default.__dict__.update({"value": ..., "kind": None})
    arguments = ast.unparse(node.args)
    return f"    def {node.name}({arguments}) -> {returns}: ..."


if __name__ == "__main__":
    main()
