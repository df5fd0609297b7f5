"""Runs checks against a server, and reports what they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import httpx2

from hansard.testing.protocol.answers import BrokenPromise, NotApplicable
from hansard.testing.protocol.registry import Check
from hansard.testing.protocol.server import Server


@dataclass(frozen=True)
class Result:
    """The result of one check."""

    check: str
    promise: str
    outcome: Literal["kept", "broken", "skipped"]
    request: str = ""
    expected: str = ""
    received: str = ""

    @property
    def group(self) -> str:
        return self.check.partition("/")[0]


def run(checks: Iterable[Check], server: Server) -> Iterator[Result]:
    """Yield the result of each check; removes what each check created."""
    for check in checks:
        yield _run(check, server)
        server.undo()


def _run(check: Check, server: Server) -> Result:
    server.last_request = ""
    try:
        check.function(server)
    except NotApplicable as reason:
        return Result(check.id, check.promise, "skipped", received=str(reason))
    except BrokenPromise as broken:
        request = broken.request or server.last_request
        return Result(check.id, check.promise, "broken", request, broken.expected, broken.received)
    except httpx2.HTTPError as error:
        received = f"no response: {error!r}"
        return Result(check.id, check.promise, "broken", server.last_request, "", received)
    except Exception as error:  # a response of another shape than the check reads
        received = f"something that raises {error!r}"
        return Result(check.id, check.promise, "broken", server.last_request, "", received)
    return Result(check.id, check.promise, "kept")


def summaries(results: list[Result]) -> Iterator[str]:
    """One line for each group of checks, with its counts."""
    groups = dict.fromkeys(result.group for result in results)
    for group in groups:
        outcomes = [result.outcome for result in results if result.group == group]
        line = f"{group:<18}{outcomes.count('kept'):>4} of {len(outcomes)} kept"
        for outcome in ("broken", "skipped"):
            if count := outcomes.count(outcome):
                line += f", {count} {outcome}"
        yield line


def explanation(result: Result) -> str:
    """A broken promise: what was requested, expected and received."""
    parts = {name: getattr(result, name) for name in ("request", "expected", "received")}
    lines = [f"  {name + ':':<10}{value}" for name, value in parts.items() if value]
    return "\n".join([f"{result.check}: {result.promise}", *lines])
