"""Which of a provider's models is a good one to begin with, where nobody chose."""

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
"""By provider: how the names of good models begin, the best first."""
_MINOR = re.compile(
    r"(?<![a-z])(?:nano|mini|lite|tiny|preview|exp|beta|test|search)", re.IGNORECASE
)
"""Words in the names of models that are small, or not finished."""


def best(models: Iterable[Model]) -> Model | None:
    """The best of one provider's models that can chat: by name, then the newest, then the first in the list."""
    able = [model for model in models if model.chat]
    return min(able, key=_rank, default=None)


def _rank(model: Model) -> tuple[int, bool, int]:
    """The lower, the better; `min` keeps the order given among equals."""
    name = model.name.removeprefix(f"{model.provider}/")
    patterns = _GOOD.get(model.provider, ())
    place = next((i for i, p in enumerate(patterns) if re.match(p, name)), len(patterns))
    minor = place < len(patterns) and _MINOR.search(name) is not None
    return place, minor, -(model.created or 0)
