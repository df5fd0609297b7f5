"""Bytes on disk for each byte of text.

They are counted after the database is closed and its log is merged. Many writers append messages one by one, in
conversations of twenty, so the search index has the shape that it has in use. The size is
that of the whole file: rows, indexes, counters, feed, search index. The text is counted as UTF-8, without the JSON
around it.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from pathlib import Path

from bench import Bench, database
from hansard import Services
from hansard.storage.sqlite import files
from loading import at_once, turns
from measure import measured
from results import Row, Target
from texts import Texts

TALK = 20
"""Messages in a conversation."""
WORDS = {300: 50, 600: 100}
"""For a mean length in characters, the mean length in words."""

SMALL = Target(
    "≤",
    2.5,
    "Text and search index together meet the target. The rest is the overhead of each message, however short it "
    "is: five ids, its position and time, two unique indexes and a feed entry. Together with free space in the "
    "pages, this is 400 to 500 bytes.",
)

_ROOM = """
    SELECT s.name, m.tbl_name, s.pgsize
    FROM dbstat AS s LEFT JOIN sqlite_schema AS m USING (name)
    WHERE s.aggregate = 1
"""


async def measure(bench: Bench) -> list[Row]:
    rows: list[Row] = []
    for characters, words in WORDS.items():
        path = bench.path(f"size-{characters}.db")
        texts = Texts(seed=7, mean=words).many(bench.sizes.kept)
        async with database(path) as db:
            await _store(db.scope(), texts)
        size = sum(len(text.encode()) for text in texts)
        what = f"bytes on disk for a byte of text, messages of {characters} characters"
        rows.append(measured("size", what, path.stat().st_size / size, unit="bytes", target=SMALL))
        rows += _shares(path, size)
    return rows


async def _store(scope: Services, texts: list[str]) -> None:
    async def talk(first: int) -> None:
        made = await scope.conversations.create()
        for draft in turns(texts[first : first + TALK]):
            await scope.messages.append(made.id, [draft])

    await at_once(talk, range(0, len(texts), TALK))


def _shares(path: Path, size: int) -> list[Row]:
    """What takes the room."""
    taken: defaultdict[str, int] = defaultdict(int)
    with closing(files.connect(path, readonly=True)) as connection:
        for name, table, used in connection.execute(_ROOM):
            taken[_share(name, table)] += used
    return [
        measured("size", f"… of these: {share}", used / size, unit="bytes")
        for share, used in sorted(taken.items(), key=lambda item: -item[1])
    ]


def _share(name: str, table: str | None) -> str:
    if name.startswith("messages_terms"):
        return "search index"
    if table == "messages":
        return "messages" if name == table else "indexes of the messages"
    if table == "feed":
        return "feed"
    return "everything else"
