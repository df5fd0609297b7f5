"""Steps in the tree: forks, merges, and the trash."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from model import words as w
from model.sides import Work
from model.steps import Pick, Steps, askers, numbers, picks


class Branching(Steps):
    # Branches

    @rule(
        n=numbers,
        m=picks,
        asker=askers,
        name=w.names,
        switch=st.booleans(),
        chosen=st.sampled_from(("new", "new", "none", "taken", "bad")),
    )
    def fork(self, n: int, m: Pick, asker: str, name: str, chosen: str, *, switch: bool) -> None:
        talk = self.talk(n)
        ids = {"new": self.new_id(), "taken": talk.branches[0], "bad": "no id"}
        at, made = self.message(talk, m), ids.get(chosen)
        forked = self.do(
            talk.owner,
            asker,
            lambda s: s.branches.fork(talk.id, at=at, name=name, id=made, switch=switch),
        )
        if forked.error is None:
            talk.branches.append(forked.value.id)

    @rule(
        n=numbers,
        b=picks,
        asker=askers,
        step=st.sampled_from(("switch", "switch", "rename", "delete")),
        name=w.names,
    )
    def change_branch(self, n: int, b: Pick, asker: str, step: str, name: str) -> None:
        talk = self.talk(n)
        branch = self.branch(talk, b) or ""
        steps: dict[str, Work] = {
            "switch": lambda s: s.branches.switch(talk.id, branch),
            "rename": lambda s: s.branches.rename(talk.id, branch, name),
            "delete": lambda s: s.branches.delete(talk.id, branch),
        }
        done = self.do(talk.owner, asker, steps[step])
        if step == "delete" and done.error is None:
            talk.trash.append(done.value.branch)

    @rule(n=numbers, b=picks, into=st.none() | picks, other=st.none() | numbers, asker=askers)
    def merge(self, n: int, b: Pick, into: Pick | None, other: int | None, asker: str) -> None:
        talk = self.talk(n)
        source = talk if other is None else self.talk(other)
        branch, target = self.branch(source, b) or "", self.branch(talk, into)
        elsewhere = None if other is None else source.id
        merged = self.do(
            talk.owner,
            asker,
            lambda s: s.branches.merge(
                talk.id, source=branch, into=target, source_conversation=elsewhere
            ),
        )
        self.learn(talk, merged)

    # The trash

    @rule(n=numbers, m=picks, asker=askers)
    def delete_message(self, n: int, m: Pick, asker: str) -> None:
        talk = self.talk(n)
        message = self.message(talk, m)
        deleted = self.do(talk.owner, asker, lambda s: s.messages.delete(talk.id, message))
        if deleted.error is None:
            talk.trash.append(deleted.value.branch)

    @precondition(lambda self: any(talk.trash for talk in self.talks))
    @rule(n=numbers, b=picks, asker=askers, purge=st.booleans())
    def empty_trash(self, n: int, b: Pick, asker: str, *, purge: bool) -> None:
        talks = [talk for talk in self.talks if talk.trash]
        talk = talks[n % len(talks)]
        branch = self.known(talk.trash, talk.branches, b)
        if purge:
            self.do(talk.owner, asker, lambda s: s.branches.purge(talk.id, branch))
        else:
            self.do(talk.owner, asker, lambda s: s.branches.restore(talk.id, branch))
            if branch not in talk.branches:
                talk.branches.append(branch)

    @rule(
        n=numbers,
        asker=askers,
        steps=st.sampled_from(("delete", "delete restore", "delete purge", "restore", "purge")),
    )
    def conversation_and_trash(self, n: int, asker: str, steps: str) -> None:
        talk = self.talk(n)
        for step in steps.split():
            self.do(talk.owner, asker, lambda s, how=step: getattr(s.conversations, how)(talk.id))
