"""Short descriptions of browsers from the User-Agent header."""

from __future__ import annotations

import re

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
MAX_PLAIN = 40


def browser_of(user_agent: str) -> str:
    """Return a description such as `Firefox on Linux`; for unknown programs, the first word of the header."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is None:
        first = re.match(r"[\w.-]+", user_agent, re.ASCII)
        return first.group()[:MAX_PLAIN] if first else ""
    return f"{browser} on {system}" if system else browser
