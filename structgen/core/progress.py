"""The progress of a run over many texts: one record for every display."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run. Unknown numbers are None. Times are in seconds.

    `done` texts of `total` have ended: `ok`, `incomplete` (only parts are missing) or `failed`. `repaired` of them have
    a value that was repaired locally. `calls` were paid for now, `asked_again` of them because an earlier response was
    refused. `untold_calls` reported no tokens, so that the counts of tokens and `cost` (USD) are lower bounds.
    `projected_cost` is the cost of the whole run at the current rate. The rates are those of the last minute.
    `waiting_for` names a rate limit, and `waiting_left` how long the next call still waits for it.
    """

    done: int = 0
    total: int | None = None
    ok: int = 0
    incomplete: int = 0
    failed: int = 0
    repaired: int = 0
    calls: int = 0
    asked_again: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    untold_calls: int = 0
    cost: float | None = 0.0
    projected_cost: float | None = None
    documents_a_second: float = 0.0
    tokens_a_minute: float = 0.0
    waiting_for: str | None = None
    waiting_left: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
