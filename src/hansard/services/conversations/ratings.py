"""Ratings of messages."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hansard.errors import InvalidInput
from hansard.model.checks import check_text
from hansard.model.messages import Rating
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query


class Ratings(Service):
    """The user's ratings of messages."""

    async def rate(
        self,
        conversation_id: str,
        message_id: str,
        value: Annotated[int, Meta(ge=-1, le=1)],
        note: str = "",
    ) -> Rating:
        """Rate a message: `value` is -1, 0 or 1. A new rating replaces the user's previous one.

        Raises InvalidInput for other values, NotFound if the message does not exist.
        """
        if value not in (-1, 0, 1):
            raise InvalidInput("Ratings must be -1, 0 or 1.", pointer="/value")
        check_text(note, "/note")

        async def upsert_rating(tx: Transaction) -> Rating:
            conversation = await self.conversation(tx, conversation_id, "read")
            message, _ = await self.message(tx, conversation, message_id)
            now = self.clock()
            rating = Rating(
                tenant_id=tx.tenant,
                created_at=now,
                updated_at=now,
                conversation_id=conversation.id,
                message_id=message.id,
                user_id=self.scope.user,
                value=value,
                note=note,
            )
            if not await tx.insert(rating, absent=True):
                key = (message.id, self.scope.user)
                rating = await tx.update(Rating, *key, value=value, note=note, updated_at=now)
            location = {"conversation_id": conversation.id}
            await tx.publish(self.change("message.rated", message.id, now, **location))
            return rating

        return await self.run_write(upsert_rating)

    async def list(self, conversation_id: str) -> list[Rating]:
        """Return the user's ratings in a conversation, oldest first."""

        async def select_ratings(tx: Reader) -> list[Rating]:
            conversation = await self.conversation(tx, conversation_id, "read")
            query = Query(Rating).where(conversation_id=conversation.id, user_id=self.scope.user)
            return await tx.select(query.by("created_at", "message_id"))

        return await self.run_read(select_ratings)
