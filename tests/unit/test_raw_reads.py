"""Artifacts, revisions and contents are read through the class that asks for rights, and by few others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import hansard.services

SERVICES = Path(hansard.services.__file__).parent
RECORDS = {"Artifact", "Revision", "Content", "ArtifactText"}
VERBS = {"get", "select", "count", "Query"}
PLAIN = {"text_of", "content_of"}
"""Functions that read without asking."""

KEEPERS = {
    "artifacts/access": "asks for the right",
    "artifacts/contents": "keeps and lets go",
    "artifacts/revisions": "writes revisions of an artifact that it is given",
    "artifacts/extraction": "takes artifacts out of answers",
    "artifacts/lifecycle": "moves artifacts with what they were made in",
    "artifacts/retention": "lets old revisions go",
    "conversations/purge": "removes for good",
    "transfer/artifact_importer": "takes artifacts in, for their new owner",
}
"""Modules that hand nothing to anybody."""
OWN = {
    ("artifacts/validation", "build_query"),
    ("artifacts/service", "create"),
    ("transfer/archives", "_placed"),
    ("search", "_artifact_hits"),
    ("artifacts/shares", "_linked"),
    ("artifacts/shares", "revoke"),
    ("transfer/exporter", "_standalone_artifacts"),
    ("transfer/exporter", "_artifact"),
    ("transfer/exporter", "_content"),
    ("transfer/snapshots", "read"),
    ("users/usage", "_artifact_sizes"),
    ("projects/trash", "_deletion_time"),
    ("projects/purge", "_empty_some"),
}
"""Functions that read what is the scope's user's own, or ask by a link, in the same unit."""
ASKED = {"revision_of", "revisions_of", "oldest_of", "text", "contents"}
ASKS = {"artifact", "_linked"}


def raw_reads(tree: ast.Module) -> Iterator[str]:
    """The outermost function of each raw read."""
    for function in _functions(tree):
        if any(_is_raw(node) for node in ast.walk(function)):
            yield function.name


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for body in (tree.body, *(each.body for each in classes)):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _is_raw(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    names = {each.id for each in node.args[:1] if isinstance(each, ast.Name)}
    return (_name(node) in VERBS and bool(names & RECORDS)) or _name(node) in PLAIN


def _name(call: ast.Call) -> str:
    called = call.func
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def unasked(tree: ast.Module) -> Iterator[str]:
    """The innermost functions that read revisions or contents of an artifact they did not ask for."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            calls = {_name(node) for node in _inside(function) if isinstance(node, ast.Call)}
            if calls & ASKED and not calls & ASKS:
                yield getattr(function, "name", "lambda")


def _inside(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions in it."""
    for node in ast.iter_child_nodes(function):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _inside(node)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(SERVICES.rglob("*.py")):
        name = file.relative_to(SERVICES).with_suffix("").as_posix()
        if name not in KEEPERS:
            yield name, ast.parse(file.read_text("utf-8"))


def test_artifacts_are_read_through_the_class_that_asks_for_rights() -> None:
    assert {(name, function) for name, tree in modules() for function in raw_reads(tree)} == OWN


def test_what_an_artifact_says_is_read_in_the_unit_that_asked_for_it() -> None:
    found = {(name, function) for name, tree in modules() for function in unasked(tree)}
    # What comes in with a file is compared with what the user has.
    assert found == {("transfer/archives", "read_existing")}


def test_a_read_that_does_not_ask_would_be_seen() -> None:
    planted = """
class Service:
    async def one(self, tx, key):
        return await tx.get(Artifact, key)
    async def two(self, digest):
        return await self.run_read(lambda tx: tx.select(Query(Content).where(id=digest)))
    async def three(self, artifact):
        await self.artifact(None, artifact.id)
        async def work(tx):
            return await self.revisions_of(tx, artifact)
        return await self.run_read(work)
"""
    tree = ast.parse(planted)
    assert list(raw_reads(tree)) == ["one", "two"]
    assert list(unasked(tree)) == ["work"]
