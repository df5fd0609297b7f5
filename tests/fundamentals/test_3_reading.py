"""Reading: a page at a time, from the end, for a conversation may be long.

A page costs what is on it, however much lies before it.
"""

from __future__ import annotations

import pytest

import hansard
from hansard import Services

pytestmark = pytest.mark.anyio


async def test_a_page_names_the_ones_beside_it(ada: Services) -> None:
    talk = await ada.conversations.create()
    await ada.messages.append(talk.id, [hansard.user(str(n)) for n in range(100)])
    page = await ada.messages.read(talk.id, last=3)
    assert [message.text for message in page.items] == ["97", "98", "99"]
    assert page.after is None, "this is the end"
    earlier = await ada.messages.read(talk.id, before=page.before, limit=3)
    assert [message.text for message in earlier.items] == ["94", "95", "96"]


async def test_conversations_are_listed_with_what_was_said_last(ada: Services) -> None:
    for title in ("Rome", "Oslo", "Paris"):
        talk = await ada.conversations.create(title=title)
        await ada.messages.append(talk.id, [hansard.user(f"To {title}!")])
    page = await ada.conversations.list(limit=2)
    assert [(c.title, c.preview) for c in page.items] == [
        ("Paris", "To Paris!"),
        ("Oslo", "To Oslo!"),
    ]
    rest = await ada.conversations.list(limit=2, cursor=page.next)
    assert [c.title for c in rest.items] == ["Rome"]


async def test_search_finds_words_in_whatever_form_they_were_written(ada: Services) -> None:
    talk = await ada.conversations.create()
    await ada.messages.append(talk.id, [hansard.user("Ein Café in der Straße hinter dem Dom")])
    for query in ("cafe", "STRASSE", '"hinter dem"', "stra*"):
        hits = [hit async for hit in ada.search.messages(query)]
        assert len(hits) == 1
    assert [hits[0].snippet[start:end] for start, end in hits[0].marks] == ["Straße"]
