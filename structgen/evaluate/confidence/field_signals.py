"""Collect the signals of each field: what its row, its text and its schema say about whether it is right.

A signal is a short name such as ``status:ambiguous`` or ``rules:disagree``. Each field has a set of them. They come
from what every run has at hand, so that no second call is paid for: the status of the evidence, repairs and their risk,
conflicts between chunks, earlier answers that were refused, the labels in front of the value, what the rules read in
the same text, and how the places of an object's fields lie to each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from structgen.core.json import Json, JsonObject, as_object
from structgen.core.records import Conventions
from structgen.engine.cascade.open_fields import fields_of
from structgen.evaluate.comparison import ScoredFields, Verdict, judge
from structgen.evaluate.confidence.label_signals import LabelReader
from structgen.evaluate.confidence.place_signals import Span, place_signals
from structgen.rules.extract_by_rules import extract_by_rules
from structgen.schema import Schema

LONGEST = 200_000
"""Characters of a text that the rules read a second time for a signal; of a longer one, the rest of the signals do."""


@dataclass(frozen=True)
class RowFacts:
    """One row as JSON (see `batch.Row.to_json`), the text that it was extracted from or None, and its schema."""

    row: JsonObject
    text: str | None
    schema: Schema[object]

    @cached_property
    def value(self) -> Json:
        """The value, or what could be read of a refused one."""
        return self.row.get("value") if self.row.get("value") is not None else self.row.get("partial")

    @cached_property
    def evidence(self) -> Mapping[str, JsonObject]:
        """The pieces of evidence by path."""
        return {str(piece.get("path")): piece for piece in objects_in(self.row.get("evidence"))}

    @cached_property
    def events(self) -> Mapping[str, frozenset[str]]:
        """What happened at each path, as signals: they hold for every field at or within it."""
        row, found = self.row, list[tuple[str, str]]()
        for repair in objects_in(row.get("repairs")):
            found.append((str(repair.get("path")), f"repair:{repair.get('risk')}"))
        for issue in objects_in(row.get("issues")):
            # an issue of the whole says nothing about a field
            found += [(str(issue["path"]), "refused")] if issue.get("path") else []
        for conflict in objects_in(as_object(row.get("chunks")).get("conflicts")):
            found.append((str(conflict.get("path")), "conflict"))
        again = row.get("asked_again")
        found += [(str(path), "asked_again") for path in (again if isinstance(again, list) else ())]
        events: dict[str, set[str]] = {}
        for path, signal in found:
            events.setdefault(path, set()).add(signal)
        return {path: frozenset(signals) for path, signals in events.items()}

    @cached_property
    def spans(self) -> Mapping[str, Span]:
        """The places of the values by path. A place that does not have its words in the text is left out."""
        return {path: span for path, piece in self.evidence.items() if (span := self._span(piece)) is not None}

    def _span(self, piece: JsonObject) -> Span | None:
        start, end = piece.get("start"), piece.get("end")
        if not isinstance(start, int) or not isinstance(end, int):
            return None
        agrees = self.text is None or self.text[start:end] == piece.get("text")
        return (start, end) if agrees else None


def signals_of(
    row: JsonObject, text: str | None, schema: Schema[object], conventions: Conventions | None = None
) -> dict[str, frozenset[str]]:
    """Return the signals of each field of a row, by path: of every scalar, null and empty list of its value.

    `text` is the document, or None if it is not available: then fewer signals are known. Linear time.
    """
    facts = RowFacts(row, text, schema)
    fields = dict(fields_of(facts.value)) if isinstance(facts.value, (dict, list)) else {"": facts.value}
    found = {path: set(_own_signals(facts, path, value)) for path, value in fields.items()}
    if text is not None and len(text) <= LONGEST:
        read = _second_reading(facts, text, conventions or Conventions())
        for path in fields:
            found[path].add(read.get(path, "rules:silent"))
        empty = frozenset(path for path, value in fields.items() if value is None)
        for path, names in LabelReader.of(text, schema).signals(facts.spans, empty).items():
            if path in found:
                found[path].update(names)
    for path, names in place_signals(facts.spans, text).items():
        if path in found:
            found[path].update(names)
    return {path: frozenset(names) for path, names in found.items()}


def _own_signals(facts: RowFacts, path: str, value: Json) -> Iterator[str]:
    """Yield what the row says about one field."""
    piece = facts.evidence.get(path)
    empty = value is None or value in ([], {}, "")
    yield f"status:{piece.get('status')}" if piece else f"status:{'empty' if empty else 'none'}"
    yield f"kind:{_kind(facts.schema, path, value)}"
    score = piece.get("score") if piece else None
    if isinstance(score, float) and score < _VAGUE:
        yield "fuzzy:vague"
    for above in _around(path):
        yield from facts.events.get(above, ())
    answered = as_object(facts.row.get("models")).get(path)
    if answered is not None:
        yield f"model:{answered}"


def _around(path: str) -> Iterator[str]:
    """Yield a path and those of all containers around it, up to the root."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


_VAGUE = 0.95
"""Fuzzy matches below this score differ by more than a slip or two."""


def objects_in(value: Json | None) -> Iterator[JsonObject]:
    """Yield the objects of a list in a row, and nothing for anything else: the row may be a file of somebody else."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _kind(schema: Schema[object], path: str, value: Json) -> str:
    """Return the kind of a field: by its schema if that says more than the value."""
    nodes = schema.node.along(path)
    if any(leaf.choices is not None for node in nodes for leaf in node.leaves()):
        return "choice"
    if any(leaf.format in _FORMATS for node in nodes for leaf in node.leaves()):
        return "date"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else "text" if isinstance(value, str) else "nothing"


_FORMATS = frozenset({"date", "date-time", "time", "duration"})


_AGREEMENT = {
    Verdict.RIGHT: "rules:agree",
    Verdict.WRONG: "rules:disagree",
    Verdict.MISSING: "rules:more",
    Verdict.SPURIOUS: "rules:silent",
}
"""What it means that the value, compared with what the rules read, gets this verdict."""


def _second_reading(facts: RowFacts, text: str, conventions: Conventions) -> dict[str, str]:
    """Return by path whether the rules read the same in the text. They cost nothing, and err elsewhere than a model.

    Items of lists are compared with those that are most like them.
    """
    found = extract_by_rules(facts.schema.json_schema, text, facts.schema.names, conventions)
    compared = judge(found.value, facts.value, ScoredFields.of(facts.schema)).leaves
    return {
        leaf.value_path: "rules:silent" if leaf.void and leaf.verdict is Verdict.RIGHT else _AGREEMENT[leaf.verdict]
        for leaf in compared
        if leaf.value_path is not None and not leaf.whole and leaf.verdict in _AGREEMENT
    }
