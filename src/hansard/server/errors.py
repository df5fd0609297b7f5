"""Error responses: problem documents (RFC 9457).

A problem's `type` ends in the error's code and never changes; its `detail` is for people. It contains no path and no
URL, so the responses for another user's id, a missing id and a malformed id are identical.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from hansard import errors
from hansard.errors import HansardError
from hansard.secrets import mask_values

_log = logging.getLogger("hansard.server")

MEDIA_TYPE = "application/problem+json"
_NO_BODY = {"'data'": "The request needs a body."}
"""Litestar's message for a missing body is only the name of the parameter."""
_MISSING = re.compile(r"Missing required \w+ parameter '([\w-]+)'")


class MethodNotAllowed(HansardError):
    """The URL does not support this method."""

    code = "method-not-allowed"
    status = 405


class UnsupportedMediaType(HansardError):
    """The media type of the body is not supported."""

    code = "unsupported-media-type"
    status = 415


class WrongHost(HansardError):
    """The Host header does not name this server."""

    code = "wrong-host"
    status = 421


class HeadTooLarge(HansardError):
    """The URL and the headers of the request are too long."""

    code = "head-too-large"
    status = 431


class HeadTooLate(HansardError):
    """The URL and the headers of the request did not arrive in time."""

    code = "head-too-late"
    status = 408


class BodyTooLate(HansardError):
    """The body of the request arrives too slowly."""

    code = "body-too-late"
    status = 408


_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "3"},
    503: {"Retry-After": "1"},
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was rejected or failed. Additional members help the client to recover."""

    type: str
    """`urn:hansard:problem:` and the error's code."""
    title: str
    status: int
    detail: str
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    """JSON pointer to the invalid field, or `/` and the name of the invalid parameter."""


class Refusal(msgspec.Struct, frozen=True):
    """A problem document as a response: status, headers and encoded body."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(error: HansardError) -> Refusal:
    """Return the response for an error. Details of internal errors are only in the log."""
    status = error.status
    title = (type(error).__doc__ or "").partition("\n")[0]
    internal = status == 500 or isinstance(error, errors.StorageError)
    problem = Problem(
        type=f"urn:hansard:problem:{error.code}",
        title=title,
        status=status,
        detail=title if internal else error.message,
        pointer=msgspec.UNSET if error.pointer is None else error.pointer,
    )
    details: dict[str, Any] = {} if internal else error.details
    headers = dict(_HEADERS.get(status, {}))
    if status == 429 and "retry_after" in details:
        headers["Retry-After"] = str(details["retry_after"])
    body = mask_values(details | msgspec.to_builtins(problem))
    return Refusal(status, headers, msgspec.json.encode(body))


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Return the response to a request that raised an error, and log internal errors."""
    client_error = _client_error(error)
    if client_error is None:
        _log.error("%s %s failed", request.method, _route(request), exc_info=error)
    elif isinstance(client_error, errors.StorageError):
        _log.error("%s %s: %s", request.method, _route(request), client_error.message)
    answer = refusal(client_error or HansardError())
    headers = dict(answer.headers)
    if isinstance(error, MethodNotAllowedException):
        headers["Allow"] = (error.headers or {}).get("allow", "")
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=MEDIA_TYPE)


def _route(request: Request[Any, Any, Any]) -> str:
    """Return the route's path template, which contains no values of the request."""
    return str(request.scope.get("path_template", "?"))


def _client_error(error: Exception) -> HansardError | None:
    """Return the error to report to the client; None if the exception is a bug."""
    match error:
        case HansardError():
            return error
        case NotFoundException():
            return errors.NotFound("There is nothing at this URL.")
        case MethodNotAllowedException():
            return MethodNotAllowed()
        case ValidationException():
            return _invalid(error)
        case ClientException():
            return errors.InvalidInput(error.detail)
        case _:
            return None


def _invalid(error: ValidationException) -> errors.InvalidInput:
    """Convert Litestar's error for a parameter."""
    if missing := _MISSING.search(error.detail):
        return errors.InvalidInput(
            f"The parameter {missing[1]} is required.", pointer=f"/{missing[1]}"
        )
    for problem in error.extra if isinstance(error.extra, list) else []:
        name, _, rest = str(problem.get("key", "")).partition(".")
        # The Python names of parameters such as `type` end in an underscore.
        pointer = "" if name == "data" else f"/{name.rstrip('_')}"
        message = str(problem["message"])
        return errors.InvalidInput(_NO_BODY.get(message, message), pointer=pointer + rest)
    return errors.InvalidInput()
