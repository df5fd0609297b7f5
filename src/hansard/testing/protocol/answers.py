"""What a server answers, and how a broken promise is reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx2

JSON = dict[str, Any]

PROBLEM = "urn:hansard:problem:"
MOST = 10_000
"""The most events and pages that a check reads, so that it ends on a server that repeats them."""
_LONGEST = 600


class BrokenPromise(Exception):
    """The server does something else than the protocol promises."""

    def __init__(self, expected: str, received: str, request: str | None = None) -> None:
        super().__init__(f"Expected {expected}, received {received}")
        self.expected = expected
        self.received = received
        self.request = request
        """The request that was answered wrongly; None for the last request of the check."""


class NotApplicable(Exception):
    """The server lacks something that the check needs, such as a model."""


def shorten(value: Any) -> str:
    """Return a value as JSON or text, at most some hundred characters of it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def expect_equal(received: Any, expected: Any, what: str) -> None:
    """Raise BrokenPromise unless two values are equal; `what` names the value."""
    if received != expected:
        raise BrokenPromise(f"{what} = {shorten(expected)}", shorten(received))


def expect(condition: object, expected: str, received: Any) -> None:
    """Raise BrokenPromise unless a condition holds."""
    if not condition:
        raise BrokenPromise(expected, shorten(received))


@dataclass(frozen=True)
class Answer:
    """A response, with the request in one line."""

    request: str
    response: httpx2.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def media_type(self) -> str:
        return self.response.headers.get("content-type", "").partition(";")[0].strip()

    def header(self, name: str) -> str:
        return self.response.headers.get(name, "")

    def json(self) -> Any:
        try:
            return self.response.json()
        except ValueError:
            raise BrokenPromise("a body in JSON", str(self), self.request) from None

    def __str__(self) -> str:
        return shorten(f"{self.status} {self.response.text}".strip())

    def expect(self, *statuses: int) -> Answer:
        """Return this answer, which must have one of the statuses."""
        if self.status not in statuses:
            expected = "status " + " or ".join(map(str, statuses))
            raise BrokenPromise(expected, str(self), self.request)
        return self

    def expect_problem(self, status: int, code: str = "", pointer: str | None = None) -> JSON:
        """Return the problem document, which must have the status, the code and the pointer, if they are given."""
        self.expect(status)
        if self.media_type != "application/problem+json":
            received = self.media_type or "no media type"
            raise BrokenPromise("media type application/problem+json", received, self.request)
        problem = self.json()
        expected: JSON = {"status": status}
        if code:
            expected["type"] = PROBLEM + code
        if pointer is not None:
            expected["pointer"] = pointer
        received = {name: problem.get(name) for name in expected}
        if received != expected or not {"type", "title", "status", "detail"} <= set(problem):
            raise BrokenPromise(f"a problem with {shorten(expected)}", str(self), self.request)
        return problem
