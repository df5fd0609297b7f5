"""An import tells what the importing user has, and nothing of what anybody else has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

import hansard
from hansard import Services
from hansard.access import policy
from hansard.model.parts import File
from hansard.services.transfer.import_session import ImportReport
from services.talks import talk

pytestmark = pytest.mark.anyio

Lines = list[bytes]
SALARY = "the salary of ada is 7"


async def export(who: Services) -> Lines:
    return [line async for line in who.transfer.export()]


async def take_in(who: Services, lines: Sequence[bytes]) -> ImportReport:
    return await who.transfer.import_lines(lines)


def of_kind(lines: Lines, *kinds: str) -> Lines:
    """The head of an export, its lines of some kinds, and an end that counts them."""
    some = [line for line in lines if msgspec.json.decode(line)["kind"] in kinds]
    end = msgspec.json.decode(lines[-1]) | {"records": len(some)}
    return [lines[0], *some, msgspec.json.encode(end) + b"\n"]


async def rich(who: Services) -> None:
    """A user with a conversation, a branch, an artifact, and a blob of an unusual type."""
    await who.artifacts.create(SALARY, type="text", title="Salaries")
    here = await talk(who, title="Talk")
    blob = await who.blobs.put(b"the same bytes", "x-ada/unusual")
    said = hansard.user(parts=[File(blob.id, "x-ada/unusual", "a")])
    first, _ = await who.messages.append(here.id, [said, hansard.assistant("Yes", model="a/b")])
    await who.branches.fork(here.id, at=first.id, name="what if")
    await who.projects.create(name="Secret")
    await who.collections.create("Secret")


ALONE = ("content", "revision"), ("revision",), ("branch",), ("message",)


async def check_that_nothing_is_told(ada: Services, bob: Services, eve: Services) -> None:
    """Bob, in Ada's tenant, is told what Eve is, in whose tenant nothing is."""
    await rich(ada)
    lines = await export(ada)
    for kinds in (*ALONE, ("blob", "blob_chunk")):
        some = of_kind(lines, *kinds)
        assert len(some) > 2, kinds
        assert await take_in(bob, some) == await take_in(eve, some), kinds


async def test_what_another_user_has_looks_like_what_nobody_has(
    ada: Services, bob: Services, eve: Services
) -> None:
    await check_that_nothing_is_told(ada, bob, eve)


async def test_a_guessed_text_is_not_confirmed(ada: Services, bob: Services, eve: Services) -> None:
    await ada.artifacts.create(SALARY, type="text", title="Salaries")
    right = of_kind(await export(ada), "content", "revision")
    report = await take_in(bob, right)
    assert report == await take_in(eve, right)
    assert report.unchanged == {}


async def test_what_one_has_oneself_is_compared_as_before(ada: Services) -> None:
    await rich(ada)
    lines = await export(ada)
    report = await take_in(ada, lines)
    assert (report.added, report.conflicting, report.problems) == ({}, {}, [])
    assert report.unchanged["content"] == report.unchanged["revision"] == 1
    assert report.unchanged["blob"] == report.unchanged["blob_chunk"] == 1


async def test_an_id_that_is_taken_is_left_out_and_nothing_is_told_of_it(
    ada: Services, bob: Services
) -> None:
    await rich(ada)
    before = (await export(ada))[1:]
    report = await take_in(bob, await export(ada))
    assert not {"conversation", "artifact", "project", "collection"} & set(report.added)
    assert report.unchanged == {}
    left = [line for line in report.problems if "was not imported: its id is taken" in line]
    assert len(left) == 4
    assert "other content" not in str(report.problems)
    assert (await export(ada))[1:] == before


async def test_a_blob_is_told_of_as_its_user_knows_it(
    ada: Services, bob: Services, eve: Services
) -> None:
    await rich(ada)
    answers: list[Any] = []
    for who in (bob, eve):
        made = await who.blobs.put(b"the same bytes", "text/plain")
        told = await who.blobs.get(made.id)
        here = await talk(who, title="Mine")
        await who.messages.append(here.id, [hansard.user(parts=[File(made.id, "text/x", "b")])])
        lines = [msgspec.json.decode(line) for line in await export(who)]
        out = [line["media_type"] for line in lines if line["kind"] == "blob"]
        answers.append((told.media_type, out))
    assert answers == [("text/plain", ["text/x"])] * 2


async def test_an_import_that_compares_with_everybody_would_be_seen(
    ada: Services, bob: Services, eve: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def owned_by_everybody(*_: Any) -> bool:
        """A planted bug: every record is the importing user's."""
        return True

    monkeypatch.setattr(policy, "owns", owned_by_everybody)
    with pytest.raises(AssertionError):
        await check_that_nothing_is_told(ada, bob, eve)
