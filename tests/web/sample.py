"""A record as a person's might be: for pages to be looked at, by people and by what looks for mistakes in them."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import datetime, timedelta
from typing import Any

from server.harness import JSON, Caller

ROUTE = """Four days are enough if you stay near the centre. A calm route:

| Day | Morning | Afternoon | Evening |
|:--|:--|:--|:--|
| Thu | Arrive, walk along the Tiber | Trastevere | Supper at the market |
| Fri | Colosseum, 8:30 slot | Forum and Palatine | Monti |
| Sat | Villa Borghese | Gallery, 15:00 | Concert at the Auditorium |
| Sun | Appian Way by bicycle | Catacombs of Callixtus | Train at 19:05 |

**Two things to book now**

1. the gallery: it lets in 360 people at a time;
2. bicycles for Sunday, *before* the weekend.

> The Appian Way is closed to cars on Sundays, so that is the day for it.

I would keep Friday evening free: you will be tired after the Forum."""

CODE = '''Keep the newest line of each visitor and sort once at the end. It reads the log a single time:

```python title="visits.py"
from collections import Counter
from datetime import datetime
from pathlib import Path


def busiest_hours(log: Path, top: int = 3) -> list[tuple[int, int]]:
    """The hours with the most visits, busiest first."""
    hours = Counter(
        datetime.fromisoformat(line.split(" ", 1)[0]).hour
        for line in log.read_text().splitlines()
        if line and not line.startswith("#")
    )
    return hours.most_common(top)
```

A `Counter` is a dictionary that counts, so memory grows with the *hours* and not with the lines.'''

FORMULA = """The monthly rate follows from the present value of all payments:

$$
P = \\frac{r \\, L}{1 - (1 + r)^{-n}}
$$

With $L = 240\\,000$, $r = 0.035 / 12$ and $n = 240$ this gives about **1 392** a month, of which
roughly half is interest at first."""

DIAGRAM = """The request goes through the queue once, and is answered from the cache after that:

```mermaid
graph LR
  A[Browser] --> B{In the cache?}
  B -- yes --> C[Answer]
  B -- no --> D[Queue]
  D --> E[Worker]
  E --> C
```

Only the worker ever talks to the database."""

VISITS = """Here are the visits of last week, by day:

<artifact identifier="visits" type="text/csv" title="Visits by day">
day,visits,busiest hour,new visitors
Monday,1204,10,88
Tuesday,1391,11,102
Wednesday,1377,10,97
Thursday,1288,16,85
Friday,990,9,61
Saturday,412,20,40
Sunday,530,19,52
</artifact>

Tuesday was the busiest, and the weekend is a third of a working day."""

RAIN = """Yes, 11 mm in the afternoon.

- [x] umbrella
- [ ] tickets for the gallery

