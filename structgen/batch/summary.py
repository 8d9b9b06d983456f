"""Summary: what a batch came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from structgen.batch.row import Row, RowStatus
from structgen.core.records import Usage


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows came out how, what they took, and how long. `cost` is in USD, None where a price is not known."""

    ok: int = 0
    incomplete: int = 0
    failed: int = 0
    unsupported: int = 0
    """Values that were not found in their text."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """All rows together."""
        return self.ok + self.incomplete + self.failed

    def add(self, row: Row, seconds: float) -> Summary:
        """The summary with one more row, `seconds` after the beginning."""
        counts = Counter({row.status: 1})
        return replace(
            self,
            ok=self.ok + counts[RowStatus.OK],
            incomplete=self.incomplete + counts[RowStatus.INCOMPLETE],
            failed=self.failed + counts[RowStatus.FAILED],
            unsupported=self.unsupported + len(row.unsupported),
            usage=self.usage + row.usage,
            cost=None if self.cost is None or row.cost is None else self.cost + row.cost,
            seconds=seconds,
        )

    def __str__(self) -> str:
        """One line for people."""
        parts = [f"{self.rows} {'row' if self.rows == 1 else 'rows'}: {self.ok} ok"]
        parts += [f"{self.incomplete} incomplete"] if self.incomplete else []
        parts += [f"{self.failed} failed"] if self.failed else []
        return "; ".join([", ".join(parts), *self._spent(), f"{self.seconds:.1f} s"])

    def _spent(self) -> list[str]:
        """Tokens and money, where a model was asked."""
        if not self.usage.calls:
            return []
        inwards, outwards = self.usage.input_tokens, self.usage.output_tokens
        calls = f"{self.usage.calls} call{'' if self.usage.calls == 1 else 's'}"
        if inwards is None or outwards is None:
            return [f"{calls}, not all of which told their tokens, so that the cost is not known"]
        cost = "cost not known" if self.cost is None else f"{self.cost:.4f} USD"
        return [calls, f"{inwards:,} tokens in, {outwards:,} out", cost]
