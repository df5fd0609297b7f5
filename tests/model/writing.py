"""Steps that make things, change them, and say something."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from hansard import Draft
from hansard.model.messages import OnConflict
from hansard.model.projects import ConversationsOnDelete
from hansard.services.conversations.drafts import UNSET
from model import words as w
from model.sides import Outcome, Work
from model.steps import Pick, Steps, Talk, askers, numbers, picks, sizes


class Writing(Steps):
    # Time and places

    @rule(minutes=st.sampled_from((0, 0.5, 7, 29, 31, 90, 1500)))
    def time_passes(self, minutes: float) -> None:
        self.sides.pass_time(minutes)

    @rule(
        owner=st.integers(0, 3),
        title=w.names,
        tags=w.tags,
        metadata=w.metadata,
        model=w.models,
        project=st.none() | picks,
        pinned=st.booleans(),
        again=st.sampled_from((False,) * 5 + (True,)),
    )
    def create(
        self, owner: int, project: Pick | None, *, again: bool, pinned: bool, **given: Any
    ) -> None:
        known = again and self.talks[-1].owner >> 1 == owner >> 1
        talk = self.talks[-1] if known else Talk(self.new_id(), owner)
        given = {
            **given,
            "id": talk.id,
            "pinned": pinned,
            "project_id": self.project(project, owner),
        }
        made = self.do(owner, "owner", lambda s: s.conversations.create(**given))
        if made.error is None and not known:
            talk.branches.append(made.value.branch)
            self.talks.append(talk)

    @rule(
        owner=st.integers(0, 3),
        name=w.names,
        parent=st.none() | picks,
        text=w.texts,
        model=w.models,
        options=w.options,
        tags=w.tags,
    )
    def create_project(
        self, owner: int, name: str, parent: Pick | None, text: str, **given: Any
    ) -> None:
        project, outer = self.new_id(), self.project(parent, owner)
        made = self.do(
            owner,
            "owner",
            lambda s: s.projects.create(
                name, id=project, parent_id=outer, instructions=text, **given
            ),
        )
        if made.error is None:
            self.projects.append((project, owner))

    @precondition(lambda self: self.projects)
    @rule(
        n=numbers,
        asker=askers,
        step=st.sampled_from(
            ("get", "list", "defaults", "update", "move", "delete", "delete", "restore", "purge")
        ),
        name=w.names,
        parent=picks,
        version=st.sampled_from((None, None, None, 1, 2, 3)),
        fate=st.sampled_from(("keep", "move", "move", "delete")),
        into=st.none() | picks,
    )
    def change_project(
        self,
        n: int,
        asker: str,
        step: str,
        name: str,
        parent: Pick,
        version: int | None,
        fate: ConversationsOnDelete,
        into: Pick | None,
    ) -> None:
        project, owner = self.projects[n % len(self.projects)]
        outer = self.project(parent, owner)
        to = self.project(into, owner) if fate == "move" else None
        steps: dict[str, Work] = {
            "get": lambda s: s.projects.get(project),
            "defaults": lambda s: s.projects.defaults(project),
            "list": lambda s: s.projects.list(deleted=version is None),
            "update": lambda s: s.projects.update(project, name=name, version=version),
            "move": lambda s: s.projects.update(project, parent_id=outer),
            "delete": lambda s: s.projects.delete(project, conversations=fate, to=to),
            "restore": lambda s: s.projects.restore(project),
            "purge": lambda s: s.projects.purge(project),
        }
        self.do(owner, asker, steps[step])

    @rule(
        n=numbers,
        asker=askers,
        field=st.sampled_from(("title", "tags", "archived", "pinned", "project_id", "model")),
        title=w.names,
        tags=w.tags,
        yes=st.booleans(),
        project=st.none() | picks,
        model=w.models,
        version=st.sampled_from((None, None, None, 1, 2, 3)),
    )
    def change_conversation(
        self, n: int, asker: str, field: str, version: int | None, **given: Any
    ) -> None:
        talk, yes = self.talk(n), given["yes"]
        values = {**given, "archived": yes, "pinned": yes}
        values["project_id"] = self.project(given["project"], talk.owner)
        self.do(
            talk.owner,
            asker,
            lambda s: s.conversations.update(talk.id, version=version, **{field: values[field]}),
        )

    # Saying

    @rule(
        n=numbers,
        asker=askers,
        data=st.data(),
        count=sizes,
        branch=st.none() | picks,
        expect=st.sampled_from((None, None, None, "first", "any")),
        head=picks,
        on_conflict=st.sampled_from(("error", "append", "fork")),
    )
    def append(
        self,
        n: int,
        asker: str,
        data: st.DataObject,
        count: int,
        branch: Pick | None,
        expect: str | None,
        head: Pick,
        on_conflict: OnConflict,
    ) -> None:
        talk = self.talk(n)
        drafts = [self._draft(data) for _ in range(count)]
        wanted = None if expect == "first" else self.message(talk, head)
        given: dict[str, Any] = {
            "branch": self.branch(talk, branch),
            "expect_head": UNSET if expect is None else wanted,
            "on_conflict": on_conflict,
        }
        self._append(talk, asker, drafts, given)

    def _draft(self, data: st.DataObject) -> Draft:
        role = data.draw(st.sampled_from(("user", "assistant", "system", "tool")))
        text = data.draw(w.odd_texts)
        plain = data.draw(st.booleans())
        spoken: dict[str, Any] = {}
        if role == "assistant":
            tokens = data.draw(st.none() | st.integers(0, 99))
            spoken = {"model": data.draw(w.models), "finish": "stop", "tokens_out": tokens}
        earlier = data.draw(st.sampled_from((None, None, None, self.sides.earlier(hours=5))))
        return Draft(
            role=role,
            content=text if plain else None,
            parts=None if plain else data.draw(w.parts(text, w.DIGEST)),
            id=self.new_id(),
            created_at=earlier,
            metadata={**data.draw(w.metadata)},
            **spoken,
        )

    @precondition(lambda self: any(talk.appends for talk in self.talks))
    @rule(
        n=numbers, m=picks, asker=askers, change=st.sampled_from(("", "", "text", "more", "talk"))
    )
    def append_again(self, n: int, m: Pick, asker: str, change: str) -> None:
        talks = [talk for talk in self.talks if talk.appends]
        talk = talks[n % len(talks)]
        drafts, given = talk.appends[-1 - m[1] % len(talk.appends)]
        if change == "text":
            drafts = [w.with_fields(drafts[0], metadata={"other": 1}), *drafts[1:]]
        elif change == "more":
            drafts = [*drafts, Draft(role="user", content="more", id=self.new_id())]
        elif change == "talk":
            talk = self.talks[-1]
            given = {}
        self._append(talk, asker, drafts, given)

    @rule(n=numbers, m=picks, asker=askers, text=w.odd_texts, chosen=st.booleans())
    def edit(self, n: int, m: Pick, asker: str, text: str, *, chosen: bool) -> None:
        talk = self.talk(n)
        message, made = self.message(talk, m), self.new_id() if chosen else None
        edited = self.do(
            talk.owner, asker, lambda s: s.messages.edit(talk.id, message, text, id=made)
        )
        if edited.error is None:
            self.learn(talk, Outcome([edited.value]))

    @rule(n=numbers, m=picks, asker=askers, value=st.integers(-2, 1), note=w.odd_texts)
    def rate(self, n: int, m: Pick, asker: str, value: int, note: str) -> None:
        talk = self.talk(n)
        message = self.message(talk, m)
        self.do(talk.owner, asker, lambda s: s.ratings.rate(talk.id, message, value, note))
        self.do(talk.owner, asker, lambda s: s.ratings.list(talk.id))
