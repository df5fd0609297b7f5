"""Nobody sees what is not theirs: on every route, what is somebody else's looks exactly like what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import httpx2
import msgspec
import pytest

from hansard.errors import NotFound
from hansard.mcp.tool import Tool
from hansard.mcp.tools import TOOLS
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.server.sessions import signin_code
from hansard.services.base import Service
from hansard.storage.base import Reader
from hansard.storage.sqlite.transaction import SqliteTransaction
from server.harness import JSON, TOKEN, Site, problem, site
from server.walls import (
    BODIES,
    MISSING,
    NAMES,
    NO_THING,
    OWN_NAMES,
    REFERENCES,
    TOOL_ARGUMENTS,
    TOOL_IDS,
    Reference,
)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("walls") / "chats.db") as running:
        yield running


@pytest.fixture(scope="module", params=["another user", "another tenant"])
def stranger(owner: Site, request: pytest.FixtureRequest) -> Iterator[Site]:
    who = {"user": "eve"} if request.param == "another user" else {"tenant": "other"}
    with owner.beside(**who) as running:
        yield running


def things_of(here: Site) -> dict[str, str]:
    """One of everything, by the names that the routes have for their ids."""
    project = here.post("/projects", 201, name="marmot")
    talk = here.talk(title="marmot", project_id=project["id"])
    here.say(talk, "the marmot sleeps")
    run = here.ended(here.ask(talk, "hello marmot"))
    blob = here.client.post("/blobs", content=b"marmot" + here.url.encode())
    made: JSON = {"type": "text", "title": "marmot", "content": "marmot"}
    artifact = here.post("/artifacts", 201, conversation_id=talk["id"], **made)
    collection = here.post("/collections", 201, name="marmot")
    here.put(f"/collections/{collection['id']}/artifacts/{artifact['id']}", 204)
    link = here.post(f"/artifacts/{artifact['id']}/links", 201)
    code = signin_code(TOKEN, here.tenant, here.user)
    assert here.stranger.post("/api/v1/signin", json={"code": code}).status_code == 201
    session = here.get("/sessions")["items"][0]
    name = f"marmot {uuid4()}"
    here.put(f"/settings/{name}", value="marmot")
    return library_of(here) | {
        "conversation_id": talk["id"],
        "message_id": run["message_id"],
        "branch_id": talk["branch"],
        "run_id": run["id"],
        "project_id": project["id"],
        "artifact_id": artifact["id"],
        "number": "1",
        "share_id": link["share"]["id"],
        "token": link["token"],
        "collection_id": collection["id"],
        "session_id": session["id"],
        "digest": blob.json()["id"],
        "name": name,
    }


def library_of(here: Site, *, deleted: bool = False) -> dict[str, str]:
    """A record of each noun with unique names; with `deleted`, in the trash."""
    needed: dict[str, JSON] = {
        "tag": {},
        "rule": {"text": "marmot"},
        "agent": {},
        "prompt": {"body": "marmot"},
        "api_key": {"value": "marmot-marmot"},
        "provider": {"type": "openai-compatible", "base_url": "http://127.0.0.1:9/v1"},
    }
    ids: dict[str, str] = {}
    for noun, fields in needed.items():
        path = f"/{noun.replace('_', '-')}s"
        made = here.post(path, 201, name=f"marmot-{uuid4()}", **fields)
        ids[f"{noun}_id"] = made["id"]
        if deleted:
            here.delete(f"{path}/{made['id']}")
    return ids


def trash_of(here: Site) -> dict[str, str]:
    """Of everything that can be in the trash, one that is."""
    talk = here.talk()
    _, second = here.say(talk, "one", "two")
    path = f"/conversations/{talk['id']}"
    branch = here.delete(f"{path}/messages/{second['id']}")["branch"]
    gone = here.talk()
    here.delete(f"/conversations/{gone['id']}")
    project = here.post("/projects", 201, name="gone")
    here.delete(f"/projects/{project['id']}")
    made: JSON = {"type": "text", "title": "gone", "content": "gone"}
    artifact = here.post("/artifacts", 201, **made)
    here.delete(f"/artifacts/{artifact['id']}")
    collection = here.post("/collections", 201, name="gone")
    here.delete(f"/collections/{collection['id']}")
    return library_of(here, deleted=True) | {
        "conversation_id": gone["id"],
        "branch_id": branch,
        "project_id": project["id"],
        "artifact_id": artifact["id"],
        "collection_id": collection["id"],
    }


@pytest.fixture(autouse=True)
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that the database was asked, as they come."""
    asked: list[str] = []
    rows = SqliteTransaction.rows

    async def counted(self: SqliteTransaction, text: str, values: Any) -> Any:
        asked.append(text)
        return await rows(self, text, values)

    monkeypatch.setattr(SqliteTransaction, "rows", counted)
    return asked


