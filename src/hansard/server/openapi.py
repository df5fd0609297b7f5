"""The OpenAPI 3.1 document of the API, generated from the routes.

Schemas come from msgspec, which also decodes the requests and encodes the responses, so the document describes exactly
what is accepted. (Litestar's own generator neither says that unknown fields are refused nor describes records.)
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from hansard import __version__
from hansard.server import middleware, sse
from hansard.server.cookies import SessionCookie
from hansard.server.errors import MEDIA_TYPE, Problem
from hansard.server.field_docs import field_texts

PREFIX = "/api/v1"

_CONSTRAINTS = ("ge", "le", "pattern", "max_length")
_GENERIC = re.compile(r"\b(Page|Items)_(\w+?)_(?=\W)")
_TIME = re.compile(r"\w+_(?:at|until)")
_SCHEMES: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of the installation.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SessionCookie().name,
        "description": "A browser signed in by a link. The cookie is valid only with the header `Hansard-Key`, "
        "whose value the sign-in returns, and only on pages of this server.",
    },
}


def describe(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI document."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for path, method, handler in operations(app):
        paths.setdefault(path, {})[method.lower()] = _operation(path, handler, schemas)
    problem = {MEDIA_TYPE: {"schema": schemas.of(Problem)}}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Hansard",
            "version": __version__,
            "description": "The conversation database: the verbatim record of everything said.",
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in _SCHEMES],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "responses": {
                "Problem": {
                    "description": "The request was refused or failed; the problem says why.",
                    "content": problem,
                }
            },
            "securitySchemes": _SCHEMES,
        },
    }
    return plainly(document)


def plainly(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which generic types have readable names."""
    return msgspec.json.decode(_GENERIC.sub(r"\2\1", msgspec.json.encode(document).decode()))


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Yield path, method and handler of every route of the API, in the order of the nouns."""
    order = {name: place for place, name in enumerate(app.state.order)}
    handlers = [
        (order.get(handler.fn.__name__, len(order)), route.path, handler)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(PREFIX)
        for handler in route.route_handlers
        if handler.resolve_include_in_schema()
    ]
    for _, template, handler in sorted(handlers, key=itemgetter(0)):
        for method in sorted(handler.http_methods):
            yield re.sub(r"{(\w+):\w+}", r"{\1}", template), str(method), handler


class Schemas:
    """Types in the order in which they are used; their schemas are added when all are known."""

    def __init__(self) -> None:
        self._met: list[tuple[Any, dict[str, Any]]] = []

    def of(self, kind: Any) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        self._met.append((kind, schema))
        return schema

    def components(self) -> dict[str, Any]:
        schemas, components = msgspec.json.schema_components(
            [kind for kind, _ in self._met], ref_template="#/components/schemas/{name}"
        )
        for (_, schema), generated in zip(self._met, schemas, strict=True):
            schema.update(generated)
        texts = field_texts()
        for kind, component in components.items():
            if "description" in component:
                component["description"] = _said(component["description"])
            for name, schema in component.get("properties", {}).items():
                if _TIME.fullmatch(name):
                    _mark_time(schema)
                if text := texts.get(kind, {}).get(name):
                    schema["description"] = _said(text)
        return components


def _said(text: str) -> str:
    """Return a docstring with the terms of JSON."""
    return re.sub(r"\bNone\b", "null", inspect.cleandoc(text))


def _mark_time(schema: dict[str, Any]) -> None:
    """Add the format to times: msgspec sets none if it does not check the zone; ours always have one."""
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "string":
            one["format"] = "date-time"


def _operation(path: str, handler: HTTPRouteHandler, schemas: Schemas) -> dict[str, Any]:
    summary, _, more = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n\n")
    parameters, body = _parameters(handler, schemas), _body(handler, schemas)
    operation: dict[str, Any] = {
        "operationId": handler.fn.__name__,
        "tags": handler.tags or [handler.fn.__module__.rpartition(".")[2]],
        "summary": summary,
        "parameters": parameters,
        "responses": _answers(handler, schemas),
    }
    for status in _problems(path, bool(parameters), bool(body)):
        operation["responses"][status] = {"$ref": "#/components/responses/Problem"}
    if more:
        operation["description"] = more
    if body:
        operation["requestBody"] = body
    if middleware.is_open(path):
        operation["security"] = []
    return operation


def _parameters(handler: HTTPRouteHandler, schemas: Schemas) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    for field in handler.parsed_fn_signature.parameters.values():
        parameter = field.kwarg_definition
        if isinstance(parameter, ParameterKwarg) and not field.is_di_field:
            place = parameter.param_type.value
            parameters.append(
                {
                    "name": parameter.name or field.name,
                    "in": place,
                    "required": place == "path" or not field.has_default,
                    "schema": schemas.of(_constrained(field, parameter)),
                }
            )
    return parameters


def _constrained(field: FieldDefinition, parameter: ParameterKwarg) -> Any:
    """Return a parameter's type with its constraints in msgspec's form; whether it is optional is described
    elsewhere.
    """
    constraints = {
        n: getattr(parameter, n) for n in _CONSTRAINTS if getattr(parameter, n) is not None
    }
    extra: dict[str, Any] = {}
    if parameter.format:
        extra["format"] = parameter.format
    if field.has_default and field.default is not None:
        extra["default"] = msgspec.to_builtins(field.default)
    kind: Any = _without_none(field.annotation)
    return Annotated[kind, msgspec.Meta(**constraints, extra_json_schema=extra or None)]


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (types.UnionType, Union):
        return Union[tuple(one for one in get_args(kind) if one is not type(None))]  # noqa: UP007
    return kind


def _body(handler: HTTPRouteHandler, schemas: Schemas) -> dict[str, Any] | None:
    if media_type := handler.opt.get("body"):
        return {"required": True, "content": {media_type: {"schema": {}}}}
    field = handler.parsed_data_field
    if field is None:
        return None
    schema = schemas.of(_without_none(field.annotation))
    return {
        "required": not field.has_default,
        "content": {"application/json": {"schema": schema}},
    }


def _answers(handler: HTTPRouteHandler, schemas: Schemas) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    kind = _answer(handler.parsed_fn_signature.return_type.raw)
    if kind in (None, types.NoneType):
        answers[str(handler.status_code)] = {"description": "Done."}
    elif kind is not inspect.Signature.empty:
        content = {"application/json": {"schema": schemas.of(kind)}}
        answers[str(handler.status_code)] = {"description": "Done.", "content": content}
    for status, spec in (handler.responses or {}).items():
        schema = {"type": "string"}
        if spec.media_type == sse.MEDIA_TYPE:
            records: list[Any] = [*get_args(spec.data_container)] or [spec.data_container]
            schema = _event([schemas.of(record) for record in records])
        content = {spec.media_type: {"schema": schema}}
        answers[str(status)] = {"description": spec.description, "content": content}
    return answers


def _event(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of a server-sent event whose data is one of these records."""
    return {
        "type": "object",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string", "pattern": r"^\d+$"},
            "event": {"type": "string"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"anyOf": records},
            },
        },
    }


def _answer(kind: Any) -> Any:
    """Return the type of the JSON response; empty if there is none."""
    arms = get_args(kind) if get_origin(kind) in (types.UnionType, Union) else [kind]
    for arm in arms:
        if get_origin(arm) is Response:
            return get_args(arm)[0]
    return inspect.Signature.empty if issubclass(get_origin(kind) or kind, Response) else kind


def _problems(path: str, parameters: bool, body: bool) -> list[str]:
    """Return the statuses of the problems to be expected; others are possible."""
    expected = {
        "400": parameters or body,
        "401": not middleware.is_open(path),
        "404": "{" in path or body,
        "409": body,
        "413": body,
        "415": body,
        "default": True,
    }
    return [status for status, yes in expected.items() if yes]
