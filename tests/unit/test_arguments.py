"""Wrong use raises an error that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import errors
from hansard.blocking import BlockingDatabase
from hansard.client import Client
from hansard.client.events import frame_of
from hansard.providers.echo import Echo

pytestmark = pytest.mark.anyio

# Every call is wrong for a type checker, too.
connect: Any = hansard.connect
client: Any = Client
draft = hansard.user("x")


def _called(services: Any, conversation: hansard.Conversation) -> dict[str, Callable[[], Any]]:
    messages, chat, conversations = services.messages, services.chat, services.conversations
    return {
        "messages must be a list of Draft, not a value of type Draft. Put it into a list.": (
            lambda: messages.append(conversation.id, draft)
        ),
        "messages must be a list of Draft, not a value of type str.": (
            lambda: messages.append(conversation.id, "x")
        ),
        "messages must contain only Draft, not a value of type dict. Write Draft(role=…).": (
            lambda: messages.append(conversation.id, [{"role": "user"}])
        ),
        "messages must be a list of Draft, not None.": (
            lambda: messages.append(conversation.id, None)
        ),
        "conversation_id must be text, not a value of type Conversation. Pass its id.": (
            lambda: messages.read(conversation)
        ),
        "last must be an integer, not a value of type str.": (
            lambda: messages.read(conversation.id, last="5")
        ),
        "filter must be a ConversationFilter, not a value of type dict. "
        "Write ConversationFilter(pinned=…).": (
            lambda: conversations.list(filter={"pinned": True})
        ),
        "filter must be an ArtifactFilter, not a value of type dict. Write ArtifactFilter(type=…).": (
            lambda: services.artifacts.list(filter={"type": "html"})
        ),
        "filter must be a SearchFilter, not a value of type str.": (
            lambda: services.search.page("x", filter="user")
        ),
        "tags must be a list of texts, not a value of type str. Put it into a list.": (
            lambda: conversations.create(tags="red")
        ),
        "metadata must be a dictionary, not a value of type list.": (
            lambda: conversations.create(metadata=[1])
        ),
        "title must be text, not a value of type int.": lambda: conversations.create(title=5),
        "content must be text, not a value of type Draft.": (
            lambda: chat.send(conversation.id, draft, model="echo/echo")
        ),
        "models must be a list of texts, not a value of type str. Put it into a list.": (
            lambda: chat.send(conversation.id, "x", models="echo/echo")
        ),
        "options must be a dictionary, not a value of type list.": (
            lambda: chat.send(conversation.id, "x", options=["a"])
        ),
        "data must be bytes, not a value of type str.": (
            lambda: services.blobs.put("abc", "text/plain")
        ),
        "file must be a file that is open for reading, not a value of type str.": (
            lambda: services.archives.import_zip("x.zip")
        ),
        "run_id must be text, not None.": lambda: services.runs.events(None),
    }


async def test_a_call_with_a_wrong_type_says_what_to_pass() -> None:
    async with hansard.connect("memory:", providers=[Echo()]) as db:
        services = db.scope()
        conversation = await services.conversations.create()
        for message, call in _called(services, conversation).items():
            with pytest.raises(errors.InvalidInput) as refused:
                await call()
            assert refused.value.message == message
            name = message.partition(" ")[0]
            assert (refused.value.pointer or "").split("/")[1] == name
        assert await services.statistics.get() is not None


def test_the_blocking_calls_say_the_same() -> None:
    with hansard.connect("memory:", providers=[Echo()]) as db:
        services = db.scope()
        conversation = services.conversations.create()
        for message, call in _called(services, conversation).items():
            with pytest.raises(errors.InvalidInput) as refused:
                list(call())
            assert refused.value.message == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: connect(None), "address must be text or a Path, not None."),
        (lambda: connect(5), "address must be text or a Path, not a value of type int."),
        (
            lambda: connect(providers=Echo()),
            "providers must be a list of Provider, not a value of type Echo. Put it into a list.",
        ),
        (
            lambda: connect(providers=[Echo]),
            "providers must contain only Provider, not the class Echo. Create one: Echo(…).",
        ),
        (
            lambda: connect(options={"auto_title": False}),
            "options must be a ChatOptions, not a value of type dict. Write ChatOptions(auto_title=…).",
        ),
        (lambda: connect().scope(user=5), "user must be text, not a value of type int."),
        (
            lambda: connect().scope(rights="read"),
            "rights must be a list of texts, not a value of type str. Put it into a list.",
        ),
        (lambda: client(None, "token"), "url must be text, not None."),
        (lambda: client("http://host", None), "token must be text, not None."),
    ],
)
def test_connecting_with_a_wrong_type_says_what_to_pass(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        call()
    assert refused.value.message == message


def test_an_unknown_option_of_a_database_is_named_with_those_that_exist(tmp_path: Path) -> None:
    for address in ("memory:", tmp_path / "chats.db", "postgresql://host/db"):
        with pytest.raises(errors.InvalidConfig, match=r"read_only is not an option.*readonly"):
            connect(address, read_only=True)
    with pytest.raises(errors.InvalidConfig, match="Only PostgreSQL has the options pool_size"):
        connect(tmp_path / "chats.db", pool_size=5)


@pytest.mark.parametrize("address", ["memory:", "chats.db", "postgresql://host/db"])
async def test_a_call_before_opening_says_how_to_open(tmp_path: Path, address: str) -> None:
    place = tmp_path / address if address == "chats.db" else address
    services = hansard.connect(place, providers=[]).scope()
    with pytest.raises(errors.StorageError, match=r"is not open.*async with hansard.connect"):
        await services.conversations.list()
    with pytest.raises(errors.StorageError, match=r"is not open.*async with hansard.connect"):
        await anext(services.feed.follow(0))


def test_a_blocking_call_before_opening_says_how_to_open() -> None:
    database = BlockingDatabase(hansard.connect(providers=[]))
    with pytest.raises(errors.StorageError, match=r"is not open: use `with hansard.connect"):
        database.scope().conversations.list()
    with database:
        assert database.scope().conversations.list().items == []


def test_a_database_is_not_opened_twice() -> None:
    with (
        hansard.connect(providers=[]) as db,
        pytest.raises(errors.StorageError, match="opened already"),
    ):
        db.__enter__()


@pytest.mark.parametrize("frame", ["[]", "{", '{"type": 5}', '{"type": "hello", "id": 5}'])
def test_a_frame_that_the_client_does_not_know_says_what_to_install(frame: str) -> None:
    with pytest.raises(
        errors.HansardError, match="does not know; install the version of the server"
    ):
        frame_of(frame)
