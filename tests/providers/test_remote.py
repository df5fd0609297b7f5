"""Providers over the network, against real servers on loopback: llama.cpp's, which speaks the protocols of
OpenAI and Anthropic, and one of our own that is told how to misbehave.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from hansard.errors import ProviderRefused, ProviderUnavailable
from hansard.model.parts import Text
from hansard.providers import local, transport
from hansard.providers import remote as remote_module
from hansard.providers.base import Event, Finished, Request, TextDelta, Turn
from hansard.providers.registry import Registry
from hansard.providers.remote import Remote
from hansard.providers.retrying import stream_with_retries

pytestmark = pytest.mark.anyio

QUESTION = (Turn("user", (Text("What is the capital of France?"),)),)
KEY = "a-key-for-this-test"


@pytest.fixture(scope="session")
def llama() -> Iterator[str]:
    """The address of llama.cpp's own server, with the demo model in it."""
    import xllamacpp

    library: Any = xllamacpp
    params = library.CommonParams()
    params.model.path = str(local.weights())
    params.model_alias = {"smollm2"}
    params.n_ctx = 2048
    params.n_parallel = 1
    params.use_jinja = True
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.verbosity = 0
    params.port = 0
    params.api_keys = [KEY]
    server = library.Server(params)
    yield server.listening_address
    del server


@pytest.fixture
async def remote() -> AsyncIterator[Callable[..., Remote]]:
    """Makes providers that are closed after the test."""
    made: list[Remote] = []

    def make(*names: Any, **fields: Any) -> Remote:
        made.append(Remote(*names, **fields))
        return made[-1]

    yield make
    for provider in made:
        await provider.close()


Make = Callable[..., Remote]


async def _ask(provider: Remote, **options: Any) -> list[Event]:
    request = Request(
        model="smollm2", turns=QUESTION, system="Be brief.", options={"max_tokens": 24, **options}
    )
    return [event async for event in provider.stream(request)]


async def test_an_openai_endpoint_answers_token_by_token(llama: str, remote: Make) -> None:
    provider = remote("llama", url=f"{llama}/v1", key=KEY)
    *said, finished = await _ask(provider, temperature=0)
    assert len(said) > 3
    assert "".join(e.text for e in said if isinstance(e, TextDelta)).strip()
    assert isinstance(finished, Finished)
    assert finished.tokens_in is not None
    assert finished.tokens_in > 5
    assert finished.tokens_out is not None
    assert finished.tokens_out > 3


async def test_an_anthropic_endpoint_answers_token_by_token(llama: str, remote: Make) -> None:
    provider = remote("claude", "anthropic", url=llama, key=KEY)
    *said, finished = await _ask(provider)
    assert "".join(e.text for e in said if isinstance(e, TextDelta)).strip()
    assert isinstance(finished, Finished)


async def test_models_are_listed(llama: str, remote: Make) -> None:
    provider = remote("llama", url=f"{llama}/v1", key=KEY)
    assert [model.name for model in await provider.models()] == ["llama/smollm2"]


