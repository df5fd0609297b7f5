"""Checks of tags, rules, agents and prompt templates, and of what applies to a prompt."""

from __future__ import annotations

from uuid import uuid4

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import ECHO, LIBRARY, Server, unique

check = group("library")

_NEEDED: dict[str, JSON] = {
    "/rules": {"text": "Be brief."},
    "/prompts": {"body": "one"},
    "/api-keys": {"value": "protocol-check"},
    "/providers": {"type": "openai"},
}


def _create(server: Server, path: str, **fields: object) -> JSON:
    return server.post(path, **{"name": unique(), **_NEEDED.get(path, {}), **fields})


@check
def a_name_is_taken_once(server: Server) -> None:
    """No two active records of a kind have the same name, and the trash keeps no name taken."""
    for path in LIBRARY:
        first = _create(server, path)
        body = {"name": first["name"], **_NEEDED.get(path, {})}
        answer = server.request("POST", path, json=body)
        answer.expect_problem(409, "already-exists", "/name")
        server.delete(f"{path}/{first['id']}")
        second = server.post(path, **body)
        answer = server.request("POST", f"{path}/{first['id']}/restore")
        answer.expect_problem(409, "already-exists", "/name")
        server.patch(f"{path}/{second['id']}", name=unique())
        expect_equal(server.act(f"{path}/{first['id']}/restore")["state"], "active", "the state")


@check
def a_record_is_created_changed_and_purged(server: Server) -> None:
    """A record is created once, changed at its version, deleted, restored and purged."""
    for path in LIBRARY:
        key = str(uuid4())
        record = _create(server, path, id=key)
        body = {"id": key, "name": record["name"], **_NEEDED.get(path, {})}
        expect_equal(server.post(path, **body), record, "the repeated creation")
        own = f"{path}/{key}"
        changed = server.patch(own, name=unique(), version=record["version"])
        expect(changed["version"] > record["version"], "a higher version", changed["version"])
        answer = server.request("PATCH", own, json={"name": unique(), "version": 1})
        answer.expect_problem(409, "version-conflict")
        server.request("POST", f"{own}/purge").expect_problem(404, "not-found")
        server.delete(own)
        server.request("GET", own).expect_problem(404, "not-found")
        server.request("POST", f"{own}/purge").expect(204)
        deleted = [item["id"] for item in server.get(path, deleted=True)["items"]]
        expect(key not in deleted, "a trash without it", key)


@check
def a_renamed_tag_is_renamed_everywhere(server: Server) -> None:
    """What has a tag has its new name, and loses it when the tag is deleted."""
    tag = _create(server, "/tags")
    rule = _create(server, "/rules", tags=[tag["name"]])
    name = unique()
    server.patch(f"/tags/{tag['id']}", name=name)
    own = f"/rules/{rule['id']}"
    expect_equal(server.get(own)["tags"], [name], "the tags")
    server.delete(f"/tags/{tag['id']}")
    expect_equal(server.get(own)["tags"], [], "the tags")
    server.act(f"/tags/{tag['id']}/restore")
    expect_equal(server.get(own)["tags"], [name], "the tags")


@check
def a_template_is_checked_and_rendered(server: Server) -> None:
    """A template uses declared variables alone, and is rendered for values that fit them."""
    body = {"name": unique(), "body": "Hello {{ name }}."}
    answer = server.request("POST", "/prompts", json=body)
    answer.expect_problem(400, "invalid-input", "/body")
    declared = [{"name": "name", "required": True}]
    prompt = server.post("/prompts", **body, variables=declared)
    own = f"/prompts/{prompt['id']}"
    rendered = server.post(f"{own}/render", 200, variables={"name": "{{ x }}"})
    expect_equal(rendered, {"text": "Hello {{ x }}.", "revision": 1}, "the text")
    server.request("POST", f"{own}/render", json={}).expect(422)
    answer = server.request("POST", f"{own}/render", json={"variables": {"other": 1}})
    answer.expect_problem(400, "invalid-input")
    server.patch(own, body="Bye {{ name }}.")
    numbers = [item["number"] for item in server.get(f"{own}/revisions")["items"]]
    expect_equal(numbers, [2, 1], "the numbers of the revisions")


@check
def tasks_go_with_their_agent(server: Server) -> None:
    """A task is created, listed and deleted with its agent."""
    agent = _create(server, "/agents")
    own = f"/agents/{agent['id']}"
    task = server.post(f"{own}/tasks", name=unique(), body="one")
    expect_equal(task["agent_id"], agent["id"], "the agent")
    expect_equal(
        [each["id"] for each in server.get(f"{own}/tasks")["items"]], [task["id"]], "tasks"
    )
    server.delete(own)
    server.request("GET", f"/prompts/{task['id']}").expect_problem(404, "not-found")
    server.act(f"{own}/restore")
    server.get(f"/prompts/{task['id']}")


@check
def what_applied_is_kept_with_the_run(server: Server) -> None:
    """A run has the rules, the agent and the template that applied, as they were."""
    rule = _create(server, "/rules")
    agent = _create(server, "/agents", instructions="Write.", rules=[rule["name"]])
    prompt = _create(server, "/prompts", body="one two")
    conversation = server.conversation()
    asked = {"prompt": prompt["name"], "agent": agent["name"], "model": ECHO}
    run = server.post(f"/conversations/{conversation['id']}/chat", 202, **asked)["run"]
    run = server.ended(run)
    server.patch(f"/rules/{rule['id']}", text="Be long.")
    applied = server.get(f"/runs/{run['id']}")["applied"]
    expect_equal(applied["agent"]["instructions"], "Write.", "the instructions")
    expect_equal(applied["prompt"]["id"], prompt["id"], "the template")
    [found] = [each for each in applied["rules"] if each["id"] == rule["id"]]
    expect_equal((found["text"], found["source"]), ("Be brief.", "agent"), "the rule")


@check
def what_does_not_exist_cannot_be_chosen(server: Server) -> None:
    """An agent, a template or a rule that does not exist is refused, and nothing is stored."""
    conversation = server.conversation()
    path = f"/conversations/{conversation['id']}"
    for body, pointer in (
        ({"content": "one", "agent": unique()}, "/agent"),
        ({"content": "one", "rules": [unique()]}, "/rules/0"),
        ({"prompt": unique()}, "/prompt"),
    ):
        answer = server.request("POST", f"{path}/chat", json=body | {"model": ECHO})
        answer.expect_problem(404, "not-found", pointer)
    expect_equal(server.get(f"{path}/messages")["items"], [], "the messages")
