"""Measure what rules, an agent and projects add to the first word of an answer.

    .venv/bin/python benchmarks/applied.py

Two conversations on one SQLite file: a bare one, and one in two nested projects, held with an agent, with three rules.
Prompts are sent to both in turn, and answered by the echo model. Prints the medians of the time until the first word.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import hansard
from hansard.model.conversations import Conversation
from hansard.providers.echo import Echo

ROUNDS = 300


async def first_word(me: hansard.Services, talk: Conversation) -> float:
    """Return the seconds from sending a prompt to the first word of its answer, and wait for the end."""
    started = time.perf_counter()
    [run] = await me.chat.send(talk.id, "Where do I sleep in Rome?", model="echo/echo")
    took = 0.0
    async for event in me.runs.events(run.id):
        if event.type == "text" and not took:
            took = time.perf_counter() - started
    return took


async def furnished(me: hansard.Services) -> Conversation:
    """Return a conversation to which much applies."""
    for name in ("one", "two", "three"):
        await me.rules.create(name, f"Rule {name}: be brief and polite.")
    outer = await me.projects.create("outer", instructions="Think of the budget.", rules=["one"])
    inner = await me.projects.create("inner", parent_id=outer.id, options={"temperature": 0.5})
    agent = await me.agents.create("Guide", instructions="You guide.", rules=["two", "three"])
    return await me.conversations.create(project_id=inner.id, agent_id=agent.id)


async def main() -> None:
    options = hansard.ChatOptions(auto_title=False, summarize=False, max_history=2)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "chats.db"
        async with hansard.connect(path, providers=[Echo()], options=options) as db:
            bare = await db.scope(user="bare").conversations.create()
            much = await furnished(db.scope(user="much"))
            times: dict[str, list[float]] = {"bare": [], "much": []}
            for _ in range(ROUNDS):
                times["bare"].append(await first_word(db.scope(user="bare"), bare))
                times["much"].append(await first_word(db.scope(user="much"), much))
    plain, applied = (statistics.median(times[name]) * 1_000 for name in ("bare", "much"))
    print(f"first word: bare {plain:.2f} ms, with all that applies {applied:.2f} ms")
    print(f"added: {applied - plain:.2f} ms ({applied / plain:.2f} ×)")


if __name__ == "__main__":
    asyncio.run(main())
