"""What `/mcp` returns is bounded, says where it goes on, and together is the record, word for word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents import JSON, Agent, over_http, word
from server.harness import TOKEN, Site

pytestmark = pytest.mark.anyio


def connected(here: Site) -> Any:
    return over_http(f"{here.url}/mcp", TOKEN)


async def test_a_million_characters_come_in_pieces_that_make_the_text(here: Site) -> None:
    """The text is hard to bound: escapes make it longer, and some characters are a token each."""
    sought = word()
    text = ((sought + ' "quoted"\n\t\x01 日本語 ' + "x" * 400) * 3_000)[:1_000_000]
    talk = here.talk(title="t" * 500)
    [message] = here.say(talk, text)
    here.do(here.database.storage.settle)
    where = {"conversation_id": talk["id"], "message_id": message["id"]}
    async with connected(here) as agent:
        hits = (await agent.call("search", q=sought))["items"]
        assert len(json.dumps(hits)) < 1_500
        page = await agent.call("list_messages", conversation_id=talk["id"], max_tokens=100)
        [cut] = page["items"]
        assert 0 < cut["next_offset"] == len(cut["text"]) < 400
        pieces, offset = list[str](), 0
        while offset is not None:
            piece = await agent.call("get_message", offset=offset, max_tokens=20_000, **where)
            assert len(json.dumps(piece, ensure_ascii=False)) <= 4 * 20_000 + 1_000
            pieces.append(piece["text"])
            offset = piece["next_offset"]
        assert "".join(pieces) == text
        told = await agent.refused("get_message", "invalid-input", offset=len(text) + 1, **where)
    assert told["pointer"] == "/offset"


async def test_a_conversation_is_read_in_both_directions_within_the_tokens(here: Site) -> None:
    talk = here.talk()
    texts = [f"{number} {'word ' * (number % 7) * 30}" for number in range(60)]
    messages = here.say(talk, *texts)
    where = {"conversation_id": talk["id"], "limit": 50, "max_tokens": 1_000}

    async def walked(agent: Agent, start: JSON, way: str) -> list[JSON]:
        pages, more = list[list[JSON]](), start
        while more:
            page = await agent.call("list_messages", **where, **more)
            assert len(json.dumps(page)) < 4 * 1_000 + 1_000
            pages.append(page["items"])
            more = {way: page[way]} if page[way] else {}
        return [item for page in (pages if way == "after" else pages[::-1]) for item in page]

    async with connected(here) as agent:
        forwards = await walked(agent, {"first": 50}, "after")
        back = await walked(agent, {"before": messages[-1]["id"]}, "before")
        middle = await agent.call("list_messages", around=messages[30]["id"], **where)
    assert [item["text"] for item in forwards] == texts
    assert [item["text"] for item in back] == texts[:-1]
    seqs = [item["seq"] for item in middle["items"]]
    assert 30 in seqs
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    assert middle["before"] == messages[seqs[0]]["id"]
    assert middle["after"] == messages[seqs[-1]]["id"]


async def test_lists_go_on_where_they_ended(here: Site) -> None:
    sought = word()
    talks = [here.talk(title=f"{sought} {number}") for number in range(3)]
    for talk in talks:
        here.say(talk, f"the {sought}")
    for at in [here.say(talks[0], "more")[0]["id"]] * 2:
        here.post(f"/conversations/{talks[0]['id']}/branches", 201, at=at)
    here.do(here.database.storage.settle)
    async with connected(here) as agent:
        for name, arguments in (("search", {"q": sought}), ("list_conversations", {"q": sought})):
            seen, cursor = list[str](), None
            while cursor or not seen:
                page = await agent.call(
                    name, limit=2, **arguments, **({"cursor": cursor} if cursor else {})
                )
                seen += [item["conversation_id"] for item in page["items"]]
                cursor = page["next"]
            assert sorted(seen) == sorted(talk["id"] for talk in talks)
        where = {"conversation_id": talks[0]["id"], "limit": 2}
        first = await agent.call("list_branches", **where)
        rest = await agent.call("list_branches", offset=first["next_offset"], **where)
    assert first["items"][0]["name"] == "main"
    assert (len(first["items"]), len(rest["items"]), rest["next_offset"]) == (2, 1, None)


async def test_what_is_not_text_is_read_as_json(here: Site) -> None:
    talk = here.talk()
    call = {"type": "tool_call", "call_id": "1", "name": "weather", "arguments": {"city": "Rome"}}
    parts = [{"type": "text", "text": "I look."}, call]
    message = {"role": "assistant", "parts": parts}
    here.post(f"/conversations/{talk['id']}/messages", 201, messages=[message])
    async with connected(here) as agent:
        [quoted] = (await agent.call("list_messages", conversation_id=talk["id"]))["items"]
    text, _, other = quoted["text"].partition("\n\n")
    assert (text, json.loads(other)) == ("I look.", call)
    assert quoted["parts"] == ["text", "tool_call"]
