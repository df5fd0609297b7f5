"""`hansard torture`: checks the guarantees on a disk or server; `hansard.torture` describes the trials."""

from __future__ import annotations

from typing import Annotated

import typer

from hansard.cli import session
from hansard.cli.rendering import plural, print_json_line
from hansard.errors import StorageError

Target = Annotated[
    str,
    typer.Argument(metavar="DIR-OR-URL", help="A directory on the disk to test, or postgresql://…"),
]
Rounds = Annotated[
    int, typer.Option("--rounds", metavar="N", min=1, help="The number of rounds of each trial.")
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="TRIAL", help="Only this trial; repeatable.")
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="The seed, to repeat the same random choices."),
]
Plant = Annotated[
    bool,
    typer.Option(
        "--plant", help="Disable a safeguard in each trial, which must then be reported as broken."
    ),
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
    """Check whether the guarantees hold on this disk or server.

    On a disk (kill, snapshot, full, flush), processes are killed, power is cut, the disk is filled, and flushes fail.
    On a server (kill, lost-commit, two-servers), processes are killed, replies to commits are lost, and one of two
    servers is killed while clients follow it. Prints one JSON line for each trial and a summary; the exit code is 5 if
    a guarantee was broken. Only a new folder and new databases are used; they are removed unless a trial fails.
    """
    session.run(_torture(target, rounds, only or [], seed, plant))


async def _torture(
    target: str, rounds: int, only: list[str], seed: int | None, plant: bool
) -> None:
    import logging  # noqa: PLC0415

    from hansard.torture.trials import Torture  # noqa: PLC0415

    logging.getLogger("hansard").addHandler(
        logging.NullHandler()
    )  # the lines contain all that matters
    tried = Torture(target, rounds=rounds, only=only, seed=seed, planted=plant)
    kept: list[str] = []
    async for result in tried.results():
        print_json_line(result)
        kept += [result.kept] if result.kept else []
    print_json_line(tried.summary())
    if kept:
        raise StorageError(f"{plural(len(kept), 'trial')} failed; see {', '.join(kept)}.")
