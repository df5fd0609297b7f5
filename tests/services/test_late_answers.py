"""An answer that ends while what it belongs to is in the trash goes there too, and comes back with it."""

from __future__ import annotations

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import NotFound
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.runs import Run
from services.conftest import Open
from services.providers import Held
from services.talks import export, found, path, said, say, talk

pytestmark = pytest.mark.anyio

CODE = "Like this:\n\n```python title=owl.py\n" + "print('owl')\n" * 12 + "```\n"


async def _asked(ada: Services, held: Held, made: Conversation) -> tuple[Run, Message]:
    """A run that is under way, and its prompt."""
    [run] = await ada.chat.send(made.id, "how?", model="held/one")
    await held.asked.wait()
    assert run.prompt_id is not None
    return run, await ada.messages.get(made.id, run.prompt_id)


async def _end(db: Database, held: Held, run: Run) -> None:
    """Let the answer end; the run cannot be waited for while its conversation is in the trash."""
    task = db.runner.live[run.id].task
    assert task is not None
    held.go.set()
    await task


async def _titles(ada: Services) -> list[str]:
    return [artifact.file_name for artifact in (await ada.artifacts.list()).items]


async def test_it_comes_back_with_its_conversation(opened: Open) -> None:
    held = Held(then=CODE)
    async with opened(held) as (db, ada):
        made = await talk(ada, "before")
        run, prompt = await _asked(ada, held, made)
        await ada.conversations.delete(made.id)
        await _end(db, held, run)
        assert await found(ada, "like") == set()
        assert await _titles(ada) == []
        back = await ada.conversations.restore(made.id)
        assert await said(ada, made) == ["before", "how?", CODE]
        assert (back.message_count, back.preview[:10]) == (3, "Like this:")
        answer = await ada.messages.get(made.id, run.message_id)
        assert (answer.parent_id, answer.branch) == (prompt.id, made.branch)
        assert (await ada.runs.get(run.id)).status == "completed"
        assert await found(ada, "like") == {CODE}
        assert await _titles(ada) == ["owl.py"]
        assert (await ada.statistics.get()).messages == 3


async def test_it_comes_back_with_its_prompt(opened: Open) -> None:
    held = Held(then=CODE)
    async with opened(held) as (db, ada):
        made = await talk(ada, "before")
        run, prompt = await _asked(ada, held, made)
        trashed = await ada.messages.delete(made.id, prompt.id)
        await _end(db, held, run)
        assert await said(ada, made) == ["before"]
        assert (await ada.conversations.get(made.id)).message_count == 1
        assert await found(ada, "like") == set()
        assert await _titles(ada) == []
        assert await ada.branches.restore(made.id, trashed.branch) == 2
        assert await said(ada, made) == ["before", "how?", CODE]
        assert (await ada.conversations.get(made.id)).message_count == 3
        assert await _titles(ada) == ["owl.py"]
        assert (await ada.runs.get(run.id)).branch == made.branch
        assert await ada.branches.list(made.id, deleted=True) == []


async def test_it_comes_back_where_its_prompt_comes_back(opened: Open) -> None:
    held = Held()
    async with opened(held) as (db, ada):
        made = await talk(ada, "before")
        run, prompt = await _asked(ada, held, made)
        trashed = await ada.messages.delete(made.id, prompt.id)
        await say(ada, made, "instead")
        await _end(db, held, run)
        await ada.branches.restore(made.id, trashed.branch)
        assert await said(ada, made) == ["before", "instead"]
        assert await said(ada, made, trashed.branch) == ["before", "how?", held.then]
        assert (await ada.runs.get(run.id)).branch == trashed.branch


async def test_it_comes_back_with_its_branch(opened: Open) -> None:
    held = Held()
    async with opened(held) as (db, ada):
        made = await talk(ada)
        first, second = await ada.chat.send(made.id, "how?", models=["held/one", "held/one"])
        await ada.branches.delete(made.id, second.branch)
        await _end(db, held, second)
        await ada.runs.wait(first.id)
        assert [b.id for b in await ada.branches.list(made.id)] == [made.branch]
        assert await ada.branches.restore(made.id, second.branch) == 1
        for run in (first, second):
            assert await said(ada, made, run.branch) == ["how?", held.then]
            assert (await ada.messages.get(made.id, run.message_id)).branch == run.branch


@pytest.mark.parametrize("what", ["prompt", "branch"])
async def test_where_something_else_was_said_it_has_a_branch_of_its_own(
    opened: Open, what: str
) -> None:
    held = Held()
    async with opened(held) as (db, ada):
        made = await talk(ada, "before")
        [before] = await path(ada, made)
        fork = await ada.branches.fork(made.id, at=before.id, switch=True)
        run, prompt = await _asked(ada, held, made)
        await say(ada, made, "well?")
        if what == "prompt":
            gone = (await ada.messages.delete(made.id, prompt.id)).branch
        else:
            gone = (await ada.branches.delete(made.id, fork.id)).branch
        await _end(db, held, run)
        assert [b.id for b in await ada.branches.list(made.id)] == [made.branch]
        assert await ada.branches.restore(made.id, gone) == 3
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.parent_id == prompt.id
        assert await said(ada, made, fork.id) == ["before", "how?", "well?"]
        assert await said(ada, made, answer.branch) == ["before", "how?", held.then]
        assert (await ada.runs.get(run.id)).branch == answer.branch


async def test_it_comes_back_alone_if_its_prompt_never_went(opened: Open) -> None:
    held = Held()
    async with opened(held) as (db, ada):
        made = await talk(ada)
        first, second = await ada.chat.send(made.id, "how?", models=["held/one", "held/one"])
        await ada.messages.append(made.id, [hansard.user("well?")], branch=second.branch)
        await ada.branches.delete(made.id, second.branch)
        await _end(db, held, second)
        await ada.runs.wait(first.id)
        assert await said(ada, made) == ["how?", held.then]
        gone = {b.id for b in await ada.branches.list(made.id, deleted=True)} - {second.branch}
        assert await ada.branches.restore(made.id, gone.pop()) == 1
        assert (await ada.messages.get(made.id, second.message_id)).text == held.then


@pytest.mark.parametrize("what", ["conversation", "prompt"])
async def test_it_is_exported_and_purged_with_what_it_followed(opened: Open, what: str) -> None:
    held = Held(then=CODE)
    async with opened(held) as (db, ada):
        made = await talk(ada)
        run, prompt = await _asked(ada, held, made)
        trashed = None
        if what == "prompt":
            trashed = await ada.messages.delete(made.id, prompt.id)
        else:
            await ada.conversations.delete(made.id)
        await _end(db, held, run)
        lines = await export(ada)
        async with hansard.connect("memory:", providers=[]) as other:
            eve = other.scope("globex", "eve")
            assert (await eve.transfer.import_lines(lines)).problems == []
        if trashed is not None:
            await ada.branches.purge(made.id, trashed.branch)
            assert await said(ada, made) == []
        else:
            await ada.conversations.purge(made.id)
        assert (await ada.statistics.get()).messages == 0


async def test_it_is_let_go_if_its_prompt_is_gone_for_good(opened: Open) -> None:
    held = Held()
    async with opened(held) as (db, ada):
        made = await talk(ada, "before")
        run, prompt = await _asked(ada, held, made)
        trashed = await ada.messages.delete(made.id, prompt.id)
        await ada.branches.purge(made.id, trashed.branch)
        await _end(db, held, run)
        assert await said(ada, made) == ["before"]
        assert (await ada.statistics.get()).messages == 1
        with pytest.raises(NotFound):
            await ada.messages.get(made.id, run.message_id)
