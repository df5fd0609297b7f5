"""What clients are told when something is wrong."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from hansard import errors
from hansard.errors import HansardError
from hansard.server.errors import refusal
from hansard.services.conversations.service import Conversations
from server.harness import Site, problem

CREATE = "/conversations"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"nonsense", ""),
        (b'{"title": NaN}', ""),
        (b'{"title": "\xff"}', ""),
        (b'{"title": "\\ud800 is half a pair"}', ""),
        (b'{"title": 5}', "/title"),
        (b'{"pinned": "true"}', "/pinned"),
        (b'{"tags": ["a", 5]}', "/tags/1"),
        (b'{"tags": ["a", " "]}', "/tags/1"),
        (b'{"model": "nameless"}', "/model"),
        (b'{"unknown~/": 1}', "/unknown~0~1"),
        (b'{"metadata": {"a": ' + b"9" * 5_000 + b"}}", "/metadata"),
        (b'{"metadata": {"a": ' + b"9" * 50 + b"}}", "/metadata/a"),
        (b'{"metadata": {"a": 1e999}}', "/metadata"),
        (b'{"metadata": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", ""),
        (b'{"metadata": {"a": ' + b"[" * 100 + b"]" * 100 + b"}}", "/metadata/a" + "/0" * 64),
        (b'{"metadata": {"a/b": "\\u0000"}}', "/metadata/a~1b"),
        (b'{"id": "nonsense"}', "/id"),
    ],
)
def test_a_body_that_is_wrong_is_refused_with_its_place(
    here: Site, body: bytes, pointer: str
) -> None:
    headers = {"Content-Type": "application/json"}
    told = here.client.post(CREATE, content=body, headers=headers)
    problem(told, 400, "invalid-input")
    assert told.json()["pointer"] == pointer


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_json_is_refused(here: Site, media_type: str) -> None:
    told = here.client.post(CREATE, content=b"{}", headers={"Content-Type": media_type})
    problem(told, 415, "unsupported-media-type")


def test_a_body_over_the_limit_is_refused_whether_it_says_so_or_not(here: Site) -> None:
    big = b'{"title": "' + b"x" * (16 * 1024 * 1024) + b'"}'
    headers = {"Content-Type": "application/json"}
    problem(here.client.post(CREATE, content=big, headers=headers), 413, "too-large")
    pieces = (big[i : i + 65_536] for i in range(0, len(big), 65_536))
    problem(here.client.post(CREATE, content=pieces, headers=headers), 413, "too-large")
    problem(here.client.post(CREATE, json={"title": "x" * 501}), 413, "too-large")


def test_parameters_that_are_wrong_are_named(here: Site) -> None:
    for params, pointer in (
        ({"limit": "0"}, "/limit"),
        ({"limit": "501"}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"limit": ""}, "/limit"),
        ({"pinned": "perhaps"}, "/pinned"),
        ({"since": "5"}, "/since"),
        ({"since": "yesterday"}, "/since"),
        ({"project_id": "nonsense"}, "/project_id"),
    ):
        told = problem(here.client.get(CREATE, params=params), 400, "invalid-input")
        assert told["pointer"] == pointer
    told = problem(here.client.get("/search"), 400, "invalid-input")
    assert (told["pointer"], told["detail"]) == ("/q", "The parameter q is required.")


def test_a_cursor_is_good_for_its_own_list_alone(here: Site) -> None:
    for _ in range(2):
        here.talk(tags=["cursor"])
    cursor = here.get(CREATE, tag="cursor", limit=1)["next"]
    assert here.get(CREATE, tag="cursor", limit=1, cursor=cursor)["items"]
    for given in (cursor, "nonsense", "é", cursor[:-2]):
        told = problem(here.client.get(CREATE, params={"cursor": given}), 400, "bad-cursor")
        assert told["pointer"] == "/cursor"


def test_an_address_that_leads_nowhere(here: Site) -> None:
    for path in ("/nothing", "/conversations/a/b/c", "/settings/a/b"):
        problem(here.client.get(path), 404, "not-found")
    told = here.client.put("/conversations")
    problem(told, 405, "method-not-allowed")
    assert {"GET", "POST"} <= set(told.headers["allow"].split(", "))


def test_a_model_that_does_not_exist(here: Site) -> None:
    talk = here.talk()
    for model in ("nobody/nothing", "echo/nothing", "nonsense", ""):
        told = here.client.post(
            f"/conversations/{talk['id']}/chat", json={"content": "hello", "model": model}
        )
        problem(told, 400, "unknown-model")
    assert here.get(f"/conversations/{talk['id']}")["message_count"] == 0


def test_what_nobody_foresaw_is_logged_and_not_told(
    here: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(Conversations, "get", broken)
    with caplog.at_level(logging.ERROR):
        told = problem(here.client.get("/conversations/a-name-for-it"), 500, "error")
    assert told["detail"] == "The operation failed."
    [record] = caplog.records
    assert record.getMessage() == "GET /api/v1/conversations/{conversation_id} failed"
    assert record.exc_info is not None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Overloaded(), 503),
        (errors.OutcomeUnknown(), 503),
        (errors.DatabaseUnreachable(), 503),
        (errors.StorageFull(), 507),
    ],
)
def test_what_is_not_possible_now_says_so(
    here: Site, monkeypatch: pytest.MonkeyPatch, error: HansardError, status: int
) -> None:
    async def refused(*_: Any, **__: Any) -> None:
        await asyncio.sleep(0)
        raise error

    monkeypatch.setattr(Conversations, "latest", refused)
    told = here.stranger.get("/readyz")
    problem(told, status, error.code)
    assert ("retry-after" in told.headers) == (status == 503)


def test_a_server_that_cannot_write_is_not_ready(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert here.client.get("/readyz").json()["health"]["faults"] == []
    why = "The disk of /private/path failed."
    fence = errors.StorageError(why)
    storage: Any = here.database.storage
    monkeypatch.setattr(storage._safety, "fence", fence)
    told = here.stranger.get("/readyz")
    assert told.status_code == 503
    assert told.json()["status"] == "unavailable"
    assert told.json()["faults"] == ["fenced"]
    assert told.json()["health"] is None
    assert "/private" not in told.text
    known = here.client.get("/readyz")
    assert known.status_code == 503
    assert known.json()["health"]["reason"] == why


def test_every_error_has_a_status() -> None:
    kinds = [HansardError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) > 25
    for kind in kinds:
        assert 400 <= kind.status == refusal(kind()).status < 600
        if kind.__mro__[1] is HansardError:
            assert "status" in vars(kind) or kind is errors.InvalidConfig


def test_where_the_database_lies_is_not_told() -> None:
    assert b"/home" not in refusal(errors.StorageError("/home/ada/chats.db: broken")).body
