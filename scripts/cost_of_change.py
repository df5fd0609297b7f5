"""Print what typical changes cost: the files and lines that are written by hand, as a table for the architecture page.

Each change is really made, in a copy of the source, and used by a program there. Generated files, such as migrations,
stubs and reference pages, are not counted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

SCRIPTS = Path(__file__).resolve().parent
SOURCE = SCRIPTS.parent / "src"


class Edit(NamedTuple):
    """Lines to insert after the first line that contains `after`, or a new file."""

    file: str
    lines: str
    after: str = ""


class Change(NamedTuple):
    name: str
    edits: tuple[Edit, ...]
    program: str
    """Uses the change; an assertion fails if it has no effect."""


_NOUN = Change(
    "a noun: records, events, service, REST, client, trash, export and import",
    (
        Edit(
            "model/notes.py",
            '''"""Notes."""

from __future__ import annotations

from hansard.model.lifecycle import Trashable


class Note(Trashable, frozen=True, kw_only=True):
    """A text that a user keeps."""

    owner_id: str
    text: str
''',
        ),
        Edit(
            "storage/tables/library.py",
            "from hansard.model.notes import Note\n",
            "from hansard.model.projects import",
        ),
        Edit(
            "storage/tables/library.py",
            """    Table(
        Note,
        "notes",
        owner="owner_id",
        exported="note",
        events=("note.created", "note.updated", "note.deleted", "note.restored"),
        indexes=(("owner_id", "id"),),
        references=(Reference(("owner_id",), User, belongs=True),),
    ),
""",
            after='        references=(Reference(("tag_id",), Tag, belongs=True),),\n    ),',
        ),
        Edit(
            "services/notes.py",
            '''"""Notes: texts that a user keeps."""

from __future__ import annotations

from hansard.model.checks import check_text
from hansard.model.notes import Note
from hansard.services.base import Service
from hansard.storage.base import Transaction
from hansard.storage.query import Query


class Notes(Service):
    """The user's notes."""

    async def create(self, text: str, *, id: str | None = None) -> Note:  # noqa: A002
        """Create a note. `id` makes the request repeatable. Raises AlreadyExists if the id exists with other text."""
        note = Note(**self.stamp(id, self.clock()), text=check_text(text, "/text"))
        return await self.run_write(lambda tx: self.insert_once(tx, note, "note.created", "text"))

    async def get(self, note_id: str) -> Note:
        """Return a note. Raises NotFound if it does not exist."""
        return await self.run_read(lambda tx: self._get_owned(tx, Note, note_id))

    async def list(self, *, deleted: bool = False) -> list[Note]:
        """Return all notes, oldest first; with `deleted`, those in the trash."""
        state = "trashed" if deleted else "active"
        query = Query(Note).where(owner_id=self.scope.user, state=state)
        return await self.run_read(lambda tx: tx.select(query.by("id")))

    async def update(self, note_id: str, *, text: str, version: int | None = None) -> Note:
        """Change the text; with `version`, only if that is still the note's version. Raises VersionConflict."""
        changes = {"text": check_text(text, "/text")}

        async def update_note(tx: Transaction) -> Note:
            note = await self._get_owned(tx, Note, note_id)
            return await self.change_fields(tx, note, "note.updated", changes, version)

        return await self.run_write(update_note)

    async def delete(self, note_id: str) -> Note:
        """Move a note to the trash. Raises NotFound if it does not exist."""
        return await self.set_deleted(Note, note_id, "note.deleted", deleted=True)

    async def restore(self, note_id: str) -> Note:
        """Restore a note from the trash. Raises NotFound if it is not in the trash."""
        return await self.set_deleted(Note, note_id, "note.restored", deleted=False)
