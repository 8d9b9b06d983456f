"""`improve`: other prompts for a task, tried on a part of gold within a budget of calls; the best one on the rest."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from structgen.core.argument_checks import argument, several, whole
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.options import Options, Style
from structgen.core.records import Example, Task
from structgen.engine.budget import FREE
from structgen.engine.map_api import CONCURRENCY
from structgen.evaluate.evaluation import Evaluation, SettingResult, compared
from structgen.evaluate.gold.gold_rows import GoldFormat, GoldRow
from structgen.evaluate.gold.gold_source import GoldCount, GoldSource
from structgen.evaluate.improve.call_budget import Asker, CallBudget
from structgen.evaluate.improve.gold_split import LEAST, GoldSplit, split_gold
from structgen.evaluate.improve.halving import Race, Tried
from structgen.evaluate.improve.prompt_candidates import AS_IT_IS, Candidate, Demonstrations, candidates
from structgen.evaluate.run_evaluation import as_task, new_scorer
from structgen.evaluate.scoring.scorer import Answer, Scorer
from structgen.extractor import Extractor
from structgen.schema import Schema
from structgen.stages import DEFAULT_STYLE
from structgen.store import Store

ATTEMPTS = 3
"""Attempts of a document, if the options do not limit them: without a limit its calls have none."""

REPORTED = 4
"""Documents of the report that each prompt reads in turn."""

TAUGHT = 8
"""Rows of gold that are asked about to find worked examples, at most."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """What was tried and what was best. `task` is the improved task, or None if nothing was better.

    `evaluation` compares the task as it is with the best one on documents that had no part in the choice. Without a
    better one it has the figures of the task as it is.
    """

    base: Task[Any]
    task: Task[Any] | None
    chosen: Candidate
    tried: tuple[Tried, ...]
    untried: tuple[Candidate, ...]
    evaluation: Evaluation
    about: JsonObject

    @property
    def difference(self) -> JsonObject:
        """How the macro F1 of the best one differs on the report's documents; empty if nothing was better."""
        comparison = as_object(self.evaluation.figures.get("comparison"))
        return as_object(as_object(comparison.get("difference")).get("macro_f1"))

    def to_json(self) -> JsonObject:
        """Return everything as JSON."""
        return {
            **self.about,
            "improved": self.task is not None,
            "chosen": self.chosen.to_json(self.base),
            "difference": cast(Json, dict(self.difference)) if self.difference else None,
            "tried": [one.to_json(self.base) for one in self.tried],
            "untried": [one.name for one in self.untried],
            "report": self.evaluation.to_json(),
        }


def improve(
    task: object,
    gold: Path | str | Iterable[Mapping[str, Any]],
    *,
    budget: int,
    model: str | None = None,
    options: Options | None = None,
    variants: Sequence[str] = (),
    compare: Mapping[str, str] | None = None,
    seed: int = 0,
    concurrency: int = CONCURRENCY,
    store: Store | Path | str | None = None,
    form: GoldFormat | None = None,
    extractor: Extractor | None = None,
) -> Improvement:
    """Try other styles, instructions and worked examples, and return the best task that was found.

    `budget` is the maximum of calls, with those that ask again, retries and chunks; answers from the store cost
    nothing. `variants` are other instructions, beside those of the task (`Task.variants`). Half of gold chooses, the
    other half is only for the report. The same seed tries the same things. The style of `options` counts as that of
    the task.

    Raises ConfigurationError if gold is empty, of another schema or too small, if the budget is too small for one
    comparison, or if the model is the rules, which read no prompt.
    """
    budget = argument("budget", budget, whole(1))
    extra = argument("variants", tuple(variants), several(str, "'Extract the ...'"))
    base = _base(as_task(task), options or (extractor.options if extractor else Options()))
    schema = Schema.of(base)
    source = GoldSource(gold, schema, replace(form or GoldFormat(), needs_text=True), seed=seed)
    opened = extractor or Extractor(model, options, store=store)
    try:
        if all(name.startswith(FREE) for name in opened.models):
            raise ConfigurationError(
                "The rules read no prompt, so there is nothing to improve: name a model with --model, such as "
                "groq/openai/gpt-oss-20b."
            )
        source.check()
        asker = Asker(
            opened.with_options(replace(opened.options, style=DEFAULT_STYLE)),
            CallBudget(budget),
            opened.options.budget.max_attempts or ATTEMPTS,
            concurrency,
        )
        split = split_gold(source.rows(), seed)
        search = _Search(asker, base, split, compare, seed, budget)
        return search.run((*base.variants, *extra), source.count)
    finally:
        if extractor is None:
            opened.close()


def _base(task: Task[Any], options: Options) -> Task[Any]:
    """Return the task with the style of the options, if they name one."""
    if options.style is Style.NONE:
        raise ConfigurationError("With style none the prompt shows no schema: name another style, or none at all.")
    return task if options.style is DEFAULT_STYLE else replace(task, style=options.style)


