"""All planted faults; each names a check of the protocol suite that must catch it."""

from __future__ import annotations

from protocol import planted_answers, planted_streams
from protocol.faulty import Faulty

MODULES = (planted_answers, planted_streams)


def _all(kind: type[Faulty]) -> list[type[Faulty]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *_all(sub))]


PLANTED = [fault for fault in _all(Faulty) if fault.caught_by]
"""All planted faults."""
