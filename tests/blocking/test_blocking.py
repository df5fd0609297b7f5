"""The blocking twin does what the services do, and its stub says so."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import blocking
from hansard.errors import NotFound, StorageError
from hansard.services.base import Service


def test_a_script_needs_no_event_loop(tmp_path: Path) -> None:
    with hansard.connect(tmp_path / "chats.db") as db:
        ada = db.scope(user="ada")
        talk = ada.conversations.create(title="Trip to Rome")
        [asked] = ada.messages.append(talk.id, [hansard.user("Where do I sleep?")])
        assert ada.messages.read(talk.id).items == [asked]
        assert [hit.message.id for hit in ada.search.messages("sleep")] == [asked.id]
        [run] = ada.chat.send(talk.id, "In a hotel.", model="echo/echo")
        said = "".join(event.text for event in ada.runs.events(run.id))
        assert said == "In a hotel."
    with hansard.connect(tmp_path / "chats.db") as db:
        assert db.scope(user="ada").conversations.get(talk.id).message_count == 3


def test_errors_come_through() -> None:
    with hansard.connect("memory:") as db, pytest.raises(NotFound):
        db.scope().conversations.get("nothing")


def test_an_iteration_may_be_left_early() -> None:
    with hansard.connect("memory:") as db:
        me = db.scope()
        talk = me.conversations.create()
        me.messages.append(talk.id, [hansard.user(f"word {i}") for i in range(5)])
        for message in me.messages.all(talk.id):
            assert message.seq == 0
            break
        assert len(list(me.messages.all(talk.id))) == 5


def test_a_database_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"not a database")
    with (
        pytest.raises(hansard.HansardError, match="not a Hansard database"),
        hansard.connect(tmp_path / "other"),
    ):
        pass


def test_a_thread_that_calls_while_the_database_ends_is_told() -> None:
    ended: list[Exception] = []

    def write(me: Any, talk_id: str) -> None:
        try:
            while True:
                me.messages.append(talk_id, [hansard.user("word")])
        except StorageError as error:
            ended.append(error)

    for _ in range(5):
        with hansard.connect("memory:") as db:
            me = db.scope()
            talk = me.conversations.create()
            threads = [threading.Thread(target=write, args=(me, talk.id)) for _ in range(4)]
            for thread in threads:
                thread.start()
            following = me.messages.all(talk.id)
            while next(following, None) is None:
                following = me.messages.all(talk.id)
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        with pytest.raises(StorageError, match="closed"):
            list(following)
    assert len(ended) == 20


def test_the_stub_is_what_the_services_offer() -> None:
    import blocking_stub

    assert blocking_stub.OUT.read_text("utf-8") == blocking_stub.stub(), (
        f"run {Path(sys.executable).name} scripts/blocking_stub.py"
    )


def test_the_stub_has_every_service() -> None:
    services = vars(hansard.connect("memory:").scope())
    names = [name for name, each in services.items() if isinstance(each, Service)]
    assert len(names) > 20
    text = Path(blocking.__file__).with_suffix(".pyi").read_text("utf-8")
    assert all(f"    {name}: " in text for name in names)
