"""The checks of the suite, by id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hansard.testing.protocol.server import Server

Function = Callable[[Server], None]

CHECKS: dict[str, Check] = {}
"""All checks by id, in the order in which they run."""


@dataclass(frozen=True)
class Check:
    """One promise of the protocol, and the function that raises if a server breaks it."""

    id: str
    """`group/name`."""
    promise: str
    function: Function

    @property
    def group(self) -> str:
        return self.id.partition("/")[0]


def add(group: str, name: str, promise: str, function: Function) -> None:
    """Add a check to the suite; raises ValueError if its id is taken."""
    check = Check(f"{group}/{name}", promise, function)
    if check.id in CHECKS:
        raise ValueError(f"Two checks are called {check.id}.")
    CHECKS[check.id] = check


def group(name: str) -> Callable[[Function], Function]:
    """Return a decorator that adds functions as checks: the name is the id, the docstring the promise."""

    def decorate(function: Function) -> Function:
        promise = " ".join((function.__doc__ or "").split())
        add(name, function.__name__.replace("_", "-"), promise, function)
        return function

    return decorate


def select(patterns: list[str]) -> list[Check]:
    """Return the checks whose ids match any of the shell patterns; all checks without patterns.

    A pattern without a slash selects whole groups.
    """
    return [
        check
        for check in CHECKS.values()
        if not patterns
        or any(fnmatchcase(check.id if "/" in p else check.group, p) for p in patterns)
    ]
