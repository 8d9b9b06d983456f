"""Choose the first documents, or a sample that depends only on the documents and a seed."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from structgen.core.errors import DocumentError
from structgen.core.records import Document
from structgen.documents.inputs import DocumentOrProblem, DocumentProblem

Listen = Callable[[bytes, str, str], Document]


@dataclass(frozen=True, slots=True)
class Unheard(Document):
    """A recording that is transcribed only if it is chosen, because that costs money."""

    data: bytes = b""


def unheard(data: bytes, name: str, source: str) -> Document:
    """Return the recording in place of its transcript: what ReadingOptions.listen is while documents are chosen."""
    return Unheard("a recording", name, source, data=data)


def heard(items: Iterable[DocumentOrProblem], listen: Listen) -> Iterator[DocumentOrProblem]:
    """Yield the items with the transcripts of recordings in their places."""
    for item in items:
        if not isinstance(item, Unheard):
            yield item
            continue
        try:
            yield listen(item.data, item.id, item.source)
        except DocumentError as error:
            yield DocumentProblem(item.source, str(error), item.id)


def chosen(
    items: Iterable[DocumentOrProblem], *, limit: int | None = None, sample: int | None = None, seed: int = 0
) -> Iterator[DocumentOrProblem]:
    """Yield the first `limit` items, and of those a sample of `sample`, in their order.

    Each item gets a number by a hash of the seed, its id and its text; the items with the smallest numbers are chosen.
    So the same seed chooses the same documents in any order of listing, and only the chosen are in memory.
    """
    first = items if limit is None else islice(items, limit)
    return iter(first) if sample is None else _sampled(first, sample, seed)


def _sampled(items: Iterable[DocumentOrProblem], sample: int, seed: int) -> Iterator[DocumentOrProblem]:
    # the largest number is at the top of the heap, so numbers are negative
    kept: list[tuple[int, int, DocumentOrProblem]] = []
    for place, item in enumerate(items):
        entry = (-_number(item, seed), -place, item)
        if len(kept) < sample:
            heapq.heappush(kept, entry)
        elif entry[:2] > kept[0][:2]:
            heapq.heapreplace(kept, entry)
    yield from (item for _, _, item in sorted(kept, key=lambda entry: -entry[1]))


def _number(item: DocumentOrProblem, seed: int) -> int:
    # a repeated id got its number from the order of the listing, on which nothing here may depend
    name = _REPEATED.sub("", item.id)
    said = item.data if isinstance(item, Unheard) else item.text.encode() if isinstance(item, Document) else b""
    return int.from_bytes(sha256(f"{seed}\0{name}\0".encode("utf-8", "replace") + said).digest()[:16], "big")


_REPEATED = re.compile(r"#\d+\Z")
