"""Statistics: counted as things happen, and always what a count from the beginning would give."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.activity import Stats
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.storage.base import Reader
from hansard.storage.query import Query
from services.conftest import Clock
from services.talks import path, say, talk

pytestmark = pytest.mark.anyio


async def _recounted(db: Database, who: Services, project_id: str | None) -> dict[str, Any]:
    """The statistics, counted from what is stored and nothing else."""

    async def everything(tx: Reader) -> tuple[list[Conversation], list[Message]]:
        talks = Query(Conversation).where(owner_id=who.scope.user)
        if project_id is not None:
            talks = talks.where(project_id=project_id)
        conversations = await tx.select(talks)
        ids = [conversation.id for conversation in conversations]
        return conversations, await tx.select(Query(Message).where(conversation_id__in=ids))

    conversations, messages = await db.storage.read(who.scope.tenant, everything)
    said_at = {message.id: message.created_at for message in messages}
    gaps = [m.created_at - said_at[m.parent_id] for m in messages if m.parent_id is not None]
    engaged = [gap.seconds for gap in gaps if timedelta(0) < gap < timedelta(minutes=30)]
    return {
        "conversations": len(conversations),
        "messages": len(messages),
        "by_role": dict(Counter(m.role for m in messages)),
        "words": sum(len(m.text.split()) for m in messages),
        "characters": sum(len(m.text) for m in messages),
        "tokens_in": sum(m.tokens_in or 0 for m in messages) or None,
        "tokens_out": sum(m.tokens_out or 0 for m in messages) or None,
        "engaged_seconds": sum(engaged),
        "models": dict(Counter(m.model for m in messages if m.model)),
        "hours": dict(Counter(m.created_at.hour for m in messages)),
        "days": dict(Counter(m.created_at.date().isoformat() for m in messages)),
    }


def _shown(stats: Stats) -> dict[str, Any]:
    names = (
        "conversations", "messages", "by_role", "words", "characters", "tokens_in", "tokens_out",
        "engaged_seconds",
    )  # fmt: skip
    return {name: getattr(stats, name) for name in names} | {
        "models": {use.model: use.messages for use in stats.by_model},
        "hours": {use.hour: use.messages for use in stats.by_hour if use.messages},
        "days": {use.day: use.messages for use in stats.by_day},
    }


async def test_the_counters_are_what_a_count_from_the_beginning_gives(
    db: Database, ada: Services, bob: Services, clock: Clock
) -> None:
    project = await ada.projects.create("p")

    async def check() -> None:
        for who, of in ((ada, None), (ada, project.id), (bob, None)):
            stats = await who.statistics.get(project_id=of)
            assert _shown(stats) == await _recounted(db, who, of)

    made, other = await talk(ada, "one two", "three"), await talk(ada)
    await say(bob, await talk(bob), "of another")
    clock.pass_time(minutes=12)
    answer = hansard.assistant("four, five", model="p/m", tokens_in=5, tokens_out=7)
    await ada.messages.append(made.id, [answer, hansard.tool("out"), hansard.system("be")])
    clock.pass_time(minutes=31)
    await say(ada, made, "after a while")
    past = hansard.user("of old", created_at=datetime(2020, 2, 29, 23, 59, tzinfo=UTC))
    await ada.messages.append(other.id, [past, hansard.user("and new")])
    await check()

    messages = await path(ada, made)
    edited = await ada.messages.edit(made.id, messages[1].id, "drei")
    clock.pass_time(minutes=3)
    await say(ada, made, "on the edit")
    await ada.branches.merge(other.id, source=edited.branch, source_conversation=made.id)
    await ada.conversations.update(made.id, project_id=project.id)
    await check()

    late = await ada.messages.append(
        made.id, [hansard.user("late")], expect_head=messages[2].id, on_conflict="fork"
    )
    await say(ada, made, "later", branch=late[0].branch)
    trashed = await ada.messages.delete(made.id, messages[2].id)
    await check()
    await ada.branches.purge(made.id, trashed.branch)
    await check()
    lines = [line async for line in ada.transfer.export()]
    await ada.conversations.update(made.id, project_id=None)
    await ada.conversations.delete(made.id)
    await check()
    await ada.conversations.purge(made.id)
    await check()
    assert (await ada.statistics.get(project_id=project.id)).messages == 0
    await ada.transfer.import_lines(lines)
    await check()


async def test_an_empty_record_has_empty_statistics(ada: Services) -> None:
    stats = await ada.statistics.get()
    assert (stats.conversations, stats.messages, stats.average_words) == (0, 0, 0.0)
    assert (stats.first_at, stats.last_at, stats.by_model, stats.by_day) == (None, None, [], [])
    assert [use.hour for use in stats.by_hour] == list(range(24))
    assert stats.topics == []


async def test_hours_and_days_are_those_of_the_time_zone(ada: Services) -> None:
    made = await talk(ada)
    for at in (
        datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 15, tzinfo=UTC),
        datetime(2026, 7, 2, 9, 15, tzinfo=UTC),
    ):
        await ada.messages.append(made.id, [hansard.user("a b", created_at=at)])
    rome = await ada.statistics.get(tz="Europe/Rome")
    assert {use.hour: use.messages for use in rome.by_hour if use.messages} == {0: 1, 10: 1, 11: 1}
    assert [use.day for use in rome.by_day] == ["2026-03-02", "2026-07-02"]
    assert rome.first_at == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert rome.last_at == datetime(2026, 7, 2, 9, tzinfo=UTC)
    march = await ada.statistics.get(since="2026-03-02", until="2026-03-31")
    assert (march.messages, march.words, march.average_words) == (1, 2, 2.0)


async def test_only_pauses_under_half_an_hour_are_engaged_time(ada: Services) -> None:
    made, start = await talk(ada), datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    for minutes in (0, 10, 39, 70, 60, 71):
        at = start + timedelta(minutes=minutes)
        await ada.messages.append(made.id, [hansard.user("hm", created_at=at)])
    assert (await ada.statistics.get()).engaged_seconds == (10 + 29 + 11) * 60


async def test_models_are_ranked_by_use(ada: Services) -> None:
    made = await talk(ada)
    for model, tokens in (("p/a", 1), ("p/b", 2), ("p/b", 3)):
        drafts = [hansard.assistant("x", model=model, tokens_in=10, tokens_out=tokens)]
        await ada.messages.append(made.id, drafts)
    by_model = (await ada.statistics.get()).by_model
    assert [(m.model, m.messages, m.tokens_in, m.tokens_out) for m in by_model] == [
        ("p/b", 2, 20, 5),
        ("p/a", 1, 10, 1),
    ]


async def test_tokens_that_nobody_told_are_unknown_and_not_none(ada: Services) -> None:
    made = await talk(ada)
    for model, tokens in (("p/silent", None), ("p/told", 7)):
        answer = hansard.assistant("x", model=model, tokens_in=tokens, tokens_out=tokens)
        await ada.messages.append(made.id, [answer])
        if tokens is None:
            stats = await ada.statistics.get()
            assert (stats.tokens_in, stats.tokens_out) == (None, None)
    stats = await ada.statistics.get()
    assert (stats.tokens_in, stats.tokens_out) == (7, 7)
    assert {m.model: m.tokens_in for m in stats.by_model} == {"p/silent": None, "p/told": 7}


async def test_topics_are_what_is_said_often_and_not_everywhere(
    ada: Services, bob: Services
) -> None:
    project = await ada.projects.create("Italy")
    rome = await ada.conversations.create(project_id=project.id)
    await say(ada, rome, *(f"please tell me about the Pantheon {n}" for n in range(8)))
    for subject in ("Gärtnerei", "東京"):
        await talk(ada, *(f"please tell me about {subject} {n}" for n in range(6)))
    await talk(bob, *(f"secret {n}" for n in range(9)))
    stats = await ada.statistics.get()
    terms = [topic.term for topic in stats.topics]
    assert terms[0] == "pantheon"
    assert {"gartnerei", "東京"} <= set(terms)
    assert stats.topics[0].messages == 8
    assert not {"please", "tell", "me", "about", "the", "secret", "1"} & set(terms)
    of_project = await ada.statistics.get(project_id=project.id)
    assert [topic.term for topic in of_project.topics] == ["pantheon"]
    await ada.conversations.delete(rome.id)
    assert "pantheon" not in [topic.term for topic in (await ada.statistics.get()).topics]


async def test_what_cannot_be_counted_is_said(ada: Services) -> None:
    for given, pointer in (
        ({"tz": "Rome"}, "/tz"),
        ({"tz": "../etc/passwd"}, "/tz"),
        ({"tz": ""}, "/tz"),
        ({"since": "yesterday"}, "/since"),
        ({"until": "2026-1-1"}, "/until"),
        ({"project_id": "p"}, "/project_id"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await ada.statistics.get(**given)
        assert refused.value.pointer == pointer
    assert (await ada.statistics.get(project_id=new_id())).messages == 0
