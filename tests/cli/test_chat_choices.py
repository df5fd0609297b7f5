"""`hansard chat` with a template, an agent and rules."""

from __future__ import annotations

import json

import pytest

import hansard
from cli.program import Program
from hansard.model.prompts import Variable


@pytest.fixture
def furnished(program: Program) -> Program:
    """A program whose user has an agent with a task, a rule, and a template with variables."""
    with hansard.connect(program.database) as database:
        me = database.scope()
        writer = me.agents.create("Writer", instructions="Write.")
        me.prompts.create("sum", "Sum up.", agent_id=writer.id)
        me.rules.create("Brief", "Be brief.")
        variables = [Variable("name", required=True), Variable("times", "number", default=1)]
        me.prompts.create("greet", "Hello {{ name }} {{ times }}.", variables=variables)
    return program


def applied(program: Program, *arguments: str) -> tuple[str, dict[str, object]]:
    """The answer, which repeats the prompt, and what applied to it."""
    lines = [json.loads(line) for line in program.ok("chat", "--json", *arguments).out.splitlines()]
    with hansard.connect(program.database) as database:
        run = database.scope().runs.get(lines[0]["run_id"])
    rules = [rule.name for rule in run.applied.rules]
    said = "".join(line.get("text", "") for line in lines)
    return said, {"agent": run.applied.agent and run.applied.agent.name, "rules": rules}


def test_a_template_is_sent_with_the_values_of_its_variables(furnished: Program) -> None:
    told = applied(furnished, "--prompt", "greet", "--var", "name=Ada=Bob", "--var", "times=3")
    assert told == ("Hello Ada=Bob 3.", {"agent": None, "rules": []})


def test_an_agent_stays_and_a_rule_is_for_one_prompt(furnished: Program) -> None:
    first = applied(furnished, "--agent", "Writer", "--rule", "Brief", "one")
    assert first == ("one", {"agent": "Writer", "rules": ["Brief"]})
    assert applied(furnished, "--prompt", "sum") == ("Sum up.", {"agent": "Writer", "rules": []})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prompt", "nothing"], "There is no prompt template 'nothing'."),
        (["--prompt", "greet"], "'name' needs a value"),
        (["--prompt", "greet", "--var", "name=x", "--var", "times=x"], "must be a number"),
        (["--prompt", "greet", "--var", "name"], "NAME=VALUE"),
        (["--prompt", "greet", "words"], "Give either a prompt or --prompt."),
        (["--var", "name=x", "words"], "--var belongs to a template"),
        (["--agent", "nobody", "words"], "There is no agent 'nobody'."),
        (["--rule", "nothing", "words"], "There is no rule 'nothing'."),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_kept(
    furnished: Program, arguments: list[str], said: str
) -> None:
    done = furnished.run("chat", *arguments)
    assert done.code != 0
    assert said in done.err
    assert furnished.ok("conversations", "list", "--json").json["items"] == []
