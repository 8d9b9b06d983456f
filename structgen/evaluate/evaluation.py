"""The result of an evaluation: the figures of one setting or two, as JSON and as a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from structgen.core.json import Json, JsonObject, as_object, pointer
from structgen.evaluate.gold.gold_source import GoldCount
from structgen.evaluate.scoring.figures import ScoredNames, differences, scored_figures
from structgen.evaluate.scoring.scorer import Scorer, Spent, wrong_fields

NUMBERS = (
    *("documents", "calls", "input_tokens", "output_tokens", "cost", "seconds", "from_store", "approximate_lists"),
    *("mistakes_count", "rows_missing", "rows_not_in_gold", "rows_repeated", "lines_that_are_no_rows"),
)
"""The numbers of an evaluation that are no shares."""


@dataclass(slots=True)
class SettingResult:
    """One setting with its scores. `stopped` says why documents are left over, or is empty."""

    name: str
    model: str
    task: str
    scorer: Scorer
    seconds: float = 0.0
    stopped: str = ""
    notes: JsonObject = field(default_factory=dict[str, Json])

    def to_json(self, names: ScoredNames, seed: int) -> JsonObject:
        """Return the figures of this setting."""
        scorer = self.scorer
        figures = scored_figures(scorer, names, seed)
        count = sum(scorer.status.values())
        return {
            "setting": self.name,
            "task": self.task,
            "model": self.model,
            **{name: part for name, part in figures.items() if name != "fields"},
            "status": cast(Json, dict(scorer.status)),
            "fields": figures["fields"],
            "not_in_gold": list(names.not_in_gold),
            "per_document": _per_document(scorer.spent, count, self.seconds),
            "calls": scorer.spent.usage.calls,
            "input_tokens": scorer.spent.usage.input_tokens,
            "output_tokens": scorer.spent.usage.output_tokens,
            "cost": scorer.spent.cost,
            **_at_least(scorer.spent),
            "seconds": self.seconds,
            "from_store": scorer.spent.from_store,
            "approximate_lists": scorer.approximate,
            "stopped": self.stopped or None,
            **self.notes,
            "mistakes_count": scorer.mistaken,
            "mistakes": [mistake.to_json() for mistake in scorer.mistakes],
        }


def _at_least(spent: Spent) -> JsonObject:
    """Return the keys that rows have too if some calls reported no tokens."""
    if not spent.untold_calls:
        return {}
    return {"cost_at_least": spent.cost_at_least, "untold_calls": spent.untold_calls}


def _per_document(spent: Spent, count: int, seconds: float) -> JsonObject:
    """Return the means. `seconds` is what the responses took, or the time of the run, or None if rows tell neither."""
    usage, each = spent.usage, max(count, 1)
    known = bool(usage.calls) or spent.cost is not None  # rows of other programs may not say what they took
    return {
        "calls": usage.calls / each if known else None,
        "input_tokens": _mean(usage.input_tokens, usage.calls, each) if known else None,
        "output_tokens": _mean(usage.output_tokens, usage.calls, each) if known else None,
        "cost": None if spent.cost is None else spent.cost / each,
        "seconds": (spent.seconds / spent.timed) if spent.timed else (seconds / each if seconds else None),
    }


def _mean(tokens: int | None, calls: int, each: int) -> float | None:
    return None if tokens is None and calls else (tokens or 0) / each


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """The figures of an evaluation; `to_json` has all of them.

    With two settings, `to_json()["against"]` has the figures of the second one and ``["comparison"]`` the differences.
    """

    figures: JsonObject

    def to_json(self) -> JsonObject:
        """Return all figures as JSON."""
        return self.figures

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the fields."""
        return cast("float | None", self.figures["macro_f1"])

    @property
    def documents(self) -> int:
        """The number of documents that were scored."""
        return cast(int, self.figures["documents"])

    @property
    def fields(self) -> Mapping[str, JsonObject]:
        """The figures of each field, by its path."""
        return cast("Mapping[str, JsonObject]", self.figures["fields"])

    def figure(self, name: str) -> float | None:
        """Return a figure by its name: ``macro_f1``, ``/items.f1``, ``comparison.difference.macro_f1.difference``.

        Raises KeyError if there is no such figure.
        """
        found = _figure(self.figures, name)
        if found is None or (isinstance(found, int | float) and not isinstance(found, bool)):
            return found
        raise KeyError(name)

    def html(self) -> str:
        """Return a self-contained page with the figures, the mistakes and what changed."""
        from structgen.report.evaluation_page import evaluation_html

        return evaluation_html(self.figures)

    def __repr__(self) -> str:
        names = ("setting", "documents", "macro_f1")
        told = ", ".join(f"{name}={self.figures.get(name)!r}" for name in names)
        return f"Evaluation({told}{', against=...' if 'against' in self.figures else ''})"

    def __str__(self) -> str:
        """Return the figures as tables in plain text."""
        from structgen.report.plain_text import evaluation_text

        return evaluation_text(self.figures)

    def _repr_html_(self) -> str:
        """Return HTML for notebooks."""
        from structgen.report.evaluation_page import evaluation_part

        return evaluation_part(self.figures)


