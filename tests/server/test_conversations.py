"""Conversations, projects, settings and people over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from server.harness import Site, problem

pytestmark = pytest.mark.usefixtures("anyio_backend")


def test_a_conversation_is_changed_thrown_away_and_brought_back(here: Site) -> None:
    talk = here.talk(title="Rome", system="Be brief.", metadata={"a": [1, None]}, pinned=True)
    path = f"/conversations/{talk['id']}"
    assert (talk["system"], talk["metadata"], talk["pinned"]) == (
        "Be brief.",
        {"a": [1, None]},
        True,
    )
    changed = here.patch(path, title="Milan", archived=True, model="echo/echo", version=1)
    assert (changed["title"], changed["archived"], changed["version"]) == ("Milan", True, 2)
    assert changed["system"] == "Be brief."
    problem(here.client.patch(path, json={"title": "x", "version": 1}), 409, "version-conflict")
    assert here.patch(path, model=None)["model"] is None
    assert here.delete(path)["deleted_at"] is not None
    problem(here.client.get(path), 404, "not-found")
    assert talk["id"] in [c["id"] for c in here.get("/conversations", deleted=True)["items"]]
    assert here.post(f"{path}/restore", 200)["title"] == "Milan"
    assert here.get(path)["deleted_at"] is None


@pytest.fixture
def two(anywhere: Site) -> Iterator[tuple[Site, Site]]:
    """Another user, and a user of another tenant, each with a conversation of theirs."""
    with anywhere.beside(user="eve") as eve, anywhere.beside(tenant="other") as other:
        for stranger in (eve, other):
            stranger.say(stranger.talk(title="theirs"), "hello")
        yield eve, other


def test_everything_is_thrown_away_and_then_for_good(
    anywhere: Site, two: tuple[Site, Site]
) -> None:
    for _ in range(3):
        anywhere.say(anywhere.talk(), "hello")
    gone = two[0].talk()
    two[0].delete(f"/conversations/{gone['id']}")
    anywhere.patch(f"/conversations/{anywhere.talk()['id']}", archived=True)
    assert anywhere.delete("/conversations") == {"count": 4}
    assert anywhere.get("/conversations")["items"] == []
    assert anywhere.delete("/conversations") == {"count": 0}
    trash = anywhere.get("/conversations", deleted=True)["items"]
    back = anywhere.post(f"/conversations/{trash[0]['id']}/restore", 200)
    assert anywhere.post("/conversations/purge", 200) == {"count": 3}
    assert anywhere.get("/conversations", deleted=True)["items"] == []
    assert [c["id"] for c in anywhere.get("/conversations")["items"]] == [back["id"]]
    for stranger in two:
        assert [c["title"] for c in stranger.get("/conversations")["items"]] == ["theirs"]
    assert [c["id"] for c in two[0].get("/conversations", deleted=True)["items"]] == [gone["id"]]


def test_what_is_kept_is_told_by_kind(anywhere: Site, two: tuple[Site, Site]) -> None:
    def kept(who: Site) -> dict[str, tuple[int, int | None]]:
        items = who.get("/usage")["items"]
        return {item["kind"]: (item["count"], item["bytes"]) for item in items}

    theirs = {
        "conversations": (1, None),
        "archived": (0, None),
        "trash": (0, None),
        "messages": (1, 5),
        "files": (0, 0),
        "artifacts": (0, 0),
        **dict.fromkeys(("tags", "rules", "agents", "prompts", "api_keys", "providers"), (0, None)),
        "projects": (0, None),
        "collections": (0, None),
    }
    assert kept(anywhere) == {k: (0, b and 0) for k, (_, b) in theirs.items()}
    anywhere.say(anywhere.talk(), "hi")
    anywhere.delete(f"/conversations/{anywhere.talk()['id']}")
    assert anywhere.client.post("/blobs", content=b"1234567").status_code == 201
    mine = theirs | {"trash": (1, None), "messages": (1, 2), "files": (1, 7)}
    assert kept(anywhere) == mine
    assert [kept(stranger) for stranger in two] == [theirs, theirs]


def test_the_runs_that_go_on_are_listed(anywhere: Site, two: tuple[Site, Site]) -> None:
    talk = anywhere.talk()
    run = anywhere.ask(talk, "one " * 500, delay=0.1)
    ended = anywhere.ended(anywhere.ask(anywhere.talk(), "hello"))
    assert [going["id"] for going in anywhere.get("/runs")["items"]] == [run["id"]]
    assert ended["status"] == "completed"
    assert [stranger.get("/runs")["items"] for stranger in two] == [[], []]
    anywhere.post(f"/runs/{run['id']}/cancel", 200)
    assert anywhere.get("/runs")["items"] == []


def test_a_temporary_conversation_is_in_no_list_until_it_is_kept(here: Site) -> None:
    talk = here.talk(title="for now", temporary=True)
    here.say(talk, "a pangolin")
    path = f"/conversations/{talk['id']}"

    def listed(**wanted: Any) -> bool:
        return talk["id"] in [c["id"] for c in here.get("/conversations", **wanted)["items"]]

    assert talk["expires_at"] is not None
    assert (listed(), listed(temporary=True)) == (False, True)
    assert here.get("/search", q="pangolin")["items"] == []
    assert here.get(path)["title"] == "for now"
    assert here.patch(path, temporary=False)["expires_at"] is None
    assert (listed(), listed(temporary=True)) == (True, False)
    assert len(here.get("/search", q="pangolin")["items"]) == 1


def test_a_purge_is_for_good(here: Site) -> None:
    talk = here.talk()
    here.say(talk, "gone soon")
    path = f"/conversations/{talk['id']}"
    problem(here.client.post(f"{path}/purge"), 404, "not-found")
    here.delete(path)
    assert here.post(f"{path}/purge", 204) is None
    problem(here.client.post(f"{path}/restore"), 404, "not-found")


def test_an_id_may_be_taken_once(here: Site) -> None:
    talk = here.talk(title="first")
    told = here.client.post("/conversations", json={"id": talk["id"], "title": "second"})
    assert problem(told, 409, "already-exists")["pointer"] == "/id"


def test_a_list_is_walked_by_cursor(here: Site) -> None:
    made = [here.talk(tags=["walk"])["id"] for _ in range(5)]
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = here.get("/conversations", tag="walk", limit=2, **cursor)
        found += [talk["id"] for talk in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == made[::-1]


def test_a_list_is_filtered(here: Site) -> None:
    project = here.post("/projects", 201, name="Filters")
    one = here.talk(title="Überraschung", tags=["filter"], project_id=project["id"], pinned=True)
    two = here.talk(title="other", tags=["filter"])
    here.patch(f"/conversations/{two['id']}", archived=True)

    def listed(**params: Any) -> list[str]:
        found = here.get("/conversations", tag="filter", **params)["items"]
        return [talk["id"] for talk in found]

    assert listed() == [two["id"], one["id"]]
    assert listed(q="uberrasch") == [one["id"]]
    assert listed(project_id=project["id"]) == [one["id"]]
    assert listed(pinned=True) == [one["id"]]
    assert listed(archived=True) == [two["id"]]
    assert listed(since=two["created_at"]) == [two["id"]]
    assert listed(until=two["created_at"]) == [one["id"]]
    assert listed(project_id=str(uuid4())) == []


def test_projects_nest_and_go_into_the_trash(here: Site) -> None:
    fields = {"id": str(uuid4()), "name": "Outer", "instructions": "Be kind."}
    outer = here.post("/projects", 201, **fields)
    assert here.post("/projects", 201, **fields) == outer
    problem(here.client.post("/projects", json=fields | {"name": "x"}), 409, "already-exists")
    inner = here.post("/projects", 201, name="Inner", parent_id=outer["id"])
    path = f"/projects/{inner['id']}"
    assert here.get(path) == inner
    assert here.patch(path, name="Core", version=1)["name"] == "Core"
    problem(here.client.patch(path, json={"name": "x", "version": 1}), 409, "version-conflict")
    told = here.client.patch(f"/projects/{outer['id']}", json={"parent_id": inner["id"]})
    problem(told, 409, "conflict")
    assert here.patch(path, parent_id=None)["parent_id"] is None
    assert here.delete(path)["deleted_at"] is not None
    assert inner["id"] in [p["id"] for p in here.get("/projects", deleted=True)["items"]]
    assert inner["id"] not in [p["id"] for p in here.get("/projects")["items"]]
    assert here.post(f"{path}/restore", 200)["name"] == "Core"


def test_settings_are_kept_by_name(here: Site) -> None:
    for value in (None, 0, "text", {"theme": ["dark"]}):
        kept = here.put("/settings/view of chats", value=value)
        assert kept["value"] == value
        assert here.get("/settings/view of chats") == kept
    problem(
        here.client.put("/settings/view of chats", json={"value": 1, "version": 1}),
        409,
        "version-conflict",
    )
    assert "view of chats" in [setting["name"] for setting in here.get("/settings")["items"]]
    assert here.delete("/settings/view of chats", 204) is None
    problem(here.client.get("/settings/view of chats"), 404, "not-found")
    problem(here.client.delete("/settings/view of chats"), 404, "not-found")
    problem(here.client.put("/settings/" + "x" * 201, json={"value": 1}), 400, "invalid-input")
    problem(here.client.put("/settings/x", json={}), 400, "invalid-input")


def test_the_user_and_the_tenant_have_names(here: Site) -> None:
    assert here.patch("/me", name="Ada", traits={"language": "it"})["name"] == "Ada"
    assert here.patch("/me", traits={})["name"] == "Ada"
    assert (here.get("/me")["id"], here.get("/me")["traits"]) == ("me", {})
    assert here.patch("/tenant", instructions="Be kind.")["instructions"] == "Be kind."
    assert here.get("/tenant")["instructions"] == "Be kind."


def test_nothing_in_a_request_chooses_for_whom_it_is(here: Site) -> None:
    for field in ("tenant_id", "owner_id", "user_id", "tenant", "user"):
        told = problem(
            here.client.post("/conversations", json={field: "eve"}), 400, "invalid-input"
        )
        assert told["pointer"] == f"/{field}"
    made = here.client.post(
        "/conversations", json={}, params={"user": "eve"}, headers={"X-Hansard-User": "eve"}
    ).json()
    assert (made["tenant_id"], made["owner_id"]) == ("local", "me")
