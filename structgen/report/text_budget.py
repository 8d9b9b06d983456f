"""Decide how much of each text a report shows, so that the file stays small enough to send and to open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from structgen.report.view import Limits

WHOLE = Limits(text=50_000, others=300, listed=50)
"""What is shown of a document whose whole text fits."""
AROUND = replace(WHOLE, text=0, context=120, place=300, others=50)
"""What is shown of a document whose whole text does not fit: the surroundings of its values."""
AROUND_EACH = 1_000
"""About how many characters that takes."""


class TextBudget:
    """Divides a number of bytes among the texts of a report, short ones first: those are shown whole.

    `bytes_each` is what a document takes without its text, and `bytes_per_character` what its text takes; both are
    measured on samples, so `spend` corrects them by what documents actually take.
    """

    def __init__(self, total: int, lengths: Sequence[int], bytes_each: float, bytes_per_character: float) -> None:
        self._total = total
        self._number = max(1, len(lengths))
        self._spent = self._done = 0
        room = (total - bytes_each * len(lengths)) / max(bytes_per_character, 0.01)
        self.longest = min(WHOLE.text, longest_that_fits(lengths, room))

    def limits_for(self, length: int) -> Limits:
        """Return how much is shown of a text of this length: all of it, or what is around its places."""
        return replace(WHOLE, text=self.longest) if length <= self.longest else AROUND

    def spend(self, documents: int, size: int) -> None:
        """Count the bytes of some documents. If the others would no longer fit, fewer of them are shown whole."""
        self._spent += size
        self._done += documents
        share = self._total * self._done / self._number
        # a few large ones at the beginning say nothing yet
        if self._spent > share + self._total / 20:
            self.longest = int(self.longest * 0.8)


def longest_that_fits(lengths: Sequence[int], room: float) -> int:
    """Return the length up to which all texts are shown whole and fit into the room, beside what is shown of others."""
    left, longest = room - AROUND_EACH * len(lengths), 0
    for length in sorted(lengths):
        left -= length - AROUND_EACH
        if left < 0:
            return longest
        longest = length
    return WHOLE.text
