"""Every completion that was paid for, in SQLite. Cache, replay and the ledger of runs share one database."""

from structgen.store.ledger import Answer, Entry, Recorded, Run, RunSpec, Sizes, StoredUsage
from structgen.store.store import PATIENCE, Store

__all__ = ["PATIENCE", "Answer", "Entry", "Recorded", "Run", "RunSpec", "Sizes", "Store", "StoredUsage"]
