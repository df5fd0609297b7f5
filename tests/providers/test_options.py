"""Every option is sent, under a name that the endpoint takes, or refused by name before anybody is asked."""

from __future__ import annotations

from typing import Any

import pytest

import hansard
from hansard.errors import InvalidInput
from hansard.providers.echo import Echo
from hansard.providers.openai import OpenAI
from hansard.providers.remote import Kind, Remote
from providers.endpoint import OK, Answer, Asked, answered, endpoint, json_reply
from services.talks import talk

pytestmark = pytest.mark.anyio

GIVEN = {
    "temperature": 0.5,
    "max_tokens": 50,
    "stop": ["END"],
    "top_k": 20,
    "reasoning_effort": "low",
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"type": "object"}},
    },
}
SENT: dict[Kind, dict[str, Any]] = {
    "openai": GIVEN,
    "anthropic": {
        "temperature": 0.5,
        "max_tokens": 50,
        "stop_sequences": ["END"],
        "top_k": 20,
        "output_config": {
            "effort": "low",
            "format": {"type": "json_schema", "schema": {"type": "object"}},
        },
    },
    "google": {
        "generationConfig": {
            "temperature": 0.5,
            "maxOutputTokens": 50,
            "stopSequences": ["END"],
            "topK": 20,
            "thinkingConfig": {"thinkingLevel": "low"},
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
        }
    },
}


@pytest.mark.parametrize("kind", SENT)
async def test_every_option_is_sent_as_the_run_says(kind: Kind) -> None:
    told = await answered(OK, kind=kind, options=GIVEN)
    assert told.run.options == GIVEN
    body = told.asked[0].body
    assert {name: body.get(name) for name in SENT[kind]} == SENT[kind]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"temperature": 1, "wishes": 3}, "/options/wishes"),
        ({"temperature": "hot"}, "/options/temperature"),
        ({"max_tokens": 0}, "/options/max_tokens"),
        ({"max_tokens": True}, "/options/max_tokens"),
        ({"stop": [""]}, "/options/stop"),
        ({"response_format": "json"}, "/options/response_format"),
        ({"a/b": 1}, "/options/a~1b"),
        ({"n": None}, "/options/n"),
    ],
)
async def test_an_option_that_cannot_be_sent_is_refused_before_anything_is_stored(
    options: dict[str, Any], pointer: str
) -> None:
    async with endpoint(OK) as (url, asked):
        providers = [Remote("fake", url=url), Echo()]
        async with hansard.connect("memory:", providers=providers) as db:
            ada = db.scope("acme", "ada")
            made = await talk(ada, "before")
            with pytest.raises(InvalidInput) as send:
                await ada.chat.send(made.id, "hello", model="fake/m", options=options)
            with pytest.raises(InvalidInput) as answer:
                await ada.chat.answer(made.id, model="fake/m", options=options)
            assert (send.value.pointer, answer.value.pointer) == (pointer, pointer)
            assert [m.text async for m in ada.messages.all(made.id)] == ["before"]
        assert asked == []


@pytest.mark.parametrize(
    ("kind", "options", "kept"),
    [
        ("anthropic", {}, {"max_tokens": 4_096}),
        ("anthropic", {"max_tokens": 9, "top_k": 3}, {"max_tokens": 9, "top_k": 3}),
        ("openai", {"top_p": 1}, {"top_p": 1}),
    ],
)
async def test_a_run_keeps_the_options_that_were_sent(
    kind: Kind, options: dict[str, Any], kept: dict[str, Any]
) -> None:
    told = await answered(OK, kind=kind, options=options)
    assert told.run.options == kept
    body = told.asked[0].body
    assert {name: body[name] for name in kept} == kept


async def test_each_of_several_models_takes_the_options() -> None:
    async with hansard.connect("memory:", providers=[Remote("fake"), Echo()]) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        with pytest.raises(InvalidInput, match="echo does not support the option 'top_p'"):
            await ada.chat.send(
                made.id, "hello", models=["fake/m", "echo/echo"], options={"top_p": 1}
            )


def _strict(*refused: str) -> Any:
    """An endpoint that refuses fields by name, as strict ones do."""

    def answer(asked: Asked) -> Answer:
        odd = next((name for name in refused if name in asked.body), None)
        if odd is None:
            return OK
        return json_reply(
            {"detail": [{"loc": ["body", odd], "msg": "Extra inputs are not permitted"}]}, 422
        )

    return answer


@pytest.mark.parametrize(
    ("refused", "sent"),
    [
        (("max_completion_tokens",), {"max_tokens", "stream_options"}),
        (("max_tokens",), {"max_completion_tokens", "stream_options"}),
        (("stream_options",), {"max_tokens"}),
        (("max_tokens", "stream_options"), {"max_completion_tokens"}),
    ],
)
async def test_a_field_that_is_refused_by_name_goes_by_another_or_not_at_all(
    refused: tuple[str, ...], sent: set[str]
) -> None:
    told = await answered(_strict(*refused), options={"max_tokens": 5})
    assert told.message.text == "Fine."
    assert sent == told.asked[-1].body.keys() - {"model", "messages", "stream"}


async def test_what_an_endpoint_takes_is_remembered() -> None:
    async with endpoint(_strict("max_tokens", "stream_options")) as (url, asked):
        async with hansard.connect("memory:", providers=[Remote("fake", url=url)]) as db:
            ada = db.scope("acme", "ada")
            made = await talk(ada, title="t")
            for _ in range(2):
                [run] = await ada.chat.send(
                    made.id, "hello", model="fake/m", options={"max_tokens": 5}
                )
                await ada.runs.wait(run.id)
        assert len(asked) == 4


async def test_a_limit_that_nobody_takes_is_refused_after_few_tries() -> None:
    told = await answered(_strict("max_tokens", "max_completion_tokens"), options={"max_tokens": 5})
    assert told.run.status == "failed"
    assert told.run.error is not None
    assert "Extra inputs are not permitted" in told.run.error.message
    assert len(told.asked) <= 3


def test_openai_itself_is_asked_by_its_own_names() -> None:
    own, foreign = OpenAI(), OpenAI("https://models.example/v1")
    assert own.options["max_tokens"] == "max_completion_tokens"
    assert "top_k" not in own.options
    assert foreign.options["max_tokens"] == "max_tokens"
    assert "top_k" in foreign.options
