"""The counts of each document, packed into one integer, so that sums over documents are sums of integers.

A document's counts are one integer with 64 bits for each lane. Thousands of resamples of thousands of documents are
then plain additions, which is all that the intervals need.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

SCALE = 10**9
"""Shares are counted as integers: 1 is this many."""


class Lane(IntEnum):
    """What is counted once for a document."""

    DOCUMENTS = 0
    RIGHT_DOCUMENTS = 1
    CELL_DOCUMENTS = 2
    VALUE_PRECISION = 3
    VALUE_RECALL = 4
    VALUE_F1 = 5
    PLACED_DOCUMENTS = 6
    GROUNDING_PRECISION = 7
    GROUNDING_RECALL = 8
    GROUNDING_F1 = 9
    ENTITIES_RIGHT = 10
    ENTITIES_SURPLUS = 11
    ENTITIES_MISSING = 12
    GROUPS_RIGHT = 13
    GROUPS_SURPLUS = 14
    GROUPS_MISSING = 15


class FieldLane(IntEnum):
    """What is counted for each field."""

    TP = 0
    """Right values that are not null."""
    FP = 1
    FN = 2
    JUDGED = 3
    """Documents; for fields within lists, leaves."""
    RIGHT = 4
    """Of these, wholly right, with null where gold is null."""
    NULL = 5
    """Documents that were answered, and where gold is null."""
    FALSE = 6
    """Of these, with an answer."""
    SAID = 7
    """Documents where gold says something."""
    ANSWERED = 8
    """Of these, with an answer."""
    PLACES = 9
    """Leaves where gold has evidence."""
    CLAIMED = 10
    """Of these, with evidence of the value."""
    PLACED = 11
    """Of these, with at least half of it in common."""
    OVERLAP = 12
    """The overlap of all of these, times SCALE."""


FIXED, EACH = len(Lane), len(FieldLane)
_BITS = 64


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum of the counts of some documents, by lane."""

    lanes: Sequence[int]

    def of(self, lane: Lane) -> int:
        """Return a count of documents."""
        return self.lanes[lane] if lane < len(self.lanes) else 0

    def field(self, index: int, lane: FieldLane) -> int:
        """Return a count of one field."""
        place = FIXED + EACH * index + lane
        return self.lanes[place] if place < len(self.lanes) else 0


def packed_lanes(lanes: Sequence[int]) -> int:
    """Return the lanes as one integer."""
    return int.from_bytes(struct.pack(f"<{len(lanes)}Q", *lanes), "little")


def unpacked_lanes(total: int, fields: int) -> Totals:
    """Return the lanes of a sum, with room for this many fields."""
    count = FIXED + EACH * fields
    mask = (1 << (_BITS * count)) - 1
    return Totals(struct.unpack(f"<{count}Q", (total & mask).to_bytes(8 * count, "little")))
