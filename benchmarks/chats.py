"""What answers leave behind in the server's memory, in a long conversation, after they have ended.

    .venv/bin/python benchmarks/chats.py                                   400 chats in a conversation of 4,000 messages
    .venv/bin/python benchmarks/chats.py --messages 400 --chats 40
    PYTHONPATH=other/src .venv/bin/python benchmarks/chats.py              the same with the sources of another tree

A server runs in a process of its own, on SQLite. Its memory is read when the messages are there, when the chats
have been asked for, and when no run goes on and half a minute has passed. Prints a line of JSON; fails if the memory
grew beyond the allowed ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
from uuid_utils import uuid7

RATIO = 1.2
AT_ONCE = 8
BATCH = 50


def memory(pid: int) -> int:
    """Bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def served(home: Path) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    """A server, and what it says of itself when it is ready."""
    ready = home / "ready"
    command = (sys.executable, "-m", "hansard", "serve", "--port", "0", "--ready-file", str(ready))
    environment = {**os.environ, "HANSARD_HOME": str(home)}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=home, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(0.05)
            text = ready.read_text("utf-8") if ready.exists() else ""
            if text.rstrip().endswith("}"):
                return process, json.loads(text)


async def measure(client: httpx2.AsyncClient, pid: int, messages: int, chats: int) -> list[int]:
    """The memory before the chats, right after they were asked for, and when all is quiet."""
    talk = (await client.post("/conversations", json={})).raise_for_status().json()["id"]
    for first in range(0, messages, BATCH):
        texts = [
            f"message {n} says hello there" for n in range(first, min(first + BATCH, messages))
        ]
        said = [{"role": "user", "content": text, "id": str(uuid7())} for text in texts]
        address = f"/conversations/{talk}/messages"
        (await client.post(address, json={"messages": said})).raise_for_status()
    found = [memory(pid)]

    async def ask(count: int) -> None:
        for _ in range(count):
            prompt = {"content": "a b c d", "id": str(uuid7()), "model": "echo/echo"}
            (await client.post(f"/conversations/{talk}/chat", json=prompt)).raise_for_status()

    await asyncio.gather(*(ask(chats // AT_ONCE) for _ in range(AT_ONCE)))
    found.append(memory(pid))
    async with asyncio.timeout(300):
        going = True
        while going:
            await asyncio.sleep(0.2)
            going = bool((await client.get("/runs")).raise_for_status().json()["items"])
    for _ in range(6):  # what follows answers goes on for some time
        await asyncio.sleep(5)
        found.append(memory(pid))
    return found


async def run(messages: int, chats: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        process, said = await served(Path(folder))
        headers = {"Authorization": f"Bearer {said['token']}"}
        try:
            async with httpx2.AsyncClient(
                base_url=f"{said['url']}/api/v1", headers=headers, timeout=120
            ) as client:
                before, after, *later = await measure(client, said["pid"], messages, chats)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    figures = {
        "messages": messages,
        "chats": chats,
        "before_mib": before >> 20,
        "after_mib": after >> 20,
        "worst_later_mib": max(later) >> 20,
        "end_mib": later[-1] >> 20,
        "ratio": round(max(after, *later) / before, 2),
    }
    print(json.dumps(figures))
    return int(figures["ratio"] > RATIO)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--chats", type=int, default=400)
    given = parser.parse_args()
    return asyncio.run(run(given.messages, given.chats))


if __name__ == "__main__":
    sys.exit(main())
