"""Agents for the tests: the official MCP client, and an independent one, with real transports."""

from __future__ import annotations

import gc
import json
import sys
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import uuid4

import httpx2
from chuk_mcp.client.client import MCPClient
from chuk_mcp.client.connection import connect_to_server
from chuk_mcp.transports.base import Transport
from chuk_mcp.transports.http import StreamableHTTPParameters, StreamableHTTPTransport
from chuk_mcp.transports.stdio import StdioParameters
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

JSON = dict[str, Any]
Kind = Literal["auto", "legacy", "independent"]
"""The official client with the newest protocol, the same with the one before, and an independent client."""
KINDS: tuple[Kind, ...] = ("auto", "legacy", "independent")
READING = [
    "search",
    "list_conversations",
    "list_branches",
    "list_messages",
    "get_message",
    "list_artifacts",
    "search_artifacts",
    "read_artifact",
]
WRITING = ["create_conversation", "append_messages"]


def word() -> str:
    """A word that no other test has."""
    return f"marmot{uuid4().hex}"


class Agent:
    """A connected client."""

    def __init__(self, client: Client | MCPClient) -> None:
        self.client = client

    async def tools(self) -> list[JSON]:
        """The tools as the client sees them."""
        listed: Any = await self.client.list_tools()
        tools: Sequence[Any] = listed if isinstance(listed, list) else listed.tools
        return [tool.model_dump(by_alias=True, exclude_none=True) for tool in tools]

    async def names(self) -> list[str]:
        return [tool["name"] for tool in await self.tools()]

    async def call(self, name: str, **arguments: Any) -> JSON:
        """The structured result of a tool, which its text repeats."""
        failed, structured, text = await self.raw(name, **arguments)
        assert not failed, text
        assert structured == json.loads(text)
        assert structured is not None
        return structured

    async def refused(self, name: str, code: str, **arguments: Any) -> JSON:
        """The error of a tool, which must have this code."""
        failed, structured, text = await self.raw(name, **arguments)
        assert failed, text
        assert structured is None
        told = json.loads(text)
        assert told["code"] == code, told
        return told

    async def raw(self, name: str, **arguments: Any) -> tuple[bool, JSON | None, str]:
        """Whether a call failed, its structured content and its text."""
        result = (await self.client.call_tool(name, arguments)).model_dump(by_alias=True)
        [content] = result["content"]
        return result["isError"], result.get("structuredContent"), content["text"]


@asynccontextmanager
async def _independent(place: Transport | StdioParameters) -> AsyncIterator[Agent]:
    """An independent client. It leaves streams open, which are closed here or collected now rather than in a later
    test.
    """
    async with connect_to_server(place) as client:
        agent = Agent(client)
        yield agent
    if isinstance(place, StreamableHTTPTransport):
        for stream in (place._incoming_recv, place._outgoing_recv):
            if stream is not None:
                stream.close()
    del agent.client, client, place
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@asynccontextmanager
async def over_http(url: str, token: str, kind: Kind = "auto") -> AsyncIterator[Agent]:
    headers = {"Authorization": f"Bearer {token}"}
    if kind == "independent":
        told = StreamableHTTPParameters(url=url, headers=headers)
        async with _independent(StreamableHTTPTransport(told)) as agent:
            yield agent
        return
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=kind) as client,
    ):
        yield Agent(client)


@asynccontextmanager
async def over_stdio(
    environment: Mapping[str, str], *flags: str, kind: Kind = "auto"
) -> AsyncIterator[Agent]:
    line: Any = {"command": sys.executable, "args": ["-m", "hansard", "mcp", *flags]}
    if kind == "independent":
        async with _independent(StdioParameters(**line, env=dict(environment))) as agent:
            yield agent
        return
    parameters = StdioServerParameters(**line, env=dict(environment))
    async with Client(parameters, mode=kind) as client:
        yield Agent(client)
