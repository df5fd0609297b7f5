"""Lists of models: read entry by entry, whatever their shape, from endpoints on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import ProviderError, ProviderUnavailable, UnknownModel
from hansard.providers import catalog, registry
from hansard.providers.abilities import can_chat
from hansard.providers.base import Event, Finished, Model, Provider, Request, model
from hansard.providers.catalog import read_models
from hansard.providers.echo import Echo
from hansard.providers.preferences import best
from hansard.providers.registry import Registry
from hansard.providers.remote import Kind, Remote
from providers.endpoint import endpoint as paged
from services.strict import endpoint, stream

pytestmark = pytest.mark.anyio

ODD: dict[str, Any] = {
    "null": {"id": None},
    "no id": {"object": "model"},
    "a number": {"id": 7},
    "an empty text": {"id": ""},
    "blanks": {"id": "  "},
    "half a character": {"id": "a\ud83d"},
    "a control character": {"id": "a\x1b[31m"},
    "a line break": {"id": "a\nb"},
    "a character that turns text around": {"id": "a\u202eb"},
    "a name that is too long": {"id": "x" * 201},
    "a list": ["m"],
    "nothing": None,
}


def _reply(document: Any) -> bytes:
    return json.dumps(document).encode()


async def _listed(document: Any) -> list[str]:
    """The models that are offered where one endpoint lists so."""
    with endpoint(lambda _: stream("Yes."), _reply(document)) as (url, _):
        providers = Registry([Remote("fake", url=url), Echo()])
        try:
            listing = await providers.listing()
            assert not listing.failures
            return [model.name for model in listing.models if model.provider == "fake"]
        finally:
            await providers.close()


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
async def test_an_entry_without_a_usable_name_is_left_out(odd: Any) -> None:
    assert await _listed({"data": [odd, {"id": "m"}, odd]}) == ["fake/m"]


async def test_a_model_that_is_listed_twice_is_offered_once() -> None:
    assert await _listed({"data": [{"id": "m"}, {"id": "n"}, {"id": "m"}]}) == ["fake/m", "fake/n"]


@pytest.mark.parametrize(
    "document",
    [
        ["m", "n"],
        [{"id": "m"}, {"id": "n"}],
        {"models": [{"name": "models/m"}, {"model": "n"}]},
        {"object": "list", "data": None, "models": ["m", "n"]},
        {"items": [{"id": None, "name": "m"}, {"id": "n", "name": "The N"}]},
    ],
)
async def test_lists_of_other_shapes_are_read(document: Any) -> None:
    assert await _listed(document) == ["fake/m", "fake/n"]


@pytest.mark.parametrize("document", [{"data": None}, {"data": []}, []])
async def test_a_list_may_be_empty(document: Any) -> None:
    assert await _listed(document) == []


@pytest.mark.parametrize(
    "reply", [b'"models"', b"{}", b'{"data": 7}', b"<html>", b"null", b"[" * 9]
)
async def test_a_list_that_cannot_be_read_is_an_affair_of_its_provider(reply: bytes) -> None:
    with (
        endpoint(lambda _: stream("Yes."), reply) as (bad, _),
        endpoint(lambda _: stream("Yes.")) as (good, _),
    ):
        providers = Registry([Remote("bad", url=bad), Remote("good", url=good), Echo()])
        listing = await providers.listing()
        assert [model.name for model in listing.models] == ["good/m", "echo/echo"]
        [failure] = listing.failures
        assert failure.provider == "bad"
        assert failure.message
        assert await providers.default() == "good/m"
        assert (await providers.model("bad/m")).name == "bad/m", "it can be asked all the same"
        await providers.close()


class _Broken(Provider):
    """Raises what nobody foresaw."""

    name = "broken"

    async def models(self) -> list[Model]:
        raise KeyError("data")

    def stream(self, request: Any) -> Any:
        raise NotImplementedError


async def test_a_provider_that_breaks_takes_no_other_with_it() -> None:
    listing = await Registry([_Broken(), Echo()]).listing()
    assert [model.name for model in listing.models] == ["echo/echo"]
    [failure] = listing.failures
    assert (failure.provider, failure.code) == ("broken", "provider-error")
    assert "KeyError" in failure.message


async def test_only_a_provider_that_somebody_set_up_is_missed(unused_port: int) -> None:
    nobody = f"http://127.0.0.1:{unused_port}/v1"
    for expected in (True, False):
        providers = Registry([Remote("away", url=nobody, expected=expected), Echo()])
        listing = await providers.listing()
        assert [failure.code for failure in listing.failures] == (
            ["provider-unavailable"] if expected else []
        )
        await providers.close()


@pytest.mark.parametrize(
    ("kind", "more", "path"),
    [
        ("openai", {"has_more": True, "last_id": "a/b c"}, "/v1/models?after=a%2Fb%20c"),
        ("openai", {"next_page_token": "a+b"}, "/v1/models?page_token=a%2Bb"),
        ("openai", {"nextPageToken": "a&b"}, "/v1/models?pageToken=a%26b"),
        ("anthropic", {"has_more": True, "last_id": "m0"}, "/v1/models?limit=1000&after_id=m0"),
        ("google", {"nextPageToken": "n"}, "/v1beta/models?pageSize=1000&pageToken=n"),
    ],
)
async def test_the_next_page_is_asked_for_as_the_protocol_has_it(
    kind: Kind, more: dict[str, Any], path: str
) -> None:
    asked: list[str] = []

    def page(path: str) -> Any:
        asked.append(path)
        return {"data": [{"id": f"m{len(asked)}"}]} | (more if len(asked) == 1 else {})

    async with paged(b"", models=page) as (url, _):
        remote = Remote("fake", kind, url=f"{url}/v1" if kind == "openai" else url)
        assert [model.name for model in await remote.models()] == ["fake/m1", "fake/m2"]
        await remote.close()
    assert asked[1:] == [path]


async def test_pages_are_followed_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MAX_PAGES", 4)
    asked: list[str | None] = []

    async def endless(page: catalog.NextPage | None) -> Any:
        asked.append(page and page.token)
        return {"data": [{"id": f"m{len(asked)}"}], "has_more": True, "last_id": f"m{len(asked)}"}

    names = [model.name for model in await read_models("p", endless)]
    assert names == ["p/m1", "p/m2", "p/m3", "p/m4"]
    assert asked == [None, "m1", "m2", "m3"]


@pytest.mark.parametrize("token", ["next", 7, "", "x" * 5_000, "\ud800", None])
async def test_a_page_that_says_nothing_new_is_the_last(token: Any) -> None:
    asked: list[str | None] = []

    async def same(page: catalog.NextPage | None) -> Any:
        asked.append(page and page.token)
        return {"models": [{"name": "m"}], "nextPageToken": token}

    assert len(await read_models("p", same)) == 1
    assert len(asked) <= 2


async def test_a_long_list_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MAX_MODELS", 10)
    assert await _listed([f"m{i}" for i in range(99)]) == [f"fake/m{i}" for i in range(10)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "models", "id", "name", "created", "has_more", "last_id", "type"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
async def test_any_document_is_read_or_refused(document: Any) -> None:
    async def page(_: catalog.NextPage | None) -> Any:
        return document

    try:
        models = await read_models("p", page)
    except ProviderError:
        return
    for one in models:
        assert one.name.isprintable()
        assert len(one.name) <= 200
    assert len({one.name for one in models}) == len(models)


# The default


CHATS = (
    "gpt-4o", "gpt-5.2", "claude-sonnet-4-5", "gemini-3-flash", "llama3.2:3b", "qwen2.5-vl-7b", "org/Mistral-7B",
    "gemma-3-27b-it", "deepseek-chat", "smollm2", "olive", "gptoss", "vision-large",
)  # fmt: skip
OTHERS = (
    "text-embedding-3-small", "nomic-embed-text", "whisper-1", "tts-1-hd", "gpt-4o-mini-tts", "dall-e-3", "dalle3",
    "gpt-image-1", "gemini-2.5-flash-image", "imagen-4.0", "omni-moderation-latest", "gpt-realtime", "bge-reranker-v2",
    "gpt-4o-transcribe", "rerank-v3.5", "sora-2", "veo-3", "BAAI/bge-m3", "stable-diffusion-3", "llama-guard-3",
    "gpt-4o-audio-preview", "davinci-002", "all-minilm", "mistral-ocr-latest", "gpt-3.5-turbo-instruct",
)  # fmt: skip


@pytest.mark.parametrize("name", CHATS)
def test_a_name_of_a_model_that_chats(name: str) -> None:
    assert can_chat(name)


@pytest.mark.parametrize("name", OTHERS)
def test_a_name_of_a_model_that_does_not_chat(name: str) -> None:
    assert not can_chat(name)


@pytest.mark.parametrize(
    ("entry", "able"),
    [
        ({"capabilities": {"completion_chat": False}}, False),
        ({"capabilities": ["embedding"]}, False),
        ({"capabilities": ["completion", "tools"]}, True),
        ({"architecture": {"output_modalities": ["image"]}}, False),
        ({"architecture": {"output_modalities": ["text"]}}, True),
        ({"supportedGenerationMethods": ["embedContent"]}, False),
        ({"supportedGenerationMethods": ["generateContent"]}, True),
        ({"type": "image"}, False),
        ({"type": "chat"}, True),
        ({"active": False}, False),
        ({"type": 7, "capabilities": "all", "architecture": []}, True),
    ],
)
def test_what_a_list_says_of_a_model_counts(entry: dict[str, Any], able: bool) -> None:
    assert can_chat("m", entry) is able


def _best(provider: str, *models: tuple[str, int | None]) -> str:
    made = [model(provider, n, created=c, chat=can_chat(n)) for n, c in models]
    chosen = best(made)
    assert chosen is not None
    return chosen.name.removeprefix(f"{provider}/")


def test_a_good_model_is_the_default_and_not_the_first_of_the_alphabet() -> None:
    names = [("babbage-002", 9), ("chatgpt-image-latest", 9), ("gpt-4", 1), ("gpt-4o", 2)]
    assert _best("openai", *names) == "gpt-4o"
    assert _best("openai", *names, ("gpt-5", 3), ("gpt-5.2", 4), ("gpt-5-nano", 5)) == "gpt-5.2"
    claude = [("claude-3-haiku", 1), ("claude-sonnet-4", 2), ("claude-sonnet-5", 3)]
    assert _best("anthropic", *claude) == "claude-sonnet-5"
    gemini = [("embedding-001", None), ("gemini-2.5-flash-lite", None), ("gemini-2.5-flash", None)]
    assert _best("google", *gemini) == "gemini-2.5-flash"


def test_where_no_name_is_known_the_newest_is_the_default_then_the_first() -> None:
    assert _best("mine", ("a", 1), ("z", 3), ("m", 2), ("zz-embed", 9)) == "z"
    assert _best("mine", ("b", None), ("a", None)) == "b"
    assert best([model("mine", "embed", chat=False)]) is None


async def test_the_default_can_chat() -> None:
    listed = {"data": [{"id": "a-embed", "created": 9}, {"id": "b"}, {"id": "c", "created": 8}]}
    with endpoint(lambda _: stream("Yes."), _reply(listed)) as (url, _):
        providers = Registry([Remote("fake", url=url), Echo()])
        assert await providers.default() == "fake/c"
        await providers.close()
    with endpoint(lambda _: stream("Yes."), _reply(["whisper-1"])) as (url, _):
        providers = Registry([Remote("fake", url=url), Echo()])
        assert await providers.default() == "echo/echo"
        await providers.close()
    with pytest.raises(UnknownModel):
        await Registry([]).default()


async def test_a_list_read_all_at_once_is_what_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted bug: what goes wrong at one provider is raised."""

    async def careless(provider: Provider) -> Any:
        return await provider.models(), None

    monkeypatch.setattr(registry, "_listed", careless)
    with pytest.raises(KeyError):
        await Registry([_Broken(), Echo()]).listing()


