"""The services of a database on a server do what those of a local one do: the same tests run on both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

MODULES = (
    "fundamentals.test_1_record", "fundamentals.test_2_writers", "fundamentals.test_3_reading",
    "fundamentals.test_4_branches", "fundamentals.test_5_letting_go", "fundamentals.test_6_walls",
    "fundamentals.test_7_answers", "fundamentals.test_8_belongings",
    "services.test_archives", "services.test_artifacts", "services.test_authors", "services.test_blobs",
    "services.test_branches", "services.test_chat", "services.test_choices", "services.test_conversations",
    "services.test_feed", "services.test_messages", "services.test_projects", "services.test_runs",
    "services.test_search", "services.test_shares", "services.test_statistics", "services.test_temporary",
    "services.test_transfer", "services.test_trash", "services.test_usage", "services.test_users",
)  # fmt: skip
DIFFERENT = {
    "artifacts_a_difference_is_told_by_line": "a server refuses a revision number below 1 as invalid",
    "artifacts_what_is_done_is_counted_by_day_type_and_language": "a query cannot contain an empty list",
    "artifacts_what_is_no_artifact_is_refused": "starts calls that it does not await",
    "conversations_a_version_that_cannot_be_has_moved": "a server refuses a version below 1 as invalid",
    "feed_who_follows_is_told_that_the_database_is_closed": "closes the broadcasters of the local database",
    "messages_a_draft_is_refused_where_it_is_wrong": "the client refuses invalid text as it was given, not as a part",
    "messages_several_messages_are_one_step": "the client refuses invalid text as it was given, not as a part",
    "search_what_cannot_be_searched_is_said": "a server refuses a query that is too long as invalid",
    "transfer_an_export_imported_elsewhere_is_exported_equal": "calls methods that only services call",
    "users_ids_of_an_identity_provider_tell_users_apart": "acts for users that have no server here",
}
"""Tests that are left out, and why."""
SERVED = {"db", "ada", "bob", "eve", "clock"}
"""Fixtures that exist for servers too; a test with others opens a database of its own."""


def _parametrized(test: Callable[..., Any]) -> set[str]:
    marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
    names = [mark.args[0] for mark in marks if mark.name == "parametrize"]
    return {
        name.strip()
        for each in names
        for name in (each.split(",") if isinstance(each, str) else each)
    }


def _runs_on_a_server(test: Any) -> bool:
    marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
    if any(mark.kwargs.get("indirect") for mark in marks):
        return False
    parameters, values = set(inspect.signature(test).parameters), _parametrized(test)
    return inspect.iscoroutinefunction(test) and values <= parameters <= SERVED | values


_tests = {
    f"{module.partition('.test_')[2]}_{name.removeprefix('test_')}": test
    for module in MODULES
    for name, test in vars(import_module(module)).items()
    if name.startswith("test_") and _runs_on_a_server(test)
}
globals().update({f"test_{name}": test for name, test in _tests.items() if name not in DIFFERENT})


def test_most_tests_of_the_services_run_on_a_server() -> None:
    assert set(DIFFERENT) <= set(_tests)
    assert len(_tests) > 190
