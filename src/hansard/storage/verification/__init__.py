"""Verification: derived data is computed again from the messages and compared with what is stored."""

from hansard.storage.verification.file import damage, wrongly_indexed_tables
from hansard.storage.verification.findings import Finding, Verification
from hansard.storage.verification.repair import repair
from hansard.storage.verification.verify import verify

__all__ = ["Finding", "Verification", "damage", "repair", "verify", "wrongly_indexed_tables"]
