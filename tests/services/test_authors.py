"""Messages and runs say who wrote them and who asked, whoever owns the conversation."""

from __future__ import annotations

import pytest

import hansard
from hansard import Database, Services
from hansard.model.messages import Message
from services.talks import ask, export, path, talk

pytestmark = pytest.mark.anyio


async def _authors(who: Services, conversation_id: str) -> list[tuple[str, str | None]]:
    return [(m.role, m.author_id) async for m in who.messages.all(conversation_id)]


async def test_a_person_is_the_author_of_a_prompt_and_a_model_is_not(ada: Services) -> None:
    made = await talk(ada)
    run = await ask(ada, made, "hello", model="echo/echo")
    assert run.author_id == "ada"
    assert await _authors(ada, made.id) == [("user", "ada"), ("assistant", None)]


async def test_appended_messages_of_models_and_tools_have_no_author(ada: Services) -> None:
    made = await talk(ada)
    drafts = [
        hansard.system("Be brief."),
        hansard.user("hi"),
        hansard.assistant("yes"),
        hansard.tool("done"),
    ]
    await ada.messages.append(made.id, drafts)
    assert await _authors(ada, made.id) == [
        ("system", "ada"), ("user", "ada"), ("assistant", None), ("tool", None),
    ]  # fmt: skip


async def test_an_edited_message_has_the_author_who_edits_it(ada: Services) -> None:
    made = await talk(ada, "one")
    [first] = await path(ada, made)
    await ada.messages.edit(made.id, first.id, "two")
    assert await _authors(ada, made.id) == [("user", "ada")]


async def test_an_import_keeps_the_authors_and_changes_the_owner(
    ada: Services, eve: Services
) -> None:
    made = await talk(ada, "one")
    await eve.transfer.import_lines(await export(ada))
    [message] = await path(eve, made)
    assert (message.owner_id, message.author_id) == (eve.scope.user, "ada")


async def test_a_message_that_was_stored_without_an_author_can_be_sent_again(
    db: Database, ada: Services
) -> None:
    made = await talk(ada)
    draft = hansard.user("hi", id="0190f5fe-0000-7000-8000-000000000001")
    [stored] = await ada.messages.append(made.id, [draft])
    unknown = await db.storage.write(
        "acme", lambda tx: tx.update(Message, stored.id, author_id=None)
    )
    assert await ada.messages.append(made.id, [draft]) == [unknown]
