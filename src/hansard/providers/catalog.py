"""Reads an endpoint's list of models, entry by entry, without trusting its shape.

Endpoints return lists of several shapes, in pages or at once. Entries without a usable name are skipped, the numbers
of pages and entries are limited, and only a document without any list is an error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, cast

from hansard.errors import ProviderError
from hansard.model.checks import MAX_MODEL
from hansard.providers.abilities import can_chat
from hansard.providers.base import DEFAULT_CONTEXT, Model, model

MAX_PAGES = 50
MAX_MODELS = 5_000
MAX_TOKEN = 1_000
"""The maximum length of the token of the next page."""
MAX_PRICE = 1e6
_CONTEXTS = (
    *("context_length", "context_window", "max_context_length", "max_model_len"),
    *("max_input_tokens", "inputTokenLimit"),
)
"""Fields in which lists tell the size of a model's context."""
_LISTS = ("data", "models", "items", "results")
_NEXT = {"nextPageToken": "pageToken", "next_page_token": "page_token", "last_id": "after"}
"""Fields that contain the token of the next page, and the parameter for it in OpenAI's protocol."""


class NextPage(NamedTuple):
    parameter: str
    token: str


Fetch = Callable[[NextPage | None], Awaitable[Any]]
"""Returns the first or the given page as decoded JSON. Raises ProviderError."""


async def read_models(
    provider: str, fetch: Fetch, *, context_tokens: int = DEFAULT_CONTEXT
) -> list[Model]:
    """Return the models in the list of an endpoint, each once and in order. Raises ProviderError."""
    known: dict[str, Model] = {}
    page: NextPage | None = None
    for _ in range(MAX_PAGES):
        document = await fetch(page)
        before = len(known)
        for entry in _models(provider, _entries(provider, document), context_tokens):
            known.setdefault(entry.name, entry)
            if len(known) == MAX_MODELS:
                return list(known.values())
        following = _following(document)
        if following is None or following == page or len(known) == before:
            break
        page = following
    return list(known.values())


def _entries(provider: str, document: Any) -> list[Any]:
    listed: Any = document
    if isinstance(document, dict):
        fields = cast("dict[str, Any]", document)
        there = [fields[key] for key in _LISTS if key in fields]
        lists: list[Any] = [value for value in there if isinstance(value, list)]
        # Some servers return null if they have no models.
        listed = lists[0] if lists else [] if None in there else None
    if not isinstance(listed, list):
        raise ProviderError(f"{provider} did not return a list of models.")
    return cast("list[Any]", listed)


def _models(provider: str, entries: list[Any], context_tokens: int) -> Iterator[Model]:
    for entry in entries:
        fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {"id": entry}
        name = _name(provider, fields)
        if name is not None:
            yield model(
                provider,
                name,
                context_tokens=_context(fields) or context_tokens,
                chat=can_chat(name, fields),
                created=_created(fields),
                price_in=_price(fields, "prompt"),
                price_out=_price(fields, "completion"),
            )


def _name(provider: str, fields: dict[str, Any]) -> str | None:
    """Return a model's name, if it has one that can be displayed, typed and stored."""
    for key in ("id", "name", "model"):
        name = fields.get(key)
        if isinstance(name, str):
            name = name.removeprefix("models/") if key == "name" else name
            if _is_usable(f"{provider}/", name):
                return name
    return None


def _is_usable(prefix: str, name: str) -> bool:
    fits = 0 < len(name) <= MAX_MODEL - len(prefix)
    return fits and name.isprintable() and name == name.strip()


def _created(fields: dict[str, Any]) -> int | None:
    """Return when a model was released, in seconds since 1970, if the list says so."""
    for key in ("created", "created_at"):
        value = fields.get(key)
        if type(value) is int and 0 < value < 2**53:
            return value // 1_000 if value > 10**11 else value
        if isinstance(value, str):
            try:
                return max(0, int(datetime.fromisoformat(value).timestamp()))
            except (ValueError, OverflowError, OSError):
                continue
    return None


def _context(fields: dict[str, Any]) -> int | None:
    """Return the size of a model's context in tokens, if the list says it."""
    for key in _CONTEXTS:
        value = fields.get(key)
        if type(value) is int and 0 < value < 2**31:
            return value
    return None


def _price(fields: dict[str, Any], what: str) -> float | None:
    """Return a price in US dollars for a million tokens, if the list has one for each token, as OpenRouter's does."""
    pricing = fields.get("pricing")
    value = cast("dict[str, Any]", pricing).get(what) if isinstance(pricing, dict) else None
    if not isinstance(value, str):
        return None
    try:
        price = float(value) * 1_000_000
    except ValueError:
        return None
    return round(price, 6) if 0 <= price < MAX_PRICE else None


def _following(document: Any) -> NextPage | None:
    """Return the next page; None if there is none."""
    if not isinstance(document, dict):
        return None
    fields = cast("dict[str, Any]", document)
    if fields.get("has_more") is False:
        return None
    key = next((key for key in _NEXT if isinstance(fields.get(key), str)), None)
    if key is None or (key == "last_id" and fields.get("has_more") is not True):
        return None
    token = fields[key]
    usable = 0 < len(token) <= MAX_TOKEN and token.isprintable()
    return NextPage(_NEXT[key], token) if usable else None