@dataclass(frozen=True, slots=True)
class _Search:
    asker: Asker
    base: Task[Any]
    split: GoldSplit
    compare: Mapping[str, str] | None
    seed: int
    budget: int

    def run(self, variants: Sequence[str], gold: GoldCount) -> Improvement:
        """Try, choose, and report."""
        self._check_budget()
        cost = self._cost()
        reported = min(len(self.split.report), max(LEAST, self.budget // cost // 5))
        keep = 2 * sum(self._calls(row) for row in self.split.report[:reported])
        found, taught = self._demonstrations(keep, cost)
        rng = random.Random(f"{self.seed}:candidates")  # noqa: S311  no secret
        wanted = candidates(self.base, variants, found, rng)
        if not wanted:
            raise ConfigurationError("There is nothing to try: give other instructions with --instructions FILE.")
        units = max(0, self.asker.calls.left - keep) // cost
        # with more candidates each would see too few documents to tell them apart
        several = min(len(wanted), max(1, units // (2 * LEAST) - 1))
        first = min(len(self.split.choosing), max(LEAST, units // (2 * (several + 1))))
        race = Race(self.asker, self.base, self.split.choosing, self._scorer, keep, cost)
        best = race.run(wanted[:several], first)
        evaluation = self._report(best.candidate, gold, cost)
        better = best.candidate.task(self.base) if best.candidate.changes else None
        about = self._about(gold, taught)
        return Improvement(
            self.base, better, best.candidate, tuple(race.tried), tuple(wanted[several:]), evaluation, about
        )

    def _check_budget(self) -> None:
        """Refuse a budget that does not allow one comparison, before anything is sent."""
        rows = [*self.split.choosing[:LEAST], *self.split.report[:LEAST]]
        least = 2 * sum(self._calls(row) for row in rows)
        if self.budget < least:
            raise ConfigurationError(
                f"A budget of {self.budget} calls is too small for one comparison: {LEAST} documents to choose by and "
                f"{LEAST} for the report take {least} calls with two prompts. Nothing was sent."
            )

    def _calls(self, row: GoldRow) -> int:
        return self.asker.first_calls(self.base, row)

    def _cost(self) -> int:
        """Return how many calls a document takes about: rounded up, from some of them."""
        some = [*self.split.choosing[:20], *self.split.report[:20]]
        return -(-sum(map(self._calls, some)) // len(some))

    def _scorer(self) -> Scorer:
        return new_scorer(self.base, self.compare, keep=True, seed=self.seed)

    def _demonstrations(self, keep: int, cost: int) -> tuple[Demonstrations, int]:
        """Ask about the rows that teach: those that the model gets right become worked examples with its own answer."""
        units = max(0, self.asker.calls.left - keep) // cost
        rows = self.split.teaching[: min(TAUGHT, max(0, units - 2 * LEAST) // 4)]
        answers = self.asker.ask(self.base, rows, keep)
        right, labelled = list[Example](), list[Example]()
        for row in rows:
            answer = answers.get(row.number)
            if answer is not None and self._is_right(row, answer):
                right.append(Example(row.text or "", answer.value))
            elif answer is not None and not row.unjudged:
                labelled.append(Example(row.text or "", row.value))
        return Demonstrations(tuple(right), tuple(labelled)), len(rows)

    def _is_right(self, row: GoldRow, answer: Answer) -> bool:
        """Whether an answer is right as a whole. Of a row that gold judges in part this is not known."""
        scorer = self._scorer()
        scorer.add(row, answer)
        return answer.answered and not row.unjudged and not scorer.outcomes[row.number]

    def _report(self, best: Candidate, gold: GoldCount, cost: int) -> Evaluation:
        """Compare the best one with the task as it is, on documents that had no part in the choice."""
        settings = [AS_IT_IS, best] if best.changes else [AS_IT_IS]
        answers: list[dict[int, Answer]] = [{} for _ in settings]
        rows = self.split.report[: max(LEAST, self.asker.calls.left // (cost * len(settings)))]
        # a few documents at a time with each, so that both have read the same ones if the budget ends
        for start in range(0, len(rows), REPORTED):
            for number, setting in enumerate(settings):
                answers[number] |= self.asker.ask(setting.task(self.base), rows[start : start + REPORTED])
        common = set[int].intersection(*map(set, answers))
        results = [
            self._scored(setting, [(row, found[row.number]) for row in rows if row.number in common])
            for setting, found in zip(settings, answers, strict=True)
        ]
        if not common:
            raise ConfigurationError(
                "The budget was used up before a document of the report was answered: give a larger one."
            )
        return compared(gold, results, self.seed)

    def _scored(self, setting: Candidate, pairs: Sequence[tuple[GoldRow, Answer]]) -> SettingResult:
        scorer = self._scorer()
        for row, answer in pairs:
            scorer.add(row, answer)
        return SettingResult(setting.name, self.asker.extractor.model, self.base.name, scorer)

    def _about(self, gold: GoldCount, taught: int) -> JsonObject:
        calls, split = self.asker.calls, self.split
        return {
            "task": self.base.name,
            "model": self.asker.extractor.model,
            "seed": self.seed,
            "budget": self.budget,
            "calls": calls.sent + calls.retries,
            "budget_used": calls.used + calls.retries,
            "from_store": self.asker.from_store,
            "gold": gold.to_json(),
            "split": {
                "training": len(split.teaching) + len(split.choosing),
                "asked_for_examples": taught,
                "choosing": len(split.choosing),
                "report": len(split.report),
            },
        }
