"""A record with something of everything in it, made through the library."""

from __future__ import annotations

from dataclasses import dataclass

import hansard
from cli.program import Program
from hansard.model.parts import Data, Image, Reasoning, Text, ToolCall, ToolResult


@dataclass(frozen=True)
class Made:
    project: str
    rome: str
    venice: str
    deleted: str


def fill(program: Program) -> Made:
    """Three conversations of the default user, and one of somebody else."""
    with hansard.connect(program.database) as database:
        me = database.scope()
        me.users.update_me(name="Ada", traits={"likes": ["walking"]})
        me.settings.set("theme", "dark")
        italy = me.projects.create("Italy", instructions="Be brief.", model="echo/echo")
        me.projects.create("Rome", parent_id=italy.id)
        picture = me.blobs.put(b"\x89PNG" * 1000, "image/png")
        rome = me.conversations.create(title="A walk in Rome", project_id=italy.id, tags=["walk"])
        drafts = [hansard.user("Where do I sleep?"), hansard.assistant("By the river.")]
        asked, answered = me.messages.append(rome.id, drafts)
        image = Image(picture.id, "image/png", "map.png")
        thought = [Reasoning("A map.\nOf Rome?"), ToolCall("c1", "look", {"at": "map"})]
        said = [Data({"x": 1}, "place"), Text("Near the **bridge**.")]
        me.messages.append(
            rome.id,
            [
                hansard.user(parts=[image]),
                hansard.assistant(parts=[*thought], model="p/m"),
                hansard.tool(parts=[ToolResult("c1", "a bridge")]),
                hansard.assistant(parts=[*said], model="p/m", finish="length"),
            ],
        )
        me.ratings.rate(rome.id, answered.id, 1, "good")
        me.messages.edit(rome.id, asked.id, "Where do I eat?")
        [run] = me.chat.answer(rome.id)
        me.runs.wait(run.id)
        me.branches.fork(rome.id, at=answered.id, name="what if")
        venice = me.conversations.create(title="A swim in Venice")
        me.messages.append(venice.id, [hansard.user("Is the water cold?")])
        me.conversations.update(venice.id, pinned=True)
        gone = me.conversations.create(title="Thrown away")
        me.messages.append(gone.id, [hansard.user("Forget it")])
        me.conversations.delete(gone.id)
        eve = database.scope(user="eve")
        other = eve.conversations.create(title="Eve's walk")
        eve.messages.append(other.id, [hansard.user("Is the water warm?")])
        return Made(italy.id, rome.id, venice.id, gone.id)
