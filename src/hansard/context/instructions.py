"""System instructions: the tenant's, the user's, the projects' from the outside in, the agent's, the conversation's.

Rules stand before or after all of them, or at the end of the prompt.
"""

from __future__ import annotations

import json

from hansard.context.projects import projects_of
from hansard.model.applied import Applied
from hansard.model.conversations import Conversation
from hansard.model.rules import RulePosition
from hansard.model.users import Tenant, User
from hansard.storage.base import Reader

FORMAT = "Answer with JSON only, which conforms to this JSON Schema:"


async def instructions(
    tx: Reader, conversation: Conversation, applied: Applied, *, describe_format: bool = False
) -> str:
    """Return the system instructions for a prompt in a conversation.

    With `describe_format`, they describe the agent's JSON Schema, for a model that does not support one otherwise.
    """
    tenant, user = await tx.get(Tenant), await tx.get(User, conversation.owner_id)
    projects = await projects_of(tx, conversation)
    agent = applied.agent
    texts = [
        *rules_at(applied, "before"),
        tenant.instructions if tenant else "",
        user.instructions if user else "",
        *(project.instructions for project in reversed(projects)),
        agent.instructions if agent else "",
        conversation.system,
        *rules_at(applied, "after"),
    ]
    if describe_format and agent is not None and agent.output_schema is not None:
        texts.append(f"{FORMAT}\n{json.dumps(agent.output_schema, ensure_ascii=False)}")
    return "\n\n".join(text.strip() for text in texts if text.strip())


def rules_at(applied: Applied, position: RulePosition) -> list[str]:
    """Return the texts of the rules that are placed at a position."""
    return [rule.text for rule in applied.rules if rule.position == position]
