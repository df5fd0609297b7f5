#!/usr/bin/env bash
# A cancelled MCP server on standard input and output raises an ExceptionGroup if a message arrives at that moment.
#
# Package:       mcp 2.3.0 with anyio 4.16.0, Python 3.11, Linux.
# One guesses:   a task that runs stdio_server and Server.run, and is cancelled, raises CancelledError.
# What happens:  if a message is being handed over when the task is cancelled, it raises ExceptionGroup with
#                anyio.BrokenResourceError instead. So a program that turns SIGTERM into a cancellation ends with a
#                traceback now and then, and asyncio.run does not turn Ctrl-C into KeyboardInterrupt.
# Way out:       catch BrokenResourceError with except*, and raise CancelledError if the task's cancelling() is not 0.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 anyio==4.16.0
cat >"$place/cancel.py" <<'PYTHON'
import asyncio
import json

from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "client", "version": "1"}}


def line(**fields):
    return json.dumps({"jsonrpc": "2.0", **fields}) + "\n"


class Output:
    def __init__(self):
        self.answered = asyncio.Event()

    async def write(self, text):
        self.answered.set()

    async def flush(self):
        pass


async def end(turns):
    """Cancel a server so many turns of the event loop after a message has arrived; return what it raised."""
    output = Output()

    async def cancel():
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()

    async def lines():
        yield line(id=1, method="initialize", params=CLIENT)
        await output.answered.wait()
        cancelling.append(asyncio.create_task(cancel()))
        yield line(method="notifications/initialized")
        await asyncio.Event().wait()

    async def serve():
        server = Server("server")
        async with stdio_server(stdin=lines(), stdout=output) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    cancelling = []
    task = asyncio.create_task(serve())
    [raised] = await asyncio.gather(task, return_exceptions=True)
    names = [type(raised).__name__]
    while isinstance(raised, BaseExceptionGroup):
        [raised] = raised.exceptions
        names.append(type(raised).__name__)
    return " of ".join(names)


print("at once:", asyncio.run(end(0)))
print("later:", asyncio.run(end(50)))
PYTHON
seen=$("$place/env/bin/python" "$place/cancel.py")
echo "$seen"
expected="at once: ExceptionGroup of ExceptionGroup of BrokenResourceError
later: CancelledError"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
