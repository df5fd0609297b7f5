"""Chooses a good model of a provider as the default."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hansard.providers.base import Model

_GOOD: dict[str, tuple[str, ...]] = {
    "anthropic": (r"claude-.*sonnet", r"claude-.*opus", r"claude-"),
    "openai": (r"gpt-(?:[5-9]|\d\d)(?:\.\d+)?$", r"gpt-4\.1$", r"gpt-4o$", r"gpt-"),
    "google": (
        r"gemini-[\d.]+-flash$",
        r"gemini-.*flash-latest$",
        r"gemini-[\d.]+-pro$",
        r"gemini-",
    ),
    "openrouter": (r"anthropic/claude-.*sonnet", r"openai/gpt-", r"google/gemini-"),
    "mistral": (r"mistral-large-latest$", r"mistral-medium-latest$", r"mistral-"),
    "deepseek": (r"deepseek-chat$",),
}
"""By provider: the beginnings of the names of good models, the best first."""
_MINOR = re.compile(
    r"(?<![a-z])(?:nano|mini|lite|tiny|preview|exp|beta|test|search)", re.IGNORECASE
)
"""Words in the names of small or unfinished models."""


def best(models: Iterable[Model]) -> Model | None:
    """Return the best chat model of a provider: by name, then the newest, then the first in the list."""
    able = [model for model in models if model.chat]
    return min(able, key=_rank, default=None)


def _rank(model: Model) -> tuple[int, bool, int]:
    """Return a rank, lower is better; `min` keeps the order of equal ones."""
    name = model.name.removeprefix(f"{model.provider}/")
    patterns = _GOOD.get(model.provider, ())
    place = next((i for i, p in enumerate(patterns) if re.match(p, name)), len(patterns))
    minor = place < len(patterns) and _MINOR.search(name) is not None
    return place, minor, -(model.created or 0)
