"""Bodies: read within limits, and decoded strictly into what a route takes, each refusal with its pointer."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from hansard.errors import InvalidInput, TooLarge
from hansard.server.errors import UnsupportedMediaType
from hansard.services.quotas import Meters

MAX_BODY = 16 * 1024 * 1024

_WHERE = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_FIELD = re.compile(r"(?:unknown|required) field `(.*)`$")


class BoundedRequest(Request[Any, str | None, Any]):
    """A request whose JSON body becomes the very type that its route declares.

    Litestar would accept "5" where a body needs 5, because parameters in an address are always text.
    """

    async def json(self) -> Any:
        body = await self.body()
        check_media_type(self, "application/json")
        field = self.route_handler.parsed_data_field
        return decode(body, Any if field is None else field.annotation)

    async def stream(self) -> AsyncGenerator[bytes, None]:
        meters: Meters | None = self.app.state.get("meters") if self.scope.get("auth") else None
        try:
            async for chunk in super().stream():
                if meters is not None:
                    meters.receive(self.app.state.user, len(chunk))
                yield chunk
        except RequestEntityTooLarge:
            limit = self.route_handler.resolve_request_max_body_size()
            raise TooLarge(f"A body has at most {limit} bytes here.") from None
        except InternalServerException:
            raise InvalidInput("The body was cut off.") from None


def check_media_type(request: Request[Any, Any, Any], *known: str) -> None:
    given, _ = request.content_type
    if given not in known:
        raise UnsupportedMediaType(f"The body's media type is {' or '.join(known)} here.")


def decode(body: bytes, kind: Any) -> Any:
    """JSON as a value of a type; raises InvalidInput with a pointer to what is wrong."""
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"This is not JSON: {error}.", pointer="") from None
    except RecursionError:
        raise InvalidInput("This JSON is nested too deep.", pointer="") from None
    except ValueError:  # bytes that are not UTF-8, numbers of thousands of digits
        raise InvalidInput(
            "This JSON has text or numbers that cannot be read.", pointer=""
        ) from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _invalid(said: str) -> InvalidInput:
    where = _WHERE.search(said)
    what = said[: where.start()] if where else said
    steps = _STEP.finditer(where[1]) if where else ()
    path = [step[1] or step[2] for step in steps if step[1] or step[2]]
    if field := _FIELD.search(what):
        path.append(field[1])
    pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
    return InvalidInput(f"{what}.", pointer=pointer)
