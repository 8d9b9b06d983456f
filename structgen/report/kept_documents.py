"""Keep the documents of a report while it is made: their sources are read once, though the report needs them twice."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

from structgen.report.reported import Reported

_IN_MEMORY = 50_000_000
"""How many bytes of documents are kept in memory; more of them go into a temporary file without a name."""


class KeptDocuments:
    """Documents in their order, to be read again any number of times. `lengths` are those of their texts."""

    def __init__(self, documents: Iterable[Reported]) -> None:
        self.lengths: list[int] = []
        self._kept: list[int | Reported] = []
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        try:
            for document in documents:
                self.lengths.append(document.size)
                self._kept.append(self._place_of(document))
        except BaseException:
            self._file.close()
            raise

    def _place_of(self, document: Reported) -> int | Reported:
        """Write a document into the file and return where, or return it as it is."""
        try:
            written = pickle.dumps(document, pickle.HIGHEST_PROTOCOL)
        except RecursionError:  # its value is nested more deeply than pickle can follow
            return document
        place = self._file.tell()
        self._file.write(written)
        return place

    def __enter__(self) -> KeptDocuments:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def every(self, step: int = 1) -> Iterator[Reported]:
        """Yield every document, or the first and then each one that is `step` further."""
        for kept in self._kept[::step]:
            if isinstance(kept, Reported):
                yield kept
                continue
            self._file.seek(kept)
            found: Reported = pickle.load(self._file)  # noqa: S301  written above
            yield found
