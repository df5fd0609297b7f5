"""What a look at a database finds, and what it gathers on its way."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

PAGE = 500
"""Rows that are looked at together."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    tenant: str
    subject: str
    """Such as `branch 0193…`."""
    message: str
    repairable: bool = False
    """Whether it can be made anew from the messages."""


class Verification(msgspec.Struct, kw_only=True):
    """What was looked at, and what was found."""

    position: int
    """Where the feed ended before: given as `since`, the next look is at what has changed from here on."""
    whole: bool
    """Whether everything was looked at; else the counters and some of the feed were not."""
    conversations: int = 0
    messages: int = 0
    artifacts: int = 0
    blobs: int = 0
    findings: list[Finding] = []


class Said(msgspec.Struct):
    """What the feed should have told of a conversation."""

    owner_id: str
    created_at: datetime
    depths: int = 0
    """A sum over the depths of all messages; see `feed`."""


class Seen:
    """What a look at one tenant gathers."""

    def __init__(self, tenant: str, *, whole: bool) -> None:
        self.tenant = tenant
        self.whole = whole
        self.findings: list[Finding] = []
        self.looked_at: Counter[str] = Counter()
        """How many records of each kind."""
        self.sums: Counter[tuple[Any, ...]] = Counter()
        """What the counters should say, by key and counter."""
        self.counts: dict[str, int] = {}
        """The right `message_count` of conversations that have a wrong one."""
        self.heads: dict[str, dict[str, Any]] = {}
        """Where branches end that say something else."""
        self.digests: dict[str, str] = {}
        """The digests of messages that have none and should."""
        self.said: dict[str, Said] = {}
        """What the conversations have that were looked at and are whole."""
        self.blobs: set[str] = set()
        """Blobs that messages show, where not all blobs are looked at."""
        self.contents: set[str] = set()
        """Contents that revisions name, where not all contents are looked at."""

    def find(self, subject: str, message: str, *, repairable: bool = False) -> None:
        self.findings.append(
            Finding(tenant=self.tenant, subject=subject, message=message, repairable=repairable)
        )
