"""Which rows of gold an evaluation uses: all, the first ones, or a random sample; and why others cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject
from structgen.core.records import Document
from structgen.documents.sampling import chosen
from structgen.evaluate.gold.gold_rows import Fault, GoldFormat, GoldProblem, GoldRow, read_gold
from structgen.schema import Schema


@dataclass(slots=True)
class GoldCount:
    """What gold consists of: the usable rows, the others with their reasons, and ids that occur more than once."""

    rows: int = 0
    problems: list[GoldProblem] = field(default_factory=list[GoldProblem])
    repeated: dict[str, int] = field(default_factory=dict[str, int])

    def to_json(self) -> JsonObject:
        """Return the counts, and the rows that cannot be used by what is wrong with them."""
        found: JsonObject = {"rows": self.rows + len(self.problems), "usable": self.rows}
        for fault in Fault:
            found[str(fault)] = [one.to_json() for one in self.problems if one.fault is fault]
        return {**found, "repeated_ids": cast(Json, dict(self.repeated))}


@dataclass(slots=True)
class GoldSource:
    """The rows of gold, which can be read again for every setting. Objects are kept, a file is read again.

    `limit` takes the first rows, and `sample` some of them, as in `extract`.
    """

    gold: Path | str | Iterable[Mapping[str, Any]]
    schema: Schema[Any]
    form: GoldFormat
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    count: GoldCount = field(default_factory=GoldCount)
    _chosen: frozenset[str] | None = None
    often: Counter[str] = field(default_factory=Counter[str])
    """How often each id occurs in gold, in the end."""

    def check(self) -> None:
        """Read gold once, before anything is paid for.

        Raises ConfigurationError if it is empty, or if no row fits the task.
        """
        if not isinstance(self.gold, str | Path):
            self.gold = [*self.gold]
        picked = chosen(self._documents(), limit=self.limit, sample=self.sample, seed=self.seed)
        places = [one.source for one in picked]
        self._chosen = frozenset(places) if (self.limit, self.sample) != (None, None) else None
        self.count.rows = len(places)
        self.count.repeated = {name: times for name, times in self.often.items() if times > 1}
        if not places:
            raise ConfigurationError(self._why_none())

    def _documents(self) -> Iterator[Document]:
        """Yield a document for each usable row; note what is wrong with the others."""
        for found in self._read():
            if isinstance(found, GoldProblem):
                self.count.problems.append(found)
            else:
                self.often[found.id] += 1
                yield Document(found.text or "", found.id, found.place)

    def _why_none(self) -> str:
        problems = self.count.problems
        where = f"{self.gold}" if isinstance(self.gold, str | Path) else "gold"
        if not problems:
            return f'{where} is empty: give rows of {{"text": ..., "gold": ...}}.'
        first, faults = problems[0], Counter(problem.fault for problem in problems)
        invalid = faults[Fault.INVALID] == len(problems)
        hint = " Is it gold of another task?" if invalid else ""
        return (
            f"None of the {len(problems)} rows of {where} can be used. {first.place}: {first.reason.rstrip('.')}.{hint}"
        )

    def _read(self) -> Iterator[GoldRow | GoldProblem]:
        return read_gold(self.gold, self.schema, self.form)

    def rows(self) -> Iterator[GoldRow]:
        """Yield the chosen rows, in order."""
        found = (row for row in self._read() if isinstance(row, GoldRow))
        wanted = (row for row in found if self._chosen is None or row.place in self._chosen)
        return islice(wanted, self.count.rows)
