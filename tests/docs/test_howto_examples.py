"""How-to pages whose examples go on with each other: they run, in the order of the page."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import hansard
from agents import READING, WRITING, over_http, over_stdio
from hansard.providers.echo import Echo
from server.harness import process

pytestmark = pytest.mark.anyio

HOWTO = Path(__file__).parents[2] / "docs" / "howto"


@pytest.mark.parametrize(("page", "count"), [("projects", 2), ("library", 5), ("providers", 2)])
async def test_the_examples_run(page: str, count: int) -> None:
    text = (HOWTO / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == count
    names: dict[str, Any] = {"Variable": hansard.Variable}
    code = textwrap.indent("".join(blocks), "    ")
    exec(f"async def run(scope):\n{code}", names)  # noqa: S102 - the page's own code
    async with hansard.connect("memory:", providers=[Echo()]) as db:
        await names["run"](db.scope())


async def test_the_configurations_for_agents_work(tmp_path: Path) -> None:
    text = (HOWTO / "mcp.md").read_text("utf-8")
    found = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    reading, writing, served = [each["mcpServers"]["hansard"] for each in found]
    environment = {"HANSARD_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    for config, tools in ((reading, READING), (writing, READING + WRITING)):
        assert (config["command"], config["args"][0]) == ("hansard", "mcp")
        assert Path(sys.executable).with_name("hansard").exists()
        async with over_stdio(environment, *config["args"][1:]) as agent:
            assert await agent.names() == tools
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    with process(tmp_path / "home") as server:
        url = served["url"].replace("http://127.0.0.1:8765", server.url)
        token = served["headers"]["Authorization"].replace("TOKEN", server.token)
        assert served["type"] == "http"
        for query, tools in (("", READING), ("?write=true", READING + WRITING)):
            async with over_http(f"{url}{query}", token.removeprefix("Bearer ")) as agent:
                assert await agent.names() == tools
        names: dict[str, Any] = {}
        exec(f"async def run(url, token):\n{textwrap.indent(code, '    ')}", names)  # noqa: S102 - the page's own
        await names["run"](server.url, server.token)
