"""Every completion that was paid for, in SQLite: cache, replay, and the ledger of runs are one thing."""

from structgen.store.ledger import Answer, Asked, Entry, Kept, Recorded, Run, Sizes
from structgen.store.store import Store

__all__ = ["Answer", "Asked", "Entry", "Kept", "Recorded", "Run", "Sizes", "Store"]
