"""Print what the nouns of the library cost, by hand, as a table for the architecture page: lines in their own files.

Blank lines are not counted, nor what is generated. What several nouns share is not counted for any of them.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCE, APP = ROOT / "src" / "hansard", ROOT / "web" / "src"


class Noun(NamedTuple):
    name: str
    record: str
    """The class of its records, by which its table is found."""
    files: tuple[str, ...]
    """Its own files in `src/hansard`: the records and the service."""
    app: tuple[str, ...]
    """Its own files in `web/src`: its queries and its forms."""


def in_providers(*files: str) -> tuple[str, ...]:
    return tuple(f"features/library/providers/{file}" for file in files)


NOUNS = (
    Noun(
        "tags",
        "Tag",
        ("model/tags.py", "services/library/tags.py"),
        ("data/tags.ts", "features/library/tag-editor.tsx"),
    ),
    Noun(
        "rules",
        "Rule",
        ("model/rules.py", "services/library/rules.py"),
        ("data/rules.ts", "features/library/rule-editor.tsx"),
    ),
    Noun(
        "agents",
        "Agent",
        ("model/agents.py", "services/library/agents.py"),
        ("data/agents.ts", "features/library/agent-editor.tsx", "features/library/tasks.tsx"),
    ),
    Noun(
        "prompts",
        "Prompt",
        ("model/prompts.py", "services/library/prompts.py", "services/library/rendering.py"),
        (
            "data/prompt-templates.ts",
            "features/library/prompt-editor.tsx",
            "features/library/prompt-form.tsx",
            "features/library/variables-editor.tsx",
        ),
    ),
    Noun(
        "api_keys",
        "ApiKey",
        ("model/api_keys.py", "services/providers/api_keys.py"),
        (
            "data/api-keys.ts",
            *in_providers("api-key-editor.tsx", "api-keys.tsx", "secret-input.tsx"),
        ),
    ),
    Noun(
        "providers",
        "ProviderConfig",
        (
            "model/providers.py",
            "services/providers/service.py",
            "services/providers/directory.py",
            "services/providers/endpoints.py",
        ),
        (
            "data/providers.ts",
            "data/provider-changes.ts",
            *in_providers(
                "chosen-models-field.tsx", "environment-providers.tsx", "headers-field.tsx"
            ),
            *in_providers("key-field.tsx", "provider-actions.tsx", "provider-editor.tsx"),
            *in_providers("provider-values.ts", "providers.tsx", "types.ts"),
        ),
    ),
)


def table() -> str:
    """Return the table in Markdown."""
    rows = ["| noun | records | table | service | operations | app |", "|---|---|---|---|---|---|"]
    for noun in NOUNS:
        records, *services = (SOURCE / file for file in noun.files)
        cells = (
            noun.name,
            lines_in([records]),
            table_lines(noun.record),
            lines_in(services),
            operation_lines(noun.name),
            f"{lines_in([APP / file for file in noun.app])} in {len(noun.app)} files",
        )
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def lines_in(files: list[Path]) -> int:
    return sum(
        bool(line.strip()) for file in files for line in file.read_text("utf-8").splitlines()
    )


def table_lines(record: str) -> int:
    """Return the number of lines of the entry that declares the table of these records."""
    for node in ast.walk(tree_of("storage/tables/library.py")):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == record:
            return lines_of(node)
    raise LookupError(record)


def operation_lines(noun: str) -> int:
    """Return the number of lines that declare the operations of a noun."""
    for node in ast.walk(tree_of("api/operations.py")):
        for key, value in (
            zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
        ):
            if isinstance(key, ast.Constant) and key.value == noun:
                return lines_of(value)
    raise LookupError(noun)


def tree_of(file: str) -> ast.Module:
    return ast.parse((SOURCE / file).read_text("utf-8"))


def lines_of(node: ast.expr) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


if __name__ == "__main__":
    print(table())
