"""Checks of the search for messages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hansard.testing.protocol.answers import expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("search")


def _word() -> str:
    return f"w{uuid4().hex}"


def _ids(server: Server, **params: Any) -> list[str]:
    return [hit["message"]["id"] for hit in server.get("/search", **params)["items"]]


@check
def a_message_is_found_at_once(server: Server) -> None:
    """A message is found as soon as its append is answered, with its conversation."""
    word = _word()
    conversation = server.conversation()
    [message] = server.append(conversation, f"about {word}")
    hits = server.get("/search", q=word)["items"]
    expect_equal([hit["message"] for hit in hits], [message], "the messages")
    expect_equal(hits[0]["conversation"]["id"], conversation["id"], "the conversation")


@check
def the_matches_are_marked(server: Server) -> None:
    """A hit has an excerpt, in which the offsets of the matches are given in characters."""
    word = _word()
    server.append(server.conversation(), f"é😀 about {word} and more")
    [hit] = server.get("/search", q=word)["items"]
    marked = [hit["snippet"][start:end] for start, end in hit["marks"]]
    expect_equal(marked, [word], "the marked texts")


@check
def every_word_must_match_if_asked(server: Server) -> None:
    """With `match=all` a message is found only if it contains all words."""
    one, two = _word(), _word()
    both, _ = server.append(server.conversation(), f"{one} {two}", one)
    found = _ids(server, q=f"{two} {one}", match="all")
    expect_equal(found, [both["id"]], "the messages")


@check
def messages_with_some_of_the_words_come_after(server: Server) -> None:
    """Without `match=all`, messages with some of the words follow those with all of them."""
    one, two = _word(), _word()
    some, both = server.append(server.conversation(), one, f"{one} {two}")
    expect_equal(_ids(server, q=f"{two} {one}"), [both["id"], some["id"]], "the messages")


@check
def a_phrase_is_found_in_order(server: Server) -> None:
    """A phrase in quotation marks is found only where its words are in this order."""
    one, two = _word(), _word()
    right, _ = server.append(server.conversation(), f"{one} {two}", f"{two} {one}")
    expect_equal(_ids(server, q=f'"{one} {two}"'), [right["id"]], "the messages")


@check
def a_prefix_ends_in_a_star(server: Server) -> None:
    """A word that ends in a star finds words that begin with it; without the star it does not."""
    word = _word()
    [message] = server.append(server.conversation(), f"{word}more")
    expect_equal(_ids(server, q=f"{word}*"), [message["id"]], "the messages with a star")
    expect_equal(_ids(server, q=word), [], "the messages without a star")


@check
def case_and_accents_do_not_matter(server: Server) -> None:
    """A search ignores case and accents."""
    word = _word()
    [message] = server.append(server.conversation(), f"É{word}")
    expect_equal(_ids(server, q=f"e{word.upper()}"), [message["id"]], "the messages")


@check
def roles_and_conversations_select(server: Server) -> None:
    """`role`, which may be repeated, and `conversation_id` select messages."""
    word = _word()
    conversation, other = server.conversation(), server.conversation()
    drafts = [{"role": role, "content": word} for role in ("user", "assistant")]
    path = f"/conversations/{conversation['id']}/messages"
    user, answer = server.post(path, messages=drafts)["items"]
    server.append(other, word)
    own = {"q": word, "conversation_id": conversation["id"]}
    both = {user["id"], answer["id"]}
    expect_equal(set(_ids(server, **own)), both, "the messages of the conversation")
    expect_equal(_ids(server, **own, role="assistant"), [answer["id"]], "the answers")
    roles = ["assistant", "user"]
    expect_equal(set(_ids(server, **own, role=roles)), both, "the messages of both roles")
    expect_equal(_ids(server, **own, role="tool"), [], "the messages of tools")


@check
def pages_have_every_hit_once(server: Server) -> None:
    """Pages that are read with `next` contain every hit once, the best first."""
    word = _word()
    messages = server.append(server.conversation(), *(f"{word} {n}" for n in range(5)))
    hits = list(server.walk("/search", q=word, limit=2))
    ids = sorted(hit["message"]["id"] for hit in hits)
    expect_equal(ids, sorted(message["id"] for message in messages), "the messages")
    scores = [hit["score"] for hit in hits]
    expect_equal(scores, sorted(scores, reverse=True), "the scores")


@check
def a_temporary_conversation_is_not_found(server: Server) -> None:
    """A message of a temporary conversation is not found until the conversation is kept."""
    word = _word()
    conversation = server.conversation(temporary=True)
    [message] = server.append(conversation, word)
    expect_equal(_ids(server, q=word), [], "the messages")
    server.patch(f"/conversations/{conversation['id']}", temporary=False)
    expect_equal(_ids(server, q=word), [message["id"]], "the messages after keeping it")


@check
def no_query_is_a_syntax_error(server: Server) -> None:
    """Punctuation in a query is never an error."""
    for query in ('"', "*", "a AND", "NEAR(", "col:", "'; --", "^", "-x", "()", "\\", "%", " "):
        answer = server.request("GET", "/search", params={"q": query})
        expect(answer.status == 200, f"status 200 for {query}", str(answer))
