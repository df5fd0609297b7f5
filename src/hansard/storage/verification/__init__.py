"""Whether what is kept makes sense: everything that follows from something else is computed anew and compared."""

from hansard.storage.verification.file import damage, misindexed
from hansard.storage.verification.findings import Finding, Verification
from hansard.storage.verification.repair import repair
from hansard.storage.verification.verify import verify

__all__ = ["Finding", "Verification", "damage", "misindexed", "repair", "verify"]
