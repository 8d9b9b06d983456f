"""The run that `structgen runs reparse` reads again, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from structgen.batch import ReparseStats
from structgen.cli.command import say
from structgen.engine.reparse.previous_run import PreviousRun, other_words
from structgen.store import Asked, Run, Store


@dataclass(frozen=True, slots=True)
class Again:
    """A run, and whether its answers count also where the words of the task are others now."""

    run: Run
    keep: bool
    stats: ReparseStats = field(default_factory=ReparseStats)

    def earlier(self, store: Store, now: Asked) -> PreviousRun:
        """The run in front of the wire; says where its answers do not count."""
        differs = other_words(self.run.asked[0], now) if self.run.asked else ()
        if not self.run.asked:
            say(f"run {self.run.id} is of an older structgen, which kept no schema: every document is asked whole.")
        elif differs and not self.keep:
            changed = " and ".join(differs)
            say(f"the {changed} of run {self.run.id} changed: every document is asked whole; --keep keeps the answers.")
        return PreviousRun(store, self.run, self.keep)
