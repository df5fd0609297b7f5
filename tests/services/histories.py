"""Histories by chance, for tests: what people do in a conversation, in any order."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from hansard import Services
from hansard.errors import Conflict
from hansard.model.conversations import Conversation
from services.making import CODE, answer, artifacts, fenced
from services.talks import path, say


class History:
    """Goes on with a conversation by a step at a time."""

    def __init__(self, who: Services, here: Conversation, seed: int) -> None:
        self._who = who
        self._here = here
        self._chance = Random(seed)
        self._count = 0

    async def step(self) -> None:
        """Something that can be done now."""
        do = self._chance.choice(
            [
                self._say, self._say, self._answer, self._edit, self._edit, self._fork, self._delete,
                self._delete, self._restore, self._restore, self._merge, self._drop, self._rate,
                self._revise,
            ]
        )  # fmt: skip
        await do()

    def _text(self) -> str:
        self._count += 1
        return f"text {self._count}"

    async def _branch(self) -> str:
        return self._chance.choice(await self._who.branches.list(self._here.id)).id

    async def _message(self) -> str | None:
        said = await path(self._who, self._here, await self._branch())
        return self._chance.choice(said).id if said else None

    async def _say(self) -> None:
        await say(self._who, self._here, self._text(), self._text(), branch=await self._branch())

    async def _answer(self) -> None:
        code = fenced(CODE + f"# {self._text()}\n")
        await answer(self._who, self._here, code, branch=await self._branch())

    async def _edit(self) -> None:
        if message := await self._message():
            await self._who.messages.edit(self._here.id, message, self._text())

    async def _fork(self) -> None:
        if message := await self._message():
            await self._who.branches.fork(self._here.id, at=message, name=self._text())

    async def _delete(self) -> None:
        if message := await self._message():
            await self._who.messages.delete(self._here.id, message)

    async def _drop(self) -> None:
        branch = await self._branch()
        if branch != self._here.branch:
            await self._who.branches.delete(self._here.id, branch)

    async def _restore(self) -> None:
        if gone := await self._who.branches.list(self._here.id, deleted=True):
            with suppress(Conflict):  # what it followed is in the trash, too
                await self._who.branches.restore(self._here.id, self._chance.choice(gone).id)

    async def _merge(self) -> None:
        source, into = await self._branch(), await self._branch()
        await self._who.branches.merge(self._here.id, source=source, into=into)

    async def _rate(self) -> None:
        if message := await self._message():
            await self._who.ratings.rate(self._here.id, message, 1)

    async def _revise(self) -> None:
        if made := await artifacts(self._who):
            await self._who.artifacts.update(self._chance.choice(made).id, content=self._text())
