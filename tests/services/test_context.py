"""What a model is sent: the instructions that hold here, and the newest messages that fit."""

from __future__ import annotations

from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.context.tokens import estimate_parts
from hansard.context.window import STEP, SUMMARY_HEADING
from hansard.ids import Clock
from hansard.model.conversations import Conversation
from hansard.model.messages import Summary
from hansard.model.parts import Error, File, Image, Text
from hansard.providers.base import Media, Request, TextDelta
from hansard.providers.echo import Scripted
from hansard.storage.query import Query
from services.providers import Small, spoken, words_of
from services.talks import path, say, talk

pytestmark = pytest.mark.anyio


def _connect(address: str, clock: Clock, provider: Scripted, **options: Any) -> Database:
    chosen = hansard.ChatOptions(auto_title=False, **options)
    return hansard.connect(address, providers=[provider], clock=clock, options=chosen)


async def _asked(provider: Scripted, who: Services, made: Conversation, text: str) -> Request:
    """What the model was sent for this prompt."""
    before = len(provider.requests)
    [run] = await who.chat.send(made.id, text, model="scripted/one")
    assert (await who.runs.wait(run.id)).status == "completed"
    return provider.requests[before]


async def test_instructions_come_from_the_outside_in(address: str, clock: Clock) -> None:
    provider = Scripted([TextDelta("Yes.")])
    async with _connect(address, clock, provider) as db:
        ada = db.scope("acme", "ada")
        await ada.users.update_tenant(instructions="Of the tenant.")
        outer = await ada.projects.create("outer", instructions=" Of the outer project. ")
        middle = await ada.projects.create("middle", parent_id=outer.id)
        inner = await ada.projects.create("inner", parent_id=middle.id, instructions="Inner.")
        made = await ada.conversations.create(project_id=inner.id, system="Its own.")
        asked = await _asked(provider, ada, made, "hello")
        assert asked.system == "Of the tenant.\n\nOf the outer project.\n\nInner.\n\nIts own."
        await ada.projects.delete(outer.id)
        await ada.conversations.update(made.id, system="")
        asked = await _asked(provider, ada, made, "again")
        assert asked.system == "Of the tenant.", "what is in the trash says nothing"
        await ada.projects.restore(inner.id)
        asked = await _asked(provider, ada, made, "and again")
        assert asked.system == "Of the tenant.\n\nInner."
        other = await talk(db.scope("globex", "ada"))
        asked = await _asked(provider, db.scope("globex", "ada"), other, "hello")
        assert asked.system == ""


async def test_a_model_sees_the_path_of_its_branch_alone(address: str, clock: Clock) -> None:
    provider = Scripted([TextDelta("Yes.")])
    async with _connect(address, clock, provider) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        await ada.messages.append(
            made.id, [hansard.user("a"), hansard.assistant("b"), hansard.user("c")]
        )
        await ada.messages.edit(made.id, (await path(ada, made))[2].id, "other c")
        asked = await _asked(provider, ada, made, "and?")
        assert spoken(asked) == [("user", "a"), ("assistant", "b"), ("user", "other c and?")]


async def test_errors_are_not_sent_and_blobs_are(address: str, clock: Clock) -> None:
    provider = Scripted([TextDelta("Yes.")])
    async with _connect(address, clock, provider) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        picture = await ada.blobs.put(b"picture", "image/png")
        notes = await ada.blobs.put("Öl kaufen".encode(), "text/plain")
        parts = [
            Text("look"),
            Image(picture.id, "image/png", "a.png"),
            File(notes.id, "text/plain", "notes.txt"),
        ]
        await ada.messages.append(made.id, [hansard.user(parts=parts)])
        await ada.messages.append(made.id, [hansard.assistant(parts=[Error("e", "failed")])])
        asked = await _asked(provider, ada, made, "again")
        [turn] = asked.turns
        assert turn.parts == (
            Text("look"),
            Media(b"picture", "image/png", "a.png"),
            Text("notes.txt:\n\nÖl kaufen"),
            Text("again"),
        )


