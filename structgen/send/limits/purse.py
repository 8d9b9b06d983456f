"""What this process may still spend of the limits that it shares with other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from math import inf

from structgen.send.limits.allotment import LIFETIME, Exhausted, Known, allot
from structgen.send.limits.buckets import Amount, Bucket, Measure
from structgen.send.limits.ledgers import Ledger


class Purse:
    """The allotment of one key and model. Its limiter's lock guards it.

    It compares totals: all that was allotted with all that the calls have used, which the limiter counts. So what a
    call reserved and did not use can be spent by the next one.
    """

    def __init__(self, ledger: Ledger, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._name = name
        self._clock = clock
        self._allotted = Amount()
        self._measures: tuple[Measure, ...] = ()
        self._until = -inf

    def wait_for(self, need: Amount, used: Amount, buckets: tuple[Bucket, ...], *, sure: bool) -> Exhausted | None:
        """Return None if the call may be sent, else how long to wait before asking again.

        `used` is what all calls of this process have used so far, `buckets` are the limits as it knows them. Raises
        LimitsUnavailable.
        """
        left = _minus(self._allotted, used)
        if self._clock() < self._until and all(need.of(measure) <= left.of(measure) for measure in self._measures):
            return None
        found = self._ledger.change(self._name, partial(allot, known=Known(buckets, sure), need=need, back=left))
        if isinstance(found, Exhausted):
            # What was left has been given back.
            self._allotted, self._until = used, -inf
            return found
        self._allotted = Amount(*(mine + more for mine, more in zip(used, found.amount, strict=True)))
        self._measures, self._until = found.measures, self._clock() + LIFETIME
        return None


def _minus(total: Amount, used: Amount) -> Amount:
    return Amount(*(mine - theirs for mine, theirs in zip(total, used, strict=True)))
