"""What was promised to clients and told to followers, and whether the record keeps it.

A client notes what it asked for and what was acknowledged. When all has come to rest the record must hold: every
acknowledged message once and any other at most once; for every acknowledged prompt exactly the runs that were asked
for; every run ended, its answer stored and made to its own prompt; nothing told to a follower that is not stored; and
a feed that tells of each message once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from hansard.model.branches import Branch
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.model.runs import ENDED, Run, RunEvent
from hansard.storage.memory.storage import MemoryStorage
from simulation.model import answer_to

TENANT, USER = "acme", "ada"


@dataclass
class Request:
    """Something a client asks for under one id, as often as it takes."""

    id: str
    text: str
    acknowledged: bool = False
    runs: set[str] = field(default_factory=set[str])
    """The runs that were returned, each time."""


class Ledger:
    def __init__(self) -> None:
        self.appends: dict[str, Request] = {}
        self.prompts: dict[str, Request] = {}
        self.answers: dict[str, Request] = {}
        """Requests for one more answer: `answer`, `retry` and `go_on`."""
        self.heard: dict[str, list[RunEvent]] = defaultdict(list)
        """By run: the last event that each follower heard."""
        self.checks = 0

    def holds(self, condition: object, fault: str) -> None:
        self.checks += 1
        assert condition, fault


class Record:
    """What the storage holds at the end, read without the services."""

    def __init__(self, storage: MemoryStorage) -> None:
        rows = storage.rows(TENANT)
        self.messages: dict[str, Message] = {m.id: m for m in rows["messages"].values()}
        self.branches: dict[str, Branch] = {b.id: b for b in rows["branches"].values()}
        self.runs: dict[str, Run] = {r.id: r for r in rows["runs"].values()}
        self.feed: list[FeedEntry] = [e for e in rows["feed"].values() if e.user_id == USER]
        self.events: dict[str, list[RunEvent]] = defaultdict(list)
        for event in rows["run_events"].values():
            self.events[event.run_id].append(event)


def check(ledger: Ledger, record: Record) -> None:
    """Raise AssertionError with the first promise that is not kept."""
    _check_stored(ledger, record)
    _check_places(ledger, record)
    _check_runs(ledger, record)
    _check_answers(ledger, record)
    _check_heard(ledger, record)
    _check_feed(ledger, record)


def _check_stored(ledger: Ledger, record: Record) -> None:
    texts = Counter(m.text for m in record.messages.values() if m.role == "user")
    for request in (*ledger.appends.values(), *ledger.prompts.values()):
        stored = record.messages.get(request.id)
        if request.acknowledged:
            ledger.holds(stored is not None, f"lost: {request.text}")
        ledger.holds(texts[request.text] <= 1, f"doubled: {request.text}")
        ledger.holds(stored is None or stored.text == request.text, f"changed: {request.text}")


def _check_places(ledger: Ledger, record: Record) -> None:
    """Each branch is dense, each message follows the one before, each branch ends at its head."""
    owned: dict[str, list[Message]] = defaultdict(list)
    for message in record.messages.values():
        owned[message.branch].append(message)
    for branch in record.branches.values():
        messages = sorted(owned[branch.id], key=lambda m: m.seq)
        seqs = [m.seq for m in messages]
        dense = list(range(branch.fork_seq + 1, branch.head_seq + 1))
        ledger.holds(seqs == dense, f"branch {branch.id} has {seqs}, not {dense}")
        for before, after in pairwise(messages):
            ledger.holds(after.parent_id == before.id, f"{after.text} does not follow")
        if messages:
            ledger.holds(branch.head_id == messages[-1].id, f"branch {branch.id}: wrong head")


def _check_runs(ledger: Ledger, record: Record) -> None:
    """Each request has one run, whoever asked how often, and there is no run that nobody asked for."""
    requests = {**ledger.prompts, **ledger.answers}
    for request in requests.values():
        runs = sorted(request.runs)
        if request.acknowledged:
            ledger.holds(len(runs) == 1, f"{request.text}: acknowledged with the runs {runs}")
            ledger.holds(runs[0] in record.runs, f"{request.text}: its run is lost")
    by_request = Counter(str(run.request_id) for run in record.runs.values())
    for made, count in by_request.items():
        ledger.holds(made in requests, f"nobody asked for the run of {made}")
        ledger.holds(count == 1, f"{requests[made].text}: {count} runs")
    for run in record.runs.values():
        ledger.holds(run.status in ENDED, f"run {run.id} is still {run.status}")


def _check_answers(ledger: Ledger, record: Record) -> None:
    for run in record.runs.values():
        answer = record.messages.get(run.message_id)
        ledger.holds(answer is not None, f"run {run.id} ({run.status}) has no answer")
        prompt = record.messages.get(run.prompt_id or "")
        if answer is None or prompt is None or prompt.role != "user":
            continue
        ledger.holds(answer.parent_id == prompt.id, f"{answer.text!r} is not behind its prompt")
        whole = answer_to(prompt.text)
        said = answer.text
        right = said == whole if run.status == "completed" else whole.startswith(said)
        ledger.holds(right, f"{prompt.text!r} is answered by {said!r} ({run.status})")


def _check_heard(ledger: Ledger, record: Record) -> None:
    """Nobody was told of an end, or of a message, that the record does not have."""
    for run_id, events in ledger.heard.items():
        run = record.runs.get(run_id)
        ledger.holds(run is not None, f"run {run_id} was told of and is lost")
        status = run.status if run is not None else None
        for last in events:
            ledger.holds(last.type == status, f"told {last.type}, stored {status}")
            answer = record.messages.get(str(last.data.get("message_id")))
            ledger.holds(answer is not None, f"told {last.type} without a stored answer")


def _check_feed(ledger: Ledger, record: Record) -> None:
    """Each message is told once: as part of the append that stored it."""
    told = Counter(
        e.subject_id for e in record.feed if e.kind == "message.created" and e.count == 1
    )
    for message in record.messages.values():
        ledger.holds(
            told[message.id] == 1,
            f"{message.role} {message.text!r} is told {told[message.id]} times",
        )
