"""The overview of a report: counts over all documents, and their distributions as small plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from structgen.core.json import Json, pointer, steps
from structgen.core.records import Status, Usage
from structgen.report.reported import Reported
from structgen.report.view import counted, line_of

MOST_BARS = 40
"""Maximum number of bars in a plot; how many more there are is said below it."""
BINS = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label, its count of `of`, the filter of the table that shows its documents, and a class for colour."""

    label: str
    count: int
    of: int
    filter: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """A plot of counts. `more` is the number of bars left out."""

    title: str
    bars: tuple[Bar, ...]
    note: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a histogram: what it counts, its count, and its height from 0 to 1."""

    label: str
    count: int
    height: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a number is distributed over the documents. `summary` says it in words."""

    title: str
    columns: tuple[Column, ...]
    low: str
    high: str
    summary: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The plots of a report."""

    bars: tuple[Bars, ...]
    histograms: tuple[Histogram, ...]


class Tally:
    """Counts documents while they are read, once each."""

    def __init__(self) -> None:
        self.documents = 0
        self.statuses: Counter[str] = Counter()
        self.fields: dict[str, int] = {}
        """The number of each field, in the order in which they were first seen."""
        self.filled: Counter[str] = Counter()
        self.evidence: Counter[Status] = Counter()
        self.rules: dict[str, int] = {}
        self.repairs: Counter[str] = Counter()
        self.calls: Counter[int] = Counter()
        self.tokens: list[float] = []
        self.costs: list[float] = []
        self.seconds: list[float] = []
        self.unpriced = 0
        self.least = 0.0
        """What the documents of unknown cost took at least."""
        self.conflicts = 0
        self.changed: Counter[str] = Counter()
        self.changed_documents = 0

    def add(self, document: Reported) -> None:
        """Count a document."""
        view, usage = document.view, document.view.usage
        self.documents += 1
        self.statuses[document.status] += 1
        for path, has_value in fields_of(document.accepted):
            self.fields.setdefault(path, len(self.fields))
            self.filled[path] += has_value
        self.evidence.update(piece.status for piece in view.evidence)
        for repair in view.repairs:
            self.rules.setdefault(repair.rule, len(self.rules))
            self.repairs[repair.rule] += 1
        self.conflicts += len(view.conflicts)
        self.calls[usage.calls] += 1
        if (tokens := tokens_of(usage)) is not None:
            self.tokens.append(tokens)
        if view.cost is None:
            self.unpriced += bool(usage.calls)
            self.least += view.cost_at_least or 0.0
        elif usage.calls:
            self.costs.append(view.cost)
        if document.seconds is not None:
            self.seconds.append(document.seconds)
        self.changed.update({folded_path(change.path) for change in document.changes})
        self.changed_documents += bool(document.changes)

    def overview(self) -> Overview:
        """Return the plots of all documents so far; those about which nothing is known are left out."""
        bars = [self._statuses(), self._filled(), self._evidence(), self._repairs(), self._calls(), self._changed()]
        histograms = [
            histogram("Tokens per document", self.tokens, "{:,.0f}", "tokens"),
            histogram("Cost per document", self.costs, "{:.6f}", "USD", self.least, self.unpriced),
            histogram("Latency per document", self.seconds, "{:.2f}", "seconds"),
        ]
        return Overview(
            tuple(plot for plot in bars if plot.bars), tuple(plot for plot in histograms if plot is not None)
        )

    def _statuses(self) -> Bars:
        order = ("ok", "incomplete", "failed", "absent")
        bars = tuple(
            Bar(name, self.statuses[name], self.documents, f"status:{name}", f"is-{name}")
            for name in order
            if self.statuses[name]
        )
        return Bars("Status", bars)

    def _filled(self) -> Bars:
        bars = [
            Bar(field_label(path), self.filled[path], self.documents, f"missing:{number}")
            for path, number in self.fields.items()
        ]
        note = "A click shows the documents that lack the field."
        return Bars("Fields filled", tuple(bars[:MOST_BARS]), note, max(0, len(bars) - MOST_BARS))

    def _evidence(self) -> Bars:
        total = self.evidence.total()
        bars = tuple(
            Bar(str(status), self.evidence[status], total, f"evidence:{status}", str(status))
            for status in Status
            if self.evidence[status]
        )
        return Bars("Values by evidence", bars)

    def _repairs(self) -> Bars:
        ranked = self.repairs.most_common()
        total = self.repairs.total()
        bars = [
            Bar(line_of(rule, 60).replace("_", " "), count, total, f"rule:{self.rules[rule]}") for rule, count in ranked
        ]
        return Bars("Repairs by rule", tuple(bars[:MOST_BARS]), more=max(0, len(bars) - MOST_BARS))

    def _calls(self) -> Bars:
        if not any(self.calls):  # nothing was asked: the rules
            return Bars("Attempts", ())
        bars = [
            Bar(counted(number, "call"), count, self.documents, f"calls:{number}")
            for number, count in sorted(self.calls.items())
        ]
        return Bars("Attempts", tuple(bars[:MOST_BARS]), more=max(0, len(bars) - MOST_BARS))

    def _changed(self) -> Bars:
        ranked = self.changed.most_common()
        bars = [Bar(field_label(path), count, self.documents, "changed:") for path, count in ranked]
        note = f"{counted(self.changed_documents, 'document')} of {self.documents:,} changed."
        return Bars("Fields that changed", tuple(bars[:MOST_BARS]), note, max(0, len(bars) - MOST_BARS))


def tokens_of(usage: Usage) -> int | None:
    """Return the tokens of all calls, or None without a call or if one did not tell them."""
    if not usage.calls or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return usage.input_tokens + usage.output_tokens


def field_label(path: str) -> str:
    """Return a path as people write it: ``time.prep``."""
    return line_of(".".join(steps(path)), 80) or "value"


def histogram(
    title: str, numbers: Sequence[float], form: str, unit: str, least: float = 0.0, unknown: int = 0
) -> Histogram | None:
    """Return the distribution of some numbers, or None without any.

    There are `unknown` documents beside them, whose numbers are not known, but together at least `least`.
    """
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    width = (high - low) / BINS or 1.0
    counts = Counter(min(BINS - 1, int((number - low) / width)) for number in numbers)
    most = max(counts.values())
    bins = BINS if high > low else 1
    columns = tuple(
        Column(
            f"{form.format(low + at * width)} to {form.format(low + (at + 1) * width)}", counts[at], counts[at] / most
        )
        for at in range(bins)
    )
    middle, late = median(numbers), sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * 0.95))]
    ends = f"from {form.format(low)} to {form.format(high)}"
    bound, rest = ("at least ", f"; of {counted(unknown, 'document')} it is unknown") if unknown else ("", "")
    words = (
        f"{counted(len(numbers), 'document')}: {bound}{form.format(sum(numbers) + least)} {unit} in all, "
        f"median {form.format(middle)}, 95th percentile {form.format(late)}, {ends}{rest}"
    )
    return Histogram(title, columns, form.format(low), form.format(high), words)


def fields_of(value: Json) -> Iterator[tuple[str, bool]]:
    """Yield the path of each field, and whether it has a value. Objects are entered; a list is one field."""
    for path, part in _leaves(value, "", 0):
        yield path, part is not None and part not in ("", [], {})


_DEEPEST = 4


def _leaves(value: Json, path: str, depth: int) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict) and value and depth < _DEEPEST:
        for key, part in value.items():
            yield from _leaves(part, path + pointer([key]), depth + 1)
    elif path or value is not None:
        yield path, value


def folded_path(path: str) -> str:
    """Return a path with ``*`` in place of numbers, which are the positions of list items."""
    return "/".join("*" if step.isdecimal() else step for step in path.split("/"))
