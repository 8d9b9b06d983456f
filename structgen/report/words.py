"""The words that every view uses: what a status means, and what a result took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from structgen.core.records import Repair, Status, Usage
from structgen.report.view import View
from structgen.report.visible import line_of

MEANING: Mapping[Status, str] = MappingProxyType(
    {
        Status.EXACT: "stands in the text just like this",
        Status.NORMALIZED: "stands in the text, written in another way",
        Status.QUOTED: "is what the model read out of these words",
        Status.FUZZY: "the text says nearly this",
        Status.AMBIGUOUS: "stands in several places of the text, of which one is marked",
        Status.UNSUPPORTED: "was not found in the text",
    }
)


def counted(number: int, what: str) -> str:
    """A number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def counts(view: View) -> list[tuple[Status, int]]:
    """How many values have which status, the best status first."""
    found = Counter(piece.status for piece in view.evidence)
    return [(status, found[status]) for status in Status if found[status]]


def facts(view: View) -> list[str]:
    """The model and what it took, as short phrases."""
    model = [line_of(view.model, 80)] if view.model else []
    if not view.usage.calls:
        return model
    cost = "cost not known" if view.cost is None else f"{view.cost:.6f}".rstrip("0").rstrip(".") + " USD"
    return [*model, counted(view.usage.calls, "call"), tokens(view.usage), cost]


def tokens(usage: Usage) -> str:
    """The tokens of one or several completions."""
    if usage.input_tokens is None or usage.output_tokens is None:
        return "tokens not known"
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"


def repaired(repair: Repair) -> str:
    """A repair in one line."""
    return f"{line_of(repair.rule, 60).replace('_', ' ')}: {_short(repair.before)} → {_short(repair.after)}"


def _short(value: object) -> str:
    return line_of(repr(value) if isinstance(value, str) else str(value), 60)
