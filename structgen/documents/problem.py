"""What stands in the place of a document that could not be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """An input that gave no document. It travels among the documents, so that the others still get done.

    `source` and `id` are what the document's would have been; `reason` is one sentence that says what to do.
    """

    source: str
    reason: str
    id: str = ""

    def __str__(self) -> str:
        """The line that a user reads."""
        where = self.id if self.id.startswith(self.source) else self.source
        return f"{where}: {self.reason}"
