from __future__ import annotations

from server.conftest import anywhere

__all__ = ["anywhere"]
