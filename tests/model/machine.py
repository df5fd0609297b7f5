"""The machine of the model test: whatever a user can do with the record, in any order.

Ids are picked by number from what is known, and now and then from what is not: missing, foreign, in capitals, or
no ids at all. Two users in each of two tenants take part, and each sometimes asks for what is another's.
"""

from __future__ import annotations

from hansard import Services
from model.branching import Branching
from model.looking import Looking
from model.writing import Writing


class Record(Writing, Branching, Looking):
    def teardown(self) -> None:
        """Everything that went out of the record on one side goes out of it on the other."""

        async def exported(s: Services) -> list[bytes]:
            return [line async for line in s.transfer.export()]

        for scope in range(4):
            self.do(scope, "owner", exported)
            self.do(scope, "owner", lambda s: s.feed.read(limit=500))
            self.do(scope, "owner", lambda s: s.statistics.get())