async def test_at_most_so_many_messages_are_sent_and_they_begin_at_a_step(
    address: str, clock: Clock
) -> None:
    provider = Scripted([TextDelta("Yes.")])
    async with _connect(address, clock, provider, max_history=20, summarize=False) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        for start in range(0, 60, 2):
            drafts = [hansard.user(f"u{start}"), hansard.assistant(f"a{start + 1}")]
            await ada.messages.append(made.id, drafts)
        begins: list[str] = []
        for _ in range(2 * STEP):
            asked = await _asked(provider, ada, made, "next")
            assert 20 - STEP < len(asked.turns) <= 20
            begins.append(words_of(asked.turns[0]))
        assert begins[0] == "u48"
        assert len(set(begins)) <= 1 + 2 * 2 * STEP // STEP, "a provider can reuse what it did"
        assert all(int(word[1:]) % STEP == 0 for word in begins if word[1:].isdigit())


async def test_what_is_sent_fits_into_the_models_window(address: str, clock: Clock) -> None:
    provider = Small(context_tokens=400)
    async with _connect(address, clock, provider, summarize=False) as db:
        ada = db.scope("acme", "ada")
        made = await ada.conversations.create(system="Be brief. " * 10)
        await say(ada, made, *(f"{n} " + "word " * 20 for n in range(40)))
        asked = await _asked(provider, ada, made, "and now?")
        assert sum(estimate_parts((part,)) for t in asked.turns for part in t.parts) <= 300
        assert words_of(asked.turns[-1]).endswith("and now?")
        asked = await _asked(provider, ada, made, "long " * 2_000)
        assert [words_of(turn) for turn in asked.turns] == ["long " * 2_000], "at least the prompt"


async def test_a_text_file_counts_as_the_text_that_is_sent(address: str, clock: Clock) -> None:
    provider = Small(context_tokens=4_000)
    async with _connect(address, clock, provider, summarize=False) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        for name, size in (("long.txt", 9_000), ("short.txt", 400), ("one.txt", 400)):
            stored = await ada.blobs.put(f"{name} {'word ' * (size // 5)}".encode(), "text/plain")
            shown = hansard.user(parts=[File(stored.id, "text/plain", name)])
            await ada.messages.append(made.id, [shown, hansard.assistant(f"I read {name}.")])
        asked = await _asked(provider, ada, made, "and now?")
        said = " ".join(words_of(turn) for turn in asked.turns)
        assert sum(estimate_parts(turn.parts) for turn in asked.turns) <= 3_000
        assert "I read one.txt." in said
        assert "short.txt:\n\n" in said, "short files are no thousand tokens each"
        assert "long.txt:\n\n" in said, "9,000 characters fit"
        await say(ada, made, "x" * 4_000)
        asked = await _asked(provider, ada, made, "and now?")
        assert sum(estimate_parts(turn.parts) for turn in asked.turns) <= 3_000
        assert "long.txt:\n\n" not in " ".join(words_of(turn) for turn in asked.turns)


async def test_what_no_longer_fits_is_summarised_and_the_originals_stay(
    address: str, clock: Clock
) -> None:
    provider = Scripted([TextDelta("Of tea and Rome.")])
    async with _connect(address, clock, provider, max_history=STEP) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada, *(f"word {n}" for n in range(3 * STEP)))
        first = await _asked(provider, ada, made, "one")
        assert SUMMARY_HEADING not in first.system
        await db.runner.settle()
        summarised = provider.requests[-1]
        assert "word 0" in words_of(summarised.turns[0])
        second = await _asked(provider, ada, made, "two")
        assert second.system == f"{SUMMARY_HEADING}\nOf tea and Rome."
        assert len(await path(ada, made)) == 3 * STEP + 4
        await db.runner.settle()
        [summary] = await db.storage.read("acme", lambda tx: tx.select(Query(Summary)))
        assert (summary.branch, summary.text) == (made.branch, "Of tea and Rome.")
        early = (await path(ada, made))[2]
        fork = await ada.branches.fork(made.id, at=early.id, switch=True)
        third = await _asked(provider, ada, made, "elsewhere")
        assert third.system == "", "a path that lacks what was summarised lacks the summary"
        assert (await ada.branches.current(made.id)).id == fork.id
