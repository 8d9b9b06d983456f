"""Files as the emulator keeps them: in memory, until they are deleted or it is reset."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from structgen.core.json import JsonObject
from structgen.testing.emulator.bodies import new_id


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, uploaded (purpose ``batch``) or made by a batch (``batch_output``); `created_at` in Unix seconds."""

    id: str
    name: str
    purpose: str
    content: bytes
    created_at: int

    def described(self) -> JsonObject:
        """The file object as the files endpoint shows it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created_at,
            "filename": self.name,
            "purpose": self.purpose,
        }


def store_file(name: str, purpose: str, content: bytes, created_at: float) -> StoredFile:
    """A file with a new id."""
    return StoredFile(new_id("file"), name, purpose, content, int(created_at))


def json_lines(values: Iterable[JsonObject]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(value) + "\n" for value in values).encode()
