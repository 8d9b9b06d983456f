"""How a server's model handles each mode, kept in the store for some days."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from structgen.core.errors import StoreError
from structgen.core.mode_support import Learned, Support
from structgen.core.options import Mode
from structgen.store import database
from structgen.store.writer import Writer

KEPT = 7 * 86_400.0
"""Seconds for which an entry is valid. Servers are upgraded, and then support more modes."""

_READ = "SELECT mode, support, said FROM server WHERE endpoint = ? AND model = ? AND at >= ? ORDER BY at"


@dataclass(frozen=True, slots=True)
class StoredModes:
    """The rows for one model of one server. `writer` is None if the store is read-only."""

    read: Callable[..., list[Any]]
    writer: Writer | None
    endpoint: str
    model: str

    def known(self) -> tuple[Learned, ...]:
        """Return what was learned lately."""
        try:
            rows = self.read(_READ, self.endpoint, self.model, time.time() - KEPT)
            return tuple(Learned(Mode(mode), Support(support), said) for mode, support, said in rows)
        except (StoreError, ValueError):
            return ()  # a read-only file of an older version has no such table, a newer one may have other words

    def learn(self, learned: Learned) -> None:
        """Store what was learned. Nothing is raised if it cannot be written: it will be learned again."""
        if self.writer is not None:
            fact = (self.endpoint, self.model, str(learned.mode), str(learned.support), learned.said[:500], time.time())
            with suppress(StoreError):  # the store was closed in the meantime
                self.writer.submit(database.learn, fact)
