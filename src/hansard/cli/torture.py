"""`hansard torture`: whether the promises hold here. What each trial does is said in `hansard.torture`."""

from __future__ import annotations

from typing import Annotated

import typer

from hansard.cli import session
from hansard.cli.rendering import plural, print_json_line
from hansard.errors import StorageError

Target = Annotated[
    str,
    typer.Argument(
        metavar="DIR-OR-URL", help="A directory of the disk that is to be tried, or postgresql://…"
    ),
]
Rounds = Annotated[int, typer.Option("--rounds", metavar="N", min=1, help="Rounds of each trial.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="TRIAL", help="This trial; may be repeated.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="Choose the same moments again.")
]
Plant = Annotated[
    bool,
    typer.Option("--plant", help="Take a safeguard out of each trial, which must then say broken."),
]


def register(main: typer.Typer) -> None:
    main.command()(torture)


def torture(
    target: Target,
    rounds: Rounds = 20,
    only: Only = None,
    seed: Seed = None,
    plant: Plant = False,
) -> None:
    """See whether what is promised holds on this disk or server.

    On a disk (kill, snapshot, full, flush), processes are killed, power is cut, the disk is full, and flushes fail. On
    a server (kill, lost-commit, two-servers), processes are killed, replies to commits are lost, and one of two
    servers is killed while clients follow. Prints one JSON line for each trial and one with the sum; ends with 5 if
    anything broke. Nothing but a new folder or new databases is touched, which are removed at the end unless something
    broke.
    """
    session.run(_torture(target, rounds, only or [], seed, plant))


async def _torture(
    target: str, rounds: int, only: list[str], seed: int | None, plant: bool
) -> None:
    import logging  # noqa: PLC0415

    from hansard.torture.trials import Torture  # noqa: PLC0415

    logging.getLogger("hansard").addHandler(logging.NullHandler())  # the lines say what matters
    tried = Torture(target, rounds=rounds, only=only, seed=seed, planted=plant)
    kept: list[str] = []
    async for result in tried.results():
        print_json_line(result)
        kept += [result.kept] if result.kept else []
    print_json_line(tried.summary())
    if kept:
        raise StorageError(f"{plural(len(kept), 'trial')} broke; look at {', '.join(kept)}.")
