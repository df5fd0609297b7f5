"""Tools: operations as agents see them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_type_hints

import msgspec

from hansard.api.operation import NO_VALUE, Body
from hansard.api.operations import Services, by_name
from hansard.api.validation import invalid
from hansard.mcp.results import Result
from hansard.model.base import Id
from hansard.model.messages import Role
from hansard.model.scope import Right

MAX_ITEMS = 50
"""Items of one result."""
MAX_TOKENS = 20_000


class NewMessage(Body, frozen=True, kw_only=True):
    """A message to append."""

    role: Role
    content: str
    id: Id | None = None
    """A UUID, so that a repeated call has no effect."""
    model: str | None = None
    """The model that wrote it, in the form provider/model."""


_COUNT: Any = Annotated[int, msgspec.Meta(ge=1, le=MAX_ITEMS)]
OWN: dict[str, tuple[Any, Any]] = {
    "limit": (_COUNT, 10),
    "first": (_COUNT | None, None),
    "max_tokens": (Annotated[int, msgspec.Meta(ge=100, le=MAX_TOKENS)], 4_000),
    "offset": (Annotated[int, msgspec.Meta(ge=0)], 0),
    "messages": (Annotated[list[NewMessage], msgspec.Meta(min_length=1)], NO_VALUE),
}
"""Arguments whose type and default are the tools' own, by name."""


class Tool:
    """The operation `name`, with a `text` that says to a model what it is for.

    `arguments` describes each argument that a model may give: a field of the operation, or one of `OWN`. `show` makes
    the tool's result of the operation's result and the arguments.
    """

    def __init__(
        self,
        name: str,
        title: str,
        text: str,
        arguments: Mapping[str, str],
        show: Callable[[Any, Any], Result],
    ) -> None:
        self.name, self.title, self._show = name, title, show
        self.text = " ".join(inspect.cleandoc(text).split())
        self._operation = by_name(name)
        self._fields = [field for field in self._operation.fields if field.name in arguments]
        kinds = {field.name: (field.kind, field.default) for field in self._fields} | OWN
        self.arguments = msgspec.defstruct(
            "Arguments",
            [_field(name, text, *kinds[name]) for name, text in arguments.items()],
            bases=(Body,),
            frozen=True,
            kw_only=True,
        )
        self.result: type[Result] = get_type_hints(show)["return"]

    @property
    def right(self) -> Right:
        return self._operation.right

    def prepare(self, given: Mapping[str, Any]) -> Callable[[Services], Awaitable[Result]]:
        """Return a call with these arguments. Raises InvalidInput with a pointer to an invalid one."""
        try:
            arguments = msgspec.convert(given, self.arguments)
        except msgspec.ValidationError as error:
            raise invalid(error) from None
        plain = msgspec.to_builtins(arguments)
        values = {
            field.name: msgspec.convert(plain[field.name], field.kind)
            for field in self._fields
            if field.name in plain and plain[field.name] != field.default
        }

        async def call(services: Services) -> Result:
            return self._show(await self._operation.invoke(services, values, None), arguments)

        return call


def schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema of a struct: an object, as the protocol demands, not a reference to one."""
    _, components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema = {**components.pop(kind.__name__)}
    for each in (schema, *components.values()):
        _simplify(each)
    return {**schema, "$defs": components} if components else schema


def _simplify(schema: dict[str, Any]) -> None:
    """Describe properties in the way that all clients understand: null is not among the values of one that may be
    omitted, and the values of an enum have a type.
    """
    for given in schema["properties"].values():
        others = [kind for kind in given.get("anyOf", ()) if kind != {"type": "null"}]
        if len(others) == 1 and given.get("default", ...) is None:
            del given["anyOf"], given["default"]
            given.update(others[0] | given)
        for each in (given, given.get("items", {})):
            if "enum" in each:
                each["type"] = "string"


def _field(name: str, text: str, kind: Any, default: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
    described = Annotated[kind, msgspec.Meta(description=text)]
    return (name, described) if default is NO_VALUE else (name, described, default)
