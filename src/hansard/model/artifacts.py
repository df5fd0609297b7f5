from __future__ import annotations

from typing import Literal

ArtifactType = Literal[
    "code", "html", "css", "svg", "react", "markdown", "mermaid", "json", "csv", "text", "other"
]
