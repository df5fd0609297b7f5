"""Makes the database file of this release, with every kind of record in it, and says what is in it.

A file is made once, when its schema is released, and never again: ``NNNN.db`` is what people have on
their disks, and ``NNNN.json`` is what must be read from it for ever. ::

    .venv/bin/python tests/migrations/released/make.py
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

import hansard
from hansard import Database, Services
from hansard.model.messages import Summary
from hansard.model.parts import Data, Error, File, Image, Reasoning, Text, ToolCall, ToolResult
from hansard.model.prompts import Variable
from hansard.model.reindexes import Reindex
from hansard.model.shares import Share
from hansard.providers.echo import Echo
from hansard.storage.base import Storage
from hansard.storage.query import Query
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.tables import SCHEMA

HERE = Path(__file__).parent
ROOT_KEY = b64encode(bytes(range(32))).decode()
"""The key with which the files' secrets are encrypted, for the variable HANSARD_ROOT_KEY."""
RELEASE_DAY = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ticking(start: datetime = RELEASE_DAY) -> Callable[[], datetime]:
    """A clock that goes on by a second each time it is looked at."""
    time = start

    def tick() -> datetime:
        nonlocal time
        time += timedelta(seconds=1)
        return time

    return tick


async def contents(storage: Storage) -> dict[str, dict[str, list[Any]]]:
    """Every record of every tenant, by table, in the order of the keys."""
    found: dict[str, dict[str, list[Any]]] = {}
    for tenant in await storage.tenants():
        tables = found.setdefault(tenant, {})
        for table in SCHEMA.tables:
            query = Query(table.record).by(*table.key)
            rows = await storage.read(tenant, lambda tx, q=query: tx.select(q))
            tables[table.name] = json.loads(msgspec.json.encode(rows))
    return found


async def fill(db: Database) -> None:
    ada, bob, eve = db.scope("acme", "ada"), db.scope("acme", "bob"), db.scope("globex", "ada")
    await ada.users.update_me(name="Ada", traits={"likes": ["tea", "Zürich"]})
    await ada.users.update_tenant(name="Acme", instructions="Be brief.")
    await ada.settings.set("theme", {"dark": True, "size": 1.25, "big": 12345678901234567890})
    trips = await ada.projects.create(name="Trips", instructions="Think of the budget.")
    italy = await ada.projects.create(name="Italy", parent_id=trips.id, model="echo/echo")
    await _library(ada)
    await _talks(db, ada, italy.id)
    await _parts(ada)
    await _made(db, ada)
    await _gone(ada)
    for other in (bob, eve):
        talk = await other.conversations.create(title="Something of mine")
        await other.messages.append(talk.id, [hansard.user("東京 is far from here")])


async def _library(ada: Services) -> None:
    """Tags, rules, agents with a task, templates with revisions; and what deleting took away."""
    await ada.rules.create("Brief", "Be brief.", always=True, tags=["style"])
    polite = await ada.rules.create("Polite", "Be polite.", position="prompt")
    writer = await ada.agents.create(
        "Writer",
        instructions="You write.",
        options={"temperature": 0.5},
        rules=[polite.id],
        output_schema={"type": "object"},
    )
    name = Variable("name", required=True, help="Who is greeted.")
    greeting = await ada.prompts.create("greet", "Hello {{ name }}.", variables=[name])
    times = Variable("times", "number", default=2)
    await ada.prompts.update(greeting.id, body="{{ name }} {{ times }}", variables=[name, times])
    await ada.prompts.create("sum", "Sum up.", agent_id=writer.id, follow_ups=["And shorter?"])
    gone = await ada.tags.create("gone", color="#ff8800")
    await ada.conversations.create(title="Tagged", tags=["gone"], agent_id=writer.id)
    await ada.tags.delete(gone.id)
    folder = await ada.projects.create("Deleted folder", options={"top_p": 0.9}, rules=["Polite"])
    key = await ada.api_keys.create("work", "a-key-of-nobody-at-all")
    headers = {"X-Team": "blue"}
    await ada.providers.create("mine", "openrouter", api_key_id=key.id, headers=headers)
    await ada.providers.create("gone", "ollama", enabled=False, chosen_models=["small"])
    await ada.conversations.create(title="Moved away", project_id=folder.id, traits={"a": 1})
    await ada.projects.delete(folder.id, conversations="move")


