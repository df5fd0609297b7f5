"""What must not happen in a page, whatever a test is about.

An error that nobody caught, an error in the console, something that the page's policy refused, a request to another
host: each of them fails the test that it happened in, unless the test said beforehand that it must come.
"""

from __future__ import annotations

import re

from playwright.async_api import BrowserContext, ConsoleMessage, Request, WebError

TELL_REFUSALS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
AWAY = r"net::ERR_(CONNECTION_|CONTENT_LENGTH_|INTERNET_DISCONNECTED|INCOMPLETE_CHUNKED|EMPTY_RESPONSE|SOCKET)"
"""What the console says while the server is away."""

TOLERATED = (
    r"status of 404.*/api/v1/conversations/[0-9a-f-]+(/messages\?after=[^ ]+)?$",
    r"status of 404.*/api/v1/artifacts/[0-9a-f-]+$",
)
"""A conversation, the end of one or an artifact may be deleted between the news of a change and the reading of it."""


class Watch:
    def __init__(self, url: str) -> None:
        self.url = url
        self.problems: list[str] = []
        self.requests: list[str] = []
        """Method and path of what the pages asked the server for."""
        self.elsewhere: list[str] = []
        """Addresses on other hosts that a page asked for."""
        self._expected = [re.compile(pattern) for pattern in TOLERATED]

    def expect(self, *patterns: str) -> None:
        """These problems belong to the test."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    async def over(self, context: BrowserContext) -> None:
        context.on("weberror", self._error)
        context.on("console", self._word)
        context.on("request", self._request)
        await context.add_init_script(TELL_REFUSALS)

    def unexpected(self) -> list[str]:
        return [
            problem
            for problem in self.problems + [f"asked for {address}" for address in self.elsewhere]
            if not any(pattern.search(problem) for pattern in self._expected)
        ]

    def _error(self, error: WebError) -> None:
        self.problems.append(f"uncaught: {error.error}")

    def _word(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.problems.append(f"console: {message.text} {where}")

    def _request(self, request: Request) -> None:
        if request.url.startswith(f"{self.url}/"):
            self.requests.append(f"{request.method} {request.url.removeprefix(self.url)}")
        elif not request.url.startswith(("data:", "blob:")):
            self.elsewhere.append(request.url)
