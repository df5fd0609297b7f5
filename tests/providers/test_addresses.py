"""Where an endpoint is, the way there, and the key that opens it."""

from __future__ import annotations

import asyncio
import os

import pytest

from hansard.errors import InvalidConfig, ProviderError
from hansard.model.parts import Text
from hansard.providers.base import Request, TextDelta, Turn
from hansard.providers.registry import Registry, ollama_url
from hansard.providers.remote import Remote
from hansard.providers.transport import joined
from providers.endpoint import OK, endpoint

pytestmark = pytest.mark.anyio

HELLO = Request(model="m", turns=(Turn("user", (Text("hello"),)),))


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - what people set
        ("localhost", "http://localhost:11434"),
        (":11434", "http://127.0.0.1:11434"),
        (":80", "http://127.0.0.1:80"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("[::]:11434", "http://[::1]:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
        ("https://models.example", "https://models.example:443"),
        ("HTTPS://models.example:1/below/", "https://models.example:1/below"),
        ("models.example/below", "http://models.example:11434/below"),
        ("http://models.example:1/v1", "http://models.example:1"),
        (' "models.example" ', "http://models.example:11434"),
    ],
)
def test_ollamas_address_is_read_as_ollama_reads_it(given: str, address: str) -> None:
    assert ollama_url(given) == f"{address}/v1"


@pytest.mark.parametrize("given", ["ftp://models.example", "models.example:many", "a:99999999"])
def test_what_is_no_address_is_refused_at_the_start(given: str) -> None:
    with pytest.raises(InvalidConfig, match="OLLAMA_HOST"):
        Registry.from_environment({"OLLAMA_HOST": given})


@pytest.mark.parametrize(
    "given", ["models.example", "http://", "http://[::1", "http://h:x", "ftp://h"]
)
@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "HANSARD_PROVIDER_FAKE_URL"])
def test_an_address_that_is_none_is_refused_at_the_start(variable: str, given: str) -> None:
    with pytest.raises(InvalidConfig, match="not a URL"):
        Registry.from_environment({"OPENAI_API_KEY": "a-key", variable: given})


@pytest.mark.parametrize("given", ["a-key\n", "  a-key ", "\ta-key\r\n", "\ufeffa-key"])
async def test_what_surrounds_a_key_is_no_part_of_it(given: str) -> None:
    async with endpoint(OK) as (url, asked):
        environment = {"HANSARD_PROVIDER_FAKE_URL": url, "HANSARD_PROVIDER_FAKE_KEY": given}
        provider, _ = Registry.from_environment(environment).find("fake/m")
        async for _ in provider.stream(HELLO):
            pass
        await provider.close()
    assert asked[0].headers["authorization"] == "Bearer a-key"


@pytest.mark.parametrize("given", ["“a-key”", "a key", "a\nkey", "schlüssel", "a\x00key"])
@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "HANSARD_PROVIDER_FAKE_KEY"])
def test_a_key_that_cannot_be_sent_is_refused_at_the_start(variable: str, given: str) -> None:
    environment = {"HANSARD_PROVIDER_FAKE_URL": "http://models.example", variable: given}
    with pytest.raises(InvalidConfig, match=variable) as caught:
        Registry.from_environment(environment)
    assert given not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "path", "whole"),
    [
        ("http://h/v1", "/chat", "http://h/v1/chat"),
        ("http://h/v1/", "/chat", "http://h/v1/chat"),
        ("http://h/p?version=1", "/chat?a=b", "http://h/p/chat?version=1&a=b"),
        ("http://h/v1", "/v1/messages", "http://h/v1/messages"),
        ("http://h", "/v1/messages", "http://h/v1/messages"),
    ],
)
def test_an_address_below_another(url: str, path: str, whole: str) -> None:
    assert joined(url, path) == whole


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


async def test_lists_and_answers_go_through_the_proxy(proxies: pytest.MonkeyPatch) -> None:
    """The address leads nowhere; only what the proxy answers can be the answer."""
    async with endpoint(OK) as (proxy, asked):
        proxies.setenv("HTTP_PROXY", proxy)
        provider = Remote("far", url="http://models.invalid/v1")
        assert [model.name for model in await provider.models()] == ["far/m"]
        said = [e.text async for e in provider.stream(HELLO) if isinstance(e, TextDelta)]
        await provider.close()
    assert said == ["Fine."]
    assert [a.line.split()[1] for a in asked] == ["http://models.invalid/v1/chat/completions"]


async def test_what_needs_no_proxy_goes_past_it(proxies: pytest.MonkeyPatch) -> None:
    async with endpoint(b"") as (proxy, through), endpoint(OK) as (url, asked):
        proxies.setenv("HTTP_PROXY", proxy)
        proxies.setenv("NO_PROXY", "127.0.0.1")
        provider = Remote("near", url=url)
        async for _ in provider.stream(HELLO):
            pass
        await provider.close()
    assert (len(through), len(asked)) == (0, 1)


async def test_a_proxy_that_cannot_be_used_is_a_setting(proxies: pytest.MonkeyPatch) -> None:
    proxies.setenv("HTTP_PROXY", "gopher://127.0.0.1:1")
    provider = Remote("far", url="http://models.invalid/v1")
    with pytest.raises((InvalidConfig, ProviderError), match="proxy"):
        async with asyncio.timeout(20):
            await provider.models()
    await provider.close()
