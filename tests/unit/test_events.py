"""The kinds of events are declared once, and everything that names one is held to that."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import event_kinds
import hansard
from hansard.model.event_kinds import EventKind, EventRecord
from hansard.services.base import Service
from hansard.services.feed.kinds import RECORDS, TOPICS
from hansard.storage.base import Change

ROOT = Path(hansard.__file__).parent
KINDS = get_args(EventKind)
LIBRARY = ("tag", "rule", "agent", "prompt", "api_key", "provider")
KIND = re.compile(r'"([a-z]+\.[a-z]+ed)"')


def test_the_types_are_what_the_script_writes() -> None:
    written = event_kinds.OUT.read_text("utf-8")
    assert event_kinds.module() == written, "run scripts/event_kinds.py"


def test_every_kind_belongs_to_one_topic_and_carries_a_known_record() -> None:
    assert [kind for kinds in TOPICS.values() for kind in kinds] == list(KINDS)
    assert len(set(KINDS)) == len(KINDS)
    assert set(RECORDS) == set(KINDS)
    assert {record for record in RECORDS.values() if record} == set(get_args(EventRecord))


def test_every_declared_kind_is_published_somewhere_and_no_other() -> None:
    texts = [file.read_text("utf-8") for file in (ROOT / "services").rglob("*.py")]
    texts.append((ROOT / "storage" / "message_tree.py").read_text("utf-8"))
    library = (ROOT / "services" / "library" / "base.py").read_text("utf-8")
    verbs = re.findall(r'kind_of\(record, "(\w+)"\)', library)
    published = {f"{noun}.{verb}" for noun in LIBRARY for verb in verbs}
    assert {kind for text in texts for kind in KIND.findall(text)} | published == set(KINDS)


def test_only_declared_kinds_can_be_published() -> None:
    assert get_type_hints(Change)["kind"] == EventKind
    assert get_type_hints(Service.change)["kind"] == EventKind


def test_an_undeclared_kind_is_a_type_error(tmp_path: Path) -> None:
    """The planted bug: a service publishes a kind that is not declared."""
    file = tmp_path / "planted.py"
    file.write_text(
        "from hansard.services.base import Service\n\n\n"
        "def publish(service: Service) -> None:\n"
        '    service.change("message.pinned", "x", service.clock())\n'
        '    service.change("message.rated", "x", service.clock())\n'
    )
    checker = Path(sys.executable).with_name("basedpyright")
    found = subprocess.run(
        [checker, "--pythonpath", sys.executable, "--level", "error", file],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert re.findall(r"planted\.py:(\d+).*EventKind", found) == ["5"]
