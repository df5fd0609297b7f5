"""Answers: a run makes one, and belongs to the database, not to whoever asked.

Its events are numbered, so who lost the connection comes back with the last number it saw. However a run ends,
what was said is kept as a message.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import hansard
from hansard import Services
from hansard.model.parts import Error
from hansard.providers.base import TextDelta
from hansard.providers.echo import Echo, Scripted

pytestmark = pytest.mark.anyio


async def test_a_prompt_is_answered(ada: Services) -> None:
    talk = await ada.conversations.create()
    [run] = await ada.chat.send(talk.id, "Where do I sleep?", model="echo/echo")
    await ada.runs.wait(run.id)
    page = await ada.messages.read(talk.id)
    assert [(m.role, m.text) for m in page.items] == [
        ("user", "Where do I sleep?"),
        ("assistant", "Where do I sleep?"),
    ]


async def test_who_comes_back_misses_nothing(ada: Services) -> None:
    talk = await ada.conversations.create()
    [run] = await ada.chat.send(talk.id, "one two three", options={"delay": 0.05})
    seen = [event async for event in ada.runs.events(run.id)]
    again = [event async for event in ada.runs.events(run.id, after=seen[1].number)]
    assert [event.number for event in again] == [event.number for event in seen[2:]]
    assert "".join(event.text for event in seen) == "one two three"


async def test_cancelling_keeps_what_was_said(tmp_path: Path) -> None:
    slow = Scripted([TextDelta("Rome was "), 60.0, TextDelta("not built in a day.")])
    async with hansard.connect(tmp_path / "chats.db", providers=[slow]) as db:
        me = db.scope()
        talk = await me.conversations.create(title="Rome")
        [run] = await me.chat.send(talk.id, "When?", model="scripted/one")
        async for event in me.runs.events(run.id):
            if event.text:
                await me.runs.cancel(run.id)
        answer = (await me.messages.read(talk.id)).items[-1]
        assert (answer.text, answer.finish) == ("Rome was ", "cancelled")


async def test_a_failure_is_kept_too_and_can_be_tried_again(tmp_path: Path) -> None:
    flaky = Scripted([RuntimeError("no power")], [TextDelta("Here I am.")])
    async with hansard.connect(tmp_path / "chats.db", providers=[flaky]) as db:
        me = db.scope()
        talk = await me.conversations.create(title="Rome")
        [run] = await me.chat.send(talk.id, "Hello?", model="scripted/one")
        failed = await me.runs.wait(run.id)
        answer = await me.messages.get(talk.id, failed.message_id)
        assert isinstance(answer.parts[0], Error)
        again = await me.runs.wait((await me.chat.retry(talk.id, answer.id)).id)
        assert (await me.messages.get(talk.id, again.message_id)).text == "Here I am."


async def test_one_prompt_to_several_models_makes_siblings(tmp_path: Path) -> None:
    async with hansard.connect(
        tmp_path / "chats.db", providers=[Echo(), Scripted([TextDelta("Hm.")])]
    ) as db:
        me = db.scope()
        talk = await me.conversations.create(title="Rome")
        runs = await me.chat.send(talk.id, "Hello", models=["echo/echo", "scripted/one"])
        ended = [await me.runs.wait(run.id) for run in runs]
        siblings = await me.branches.siblings(talk.id, ended[0].message_id)
        assert sorted(message.text for message in siblings) == ["Hello", "Hm."]
