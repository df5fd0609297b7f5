"""The kinds of events by topic, and what live events carry, as the tables declare them.

The topics of the WebSocket, the AsyncAPI document, the types of the chat app and `model/event_kinds.py` follow from
this module.
"""

from __future__ import annotations

import msgspec

from hansard.storage.tables import SCHEMA


def _kinds_of(topic: str) -> tuple[str, ...]:
    return tuple(
        kind
        for table in SCHEMA.tables
        if (table.topic or table.name) == topic
        for kind in table.events
    )


TOPICS: dict[str, tuple[str, ...]] = {
    topic: _kinds_of(topic)
    for topic in sorted({table.topic or table.name for table in SCHEMA.tables if table.events})
}
"""The kinds of each topic; every kind belongs to one."""

RECORDS: dict[str, type[msgspec.Struct] | None] = {
    kind: table.carried.get(kind, table.record) for table in SCHEMA.tables for kind in table.events
}
"""The type of the record that a live event carries; None: it carries none."""
