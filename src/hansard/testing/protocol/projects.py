"""Checks of projects and collections. Collections stay in the trash, because the protocol does not purge them."""

from __future__ import annotations

from uuid import uuid4

from hansard.testing.protocol.answers import expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import ECHO, TITLE, Server

check = group("projects")


def _listed(server: Server, path: str, record_id: str, *, deleted: bool = False) -> bool:
    items = server.get(path, deleted=deleted)["items"]
    return record_id in [item["id"] for item in items]


def _check_record(server: Server, path: str) -> None:
    """Creation, changes and the trash of a record with a name and a version."""
    body = {"id": str(uuid4()), "name": TITLE}
    record = server.post(path, **body)
    own = f"{path}/{record['id']}"
    expect_equal(server.post(path, **body), record, "the repeated creation")
    expect_equal(server.get(own), record, "the stored record")
    answer = server.request("POST", path, json=body | {"name": "other"})
    answer.expect_problem(409, "already-exists")
    changed = server.patch(own, name=f"{TITLE} 2", version=1)
    expect_equal((changed["name"], changed["version"]), (f"{TITLE} 2", 2), "the change")
    answer = server.request("PATCH", own, json={"name": "other", "version": 1})
    answer.expect_problem(409, "version-conflict")
    server.delete(own)
    expect(not _listed(server, path, record["id"]), "a list without it", record["id"])
    expect(_listed(server, path, record["id"], deleted=True), "it in the trash", record["id"])
    server.request("GET", own).expect_problem(404, "not-found")
    expect_equal(server.act(f"{own}/restore")["name"], f"{TITLE} 2", "the restored name")
    expect(_listed(server, path, record["id"]), "it in the list", record["id"])


@check
def a_project_is_created_changed_and_restored(server: Server) -> None:
    """A project is created once, changed at its version, deleted and restored."""
    _check_record(server, "/projects")


@check
def a_collection_is_created_changed_and_restored(server: Server) -> None:
    """A collection is created once, changed at its version, deleted and restored."""
    _check_record(server, "/collections")


@check
def a_project_has_conversations(server: Server) -> None:
    """Conversations are listed and found by project, and stay when the project is deleted."""
    project = server.post("/projects", name=TITLE)
    conversation = server.conversation(project_id=project["id"])
    server.append(conversation, "marmot")
    own = {"project_id": project["id"]}
    listed = [item["id"] for item in server.get("/conversations", **own)["items"]]
    expect_equal(listed, [conversation["id"]], "the conversations of the project")
    hits = server.get("/search", q="marmot", **own)["items"]
    expect_equal(len(hits), 1, "the number of hits in the project")
    expect_equal(server.get("/stats", **own)["messages"], 1, "the messages of the project")
    server.delete(f"/projects/{project['id']}")
    server.get(f"/conversations/{conversation['id']}")


@check
def projects_have_no_cycle(server: Server) -> None:
    """A project cannot be inside a project that it contains."""
    outer = server.post("/projects", name=TITLE)
    inner = server.post("/projects", name=TITLE, parent_id=outer["id"])
    path = f"/projects/{outer['id']}"
    answer = server.request("PATCH", path, json={"parent_id": inner["id"]})
    answer.expect_problem(409, "conflict")


@check
def a_project_takes_those_inside_to_the_trash(server: Server) -> None:
    """A project is deleted and restored with the projects inside."""
    outer = server.post("/projects", name=TITLE)
    inner = server.post("/projects", name=TITLE, parent_id=outer["id"])
    server.delete(f"/projects/{outer['id']}")
    for project in (outer, inner):
        deleted = _listed(server, "/projects", project["id"], deleted=True)
        expect(deleted, "it in the trash", project["id"])
    server.act(f"/projects/{outer['id']}/restore")
    expect_equal(server.get(f"/projects/{inner['id']}")["parent_id"], outer["id"], "the outer one")


