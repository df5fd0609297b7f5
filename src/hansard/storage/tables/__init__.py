"""The schema: one `Table` for each record type.

A new record type is a class and one entry in a group of tables here, and the migration that ``hansard db revision``
writes. The entry says whose the records are, what they belong to, whether they are exported and which events there are;
the back ends, the contract suite, purges, exports and imports follow from it (see `schema`).

Every key, index and reference starts with the tenant; this is implied and not written here.
"""

from __future__ import annotations

from hansard.storage.schema import Schema
from hansard.storage.tables import artifacts, conversations, library, server, users

TABLES = (
    *users.TABLES,
    *library.TABLES,
    *conversations.TABLES,
    *artifacts.TABLES,
    *server.TABLES,
)

SCHEMA = Schema(TABLES)
