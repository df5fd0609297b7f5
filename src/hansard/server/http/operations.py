"""HTTP routes of the operations (`hansard.api`): one for each, made from its declaration."""

from __future__ import annotations

import inspect
import types
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from keyword import iskeyword
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Stream

from hansard.api.envelopes import StartedRuns
from hansard.api.operation import NO_VALUE, Field, Operation
from hansard.api.operations import OPERATIONS, Services
from hansard.errors import InvalidInput
from hansard.model.checks import check_time
from hansard.server import sse
from hansard.server.fields import EVENTS, EventStream, Scoped

_LIMITS = ("ge", "le", "pattern", "max_length")


def routes(noun: str) -> list[HTTPRouteHandler]:
    """Return the routes of a noun's operations."""
    return [_route(operation, noun) for operation in OPERATIONS.get(noun, ())]


def _route(operation: Operation, noun: str) -> HTTPRouteHandler:
    follows = operation.result is StartedRuns
    path = operation.path
    parameters = [_parameter("services", Scoped)]
    for field in operation.in_path:
        kind = "int" if _base(field.kind) is int else "str"
        path = path.replace(f"{{{field.name}}}", f"{{{field.name}:{kind}}}")
    if operation.body is not None:
        parameters.append(_body(operation))
    if follows:
        parameters += [
            _parameter("request", Request[Any, Any, Any]),
            _parameter("line", EventStream),
        ]
    parameters += [_url_parameter(operation, field) for field in operation.in_url]

    call = _caller(operation)

    async def handle(services: Services, data: Any = None, **values: Any) -> Any:
        return operation.wrap(await call(services, values, data))

    async def handle_followed(
        services: Services, request: Any, line: sse.EventStream, data: Any = None, **values: Any
    ) -> Any:
        runs = await call(services, values, data)
        if sse.MEDIA_TYPE in request.headers.get("accept", ""):
            return line.send(services.runs.events(runs[0].id), sse.run_event)
        return Response(operation.wrap(runs), status_code=operation.status)

    result: Any = Response[operation.result] | Stream if follows else operation.result
    handler: Any = handle_followed if follows else handle
    _describe(handler, operation, parameters, result)
    return HTTPRouteHandler(
        path,
        http_method=operation.verb,  # pyright: ignore[reportArgumentType]
        status_code=operation.status,
        tags=[noun],
        responses={200: EVENTS} if follows else None,
    )(handler)


def _caller(operation: Operation) -> Callable[..., Awaitable[Any]]:
    """Return a function that calls the operation for services, the values in the URL, and the body."""
    in_url = operation.in_url
    renamed = [(_python_name(f), f.name) for f in in_url if _python_name(f) != f.name]
    times = [field.name for field in in_url if _base(field.kind) is datetime]

    async def call(services: Services, values: dict[str, Any], body: Any) -> Any:
        for python_name, name in renamed:
            values[name] = values.pop(python_name)
        for name in times:
            values[name] = _time(values[name], f"/{name}")
        return await operation.invoke(services, values, body)

    return call


def _describe(
    handle: Any, operation: Operation, parameters: Sequence[inspect.Parameter], result: Any
) -> None:
    """Give a handler the signature and documentation of an operation."""
    handle.__name__ = operation.name
    handle.__doc__ = operation.text
    handle.__signature__ = inspect.Signature(parameters, return_annotation=result)
    handle.__annotations__ = {each.name: each.annotation for each in parameters}
    handle.__annotations__["return"] = result


def _parameter(name: str, kind: Any, default: Any = NO_VALUE) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def _body(operation: Operation) -> inspect.Parameter:
    body: Any = operation.body
    if operation.body_is_optional:
        return _parameter("data", JSONBody[body | None], None)
    return _parameter("data", JSONBody[body])


def _url_parameter(operation: Operation, field: Field) -> inspect.Parameter:
    kind, limits = _plain(field.kind)
    if field in operation.in_path:
        return _parameter(_python_name(field), Annotated[kind, PathParameter(**limits)])
    annotation = Annotated[kind, QueryParameter(name=field.name, **limits)]
    return _parameter(_python_name(field), annotation, field.default)


def _python_name(field: Field) -> str:
    return f"{field.name}_" if iskeyword(field.name) else field.name


def _plain(kind: Any) -> tuple[Any, dict[str, Any]]:
    """Return a type as text can be converted to it, and its limits."""
    if get_origin(kind) in (Union, types.UnionType):
        options = [_plain(option) for option in get_args(kind)]
        limits = {name: limit for _, each in options for name, limit in each.items()}
        return Union[tuple(option for option, _ in options)], limits  # noqa: UP007
    if get_origin(kind) is Annotated:
        base, meta = get_args(kind)
        return base, {n: getattr(meta, n) for n in _LIMITS if getattr(meta, n) is not None}
    if kind is datetime:
        return str, {"format": "date-time"}
    origin = get_origin(kind)
    if inspect.isclass(origin) and issubclass(origin, Sequence):
        return tuple[get_args(kind)[0], ...], {}
    return kind, {}


def _base(kind: Any) -> Any:
    """Return the type without limits and None."""
    options = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    first = options[0]
    return get_args(first)[0] if get_origin(first) is Annotated else first


def _time(text: str | None, pointer: str) -> datetime | None:
    """Parse a timestamp. Raises InvalidInput if it is invalid or has no UTC offset."""
    if text is None:
        return None
    try:
        return check_time(msgspec.convert(text, datetime), pointer)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            "Timestamps have the form 2026-11-21T09:00:00Z.", pointer=pointer
        ) from error