def _figure(figures: JsonObject, name: str) -> Json:
    """Look a figure up: by its whole name, as FIELD.FIGURE, or along the keys of the JSON."""
    if name in figures:
        return figures[name]
    fields = as_object(figures.get("fields"))
    path, _, figure = name.rpartition(".")
    for written in (path, pointer(path.split("."))):  # also with dots: lines.f1
        if written in fields:
            return as_object(fields[written])[figure]
    found: Json = figures
    for step in name.split("."):
        found = as_object(found)[step]
    return found


def compared(gold: GoldCount, results: Sequence[SettingResult], seed: int) -> Evaluation:
    """Return the evaluation of one setting, or of two on the same documents."""
    names = ScoredNames.of(*(result.scorer for result in results))
    first, *others = results
    figures: JsonObject = {**first.to_json(names, seed), "gold": gold.to_json()}
    for other in others:
        own = ScoredNames.of(other.scorer)
        figures["against"] = other.to_json(own, seed)
        figures["comparison"] = _comparison(first, other, names, seed)
    return Evaluation(figures)


def _comparison(one: SettingResult, other: SettingResult, names: ScoredNames, seed: int) -> JsonObject:
    """Return how the second setting differs from the first, or why that cannot be said."""
    mine, theirs = one.scorer, other.scorer
    if sum(mine.status.values()) != sum(theirs.status.values()):
        return {"reason": "the settings have not read the same documents: run the same command again to go on"}
    changed = _changed(mine, theirs, {*names.top, *names.nested})
    return {
        "from": one.name,
        "to": other.name,
        "difference": differences(mine, theirs, names, seed),
        "better": sum(bool(change["better"]) and not change["worse"] for change in changed),
        "worse": sum(bool(change["worse"]) and not change["better"] for change in changed),
        "mixed": sum(bool(change["better"]) and bool(change["worse"]) for change in changed),
        "changed": cast(Json, changed),
    }


def _changed(one: Scorer, other: Scorer, judged: Collection[str]) -> list[JsonObject]:
    """Return the documents with judged fields that have fewer or more mistakes in the second setting."""
    mine = {index: path for path, index in one.names.items()}
    theirs = {index: path for path, index in other.names.items()}
    found: list[JsonObject] = []
    for number in sorted({*one.outcomes, *other.outcomes}):
        before = {mine[index]: count for index, count in wrong_fields(one.outcomes.get(number, b"")).items()}
        after = {theirs[index]: count for index, count in wrong_fields(other.outcomes.get(number, b"")).items()}
        paths = sorted(path for path in {*before, *after} if path in judged)
        better: list[Json] = [path for path in paths if after.get(path, 0) < before.get(path, 0)]
        worse: list[Json] = [path for path in paths if after.get(path, 0) > before.get(path, 0)]
        if better or worse:
            found.append({"id": one.ids.get(number, other.ids.get(number)), "better": better, "worse": worse})
    return found
