#!/usr/bin/env bash
# agno's upsert_session returns a session with its runs, but SqliteDb and JsonDb do not store them; InMemoryDb does.
#
# Packages:      agno 3.1.10 with SQLAlchemy 2.1.9 and aiosqlite 0.22.1, Python 3.11, Linux.
# One guesses:   a session that upsert_session returned with one run has one run when get_session reads it, whichever
#                of agno's databases it is.
# What happens:  SqliteDb and JsonDb leave the runs out and raise nothing; they need upsert_run for each run. InMemoryDb
#                keeps the runs, so a program that was tried with it loses its messages with a file.
# Way out:       call upsert_run(run, session_id, user_id, run_index) for each run beside upsert_session.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check "agno[sqlite]==3.1.10" sqlalchemy==2.1.9 aiosqlite==0.22.1
cat >"$place/keep.py" <<'PYTHON'
import sys

from agno.db.base import SessionType
from agno.db.in_memory import InMemoryDb
from agno.db.json import JsonDb
from agno.db.sqlite import SqliteDb
from agno.models.message import Message
from agno.run.agent import RunOutput
from agno.session import AgentSession

place = sys.argv[1]
for db in (InMemoryDb(), JsonDb(db_path=f"{place}/json"), SqliteDb(db_file=f"{place}/chats.db")):
    said = [Message(role="user", content="hello")]
    run = RunOutput(run_id="run", agent_id="agent", session_id="session", messages=said)
    session = AgentSession(session_id="session", agent_id="agent", user_id="ada", runs=[run], created_at=1)
    stored = db.upsert_session(session)

    def read():
        found = db.get_session("session", session_type=SessionType.AGENT, user_id="ada")
        return len(found.runs or [])

    before = read()
    db.upsert_run(run, "session", "ada", 0)
    print(type(db).__name__, "returned", len(stored.runs), "read", before, "after upsert_run", read())
PYTHON
seen=$("$place/env/bin/python" "$place/keep.py" "$place" 2>/dev/null)
echo "$seen"
expected="InMemoryDb returned 1 read 1 after upsert_run 1
JsonDb returned 1 read 0 after upsert_run 1
SqliteDb returned 1 read 0 after upsert_run 1"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
