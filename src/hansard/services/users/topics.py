"""Topics: the distinctive terms of a user's recent messages.
 Terms are those of the search index, taken from the newest messages of the most recent conversations, so the cost
does not grow with history. A term is distinctive if many messages but few conversations contain it; words that occur
in every conversation (“the”, “please”) are not.
"""

from __future__ import annotations

import math
from collections import Counter

from hansard.model.activity import Topic
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.search.tokenizer import terms
from hansard.storage import message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query

CONVERSATIONS = 60
MESSAGES = 40
"""Messages per conversation."""
TOPICS = 20
MAX_TEXT = 4_000
"""Characters per message."""

_COMMON = frozenset(
    """
    about after again also always and any are aren because been before being both but can cannot
    could did does doing don down during each else even every few for from further get give going
    had has have having her here hers him his how into its itself just know let like make many may
    maybe more most much must need nor not now off once one only other our out over own please same
    say see she should some such sure tell than thank thanks that the their them then there these
    they thing things think this those through time too two under until upon use used using very
    want was way well were what when where which while who whom why will with would yes yet you your
    yours aber alle als also auch auf aus bei bin bis bitte das dass dein dem den der des dich die
    dir doch dort du durch ein eine einem einen einer eines er es etwas euch für ganz gibt habe
    haben hat hatte ich ihm ihn ihr immer ist ja jetzt kann kein keine man mehr mein mich mir mit
    muss nach nein nicht noch nur oder schon sehr sein seine sich sie sind über und uns unter viel
    vom von vor war warum was wenn wer werden wie wieder wir wird wo zu zum zur
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


async def topics(tx: Reader, owner_id: str, project_id: str | None) -> list[Topic]:
    """Return the most distinctive terms, the strongest first."""
    query = Query(Conversation).where(owner_id=owner_id, state="active", expires_at=None)
    if project_id is not None:
        query = query.where(project_id=project_id)
    conversations = await tx.select(query.by("-active_at", "-id").page(CONVERSATIONS))
    by_message: Counter[str] = Counter()
    by_conversation: Counter[str] = Counter()
    total = 0
    for conversation in conversations:
        branch = await tx.get(Branch, conversation.branch)
        if branch is None:
            continue
        start = branch.head_seq - MESSAGES + 1
        terms_by_message = [
            {term for term in terms(message.text[:MAX_TEXT]) if _is_candidate(term)}
            for message in await message_tree.path(tx, branch, start, branch.head_seq)
        ]
        total += len(terms_by_message)
        by_conversation.update(
            {term for message_terms in terms_by_message for term in message_terms}
        )
        for message_terms in terms_by_message:
            by_message.update(message_terms)
    return _ranked(by_message, by_conversation, total, len(conversations))


def _is_candidate(term: str) -> bool:
    long_enough = len(term) > 2 or not term.isascii()
    return long_enough and term not in _COMMON and not term.isdigit()


def _ranked(
    by_message: Counter[str], by_conversation: Counter[str], messages: int, conversations: int
) -> list[Topic]:
    def score(term: str) -> float:
        rarity = math.log(1 + conversations / by_conversation[term])
        return math.sqrt(by_message[term]) * rarity

    frequent = [t for t, n in by_message.items() if n > 1 or messages < 10]
    best = sorted(frequent, key=lambda term: (-score(term), term))
    return [Topic(term=term, messages=by_message[term]) for term in best[:TOPICS]]
