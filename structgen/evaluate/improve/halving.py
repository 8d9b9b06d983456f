"""Successive halving: all candidates on a few documents, the better half on twice as many, and so on.

Calls go where they matter: to candidates that may be the best. The task as it is always stays, so that the best one is
compared with it on the same documents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from structgen.core.json import JsonObject
from structgen.core.records import Task
from structgen.evaluate.gold.gold_rows import GoldRow
from structgen.evaluate.improve.call_budget import Asker
from structgen.evaluate.improve.prompt_candidates import AS_IT_IS, Candidate, Change, combined
from structgen.evaluate.scoring.figures import ScoredNames, drawn_figures
from structgen.evaluate.scoring.scorer import Answer, Scorer

Score = tuple[float, float]
"""Macro F1, and the share of documents that are right as a whole, which decides between equal ones."""


@dataclass(slots=True)
class Tried:
    """A candidate with its answers so far, by the numbers of the rows."""

    candidate: Candidate
    answers: dict[int, Answer] = field(default_factory=dict[int, Answer])
    score: Score = (0.0, 0.0)
    documents: int = 0

    def to_json(self, base: Task[Any]) -> JsonObject:
        """Return what was tried, and its figures on the documents that choose."""
        figures: JsonObject = {"documents": self.documents, "macro_f1": self.score[0], "exact_match": self.score[1]}
        spent = [answer.usage for answer in self.answers.values()]
        return {**self.candidate.to_json(base), **figures, "calls": sum(usage.calls for usage in spent)}


@dataclass(slots=True)
class Race:
    """A race of candidates over rows of gold. `keep` calls are left for the report, and one document takes `cost`."""

    asker: Asker
    base: Task[Any]
    rows: Sequence[GoldRow]
    scorer: Callable[[], Scorer]
    keep: int
    cost: int
    tried: list[Tried] = field(default_factory=list[Tried])

    def run(self, candidates: Sequence[Candidate], first: int) -> Tried:
        """Return the best one, after `first` documents for all of them; the task as it is if none is better."""
        alive = [Tried(AS_IT_IS), *map(Tried, candidates)]
        self.tried += alive
        done, target = 0, first
        while target > done:
            for one in alive:
                self._read(one, self.rows[done:target])
            self._judge(alive)
            alive = self._with_combined(alive, target) if done == 0 else alive
            done = target
            if done < len(self.rows):
                alive = self._better_half(alive)
                fits = max(0, self.asker.calls.left - self.keep) // (self.cost * len(alive))
                target = min(len(self.rows), 2 * done, done + fits)
        self._judge(alive)
        # the first one of equal scores, so that the task stays as it is unless a change is better
        return max(alive, key=lambda one: one.score)

    def _read(self, one: Tried, rows: Sequence[GoldRow]) -> None:
        one.answers |= self.asker.ask(one.candidate.task(self.base), rows, self.keep)

    def _judge(self, alive: Sequence[Tried]) -> None:
        """Score all on the documents that all of them have read."""
        common = set[int].intersection(*(set(one.answers) for one in alive))
        rows = [row for row in self.rows if row.number in common]
        for one in alive:
            one.score, one.documents = score_of(self.scorer(), rows, one.answers), len(rows)

    def _with_combined(self, alive: list[Tried], target: int) -> list[Tried]:
        """Add a candidate with the best change of each kind, if several kinds are better than the task as it is."""
        as_it_is = alive[0].score
        better = sorted((one for one in alive[1:] if one.score > as_it_is), key=lambda one: one.score, reverse=True)
        changes: list[Change] = [change for one in better for change in one.candidate.changes]
        candidate = combined(changes)
        if candidate is None or self.asker.calls.left - self.keep < target * self.cost:
            return alive
        joint = Tried(candidate)
        self._read(joint, self.rows[:target])
        self.tried.append(joint)
        together = [*alive, joint]
        self._judge(together)
        return together

    def _better_half(self, alive: Sequence[Tried]) -> list[Tried]:
        as_it_is, *others = alive
        ranked = sorted(others, key=lambda one: one.score, reverse=True)
        return [as_it_is, *ranked[: (len(ranked) + 1) // 2]]


def score_of(scorer: Scorer, rows: Sequence[GoldRow], answers: dict[int, Answer]) -> Score:
    """Return the score of these answers."""
    for row in rows:
        scorer.add(row, answers[row.number])
    names = ScoredNames.of(scorer)
    figures = drawn_figures(scorer.blocks.total, len(scorer.names), names)
    return figures["macro_f1"] or 0.0, figures["exact_match"] or 0.0
