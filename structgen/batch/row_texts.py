"""The text of each row. Rows do not contain it: it is read again from its source, else taken from the stored requests.

A text is used only if it is the one that was read: a run asked about exactly this text, the ledger names it, or each
piece of evidence of the row is where the row says. Otherwise it may have changed since, and a place would be wrong.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from structgen.batch.row import Row
from structgen.core.records import Document, Evidence
from structgen.core.screen import escaped
from structgen.documents import ReadingOptions, read_documents
from structgen.documents.html_text import is_page, page_text
from structgen.store import Entry, Store

UNCHECKED = "This is what the source contains now. The row has no evidence to show whether the text has changed."
_SOURCES = 4
"""How many sources with several documents are kept in memory."""
_MOST_COMPARED = 3_000_000
"""Maximum stored texts that are compared with a row."""
_LONGEST_SEARCHED = 2_000_000
"""The longest text in characters in which stored chunks are searched."""
_NUMBER = re.compile(r":(\d+)(?:#\d+)?\Z")


@dataclass(frozen=True, slots=True)
class RowText:
    """The text of a row, or None with the reason in `note`. `answers` are the requests about it, answered."""

    text: str | None
    note: str = ""
    answers: tuple[Entry, ...] = ()


class RowTexts:
    """Finds the texts of rows. `store` and `run` are those of the run that wrote the rows, if they are known."""

    def __init__(
        self,
        options: ReadingOptions,
        folders: Sequence[Path] = (Path(),),
        store: Store | None = None,
        run: int | None = None,
    ) -> None:
        self._options = options
        self._folders = folders
        self._store, self._run = store, run
        self._read: OrderedDict[str, tuple[Document, ...]] = OrderedDict()
        self._left = _MOST_COMPARED
        self._asked: list[tuple[str, tuple[Entry, ...]]] | None = None
        self._refused: dict[tuple[str, str], tuple[bytes, ...]] | None = None

    def of(self, row: Row) -> RowText:
        """Return the text of a row, with the stored requests about it."""
        read, placed = self._from_source(row), _placed(row.evidence)
        if read is not None:
            answers = self._answers(row, read)
            if answers or (placed and fits(placed, read)):
                return RowText(read, answers=answers)
        stored = self._from_store(row) or self._from_ledger(row)
        if stored is not None:
            return stored
        if read is not None and not placed:
            return RowText(read, UNCHECKED)
        if read is not None:
            return RowText(None, f"The text of {row.source} has changed since it was read: its evidence may be wrong.")
        return RowText(None, f"The text is not available: {row.source or 'its source'} can no longer be read here.")

    def _from_source(self, row: Row) -> str | None:
        """Return the text as its source has it now, or None."""
        documents = self._documents(row.source)
        if len(documents) == 1 and not _NUMBER.search(row.id):
            return documents[0].text
        named = next((one for one in documents if one.id == row.id), None)
        if named is None and (number := _NUMBER.search(row.id)):
            # a folder's name is part of the id if the run read the folder
            named = next((one for one in documents if one.id.endswith(number[0])), None)
        return None if named is None else named.text

    def _documents(self, source: str) -> tuple[Document, ...]:
        if source not in self._read:
            self._read[source] = tuple(self._documents_in(source))
        self._read.move_to_end(source)
        while len(self._read) > _SOURCES:
            self._read.popitem(last=False)
        return self._read[source]

    def _documents_in(self, source: str) -> Iterator[Document]:
        for folder in self._folders:
            path = folder / source
            # a row may name any source, so only plain files are opened
            if source and "\0" not in source and path.is_file():
                found = read_documents([str(path)], self._options)
                return (one for one in found if isinstance(one, Document))
        return iter(())

    def _answers(self, row: Row, text: str) -> tuple[Entry, ...]:
        """Return the requests of the run about a text or its chunks, in order."""
        if self._store is None or self._run is None:
            return ()
        found = self._store.answers(self._run, text)
        if not found and is_page(text):
            found = self._store.answers(self._run, page_text(text).text)
        if not found and len(row.chunks) > 1 and len(text) <= _LONGEST_SEARCHED:
            found = tuple(one for part, entries in self._stored() if part and part in text for one in entries)
        return found

    def _from_store(self, row: Row) -> RowText | None:
        """Return the only stored text in which all evidence of the row is where the row says, or None."""
        placed = _placed(row.evidence)
        if not placed:
            return None
        found: dict[str, tuple[Entry, ...]] = {}
        for text, entries in self._stored():
            self._left -= 1
            if self._left < 0:
                return None
            if fits(placed, text):
                found[text] = entries
        if len(found) != 1:
            return None
        ((text, entries),) = found.items()
        return RowText(text, answers=entries)

    def _from_ledger(self, row: Row) -> RowText | None:
        """Return the text that the ledger names for a refused row, or None. Such a row may have no evidence at all."""
        # a row without issues may be of the ledger itself, which does not tell a document from a chunk
        whole = bool(row.issues) and len(row.chunks) <= 1
        if self._store is None or self._run is None or _placed(row.evidence) or not whole:
            return None
        if self._refused is None:
            self._refused = {}
            for one in self._store.failures_of(self._run):
                key = one.source, one.id
                # two rows of one name cannot be told apart
                self._refused[key] = () if key in self._refused else one.texts
        names = self._refused.get((escaped(row.source), escaped(row.id)), ())
        entries = self._store.answers(self._run, names[0]) if len(names) == 1 else ()
        text = entries[0].request.document if entries else None
        return None if text is None else RowText(text, answers=entries)

    def _stored(self) -> list[tuple[str, tuple[Entry, ...]]]:
        """Return every text that the run asked about, with its answers."""
        if self._asked is None:
            every = stored_texts(self._store, self._run) if self._store is not None and self._run is not None else ()
            self._asked = list(every)
        return self._asked


def stored_texts(store: Store, run: int) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """Yield each text that a run asked about, documents and chunks, with its answers."""
    for name in store.asked_by(run):
        entries = store.answers(run, name)
        if entries:
            yield entries[0].request.document or "", entries


def fits(evidence: Sequence[Evidence], text: str) -> bool:
    """Whether each piece of evidence is in the text where it says."""
    return all(text[piece.start : piece.end] == piece.text for piece in _placed(evidence))


def _placed(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [piece for piece in evidence if piece.start is not None and piece.text]
