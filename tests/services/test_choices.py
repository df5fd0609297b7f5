"""Who answers where a prompt does not say, and what a conversation is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import ProviderRefused
from hansard.providers.base import (
    Event,
    Finished,
    Model,
    Provider,
    ReasoningDelta,
    TextDelta,
    model,
)
from hansard.providers.echo import Echo, Scripted
from hansard.providers.remote import Remote
from hansard.services.runs.default_model import default_model
from services.conftest import Open
from services.strict import endpoint, stream
from services.talks import ask, talk

pytestmark = pytest.mark.anyio


class _Failing(Scripted):
    name = "failing"

    def __init__(self) -> None:
        super().__init__([ProviderRefused("no")])

    async def models(self) -> list[Model]:
        return [model(self.name, "one")]


async def chosen(db: Database, who: Services) -> str:
    """The default model of a user."""
    return await default_model(who.chat, db.runner, db.providers)


async def test_a_new_conversation_takes_the_model_that_was_used_last(opened: Open) -> None:
    providers: list[Provider] = [Scripted([TextDelta("Yes.")]), Echo(), _Failing()]
    async with opened(*providers) as (db, ada):
        assert await chosen(db, ada) == "scripted/one", "a good one, as nothing was used"
        await ask(ada, await talk(ada), "hello", model="scripted/two")
        assert (await ask(ada, await talk(ada), "hello")).model == "scripted/two"
        first = await talk(ada)
        await ask(ada, first, "hello", model="echo/echo")
        await ask(ada, await talk(ada), "hello", model="failing/one")
        assert await chosen(db, ada) == "echo/echo", "what only failed is not used"
        bob = db.scope("acme", "bob")
        assert await chosen(db, bob) == "scripted/one", "each user has an own last one"
        named = await ada.conversations.create(model="scripted/one")
        assert (await ask(ada, named, "hello")).model == "scripted/one"


async def test_a_conversation_goes_on_with_the_model_that_answered_in_it(opened: Open) -> None:
    async with opened(Scripted([TextDelta("Yes.")]), Echo()) as (_, ada):
        first = await talk(ada)
        await ask(ada, first, "hello", model="scripted/two")
        await ask(ada, await talk(ada), "hello", model="echo/echo")
        assert (await ask(ada, first, "and now?")).model == "scripted/two"


async def test_a_setting_wins_over_what_was_used_last(opened: Open) -> None:
    providers: list[Provider] = [Scripted([TextDelta("Yes.")]), Echo()]
    async with opened(*providers, model="echo/echo") as (db, ada):
        first = await talk(ada)
        await ask(ada, first, "hello", model="scripted/two")
        assert (await ask(ada, first, "hello")).model == "echo/echo"
        assert await chosen(db, ada) == "echo/echo"


async def test_a_model_that_is_no_longer_there_is_not_taken(tmp_path: Path) -> None:
    address = tmp_path / "chats.db"
    options = hansard.ChatOptions(auto_title=False)
    both: list[Provider] = [Scripted([TextDelta("Yes.")]), Echo()]
    async with hansard.connect(address, providers=both, options=options) as db:
        ada = db.scope("acme", "ada")
        await ask(ada, await talk(ada), "hello", model="scripted/two")
    async with hansard.connect(address, providers=[Echo()], options=options) as db:
        assert await chosen(db, db.scope("acme", "ada")) == "echo/echo"


@pytest.mark.parametrize(
    ("thought", "title"),
    [
        ("<think>Okay, the user wants a title", "Where do I sleep in Rome?"),
        ("<think>\nhm</think>\n\n**Beds in Rome**", "Beds in Rome"),
        ("So it is about beds.</think>Beds in Rome", "Beds in Rome"),
        ('Title: "Beds in Rome"', "Beds in Rome"),
    ],
)
async def test_what_a_model_thinks_is_no_title(thought: str, title: str) -> None:
    def answer(body: dict[str, Any]) -> Any:
        asked = str(body["messages"])
        return stream(thought if "Give this conversation a title" in asked else "There.")

    with endpoint(answer) as (url, _):
        async with hansard.connect("memory:", providers=[Remote("p", url=url)]) as db:
            ada = db.scope("acme", "ada")
            made = await talk(ada)
            await ask(ada, made, "Where do I sleep in Rome?", model="p/m")
            await db.runner.settle()
            assert (await ada.conversations.get(made.id)).title == title


@pytest.mark.parametrize("thought", [[], [ReasoningDelta("Hm.")], [TextDelta("<think>Hm.")]])
async def test_a_model_that_thought_to_its_limit_is_asked_for_a_title_once_more(
    opened: Open, thought: list[Event]
) -> None:
    answer = TextDelta("<think>Hm. Beds?</think>Beds in Rome")
    scripted = Scripted([TextDelta("There.")], [*thought, Finished("length")], [answer])
    async with opened(scripted, auto_title=True) as (db, ada):
        made = await talk(ada)
        await ask(ada, made, "Where do I sleep in Rome?", model="scripted/one")
        await db.runner.settle()
        assert (await ada.conversations.get(made.id)).title == "Beds in Rome"
    limits = [request.options.get("max_tokens", 0) for request in scripted.requests]
    assert limits == [0, 24, 1_024]


async def test_a_model_that_says_nothing_is_asked_for_a_title_once(opened: Open) -> None:
    for said in ([Finished("stop")], [TextDelta("So, a title: " * 9), Finished("length")]):
        scripted = Scripted([TextDelta("There.")], said)
        async with opened(scripted, auto_title=True) as (db, ada):
            made = await talk(ada)
            await ask(ada, made, "Where do I sleep in Rome?", model="scripted/one")
            await db.runner.settle()
            title = (await ada.conversations.get(made.id)).title
        assert title == "Where do I sleep in Rome?"
        assert len(scripted.requests) == 2


async def test_a_branch_goes_on_with_the_model_whose_answer_it_has(opened: Open) -> None:
    async with opened(Scripted([TextDelta("Yes.")]), Echo()) as (_, ada):
        made = await ada.conversations.create(model="echo/echo")
        both = await ada.chat.send(made.id, "hello", models=["scripted/one", "scripted/two"])
        one, two = [await ada.runs.wait(run.id) for run in both]
        for _ in range(2):
            assert (await ask(ada, made, "and now?", branch=two.branch)).model == "scripted/two"
            assert (await ask(ada, made, "and now?", branch=one.branch)).model == "scripted/one"
        await ada.branches.switch(made.id, two.branch)
        assert (await ask(ada, made, "and now?")).model == "scripted/two"
        named = await ask(ada, made, "just now", model="echo/echo")
        fork = await ada.branches.fork(made.id, at=named.message_id)
        assert (await ask(ada, made, "and now?", branch=fork.id)).model == "scripted/two"
        await ada.conversations.update(made.id, model="echo/echo")
        assert (await ask(ada, made, "and now?", branch=two.branch)).model == "echo/echo"
        assert {branch.model for branch in await ada.branches.list(made.id)} == {None}


async def test_one_answer_leaves_the_conversations_model_in_its_place(opened: Open) -> None:
    async with opened(Scripted([TextDelta("Yes.")]), Echo()) as (_, ada):
        made = await ada.conversations.create(model="echo/echo")
        await ask(ada, made, "hello", models=["scripted/one"])
        assert (await ask(ada, made, "hello")).model == "echo/echo"


async def test_a_retry_by_another_model_goes_on_with_that(opened: Open) -> None:
    async with opened(Scripted([TextDelta("Yes.")]), Echo()) as (_, ada):
        made = await ada.conversations.create(model="echo/echo")
        first = await ask(ada, made, "hello")
        again = await ada.chat.retry(made.id, first.message_id, model="scripted/two")
        await ada.runs.wait(again.id)
        assert (await ask(ada, made, "and now?")).model == "scripted/two"
        assert (await ask(ada, made, "and now?", branch=first.branch)).model == "echo/echo"
