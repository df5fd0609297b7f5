"""Every operation of the REST API is a request over the WebSocket, with the same result and the same walls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from hansard.api.operation import Operation
from hansard.api.operations import OPERATIONS
from hansard.server.websocket import commands
from hansard.server.websocket.commands import NAMES, OPERATION_REQUESTS, REQUESTS
from hansard.services.base import Service
from server.harness import JSON, Site, site
from server.sockets import Socket, socket
from server.test_walls import owned_by_anybody, things_of
from server.test_websocket_schema import Checked
from server.walls import BODIES, MISSING, OWN_NAMES

OPERATIONS_BY_NAME = {each.name: each for noun in OPERATIONS.values() for each in noun}
READS = [
    each.name
    for each in OPERATIONS_BY_NAME.values()
    if each.verb == "GET" and each.name in OPERATION_REQUESTS
]
ON_RECORDS = [
    name
    for name in OPERATION_REQUESTS
    if OPERATIONS_BY_NAME[name].in_path and name not in OWN_NAMES
]
QUERIES: dict[str, JSON] = {
    "search": {"q": "marmot"},
    "search_artifacts": {"q": "marmot"},
    "find_model": {"name": "echo/echo"},
    "diff_artifact": {"old": 1, "new": 1},
}
"""Fields of a query that are required, by the names of the socket."""
RENAMED = {"old": "from", "new": "to"}


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("socket") / "chats.db") as running:
        yield running


@pytest.fixture
def checked(owner: Site) -> Iterator[Checked]:
    with socket(owner.url) as connected:
        yield Checked(connected.connection)


def request_name(operation: str) -> str:
    return NAMES.get(operation, operation)


def in_path(operation: Operation, ids: JSON) -> JSON:
    values = {field.name: ids[field.name] for field in operation.in_path}
    return {name: int(value) if name == "number" else value for name, value in values.items()}


def test_every_operation_is_a_request() -> None:
    requests: set[Any] = {kind.__struct_config__.tag for kind in REQUESTS}
    assert requests >= {request_name(name) for name in OPERATIONS_BY_NAME}


@pytest.mark.parametrize("name", READS)
def test_a_read_returns_the_same_as_over_rest(owner: Site, checked: Checked, name: str) -> None:
    ids, operation = things_of(owner), OPERATIONS_BY_NAME[name]
    query = QUERIES.get(name, {})
    path = operation.path.format_map(ids)
    over_rest = owner.get(path, **{RENAMED.get(key, key): value for key, value in query.items()})
    assert checked.ask(request_name(name), **in_path(operation, ids), **query) == over_rest


def test_a_noun_is_created_changed_deleted_and_restored(checked: Checked) -> None:
    key = str(uuid4())
    made = checked.ask("create_project", body={"name": "one", "id": key})
    assert checked.ask("create_project", body={"name": "one", "id": key}) == made
    changed = checked.ask("update_project", project_id=key, body={"name": "two"})
    assert (made["name"], changed["name"]) == ("one", "two")
    problem = checked.refused("update_project", project_id=key, body={"name": "3", "version": 1})
    assert problem["type"].endswith("version-conflict")
    assert checked.ask("delete_project", project_id=key)["state"] == "trashed"
    assert key in [each["id"] for each in checked.ask("list_projects", deleted=True)["items"]]
    assert checked.ask("restore_project", project_id=key)["state"] == "active"


def test_messages_are_appended_and_answered_without_a_body_that_is_optional(
    owner: Site, checked: Checked
) -> None:
    talk = checked.ask("create_conversation", body={"model": "echo/echo"})["id"]
    messages = {"messages": [{"role": "user", "content": "hello"}]}
    [message] = checked.ask("append_messages", conversation_id=talk, body=messages)["items"]
    run = checked.ask("answer", conversation_id=talk)["run"]
    owner.ended(run)
    page = checked.ask("list_messages", conversation_id=talk, last=2)["items"]
    assert [each["role"] for each in page] == ["user", "assistant"]
    assert page[0] == message
    assert checked.ask("purge_conversations") == {"count": 0}


def test_a_field_that_is_wrong_is_named(owner: Site) -> None:
    with socket(owner.url) as wired:
        assert wired.refused("create_project", body={"name": 1})["pointer"] == "/body/name"
        assert wired.refused("create_project", body={"name": "\0"})["pointer"] == "/name"
        assert wired.refused("list_projects", deleted="perhaps")["pointer"] == "/deleted"
        assert wired.refused("list_projects", trashed=True)["pointer"] == "/trashed"
        assert wired.refused("explode_project")["pointer"] == "/type"


def test_a_request_may_have_the_name_of_its_operation(owner: Site, checked: Checked) -> None:
    talk = owner.talk()["id"]
    with socket(owner.url) as other:
        by_operation = other.ask("list_artifacts", conversation_id=talk)
        run = other.ask(
            "chat", conversation_id=talk, message={"content": "x", "model": "echo/echo"}
        )
    assert by_operation == checked.ask("get_artifacts", conversation_id=talk)
    assert run["run"]["conversation_id"] == talk


# The walls


def replies(wired: Socket, name: str, ids: JSON, own: JSON) -> list[JSON]:
    """The replies to a request with ids of somebody else, and with one's own conversation before the last."""
    operation = OPERATIONS_BY_NAME[name]
    body = {commands.BODIES.get(name, "body"): BODIES[name]} if operation.body else {}
    all_ids = [ids]
    if len(operation.in_path) == 2:
        all_ids.append({**ids, "conversation_id": own["conversation_id"]})
    numbers = [
        wired.send(request_name(name), **in_path(operation, each), **body) for each in all_ids
    ]
    return [{**wired.reply_to(number), "id": 0} for number in numbers]


def check_wall(owner: Site, name: str, **who: Any) -> None:
    with owner.beside(**who) as stranger, socket(stranger.url) as wired:
        own, theirs = things_of(stranger), things_of(owner)
        foreign, missing = (replies(wired, name, ids, own) for ids in (theirs, MISSING))
    assert [reply["type"] for reply in foreign] == ["error"] * len(foreign)
    assert [reply["problem"]["status"] for reply in foreign] == [404] * len(foreign)
    assert foreign == missing


@pytest.mark.parametrize("name", ON_RECORDS)
def test_what_is_anothers_looks_like_what_is_missing(owner: Site, name: str) -> None:
    check_wall(owner, name, user="eve")


def test_another_tenant_sees_nothing_either(owner: Site) -> None:
    for name in ON_RECORDS:
        check_wall(owner, name, tenant="other")


def test_a_hole_in_the_wall_would_be_seen(owner: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "conversation", owned_by_anybody)
    with pytest.raises(AssertionError):
        check_wall(owner, "get_conversation", user="mallory")


def test_ids_of_paths_are_all_known() -> None:
    names = {
        name for each in OPERATIONS_BY_NAME.values() for name in re.findall(r"{(\w+)}", each.path)
    }
    assert names <= MISSING.keys()
