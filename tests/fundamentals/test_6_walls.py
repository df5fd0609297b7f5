"""Walls: every call is made for a user of a tenant, and sees what that user has.

What is another's looks exactly like what does not exist, so not even its existence can be learned.
"""

from __future__ import annotations

import pytest

import hansard
from hansard import Database, HansardError, Services
from hansard.errors import NotFound, PermissionDenied
from hansard.ids import new_id

pytestmark = pytest.mark.anyio


async def test_users_cannot_see_each_other(db: Database, ada: Services) -> None:
    bob = db.scope(tenant="acme", user="bob")
    talk = await ada.conversations.create(title="Secret")
    told: list[str] = []
    for asked in (talk.id, new_id()):
        with pytest.raises(NotFound) as refused:
            await bob.conversations.get(asked)
        told.append(refused.value.message)
    assert told[0] == told[1]


async def test_the_same_name_in_another_tenant_is_another_user(db: Database, ada: Services) -> None:
    talk = await ada.conversations.create()
    await ada.messages.append(talk.id, [hansard.user("a secret")])
    other = db.scope(tenant="globex", user="ada")
    assert [hit async for hit in other.search.messages("secret")] == []


async def test_a_scope_may_be_for_reading_alone(db: Database, ada: Services) -> None:
    talk = await ada.conversations.create()
    guest = db.scope(tenant="acme", user="ada", rights={"read"})
    assert (await guest.conversations.get(talk.id)).id == talk.id
    with pytest.raises(PermissionDenied):
        await guest.messages.append(talk.id, [hansard.user("hello")])


async def test_an_error_says_which_field_it_is_about(ada: Services) -> None:
    talk = await ada.conversations.create()
    with pytest.raises(HansardError) as refused:
        await ada.messages.append(talk.id, [hansard.user("ok", metadata={"a": {"b": [0, "\0"]}})])
    assert refused.value.code == "invalid-input"
    assert refused.value.pointer == "/messages/0/metadata/a/b/1"
