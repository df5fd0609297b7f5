"""`AsyncSqliteSaver` of langgraph-checkpoint-sqlite, given what a graph with a list of messages gives it.

An append is one checkpoint with all messages so far: the least that such a graph stores for a turn (it stores
several checkpoints and their writes). Reading is what a graph does before a turn: the newest checkpoint is loaded.
"""
# What it imports is in the peer's environment.
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import sqlite3
import sys
from importlib.metadata import version
from typing import Any

from answering import Texts, answer, at_once, repeated
from langchain_core.messages import BaseMessage, HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


class Thread:
    """A thread as a graph that runs holds it: its messages are at hand."""

    def __init__(self, saver: AsyncSqliteSaver, name: str, texts: list[str]) -> None:
        self.config: Any = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        self.messages: list[BaseMessage] = [_message(text) for text in texts]
        self._saver = saver

    async def append(self, text: str) -> None:
        self.messages.append(_message(text))
        step = len(self.messages)
        changed: Any = {"messages": step}
        checkpoint = empty_checkpoint()
        checkpoint["channel_values"] = {"messages": self.messages}
        checkpoint["channel_versions"] = changed
        self.config = await self._saver.aput(
            self.config, checkpoint, {"source": "loop", "step": step, "parents": {}}, changed
        )

    async def last(self, count: int) -> list[BaseMessage]:
        latest = {k: v for k, v in self.config["configurable"].items() if k != "checkpoint_id"}
        found = await self._saver.aget_tuple({"configurable": latest})
        if found is None:
            raise LookupError("The thread has no checkpoint.")
        return found.checkpoint["channel_values"]["messages"][-count:]


class LangGraph:
    def __init__(self, saver: AsyncSqliteSaver) -> None:
        self._saver = saver
        self._texts = Texts()
        self._threads = 0
        self._long: dict[int, Thread] = {}

    async def facts(self) -> dict[str, Any]:
        await self._thread([]).append("first")
        settings: dict[str, Any] = {}
        for name in ("journal_mode", "synchronous"):
            async with self._saver.conn.execute(f"PRAGMA {name}") as cursor:
                row = await cursor.fetchone()
                settings[name] = row and row[0]
        return {
            "version": version("langgraph-checkpoint-sqlite"),
            "sqlite": sqlite3.sqlite_version,
            **settings,
        }

    async def append(self, *, writers: int, each: int) -> float:
        threads = [self._thread([]) for _ in range(writers)]
        texts = [self._texts.many(each) for _ in threads]

        async def write(number: int) -> None:
            for text in texts[number]:
                await threads[number].append(text)

        return await at_once(writers, each, write)

    async def append_at(self, *, length: int, times: int) -> float:
        """An append to a new thread that has so many messages."""
        thread = self._thread(self._texts.many(length))
        texts = iter(self._texts.many(times))
        return await repeated(times, lambda: thread.append(next(texts)))

    async def read(self, *, length: int, last: int, times: int) -> float:
        if length not in self._long:
            self._long[length] = self._thread(self._texts.many(length - 1))
            await self._long[length].append(self._texts.one())
        thread = self._long[length]
        return await repeated(times, lambda: thread.last(last))

    def _thread(self, texts: list[str]) -> Thread:
        self._threads += 1
        return Thread(self._saver, f"thread-{self._threads}", texts)


def _message(text: str) -> BaseMessage:
    return HumanMessage(content=text)


async def main(path: str) -> None:
    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        await answer(LangGraph(saver))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