class Counting(Provider):
    """Counts how often it is asked for its models, of which it has one, or does not respond."""

    name = "counting"

    def __init__(self, *, responds: bool) -> None:
        self.responds = responds
        self.asked = 0

    async def models(self) -> list[Model]:
        self.asked += 1
        if not self.responds:
            raise ProviderUnavailable("It does not respond.")
        return [model(self.name, "listed")]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:  # noqa: ARG002
        yield Finished("stop")


async def test_a_provider_that_does_not_respond_delays_one_list_and_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hansard.providers.registry.SLOW", 0.0)
    silent = Counting(responds=False)
    known = Registry([silent])
    first = await known.listing()
    assert [failure.provider for failure in first.failures] == ["counting"]
    assert await known.listing() == first
    assert (await known.model("counting/any")).name == "counting/any"
    assert silent.asked == 1


async def test_a_failure_that_comes_at_once_is_looked_at_again() -> None:
    failing = Counting(responds=False)
    known = Registry([failing])
    assert (await known.listing()).failures
    failing.responds = True
    assert [m.name for m in (await known.listing()).models] == ["counting/listed"]


async def test_a_model_that_is_not_listed_is_not_asked_for_with_each_answer() -> None:
    counting = Counting(responds=True)
    known = Registry([counting])
    for name in ("counting/other", "counting/other", "counting/listed"):
        assert (await known.model(name)).name == name
    assert counting.asked == 1
