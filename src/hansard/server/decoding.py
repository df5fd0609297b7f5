"""Request bodies: read within limits and decoded strictly into the type of the route; errors have a JSON pointer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from hansard.api.validation import invalid
from hansard.errors import InvalidInput, TooLarge
from hansard.model.checks import MAX_DEPTH
from hansard.model.scope import Scope
from hansard.server.errors import UnsupportedMediaType
from hansard.services.quotas import Meters

MAX_BODY = 16 * 1024 * 1024


class BoundedRequest(Request[Any, str | None, Any]):
    """A request whose JSON body is decoded strictly into the type that its route declares.

    Litestar would accept "5" instead of 5, because parameters in a URL are always text.
    """

    async def json(self) -> Any:
        body = await self.body()
        check_media_type(self, "application/json")
        field = self.route_handler.parsed_data_field
        return decode(body, Any if field is None else field.annotation)

    async def stream(self) -> AsyncGenerator[bytes, None]:
        principal: Scope | None = self.scope.get("user")
        meters: Meters | None = self.app.state.get("meters")
        try:
            async for chunk in super().stream():
                if principal is not None and meters is not None:
                    meters.receive(principal.user, len(chunk))
                yield chunk
        except RequestEntityTooLarge:
            limit = self.route_handler.resolve_request_max_body_size()
            raise TooLarge(f"The body must not exceed {limit} bytes.") from None
        except InternalServerException:
            raise InvalidInput("The body is incomplete.") from None


def check_media_type(request: Request[Any, Any, Any], *supported: str) -> None:
    """Raise UnsupportedMediaType if the body does not have one of these media types."""
    media_type, _ = request.content_type
    if media_type not in supported:
        raise UnsupportedMediaType(f"The media type of the body must be {' or '.join(supported)}.")


def decode(body: bytes, kind: Any) -> Any:
    """Decode JSON into the type `kind`. Raises InvalidInput with a pointer to the invalid field."""
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"The body is not valid JSON: {error}.", pointer="") from None
    except RecursionError:
        raise InvalidInput(
            f"JSON must not be nested deeper than {MAX_DEPTH} levels.", pointer=""
        ) from None
    except ValueError:  # bytes that are not UTF-8, numbers of thousands of digits
        raise InvalidInput(
            "The JSON must be UTF-8, and its numbers must not be too long.", pointer=""
        ) from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
