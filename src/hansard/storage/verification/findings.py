"""The result of a verification, and what is collected during it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

PAGE = 500
"""Rows that are verified together."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that was found."""

    tenant: str
    subject: str
    """The affected record, such as `branch 0193…`."""
    message: str
    repairable: bool = False
    """Whether it can be repaired by computing it again from the messages."""


class Verification(msgspec.Struct, kw_only=True):
    """What was verified, and what was found."""

    position: int
    """The end of the feed before the verification: as `since`, the next one verifies what changed after it."""
    whole: bool
    """Whether everything was verified; otherwise the counters and parts of the feed were not."""
    conversations: int = 0
    messages: int = 0
    artifacts: int = 0
    blobs: int = 0
    findings: list[Finding] = []


class Expected(msgspec.Struct):
    """What the feed must have reported about a conversation."""

    owner_id: str
    created_at: datetime
    depths: int = 0
    """A sum over the depths of all messages; see `feed`."""


class Collector:
    """What is collected about one tenant."""

    def __init__(self, tenant: str, *, whole: bool) -> None:
        self.tenant = tenant
        self.whole = whole
        self.findings: list[Finding] = []
        self.looked_at: Counter[str] = Counter()
        """The number of verified records, by kind."""
        self.sums: Counter[tuple[Any, ...]] = Counter()
        """The expected counters, by key and name."""
        self.counts: dict[str, int] = {}
        """The correct `message_count` of conversations where it is wrong."""
        self.heads: dict[str, dict[str, Any]] = {}
        """The correct heads of branches where they are wrong."""
        self.digests: dict[str, str] = {}
        """The digests of messages where they are missing."""
        self.expected: dict[str, Expected] = {}
        """The complete conversations among the verified ones."""
        self.blobs: set[str] = set()
        """Blobs in messages, if not all blobs are verified."""
        self.contents: set[str] = set()
        """Contents of revisions, if not all contents are verified."""

    def find(self, subject: str, message: str, *, repairable: bool = False) -> None:
        self.findings.append(
            Finding(tenant=self.tenant, subject=subject, message=message, repairable=repairable)
        )
