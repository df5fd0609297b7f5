"""What applies to a prompt: the agent, the rules, the template, the model and its options, and where each comes from.

It is decided when the prompt is asked, and stored with the run by value: later changes do not alter what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hansard.context.projects import projects_of
from hansard.context.variables import values_of
from hansard.errors import InvalidInput, TooLarge
from hansard.ids import is_id
from hansard.model.agents import Agent
from hansard.model.applied import Applied, AppliedAgent, AppliedPrompt, AppliedRule, RuleSource
from hansard.model.base import JsonObject
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.projects import Project
from hansard.model.prompts import Prompt
from hansard.model.rules import Rule
from hansard.model.users import Tenant, User
from hansard.providers.base import Provider
from hansard.providers.registry import Registry
from hansard.services.library.base import missing, named
from hansard.services.library.rendering import check_values
from hansard.services.library.rules import Listed, check_rules, find_rules, listed_rules
from hansard.storage.base import Reader
from hansard.storage.query import Query

MAX_RULES_TEXT = 200_000
"""Characters of all rules that apply to one prompt."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What a user chose for one prompt: ids or names."""

    agent: str | None = None
    prompt: str | None = None
    """The template that the prompt is made from."""
    variables: JsonObject = {}
    rules: tuple[str, ...] = ()
    lenient: bool = False
    """Whether an agent or a rule that does not exist any more is left out, instead of refused."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What applies to a prompt."""

    providers: Registry
    """Those that the user has."""
    applied: Applied = Applied()
    model: str | None = None
    """The model that is set closest to the prompt; None: none is set."""
    options: JsonObject = {}
    """Inherited options for the model."""
    template: Prompt | None = None
    """The template that the prompt is made from."""

    def options_for(self, provider: Provider, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options to send: the provider's defaults, inherited ones that it supports, and the given ones."""
        inherited = dict(self.options)
        agent = self.applied.agent
        if agent is not None and agent.output_schema is not None:
            described = {"name": "answer", "schema": agent.output_schema}
            inherited["response_format"] = {"type": "json_schema", "json_schema": described}
        fitting = {n: v for n, v in inherited.items() if _supports(provider, n, v)}
        return {**provider.defaults, **fitting, **given}


def _supports(provider: Provider, name: str, value: Any) -> bool:
    try:
        provider.check_options({name: value})
    except InvalidInput:
        return False
    return True


def choices(
    agent: str | None = None,
    prompt: str | None = None,
    variables: dict[str, Any] | None = None,
    rules: Sequence[str] = (),
) -> Choices:
    """Return what a request chose. Raises InvalidInput if variables are given without a template, or are invalid."""
    if variables and prompt is None:
        raise InvalidInput("Variables belong to a template: give prompt.", pointer="/variables")
    return Choices(
        agent=agent, prompt=prompt, variables=check_values(variables), rules=check_rules(rules)
    )


def choices_of(applied: Applied) -> Choices:
    """Return the choices by which the same agent and rules apply to another answer to a prompt."""
    chosen = tuple(rule.id for rule in applied.rules if rule.source in ("chosen", "prompt"))
    return Choices(agent=applied.agent and applied.agent.id, rules=chosen, lenient=True)


async def setup_of(
    tx: Reader,
    providers: Registry,
    conversation: Conversation,
    branch: Branch,
    chosen: Choices = Choices(),  # noqa: B008 - frozen
) -> Setup:
    """Return what applies to a prompt in a conversation.

    Raises NotFound if a chosen agent, template or rule does not exist, InvalidInput for invalid variables, TooLarge if
    the rules are too long together.
    """
    owner = conversation.owner_id
    agent = await _agent(tx, conversation, chosen)
    prompt = await _prompt(tx, owner, chosen.prompt, agent)
    if prompt is not None and prompt.agent_id is not None and chosen.agent is None:
        agent = await _active_agent(tx, owner, prompt.agent_id)
    projects = await projects_of(tx, conversation)
    tenant, user = await tx.get(Tenant), await tx.get(User, owner)
    holders = [*(h for h in (tenant, user) if h), *reversed(projects), *([agent] if agent else [])]
    values = {} if prompt is None else values_of(prompt.variables, chosen.variables)
    return Setup(
        providers=providers,
        applied=Applied(
            agent=agent and _applied_agent(agent),
            prompt=prompt and _applied_prompt(prompt, values),
            rules=await _rules(tx, owner, holders, prompt, chosen),
        ),
        model=_model(conversation, branch, holders, given=chosen.agent is not None),
        options={name: value for holder in holders for name, value in holder.options.items()},
        template=prompt,
    )


_Holder = Tenant | User | Project | Agent


async def _prompt(
    tx: Reader, owner: str, id_or_name: str | None, agent: Agent | None
) -> Prompt | None:
    """Return a template by its id or name: a task of the agent, else the owner's, else a public one.

    Raises NotFound if there is none.
    """
    if id_or_name is None:
        return None
    active = Query(Prompt).where(state="active").by("id")
    if is_id(id_or_name.lower()):
        with_name = active.where(id=id_or_name.lower())
        queries = [with_name.where(owner_id=owner), with_name.where(public=True, agent_id=None)]
    else:
        with_name = active.where(name=id_or_name)
        own, templates = with_name.where(owner_id=owner), with_name.where(agent_id=None)
        tasks = [own.where(agent_id=agent.id)] if agent else []
        queries = [*tasks, templates.where(owner_id=owner), templates.where(public=True)]
    for query in queries:
        if found := await tx.select(query.page(1)):
            return found[0]
    raise missing("prompt template", id_or_name, "/prompt")


async def _agent(tx: Reader, conversation: Conversation, chosen: Choices) -> Agent | None:
    """Return the chosen agent, else the conversation's. Raises NotFound if the chosen one does not exist."""
    if chosen.agent is not None:
        for found in await named(tx, Agent, conversation.owner_id, [chosen.agent]):
            return found
        if not chosen.lenient:
            raise missing("agent", chosen.agent, "/agent")
    agent_id = conversation.agent_id
    return await _active_agent(tx, conversation.owner_id, agent_id) if agent_id else None


async def _active_agent(tx: Reader, owner: str, agent_id: str) -> Agent | None:
    agent = await tx.get(Agent, agent_id)
    return agent if agent and agent.state == "active" and agent.owner_id == owner else None


def _model(
    conversation: Conversation, branch: Branch, holders: Sequence[_Holder], *, given: bool
) -> str | None:
    """Return the model that is set closest to the prompt.

    An agent that is chosen for one prompt comes first; otherwise the model that was chosen for the conversation does.
    """
    outward = [holder.model for holder in reversed(holders)]
    talk = [branch.model, conversation.model]
    order = [*outward[:1], *talk, *outward[1:]] if given else [*talk, *outward]
    return next((model for model in order if model is not None), None)


async def _rules(
    tx: Reader,
    owner: str,
    holders: Sequence[_Holder],
    prompt: Prompt | None,
    chosen: Choices,
) -> tuple[AppliedRule, ...]:
    """Return the rules that apply, each once, from the tenant's to the chosen ones."""
    listed = [_listed(holder, owner) for holder in holders]
    if prompt is not None:
        listed.append(Listed("prompt", prompt.rules, prompt.owner_id))
    applied = {
        rule.id: _applied_rule(rule, source)
        for rule, source, _ in await listed_rules(tx, owner, listed)
    }
    if chosen.lenient:
        picked = await named(tx, Rule, owner, chosen.rules)
    else:
        picked = await find_rules(tx, owner, chosen.rules)
    for rule in picked:
        applied.setdefault(rule.id, _applied_rule(rule, "chosen"))
    if sum(len(rule.text) for rule in applied.values()) > MAX_RULES_TEXT:
        raise TooLarge(
            f"The rules that apply exceed {MAX_RULES_TEXT} characters.", pointer="/rules"
        )
    return tuple(applied.values())


def _listed(holder: _Holder, owner: str) -> Listed:
    match holder:
        case Tenant():
            return Listed("tenant", holder.rules, None)
        case User():
            return Listed("user", holder.rules, owner)
        case Project():
            return Listed("project", holder.rules, owner)
        case Agent():
            return Listed("agent", holder.rules, owner)


def _applied_rule(rule: Rule, source: RuleSource) -> AppliedRule:
    return AppliedRule(
        id=rule.id, name=rule.name, text=rule.text, position=rule.position, source=source
    )


def _applied_agent(agent: Agent) -> AppliedAgent:
    return AppliedAgent(
        id=agent.id,
        name=agent.name,
        version=agent.version,
        instructions=agent.instructions,
        output_schema=agent.output_schema,
    )


def _applied_prompt(prompt: Prompt, values: JsonObject) -> AppliedPrompt:
    return AppliedPrompt(id=prompt.id, name=prompt.name, revision=prompt.revision, values=values)
