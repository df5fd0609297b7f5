"""Providers that users set up: who answers, where, and with which key."""

from __future__ import annotations

from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.errors import AlreadyExists, InvalidInput, NotFound, UnknownModel, VersionConflict
from hansard.ids import new_id
from hansard.providers.echo import Echo
from hansard.providers.registry import Registry
from hansard.root_keys import RootKeys
from hansard.storage.urls import storage_for
from providers.endpoint import OK, Asked, Reply, chunk, endpoint, json_reply, sse
from services.talks import ask, talk

pytestmark = pytest.mark.anyio

VALUE = "sk-canary-0123456789"
MODELS = {
    "data": [
        {
            "id": "big",
            "context_length": 200_000,
            "pricing": {"prompt": "0.000003", "completion": "0.000015"},
        },
        {"id": "small", "context_window": 8_192, "pricing": {"prompt": "-1", "completion": "x"}},
        {"id": "embedding-1"},
    ]
}


async def titled(who: Services) -> hansard.Conversation:
    """A conversation for which no model is asked for a title."""
    return await talk(who, title="Titled")


def compatible(url: str, **fields: Any) -> dict[str, Any]:
    return {"name": "mine", "type": "openai-compatible", "base_url": f"{url}/v1", **fields}


async def test_a_provider_answers_with_its_key_and_headers(ada: Services) -> None:
    async with endpoint(OK) as (url, asked):
        key = await ada.api_keys.create("work", VALUE)
        headers = {"X-Team": "blue canary", "X-Title": "Hansard"}
        made = await ada.providers.create(**compatible(url, api_key_id=key.id, headers=headers))
        assert made.header_names == ("X-Team", "X-Title")
        run = await ask(ada, await titled(ada), "hello", model="mine/big")
        assert run.status == "completed"
        await ada.api_keys.update(key.id, value=f"{VALUE}-2")
        await ada.providers.update(made.id, headers={"X-Other": "1"})
        await ask(ada, await titled(ada), "hello", model="mine/big")
        await ada.providers.update(made.id, api_key_id=None, headers={})
        await ask(ada, await titled(ada), "hello", model="mine/big")
    sent = [
        {n: v for n, v in each.headers.items() if n == "authorization" or n.startswith("x-")}
        for each in asked
    ]
    assert sent == [
        {"authorization": f"Bearer {VALUE}", "x-team": "blue canary", "x-title": "Hansard"},
        {"authorization": f"Bearer {VALUE}-2", "x-other": "1"},
        {},
    ]


async def test_a_list_of_models_is_fetched_kept_and_forgotten_with_the_address(
    ada: Services,
) -> None:
    async with endpoint(OK, models=lambda _: MODELS) as (url, _):
        made = await ada.providers.create(**compatible(url))
        assert (made.models, made.fetched_at) == ((), None)
        told = await ada.providers.test(made.id)
        assert (told.models, told.code) == (3, None)
        assert (await ada.providers.get(made.id)).fetched_at is None
        fetched = await ada.providers.refresh(made.id)
        assert fetched.fetched_at is not None
        big, small, embedding = fetched.models
        assert (big.name, big.context_tokens, big.price_in, big.price_out) == (
            *("big", 200_000, 3.0, 15.0),
        )
        assert (small.context_tokens, small.price_in, small.price_out) == (8_192, None, None)
        assert (embedding.chat, embedding.context_tokens) == (False, None)
    # The endpoint is gone; the list is still offered.
    offered = {m.name: m for m in (await ada.models.list()).items if m.provider == "mine"}
    assert sorted(offered) == ["mine/big", "mine/embedding-1", "mine/small"]
    assert offered["mine/big"].context_tokens == 200_000
    assert (await ada.models.find("mine/small")).context_tokens == 8_192
    with pytest.raises(hansard.ProviderUnavailable):
        await ada.providers.refresh(made.id)
    assert (await ada.providers.get(made.id)).models == fetched.models
    chosen = await ada.providers.update(made.id, chosen_models=["small"])
    assert [m.name for m in (await ada.models.list()).items if m.provider == "mine"] == [
        "mine/small"
    ]
    with pytest.raises(UnknownModel):
        await ada.chat.send((await titled(ada)).id, "hello", model="mine/big")
    moved = await ada.providers.update(
        made.id, base_url="http://127.0.0.1:9/v1", version=chosen.version
    )
    assert (moved.models, moved.fetched_at) == ((), None)
    with pytest.raises(VersionConflict):
        await ada.providers.update(made.id, enabled=False, version=chosen.version)


