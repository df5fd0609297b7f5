"""Operations: calls of services that every interface offers.

An operation is declared with its name, its route and the method of a service. Parameters, result and documentation
follow from the method; the HTTP routes, the OpenAPI document, the reference pages and the client follow from the
operation.
"""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import asdict

from hansard.api.envelopes import Envelope, Items
from hansard.api.fields import described, limited
from hansard.model.scope import Right

NO_VALUE = inspect.Parameter.empty


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body; unknown fields are errors."""


class Field(NamedTuple):
    """A parameter of an operation."""

    name: str
    """Its name in requests."""
    path: tuple[str, ...]
    """The method's parameter; for a criterion of a filter, also the criterion's name."""
    kind: Any
    default: Any

    @property
    def required(self) -> bool:
        return self.default is NO_VALUE


class Operation:
    """A call of a service's `method`, at `route`, such as "POST /projects/{project_id}/restore 200".

    The number is the status of the response, if it is not 201 for POST, 200 for the others and 204 without a result.
    Parameters in the path are named in the route. Others are in the query of GET and DELETE, and in the body otherwise;
    `renamed` maps their names to names in requests. `envelope` is the JSON object around the result; lists have Items.
    `body` names the body's schema; without it, the name follows from the operation's. `body_is_optional` allows a
    request without a body, in which all fields have their defaults. `right` is "read" for GET and "write" otherwise.
    """

    def __init__(
        self,
        name: str,
        route: str,
        method: Callable[..., Any],
        *,
        envelope: type[Envelope] | None = None,
        body: str | None = None,
        body_is_optional: bool = False,
        renamed: Mapping[str, str] | None = None,
        right: Right | None = None,
    ) -> None:
        self.name = name
        self.body_is_optional = body_is_optional
        self.verb, self.path, *status = route.split(" ")
        self.method = method
        self.right: Right = right or ("read" if self.verb == "GET" else "write")
        self._function = inspect.unwrap(method)
        noun, self.call = self._function.__qualname__.split(".")
        self.service = re.sub("(?<!^)(?=[A-Z])", "_", noun).lower()
        self._signature = inspect.signature(self._function)
        self._hints = get_type_hints(self._function, include_extras=True)
        self._renamed = renamed or {}
        self._body_name = body or _body_name(name)
        self.result = _result(self._hints["return"], envelope)
        self._has_envelope = _is_envelope(self.result)
        usual = 204 if self.result is None else 201 if self.verb == "POST" else 200
        self.status = int(status[0]) if status else usual

    @property
    def text(self) -> str:
        """The method's documentation, without its errors, which each interface has in a form of its own."""
        text = inspect.cleandoc(self._function.__doc__ or "")
        return re.sub(r"\s*Raises [A-Z].*", "", text, flags=re.DOTALL)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        fields: list[Field] = []
        for name, parameter in [*self._signature.parameters.items()][1:]:
            kind = self._hints[name]
            if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
                fields += [
                    self._field((name, f.name), f.type, f.default, in_url=not self.has_body)
                    for f in msgspec.structs.fields(kind)
                ]
            else:
                fields.append(
                    self._field((name,), kind, parameter.default, in_url=not self.has_body)
                )
        return tuple(fields)

    def _field(self, path: tuple[str, ...], kind: Any, default: Any, *, in_url: bool) -> Field:
        name = self._renamed.get(path[-1], path[-1])
        in_path = f"{{{name}}}" in self.path
        return Field(name, path, limited(path[-1], kind, in_url=in_url or in_path), default)

    @property
    def has_body(self) -> bool:
        return self.verb in ("POST", "PATCH", "PUT")

    @cached_property
    def in_path(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if f"{{{field.name}}}" in self.path)

    @property
    def in_url(self) -> tuple[Field, ...]:
        """The fields of the path and the query."""
        return self.in_path if self.has_body else self.fields

    @cached_property
    def others(self) -> tuple[Field, ...]:
        """The fields of the query or the body."""
        return tuple(field for field in self.fields if field not in self.in_path)

    @cached_property
    def body(self) -> type[Body] | None:
        """The type of the body; None without one."""
        if not self.has_body or not self.others:
            return None
        text = "Omitted fields stay unchanged." if self.verb == "PATCH" else None
        body = msgspec.defstruct(
            self._body_name,
            [
                (
                    field.name,
                    described(field.name, field.kind),
                    *(() if field.required else (field.default,)),
                )
                for field in self.others
            ],
            bases=(Body,),
            namespace={"__doc__": text},
            module=__name__,
            frozen=True,
            kw_only=True,
        )
        return cast("type[Body]", body)

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the method's arguments for the values of a request."""
        arguments: dict[str, Any] = {}
        filters: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for field in self.fields:
            if field.name in values:
                into = arguments if len(field.path) == 1 else filters[field.path[0]]
                into[field.path[-1]] = values[field.name]
        for name, criteria in filters.items():
            arguments[name] = self._hints[name](**criteria)
        return arguments

    async def invoke(self, services: Any, values: dict[str, Any], body: Body | None) -> Any:
        """Call the method with the values in a request's URL and its body; return its result.

        `services` are those of whoever asks. Without a body, its fields have their defaults.
        """
        if body is not None:
            values |= asdict(body)
        method = getattr(getattr(services, self.service), self.call)
        return await method(**self.arguments(values))

    def values(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the values of a request for the method's arguments. Raises TypeError as the method would."""
        bound = self._signature.bind(None, *args, **kwargs).arguments
        values: dict[str, Any] = {}
        for field in self.fields:
            value: Any = bound.get(field.path[0], msgspec.UNSET)
            for criterion in field.path[1:] if value is not msgspec.UNSET else ():
                value = getattr(value, criterion)
            if value is not msgspec.UNSET and (value is not field.default or field.required):
                values[field.name] = value
        return values

    def wrap(self, result: Any) -> Any:
        """Return the result as it is sent."""
        return self.result.wrap(result) if self._has_envelope else result

    def unwrap(self, result: Any) -> Any:
        """Return a result that was sent as the method returns it."""
        return result.unwrap() if isinstance(result, Envelope) else result


def _body_name(name: str) -> str:
    """Return the usual name of a body: NewProject, ProjectChanges."""
    verb, *noun = name.split("_")
    words = "".join(word.capitalize() for word in noun)
    return {"create": f"New{words}", "update": f"{words}Changes"}.get(
        verb, verb.capitalize() + words
    )


def _result(kind: Any, envelope: type[Envelope] | None) -> Any:
    if envelope is not None:
        return envelope
    if get_origin(kind) is not None and issubclass(get_origin(kind), Sequence):
        return Items[get_args(kind)[0]]
    return None if kind is type(None) else kind


def _is_envelope(kind: Any) -> bool:
    kind = get_origin(kind) or kind
    return inspect.isclass(kind) and issubclass(kind, Envelope)