async def _talks(db: Database, ada: Services, project: str) -> None:
    """A conversation with branches, a rated answer, and a summary."""
    talk = await ada.conversations.create(
        title="Straße nach Rom", project_id=project, tags=["red", "blue"], metadata={"a": [1, None]}
    )
    for question in ("Where do I sleep?", "And what do I eat?"):
        [run] = await ada.chat.send(talk.id, question)
        await ada.runs.wait(run.id)
    first, answer, second, _ = [m async for m in ada.messages.all(talk.id)]
    await ada.ratings.rate(talk.id, answer.id, 1, note="good")
    await ada.messages.edit(talk.id, second.id, "And what do I drink?")
    await ada.branches.fork(talk.id, at=first.id, name="what if")
    summary = Summary(
        tenant_id="acme",
        id=answer.id,
        conversation_id=talk.id,
        branch=answer.branch,
        seq=answer.seq,
        text="They spoke of hotels.",
        model="echo/echo",
        created_at=RELEASE_DAY,
        updated_at=RELEASE_DAY,
    )
    await db.storage.write("acme", lambda tx: tx.insert(summary))
    note = Reindex(tenant_id="acme", created_at=RELEASE_DAY, name="messages")
    await db.storage.write("acme", lambda tx: tx.insert(note))


async def _parts(ada: Services) -> None:
    """A message of every kind of part."""
    talk = await ada.conversations.create(title="Parts", system="Only parts.", pinned=True)
    blob = await ada.blobs.put(bytes(range(256)) * 4, "image/png")
    said = hansard.assistant(
        parts=[
            Reasoning("Hm.", signature="s"),
            Text("Look:\n\n* one\n* two 🦉"),
            ToolCall("c1", "weather", {"city": "Rome"}),
            ToolResult("c1", {"degrees": 21.5}),
            Image(blob.id, "image/png", "plot.png"),
            File(blob.id, "application/octet-stream"),
            Data({"cites": [1, 2]}, "citation"),
            Error("provider-unavailable", "It went away."),
        ],
        model="echo/echo",
        finish="stop",
        tokens_in=7,
        tokens_out=11,
        metadata={"k": "v"},
    )
    await ada.messages.append(talk.id, [hansard.system("Be exact."), said, hansard.tool("done")])


async def _made(db: Database, ada: Services) -> None:
    """Artifacts: found, revised, collected, shared, used."""
    talk = await ada.conversations.create(title="Clocks")
    code = "def tick():\n" + "".join(f"    hour = {n}\n" for n in range(200))
    answer = hansard.assistant(f"Here:\n\n```python clock.py\n{code}```\n", model="echo/echo")
    await ada.messages.append(talk.id, [answer])
    [clock] = (await ada.artifacts.list()).items
    await ada.artifacts.update(clock.id, content="print(1)\n", note="shorter", title="Uhr")
    await ada.artifacts.restore_revision(clock.id, 1)
    await ada.artifacts.used(clock.id, "opened")
    pages = await ada.collections.create("Pages", description="and clocks")
    await ada.collections.add(pages.id, clock.id)
    assert [scanned async for scanned in ada.backfill.run()]
    share = Share(
        tenant_id="acme",
        id=talk.id,
        owner_id="ada",
        artifact_id=clock.id,
        user_id="bob",
        right="write",
        created_at=RELEASE_DAY,
        updated_at=RELEASE_DAY,
    )
    await db.storage.write("acme", lambda tx: tx.insert(share))
    await ada.shares.link(clock.id, revision=2)
    await ada.sessions.begin("a code", "Firefox on Linux")


async def _gone(ada: Services) -> None:
    """What is in the trash: a conversation, and the end of another."""
    talk = await ada.conversations.create(title="Thrown away")
    await ada.messages.append(talk.id, [hansard.user("no longer wanted")])
    await ada.conversations.delete(talk.id)
    cut = await ada.conversations.create(title="Cut short")
    _, last = await ada.messages.append(cut.id, [hansard.user("kept"), hansard.user("cut off")])
    await ada.messages.delete(cut.id, last.id)
    await ada.conversations.update(cut.id, archived=True)


async def make(path: Path) -> dict[str, Any]:
    clock = ticking()
    options = hansard.ChatOptions(auto_title=False, summarize=False)
    async with hansard.connect(path, providers=[Echo()], clock=clock, options=options) as db:
        await fill(db)
        return await contents(db.storage)


def main() -> None:
    os.environ["HANSARD_ROOT_KEY"] = ROOT_KEY
    with TemporaryDirectory() as directory:
        path = Path(directory) / "chats.db"
        found = asyncio.run(make(path))
        empty = [name for name in found["acme"] if not found["acme"][name]]
        assert not empty, f"nothing is in {empty}"
        name = f"{SqliteStorage(path).migrations.latest:04d}"
        shutil.copyfile(path, HERE / f"{name}.db")
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (HERE / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
