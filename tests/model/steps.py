"""What the steps of the model test have in common: who asks, what is known, and the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from hansard import Draft
from hansard.model.messages import Message
from model import words as w
from model.sides import Outcome, Sides, Work

Pick = tuple[str, int]
picks = st.tuples(
    st.sampled_from(("known",) * 20 + ("capitals", "foreign", "missing", "nonsense")),
    st.integers(0, 12),
)
askers = st.sampled_from(("owner",) * 14 + ("other user", "other tenant"))
numbers = st.integers(0, 12)
sizes = st.integers(1, 4)


@dataclass
class Talk:
    """What is known of one conversation."""

    id: str
    owner: int
    messages: list[str] = field(default_factory=list[str])
    branches: list[str] = field(default_factory=list[str])
    trash: list[str] = field(default_factory=list[str])
    appends: list[tuple[list[Draft], dict[str, Any]]] = field(
        default_factory=list[tuple[list[Draft], dict[str, Any]]]
    )


class Steps(RuleBasedStateMachine):
    sides: ClassVar[Sides]
    examples: ClassVar[Iterator[int]]

    def __init__(self) -> None:
        super().__init__()
        self.example = next(self.examples)
        tenants = (f"t{self.example}a", f"t{self.example}b")
        self.scopes = [(tenant, user) for tenant in tenants for user in ("ada", "bob")]
        self.talks: list[Talk] = []
        self.projects: list[tuple[str, int]] = []
        self.ids = 0

    # How a step is taken

    def new_id(self) -> str:
        self.ids += 1
        return str(UUID(int=(2 << 100) + (self.example << 64) + self.ids))

    def do(self, owner: int, asker: str, *works: Work) -> Outcome:
        """As the owner mostly; sometimes as the other user, or as the same one in the other tenant."""
        asking = {"other user": owner ^ 1, "other tenant": owner ^ 2}.get(asker, owner)
        return self.sides.both(*self.scopes[asking], *works)

    def talk(self, n: int) -> Talk:
        return self.talks[n % len(self.talks)]

    def known(self, ids: Sequence[str], others: Sequence[str], pick: Pick) -> str:
        kind, n = pick
        if kind == "missing" or not ids:
            return str(UUID(int=99))
        if kind == "nonsense":
            return "no id at all"
        if kind == "foreign" and others:
            return others[-1]
        found = ids[-1 - n % len(ids)]
        return found.upper() if kind == "capitals" else found

    def message(self, talk: Talk, pick: Pick) -> str:
        return self.known(talk.messages, self.talks[-1].messages, pick)

    def branch(self, talk: Talk, pick: Pick | None) -> str | None:
        if pick is None:
            return None
        return self.known(talk.branches, self.talks[-1].branches, pick)

    def project(self, pick: Pick | None, owner: int) -> str | None:
        own = [project for project, whose in self.projects if whose == owner]
        if pick is None or not own:
            return None
        return self.known(own, [self.projects[-1][0]], pick)

    def learn(self, talk: Talk, outcome: Outcome) -> None:
        """Remember the messages and branches that a step made."""
        for message in outcome.value or []:
            if isinstance(message, Message):
                if message.id not in talk.messages:
                    talk.messages.append(message.id)
                if message.branch not in talk.branches:
                    talk.branches.append(message.branch)

    def _append(self, talk: Talk, asker: str, drafts: list[Draft], given: dict[str, Any]) -> None:
        said = self.do(talk.owner, asker, lambda s: s.messages.append(talk.id, drafts, **given))
        self.learn(talk, said)
        if said.error is None:
            talk.appends.append((drafts, given))

    # The beginning

    @initialize()
    def begin(self) -> None:
        """A conversation with a fork for everybody, and a second one, shorter, for one of them."""
        self.do(0, "owner", lambda s: s.blobs.put(w.BLOB, "image/png"))
        for owner in (0, 1, 2, 3, 0):
            talk = Talk(self.new_id(), owner)
            made = self.do(owner, "owner", lambda s, t=talk: s.conversations.create(id=t.id))
            talk.branches.append(made.value.branch)
            self.talks.append(talk)
            drafts = [Draft(role="user", content=text) for text in ("sleep", "été", "東京都 fire")]
            self._append(talk, "owner", drafts, {})
        first = self.talks[0]
        for n in (1, 2):
            at, made = first.messages[n], self.new_id()
            self.do(0, "owner", lambda s, a=at, i=made: s.branches.fork(first.id, at=a, id=i))
            first.branches.append(made)
            self._append(first, "owner", [Draft(role="user", content="ﬁre")], {"branch": made})
