"""A client of a server: requests, and changes as they come, over WebSockets that are opened again when they break.

::

    async with Client("http://127.0.0.1:8765", token) as client:
        async for event in client.events(["artifacts"], after=position):
            position = event.position
"""

from __future__ import annotations

from hansard.client.client import Client
from hansard.client.events import Event, Resync, WholeArtifact

__all__ = ["Client", "Event", "Resync", "WholeArtifact"]