async def test_models_are_listed_however_long_it_takes_to_load_what_lists_them(
    llama: str, remote: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = threading.Event()
    load = transport.load
    monkeypatch.setattr(remote_module, "LIST_TIMEOUT", 2.0)
    monkeypatch.setattr(transport, "load", lambda: loaded.wait(10) and load())
    listing = asyncio.create_task(remote("llama", url=f"{llama}/v1", key=KEY).models())
    await asyncio.sleep(2.5)  # longer than anybody waits for a list
    assert not listing.done()
    loaded.set()
    assert [model.name for model in await listing] == ["llama/smollm2"]


async def test_a_wrong_key_is_refused_and_not_tried_again(llama: str, remote: Make) -> None:
    provider = remote("llama", url=f"{llama}/v1", key="wrong")
    with pytest.raises(ProviderRefused) as caught:
        await _ask(provider)
    assert caught.value.details["status"] == 401
    assert KEY not in str(caught.value)


async def test_closing_the_stream_ends_it_at_once(llama: str, remote: Make) -> None:
    provider = remote("llama", url=f"{llama}/v1", key=KEY)
    request = Request(model="smollm2", turns=QUESTION, options={"max_tokens": 400})
    async with aclosing(provider.stream(request)) as events:
        async for _ in events:
            break
        start = time.monotonic()
    assert time.monotonic() - start < 0.2


async def test_nobody_listening_is_unavailable(remote: Make) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        provider = remote("nobody", url=f"http://127.0.0.1:{port}/v1", key="x")
        with pytest.raises(ProviderUnavailable):
            await provider.models()
        with pytest.raises(ProviderUnavailable):
            await _ask(provider)


@asynccontextmanager
async def _misbehaving(
    *answers: tuple[int, dict[str, str]],
) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that gives these answers, then a proper stream; and the requests that it got."""
    waiting = list(answers)
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = next(
            int(line.split(":")[1])
            for line in head.splitlines()
            if "content-length" in line.lower()
        )
        await reader.readexactly(size)
        seen.append(head.splitlines()[0])
        status, headers = waiting.pop(0) if waiting else (200, {})
        writer.write(_stream() if status == 200 else _failure(status, headers))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1", seen
    finally:
        server.close()
        await server.wait_closed()


def _failure(status: int, headers: dict[str, str]) -> bytes:
    body = json.dumps({"error": {"message": "planned", "type": "t", "code": "c"}})
    lines = [f"HTTP/1.1 {status} Planned", "Content-Type: application/json", "Connection: close"]
    lines += [f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _stream() -> bytes:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return f"data: {json.dumps(whole | {'choices': [choice]})}\n\n"

    body = chunk({"role": "assistant", "content": "Par"}) + chunk({"content": "is"})
    body += chunk({}, "stop") + "data: [DONE]\n\n"
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


async def _patiently(provider: Remote, attempts: int = 4) -> str:
    request = Request(model="m", turns=QUESTION)
    said = ""
    async for event in stream_with_retries(provider, request, attempts=attempts, pause=0.01):
        said += event.text if isinstance(event, TextDelta) else ""
    return said


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(status: int, remote: Make) -> None:
    async with _misbehaving((status, {}), (status, {"Retry-After": "0"})) as (url, seen):
        assert await _patiently(remote("shaky", url=url, key="x")) == "Paris"
    assert len(seen) == 3


async def test_patience_ends(remote: Make) -> None:
    async with _misbehaving(*[(503, {})] * 9) as (url, seen):
        with pytest.raises(ProviderUnavailable):
            await _patiently(remote("shaky", url=url, key="x"), attempts=3)
    assert len(seen) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_final(status: int, remote: Make) -> None:
    async with _misbehaving((status, {})) as (url, seen):
        with pytest.raises(ProviderRefused):
            await _patiently(remote("shaky", url=url, key="x"))
    assert len(seen) == 1


async def test_the_environment_says_which_providers_there_are(llama: str) -> None:
    providers = Registry.from_environment(
        {
            "HANSARD_PROVIDER_MY_LLAMA_URL": f"{llama}/v1",
            "HANSARD_PROVIDER_MY_LLAMA_KEY": KEY,
            "OLLAMA_HOST": llama,
        }
    )
    names = {model.name for model in await providers.models()}
    assert names >= {"my-llama/smollm2", "local/smollm2", "echo/echo"}
    assert await providers.default() == "my-llama/smollm2"
    await providers.close()


async def test_an_ollama_that_runs_is_found() -> None:
    """The name and the address are Ollama's; what listens there speaks the same protocol."""
    async with _misbehaving() as (url, _):
        providers = Registry.from_environment({"OLLAMA_HOST": url.removesuffix("/v1")})
        provider, model = providers.find("ollama/m")
        request = Request(model=model, turns=QUESTION)
        said = [e.text async for e in provider.stream(request) if isinstance(e, TextDelta)]
        await providers.close()
    assert "".join(said) == "Paris"
