"""Write `docs/reference/library.md`: every public call of the library, from signatures and docstrings.

Run it after a service's signature or docstring has changed; a test fails when the page is not what this would write.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

import hansard
from blocking_stub import services
from hansard import database, errors
from hansard.api import operations
from hansard.client import Client
from hansard.server.field_docs import texts_of

OUT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "library.md"

MAX_LINE = 100

_HEAD = """# The library

This page is written by `scripts/library_reference.py` from the signatures and docstrings of the code.

`hansard.connect(address)` opens a database; `db.scope(tenant=…, user=…)` returns the services below for one user.
With `async with`, calls are awaited; with `with`, the same calls block ([the tutorial](../tutorial.md) does that).
Every call may raise `PermissionDenied` if the scope lacks the right, `StorageError` if the database cannot be used, and
`Unavailable` if it cannot be used now; other errors are named with each call. All records, filters and errors are
exported by `hansard` and have type annotations.
"""


def main() -> None:
    OUT.write_text(page(), "utf-8")


def page() -> str:
    sections = [_HEAD, "## Opening\n", _function(_find(database, "connect"), "hansard.connect")]
    sections += _methods(_find(database, "Database"), "db")
    for attribute, name in services().items():
        cls = getattr(operations, name)
        tree = _find(sys.modules[cls.__module__], name)
        sections += [f"## {attribute}\n", *_class_text(tree), *_methods(tree, attribute)]
    client = _find(sys.modules[Client.__module__], "Client")
    sections += ["## The client of a server\n", *_class_text(client), *_methods(client, "client")]
    sections += ["## Records, filters and results\n", *_structs()]
    sections += ["## Errors\n", "\n".join(_errors()), ""]
    return "\n".join(sections)


def _find(module: object, name: str) -> ast.ClassDef | ast.FunctionDef:
    """The definition of a class or function in a module's source."""
    [node] = [
        node
        for node in ast.parse(inspect.getsource(module)).body  # type: ignore[arg-type]
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
    ]
    return node


def _class_text(tree: ast.AST) -> Iterator[str]:
    if isinstance(tree, ast.ClassDef) and (text := ast.get_docstring(tree)):
        yield f"{text}\n"


def _methods(tree: ast.AST, owner: str) -> Iterator[str]:
    for node in getattr(tree, "body", []):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
            and not any(argument.arg == "tx" for argument in node.args.args)
            and not node.decorator_list
        ):
            yield _function(node, f"{owner}.{node.name}")


def _function(node: ast.AST, name: str) -> str:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        raise TypeError(name)
    arguments = re.sub(r"^self(, )?", "", ast.unparse(node.args))
    returns = ast.unparse(node.returns) if node.returns else "None"
    text = ast.get_docstring(node) or ""
    call = f"{name}({arguments}) -> {returns}"
    if len(call) > MAX_LINE:
        call = f"{name}(\n    {_split(arguments)},\n) -> {returns}"
    return f"### {name}\n\n```python\n{call}\n```\n\n{text}\n"


def _split(arguments: str) -> str:
    """One argument a line: commas within brackets stay."""
    depth, text = 0, ""
    for character in arguments:
        depth += (character in "([{") - (character in ")]}")
        text += ",\n   " if character == "," and depth == 0 else character
    return text


def _structs() -> Iterator[str]:
    """What is exported besides services, errors and functions: each class with its fields."""
    for name in hansard.__all__:
        value = getattr(hansard, name)
        if isinstance(value, type) and issubclass(value, msgspec.Struct):
            yield f"### {name}\n\n{inspect.getdoc(value) if value.__doc__ else ''}".rstrip() + "\n"
            yield "\n".join(_fields(value, texts_of(value))) + "\n"


def _fields(kind: type[msgspec.Struct], texts: dict[str, str]) -> Iterator[str]:
    hints = {
        name: str(hint)
        for base in reversed(kind.__mro__)
        for name, hint in getattr(base, "__annotations__", {}).items()
    }
    for field in msgspec.structs.fields(kind):
        text = " ".join(texts.get(field.name, "").split())
        yield f"- `{field.name}: {hints[field.name]}`" + (f": {text}" if text else "")


def _errors() -> Iterator[str]:
    """A table of all errors: name, code, HTTP status, base class, and what each means."""
    yield "| error | code | status | is a | meaning |\n|---|---|---|---|---|"
    for name in hansard.__all__:
        value = getattr(errors, name, None)
        if isinstance(value, type) and issubclass(value, errors.HansardError):
            base = value.__base__.__name__ if value.__base__ else ""
            meaning = (value.__doc__ or "").partition("\n")[0]
            yield f"| `{name}` | `{value.code}` | {value.status} | `{base}` | {meaning} |"


if __name__ == "__main__":
    main()
