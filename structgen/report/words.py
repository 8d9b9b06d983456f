"""The words that every view uses: what a status means, and what a result took."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from structgen.core.records import Status, Usage
from structgen.core.results import Claim, Conflict, Repair
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


_MOST_CLAIMS = 5


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


def claimed(conflict: Conflict) -> str:
    """What the chunks say of one part of a value, in one line; the first claim is the one that was taken."""
    return ", not ".join(map(_claim, conflict.claims[:_MOST_CLAIMS]))


def others(conflict: Conflict) -> str:
    """What other chunks say in the place of a value, in one line."""
    return ", ".join(map(_claim, conflict.claims[1:_MOST_CLAIMS]))


def _claim(claim: Claim) -> str:
    value = claim.value if isinstance(claim.value, str) else json.dumps(claim.value, ensure_ascii=False)
    more = ", …" if len(claim.chunks) > _MOST_CLAIMS else ""
    return f"{line_of(value, 120)} (chunk {', '.join(map(str, claim.chunks[:_MOST_CLAIMS]))}{more})"


def _short(value: object) -> str:
    return line_of(repr(value) if isinstance(value, str) else str(value), 60)
