"""The request to a provider for a run: the path to its prompt, as far as it fits the model's context."""

from __future__ import annotations

from hansard.context.window import GONE, Context, build
from hansard.errors import Conflict
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import Text
from hansard.model.runs import ENDED, Run
from hansard.providers.base import Request, Turn
from hansard.providers.registry import Registry
from hansard.services.options import ChatOptions
from hansard.services.runs.summaries import LeftOut
from hansard.storage.base import Reader, Storage

CONTINUE = "Go on exactly where you stopped. Do not repeat what you said, and do not comment on it."


async def request_for(
    storage: Storage, providers: Registry, options: ChatOptions, run: Run
) -> tuple[Request, LeftOut]:
    """Return the request and what it leaves out. Raises Conflict if the prompt is gone or the run has ended."""
    model_info = await providers.model(run.model)

    async def build_context(tx: Reader) -> Context:
        current = await tx.get(Run, run.id)
        conversation = await tx.get(Conversation, run.conversation_id)
        prompt = await tx.get(Message, run.prompt_id) if run.prompt_id else None
        if conversation is None or prompt is None:
            raise Conflict(GONE)
        if current is None or current.status in ENDED:
            raise Conflict("The run has ended.")
        return await build(
            tx,
            conversation,
            prompt,
            context_tokens=model_info.context_tokens,
            max_history=options.max_history,
            model=run.model,
            applied=run.applied,
            describe_format="response_format" not in run.options,
            alone=run.mode != "dialogue",
        )

    context = await storage.read(run.tenant_id, build_context)
    turns = context.turns
    if run.mode == "continue":
        turns = (*turns, Turn("user", (Text(CONTINUE),)))
    _, name = providers.find(run.model)
    request = Request(model=name, system=context.system, turns=turns, options=run.options)
    omitted = LeftOut(first_seq=context.first_seq, context_tokens=model_info.context_tokens)
    return request, omitted
