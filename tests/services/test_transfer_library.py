"""Exports and imports of what is set up around conversations: tags, rules, projects, and what a user sets."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hansard import Services
from hansard.formats import jsonl
from services.talks import export

pytestmark = pytest.mark.anyio


def _without(lines: list[bytes], kind: str) -> list[bytes]:
    """The export as a version that does not know this kind of record writes it."""
    left = [line for line in lines[1:-1] if msgspec.json.decode(line)["kind"] != kind]
    return [lines[0], *left, jsonl.write_end(len(left))]


async def test_the_tags_in_an_old_export_become_records(ada: Services, eve: Services) -> None:
    await ada.conversations.create(title="1", tags=["red", "blue"])
    await ada.conversations.create(title="2", tags=["green", "red"])
    await eve.tags.create("blue", color="#0000ff")
    lines = _without(await export(ada), "tag")
    report = await eve.transfer.import_lines(lines)
    assert report.problems == []
    tags = {tag.name: tag.color for tag in await eve.tags.list()}
    assert tags == {"blue": "#0000ff", "green": "", "red": ""}
    assert {entry.kind for entry in await eve.feed.read()} >= {"tag.created"}
    again = await eve.transfer.import_lines(lines)
    assert again.added == {}
    assert len(await eve.tags.list()) == 3


async def test_a_name_that_is_taken_is_reported_and_everything_else_comes_in(
    ada: Services, eve: Services
) -> None:
    for who, color, text in ((ada, "#ff0000", "Be brief."), (eve, "#00ff00", "Be long.")):
        await who.tags.create("same")
        await who.tags.create("other", color=color)
        await who.rules.create("Length", text)
    gone = await ada.tags.create("gone")
    await ada.tags.delete(gone.id)
    await eve.tags.create("gone")
    await ada.conversations.create(title="1", tags=["same"])
    report = await eve.transfer.import_lines(await export(ada))
    assert (report.unchanged["tag"], report.conflicting) == (1, {"tag": 1, "rule": 1})
    assert (report.added["tag"], report.added["conversation"]) == (1, 1)
    assert len(report.problems) == 2
    assert all(problem.endswith("its name is taken") for problem in report.problems)
    assert {tag.name: tag.color for tag in await eve.tags.list()} == {
        "same": "", "other": "#00ff00", "gone": "",
    }  # fmt: skip
    assert [rule.text for rule in await eve.rules.list()] == ["Be long."]
    assert [tag.id for tag in await eve.tags.list(deleted=True)] == [gone.id]


async def test_what_a_user_and_a_project_set_comes_back(ada: Services, eve: Services) -> None:
    rule = await ada.rules.create("Brief", "Be brief.", tags=["style"])
    fields: dict[str, Any] = {"model": "p/m", "options": {"seed": 1}, "rules": [rule.id]}
    me = await ada.users.update_me(instructions="Mine.", **fields)
    project = await ada.projects.create("a", tags=["red"], **fields)
    lines = await export(ada)
    await eve.users.me()
    report = await eve.transfer.import_lines(lines)
    assert (report.problems, report.conflicting) == ([], {})
    names = ("instructions", "model", "options", "rules")
    there = await eve.users.me()
    assert [getattr(there, name) for name in names] == [getattr(me, name) for name in names]
    assert msgspec.structs.replace(await eve.projects.get(project.id), tenant_id="acme") == project
    await eve.users.update_me(model="other/m")
    report = await eve.transfer.import_lines(lines)
    assert report.conflicting == {"user": 1}
