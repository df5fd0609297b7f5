"""Write `src/hansard/model/event_kinds.py`: the types of events, from the declarations of the tables.

Run it after the events of a table have changed; a test fails when the file is not what this would write.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import hansard
from hansard.services.feed.kinds import RECORDS, TOPICS

OUT = Path(hansard.__file__).parent / "model" / "event_kinds.py"

_TEXT = '''"""Written by scripts/event_kinds.py from the tables: do not edit."""

from __future__ import annotations

from typing import Literal

{imports}

EventKind = Literal[
{kinds}
]
"""What happened: the noun and the verb of a change."""

EventRecord = (
    {records}
)
"""The record that a live event carries."""
'''


def main() -> None:
    OUT.write_text(module(), "utf-8")


def module() -> str:
    carried = {record.__name__: record.__module__ for record in RECORDS.values() if record}
    return _TEXT.format(
        imports="\n".join(_imports(carried)),
        kinds="\n".join(f'    "{kind}",' for kinds in TOPICS.values() for kind in kinds),
        records="\n    | ".join(sorted(carried)),
    )


def _imports(homes: dict[str, str]) -> Iterable[str]:
    """One import for each module, in the order of the linter."""
    for home in sorted(set(homes.values())):
        names = sorted(name for name, module in homes.items() if module == home)
        yield f"from {home} import {', '.join(names)}"


if __name__ == "__main__":
    main()