async def test_a_provider_is_its_owners_and_answers_while_it_is_enabled(
    ada: Services, bob: Services
) -> None:
    async with endpoint(OK) as (url, asked):
        made = await ada.providers.create(**compatible(url))
        with pytest.raises(UnknownModel, match="no model 'mine/m'"):
            await bob.chat.send((await titled(bob)).id, "hello", model="mine/m")
        for shut, open_ in (
            (
                ada.providers.update(made.id, enabled=False),
                ada.providers.update(made.id, enabled=True),
            ),
            (ada.providers.delete(made.id), ada.providers.restore(made.id)),
        ):
            await shut
            with pytest.raises(UnknownModel):
                await ada.chat.send((await titled(ada)).id, "hello", model="mine/m")
            assert "mine" not in {m.provider for m in (await ada.models.list()).items}
            await open_
            assert (
                await ask(ada, await titled(ada), "hello", model="mine/m")
            ).status == "completed"
        assert len(asked) == 2


async def test_a_users_own_provider_hides_the_one_of_the_environment() -> None:
    class Shared(Echo):
        name = "shared"

    async with (
        endpoint(OK) as (url, asked),
        hansard.connect("memory:", providers=[Shared(), Echo()]) as other,
    ):
        mine, theirs = other.scope("acme", "ada"), other.scope("acme", "bob")
        assert [p.name for p in await mine.providers.environment()] == ["shared", "echo"]
        await mine.providers.create(**compatible(url, name="shared"))
        await ask(mine, await titled(mine), "hello", model="shared/echo")
        assert len(asked) == 1
        run = await ask(theirs, await titled(theirs), "hello", model="shared/echo")
        assert (run.status, len(asked)) == ("completed", 1)
        assert (await mine.models.list()).default.startswith("shared/")


async def test_providers_are_listed_and_chosen_in_their_order(ada: Services) -> None:
    async with endpoint(OK) as (url, _):
        made = [
            await ada.providers.create(**compatible(url, name=name, position=place))
            for name, place in (("b", 1), ("a", 1), ("c", 0))
        ]
        assert [p.name for p in await ada.providers.list()] == ["c", "a", "b"]
        assert (await ada.models.list()).default == "c/m"
        await ada.providers.update(made[1].id, position=-1)
        assert (await ada.models.list()).default == "a/m"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a/b"}, "/name"),
        ({"name": "ä"}, "/name"),
        ({"name": "x" * 65}, "/name"),
        ({"name": "Echo"}, "/name"),
        ({"type": "carrier-pigeon"}, "/type"),
        ({"base_url": None}, "/base_url"),
        ({"base_url": "ftp://models.example"}, "/base_url"),
        ({"base_url": "models.example"}, "/base_url"),
        ({"base_url": "http://" + "x" * 2_000}, "/base_url"),
        ({"headers": {"bad name": "x"}}, "/headers/bad name"),
        ({"headers": {"Host": "x"}}, "/headers/Host"),
        ({"headers": {"X": "a\r\nb"}}, "/headers/X"),
        ({"headers": {f"X-{i}": "x" for i in range(51)}}, "/headers"),
        ({"headers": {"X": "x" * 32_001}}, "/headers"),
        ({"chosen_models": [""]}, "/chosen_models/0"),
    ],
)
async def test_what_is_not_valid_is_refused_with_its_place(
    ada: Services, fields: dict[str, Any], pointer: str
) -> None:
    made = await ada.providers.create(**compatible("http://127.0.0.1:9", name="there"))
    for refused in (
        ada.providers.create(**compatible("http://127.0.0.1:9") | fields),
        ada.providers.update(made.id, **fields),
    ):
        with pytest.raises(InvalidInput) as error:
            await refused
        assert error.value.pointer == pointer
    assert await ada.providers.list() == [made]