def operations(here: Site) -> Iterator[tuple[str, str, JSON]]:
    """Path, method and operation of the whole API, from its own description."""
    for path, methods in here.get("/openapi.json")["paths"].items():
        for method, operation in methods.items():
            yield path.removeprefix("/api/v1"), method, operation


class Answer(NamedTuple):
    """All that somebody learns who asks."""

    status: int
    headers: dict[str, str]
    content: bytes
    effort: list[str]
    """Statements, which stand for the time it took: a record that is found takes as long as one that is not."""


def ask(here: Site, asked: list[str], method: str, path: str, body: JSON | None = None) -> Answer:
    asked.clear()
    told = here.client.request(method, path, json=body)
    headers = {name: value for name, value in told.headers.items() if name != "date"}
    return Answer(told.status_code, headers, told.content, list(asked))


def paths(template: str, ids: JSON, own: JSON) -> list[str]:
    """A route's path with all ids of somebody else, and with one's own conversation before the last."""
    found = [template.format_map(ids)]
    if template.count("{") == 2:
        found.append(template.format_map({**ids, "conversation_id": own["conversation_id"]}))
    return found


def check_walls(owner: Site, stranger: Site, statements: list[str]) -> int:
    """Walk all routes that name a thing; gives how many answers were compared."""
    compared = 0
    own, things, trash = things_of(stranger), things_of(owner), trash_of(owner)
    before = exported(owner)
    for path, method, operation in operations(owner):
        name = operation["operationId"]
        if "{" not in path or name in OWN_NAMES:
            continue
        body = BODIES[name] if "requestBody" in operation else None
        for theirs in (things, things | trash):
            both = zip(paths(path, theirs, own), paths(path, MISSING, own), strict=True)
            for foreign, missing in both:
                told = ask(stranger, statements, method, foreign, body)
                assert told.status == 404, (method, foreign)
                assert told == ask(stranger, statements, method, missing, body), (method, foreign)
                compared += 1
    assert exported(owner) == before
    return compared


def exported(here: Site) -> list[str]:
    return here.client.get("/export").text.splitlines()[1:]


def test_what_is_anothers_looks_like_what_is_missing(
    owner: Site, stranger: Site, statements: list[str]
) -> None:
    assert check_walls(owner, stranger, statements) > 80


async def owned_by_anybody(
    _: Service, tx: Reader, conversation_id: str, *_action: str, **__: bool
) -> Conversation:
    """A planted bug: it is not asked whose the conversation is."""
    found = await tx.get(Conversation, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


async def found_slowly(
    _: Service, tx: Reader, conversation: Conversation, message_id: str
) -> tuple[Message, Branch]:
    """A planted bug: more is read of a message of somebody else than of none."""
    found = await tx.get(Message, message_id)
    branch = await tx.get(Branch, found.branch) if found else None
    if found is None or branch is None or found.conversation_id != conversation.id:
        raise NotFound("There is no such message.")
    return found, branch


@pytest.mark.parametrize(
    ("method", "bug"), [("conversation", owned_by_anybody), ("message", found_slowly)]
)
def test_a_hole_in_the_wall_would_be_seen(
    owner: Site, statements: list[str], monkeypatch: pytest.MonkeyPatch, method: str, bug: Any
) -> None:
    monkeypatch.setattr(Service, method, bug)
    with owner.beside(user="mallory") as stranger, pytest.raises(AssertionError):
        check_walls(owner, stranger, statements)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: f"{r.operation} {r.field}")
def test_to_name_what_is_anothers_is_to_name_nothing(
    owner: Site, stranger: Site, statements: list[str], reference: Reference
) -> None:
    own, theirs = things_of(stranger), things_of(owner)
    where = f"/conversations/{own['conversation_id']}"
    path = reference.path.format(own=where, **own)
    body = {k: own["branch_id"] if v == "{branch}" else v for k, v in reference.body.items()}
    method = "patch" if reference.operation.startswith("update") else "post"
    told: list[Answer] = []
    for ids in (theirs, MISSING):
        name: Any = ids[reference.kind]
        named = [name] if reference.field == "rules" else name
        given = {**body, reference.field.removeprefix("?"): named}
        if reference.field.startswith("?"):
            query = f"{path}?{httpx2.QueryParams(given)}"
            told.append(ask(stranger, statements, "get", query))
        else:
            told.append(ask(stranger, statements, method, path, given))
    assert told[0] == told[1]
    assert told[0].status in {200, 404, 409}


TOOL_REFERENCES = [
    (tool, field.name)
    for tool in TOOLS
    for field in msgspec.structs.fields(tool.arguments)
    if NAMES.fullmatch(field.name)
]
"""All arguments of tools that name a thing."""


