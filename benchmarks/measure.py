"""How a number is come by.

Sides that are compared take turns: one round of each, then the next, forwards and backwards, so that whatever
the machine is doing besides falls on all of them. A ratio is taken within a round; of the rounds the median
counts, and the lowest and the highest ratio are kept, for they show the noise.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median

from peers.host import EARLIER
from results import Row, Target

Side = Callable[[int], Awaitable[float]]
"""Does the work of one round, given its number; returns the seconds that one operation took."""


async def in_turns(rounds: int, *sides: Side) -> list[list[float]]:
    """For each side the seconds per operation, round by round."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(rounds):
        order = list(range(len(sides)))
        for index in order if number % 2 == 0 else reversed(order):
            gc.collect()
            taken[index].append(await sides[index](number))
    return taken


async def repeated(times: int, operation: Callable[[], Awaitable[object]]) -> float:
    """Seconds that an operation takes, over so many of them, one after the other."""
    started = time.perf_counter()
    for _ in range(times):
        await operation()
    return (time.perf_counter() - started) / times


SCALES = {"µs": 1e6, "ms": 1e3, "MB": 1.0}
"""By what to multiply what was measured: seconds, or megabytes."""


def compared(
    subject: str,
    what: str,
    ours: Sequence[float],
    beside: str,
    theirs: Sequence[float],
    *,
    unit: str,
    target: Target | None = None,
    faster: bool = False,
) -> Row:
    """A row from seconds per operation, in a unit of time or as `…/s`.

    The ratio says how many times as long as theirs ours takes, or, if that is what the target is about or
    with `faster`, how many times as fast it is.
    """
    speed = faster or (target is not None and target.sign == "≥")
    pairs = list(zip(ours, theirs, strict=True))
    ratios = [other / own if speed else own / other for own, other in pairs]
    ratio = median(ratios)
    return Row(
        subject=subject,
        what=what,
        unit=unit,
        value=in_unit(median(ours), unit),
        beside=beside,
        other=in_unit(median(theirs), unit),
        ratio=ratio,
        lowest=min(ratios),
        highest=max(ratios),
        reading="as fast" if speed else "as much" if unit == "MB" else "as long",
        target=target,
        met=None if target is None else target.met(ratio),
    )


def beside_peers(
    subject: str,
    what: str,
    ours: Sequence[float],
    theirs: Mapping[str, Sequence[float]],
    *,
    unit: str,
    target: Target | None = None,
    earlier: Target | None = None,
) -> list[Row]:
    """A row for each peer; `target` is for the fastest other product, `earlier` for Hansard at an earlier commit."""
    others = [name for name in theirs if not name.startswith(EARLIER)]
    best = min(others, key=lambda name: median(theirs[name]), default=None)
    targets = {name: earlier for name in theirs if name.startswith(EARLIER)} | {best: target}
    return [
        compared(
            subject,
            what,
            ours,
            name,
            taken,
            unit=unit,
            target=targets.get(name),
            faster=True,
        )
        for name, taken in theirs.items()
    ]


def measured(
    subject: str, what: str, value: float, *, unit: str, target: Target | None = None
) -> Row:
    """A row that stands for itself."""
    met = None if target is None else target.met(value)
    return Row(subject=subject, what=what, unit=unit, value=value, target=target, met=met)


def in_unit(seconds: float, unit: str) -> float:
    return seconds * SCALES[unit] if unit in SCALES else 1 / seconds
