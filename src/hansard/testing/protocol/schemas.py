"""Validation against the JSON schemas of an OpenAPI document, as far as such documents use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from hansard.testing.protocol.answers import JSON, shorten

_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


class Schemas:
    """The schemas of an OpenAPI document."""

    def __init__(self, document: JSON) -> None:
        self._document = document

    def resolve(self, node: JSON) -> JSON:
        """Follow the references of a node."""
        while "$ref" in node:
            target: Any = self._document
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def errors(self, value: Any, schema: JSON, place: str = "") -> Iterator[str]:
        """Each difference between a value and its schema, as a sentence with a JSON pointer."""
        schema = self.resolve(schema)
        place_name = place or "the body"
        for name in ("anyOf", "oneOf"):
            options = schema.get(name)
            if options and all(any(self.errors(value, option, place)) for option in options):
                yield f"{place_name} matches none of its schemas: {shorten(value)}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place_name} is {shorten(value)}, not one of {shorten(schema['enum'])}"
        kind = schema.get("type")
        if kind is not None and not _TYPES[kind](value):
            yield f"{place_name} is {shorten(value)}, not of type {kind}"
        elif kind == "object":
            yield from self._object_errors(value, schema, place)
        elif kind == "array":
            yield from self._array_errors(value, schema, place)
        elif kind in ("integer", "number") and not _is_within(value, schema):
            yield f"{place_name} is {value}, out of its range"
        elif schema.get("format") == "date-time" and not _is_time(value):
            yield f"{place_name} is {shorten(value)}, not a time with a zone"

    def _object_errors(self, value: JSON, schema: JSON, place: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}/{name} is missing"
        others: JSON | bool = schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in properties:
                yield from self.errors(member, properties[name], f"{place}/{name}")
            elif others is False:
                yield f"{place}/{name} is unknown"
            elif isinstance(others, dict):
                yield from self.errors(member, others, f"{place}/{name}")

    def _array_errors(self, value: list[Any], schema: JSON, place: str) -> Iterator[str]:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{place} has {len(value)} items"
        first = schema.get("prefixItems", [])
        for number, member in enumerate(value):
            item: JSON = first[number] if number < len(first) else schema.get("items") or {}
            yield from self.errors(member, item, f"{place}/{number}")


def _is_within(value: float, schema: JSON) -> bool:
    return schema.get("minimum", value) <= value <= schema.get("maximum", value)


def _is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False
