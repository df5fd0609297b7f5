"""Users and tenants: what is known of them, what they may do, and what they keep."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import InvalidInput, NotFound, PermissionDenied, VersionConflict
from hansard.ids import new_id
from services.talks import path, talk

pytestmark = pytest.mark.anyio


async def test_a_user_is_known_from_the_first_call_on(ada: Services) -> None:
    me = await ada.users.me()
    assert (me.id, me.name, me.traits, me.version) == ("ada", "", {}, 1)
    await ada.users.update_me(name="Ada", traits={"born": 1815})
    changed = await ada.users.update_me(traits={"likes": ["tea"]})
    assert (changed.name, changed.traits, changed.version) == ("Ada", {"likes": ["tea"]}, 3)
    assert await ada.users.me() == changed


async def test_a_tenants_instructions_are_an_administrators_to_change(
    db: Database, ada: Services, bob: Services, eve: Services
) -> None:
    await ada.users.update_tenant(name="Acme", instructions="Be kind.")
    assert (await bob.users.tenant()).instructions == "Be kind."
    assert (await eve.users.tenant()).instructions == ""
    clerk = db.scope("acme", "bob", rights={"read", "write"})
    with pytest.raises(PermissionDenied):
        await clerk.users.update_tenant(name="Bob's")
    assert (await ada.users.tenant()).name == "Acme"


async def test_a_user_and_a_tenant_keep_a_model_options_and_rules(
    ada: Services, bob: Services
) -> None:
    rules = ada.rules
    brief = await rules.create("Brief", "Be brief.")
    fields: dict[str, Any] = {"model": "p/m", "options": {"seed": 1}, "rules": ["Brief"]}
    me = await ada.users.update_me(instructions="Mine.", **fields)
    assert (me.instructions, me.model, me.options) == ("Mine.", "p/m", {"seed": 1})
    assert me.rules == (brief.id,)
    tenant = await ada.users.update_tenant(**fields)
    assert (tenant.model, tenant.options, tenant.rules) == ("p/m", {"seed": 1}, (brief.id,))
    assert await bob.users.tenant() == tenant
    for update in (ada.users.update_me, ada.users.update_tenant):
        changed = await update(model=None, options={"top_p": 0.5})
        assert (changed.model, changed.options) == (None, {"top_p": 0.5})
        assert changed.rules == (brief.id,)
    for update in (bob.users.update_me, bob.users.update_tenant):
        with pytest.raises(NotFound) as missing:
            await update(rules=["Brief"])
        assert missing.value.pointer == "/rules/0"


async def test_what_a_user_or_tenant_cannot_have_is_refused(ada: Services) -> None:
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"model": "nameless"}, "/model"),
        ({"options": {"heat": 1}}, "/options/heat"),
        ({"options": {"seed": True}}, "/options/seed"),
        ({"instructions": "\0"}, "/instructions"),
        ({"rules": ["r"] * 101}, "/rules"),
    ]
    for update in (ada.users.update_me, ada.users.update_tenant):
        for given, pointer in refusals:
            with pytest.raises(InvalidInput) as refused:
                await update(**given)
            assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("names", "pointer"), [(("a b", "ada"), "/tenant"), (("acme", "a\0"), "/user")]
)
def test_an_id_that_is_none_is_refused(names: tuple[str, str], pointer: str) -> None:
    db = hansard.connect("memory:", providers=[])
    with pytest.raises(InvalidInput) as refused:
        db.scope(*names)
    assert refused.value.pointer == pointer


async def test_ids_of_an_identity_provider_tell_users_apart(db: Database) -> None:
    """Also those that look like a part of another, a path, a query, or the same letters otherwise composed."""
    ids = ["auth0|5f", "auth0|5", "Zoë", "Zoe\u0308", "a/b", "a/b?c='", "用户", "x" * 256, "-"]
    for user in ids:
        await talk(db.scope("acme", user), f"words of {user}")
    for user in ids:
        services = db.scope("acme", user)
        [conversation] = (await services.conversations.list()).items
        assert conversation.owner_id == user
        [hit] = [hit async for hit in services.search.messages("words")]
        assert hit.message.text == f"words of {user}"
        entries = await services.feed.read(after=0)
        assert {entry.user_id for entry in entries} == {user}
        lines = [line async for line in services.transfer.export()]
        report = await db.scope("elsewhere", user).transfer.import_lines(lines)
        assert (report.added["message"], report.problems) == (1, [])


def test_there_are_no_other_rights() -> None:
    db = hansard.connect("memory:", providers=[])
    with pytest.raises(PermissionDenied):
        db.scope("acme", "ada", rights={"fly"})  # pyright: ignore[reportArgumentType]


async def test_who_may_only_read_changes_nothing(db: Database, ada: Services) -> None:
    made = await talk(ada, "a", "b")
    message = (await path(ada, made))[1].id
    guest = db.scope("acme", "ada", rights={"read"})
    calls: list[Awaitable[Any]] = [
        guest.conversations.create(),
        guest.conversations.update(made.id, title="x"),
        guest.conversations.delete(made.id),
        guest.conversations.restore(made.id),
        guest.conversations.purge(made.id),
        guest.messages.append(made.id, []),
        guest.messages.edit(made.id, message, "x"),
        guest.messages.delete(made.id, message),
        guest.branches.fork(made.id, at=message),
        guest.branches.switch(made.id, made.branch),
        guest.branches.rename(made.id, made.branch, "x"),
        guest.branches.delete(made.id, made.branch),
        guest.branches.restore(made.id, made.branch),
        guest.branches.purge(made.id, made.branch),
        guest.branches.merge(made.id, source=made.branch),
        guest.projects.create("x"),
        guest.ratings.rate(made.id, message, 1),
        guest.settings.set("a", 1),
        guest.settings.delete("a"),
        guest.blobs.put(b"x", "a/b"),
        guest.users.update_me(name="x"),
        guest.chat.send(made.id, "x", model="echo/echo"),
        guest.chat.answer(made.id, model="echo/echo"),
        guest.chat.dialogue(made.id, ["echo/echo", "echo/echo"]),
        guest.transfer.import_lines([]),
    ]
    for call in calls:
        with pytest.raises(PermissionDenied):
            await call
    assert len([line async for line in guest.transfer.export()]) == 7
    assert len(await ada.feed.read()) == 2


async def test_without_any_right_nothing_is_seen(db: Database, ada: Services) -> None:
    made = await talk(ada, "a")
    nobody = db.scope("acme", "ada", rights=())
    calls: list[Awaitable[Any]] = [
        nobody.conversations.get(made.id),
        nobody.conversations.list(),
        nobody.messages.read(made.id),
        nobody.search.page("a"),
        nobody.statistics.get(),
        nobody.feed.read(),
        nobody.settings.list(),
        nobody.runs.get(new_id()),
    ]
    for call in calls:
        with pytest.raises(PermissionDenied):
            await call


# Settings


async def test_a_setting_is_any_json_under_a_name(ada: Services) -> None:
    values: list[Any] = [None, True, 0, -1.5, 10**39, "ü", [], {"a": {"": [None]}}]
    for version, value in enumerate(values, start=1):
        await ada.settings.set("theme", value)
        kept = await ada.settings.get("theme")
        assert (kept.version, kept.value) == (version, value)
        assert type(kept.value) is type(value)
    await ada.settings.set("Ä", 1)
    assert [setting.name for setting in await ada.settings.list()] == ["theme", "Ä"]


async def test_a_setting_may_insist_on_the_version_it_saw(ada: Services) -> None:
    await ada.settings.set("theme", 1)
    await ada.settings.set("theme", 2, version=1)
    with pytest.raises(VersionConflict) as refused:
        await ada.settings.set("theme", 3, version=1)
    assert refused.value.details == {"version": 2}
    with pytest.raises(NotFound):
        await ada.settings.set("other", 1, version=1)
    assert (await ada.settings.get("theme")).value == 2


async def test_settings_are_ones_own(ada: Services, bob: Services, eve: Services) -> None:
    await ada.settings.set("theme", "dark")
    for who in (bob, eve):
        assert await who.settings.list() == []
        for refused in (who.settings.get("theme"), who.settings.delete("theme")):
            with pytest.raises(NotFound):
                await refused
        await who.settings.set("theme", "light")
    assert (await ada.settings.get("theme")).value == "dark"
    await ada.settings.delete("theme")
    with pytest.raises(NotFound):
        await ada.settings.get("theme")


async def test_what_is_no_setting_is_refused(ada: Services) -> None:
    for name, value, pointer in (
        ("", 1, "/name"),
        (" ", 1, "/name"),
        ("x" * 201, 1, "/name"),
        ("\0", 1, "/name"),
        ("a", {"b": [0, float("inf")]}, "/value/b/1"),
        ("a", {"x/y": {"~": "\ud800"}}, "/value/x~1y/~0"),
        ("a", "x" * 70_000, "/value"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await ada.settings.set(name, value)
        assert refused.value.pointer == pointer
    assert await ada.settings.list() == []
