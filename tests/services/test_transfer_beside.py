"""An export beside which others write is a whole export nevertheless."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

import hansard
from hansard import Database, Services
from hansard.errors import Conflict
from hansard.model.parts import Image
from hansard.services.transfer import snapshots
from services.conftest import Clock
from services.histories import History
from services.making import answer, artifacts, fenced
from services.making import said as revisions
from services.talks import export, path, said, say, talk

pytestmark = pytest.mark.anyio

Write = Callable[[], Awaitable[Any]]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """So that there is much between two reads."""
    monkeypatch.setattr(snapshots, "PAGE", 3)


async def _export(who: Services, kind: str, *writes: Write) -> list[bytes]:
    """An export, and what is written after its first, second, … line of a kind."""
    lines: list[bytes] = []
    left = list(writes)
    async for line in who.transfer.export():
        lines.append(line)
        if left and msgspec.json.decode(line)["kind"] == kind:
            await left.pop(0)()
    assert not left
    return lines


async def _come_back(there: Services, lines: list[bytes]) -> None:
    """The lines can be imported, and all of them come in."""
    report = await there.transfer.import_lines(lines)
    assert (report.unchanged, report.conflicting, report.problems) == ({}, {}, [])
    assert sorted((await export(there))[1:]) == sorted(lines[1:])


def _ids(lines: list[bytes]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines[:-1]:
        record = msgspec.json.decode(line)
        found[record["kind"]].add(str(record.get("id")))
    return found


async def test_what_is_said_meanwhile_is_not_half_in_it(ada: Services, eve: Services) -> None:
    made = await talk(ada, *"abcdefgh")

    async def more() -> None:
        [new] = await answer(ada, made, fenced())
        await ada.ratings.rate(made.id, new.id, 1)
        await ada.messages.edit(made.id, (await path(ada, made))[2].id, "edited")

    await _come_back(eve, await _export(ada, "branch", more))
    assert await said(eve, made) == list("abcdefgh")
    assert (await eve.conversations.get(made.id)).message_count == 8


async def test_what_is_deleted_and_replaced_meanwhile_is_as_it_was(
    ada: Services, eve: Services
) -> None:
    """What the first pages led to went to another branch, and something else is in its place."""
    made = await talk(ada, *"abcdefgh")

    async def cut() -> None:
        await ada.messages.delete(made.id, (await path(ada, made))[1].id)
        await say(ada, made, *"uvwxyz")

    await _come_back(eve, await _export(ada, "message", cut))
    assert await said(eve, made) == list("abcdefgh")


async def test_what_is_restored_meanwhile_is_as_it_was(ada: Services, eve: Services) -> None:
    """A branch of the trash is gone before its turn comes, and its messages are on the other."""
    made = await talk(ada, *"abcdefgh")
    gone = await ada.messages.delete(made.id, (await path(ada, made))[4].id)

    async def restore() -> None:
        await ada.branches.restore(made.id, gone.branch)
        await ada.branches.switch(made.id, made.branch)

    await _come_back(eve, await _export(ada, "message", restore))
    assert await said(eve, made) == list("abcd")
    await eve.branches.restore(made.id, gone.branch)
    assert await said(eve, made) == list("abcdefgh")


async def test_a_view_of_what_was_in_the_trash_is_left_out(ada: Services, eve: Services) -> None:
    made = await talk(ada, *"abcdefgh")
    fork = await ada.branches.fork(made.id, at=(await path(ada, made))[2].id)
    await say(ada, made, "x", branch=fork.id)
    await ada.branches.delete(made.id, fork.id)

    async def go_there() -> None:
        await ada.branches.restore(made.id, fork.id)
        await ada.branches.switch(made.id, fork.id)

    await _come_back(eve, await _export(ada, "message", go_there))
    assert await said(eve, made) == list("abcdefgh")


async def test_an_artifact_that_is_revised_meanwhile_has_its_revisions_until_then(
    ada: Services, eve: Services
) -> None:
    made = await talk(ada)
    await answer(ada, made, fenced("a = 1\n" * 20))
    [clock] = await artifacts(ada)
    alone = await ada.artifacts.create("one", type="text", title="alone")

    async def by_hand() -> None:
        await ada.artifacts.update(clock.id, content="b = 1\n")
        await ada.artifacts.update(alone.id, content="two")

    lines = await _export(
        ada,
        "artifact",
        by_hand,
        lambda: ada.artifacts.update(alone.id, content="three"),
    )
    await _come_back(eve, lines)
    assert await revisions(eve, clock) == ["a = 1\n" * 20]
    assert len(await revisions(eve, alone)) == 2


async def test_an_answer_that_revises_an_artifact_meanwhile_is_left_out(
    ada: Services, eve: Services
) -> None:
    made = await talk(ada)
    await answer(ada, made, fenced("a = 1\n" * 20))
    [clock] = await artifacts(ada)
    again = fenced("b = 1\n" * 20)
    await _come_back(eve, await _export(ada, "message", lambda: answer(ada, made, again)))
    assert await revisions(eve, clock) == ["a = 1\n" * 20]


async def test_projects_that_are_made_meanwhile_come_before_what_is_put_into_them(
    ada: Services, eve: Services
) -> None:
    await ada.projects.create("there before")
    made = await talk(ada, "hello")
    alone = await ada.artifacts.create("one", type="text", title="alone")
    await ada.collections.create("both")

    async def move() -> None:
        outer = await ada.projects.create("outer")
        inner = await ada.projects.create("inner", parent_id=outer.id)
        await ada.conversations.update(made.id, project_id=inner.id)
        await ada.artifacts.create("two", type="text", title="in it", project_id=outer.id)
        await ada.collections.create("in it", project_id=inner.id)

    await _come_back(eve, await _export(ada, "project", move))
    assert sorted(p.name for p in await eve.projects.list()) == ["inner", "outer", "there before"]
    assert (await eve.artifacts.get(alone.id)).title == "alone"


async def test_a_conversation_that_goes_on_is_in_it_once(ada: Services, eve: Services) -> None:
    """Something is said in it, and it is among the newest again."""
    talks = [await talk(ada, f"in {n}") for n in range(7)]
    lines = await _export(
        ada,
        "message",
        lambda: say(ada, talks[0], "more"),
        lambda: say(ada, talks[6], "more"),
        lambda: ada.conversations.delete(talks[4].id),
    )
    await _come_back(eve, lines)
    assert await said(eve, talks[0]) == ["in 0"]
    assert await said(eve, talks[6]) == ["in 6", "more"]


@pytest.mark.parametrize("which", [0, 4], ids=["before its turn", "before its picture"])
async def test_what_is_purged_as_it_is_written_ends_the_export(
    db: Database, ada: Services, eve: Services, clock: Clock, which: int
) -> None:
    made = await talk(ada, *"abcde")
    picture = await ada.blobs.put(bytes(300_000), "image/png")
    shown = hansard.user(parts=[Image(picture.id, "image/png")])
    await ada.messages.append(made.id, [shown])
    gone = await ada.messages.delete(made.id, (await path(ada, made))[4].id)

    async def purge() -> None:
        await ada.branches.purge(made.id, gone.branch)
        clock.pass_time(days=2)
        await db.tidy()

    async def look() -> None:
        await ada.conversations.get(made.id)

    with pytest.raises(Conflict, match="export again"):
        await _export(ada, "message", *[look] * which, purge)
    await _come_back(eve, await export(ada))
    assert await said(eve, made) == list("abcd")


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_done_after_each_line_the_file_is_whole(
    ada: Services, eve: Services, seed: int
) -> None:
    talks = [await talk(ada, *"abcd", title=f"talk {n}") for n in range(2)]
    histories = [History(ada, made, seed + n) for n, made in enumerate(talks)]
    for _ in range(15):
        for history in histories:
            await history.step()
    await ada.artifacts.create("one", type="text", title="alone")
    before = _ids(await export(ada))
    lines: list[bytes] = []
    async for line in ada.transfer.export():
        lines.append(line)
        await histories[len(lines) % 2].step()
    await _come_back(eve, lines)
    there = _ids(lines)
    for kind in ("conversation", "message", "artifact"):
        assert before[kind] <= there[kind], "what was there before is in it"