@check
def conversations_are_moved_with_a_deleted_project(server: Server) -> None:
    """Conversations are moved to another project when theirs is deleted, and back when it is restored."""
    project, other = server.post("/projects", name=TITLE), server.post("/projects", name=TITLE)
    conversation = server.conversation(project_id=project["id"])
    own = f"/conversations/{conversation['id']}"
    path = f"/projects/{project['id']}"
    answer = server.request("DELETE", f"{path}?conversations=move&to={project['id']}")
    answer.expect_problem(409, "conflict", "/to")
    answer = server.request("DELETE", f"{path}?to={other['id']}")
    answer.expect_problem(400, "invalid-input", "/to")
    server.request("DELETE", f"{path}?conversations=move&to={other['id']}").expect(200)
    expect_equal(server.get(own)["project_id"], other["id"], "the project while it is deleted")
    server.act(f"{path}/restore")
    expect_equal(server.get(own)["project_id"], project["id"], "the project after that")


@check
def conversations_are_deleted_with_a_project(server: Server) -> None:
    """Conversations are moved to the trash with their project, and stay there when it is purged."""
    project = server.post("/projects", name=TITLE)
    conversation = server.conversation(project_id=project["id"])
    own = f"/conversations/{conversation['id']}"
    path = f"/projects/{project['id']}"
    server.request("POST", f"{path}/purge").expect_problem(404, "not-found")
    server.request("DELETE", f"{path}?conversations=delete").expect(200)
    server.request("GET", own).expect_problem(404, "not-found")
    server.request("POST", f"{path}/purge").expect(204)
    server.request("POST", f"{path}/restore").expect_problem(404, "not-found")
    expect_equal(server.act(f"{own}/restore")["project_id"], None, "the project of what is left")


@check
def a_project_passes_things_on(server: Server) -> None:
    """Options are inherited, and the defaults name the project that sets them; new conversations get the tags."""
    fields = {"options": {"temperature": 0.5}, "instructions": "Be brief.", "tags": ["protocol"]}
    outer = server.post("/projects", name=TITLE, **fields)
    inner = server.post("/projects", name=TITLE, parent_id=outer["id"], model=ECHO)
    defaults = server.get(f"/projects/{inner['id']}/defaults")
    source = {"source": "project", "project_id": outer["id"], "name": TITLE}
    expect_equal(defaults["options"]["temperature"], {"value": 0.5, **source}, "the option")
    expect_equal(defaults["instructions"][-1], {"value": "Be brief.", **source}, "the instructions")
    expect_equal(defaults["tags"], [{"value": "protocol", **source}], "the tags")
    expect_equal(defaults["model"]["project_id"], inner["id"], "the project with the model")
    conversation = server.conversation(project_id=inner["id"], tags=["own"])
    expect_equal(conversation["tags"], ["protocol", "own"], "the tags of a new conversation")


@check
def an_option_must_exist(server: Server) -> None:
    """An option that no provider has is refused by its name, as is one of another type."""
    for options in ({"no_such_option": 1}, {"seed": "one"}):
        answer = server.request("POST", "/projects", json={"name": TITLE, "options": options})
        answer.expect_problem(400, "invalid-input", f"/options/{next(iter(options))}")


@check
def a_project_must_exist(server: Server) -> None:
    """A conversation, a project or a collection in a project that does not exist is refused."""
    missing = str(uuid4())
    for path, body in (
        ("/conversations", {"project_id": missing}),
        ("/projects", {"name": TITLE, "parent_id": missing}),
        ("/collections", {"name": TITLE, "project_id": missing}),
    ):
        server.request("POST", path, json=body).expect(400, 404)


@check
def a_name_is_required(server: Server) -> None:
    """A project or a collection without a name is refused."""
    for path in ("/projects", "/collections"):
        server.request("POST", path, json={}).expect_problem(400, "invalid-input")
        answer = server.request("POST", path, json={"name": None})
        answer.expect_problem(400, "invalid-input", "/name")


@check
def a_collection_has_artifacts(server: Server) -> None:
    """An artifact is added to a collection once, listed, and removed."""
    collection = server.post("/collections", name=TITLE)
    artifact = server.artifact()
    path = f"/collections/{collection['id']}/artifacts/{artifact['id']}"
    for _ in range(2):
        server.request("PUT", path).expect(204)
    own = {"collection_id": collection["id"]}
    expect_equal(server.get("/artifacts", **own)["items"], [artifact], "the artifacts")
    server.delete(path, 204)
    expect_equal(server.get("/artifacts", **own)["items"], [], "the artifacts after a removal")
    server.request("DELETE", path).expect_problem(404, "not-found")
