"""Everything that a program needs is exported by `hansard` itself."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import hansard
from hansard import errors
from hansard.model.parts import Part
from hansard.providers import base as providers

FACE = Path(hansard.__file__)


def test_names_are_sorted_and_each_can_be_imported() -> None:
    assert hansard.__all__ == sorted(hansard.__all__)
    for name in hansard.__all__:
        assert getattr(hansard, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = hansard.nothing  # pyright: ignore[reportAttributeAccessIssue]


def test_type_checkers_and_programs_see_the_same_names() -> None:
    stub = ast.parse(FACE.with_suffix(".pyi").read_text("utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    homes = {alias.name: str(node.module) for node in imports for alias in node.names}
    assert sorted(homes) == hansard.__all__
    for name, home in homes.items():
        assert getattr(import_module(home), name) is getattr(hansard, name)


def test_every_error_part_and_provider_event_is_exported() -> None:
    wanted = {
        value.__name__
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.HansardError)
    }
    wanted |= {part.__name__ for part in get_args(Part)}
    wanted |= {
        value.__name__
        for value in vars(providers).values()
        if inspect.isclass(value)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == providers.__name__
    }
    assert wanted <= set(hansard.__all__)


def test_what_services_take_and_return_is_exported() -> None:
    """The types that the signatures of the services name, from the stub of the blocking twin."""
    stub = ast.parse(FACE.with_name("blocking.pyi").read_text("utf-8"))
    named = {
        node.id
        for cls in stub.body
        if isinstance(cls, ast.ClassDef)
        for method in cls.body
        if isinstance(method, ast.FunctionDef)
        for node in ast.walk(method)
        if isinstance(node, ast.Name)
    }
    imported = {
        alias.name
        for node in stub.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hansard.")
        for alias in node.names
        if alias.name[0].isupper()
    }
    assert sorted((named & imported) - set(hansard.__all__)) == []


def test_importing_hansard_loads_no_service() -> None:
    code = "import sys, hansard; print([n for n in sys.modules if n.startswith('hansard.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_says_that_it_is_typed() -> None:
    assert FACE.with_name("py.typed").is_file()
