"""Describes failures of providers in understandable words.

Of a provider's error, the status, type, code and message are kept as `details`, shortened and without control
characters; nothing else of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from hansard.errors import ProviderError, ProviderRefused, ProviderUnavailable
from hansard.model.checks import clean_text
from hansard.providers.answer import count_of, fields_of, items_of
from hansard.secrets import mask

MAX_TEXT = 500
"""Characters."""
PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 of temporary failures."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_REASON = (
    "message",
    "msg",
    "detail",
    "error",
    "error_message",
    "error_msg",
    "reason",
    "title",
    "errors",
)
_ALONE = ("detail", "message", "msg", "errors", "error_message")
"""Fields that mark a document as an error although it has no error object."""
_TYPES = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_quota": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_SENTENCES = {
    401: "{name} rejected the API key ({status}).",
    402: "{name} requires a payment first ({status}){why}",
    403: "{name} does not permit this request ({status}){why}",
    404: "{name} does not have this model or URL ({status}){why}",
    408: "{name} did not respond in time ({status}){why}",
    413: "The request is too large for {name} ({status}){why}",
    429: "{name} accepts no more requests for now ({status}){why}",
    503: "{name} is not available now ({status}){why}",
    504: "{name} did not respond in time ({status}){why}",
    529: "{name} is overloaded ({status}){why}",
}


class Failure(NamedTuple):
    """An error as reported by a provider."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    status: int | None = None


def short_text(value: Any) -> str:
    """Return text about a failure that can be shown and stored: on one line, shortened, without secrets."""
    text = value if isinstance(value, str) else str(value)
    shown = " ".join(_CONTROL.sub(" ", clean_text(mask(text[: 4 * MAX_TEXT]))).split())
    return shown if len(shown) <= MAX_TEXT else shown[: MAX_TEXT - 1] + "…"


def failure_in(document: Any, event: str = "") -> Failure | None:
    """Return the error that a document contains, in any usual shape; None if it contains none."""
    if isinstance(document, list):
        failures = [failure_in(item) for item in items_of(document)[:1]]
        return failures[0] if failures else None
    fields = fields_of(document)
    if fields.get("error"):
        return failure_of(fields)
    is_error = event == "error" or "error" in (fields.get("object"), fields.get("type"))
    if is_error or fields.get("success") is False:
        return failure_of(document)
    for choice in items_of(fields.get("choices"))[:1]:
        if fields_of(choice).get("error"):
            return failure_of(choice)
    if {"choices", "candidates", "content", "delta"} & fields.keys():
        return None
    is_reported = any(isinstance(fields.get(name), str | list) for name in _ALONE)
    return failure_of(document) if is_reported or isinstance(fields.get("detail"), dict) else None


def failure_of(document: Any) -> Failure:
    """Return the error in a document that is known to be one."""
    fields = fields_of(document)
    inner = fields_of(fields.get("error")) or fields
    code = next((v for v in (inner.get("code"), fields.get("code")) if _is_code(v)), None)
    kind = next(
        (
            v
            for v in (inner.get("type"), inner.get("status"))
            if isinstance(v, str) and v != "error"
        ),
        None,
    )
    numbers = (inner.get("status"), inner.get("status_code"), code, fields.get("status"))
    status = next((n for n in map(_status, numbers) if n is not None), None)
    if status is None:
        status = _TYPES.get(kind or "") or _TYPES.get(str(code))
    reason, field = _reason(document), inner.get("param")
    if isinstance(field, str) and field not in reason:
        reason = f"{reason} ({field})"
    return Failure(
        short_text(reason),
        short_text(kind) if kind else None,
        short_text(code) if isinstance(code, str) else code,
        status,
    )


def _is_code(value: Any) -> bool:
    return (isinstance(value, str) and bool(value)) or type(value) is int


def _status(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) == 3:
        value = int(value)
    number = count_of(value)
    return number if number is not None and 400 <= number <= 599 else None


def _reason(value: Any, depth: int = 0) -> str:
    """Return the message of an error."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        reasons = [_reason(item, depth + 1) for item in items_of(value)[:5]]
        return "; ".join(reason for reason in reasons if reason)
    fields = fields_of(value)
    place = ".".join(str(step) for step in items_of(fields.get("loc")))
    for name in _REASON:
        if reason := _reason(fields.get(name), depth + 1):
            return f"{place}: {reason}" if place else reason
    return ""


def error_of(
    name: str, failure: Failure, headers: Mapping[str, str] | None = None
) -> ProviderError:
    """Return the error to raise; its class tells whether a retry may help."""
    status = failure.status
    details: dict[str, Any] = {
        key: value for key, value in failure._asdict().items() if value not in (None, "")
    }
    reason = failure.message or failure.type or failure.code
    why = f": {reason}" if reason else "."
    if status is None:
        return ProviderError(f"{name} reported an error{why}", **_renamed(details))
    wait = retry_after(headers or {})
    if wait is not None:
        details["retry_after"] = wait
    sentence = _SENTENCES.get(status) or (
        "{name} failed ({status}){why}"
        if status >= 500
        else "{name} refused the request ({status}){why}"
    )
    kind = ProviderUnavailable if status >= 500 or status in PASSING else ProviderRefused
    return kind(sentence.format(name=name, status=status, why=why), **_renamed(details))


def _renamed(details: dict[str, Any]) -> dict[str, Any]:
    """Rename details that the constructor of errors already uses."""
    if "message" in details:
        details["provider_message"] = details.pop("message")
    return details


def moved(name: str, status: int, place: str | None) -> ProviderRefused:
    where = f" to {short_text(place)}" if place else ""
    return ProviderRefused(
        f"{name} redirects requests{where} ({status}); use that URL for the provider.",
        status=status,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait before a retry, if the provider says so."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