''',
        ),
        Edit(
            "api/operations.py",
            "from hansard.services.notes import Notes\n",
            "from hansard.services.blobs import",
        ),
        Edit("api/operations.py", "    notes: Notes\n", after="    projects: Projects"),
        Edit(
            "api/operations.py",
            """    "notes": (
        Operation("create_note", "POST /notes", Notes.create),
        Operation("list_notes", "GET /notes", Notes.list),
        Operation("get_note", "GET /notes/{note_id}", Notes.get),
        Operation("update_note", "PATCH /notes/{note_id}", Notes.update),
        Operation("delete_note", "DELETE /notes/{note_id}", Notes.delete),
        Operation("restore_note", "POST /notes/{note_id}/restore 200", Notes.restore),
    ),
""",
            after="OPERATIONS: dict[",
        ),
    ),
    """
notes = db.scope().notes
first = await notes.create("one")
second = await notes.update(first.id, text="two", version=1)
assert [note.text for note in await notes.list()] == ["two"]
await notes.delete(first.id)
assert await notes.list(deleted=True) and not await notes.list()
await notes.restore(first.id)
lines = [line async for line in db.scope().transfer.export()]
assert any(b'"two"' in line for line in lines)
report = await db.scope().transfer.import_lines(lines)
assert report.unchanged["note"] == 1, report
assert "note.created" in [entry.kind for entry in await db.scope().feed.read()]
assert "note.created" in get_args(hansard.EventKind)
""",
)
_OPERATION = Change(
    "an operation for a method that exists",
    (
        Edit(
            "api/operations.py",
            '        Operation("find_conversation", "GET /conversations/find", Conversations.find),\n',
            after='    "conversations": (',
        ),
    ),
    """
from hansard.api.operations import by_name
made = await db.scope().conversations.create(title="Rome")
assert (await db.scope().conversations.find("Rome")).id == made.id
assert by_name("find_conversation")
""",
)
_CONVERSATION_FIELD = Change(
    "a field of Conversation that users set",
    (
        Edit("model/conversations.py", '    color: str = ""\n', after="    pinned: bool"),
        Edit(
            "services/conversations/service.py",
            '        color: str = "",\n',
            after="        pinned: bool = False,",
        ),
        Edit(
            "services/conversations/service.py",
            "            color=color,\n",
            after="            pinned=pinned,",
        ),
        Edit(
            "services/conversations/service.py",
            "        color: str | msgspec.UnsetType = _UNSET,\n",
            after="        pinned: bool | msgspec.UnsetType = _UNSET,",
        ),
        Edit(
            "services/conversations/service.py",
            "            color=color,\n",
            after="            archived=archived,",
        ),
        Edit(
            "services/conversations/service.py",
            '    "color": lambda color: check_text(color, "/color"),\n',
            after="_CHECKS: Checks",
        ),
    ),
    """
conversations = db.scope().conversations
made = await conversations.create(color="red")
assert (await conversations.get(made.id)).color == "red"
assert (await conversations.update(made.id, color="blue")).color == "blue"
lines = [line async for line in db.scope().transfer.export()]
assert any(b'"color":"blue"' in line for line in lines)
""",
)
_MESSAGE_FIELD = Change(
    "a field of Message",
    (Edit("model/messages.py", '    mood: str = ""\n', after="    metadata: JsonObject = {}"),),
    """
made = await db.scope().conversations.create()
[message] = await db.scope().messages.append(made.id, [hansard.user("hello")])
assert message.mood == ""
""",
)
_PROVIDER = Change(
    "a provider with a protocol of its own",
    (
        Edit(
            "providers/shout.py",
            '''"""A provider that answers in capitals."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from hansard.model.parts import text_of
from hansard.providers.base import Event, Finished, Model, Provider, Request, TextDelta, model


class Shout(Provider):
    """Repeats the last turn in capitals."""

    name = "shout"

    async def models(self) -> list[Model]:
        return [model(self.name, "loud")]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        yield TextDelta(text_of(request.turns[-1].parts).upper())
        yield Finished("stop")
''',
        ),
        Edit(
            "providers/registry.py",
            "from hansard.providers.shout import Shout\n",
            after="from hansard.providers.remote import",
        ),
        Edit(
            "providers/registry.py",
            "        providers.append(Shout())\n",
            after="        providers: list[Provider] = []",
        ),
    ),
    """
made = await db.scope().conversations.create(model="shout/loud")
[run] = await db.scope().chat.send(made.id, "hello")
await db.scope().runs.wait(run.id)
page = await db.scope().messages.read(made.id)
assert page.items[-1].text == "HELLO", page
assert "shout/loud" in {each.name for each in (await db.scope().models.list()).items}
""",
)
CHANGES = (_NOUN, _OPERATION, _CONVERSATION_FIELD, _MESSAGE_FIELD, _PROVIDER)

_PROGRAM = """
import asyncio, json, subprocess, sys, time
from pathlib import Path
from typing import get_args
import hansard

async def use(url, token):
    async with hansard.connect(url, token=token) as db:
{program}

server = subprocess.Popen(
    [sys.executable, "-m", "hansard", "serve", "--db", ":memory:", "--port", "0", "--ready-file", "ready.json"],
    stdout=subprocess.DEVNULL,
)
try:
    while not Path("ready.json").exists():
        assert server.poll() is None
        time.sleep(0.01)
    ready = json.loads(Path("ready.json").read_text())
    asyncio.run(use(ready["url"], ready["token"]))
finally:
    server.terminate()
    server.wait()
"""


def make(change: Change) -> None:
    """Make a change in a copy of the source, and use it through a server there.

    Raises CalledProcessError if that fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copytree(SOURCE, place / "src", ignore=shutil.ignore_patterns("web", "__pycache__"))
        for edit in change.edits:
            _apply(edit, place / "src" / "hansard")
        program = "".join(f"        {line}\n" for line in change.program.strip().splitlines())
        environment = {"PYTHONPATH": str(place / "src"), "HANSARD_HOME": str(place / "home")}
        for arguments in (
            [str(SCRIPTS / "event_kinds.py")],
            ["-c", _PROGRAM.format(program=program)],
        ):
            subprocess.run(  # noqa: S603 - our own programs
                [sys.executable, *arguments], cwd=place, env=os.environ | environment, check=True
            )


def _apply(edit: Edit, package: Path) -> None:
    file = package / edit.file
    if not edit.after:
        file.write_text(edit.lines, "utf-8")
        return
    text = file.read_text("utf-8")
    start = text.index(edit.after)
    end = text.index("\n", start + len(edit.after) - 1) + 1
    while edit.after.startswith("from ") and text[start:end].rstrip().endswith("("):
        end = text.index(")\n", end) + 2
    file.write_text(text[:end] + edit.lines + text[end:], "utf-8")


def cost(change: Change) -> tuple[int, int]:
    """Return the number of files that are edited by hand, and of lines that are added."""
    files = {edit.file for edit in change.edits}
    lines = sum(len([line for line in e.lines.splitlines() if line.strip()]) for e in change.edits)
    return len(files), lines


def table() -> str:
    lines = ["| change | files | lines |", "|---|---|---|"]
    for change in CHANGES:
        files, added = cost(change)
        lines.append(f"| {change.name} | {files} | {added} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    for change in CHANGES:
        make(change)
    sys.stdout.write(table())


if __name__ == "__main__":
    main()
