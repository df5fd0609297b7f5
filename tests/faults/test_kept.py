"""Messages that are kept in memory are what each snapshot of the file holds, and go when they are purged."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

import hansard
from hansard import Database, HansardError
from hansard.ids import now
from hansard.model.branches import Branch
from hansard.model.messages import Message
from hansard.providers.registry import Registry
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.sqlite import kept
from hansard.storage.sqlite.kept import Generation, Kept
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.sqlite.transaction import SqliteTransaction

pytestmark = pytest.mark.anyio

Check = Callable[[Path], Awaitable[None]]


class Talk:
    """A conversation on one storage, in which messages are known by their texts."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.scope = Database(storage, providers=Registry([])).scope()
        self.id = ""
        self.branches: list[str] = []
        self.trash: list[str] = []

    async def begin(self) -> None:
        await self.storage.open()
        talk = await self.scope.conversations.create()
        self.id = talk.id
        self.branches = [talk.branch]

    async def append(self, text: str, branch: int = 0) -> None:
        await self.scope.messages.append(self.id, [hansard.user(text)], branch=self._branch(branch))

    async def read(self, branch: int = 0, last: int = 100) -> list[tuple[str, int, int]]:
        """Return the messages of a branch: text, position and owning branch."""
        messages = await self.messages(branch, last)
        return [(m.text, m.seq, self.branches.index(m.branch)) for m in messages]

    async def messages(self, branch: int = 0, last: int = 100) -> list[Message]:
        """Read the messages of a branch until they are kept, which is the second time."""
        await self.scope.messages.read(self.id, branch=self._branch(branch), last=last)
        page = await self.scope.messages.read(self.id, branch=self._branch(branch), last=last)
        return page.items

    async def edit(self, branch: int, number: int, text: str) -> None:
        edited = await self.scope.messages.edit(self.id, await self._at(branch, number), text)
        self.branches.append(edited.branch)

    async def delete(self, branch: int, number: int) -> int:
        deleted = await self.scope.messages.delete(self.id, await self._at(branch, number))
        self.trash.append(deleted.branch)
        return deleted.count

    async def restore(self, number: int) -> None:
        branch = self.trash.pop(number % len(self.trash))
        await self.scope.branches.restore(self.id, branch)
        if branch not in self.branches:
            self.branches.append(branch)

    async def purge(self, number: int) -> None:
        await self.scope.branches.purge(self.id, self.trash.pop(number % len(self.trash)))

    def _branch(self, number: int) -> str:
        return self.branches[number % len(self.branches)]

    async def _at(self, branch: int, number: int) -> str:
        page = await self.scope.messages.read(self.id, branch=self._branch(branch), last=100)
        return page.items[number % len(page.items)].id


@asynccontextmanager
async def _talk(storage: Storage) -> AsyncIterator[Talk]:
    talk = Talk(storage)
    await talk.begin()
    try:
        yield talk
    finally:
        await storage.close()


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with _talk(SqliteStorage(tmp_path / "chats.db")) as talk:
        yield talk


def _kept(storage: Any) -> Kept:
    assert storage._kept is not None
    return storage._kept


def _texts(storage: Any) -> list[str]:
    generation = _kept(storage).generation
    assert generation is not None
    return [m.text for branch in generation._branches.values() for m in branch.values()]


# What is kept


async def test_messages_are_made_once_for_all_who_read_them(talk: Talk) -> None:
    for text in "abc":
        await talk.append(text)
    first = await talk.messages()
    await talk.append("d")
    again = (await talk.scope.messages.read(talk.id, last=4)).items
    assert [m.text for m in again] == ["a", "b", "c", "d"]
    assert [a is b for a, b in zip(first, again[:3], strict=True)] == [True] * 3


