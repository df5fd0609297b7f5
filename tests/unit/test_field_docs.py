"""The documentation of fields, by the names of their classes."""

from __future__ import annotations

from hansard.mcp import results
from hansard.model import artifacts
from hansard.server.field_docs import field_texts, texts_of


def test_a_class_of_the_same_name_hides_no_documentation() -> None:
    """Which modules are imported depends on what else the process does."""
    own, namesake = texts_of(artifacts.ArtifactText), texts_of(results.ArtifactText)
    assert own
    assert own.keys() - namesake.keys()
    assert field_texts()["ArtifactText"].items() >= own.items()
