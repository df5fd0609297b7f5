"""The page on the library is what its script would write, and names everything."""

from __future__ import annotations

import hansard
import library_reference
from blocking_stub import services

PAGE = library_reference.OUT.read_text("utf-8")


def test_the_page_is_what_the_script_writes() -> None:
    assert library_reference.page() == PAGE, "run scripts/library_reference.py"


def test_every_service_and_every_exported_class_is_on_the_page() -> None:
    for service in services():
        assert f"## {service}\n" in PAGE
    functions = {"Database", "Services", "Provider", "Storage", "assistant", "connect", "system"}
    for name in set(hansard.__all__) - functions - {"tool", "user"}:
        value = getattr(hansard, name)
        if isinstance(value, type):
            assert f"### {name}\n" in PAGE or f"| `{name}` |" in PAGE, name
