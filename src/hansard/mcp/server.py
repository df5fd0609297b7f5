"""The MCP server: lists the tools that the rights allow, and calls them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any

import mcp_types as types
import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server

from hansard import __version__
from hansard.api.operations import Services
from hansard.errors import HansardError, StorageError
from hansard.mcp.tool import Tool, schema_of
from hansard.mcp.tools import INSTRUCTIONS, TOOLS, advice
from hansard.model.scope import Right
from hansard.secrets import mask_known, mask_values

_log = logging.getLogger(__name__)

Opened = Callable[[Right], AbstractAsyncContextManager[Services]]
"""A context with the services for a call that needs this right."""


class UnknownTool(HansardError):
    """There is no such tool."""

    code = "unknown-tool"
    status = 404


_Context = ServerRequestContext[Any]


def rights_for(*, write: bool) -> frozenset[Right]:
    """Return the rights that agents have: to read; to write only if that is asked for; never those of an admin."""
    return frozenset(("read", "write")) if write else frozenset(("read",))


def make_server(rights: Collection[Right], opened: Opened) -> Server[Any]:
    """Return a server that offers the tools for which `rights` suffice."""
    offered = {tool.name: tool for tool in TOOLS if tool.right in rights}

    async def list_tools(
        _: _Context,
        __: types.PaginatedRequestParams | None,
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in offered.values()])

    async def call_tool(_: _Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            tool = _tool(offered, params.name)
            call = tool.prepare(params.arguments or {})
            async with opened(tool.right) as services:
                return _succeeded(await call(services))
        except HansardError as error:
            if _is_internal(error):
                _log.error("The tool %s failed: %s", params.name, error.message)
            return _failed(error)
        except Exception:
            _log.exception("The tool %s failed", params.name)
            return _failed(HansardError())

    return Server(
        "hansard",
        version=__version__,
        title="Hansard",
        description="The conversation database: the verbatim record of everything said.",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _tool(offered: dict[str, Tool], name: str) -> Tool:
    """Return an offered tool. Raises UnknownTool for another one."""
    if name in offered:
        return offered[name]
    if any(tool.name == name for tool in TOOLS):
        raise UnknownTool(
            f"The tool {name} is not offered here, because it writes. Users allow it with `hansard mcp --write`, or "
            "with the address /mcp?write=true and a token that may write."
        )
    raise UnknownTool(f"There is no such tool; the tools are {', '.join(offered)}.")


@cache
def _described(tool: Tool) -> types.Tool:
    reads = tool.right == "read"
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.text,
        input_schema=schema_of(tool.arguments),
        output_schema=schema_of(tool.result),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=reads,
            destructive_hint=False,  # what writes only adds
            idempotent_hint=reads,
            open_world_hint=False,
        ),
    )


def _succeeded(result: msgspec.Struct) -> types.CallToolResult:
    """Return a result, structured and as text, for clients that know only one of them."""
    content = mask_values(msgspec.to_builtins(result), mask_known)
    text = msgspec.json.encode(content).decode()
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structured_content=content
    )


def _failed(error: HansardError) -> types.CallToolResult:
    """Return an error as JSON; details of internal errors are only in the log."""
    internal = _is_internal(error)
    title = (type(error).__doc__ or "").partition("\n")[0]
    told: dict[str, Any] = {} if internal else dict(error.details)
    told |= {"code": error.code, "message": title if internal else error.message}
    if error.pointer is not None:
        told["pointer"] = error.pointer
    if hint := advice(error):
        told["advice"] = hint
    text = msgspec.json.encode(mask_values(told)).decode()
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def _is_internal(error: HansardError) -> bool:
    return error.status == 500 or isinstance(error, StorageError)
