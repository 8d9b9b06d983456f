"""The sources of the answers of a cascade: each request goes to the sender of its own model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode, Options
from structgen.core.records import Card, Completion, Request, Usage
from structgen.engine.answers import Answers, open_answers
from structgen.engine.budget import FREE, cost_of
from structgen.engine.flow import Send
from structgen.send import Allowance, Sender, split_model
from structgen.store import Store


@dataclass(frozen=True, slots=True)
class CascadeAnswers(Answers):
    """The answers of several models, whose sources `by_model` has by provider and id. `sender` is the last one's."""

    by_model: Mapping[tuple[str, str], Answers] = field(default_factory=dict[tuple[str, str], Answers])

    def with_store(self, store: Store | Path | str) -> Answers:
        """Return the same sources with another store in front of all but the rules, whose answers cost nothing."""
        opened = store if isinstance(store, Store) else None
        by_model = dict(self.by_model)
        for name, answers in self.by_model.items():
            if name[0] != FREE:
                by_model[name] = answers.with_store(opened or store)
                opened = by_model[name].store
        return replace(self, store=opened, by_model=by_model)

    def answer(self, effect: Send, allowance: Allowance) -> Completion:
        """Return the completion of the request."""
        return self._of(effect.request).answer(effect, allowance)

    async def aanswer(self, effect: Send, allowance: Allowance) -> Completion:
        """Async version of `answer`."""
        return await self._of(effect.request).aanswer(effect, allowance)

    def stored(self, request: Request) -> Completion | None:
        """Return the answer to a request that costs nothing: a stored one, or that of the rules. None if it costs."""
        if request.provider == FREE:
            return self._of(request).sender.send(request, Allowance())
        return self._of(request).stored(request)

    def _of(self, request: Request) -> Answers:
        return self.by_model[request.provider, request.model]


Opened: TypeAlias = tuple[tuple[str, ...], Answers, tuple[Sender, ...]]
"""The names of the models, the source of all their answers, and their senders."""


def open_models(
    models: Sequence[str],
    store: Store | None,
    base_url: str | None,
    open_wire: Callable[[str], Sender],
    run: int | None = None,
) -> Opened:
    """Open one model, or those of a cascade. `run` is the run whose stored answers are read again.

    Raises ConfigurationError if a model cannot be used.
    """
    if len(models) == 1:
        name, answers = open_answers(models[0], store, base_url, partial(open_wire, models[0]), run)
        return (name,), answers, (answers.sender,)
    opened = [
        # What the rules answer costs nothing, so it is not stored.
        open_answers(model, None if model == FREE else store, base_url, partial(open_wire, model))
        for model in models
    ]
    by_model = {split_model(name): answers for name, answers in opened}
    if len(by_model) < len(opened):
        raise ConfigurationError("Two models of the cascade are the same recording. Name each model once.")
    last = opened[-1][1]
    joined = CascadeAnswers(last.sender, last.store, last.endpoint, last.pays, by_model)
    return tuple(name for name, _ in opened), joined, tuple(answers.sender for _, answers in opened)


def check_models(models: tuple[str, ...], options: Options, senders: Sequence[Sender]) -> None:
    """Raise ConfigurationError for options that a cascade cannot keep to: a mode, a budget in USD, too few attempts."""
    if len(models) == 1:
        return
    for model, sender in zip(models, senders, strict=True):
        card, mode = sender.card, options.mode
        if model != FREE and card and card.modes and mode is not Mode.AUTO and mode not in card.modes:
            has = ", ".join(one.value for one in card.modes)
            raise ConfigurationError(
                f"{model} does not support mode {mode.value!r}, only {has}. Use a mode that every model of the cascade "
                "has, mode 'auto', or another model."
            )
        if model != FREE and options.budget.max_cost is not None and not _is_priced(card):
            raise ConfigurationError(
                f"max_cost is set, but the price of {model} is unknown. Set max_tokens instead, or use models that "
                "`structgen models` lists with a price."
            )
    asked, most = sum(model != FREE for model in models), options.budget.max_attempts
    if most is not None and most < asked:
        raise ConfigurationError(
            f"The cascade asks {asked} models, but max_attempts is {most}. Allow at "
            f"least one attempt for each: max_attempts={asked}, or --max-attempts {asked} on the command line."
        )


def _is_priced(card: Card | None) -> bool:
    return cost_of(Usage(0, 0, calls=1), card) is not None


def check_keys(
    models: Sequence[str], *, api_key: object, base_url: object, client: object, previous_run: object
) -> None:
    """Raise ConfigurationError for what belongs to one model or provider if the cascade has several."""
    if len(models) > 1 and previous_run is not None:
        raise ConfigurationError(
            "previous_run= reads the answers of one model again, and a cascade asks several. Name one model, or leave "
            "previous_run out: with the same store, equal requests are answered from it."
        )
    providers = dict.fromkeys(split_model(model)[0] for model in models if model != FREE)
    given = {"api_key": api_key, "base_url": base_url, "client": client}
    named = next((name for name, value in given.items() if value is not None), None)
    if len(providers) > 1 and named is not None:
        raise ConfigurationError(
            f"{named}= belongs to one provider, and the cascade has {' and '.join(providers)}. Set the environment "
            "variables of each provider instead."
        )


def refuse_cascade(models: Sequence[str], what: str) -> None:
    """Raise ConfigurationError for a call that asks one model alone."""
    if len(models) > 1:
        raise ConfigurationError(
            f"A cascade cannot give {what}: it asks the next model for what an answer lacks, which only a checked "
            f"value can show. Use extract or map, or an Extractor with one model, such as {models[-1]}."
        )


def refuse_rules(models: Sequence[str]) -> None:
    """Raise ConfigurationError if rules are asked to generate."""
    if len(models) > 1 and FREE in models:
        raise ConfigurationError(
            "The rules only read a given text and cannot generate one. Leave them out of the cascade: "
            f"{','.join(model for model in models if model != FREE)}."
        )
