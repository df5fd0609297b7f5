"""A grammar of streams that misbehave, over real connections, beside a plain account of what was said in each.

A stream is a list of items: bytes, and what they add to the account. The account knows nothing of how streams are
read: it follows from what was written before the place where the stream ends.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import Callable, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from hansard.errors import ProviderError
from hansard.model.parts import Text
from hansard.providers import answer as answer_module
from hansard.providers import sse as sse_module
from hansard.providers.answer import Answer
from hansard.providers.base import (
    Event,
    Finished,
    ReasoningDelta,
    Request,
    TextDelta,
    ToolCalled,
    Turn,
)
from hansard.providers.remote import Remote
from providers.endpoint import Asked, Reply, chunk, endpoint

pytestmark = pytest.mark.anyio

STREAMS = 2_000
PARTS = 8
REQUEST = Request(model="m", turns=(Turn("user", (Text("hello"),)),))
WORDS = ("a ", "word", "ß", "日本", "😀", '"\\', "\n\n", "<b>", "\u2028", "{", "data: x\n\n", " ")
FINISHES = {
    "stop": "stop",
    "length": "length",
    "MAX_TOKENS": "length",
    "content_filter": "content_filter",
    "SAFETY": "content_filter",
    "full_moon": "other",
    "abort": "interrupted",
}


class Account(NamedTuple):
    """What was said, as far as it was sent."""

    text: str = ""
    thought: str = ""
    calls: tuple[tuple[str, str, str], ...] = ()
    """Ids, names, and arguments as they were sent."""
    tokens: tuple[int | None, int | None] = (None, None)
    reason: str | None = None
    done: bool = False
    failed: bool = False
    odd: bool = False
    """Whether something went wrong that does not end it at once."""

    def end(self, lost: bool) -> str:
        if self.failed or self.odd or (lost and not self.done and self.reason is None):
            return "error"
        undeclared = "stop" if self.done else "interrupted"
        end = undeclared if self.reason is None else FINISHES[self.reason]
        if end == "stop" and self.calls:
            end = "tool_call" if all(_is_json(a) for _, _, a in self.calls) else "other"
        return end


def _is_json(text: str) -> bool:
    try:
        json.loads(text or "{}")
    except ValueError:
        return False
    return True


Effect = Callable[[Account], Account]


class Item(NamedTuple):
    data: bytes
    whole: int
    """How many of the bytes have to be sent for it to be said."""
    effect: Effect


def _nothing(account: Account) -> Account:
    return account


def _event(rng: random.Random, document: Any, effect: Effect = _nothing) -> Item:
    text = (
        document
        if isinstance(document, str)
        else json.dumps(document, ensure_ascii=rng.random() < 0.5)
    )
    head = rng.choice(
        ["data: ", "data:", "event: message\ndata: ", "id: 7\ndata: ", ": hush\ndata: "]
    )
    line = f"{head}{text}".encode()
    return Item(line + b"\n\n", len(line), effect)


def _text(rng: random.Random) -> Item:
    said = "".join(rng.choices(WORDS, k=rng.randint(1, 4)))
    shapes: list[tuple[Any, str]] = [
        *[({"content": said}, said)] * 5,
        ({"content": [{"type": "text", "text": said}]}, said),
        ({"content": 7}, "7"),
        ({"content": None}, ""),
        ({"content": {}}, ""),
        ({"refusal": said}, said),
    ]
    delta, text = rng.choice(shapes)
    document = chunk(delta, **rng.choice([{}, {}, {"created": 1.7e15}, {"id": 7, "model": None}]))
    if rng.random() < 0.1:
        document["choices"][0]["message"] = document["choices"][0].pop("delta")
    return _event(rng, document, lambda a: a._replace(text=a.text + text))


def _thought(rng: random.Random) -> Item:
    said = "".join(rng.choices(WORDS, k=2))
    delta = rng.choice(
        [
            {"reasoning_content": said},
            {"reasoning": said},
            {"reasoning_details": [{"type": "reasoning.text", "text": said}]},
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": said}]}]},
        ]
    )
    return _event(rng, chunk(delta), lambda a: a._replace(thought=a.thought + said))


def _call(rng: random.Random) -> Item:
    name = rng.choice(["look", "find"])
    given = rng.choice(['{"a": 1}', "{}", "", '{"a":', "nothing"])
    call_id = f"id{rng.random()}"
    call = {"index": 0, "id": call_id, "function": {"name": name, "arguments": given}}

    def effect(account: Account) -> Account:
        *others, last = account.calls or (("", "", ""),)
        if last[0] == call_id:  # sent twice, one after the other, it is one that goes on
            return account._replace(calls=(*others, (call_id, name, last[2] + given)))
        return account._replace(calls=(*account.calls, (call_id, name, given)))

    return _event(rng, chunk({"tool_calls": [call]}), effect)


def _usage(rng: random.Random) -> Item:
    said = (rng.randint(0, 99), rng.randint(0, 99))
    usage = {"prompt_tokens": said[0], "completion_tokens": said[1]}
    empty = {"choices": [], "usage": usage}
    document = rng.choice([empty, chunk({}, usage=usage)])
    return _event(
        rng,
        document,
        lambda a: a._replace(
            tokens=(max(a.tokens[0] or 0, said[0]), max(a.tokens[1] or 0, said[1]))
        ),
    )


def _noise(rng: random.Random) -> Item:
    documents: list[Any] = [
        *[
            {},
            [],
            7,
            "null",
            '"words"',
            "ping",
            {"choices": {}},
            {"choices": None},
            {"choices": [7]},
        ],
        *[
            chunk([]),
            chunk({"tool_calls": {}}),
            chunk({"tool_calls": [None]}),
            chunk({"images": 7}),
        ],
        *[
            {"choices": [], "usage": "much"},
            chunk({}, False),
            chunk({}, ""),
            {"object": 7, "error": None},
        ],
        *[chunk({"reasoning": {}}), chunk({"function_call": []}), {"choices": [], "error": {}}],
    ]
    lines = [b"\n", b": hush\n\n", b"data:\n\n", b"event: ping\n\n", b"retry: 5\n\n", b"id\n\n"]
    if rng.random() < 0.5:
        line = rng.choice(lines)
        return Item(line, len(line), _nothing)
    return _event(rng, rng.choice(documents))


def _error(rng: random.Random) -> Item:
    document = rng.choice(
        [
            {"error": {"message": "worker died"}},
            {"error": "worker died"},
            {"detail": "worker died"},
            {"object": "error", "message": "worker died"},
        ]
    )
    return _event(rng, document, lambda a: a._replace(failed=True))


def _damage(rng: random.Random) -> Item:
    """Something went wrong, and more follows."""
    document = rng.choice(['{"choices": [{"delta": ', chunk({}, "error")])
    return _event(rng, document, lambda a: a._replace(odd=True))


def _end(rng: random.Random) -> Item:
    reason = rng.choice(list(FINISHES))
    return _event(rng, chunk({}, reason), lambda a: a._replace(reason=reason))


def _done(rng: random.Random) -> Item:
    return _event(rng, "[DONE]", lambda a: a._replace(done=True))


def _items(rng: random.Random) -> list[Item]:
    makers = [_text] * 8 + [_thought] * 2 + [_call, _usage, _noise, _noise]
    items = [rng.choice(makers)(rng) for _ in range(rng.randint(0, 12))]
    if rng.random() < 0.15:
        items.insert(rng.randint(0, len(items)), rng.choice([_error, _damage])(rng))
    items += [_end(rng)] * (rng.random() < 0.8) + [_usage(rng)] * (rng.random() < 0.3)
    items += [_done(rng)] * (rng.random() < 0.7)
    for _ in range(rng.choice([0, 0, 0, 1, 3])):  # reordered, and doubled
        if items:
            item = rng.choice(items)
            if rng.random() < 0.5:
                items.remove(item)
            items.insert(rng.randint(0, len(items)), item)
    return items


def _account(items: Sequence[Item], sent: int) -> Account:
    account, position = Account(), 0
    for item in items:
        if position + item.whole > sent or account.done or account.failed:
            break
        account = item.effect(account)
        position += len(item.data)
    return account


class Stream(NamedTuple):
    reply: Reply
    account: Account
    lost: bool


def _stream(rng: random.Random) -> Stream:
    items = _items(rng)
    data = b"".join(item.data for item in items)
    sent = rng.randint(0, len(data)) if rng.random() < 0.3 else len(data)
    account = _account(items, sent)
    data = data[:sent]
    if rng.random() < 0.2:
        data = b"\xef\xbb\xbf" + data
    if rng.random() < 0.3:
        data = data.replace(b"\n", rng.choice([b"\r\n", b"\r"]))
    lost = rng.random() < 0.15
    headers = [rng.choice(["Content-Type: text/event-stream", "Content-Type: text/plain", "X: y"])]
    if rng.random() < 0.2:
        data = gzip.compress(data, 1)
        headers.append("Content-Encoding: gzip")
    return Stream(Reply(_pieces(rng, data), headers=tuple(headers), cut=lost), account, lost)


def _pieces(rng: random.Random, data: bytes) -> list[bytes]:
    """Cut anywhere, also within a character."""
    cuts = sorted(rng.randint(0, len(data)) for _ in range(rng.choice([0, 1, 5, 40])))
    places = [0, *cuts, len(data)]
    return [data[a:b] for a, b in pairwise(places)]


async def _hear(provider: Remote) -> tuple[list[Event], ProviderError | None]:
    events: list[Event] = []
    try:
        async with aclosing(provider.stream(REQUEST)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        return events, error
    return events, None


def _differences(
    account: Account, lost: bool, events: list[Event], error: ProviderError | None
) -> list[str]:
    text = "".join(e.text for e in events if isinstance(e, TextDelta))
    thought = "".join(e.text for e in events if isinstance(e, ReasoningDelta))
    calls = [(e.name, e.arguments) for e in events if isinstance(e, ToolCalled)]
    wanted = [(n, json.loads(a or "{}") if _is_json(a) else a) for _, n, a in account.calls]
    finished = [e for e in events if isinstance(e, Finished)]
    end = "error" if error else finished[0].finish if finished else "nothing"
    pairs: list[tuple[str, Any, Any]] = [
        ("text", text, account.text),
        ("thought", thought, account.thought),
        ("calls", calls, wanted),
        ("end", end, account.end(lost)),
        ("how often it ended", len(finished), 0 if error else 1),
    ]
    if finished:
        pairs.append(("tokens", (finished[0].tokens_in, finished[0].tokens_out), account.tokens))
    return [f"{what}: {got!r}, not {want!r}" for what, got, want in pairs if got != want]


async def _play(seeds: Sequence[int], *, at_most: int = 3) -> list[str]:
    """What was heard otherwise than it was said, by seed."""
    found: list[str] = []
    current: list[Stream] = []

    def answer(_: Asked) -> Reply:
        return current[-1].reply

    async with endpoint(answer) as (url, _):
        provider = Remote("fake", url=url)
        for seed in seeds:
            stream = _stream(random.Random(seed))
            current.append(stream)
            async with asyncio.timeout(30):
                events, error = await _hear(provider)
            differences = _differences(stream.account, stream.lost, events, error)
            found += [f"{seed}: {difference}" for difference in differences]
            if len(found) >= at_most:
                break
        await provider.close()
    return found


@pytest.mark.parametrize("part", range(PARTS))
async def test_whatever_is_sent_it_ends_and_is_kept_and_told_as_it_was(part: int) -> None:
    assert await _play(range(part, STREAMS, PARTS)) == []


def _plant_stop(patch: pytest.MonkeyPatch) -> None:
    finish = Answer._finish
    patch.setattr(
        Answer,
        "_finish",
        lambda self: "stop" if finish(self) in ("other", "interrupted") else finish(self),
    )


def _plant_sums(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answer_module, "max", lambda a, b: a + b, raising=False)


def _plant_lines(patch: pytest.MonkeyPatch) -> None:
    """Lines end where Python's do."""

    class Lines:
        @staticmethod
        def split(text: str) -> list[str]:
            *lines, last = (text + "x").splitlines()
            return [*lines, last[:-1]]

    patch.setattr(sse_module, "_NEWLINE", Lines)


def _plant_silence(patch: pytest.MonkeyPatch) -> None:
    """What is held back is forgotten when something fails."""
    patch.setattr(Answer, "rest", lambda _: [])


def _plant_one_call(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answer_module._Call, "goes_on", lambda *_: True)


@pytest.mark.parametrize(
    "plant", [_plant_stop, _plant_sums, _plant_lines, _plant_silence, _plant_one_call]
)
async def test_a_planted_bug_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert await _play(range(STREAMS // 4), at_most=1) != []
