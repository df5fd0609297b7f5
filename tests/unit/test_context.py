"""How much of a conversation is sent: always the newest, always within the limits, never nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

import hansard
from hansard.context.tokens import PER_MEDIA, PER_MESSAGE, estimate, estimate_parts
from hansard.context.window import STEP, _newest, turns
from hansard.model.branches import Branch
from hansard.model.messages import Message, Role
from hansard.model.parts import Error, Image, Part, Text, ToolCall
from hansard.providers.base import Media, Turn
from hansard.storage.base import Reader


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=70),
    st.integers(0, 3_000),
    st.integers(1, 60),
    st.data(),
)
def test_the_newest_messages_that_fit(
    sizes: list[int], budget: int, most: int, data: st.DataObject
) -> None:
    last = data.draw(st.integers(0, len(sizes) - 1))
    found = asyncio.run(_sent(sizes, last, budget, most))
    seqs = [message.seq for message in found]
    assert seqs == list(range(seqs[0], last + 1)), "an unbroken end of the path"
    assert len(found) <= most
    assert len(found) == 1 or sum(estimate_parts(m.parts) for m in found) <= budget
    if seqs[0] > 0 and len(found) >= STEP:
        assert seqs[0] % STEP == 0, "what is sent begins the same way for some turns"


async def _sent(sizes: list[int], last: int, budget: int, most: int) -> list[Message]:
    """What is sent of a conversation whose messages have these sizes."""
    async with hansard.connect("memory:", providers=[]) as db:
        me = db.scope()
        made = await me.conversations.create()
        await me.messages.append(made.id, [hansard.user("x" * size) for size in sizes])

        async def work(tx: Reader) -> list[Message]:
            branch = await tx.get(Branch, made.branch)
            assert branch is not None
            found, _ = await _newest(tx, branch, last, budget, most)
            return found

        return await db.storage.read("local", work)


@given(st.text(), st.text())
def test_an_estimate_grows_with_the_text(text: str, more: str) -> None:
    assert 1 <= estimate(text) <= estimate(text + more) <= estimate(text) + estimate(more)
    assert estimate(text) <= len(text) + 1


def test_everything_in_a_message_has_its_price() -> None:
    assert estimate_parts([]) == PER_MESSAGE
    assert estimate_parts([Text("x" * 40)]) == PER_MESSAGE + 11
    assert estimate_parts([Media(b"x", "image/png")]) == PER_MESSAGE + PER_MEDIA
    assert estimate_parts([ToolCall("c", "n", {"a": "x" * 400})]) > PER_MESSAGE + 100


def _said(role: Role, *parts: Part, model: str | None = None) -> Message:
    return Message(
        tenant_id="t", created_at=datetime(2026, 3, 1, tzinfo=UTC), id="m", conversation_id="c",
        branch="b", seq=0, owner_id="ada", role=role, parts=parts, model=model,
    )  # fmt: skip


def test_neighbours_of_one_role_are_one_turn() -> None:
    made = turns(
        [
            _said("user", Text("a")),
            _said("user", Text("b"), Image("ab" * 32, "image/png", "x.png")),
            _said("assistant", Error("e", "failed")),
            _said("assistant", Text("c"), Error("e", "failed")),
            _said("tool", Text("d")),
            _said("tool", Text("e")),
        ],
        {"ab" * 32: b"bytes"},
        "p/one",
    )
    assert made == (
        Turn("user", (Text("a"), Text("b"), Media(b"bytes", "image/png", "x.png"))),
        Turn("assistant", (Text("c"),)),
        Turn("tool", (Text("d"),)),
        Turn("tool", (Text("e"),)),
    )


def test_among_several_models_only_its_own_words_are_its_own() -> None:
    made = turns(
        [
            _said("assistant", Text("a"), model="p/one"),
            _said("assistant", Text("b"), model="p/two"),
        ],
        {},
        "p/two",
        alone=False,
    )
    assert made == (Turn("user", (Text("a"),)), Turn("assistant", (Text("b"),)))
