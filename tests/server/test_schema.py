"""The API keeps to its own description, whatever it is asked: random requests, made from the description itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, Response, SerializationContext
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hansard.services.users.statistics import Statistics
from server.harness import JSON, TOKEN, Site, site
from server.test_walls import things_of

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ENDLESS = {"follow_feed"}
"""Answers that do not end are looked at in test_feed."""
EXAMPLES = 12


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("fuzzed") / "chats.db") as running:
        yield running


@schemathesis.serializer("application/jsonl", "application/zip")
def lines(_: SerializationContext, value: Any) -> bytes:
    return json.dumps(value).encode()


def is_a_problem(_: CheckContext, response: Response, __: Case[Any]) -> None:
    """What is refused says why, as a problem document."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["type"].startswith("urn:hansard:problem:")


def is_not_our_error(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A server error is one, unless it says that a provider failed, where nobody listens."""
    if response.status_code == 502:
        assert response.json()["type"].startswith("urn:hansard:problem:provider-")
    else:
        not_a_server_error(context, response, case)


CHECKS: list[Any] = [
    is_not_our_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    is_a_problem,
]


def examine(here: Site, mode: GenerationMode, *, only: str = "") -> dict[str, set[int]]:
    """Ask every operation many things, half of them of what there is; gives the statuses that were met."""
    schema = schemathesis.openapi.from_dict(here.get("/openapi.json"))
    schema.config.update(base_url=here.url)
    met: dict[str, set[int]] = {}
    with requests.Session() as session:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            name = operation.definition.raw["operationId"]
            if name not in ENDLESS and only in name:
                met[name] = _ask(operation, mode, things_of(here), session)
    return met


def _ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    things: JSON,
    session: requests.Session,
) -> set[int]:
    met: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def ask(case: Case[Any], real: bool) -> None:
        if real:
            case.path_parameters.update({name: things[name] for name in case.path_parameters})
        answer = case.call(session=session, headers=HEADERS, timeout=30)
        case.validate_response(answer, checks=CHECKS)
        met.add(answer.status_code)

    with suppress(Unsatisfiable):  # where nothing can be said, nothing can be said wrongly
        ask()
    return met


def test_every_answer_is_as_described(fuzzed: Site) -> None:
    met = examine(fuzzed, GenerationMode.POSITIVE)
    assert [name for name, statuses in met.items() if not statuses] == []
    worked = [name for name, statuses in met.items() if min(statuses) < 300]
    assert len(worked) > len(met) * 2 / 3, "most operations were asked something that they can do"


def test_what_is_asked_wrongly_is_refused_as_described(fuzzed: Site) -> None:
    met = examine(fuzzed, GenerationMode.NEGATIVE)
    refused = [name for name, statuses in met.items() if 400 in statuses]
    assert len(refused) > len(met) / 3


async def lie(*_: Any, **__: Any) -> JSON:
    return {"conversations": "many"}


async def fail(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("bug", [lie, fail])
def test_an_answer_that_is_not_as_described_would_be_seen(
    fuzzed: Site, monkeypatch: pytest.MonkeyPatch, bug: Any
) -> None:
    """The planted bug: a route that answers with what its description forbids, or with an error of its own."""
    monkeypatch.setattr(Statistics, "get", bug)
    with pytest.raises(FailureGroup):
        examine(fuzzed, GenerationMode.POSITIVE, only="get_stats")
