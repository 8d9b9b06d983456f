"""Every completion that was paid for, in SQLite. Cache, replay and the ledger of runs share one database."""

from structgen.store.database import document_name
from structgen.store.ledger import Answer, Entry, Recorded, Run, RunSpec, Sizes, StoredUsage
from structgen.store.run_rows import RunRow, Spent
from structgen.store.store import PATIENCE, Store

__all__ = [
    "PATIENCE",
    "Answer",
    "Entry",
    "Recorded",
    "Run",
    "RunRow",
    "RunSpec",
    "Sizes",
    "Spent",
    "Store",
    "StoredUsage",
    "document_name",
]