async def what_is_read_once_is_not_kept(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        await talk.append("a")
        await talk.scope.messages.read(talk.id)
        assert _texts(talk.storage) == []
        await talk.scope.messages.read(talk.id)
        assert _texts(talk.storage) == ["a"]


async def what_is_read_page_by_page_is_not_kept(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        for text in "abcdef":
            await talk.append(text)
        read, before = talk.scope.messages.read, None
        while (page := await read(talk.id, before=before, limit=2)).before:
            before = page.before
        assert _texts(talk.storage) == []


def test_what_is_read_again_after_many_others_counts_as_read_for_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generation, messages = Generation(), [_message(seq) for seq in range(10)]
    monkeypatch.setattr(kept, "MAX_READ_ONCE", 30)
    for branch in "abcda":
        generation.keep("acme", branch, messages)
    assert generation.find("acme", "a", [0]) == [None]
    generation.keep("acme", "d", messages)
    assert generation.find("acme", "d", [0]) == messages[:1]
    assert list(generation._read_once) == [("acme", "c"), ("acme", "a")]
    assert generation._total_read_once == 20


async def test_a_reader_beside_the_owner_keeps_nothing(talk: Talk) -> None:
    assert isinstance(talk.storage, SqliteStorage)
    beside = SqliteStorage(talk.storage.path, readonly=True)
    await beside.open()
    assert beside._kept is None
    await beside.close()


async def test_what_is_kept_is_bounded(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_BYTES", 20 * kept.RECORD)
    expected: list[tuple[str, int, int]] = []
    for number in range(60):
        await talk.append(f"{number}", 0)
        expected.append((f"{number}", number, 0))
        assert await talk.read(last=5) == expected[-5:]
        assert len(_texts(talk.storage)) <= 20
    assert await talk.read() == expected


async def test_branches_that_were_read_longest_ago_are_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generation = Generation()
    message = _message()
    monkeypatch.setattr(kept, "MAX_BYTES", 3 * kept._size(message))
    for branch in "abcabc":
        generation.keep("acme", branch, [message])
    generation.find("acme", "a", [0])
    for branch in "dd":
        generation.keep("acme", branch, [message])
    found = {branch: generation.find("acme", branch, [0])[0] for branch in "abcd"}
    assert [branch for branch, there in found.items() if there] == ["a", "c", "d"]
    assert generation.find("globex", "a", [0]) == [None]


def _message(seq: int = 0) -> Message:
    return Message(
        tenant_id="acme", created_at=now(), id="m", conversation_id="c", branch="b", seq=seq,
        owner_id="ada", role="user", parts=(),
    )  # fmt: skip


# What is kept is what is in the file


def _step(random: Random) -> Callable[[Talk], Awaitable[Any]]:
    """A step that can be taken on several storages."""
    what = random.choices(
        ("read", "append", "edit", "delete", "restore", "purge"), (8, 4, 2, 2, 2, 1)
    )[0]
    branch, number, text = random.randrange(8), random.randrange(100), f"{random.random()}"

    async def step(talk: Talk) -> Any:
        try:
            match what:
                case "read":
                    return await talk.read(branch)
                case "append":
                    return await talk.append(text, branch)
                case "edit":
                    return await talk.edit(branch, number, text)
                case "delete":
                    return await talk.delete(branch, number)
                case _:
                    return talk.trash and await getattr(talk, what)(number)
        except (HansardError, ZeroDivisionError) as error:
            return type(error)

    return step


async def reads_are_those_of_memory(path: Path) -> None:
    for seed in range(25):
        random = Random(seed)
        async with (
            _talk(SqliteStorage(path / f"{seed}.db")) as talk,
            _talk(MemoryStorage()) as reference,
        ):
            for number in range(60):
                step = _step(random)
                assert await step(talk) == await step(reference), (seed, number)


async def a_position_that_is_free_again_has_the_new_message(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        for text in "ab":
            await talk.append(text)
        assert await talk.read() == [("a", 0, 0), ("b", 1, 0)]
        await talk.delete(0, 1)
        await talk.append("c")
        assert await talk.read() == [("a", 0, 0), ("c", 1, 0)]


async def what_is_purged_is_forgotten(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        for text in "ab":
            await talk.append(text)
        await talk.read()
        assert _texts(talk.storage) == ["a", "b"]
        await talk.scope.conversations.delete(talk.id)
        await talk.scope.conversations.purge(talk.id)
        assert _texts(talk.storage) == []


async def a_digest_that_is_added_is_read(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        await talk.append("a")
        [message] = await talk.messages()
        await talk.storage.write(
            talk.scope.scope.tenant, lambda tx: tx.update(Message, message.id, digest="0" * 64)
        )
        [message] = await talk.messages()
        assert message.digest == "0" * 64


class Paused:
    """A unit that waits in its midst; on a thread, which it holds."""

    def __init__(self, talk: Talk, *, looks_first: bool) -> None:
        self._talk, self._looks_first = talk, looks_first
        self._begun, self._goes_on = threading.Event(), threading.Event()

    async def __call__(self, tx: Reader) -> list[str]:
        if self._looks_first:
            await tx.get(Branch, self._talk.branches[0])
        self._begun.set()
        assert self._goes_on.wait(60)
        branch = await tx.get(Branch, self._talk.branches[0])
        assert branch is not None
        return [m.text for m in await tx.messages(branch.id, 0, branch.head_seq)]

    async def run_while(self, meanwhile: Callable[[], Awaitable[Any]]) -> list[str]:
        storage = self._talk.storage
        assert isinstance(storage, SqliteStorage)
        if storage._loop_reader is not None:
            storage._loop_reader.close()
            storage._loop_reader = None
        running = asyncio.create_task(storage.read(self._talk.scope.scope.tenant, self))
        assert await asyncio.to_thread(self._begun.wait, 60)
        await meanwhile()
        self._goes_on.set()
        return await running


async def _replace(talk: Talk) -> None:
    await talk.delete(0, 1)
    await talk.append("c")


async def a_snapshot_from_before_a_change_neither_sees_nor_shows_the_other(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        for text in "ab":
            await talk.append(text)
        paused = Paused(talk, looks_first=True)

        async def replace() -> None:
            await _replace(talk)
            await talk.scope.messages.read(talk.id)  # so that what is read next would be kept

        assert await paused.run_while(replace) == ["a", "b"]
        assert await talk.read() == [("a", 0, 0), ("c", 1, 0)]


async def a_snapshot_that_begins_after_a_change_sees_it(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        for text in "ab":
            await talk.append(text)
        await talk.read()
        paused = Paused(talk, looks_first=False)
        assert await paused.run_while(lambda: _replace(talk)) == ["a", "c"]


async def what_is_read_before_a_change_is_committed_is_not_kept(path: Path) -> None:
    async with _talk(SqliteStorage(path / "chats.db")) as talk:
        await talk.append("a")
        [message] = await talk.messages()
        changed, goes_on = threading.Event(), threading.Event()

        async def change(tx: Transaction) -> None:
            await tx.update(Message, message.id, digest="0" * 64)
            changed.set()
            assert goes_on.wait(60)

        changing = asyncio.create_task(talk.storage.write(talk.scope.scope.tenant, change))
        assert await asyncio.to_thread(changed.wait, 60)
        assert await talk.messages() == [message]
        goes_on.set()
        await changing
        [message] = await talk.messages()
        assert message.digest == "0" * 64


def _begin_at_once(self: Kept, *_: object) -> None:
    self.generation = Generation()


def _is_known(self: Generation, key: tuple[str, str], seqs: range) -> bool:
    return self._read_once.setdefault(key, seqs) is not seqs


FAULTS: list[tuple[Check, type, str, Any]] = [
    (what_is_read_once_is_not_kept, Generation, "_is_read_again", lambda *_: True),
    (what_is_read_page_by_page_is_not_kept, Generation, "_is_read_again", _is_known),
    (reads_are_those_of_memory, Kept, "end", lambda *_: None),
    (a_position_that_is_free_again_has_the_new_message, Kept, "end", lambda *_: None),
    (what_is_purged_is_forgotten, Kept, "end", lambda *_: None),
    (a_digest_that_is_added_is_read, Kept, "end", lambda *_: None),
    (
        a_snapshot_from_before_a_change_neither_sees_nor_shows_the_other,
        SqliteTransaction,
        "_current_generation",
        lambda self: self._kept and self._kept.generation,
    ),
    (
        a_snapshot_that_begins_after_a_change_sees_it,
        SqliteTransaction,
        "_current_generation",
        lambda self: self._generation,
    ),
    (what_is_read_before_a_change_is_committed_is_not_kept, Kept, "end", _begin_at_once),
]
"""Each check, and the fault that it must notice."""


@pytest.mark.parametrize("check", [check for check, *_ in FAULTS], ids=lambda c: c.__name__)
async def test_that(check: Check, tmp_path: Path) -> None:
    await check(tmp_path)


@pytest.mark.parametrize(
    ("check", "place", "name", "fault"), FAULTS, ids=[c.__name__ for c, *_ in FAULTS]
)
async def test_a_fault_is_noticed(
    check: Check,
    place: type,
    name: str,
    fault: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, name, fault)
    with pytest.raises(AssertionError):
        await check(tmp_path)
