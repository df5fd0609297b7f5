"""Branches of a conversation."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromQuery, JSONBody
from msgspec.structs import asdict

from hansard.model.base import Id
from hansard.model.branches import Branch
from hansard.server.fields import Body, PathId, Scoped
from hansard.services.conversations.trash import Trashed


class BranchList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Branch]
    current: Id
    """The branch that the user has selected."""


class NewBranch(Body, frozen=True, kw_only=True):
    at: str
    """The id of the last message of the new branch."""
    name: str = ""
    id: str | None = None
    switch: bool = False
    """Whether to select the new branch."""


class BranchName(Body, frozen=True, kw_only=True):
    name: str


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    """The number of restored messages."""


@get("/conversations/{conversation_id:str}/branches")
async def list_branches(
    services: Scoped, conversation_id: PathId, deleted: FromQuery[bool] = False
) -> BranchList:
    """List a conversation's branches, oldest first; `deleted` lists those in the trash."""
    return BranchList(
        items=await services.branches.list(conversation_id, deleted=deleted),
        current=(await services.branches.current(conversation_id)).id,
    )


@post("/conversations/{conversation_id:str}/branches")
async def create_branch(
    services: Scoped, conversation_id: PathId, data: JSONBody[NewBranch]
) -> Branch:
    """Create a branch that ends with a message; nothing is copied."""
    return await services.branches.fork(conversation_id, **asdict(data))


@patch("/conversations/{conversation_id:str}/branches/{branch_id:str}")
async def rename_branch(
    services: Scoped, conversation_id: PathId, branch_id: PathId, data: JSONBody[BranchName]
) -> Branch:
    """Rename a branch."""
    return await services.branches.rename(conversation_id, branch_id, data.name)


@delete("/conversations/{conversation_id:str}/branches/{branch_id:str}", status_code=200)
async def delete_branch(services: Scoped, conversation_id: PathId, branch_id: PathId) -> Trashed:
    """Move a branch's own messages, and the branches forked from them, to the trash."""
    return await services.branches.delete(conversation_id, branch_id)


@post("/conversations/{conversation_id:str}/branches/{branch_id:str}/switch", status_code=200)
async def switch_branch(services: Scoped, conversation_id: PathId, branch_id: PathId) -> Branch:
    """Select a branch for the user, on all devices."""
    return await services.branches.switch(conversation_id, branch_id)


@post("/conversations/{conversation_id:str}/branches/{branch_id:str}/restore", status_code=200)
async def restore_branch(services: Scoped, conversation_id: PathId, branch_id: PathId) -> Restored:
    """Restore what a deletion moved to the trash."""
    return Restored(count=await services.branches.restore(conversation_id, branch_id))


@post("/conversations/{conversation_id:str}/branches/{branch_id:str}/purge", status_code=204)
async def purge_branch(services: Scoped, conversation_id: PathId, branch_id: PathId) -> None:
    """Permanently delete what a deletion moved to the trash."""
    await services.branches.purge(conversation_id, branch_id)


ROUTES = (
    list_branches,
    create_branch,
    rename_branch,
    delete_branch,
    switch_branch,
    restore_branch,
    purge_branch,
)