See [the forecast](https://example.org/rome) and note[^1].

[^1]: Northwest wind, so it clears by night."""

WALK = "We have four days in Rome in April, and we like to walk."
ASKED = "Which hours are the busiest? The log has a time at the start of each line."
ASIDE: list[tuple[str, int, str, str]] = [
    ("Names for a sourdough starter", 0, "A name for it?", "It rises every morning, so: **Dawn**."),
    ("Letter to the landlord", 0, "Help me ask for a new boiler.", "Dear Mr Hale, since the end of October…"),
    ("Why leaves turn red", 1, "Why do leaves turn red?", "The green goes first, and what was hidden is seen."),
    ("Pattern for dates", 1, "Match ISO dates.", "`\\d{4}-\\d{2}-\\d{2}`, and check the calendar."),
    ("Packing for the mountains", 3, "Three days in the mountains in May?", "Layers. And a hat."),
    ("Difference between affect and effect", 4, "Affect or effect?", "You *affect* a thing and see the *effect*."),
    ("Questions for the job interview", 6, "What do I ask them?", "How do they decide, and who says no?"),
    ("Summary of the annual report", 12, "Three sentences, please.", "Sales rose by 4 %, and debt fell."),
    ("Chess openings for beginners", 20, "One for each colour?", "The Italian with White, Caro-Kann with Black."),
    ("Present for Grandma's eightieth", 27, "She likes birds.", "A feeder."),
    ("Recipe without eggs", 48, "Pancakes without eggs?", "Half a mashed banana for each egg."),
    ("How tides work", 77, "Why two tides a day?", "The Earth turns beneath two bulges of water."),
]  # fmt: skip


def fill(server: Caller, model: str = "echo/echo") -> dict[str, JSON]:
    """Put a sample record into an empty database; gives what the pages are opened with."""
    server.patch("/me", name="Ada")
    advice = "Distances in kilometres. Say what has to be booked, and when."
    travel = server.post("/projects", 201, name="Travel", instructions=advice)["id"]
    work = server.post("/projects", 201, name="Work", model=model)["id"]
    reports = server.post("/projects", 201, name="Reports", parent_id=work)["id"]
    days: dict[str, float] = {}
    for title, age, asked, told in reversed(ASIDE):
        place = {"project_id": reports} if "report" in title else {}
        days[talk(server, model, title, asked, told, **place)["id"]] = age
    talk(server, model, "Mortgage, fixed or not", "What would we pay?", FORMULA, tags=["home"])
    record = {
        "diagram": talk(
            server, model, "How the queue works", "Draw me the queue.", DIAGRAM, project_id=work
        ),
        "code": talk(server, model, "Busiest hours in a log", ASKED, CODE, pinned=True),
        "trip": talk(
            server, model, "Four days in Rome", WALK, ROUTE, project_id=travel, pinned=True
        ),
        "table": talk(server, model, "Visits last week", "As a table, please.", VISITS),
        "rich": everything(server, model),
    }
    gone = talk(server, model, "Old shopping list", "Milk, bread, lamp oil.", "Noted.")
    server.delete(f"/conversations/{gone['id']}")
    make_older(server, days)
    return {**record, "project": {"id": travel}, **artifacts(server, record)}


def artifacts(server: Caller, record: dict[str, JSON]) -> dict[str, JSON]:
    """What was made in the sample, and some of it made better."""
    [program] = server.get("/artifacts", conversation_id=record["code"]["id"])["items"]
    said = server.get(f"/artifacts/{program['id']}/content")["content"]
    better = said.replace("top: int = 3", "top: int = 5").replace(
        '"""The hours with', '"""The hours of a day with'
    )
    server.patch(f"/artifacts/{program['id']}", content=better, note="Five are more telling")
    [table] = server.get("/artifacts", conversation_id=record["table"]["id"])["items"]
    shelf = server.post("/collections", 201, name="For the log book")["id"]
    for one in (program, table):
        server.client.put(f"/collections/{shelf}/artifacts/{one['id']}")
    return {"artifact": program, "table": table}


def talk(server: Caller, model: str, title: str, *said: str, **fields: Any) -> JSON:
    """A conversation in which a person and a model spoke in turn."""
    made = server.talk(title=title, **fields)
    drafts: list[JSON] = []
    for i, text in enumerate(said):
        tokens = {"tokens_in": 40 + len(said[0]) // 4, "tokens_out": len(text) // 4}
        answer: JSON = {"role": "assistant", "model": model, "finish": "stop", **tokens}
        drafts.append((answer if i % 2 else {"role": "user"}) | {"content": text})
    server.post(f"/conversations/{made['id']}/messages", 201, messages=drafts)
    return made


def make_older(server: Caller, days: dict[str, float]) -> None:
    """Move conversations into the past, by way of an export."""
    exported = server.client.get("/export").text.splitlines()
    server.delete("/conversations")
    server.post("/conversations/purge", 200)
    lines: list[str] = []
    for record in map(json.loads, exported):
        whose = "id" if record["kind"] == "conversation" else "conversation_id"
        age = days.get(record.get(whose, ""), 0)
        record.pop({"message": "digest", "branch": "head_digest"}.get(record["kind"]), None)
        for field in ("created_at", "updated_at", "active_at"):
            if age and field in record:
                then = datetime.fromisoformat(record[field]) - timedelta(days=age)
                record[field] = then.isoformat().replace("+00:00", "Z")
        lines.append(json.dumps(record))
    answer = server.client.post(
        "/import", content="\n".join(lines), headers={"Content-Type": "application/jsonl"}
    )
    assert answer.status_code == 200, answer.text


def everything(server: Caller, model: str) -> JSON:
    """A conversation with a part of each kind, a task list, an edit and a rating."""
    made = server.talk(title="Rain on Saturday", tags=["home", "weather"])
    blob = server.client.post(
        "/blobs", content=picture(), headers={"Content-Type": "image/png"}
    ).json()["id"]
    call: JSON = {
        "type": "tool_call",
        "call_id": "1",
        "name": "forecast",
        "arguments": {"place": "Rome", "days": 3},
    }
    answer: JSON = {
        "type": "tool_result",
        "call_id": "1",
        "output": {"saturday": {"rain_mm": 11.5, "wind": "NW"}},
    }
    drafts: list[JSON] = [
        {
            "role": "user",
            "parts": [
                {"type": "image", "blob": blob, "media_type": "image/png", "name": "sky.png"},
                {"type": "text", "text": "This is the sky now. Will it rain on Saturday?"},
            ],
        },
        {
            "role": "assistant",
            "model": model,
            "parts": [
                {
                    "type": "reasoning",
                    "text": "A picture says little of Saturday; the forecast says more.",
                },
                call,
            ],
        },
        {"role": "tool", "parts": [answer]},
        {
            "role": "assistant",
            "model": model,
            "finish": "stop",
            "content": RAIN,
        },
        {"role": "user", "content": "And on Sunday?"},
        {
            "role": "assistant",
            "model": model,
            "finish": "error",
            "parts": [
                {
                    "type": "error",
                    "code": "provider-unavailable",
                    "message": "The forecast cannot be reached.",
                }
            ],
        },
    ]
    path = f"/conversations/{made['id']}/messages"
    stored = server.post(path, 201, messages=drafts)["items"]
    server.post(f"{path}/{stored[4]['id']}/edit", 201, content="And on Monday?")
    return made


def picture(width: int = 320, height: int = 200) -> bytes:
    """A sky that gets darker upward, as a PNG."""
    rows = b"".join(
        b"\0" + bytes((90 + y // 2, 120 + y // 2, 150 + y // 3)) * width for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
