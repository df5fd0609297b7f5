"""A question in plain words finds what answers it, in several languages and the same on every back end.

`judged.json` has conversations, and questions with the messages that answer them. All languages are in one record, so
each question is asked among everything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hansard import Services
from hansard.model.pages import MatchWords
from hansard.services import partial_matches
from hansard.services.search import SearchFilter
from services.talks import pages, talk

pytestmark = pytest.mark.anyio

JUDGED: dict[str, Any] = json.loads((Path(__file__).parent / "judged.json").read_text("utf-8"))
LANGUAGES = sorted(JUDGED)
CHATTER = 40
"""How often each question that asks for nothing special is repeated."""


class Recall(NamedTuple):
    recall: float
    missed: list[str]


@pytest.fixture
async def asked(ada: Services) -> Services:
    """A user who said all of this, and much that is made of common words."""
    for language in LANGUAGES:
        for title, texts in JUDGED[language]["talks"].items():
            await talk(ada, *texts, title=title)
    chatter = [
        "what is the next one of these?",
        "das ist der Rest für den Tag",
        "是什么时候的",
        "อยู่ที่ไหน",
    ]
    await talk(ada, *(f"{text} {n}" for n in range(CHATTER) for text in chatter))
    return ada


async def recall_of(services: Services, language: str, match: MatchWords = "any") -> Recall:
    """How many of the messages that answer the questions are among the first five that are found."""
    there, missed = 0, list[str]()
    for question, answers in JUDGED[language]["questions"].items():
        hits = [hit async for hit in services.search.messages(question, limit=5, match=match)]
        texts = {hit.message.text for hit in hits}
        there += len(answers)
        missed += [answer for answer in answers if answer not in texts]
    return Recall(1 - len(missed) / there, missed)


async def test_the_answers_to_questions_are_among_the_first_five(asked: Services) -> None:
    for language in LANGUAGES:
        recall, missed = await recall_of(asked, language)
        assert recall >= 0.9, (language, missed)


async def test_the_test_above_notices_words_that_all_weigh_the_same(
    asked: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_matches, "_weight", lambda *_: 1.0)
    assert min([(await recall_of(asked, name)).recall for name in LANGUAGES]) < 0.9


async def test_a_search_for_all_words_answers_few_questions(asked: Services) -> None:
    for language in LANGUAGES:
        assert (await recall_of(asked, language, "all")).recall < 0.5


async def test_messages_with_all_words_come_first_and_then_the_rarer_words(ada: Services) -> None:
    await talk(ada, "red", "red and blue", "red red red", "red wine", "green", "blue")
    hits = [hit.message.text async for hit in ada.search.messages("red blue")]
    assert hits == ["red and blue", "blue", "red wine", "red red red", "red"]
    only = [hit.message.text async for hit in ada.search.messages("red blue", match="all")]
    assert only == ["red and blue"]


async def test_phrases_and_filters_hold_for_messages_with_some_words(ada: Services) -> None:
    one = await talk(ada, "the old house is green", "old and red, a house", "the red car")
    await talk(ada, "another old house, red as well")
    quoted = {hit.message.text async for hit in ada.search.messages('"old house" green blue')}
    assert quoted == {"the old house is green"}
    here = SearchFilter(conversation_id=one.id)
    hits = {hit.message.text async for hit in ada.search.messages("red green", filter=here)}
    assert hits == {"the old house is green", "old and red, a house", "the red car"}


async def test_a_word_in_the_title_counts(ada: Services) -> None:
    await talk(ada, "it is due on Friday", title="Something")
    await talk(ada, "it is due on Monday", title="Tax return")
    hits = [hit async for hit in ada.search.messages("tax due")]
    assert [hit.conversation.title for hit in hits] == ["Tax return", "Something"]


async def test_pages_with_some_words_go_on_without_gap_or_repetition(ada: Services) -> None:
    texts = [f"red number {n}" for n in range(8)] + [f"blue number {n}" for n in range(9)]
    await talk(ada, "red and blue", *texts)
    hits = await pages(lambda cursor: ada.search.page("red blue", limit=3, cursor=cursor))
    seen = [hit.message.text for hit in hits]
    assert seen[0] == "red and blue"
    assert sorted(seen) == sorted(["red and blue", *texts])


async def test_every_user_asks_only_the_own_record(asked: Services, bob: Services) -> None:
    del asked
    await talk(bob, "what is the name?")
    hits = [hit.message.text async for hit in bob.search.messages("What is the name of my puppy?")]
    assert hits == ["what is the name?"]