@pytest.mark.parametrize(
    ("tool", "argument"), TOOL_REFERENCES, ids=lambda each: getattr(each, "name", each)
)
def test_to_a_tool_what_is_anothers_is_missing(
    owner: Site, stranger: Site, statements: list[str], tool: Tool, argument: str
) -> None:
    own, theirs, before = things_of(stranger), things_of(owner), exported(owner)
    fields = msgspec.structs.fields(tool.arguments)
    needed = {
        field.name: own[field.name] for field in fields if field.required and field.name in own
    }
    told: list[Answer] = []
    for ids in (theirs, MISSING):
        named = {argument: ids[TOOL_IDS.get(argument, argument)]}
        told.append(call(stranger, statements, tool.name, needed | named))
    assert told[0] == told[1]
    result = json.loads(told[0].content)["result"]
    refused = json.loads(result["content"][0]["text"]) if result["isError"] else None
    assert refused is None or refused["code"] in {"not-found", "head-conflict"}
    assert refused is not None or result["structuredContent"]["items"] == []
    assert exported(owner) == before


def call(here: Site, asked: list[str], tool: str, arguments: JSON) -> Answer:
    """Call a tool at the end for agents that write."""
    params = {"name": tool, "arguments": TOOL_ARGUMENTS.get(tool, {}) | arguments}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return ask(here, asked, "post", f"{here.url}/mcp?write=true", body)


def test_a_hole_behind_a_tool_would_be_seen(
    owner: Site, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "conversation", owned_by_anybody)
    with owner.beside(user="mallory") as stranger:
        told = [
            call(stranger, statements, "list_messages", {"conversation_id": ids["conversation_id"]})
            for ids in (things_of(owner), MISSING)
        ]
    assert told[0] != told[1]


def test_tools_list_and_find_ones_own_alone(
    owner: Site, stranger: Site, statements: list[str]
) -> None:
    theirs, mine = things_of(owner), things_of(stranger)
    for here in (owner, stranger):
        here.do(here.database.storage.settle)
    for tool in ("search", "list_conversations", "list_artifacts", "search_artifacts"):
        told = call(stranger, statements, tool, {"limit": 50}).content.decode()
        assert not [thing for thing in theirs.values() if thing in told and thing != "1"], tool
        assert mine["conversation_id"] in told, tool


def test_every_field_that_names_a_thing_is_tried(owner: Site) -> None:
    document = owner.get("/openapi.json")
    found: set[tuple[str, str]] = set()
    for _, _, operation in operations(owner):
        name = operation["operationId"]
        given = [f"?{p['name']}" for p in operation["parameters"] if p["in"] == "query"]
        given += _fields(document, operation)
        found |= {(name, field) for field in given if NAMES.fullmatch(field.removeprefix("?"))}
    assert found - NO_THING == {(each.operation, each.field) for each in REFERENCES}


def _fields(document: JSON, operation: JSON) -> list[str]:
    """The names of the fields of an operation's body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    for one in schema.get("anyOf", [schema]):
        if "$ref" in one:
            found = document["components"]["schemas"][one["$ref"].rpartition("/")[2]]
            return list(found["properties"])
    return []


def test_a_blob_is_shown_to_those_who_have_it(
    owner: Site, stranger: Site, statements: list[str]
) -> None:
    theirs = things_of(owner)["digest"]
    path = f"/conversations/{stranger.talk()['id']}/messages"
    told: list[Answer] = []
    for digest in (theirs, MISSING["digest"]):
        image = {"type": "image", "blob": digest, "media_type": "image/png"}
        body = {"messages": [{"role": "user", "parts": [image]}]}
        told.append(ask(stranger, statements, "post", path, body))
    assert told[0] == told[1]
    assert told[0].status == 404


def test_lists_searches_counts_and_feeds_hold_ones_own_alone(owner: Site, stranger: Site) -> None:
    theirs, mine = things_of(owner), things_of(stranger)
    for path in (
        "/conversations",
        "/search?q=marmot",
        "/artifacts",
        "/search/artifacts?q=marmot",
        "/artifacts/uses",
        "/collections",
        "/projects",
        "/settings",
        "/feed?after=0&limit=500",
        "/runs",
        "/sessions",
        "/export",
    ):
        told = stranger.client.get(path).text
        assert not [thing for thing in theirs.values() if thing in told and thing != "1"], path
    told = stranger.client.get("/export").text
    assert mine["conversation_id"] in told


def test_an_id_that_another_tenant_has_is_free(owner: Site) -> None:
    """Within a tenant an id is taken once, whoever took it; that alone is told."""
    talk = owner.talk()
    with owner.beside(tenant="third") as other, owner.beside(user="mallory") as mallory:
        assert other.talk(id=talk["id"])["id"] == talk["id"]
        told = mallory.client.post("/conversations", json={"id": talk["id"]})
        assert "owner" not in str(problem(told, 409, "already-exists"))
