"""The cost of extracting artifacts from answers.

An answer with a program of twenty lines is compared with an answer with the same words without a fence, which
contains no artifact. The difference is the time to parse the Markdown and to store the artifact: its
revision, its content, its search terms, its counters, its feed entry. Then the newest of very many
artifacts are listed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from statistics import median

import hansard
from bench import Bench, database
from hansard import Database
from measure import Side, compared, in_turns, in_unit, measured, repeated
from results import Row
from texts import Texts

LINES = 20
KEPT = 5_000
PAGE = 50


async def measure(bench: Bench) -> list[Row]:
    sizes = bench.sizes
    many = f"{sizes.writers} writers at once"
    return [
        await _appends(bench, "one writer", 1, sizes.appends // 2, "µs"),
        await _appends(bench, many, sizes.writers, sizes.each, "/s"),
        await _list(bench),
    ]


async def _appends(bench: Bench, who: str, writers: int, each: int, unit: str) -> Row:
    rounds = bench.sizes.rounds
    fenced = answers((rounds + 1) * writers * each)
    plain = [answer.replace("```", "") for answer in fenced]
    async with database(bench.path("made.db")) as made, database(bench.path("said.db")) as said:
        sides = [
            await _writing(made, fenced, writers, each),
            await _writing(said, plain, writers, each),
        ]
        for side in sides:
            await side(rounds)
        taken = await in_turns(rounds, *sides)
    what = f"durable append of an answer with a program, {who}"
    return compared("artifacts", what, taken[0], "the same without a fence", taken[1], unit=unit)


async def _writing(db: Database, answers: Sequence[str], writers: int, each: int) -> Side:
    """A round's share of the answers, each writer's one after the other in a conversation of its own."""
    ada = db.scope()
    talks = [(await ada.conversations.create()).id for _ in range(writers)]

    async def run(number: int) -> float:
        share = answers[number * writers * each : (number + 1) * writers * each]

        async def write(writer: int) -> None:
            for answer in share[writer::writers]:
                await ada.messages.append(talks[writer], [hansard.assistant(answer)])

        started = time.perf_counter()
        await asyncio.gather(*map(write, range(writers)))
        return (time.perf_counter() - started) / len(share)

    return run


async def _list(bench: Bench) -> Row:
    size = min(KEPT, bench.sizes.conversations)
    async with database(bench.path("listed.db")) as db:
        ada = db.scope()
        for number, program in enumerate(_programs(size)):
            await ada.artifacts.create(
                program, type="code", language="python", title=f"Program {number}"
            )
        times = bench.sizes.reads // 10

        async def run(_: int) -> float:
            return await repeated(times, lambda: ada.artifacts.list(limit=PAGE))

        await run(0)
        [taken] = await in_turns(bench.sizes.rounds, run)
    what = f"list the {PAGE} newest of {size:,} artifacts"
    return measured("artifacts", what, in_unit(median(taken), "µs"), unit="µs")


def answers(count: int) -> list[str]:
    """Answers with a program each."""
    return [f"Here it is.\n\n```python\n{program}\n```\n" for program in _programs(count)]


def _programs(count: int) -> list[str]:
    """Lines of code with the words of a text."""
    found: list[str] = []
    for text in Texts().many(count):
        words = text.split()
        said = (" ".join(words[line::LINES]) for line in range(LINES))
        found.append("\n".join(f'line_{number} = "{line}"' for number, line in enumerate(said)))
    return found
