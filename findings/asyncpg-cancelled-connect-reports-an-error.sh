#!/usr/bin/env bash
# A cancelled asyncpg.connect() leaves an error that no caller can catch; the event loop reports it later.
#
# Package:       asyncpg 0.32.0, Python 3.11, Linux.
# One guesses:   a task that opens a connection and is cancelled raises CancelledError, and that is all.
# What happens:  if the cancellation comes while the network connection is set up (over TCP, with the default
#                sslmode "prefer"), CancelledError is raised, and afterwards the loop's exception handler receives
#                "Future exception was never retrieved: ConnectionError('unexpected connection_lost() call')". With anyio's
#                pytest plugin, which raises what the loop reports, a test that passed fails now and then.
# Way out:       open connections in a task of their own behind asyncio.shield, and close the abandoned ones.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check asyncpg==0.32.0
cat >"$place/cancel.py" <<'PYTHON'
import asyncio
import gc

import asyncpg


async def answer(reader, writer):
    await reader.read(1)
    writer.close()


async def main():
    reports = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reports.append(context))
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    raised = set()
    for turns in range(20):
        opening = asyncio.ensure_future(
            asyncpg.connect(host="127.0.0.1", port=port, user="ada", database="d", timeout=5)
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        [result] = await asyncio.gather(opening, return_exceptions=True)
        raised.add(type(result).__name__)
        await asyncio.sleep(0.05)
        gc.collect()
    print("cancelled at once raises CancelledError:", "CancelledError" in raised)
    for report in {(report["message"], repr(report["exception"])) for report in reports}:
        print(*report, sep=": ")


asyncio.run(main())
PYTHON
seen=$("$place/env/bin/python" "$place/cancel.py")
echo "$seen"
expected="cancelled at once raises CancelledError: True
Future exception was never retrieved: ConnectionError('unexpected connection_lost() call')"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
