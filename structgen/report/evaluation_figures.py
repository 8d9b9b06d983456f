"""The figures of an evaluation as rows of text, for the terminal and the page.

What they mean: evaluate/scoring/figures.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from structgen.core.json import Json, JsonObject, as_number, as_object
from structgen.core.screen import json_text
from structgen.report.view import counted, line_of

SUMMARY: Mapping[str, str] = MappingProxyType(
    {
        "macro_f1": "macro F1",
        "micro_f1": "micro F1",
        "exact_match": "documents right",
        "coverage": "coverage",
        "false_answers": "false answers",
        "value_f1": "value F1",
        "grounding_f1": "grounding F1",
        "entity_f1": "entity F1",
        "group_f1": "group F1",
        "evidence_f1": "evidence F1",
    }
)
"""The figures that are shown of all fields together, by their keys."""
COLUMNS: tuple[str, ...] = ("field", "n", "precision", "recall", "F1", "95 %", "exact", "false", "coverage", "compared")
_LONGEST = 120
_MOST_BARS = 40


class FieldLine(NamedTuple):
    """One field as text, in the order of `COLUMNS`, and whether it is in the macro F1."""

    cells: tuple[str, ...]
    in_macro: bool


class FigureLine(NamedTuple):
    """One figure of all fields together. `other` and `difference` are empty without a second setting."""

    name: str
    value: str
    interval: str
    other: str = ""
    difference: str = ""
    certain: bool = False


class Share(NamedTuple):
    """A figure from 0 to 1 for a plot, or None if it has no value, with its 95 % interval and its words."""

    value: float | None
    interval: tuple[float, float] | None
    words: str


class FieldBar(NamedTuple):
    """The F1 of one field, or of all together, in the first setting and in the second, if there is one."""

    label: str
    first: Share
    second: Share | None


class MistakeLine(NamedTuple):
    """One mistake as text."""

    id: str
    path: str
    verdict: str
    gold: str
    value: str


class ChangeLine(NamedTuple):
    """One document that changed from the first setting to the second."""

    id: str
    better: str
    worse: str


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """All that is shown of an evaluation."""

    title: str
    other: str
    facts: tuple[str, ...]
    figures: tuple[FigureLine, ...]
    fields: tuple[FieldLine, ...]
    warnings: tuple[str, ...]
    changes: tuple[ChangeLine, ...]
    changed: str
    mistakes: tuple[MistakeLine, ...]
    mistakes_count: int
    bars: tuple[FieldBar, ...] = ()
    more_bars: int = 0


def evaluation_view(figures: JsonObject, *, changes: int, mistakes: int) -> EvaluationView:
    """Return what is shown of the figures, with at most so many changes and mistakes."""
    other, comparison = as_object(figures.get("against")), as_object(figures.get("comparison"))
    changed = _list(comparison.get("changed"))
    return EvaluationView(
        _name(figures),
        _name(other) if other else "",
        tuple(_facts(figures, other)),
        tuple(_figures(figures, other, as_object(comparison.get("difference")))),
        tuple(_field(path, as_object(one)) for path, one in as_object(figures.get("fields")).items()),
        tuple(_warnings(figures)),
        tuple(_change(as_object(one)) for one in changed[:changes]),
        _changed(comparison),
        tuple(_mistake(as_object(one)) for one in _list(figures.get("mistakes"))[:mistakes]),
        int(as_number(figures.get("mistakes_count")) or 0),
        *_bars(figures, other),
    )


def shown(value: Json) -> str:
    """Return a share with three decimals; a dash if it has no value."""
    number = as_number(value)
    return "–" if number is None else f"{number:.3f}"


def _name(figures: JsonObject) -> str:
    return line_of(str(figures.get("setting") or ""), _LONGEST)


def _interval(value: Json) -> str:
    ends = _list(value)
    return f"{shown(ends[0])} to {shown(ends[1])}" if len(ends) == 2 else ""


def _facts(figures: JsonObject, other: JsonObject) -> Iterator[str]:
    for place, one in (("first", figures), *([("second", other)] if other else [])):
        each, name = as_object(one.get("per_document")), f"{place}: " if other else ""
        yield f"{name}{_name(one)}"
        status = ", ".join(f"{count} {word}" for word, count in as_object(one.get("status")).items())
        yield f"{name}{counted(int(as_number(one.get('documents')) or 0), 'document')} ({status})"
        tokens, out = as_number(each.get("input_tokens")), as_number(each.get("output_tokens"))
        cost, seconds = as_number(each.get("cost")), as_number(each.get("seconds"))
        calls = as_number(each.get("calls"))
        asked = "calls unknown" if calls is None else f"{calls:.2f} calls"
        told = "tokens unknown" if tokens is None or out is None else f"{tokens:,.0f} tokens in, {out:,.0f} out"
        price = "cost unknown" if cost is None else f"{cost:.6f} USD"
        took = "time unknown" if seconds is None else f"{seconds:.3f} s"
        yield f"{name}per document: {asked}, {told}, {price}, {took}"
        if untold := int(as_number(one.get("untold_calls")) or 0):
            least = as_number(one.get("cost_at_least"))
            cost_of_all = "cost unknown" if least is None else f"at least {least:.6f} USD"
            yield f"{name}together {cost_of_all}; {counted(untold, 'call')} told no tokens"


def _figures(figures: JsonObject, other: JsonObject, differences: JsonObject) -> Iterator[FigureLine]:
    for key, name in SUMMARY.items():
        if as_number(figures.get(key)) is None and as_number(other.get(key)) is None:
            continue
        line = FigureLine(name, shown(figures.get(key)), _interval(figures.get(f"{key}_95")))
        if not other:
            yield line
            continue
        found = as_object(differences.get(key))
        number = as_number(found.get("difference"))
        change = "" if number is None else f"{number:+.3f} ({_interval(found.get('interval'))})"
        yield line._replace(other=shown(other.get(key)), difference=change, certain=found.get("certain") is True)


def _field(path: str, one: JsonObject) -> FieldLine:
    shares = [shown(one.get(key)) for key in ("precision", "recall", "f1")]
    others = [shown(one.get(key)) for key in ("exact_match", "false_answers", "coverage")]
    name = line_of(path, _LONGEST) or "(the whole value)"
    cells = (name, str(one.get("n")), *shares, _interval(one.get("f1_95")), *others, str(one.get("compare")))
    return FieldLine(cells, one.get("in_macro") is True)


def _bars(figures: JsonObject, other: JsonObject) -> tuple[tuple[FieldBar, ...], int]:
    """Return the bars of the fields that count, below that of their mean, and the number of those left out."""
    fields, there = as_object(figures.get("fields")), as_object(other.get("fields"))
    macro = FieldBar("macro F1", _share(figures, "macro_f1"), _share(other, "macro_f1") if other else None)
    bars = [
        FieldBar(
            line_of(path, _LONGEST) or "(the whole value)",
            _share(as_object(one), "f1"),
            _share(as_object(there.get(path)), "f1") if other else None,
        )
        for path, one in fields.items()
        if as_object(one).get("in_macro") is True
    ]
    return (macro, *bars[:_MOST_BARS]) if bars else (), max(0, len(bars) - _MOST_BARS)


def _share(figures: JsonObject, name: str) -> Share:
    ends = [as_number(end) for end in _list(figures.get(f"{name}_95"))]
    interval = (ends[0], ends[1]) if len(ends) == 2 and ends[0] is not None and ends[1] is not None else None
    return Share(as_number(figures.get(name)), interval, shown(figures.get(name)))


def _warnings(figures: JsonObject) -> Iterator[str]:
    """Yield what makes figures say less than they seem to say."""
    gold = as_object(figures.get("gold"))
    for fault, words in _FAULTS.items():
        if found := len(_list(gold.get(fault))):
            yield f"{counted(found, 'row')} of gold not scored: {words}"
    if repeated := as_object(gold.get("repeated_ids")):
        yield f"{counted(len(repeated), 'id')} of gold in several rows: {_named([*repeated])}"
    for key, (what, words) in _NOTES.items():
        if number := int(as_number(figures.get(key)) or 0):
            yield f"{counted(number, what)} {words}"
    if named := _list(figures.get("not_in_gold")):
        yield f"not in gold, so not judged: {_named(named)}"
    if stopped := figures.get("stopped"):
        yield f"not all documents were read: {line_of(str(stopped), 300)}"
    if reason := as_object(figures.get("comparison")).get("reason"):
        yield f"no comparison: {line_of(str(reason), 300)}"


_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "invalid": "their gold does not fit the task",
        "changed": "their text has changed",
        "unreadable": "they have no text or no gold",
    }
)
_NOTES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rows_missing": ("document", "without a row, which counts as wrong"),
        "rows_not_in_gold": ("id", "of the rows not among the rows of gold that were scored"),
        "rows_repeated": ("row", "replaced by a later one of the same id"),
        "lines_that_are_no_rows": ("line", "without a row in it"),
        "approximate_lists": ("document", "with lists too long to be paired in the best way"),
    }
)


def _named(names: Sequence[Json]) -> str:
    shown_names = ", ".join(line_of(str(name), 60) for name in names[:10])
    return f"{shown_names}, ..." if len(names) > 10 else shown_names


def _change(change: JsonObject) -> ChangeLine:
    return ChangeLine(
        line_of(str(change.get("id")), _LONGEST),
        _named(_list(change.get("better"))),
        _named(_list(change.get("worse"))),
    )


def _changed(comparison: JsonObject) -> str:
    """Return how many documents changed, or an empty text without a comparison."""
    if "changed" not in comparison:
        return ""
    counts = [f"{comparison.get(word)} {word}" for word in ("better", "worse", "mixed")]
    return f"{counted(len(_list(comparison.get('changed'))), 'document')} changed: {', '.join(counts)}"


def _mistake(one: JsonObject) -> MistakeLine:
    return MistakeLine(
        line_of(str(one.get("id")), _LONGEST),
        line_of(str(one.get("path") or ""), _LONGEST),
        str(one.get("verdict")),
        _short(one.get("gold")),
        _short(one.get("value")),
    )


def _short(value: Json) -> str:
    return "–" if value is None else line_of(value if isinstance(value, str) else json_text(value), 300)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
