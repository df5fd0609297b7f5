#!/usr/bin/env bash
# google-adk's sessions in a database return events of the same timestamp in another order than they were appended.
#
# Packages:      google-adk 2.13.0 with SQLAlchemy 2.1.9, aiosqlite 0.22.1 and google-genai 2.34.0, Python 3.11, Linux.
# One guesses:   get_session returns the events in the order of append_event, as the docs describe a session's history.
# What happens:  DatabaseSessionService sorts by timestamp, and by the events' random ids where it is equal. A history whose
#                times are whole seconds, as most exports have them, is shuffled within each second, and an event with
#                an earlier time comes before those that were appended before it. InMemorySessionService keeps the order.
# Way out:       give each imported event a timestamp that is later than that of the event before.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check \
    "google-adk[db]==2.13.0" sqlalchemy==2.1.9 aiosqlite==0.22.1 google-genai==2.34.0
cat >"$place/order.py" <<'PYTHON'
import asyncio
import sys

from google.adk.events import Event
from google.adk.sessions import DatabaseSessionService, InMemorySessionService
from google.genai.types import Content, Part

TIMES = {"of one second": [1_764_000_000.0] * 20, "of a falling clock": [1_764_000_000.0 - n for n in range(20)]}


async def main():
    services = (InMemorySessionService(), DatabaseSessionService(db_url=f"sqlite+aiosqlite:///{sys.argv[1]}/chats.db"))
    for service in services:
        for what, times in TIMES.items():
            session = await service.create_session(app_name="app", user_id="ada")
            for number, at in enumerate(times):
                said = Content(role="user", parts=[Part(text=str(number))])
                await service.append_event(session, Event(author="user", timestamp=at, content=said))
            found = await service.get_session(app_name="app", user_id="ada", session_id=session.id)
            read = [int(event.content.parts[0].text) for event in found.events]
            order = "kept" if read == list(range(20)) else "reversed" if read[::-1] == list(range(20)) else "shuffled"
            print(type(service).__name__, "events", what, "are", order)


asyncio.run(main())
PYTHON
seen=$("$place/env/bin/python" "$place/order.py" "$place" 2>/dev/null)
echo "$seen"
expected="InMemorySessionService events of one second are kept
InMemorySessionService events of a falling clock are kept
DatabaseSessionService events of one second are shuffled
DatabaseSessionService events of a falling clock are reversed"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
