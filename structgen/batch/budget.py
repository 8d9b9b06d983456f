"""What a whole run may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunBudget:
    """The limits of a run, None where there is none. Where one is reached, no further document is taken.

    What is under way then is finished, because it is paid for anyway: a run may go over by as much as that takes.
    """

    max_cost: float | None = None
    """USD."""
    max_tokens: int | None = None
    """Input and output together."""
    max_seconds: float | None = None

    def reached(self, cost: float, tokens: int, seconds: float) -> str | None:
        """Which limit a run has reached that took so much, in words; None where it has reached none."""
        if self.max_cost is not None and cost >= self.max_cost:
            return f"budget of {self.max_cost} USD is spent"
        if self.max_tokens is not None and tokens >= self.max_tokens:
            return f"budget of {self.max_tokens:,} tokens is spent"
        if self.max_seconds is not None and seconds >= self.max_seconds:
            return f"time of {self.max_seconds:g} s is over"
        return None
