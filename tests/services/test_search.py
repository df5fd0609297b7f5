from __future__ import annotations

from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.errors import BadCursor, InvalidInput, TooLarge
from hansard.ids import new_id
from hansard.model.parts import Data, Reasoning, Text, ToolCall, ToolResult
from hansard.services.search import SearchFilter
from services.conftest import Clock
from services.talks import found, pages, path, say, talk

pytestmark = pytest.mark.anyio


async def test_a_hit_shows_where_the_words_are(ada: Services) -> None:
    text = "Grüße aus der Ewigen Stadt. " * 20 + "Wo schlafe ich in Rom? " + "Bis bald! " * 30
    made = await talk(ada, text, title="Reise")
    [hit] = [hit async for hit in ada.search.messages("schlafe rom")]
    assert (hit.conversation.id, hit.conversation.title) == (made.id, "Reise")
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["schlafe", "Rom"]
    assert len(hit.snippet) < 300
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Naïve Straße", "naive STRASSE", ["Naïve", "Straße"]),
        ("大東京都タワー", "東京都", ["東京都"]),
        ("a<b>Tea</b> & tea", "tea", ["Tea", "tea"]),
        ("sleepers sleep", "sleep*", ["sleepers", "sleep"]),
        ("🦉🦉 owl 🦉", "owl", ["owl"]),
        ("don't", "don't", ["don", "t"]),
    ],
)
async def test_marks_are_in_characters_of_the_text(
    ada: Services, text: str, query: str, marked: list[str]
) -> None:
    await talk(ada, text)
    [hit] = [hit async for hit in ada.search.messages(query)]
    assert [hit.snippet[a:b] for a, b in hit.marks] == marked


async def test_all_hits_come_page_by_page_and_once(ada: Services) -> None:
    made = await talk(ada, *(f"tea number {i}" for i in range(25)))
    hits = await pages(lambda cursor: ada.search.page("tea", limit=7, cursor=cursor))
    assert sorted(hit.message.id for hit in hits) == sorted(m.id for m in await path(ada, made))


async def test_beyond_the_window_of_relevance_the_search_goes_on(ada: Services) -> None:
    made = await talk(ada)
    for start in range(0, 2400, 800):
        drafts = [hansard.user(f"tea {i}") for i in range(start, start + 800)]
        await ada.messages.append(made.id, drafts)
    hits = {hit.message.text async for hit in ada.search.messages("tea", limit=5000)}
    assert hits == {f"tea {i}" for i in range(2400)}


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_what_has_more_of_it_comes_first(ada: Services) -> None:
    """Memory says what matches, and does not rank it."""
    await talk(ada, "tea " + "and other words " * 30, "tea tea tea", "nothing")
    hits = [hit async for hit in ada.search.messages("tea")]
    assert hits[0].message.text == "tea tea tea"
    assert hits[0].score > hits[1].score


async def test_only_what_a_person_reads_is_searched(ada: Services) -> None:
    made = await talk(ada)
    parts = [
        Text("tea"),
        Reasoning("thought"),
        ToolCall("c", "tool", {"argument": "value"}),
        ToolResult("c", "output"),
        Data({"key": "datum"}),
    ]
    await ada.messages.append(made.id, [hansard.user(parts=parts, metadata={"meta": "data"})])
    assert await found(ada, "tea") == {"tea"}
    for hidden in (
        "thought",
        "argument",
        "value",
        "output",
        "key",
        "datum",
        "type",
        "text",
        "meta",
    ):
        assert await found(ada, hidden) == set()


async def test_filters(ada: Services, clock: Clock) -> None:
    project = await ada.projects.create("p")
    made, other = await talk(ada, "tea"), await ada.conversations.create(project_id=project.id)
    later = clock.pass_time(days=1)
    [answer] = await ada.messages.append(other.id, [hansard.assistant("tea too", model="p/m")])
    await ada.conversations.update(other.id, archived=True)
    filters: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"tea", "tea too"}),
        ({"roles": ("assistant", "tool")}, {"tea too"}),
        ({"roles": ("system",)}, set()),
        ({"conversation_id": made.id.upper()}, {"tea"}),
        ({"conversation_id": new_id()}, set()),
        ({"project_id": project.id}, {"tea too"}),
        ({"model": "p/m"}, {"tea too"}),
        ({"since": later}, {"tea too"}),
        ({"until": later}, {"tea"}),
        ({"until": answer.created_at}, {"tea"}),
        ({"since": answer.created_at}, {"tea too"}),
        ({"archived": False}, {"tea"}),
    ]
    for wanted, texts in filters:
        page = await ada.search.page("tea", filter=SearchFilter(**wanted))
        assert {hit.message.text for hit in page.items} == texts, wanted


async def test_a_search_sees_what_its_scope_sees(
    ada: Services, bob: Services, eve: Services
) -> None:
    for who in (ada, bob, eve):
        await talk(who, f"secret of {who.scope.user} at {who.scope.tenant}")
    assert await found(ada, "secret") == {"secret of ada at acme"}
    assert await found(eve, "secret") == {"secret of ada at globex"}
    made = (await bob.conversations.list()).items[0]
    page = await ada.search.page("secret", filter=SearchFilter(conversation_id=made.id))
    assert page.items == []


async def test_an_edit_and_its_original_are_both_found(ada: Services) -> None:
    made = await talk(ada, "green tea")
    await ada.messages.edit(made.id, (await path(ada, made))[0].id, "black tea")
    assert await found(ada, "tea") == {"green tea", "black tea"}


async def test_nothing_a_user_types_is_an_operator(ada: Services) -> None:
    await talk(ada, "tea")
    for query in ("(tea", "{tea}", "tea:*", '"tea', "tea & !tea", "<tea>", "%tea%", "\\tea"):
        assert await found(ada, query) == {"tea"}, query
    for query in (
        "", '"', "*", "%", "\\", "<->", "🦉", "AND", "tea AND", "tea OR x", "NOT tea", "terms:tea",
        "tea^2", "tea -x", "NEAR(tea 2)", "' OR 1=1 --",
    ):  # fmt: skip
        assert await found(ada, query) == set(), query


async def test_what_cannot_be_searched_is_said(ada: Services) -> None:
    refusals: list[tuple[str, dict[str, Any], type[Exception], str]] = [
        ("\0", {}, InvalidInput, "/q"),
        ("\ud800", {}, InvalidInput, "/q"),
        ("x" * 1001, {}, TooLarge, "/q"),
        ("a " * 17, {}, InvalidInput, "/q"),
        ("tea", {"limit": 0}, InvalidInput, "/limit"),
        ("tea", {"cursor": "AAAA"}, BadCursor, "/cursor"),
        ("tea", {"filter": SearchFilter(conversation_id="x")}, InvalidInput, "/conversation_id"),
        ("tea", {"filter": SearchFilter(model="\0")}, InvalidInput, "/model"),
    ]
    for query, given, error, pointer in refusals:
        with pytest.raises(error) as refused:
            await ada.search.page(query, **given)
        assert getattr(refused.value, "pointer", None) == pointer


async def test_a_phrase_late_in_a_long_message_is_found(ada: Services) -> None:
    await talk(ada, "the tea and the cup " * 4_000 + "the last castle")
    for query in ('"the last castle"', '"the castle"', '"last castle"', '"cup the last"'):
        assert bool(await found(ada, query)) == (query != '"the castle"'), query


async def test_messages_of_a_conversation_that_grows_are_searched_by_its_words(
    ada: Services,
) -> None:
    made = await talk(ada, "one")
    await say(ada, made, "two")
    await say(ada, made, "three")
    assert await found(ada, "t*") == {"two", "three"}
