"""A set of names in bounded memory: once there are many, they move to a temporary SQLite file."""

from __future__ import annotations

import sqlite3

IN_MEMORY = 20_000
"""Names that are kept in memory. Most runs have fewer, and need no file."""


class SeenNames:
    """Names that were seen, each with a number. The file is deleted by the system, however the process ends."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._most = in_memory
        self._recent: dict[bytes, int] = {}
        self._file: sqlite3.Connection | None = None

    def add(self, name: bytes) -> bool:
        """Add a name; return whether it is new."""
        if self.number(name) is not None:
            return False
        self.put(name, 1)
        return True

    def number(self, name: bytes) -> int | None:
        """Return the number of a name, or None if it was not seen."""
        found = self._recent.get(name)
        if found is None and self._file is not None:
            row = self._file.execute("SELECT number FROM seen WHERE name = ?", (name,)).fetchone()
            return None if row is None else row[0]
        return found

    def put(self, name: bytes, number: int) -> None:
        """Set the number of a name."""
        self._recent[name] = number
        if len(self._recent) >= self._most:
            self._spill()

    def _spill(self) -> None:
        """Move the names to the file, sorted, because neighbours in the index are then written together."""
        if self._file is None:
            # an empty name is a temporary file, which SQLite deletes at once and keeps open
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("PRAGMA synchronous = OFF")
            self._file.execute("PRAGMA temp_store = FILE")
            self._file.execute("CREATE TABLE seen (name BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", sorted(self._recent.items()))
        self._file.execute("COMMIT")
        self._recent.clear()
