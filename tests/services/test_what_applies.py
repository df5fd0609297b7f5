"""What applies to a prompt: rules, agents, templates and projects, as a whole request, and by value with the run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import InvalidInput, NotFound
from hansard.ids import Clock
from hansard.model.conversations import Conversation
from hansard.model.projects import Project
from hansard.model.prompts import Variable
from hansard.model.runs import Run
from hansard.providers.base import Request, TextDelta
from hansard.providers.echo import Scripted
from services.providers import spoken
from services.talks import path

pytestmark = pytest.mark.anyio


class World(NamedTuple):
    db: Database
    ada: Services
    model: Scripted


@pytest.fixture
async def world(address: str, clock: Clock) -> AsyncIterator[World]:
    model = Scripted([TextDelta("Yes.")])
    options = hansard.ChatOptions(auto_title=False, summarize=False)
    async with hansard.connect(address, providers=[model], clock=clock, options=options) as db:
        yield World(db, db.scope("acme", "ada"), model)


async def ask(
    world: World, talk: Conversation, text: str | None = None, **how: Any
) -> tuple[Request, Run]:
    """The request that the model was sent, and the run."""
    how = {"model": "scripted/one"} | how
    [run] = await world.ada.chat.send(talk.id, text, **how)
    return await _ended(world, run)


async def _ended(world: World, run: Run) -> tuple[Request, Run]:
    ended = await world.ada.runs.wait(run.id)
    assert ended.status == "completed", ended.error
    return world.model.requests[-1], ended


def applied(run: Run) -> list[tuple[str, str]]:
    """The names of the rules that applied, and why."""
    return [(rule.name, rule.source) for rule in run.applied.rules]


async def test_instructions_and_rules_stand_in_their_order(world: World) -> None:
    ada = world.ada
    await ada.rules.create("always", "Always.", always=True)
    await ada.rules.create("first", "First.", position="before")
    await ada.rules.create("last", "With the prompt.", position="prompt")
    await ada.rules.create("of the agent", "Of the agent.")
    await ada.rules.create("of the template", "Of the template.")
    await ada.users.update_tenant(instructions="Tenant.")
    project = await ada.projects.create("p", instructions="Project.")
    agent = await ada.agents.create("Writer", instructions="Agent.", rules=["of the agent"])
    await ada.prompts.create("hello", "Hello {{ name }}.", variables=[Variable("name")],
                             rules=["of the template"])  # fmt: skip
    talk = await ada.conversations.create(project_id=project.id, system="Conversation.")
    how: dict[str, Any] = {"prompt": "hello", "variables": {"name": "Bob"}, "agent": "Writer"}
    request, run = await ask(world, talk, rules=["first", "last"], **how)
    assert request.system.split("\n\n") == (
        ["First.", "Tenant.", "Project.", "Agent.", "Conversation.", "Always.", "Of the agent.",
         "Of the template."]
    )  # fmt: skip
    assert spoken(request) == [("user", "Hello Bob. With the prompt.")]
    assert [message.text for message in await path(ada, talk)] == ["Hello Bob.", "Yes."]
    assert applied(run) == [
        ("always", "always"),
        ("of the agent", "agent"),
        ("of the template", "prompt"),
        ("first", "chosen"),
        ("last", "chosen"),
    ]
    assert run.applied.agent is not None
    assert (run.applied.agent.id, run.applied.agent.instructions) == (agent.id, "Agent.")
    assert run.applied.prompt is not None
    assert (run.applied.prompt.revision, run.applied.prompt.values) == (1, {"name": "Bob"})


async def test_what_applied_is_kept_as_it_was(world: World) -> None:
    ada = world.ada
    rule = await ada.rules.create("brief", "Be brief.", always=True)
    agent = await ada.agents.create("Writer", instructions="Write.")
    template = await ada.prompts.create("hello", "Hello.")
    talk = await ada.conversations.create()
    _, before = await ask(world, talk, prompt="hello", agent=agent.id)
    await ada.rules.update(rule.id, name="long", text="Be long.")
    await ada.agents.update(agent.id, instructions="Read.")
    await ada.prompts.update(template.id, body="Good bye.")
    assert (await ada.runs.get(before.id)).applied == before.applied
    request, after = await ask(world, talk, prompt="hello", agent=agent.id)
    assert request.system == "Read.\n\nBe long."
    assert after.applied.prompt is not None
    assert after.applied.prompt.revision == 2
    revisions = await ada.prompts.revisions(template.id)
    assert [(r.number, r.body) for r in revisions] == [(2, "Good bye."), (1, "Hello.")]
    await ada.rules.delete(rule.id)
    request, _ = await ask(world, talk, "and now?")
    assert request.system == ""
    await ada.rules.restore(rule.id)
    request, _ = await ask(world, talk, "and now?")
    assert request.system == "Be long."


async def test_a_rule_applies_once_however_often_it_is_named(world: World) -> None:
    await world.ada.rules.create("brief", "Be brief.", always=True)
    agent = await world.ada.agents.create("Writer", rules=["brief"])
    talk = await world.ada.conversations.create()
    request, run = await ask(world, talk, "Hello.", agent=agent.id, rules=["brief"])
    assert request.system == "Be brief."
    assert applied(run) == [("brief", "always")]


async def test_a_task_brings_its_agent_and_is_preferred_to_a_template_of_its_name(
    world: World,
) -> None:
    ada = world.ada
    agent = await ada.agents.create("Writer", instructions="Write.")
    await ada.prompts.create("sum", "A template.")
    task = await ada.prompts.create("sum", "A task.", agent_id=agent.id)
    talk = await ada.conversations.create()
    request, _ = await ask(world, talk, prompt=task.id)
    assert (request.system, spoken(request)) == ("Write.", [("user", "A task.")])
    talk = await ada.conversations.create()
    request, _ = await ask(world, talk, prompt="sum", agent="Writer")
    assert spoken(request) == [("user", "A task.")]
    talk = await ada.conversations.create()
    request, _ = await ask(world, talk, prompt="sum")
    assert (request.system, spoken(request)) == ("", [("user", "A template.")])


async def test_the_closest_model_and_options_hold(world: World) -> None:
    ada = world.ada
    agent = await ada.agents.create(
        "Writer", model="scripted/agent", options={"temperature": 0.9, "top_p": 0.5}
    )
    project = await ada.projects.create("p", model="scripted/project")
    talk = await ada.conversations.create(project_id=project.id)
    _, run = await ask(world, talk, "Hello.", model=None)
    assert run.model == "scripted/project"
    _, run = await ask(world, talk, "Hello.", model=None, agent=agent.id)
    assert (run.model, run.options) == ("scripted/agent", {"temperature": 0.9, "top_p": 0.5})
    given = {"temperature": 0.1}
    request, run = await ask(world, talk, "Hello.", agent=agent.id, options=given)
    assert (run.model, request.options) == ("scripted/one", {"temperature": 0.1, "top_p": 0.5})
    await ada.conversations.update(talk.id, model="scripted/talk")
    _, run = await ask(world, talk, "Hello.", model=None)
    assert run.model == "scripted/talk"
    _, run = await ask(world, talk, "Hello.", model=None, agent=agent.id)
    assert run.model == "scripted/agent", "an agent that is chosen for a prompt comes first"


async def test_an_output_schema_is_sent_as_a_format_or_described(world: World) -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    agent = await world.ada.agents.create("Writer", output_schema=schema)
    talk = await world.ada.conversations.create()
    request, _ = await ask(world, talk, "Hello.", agent=agent.id)
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    assert (request.options, request.system) == ({"response_format": wanted}, "")
    world.model.check_options = _only_temperature  # type: ignore[method-assign]
    request, _ = await ask(world, talk, "Hello.", agent=agent.id)
    assert request.options == {}
    assert '{"type": "object", "properties": {"answer": {"type": "string"}}}' in request.system


def _only_temperature(options: Any) -> None:
    if set(options) - {"temperature"}:
        raise InvalidInput("This model knows temperature alone.")


async def test_another_answer_is_given_under_the_same_choices_as_they_are_now(
    world: World,
) -> None:
    ada = world.ada
    rule = await ada.rules.create("brief", "Be brief.")
    agent = await ada.agents.create("Writer", instructions="Write.")
    template = await ada.prompts.create("hello", "Hello.", rules=["brief"])
    talk = await ada.conversations.create()
    _, first = await ask(world, talk, prompt=template.id, agent=agent.id)
    await ada.rules.update(rule.id, text="Be very brief.")
    again = await ada.chat.retry(talk.id, first.message_id)
    request, run = await _ended(world, again)
    assert request.system == "Write.\n\nBe very brief."
    assert run.applied.prompt == first.applied.prompt
    await ada.agents.delete(agent.id)
    await ada.rules.delete(rule.id)
    again = await ada.chat.retry(talk.id, first.message_id)
    request, run = await _ended(world, again)
    assert (request.system, applied(run)) == ("", []), "what is gone does not prevent an answer"


@pytest.mark.parametrize(
    ("how", "pointer"),
    [
        ({"text": "Hello.", "rules": ["nothing"]}, "/rules/0"),
        ({"text": "Hello.", "agent": "nobody"}, "/agent"),
        ({"prompt": "nothing"}, "/prompt"),
    ],
)
async def test_what_does_not_exist_is_named_and_nothing_is_stored(
    world: World, how: dict[str, Any], pointer: str
) -> None:
    talk = await world.ada.conversations.create()
    with pytest.raises(NotFound) as refused:
        await ask(world, talk, **how)
    assert refused.value.pointer == pointer
    assert await path(world.ada, talk) == []


async def test_values_that_do_not_fit_a_template_store_nothing(world: World) -> None:
    name = Variable("name", required=True)
    await world.ada.prompts.create("hello", "Hello {{ name }}.", variables=[name])
    talk = await world.ada.conversations.create()
    for variables in ({}, {"name": 3}, {"name": "Bob", "other": 1}):
        with pytest.raises(InvalidInput) as refused:
            await ask(world, talk, prompt="hello", variables=variables)
        assert (refused.value.pointer or "").startswith("/variables")
    with pytest.raises(InvalidInput, match="either content"):
        await ask(world, talk, "Hello.", prompt="hello", variables={"name": "Bob"})
    with pytest.raises(InvalidInput, match="Variables belong to a template"):
        await ask(world, talk, "Hello.", variables={"name": "Bob"})
    assert await path(world.ada, talk) == []


async def test_a_public_template_is_everybodys_to_use_and_its_owners_to_change(
    world: World,
) -> None:
    bob = world.db.scope("acme", "bob")
    rule = await bob.rules.create("bob's", "Of bob.")
    shared = await bob.prompts.create("hello", "Hello.", public=True, rules=[rule.id])
    hidden = await bob.prompts.create("secret", "Hidden.")
    assert [p.name for p in await world.ada.prompts.list()] == ["hello"]
    assert await world.db.scope("globex", "ada").prompts.list() == []
    talk = await world.ada.conversations.create()
    request, run = await ask(world, talk, prompt="hello")
    assert (request.system, applied(run)) == ("Of bob.", [("bob's", "prompt")])
    assert (await world.ada.prompts.render(shared.id)).text == "Hello."
    with pytest.raises(NotFound):
        await world.ada.prompts.update(shared.id, body="Mine.")
    for key in (hidden.id, "secret"):
        with pytest.raises(NotFound):
            await ask(world, talk, prompt=key)
    await world.ada.prompts.create("hello", "Ada's own.")
    request, _ = await ask(world, talk, prompt="hello")
    assert spoken(request)[-1] == ("user", "Ada's own.")
    await bob.prompts.update(shared.id, public=False)
    with pytest.raises(NotFound):
        await world.ada.prompts.get(shared.id)


async def test_a_task_of_another_user_is_not_for_everybody(world: World) -> None:
    bob = world.db.scope("acme", "bob")
    agent = await bob.agents.create("Writer")
    task = await bob.prompts.create("sum", "Sum up.", agent_id=agent.id, public=True)
    talk = await world.ada.conversations.create()
    for key in (task.id, "sum"):
        with pytest.raises(NotFound):
            await ask(world, talk, prompt=key)
    with pytest.raises(NotFound):
        await world.ada.prompts.get(task.id)


async def test_a_rule_of_another_user_never_applies(world: World) -> None:
    bob = world.db.scope("acme", "bob")
    rule = await bob.rules.create("bob's", "Of bob.", always=True)
    talk = await world.ada.conversations.create()
    request, _ = await ask(world, talk, "Hello.")
    assert request.system == ""
    with pytest.raises(NotFound):
        await ask(world, talk, "Hello.", rules=[rule.id])
    with pytest.raises(NotFound):
        await world.ada.agents.create("Writer", rules=[rule.id])
    # A file may name any rule.
    project = await world.ada.projects.create("p")
    put: dict[str, Any] = {"rules": (rule.id,)}
    await world.db.storage.write("acme", lambda tx: tx.update(Project, project.id, **put))
    await world.ada.conversations.update(talk.id, project_id=project.id)
    request, run = await ask(world, talk, "Hello.")
    assert (request.system, applied(run)) == ("", [])
    assert (await world.ada.projects.defaults(project.id)).rules == []
