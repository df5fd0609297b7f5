"""The suite's validation of responses agrees with a full JSON Schema library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hansard.testing.protocol import tour
from hansard.testing.protocol.answers import Answer
from hansard.testing.protocol.operations import OPERATIONS
from hansard.testing.protocol.schemas import Schemas
from hansard.testing.protocol.server import Server
from server.harness import TOKEN, site

WRONG: list[Any] = [None, {}, [], "x", 1, 1.5, True]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("schemas")
    with site(folder / "chats.db") as here:
        connected = Server(here.url, TOKEN)
        yield connected
        connected.close()


def variants(value: Any) -> Iterator[Any]:
    """A value, and the value with each of its members missing or replaced, one at a time."""
    yield from (value, *WRONG)
    if isinstance(value, dict):
        for name, member in value.items():
            yield {other: v for other, v in value.items() if other != name}
            yield from ({**value, name: changed} for changed in variants(member))
    elif isinstance(value, list) and value:
        yield from ([changed, *value[1:]] for changed in variants(value[0]))


def schema_of(server: Server, name: str, answer: Answer) -> Any:
    operation = OPERATIONS[name]
    described = server.document["paths"][f"/api/v1{operation.path}"][operation.method.lower()]
    content = described["responses"][str(answer.status)].get("content", {})
    return content.get("application/json", {}).get("schema")


def test_every_response_and_its_variants_are_judged_alike(server: Server) -> None:
    schemas, judged, wrong = Schemas(server.document), 0, 0
    for name, answer in tour.walk(server).items():
        schema = schema_of(server, name, answer)
        if schema is None:
            continue
        whole = {**schema, "components": server.document["components"]}
        library = jsonschema_rs.validator_for(whole, validate_formats=True)
        for value in variants(answer.json()):
            found = list(schemas.errors(value, schema))
            assert (not found) == library.is_valid(value), (name, value, found)
            judged, wrong = judged + 1, wrong + bool(found)
    assert judged > 5_000
    assert wrong > 2_000
