"""Search, statistics, models and the feed over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.harness import JSON, Site, problem, site


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose database has nothing but what is counted here."""
    with site(tmp_path_factory.mktemp("alone") / "chats.db") as running:
        yield running


def test_a_search_is_filtered_and_walked(here: Site) -> None:
    project = here.post("/projects", 201, name="Search")
    talk = here.talk(project_id=project["id"])
    other = here.talk()
    here.say(talk, *(f"the marmot number{i}" for i in range(5)))
    here.say(other, "another marmot")
    run = here.ended(here.ask(other, "marmot marmot"))

    def found(**params: Any) -> int:
        return len(here.get("/search", q="marmot", limit=100, **params)["items"])

    assert found() == 8
    assert found(conversation_id=talk["id"]) == found(project_id=project["id"]) == 5
    assert found(role="assistant") == found(model="echo/echo") == 1
    assert found(role=["assistant", "user"]) == 8
    assert found(role=["system", "tool"]) == 0
    assert found(since=run["created_at"]) == 1
    assert found(until=talk["created_at"]) == 0
    here.patch(f"/conversations/{talk['id']}", archived=True)
    assert (found(archived=True), found(archived=False)) == (5, 3)

    first = here.get("/search", q="marmot", limit=5)
    rest = here.get("/search", q="marmot", limit=5, cursor=first["next"])
    ids = [hit["message"]["id"] for hit in first["items"] + rest["items"]]
    assert (len(set(ids)), rest["next"]) == (8, None)
    scores = [hit["score"] for hit in first["items"] + rest["items"]]
    assert scores == sorted(scores, reverse=True)
    told = here.client.get("/search", params={"q": "marmot", "role": "nobody"})
    assert problem(told, 400, "invalid-input")["pointer"] == "/role"


def test_nothing_in_a_query_is_an_engines_syntax(here: Site) -> None:
    for query in ('"', "*", "a AND", "NEAR(", "col:", "'; --", "^", "-x", "()", "\\", "%", " "):
        assert here.client.get("/search", params={"q": query}).status_code == 200, query


def test_statistics_are_of_what_happened(alone: Site) -> None:
    project = alone.post("/projects", 201, name="Stats")
    alone.say(alone.talk(project_id=project["id"]), "one two three", "four")
    alone.ended(alone.ask(alone.talk(), "five six"))
    stats = alone.get("/stats")
    assert (stats["conversations"], stats["messages"], stats["words"]) == (2, 4, 8)
    assert stats["by_role"] == {"user": 3, "assistant": 1}
    assert [use["model"] for use in stats["by_model"]] == ["echo/echo"]
    assert (len(stats["by_hour"]), stats["average_words"]) == (24, 2.0)
    assert alone.get("/stats", project_id=project["id"])["messages"] == 2
    assert alone.get("/stats", since="2100-01-01")["messages"] == 0
    assert alone.get("/stats", tz="Asia/Kathmandu")["messages"] == 4
    for params, name in (
        ({"tz": "Nowhere/Land"}, "tz"),
        ({"since": "yesterday"}, "since"),
        ({"project_id": "nonsense"}, "project_id"),
    ):
        told = problem(alone.client.get("/stats", params=params), 400, "invalid-input")
        assert told["pointer"] == f"/{name}"


def test_models_are_listed_with_the_default(here: Site) -> None:
    found = here.get("/models")
    [model] = found["items"]
    assert (model["name"], model["provider"], found["default"]) == (
        "echo/echo",
        "echo",
        "echo/echo",
    )


def test_the_feed_is_read_without_a_gap(here: Site) -> None:
    position = here.feed_end()
    made = [here.talk()["id"] for _ in range(7)]
    everything: list[JSON] = []
    while entries := here.get("/feed", after=position, limit=3)["items"]:
        everything += entries
        position = here.get("/feed", after=position, limit=3)["next"]
    assert [entry["subject_id"] for entry in everything] == made
    assert everything[-1]["position"] == position
    assert here.get("/feed", after=position) == {"items": [], "next": position}
