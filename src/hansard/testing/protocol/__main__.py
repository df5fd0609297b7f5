"""The command: `python -m hansard.testing.protocol URL --token TOKEN`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import msgspec

from hansard.output import harmless_json, install, note, say
from hansard.testing.protocol.checks import select
from hansard.testing.protocol.runner import Result, explanation, run, summaries
from hansard.testing.protocol.server import Server

TOKEN_VARIABLE = "HANSARD_TOKEN"  # noqa: S105 - the name of a variable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite; returns 0 if all promises are kept, 1 if one is broken, and 2 after wrong use."""
    install()
    options = _parser().parse_args(arguments)
    checks = select(options.only)
    if options.list:
        for check in checks:
            say(f"{check.id}: {check.promise}")
        return 0
    token = options.token or os.environ.get(TOKEN_VARIABLE)
    if not options.url or not token or not checks:
        note(f"Give a URL, a token (or {TOKEN_VARIABLE}), and a pattern that matches a check.")
        return 2
    server = Server(options.url, token, timeout=options.timeout)
    try:
        results = list(run(checks, server))
    finally:
        server.close()
    _report(results, as_json=options.json)
    return int(any(result.outcome == "broken" for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hansard.testing.protocol",
        description="Check that a running server keeps the promises of Hansard's protocol.",
    )
    parser.add_argument("url", nargs="?", help="the server, such as http://127.0.0.1:8765")
    parser.add_argument("--token", help=f"its token; {TOKEN_VARIABLE} unless given")
    parser.add_argument(
        "--only",
        metavar="PATTERN",
        action="append",
        default=[],
        help="run only these checks: a group, or a pattern such as 'messages/*'; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="list the checks and run none")
    parser.add_argument("--json", action="store_true", help="report in JSON")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=20.0,
        help="for each answer and each awaited event; 20 unless given",
    )
    return parser


def _report(results: list[Result], *, as_json: bool) -> None:
    broken = [result for result in results if result.outcome == "broken"]
    if as_json:
        say(harmless_json(msgspec.json.encode(results).decode()))
        return
    for line in summaries(results):
        say(line)
    for result in broken:
        say(f"\n{explanation(result)}")
    say(f"\n{len(results)} checks, {len(broken)} broken")


if __name__ == "__main__":
    sys.exit(main())
