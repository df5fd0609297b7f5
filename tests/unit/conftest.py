from __future__ import annotations

from hypothesis import settings

settings.register_profile("hansard", derandomize=True, database=None, deadline=None)
settings.load_profile("hansard")