async def test_a_missing_key_or_provider_is_not_found(ada: Services) -> None:
    with pytest.raises(NotFound):
        await ada.providers.test(new_id())
    with pytest.raises(NotFound) as refused:
        await ada.providers.create(**compatible("http://127.0.0.1:9", api_key_id=new_id()))
    assert refused.value.pointer == "/api_key_id"


async def test_a_provider_that_refuses_says_why_without_its_key(ada: Services) -> None:
    def refuse(asked: Asked) -> Any:
        message = {"error": {"message": f"No such key: {asked.headers['authorization']}"}}
        return json_reply(message, 401)

    async with endpoint(refuse) as (url, _):
        key = await ada.api_keys.create("work", VALUE)
        await ada.providers.create(**compatible(url, api_key_id=key.id))
        run = await ask(ada, await titled(ada), "hello", model="mine/m")
    assert run.error is not None
    assert run.status == "failed"
    assert run.error.message == "mine rejected the API key (401)."
    assert run.error.details["message"] == "No such key: Bearer [secret]"


async def test_a_cookie_that_a_user_is_given_is_not_sent_for_another(
    ada: Services, eve: Services
) -> None:
    given = Reply(OK, headers=("Content-Type: text/event-stream", "Set-Cookie: session=of-ada"))
    async with endpoint(given) as (url, asked):
        for who in (ada, eve):
            await who.providers.create(**compatible(url))
            assert (
                await ask(who, await titled(who), "hello", model="mine/m")
            ).status == "completed"
    assert ["cookie" in each.headers for each in asked] == [False, False]


async def test_the_answers_of_others_are_word_for_word_whatever_a_user_calls_a_secret(
    ada: Services, eve: Services
) -> None:
    said = "Send Content-Type: application/json to https://example.com/v1 please"
    async with endpoint(sse(chunk({"content": said}), chunk(finish="stop"))) as (url, _):
        key = await ada.api_keys.create("work", "https://example.com/v1")
        headers = {"Accept": "application/json", "X-Other": "Content-Type"}
        mine = compatible(url, api_key_id=key.id, headers=headers)
        await ada.providers.create(**mine)
        await eve.providers.create(**compatible(url))
        told: list[str] = []
        for who in (ada, eve):
            run = await ask(who, await titled(who), "hello", model="mine/m")
            told.append((await who.messages.get(run.conversation_id, run.message_id)).text)
    masked = said.replace("https://example.com/v1", "[secret]").replace("Content-Type", "[secret]")
    assert told == [masked, said]


async def test_a_late_repetition_does_not_bring_old_headers_back(ada: Services) -> None:
    first: dict[str, Any] = {"headers": {"X-Key": "first secret"}, "id": new_id()}
    made = await ada.providers.create("mine", "openai", **first)
    assert await ada.providers.create("mine", "openai", **first) == made
    await ada.providers.update(made.id, headers={"X-Key": "second secret"})
    with pytest.raises(AlreadyExists):
        await ada.providers.create("mine", "openai", **first)


async def test_private_networks_can_be_forbidden() -> None:
    async with (
        endpoint(OK) as (url, asked),
        hansard.Database(
            storage_for("memory:"),
            providers=Registry([Echo()]),
            root_keys=RootKeys(),
            allow_private_providers=False,
        ) as db,
    ):
        me = db.scope()
        refusals: list[dict[str, Any]] = [
            compatible(url),
            compatible("http://localhost:9"),
            {"name": "mine", "type": "ollama"},
        ]
        for refused in refusals:
            with pytest.raises(InvalidInput, match="private network"):
                await me.providers.create(**refused)
        public = await me.providers.create("mine", "openai")
        with pytest.raises(InvalidInput, match="private network"):
            await me.providers.update(public.id, base_url=f"{url}/v1")
        assert asked == []
