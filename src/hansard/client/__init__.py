"""A database on a server, and a client of its live changes.

`hansard.connect("http://127.0.0.1:8765", token=…)` gives a `RemoteDatabase`. `Client` sends requests and follows
changes over WebSockets that are opened again when they break::

    async with Client("http://127.0.0.1:8765", token) as client:
        async for event in client.events(["artifacts"], after=position):
            position = event.position
"""

from __future__ import annotations

from hansard.api.envelopes import WholeArtifact
from hansard.client.client import Client
from hansard.client.events import Event, Resync
from hansard.client.remote import RemoteDatabase

__all__ = ["Client", "Event", "RemoteDatabase", "Resync", "WholeArtifact"]
