"""Errors on the wire: problem documents (RFC 9457), and the one table from an error's class to its status.

A problem's `type` ends in the error's code and never changes; its `detail` is for people. It names no path and no
address, so a foreign, a missing and a malformed id read the same to the last byte.
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
_NO_BODY = {"'data'": "A body is missing."}
"""What Litestar says of a body that is missing is the name of its parameter."""
_MISSING = re.compile(r"Missing required \w+ parameter '([\w-]+)'")


class MethodNotAllowed(HansardError):
    """This address does not know the method."""

    code = "method-not-allowed"


class UnsupportedMediaType(HansardError):
    """The body is not of a media type that is understood here."""

    code = "unsupported-media-type"


class WrongHost(HansardError):
    """This server is not called by that name."""

    code = "wrong-host"


class HeadTooLarge(HansardError):
    """The address and the headers of the request are too long."""

    code = "head-too-large"


class HeadTooLate(HansardError):
    """The address and the headers of the request did not come in time."""

    code = "head-too-late"


class BodyTooLate(HansardError):
    """The body of the request comes too slowly."""

    code = "body-too-late"


STATUS: dict[type[HansardError], int] = {
    HansardError: 500,
    errors.InvalidInput: 400,
    errors.TooLarge: 413,
    errors.EmptyInput: 422,
    errors.Unauthenticated: 401,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooManyRequests: 429,
    errors.ProviderError: 502,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
    errors.StorageError: 503,
    MethodNotAllowed: 405,
    UnsupportedMediaType: 415,
    WrongHost: 421,
    HeadTooLarge: 431,
    HeadTooLate: 408,
    BodyTooLate: 408,
}
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "3"},
    503: {"Retry-After": "1"},
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was refused, or failed. Further members are facts for the caller's next step."""

    type: str
    """`urn:hansard:problem:` and the error's code."""
    title: str
    status: int
    detail: str
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    """JSON pointer to the field, or `/` and the name of the parameter, at fault."""


class Refusal(msgspec.Struct, frozen=True):
    """A problem document, ready to be sent."""

    status: int
    headers: dict[str, str]
    body: bytes


def status_of(error: HansardError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def refusal(error: HansardError) -> Refusal:
    status = status_of(error)
    title = (type(error).__doc__ or "").partition("\n")[0]
    # What is wrong with the database is the operator's business, and stands in the log.
    inside = status == 500 or isinstance(error, errors.StorageError)
    problem = Problem(
        type=f"urn:hansard:problem:{error.code}",
        title=title,
        status=status,
        detail=title if inside else error.message,
        pointer=msgspec.UNSET if error.pointer is None else error.pointer,
    )
    details: dict[str, Any] = {} if inside else error.details
    headers = dict(_HEADERS.get(status, {}))
    if status == 429 and "retry_after" in details:
        headers["Retry-After"] = str(details["retry_after"])
    body = mask_values(details | msgspec.to_builtins(problem))
    return Refusal(status, headers, msgspec.json.encode(body))


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to a request that raised an error."""
    known = _known(error)
    if known is None:
        _log.error("%s %s failed", request.method, _route(request), exc_info=error)
    elif isinstance(known, errors.StorageError):
        _log.error("%s %s: %s", request.method, _route(request), known.message)
    answer = refusal(known or HansardError())
    headers = dict(answer.headers)
    if isinstance(error, MethodNotAllowedException):
        headers["Allow"] = (error.headers or {}).get("allow", "")
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=MEDIA_TYPE)


def _route(request: Request[Any, Any, Any]) -> str:
    """Which route it was, without what was asked of it."""
    return str(request.scope.get("path_template", "?"))


def _known(error: Exception) -> HansardError | None:
    """What an exception means to the client; None if it is not the client's doing."""
    match error:
        case HansardError():
            return error
        case NotFoundException():
            return errors.NotFound("There is nothing at this address.")
        case MethodNotAllowedException():
            return MethodNotAllowed()
        case ValidationException():
            return _invalid(error)
        case ClientException():
            return errors.InvalidInput(error.detail)
        case _:
            return None


def _invalid(error: ValidationException) -> errors.InvalidInput:
    """What is wrong with a parameter."""
    if missing := _MISSING.search(error.detail):
        return errors.InvalidInput(f"{missing[1]} is missing.", pointer=f"/{missing[1]}")
    for problem in error.extra if isinstance(error.extra, list) else []:
        name, _, rest = str(problem.get("key", "")).partition(".")
        # A parameter whose name Python needs for itself ends in an underscore there.
        pointer = "" if name == "data" else f"/{name.rstrip('_')}"
        said = str(problem["message"])
        return errors.InvalidInput(_NO_BODY.get(said, said), pointer=pointer + rest)
    return errors.InvalidInput()
