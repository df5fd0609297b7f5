"""How-to pages whose examples go on with each other: they run, in the order of the page."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard.providers.echo import Echo

pytestmark = pytest.mark.anyio

HOWTO = Path(__file__).parents[2] / "docs" / "howto"


@pytest.mark.parametrize(("page", "count"), [("projects", 2), ("library", 5)])
async def test_the_examples_run(page: str, count: int) -> None:
    text = (HOWTO / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == count
    names: dict[str, Any] = {"Variable": hansard.Variable}
    code = textwrap.indent("".join(blocks), "    ")
    exec(f"async def run(scope):\n{code}", names)  # noqa: S102 - the page's own code
    async with hansard.connect("memory:", providers=[Echo()]) as db:
        await names["run"](db.scope())
