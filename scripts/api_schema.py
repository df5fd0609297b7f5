"""Write the web app's types of the API: `python scripts/api_schema.py [--check]`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

import hansard
from hansard.server import openapi
from hansard.server.app import make_api
from hansard.server.sessions import SessionManager
from hansard.server.sse import Shutdown
from hansard.server.websocket import asyncapi

JSON = dict[str, Any]

WEB = Path(__file__).parent.parent / "web"
SCHEMA = WEB / "src" / "api" / "schema.ts"


async def document() -> bytes:
    """The OpenAPI document, as the server serves it."""
    async with hansard.connect("memory:") as db:
        api = make_api(
            db, session_manager=SessionManager("", db.scope().sessions), closing=Shutdown()
        )
        return msgspec.json.encode(with_events(openapi.describe(api)))


def with_events(described: JSON) -> JSON:
    """The document with the events of the WebSocket as further schemas: `Event` is any of them."""
    schemas = openapi.Schemas()
    payloads = asyncapi.event_payloads(schemas)
    events: JSON = {f"{topic.capitalize()}Event": payload for topic, payload in payloads.items()}
    events["Event"] = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in events]}
    components = described["components"]
    components["schemas"] = {**components["schemas"], **schemas.components(), **events}
    return described


def types(described: bytes) -> str:
    """The document as TypeScript; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "schema.ts")
        source.write_bytes(described)
        program = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        node = Path(sys.executable).with_name("node")
        command = [str(node), str(program), str(source), "--output", str(target)]
        command += ["--empty-objects-unknown", "--default-non-nullable", "false"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return target.read_text("utf-8")


def main() -> None:
    made = types(asyncio.run(document()))
    if "--check" not in sys.argv:
        SCHEMA.write_text(made, "utf-8")
    elif made != SCHEMA.read_text("utf-8"):
        raise SystemExit(f"{SCHEMA.name} is old: run python scripts/{Path(__file__).name}")


if __name__ == "__main__":
    main()
