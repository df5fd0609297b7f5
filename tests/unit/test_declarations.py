"""Every table says whose its records are, what they belong to, whether they are exported, and what events they have."""

from __future__ import annotations

from typing import Any, cast, get_args

import pytest

from hansard.formats import jsonl
from hansard.model.activity import MessageCounters
from hansard.model.artifacts import ArtifactCounters, ArtifactText, ExtractionCursor
from hansard.model.base import Entry
from hansard.model.blobs import BlobUse
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.feed import FeedEntry
from hansard.model.projects import ProjectMove
from hansard.model.reindexes import Reindex
from hansard.model.runs import RunEvent
from hansard.model.sealed import SealedSecret
from hansard.model.sessions import Session, SpentCode
from hansard.model.shares import LinkKey, Share
from hansard.model.tags import TagRemoval
from hansard.model.users import Tenant, User
from hansard.storage.schema import Table
from hansard.storage.tables import SCHEMA

NOT_EXPORTED = {
    Tenant: "an export is one user's",
    BlobUse: "an import makes them from the messages",
    TagRemoval: "what restoring a tag gives back, in one database",
    ProjectMove: "what restoring a project moves back, in one database",
    RunEvent: "they repeat the answer and are kept for a day",
    MessageCounters: "they are computed from the messages",
    ArtifactText: "it is made from the newest revision",
    ExtractionCursor: "the progress of a task in one database",
    ArtifactCounters: "they are computed from the revisions",
    Share: "rights are of one database",
    LinkKey: "a secret",
    Session: "a secret",
    SpentCode: "a secret",
    SealedSecret: "a secret",
    Reindex: "a task of one database",
    FeedEntry: "the history of one database",
}


def test_a_table_that_leaves_a_declaration_open_is_a_type_error() -> None:
    declared: dict[str, Any] = {"owner": "owner_id", "exported": False, "events": ()}
    Table(Conversation, "copies", **declared)
    for name in declared:
        with pytest.raises(TypeError, match=name):
            Table(Conversation, "copies", **{k: v for k, v in declared.items() if k != name})


@pytest.mark.parametrize("table", SCHEMA.tables, ids=lambda table: table.name)
def test_every_record_has_an_owner(table: Table[Any]) -> None:
    if table.owner == "tenant":
        assert table.parent is None or table.parent.record is Tenant
        return
    while table.owner == "parent":
        assert table.parent is not None, f"{table.name} says that it belongs to something"
        table = SCHEMA.of(table.parent.record)
    assert table.owner == "tenant" or table.owner in table.stored


def test_what_refers_to_a_user_or_a_conversation_goes_with_it() -> None:
    kept = {(t.record, r.record) for t in SCHEMA.tables for r in t.references if not r.belongs}
    named = {User, Tenant, Conversation}
    # A share belongs to the artifact, which belongs to the same user.
    assert {pair for pair in kept if pair[1] in named} == {(Share, User)}


def test_every_exported_record_has_a_kind_in_files_and_no_other_has() -> None:
    exported = {table.record for table in SCHEMA.tables if table.exported}
    assert exported == set(jsonl.KINDS.values())
    assert {table.record for table in SCHEMA.tables} - exported == set(NOT_EXPORTED)


def test_what_an_exported_record_belongs_to_is_exported_before_it() -> None:
    order = [table.record for table in SCHEMA.tables if table.exported]
    for table in SCHEMA.tables:
        for reference in table.references if table.exported else ():
            if reference.belongs and reference.record is not Tenant:
                assert order.index(reference.record) < order.index(table.record)


def test_every_kind_of_event_is_of_one_table() -> None:
    declared = [kind for table in SCHEMA.tables for kind in table.events]
    assert len(declared) == len(set(declared))
    assert sorted(declared) == sorted(get_args(EventKind))


def test_what_an_event_carries_is_declared_for_its_own_kinds() -> None:
    for table in SCHEMA.tables:
        assert set(table.carried) <= set(table.events), table.name


@pytest.mark.parametrize(
    "table", [table for table in SCHEMA.tables if table.trashable], ids=lambda table: table.name
)
def test_a_record_that_can_be_trashed_tells_of_it(table: Table[Any]) -> None:
    verbs = {kind.partition(".")[2] for kind in table.events}
    assert {"created", "updated", "deleted", "restored"} <= verbs


def test_children_come_from_the_declarations() -> None:
    def children(record: type[Entry]) -> set[str]:
        return {table.name for table, _ in SCHEMA.children(record)}

    assert children(Conversation) == {"branches", "artifacts", "project_moves"}
    assert "conversations" in children(cast("type[Entry]", User))
    assert all(SCHEMA.belongs_to(table.record, User) for table in SCHEMA.tables if table.trashable)
