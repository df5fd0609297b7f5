#!/usr/bin/env bash
# chuk-mcp reports a parse error for a notification that the server has accepted.
#
# Package:       chuk-mcp 0.9.4 with its extra pydantic, Python 3.11, Linux.
# One guesses:   a notification that the server accepts with 202 and an empty body, as the protocol says, is done.
# What happens:  if the response has the header Content-Type: application/json, which the official Python library's
#                servers send with it, the HTTP transport parses the empty body, logs an error and puts an error message
#                without an id into the stream of messages. That happens once for each connection that is opened.
# Way out:       ignore messages without an id; a server may leave out the header when there is no body.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check "chuk-mcp[pydantic]==0.9.4"
cat >"$place/notify.py" <<'PYTHON'
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from chuk_mcp.protocol.messages import send_initialized_notification
from chuk_mcp.transports.http import StreamableHTTPParameters, StreamableHTTPTransport


class Accepting(BaseHTTPRequestHandler):
    header = None

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        if self.header:
            self.send_header("Content-Type", self.header)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


async def told(url):
    """Send a notification, and return the first message that comes back."""
    async with StreamableHTTPTransport(StreamableHTTPParameters(url=url)) as transport:
        incoming, outgoing = await transport.get_streams()
        await send_initialized_notification(outgoing)
        try:
            return (await asyncio.wait_for(incoming.receive(), 2)).error["message"]
        except asyncio.TimeoutError:
            return "nothing"


server = HTTPServer(("127.0.0.1", 0), Accepting)
threading.Thread(target=server.serve_forever, daemon=True).start()
for header in (None, "application/json"):
    Accepting.header = header
    print(header, "-", asyncio.run(told(f"http://127.0.0.1:{server.server_port}/")))
PYTHON
seen=$("$place/env/bin/python" -W ignore "$place/notify.py" 2>/dev/null)
echo "$seen"
expected="None - nothing
application/json - Parse error"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
