"""Cascade: the models to ask, in their order, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.argument_checks import shown, string
from structgen.core.errors import ConfigurationError
from structgen.engine.budget import FREE
from structgen.send import named_model, split_model

BETWEEN = ","
"""What separates the models of a cascade on the command line."""


@dataclass(frozen=True, slots=True, init=False)
class Cascade:
    """Models in the order in which they are asked, the cheapest first: ``Cascade("rules", "groq/a", "groq/b")``.

    The next model is asked if the answer of the one before was refused, if the rules did not find a field, or, with
    ``Options(require_evidence=True)``, if the text does not support a value. It is asked only for those fields; all
    others keep their values and their evidence. The null of an LLM is an answer. A null of the rules is not: they are
    never sure that a text lacks something. What they found is kept, also if its evidence is ``derived``.

    A transport error does not make the next model answer: it ends the extraction, with what stands in `.partial`.
    Pass it to `Extractor` in place of a model. ``"rules,groq/a,groq/b"`` means the same.

    Raises ConfigurationError for fewer than two models, a model that is named twice or is not one, and for rules that
    are not the first.
    """

    models: tuple[str, ...]

    def __init__(self, *models: str) -> None:
        """Check the models, and replace names such as ``groq/auto:simple`` by the models that they mean."""
        object.__setattr__(self, "models", tuple(_checked(model) for model in models))
        _check_order(self.models)

    def __str__(self) -> str:
        """Return the models as the command line takes them."""
        return BETWEEN.join(self.models)


def model_in(model: object) -> str | Cascade:
    """Check for the name of a model or a Cascade. A string with commas is a Cascade."""
    if isinstance(model, Cascade):
        return model
    name = string(model)
    return Cascade(*name.split(BETWEEN)) if BETWEEN in name else name


def models_in(model: str | Cascade) -> tuple[str, ...]:
    """Return the names of all models, with ``groq/auto:simple`` and the like replaced by the models that they mean."""
    chosen = model_in(model)
    return chosen.models if isinstance(chosen, Cascade) else (named_model(chosen),)


def attempts_of(turn: int, models: tuple[str, ...], most: int | None, used: int) -> int | None:
    """Return how many attempts a model may make; `turn` is its index, `used` counts those of the models before it.

    Each later model keeps one attempt. A model that is not the last one tries at most twice: the next may know better.
    """
    later = len(models) - turn - 1
    left = None if most is None else most - used - later
    if not later:
        return left
    if models[turn] == FREE:
        return 1
    return TRIES if left is None else min(TRIES, left)


TRIES = 2


def _checked(model: object) -> str:
    if isinstance(model, Cascade):
        raise ConfigurationError(
            f"A cascade cannot contain another one ({model}): name all models in one, Cascade({_quoted(model.models)})."
        )
    if not isinstance(model, str):
        raise ConfigurationError(f"A cascade takes the names of models, not {shown(model)}: write {EXAMPLE}.")
    if not model.strip():
        raise ConfigurationError(f"One of the models of the cascade is empty: write {EXAMPLE}.")
    if BETWEEN in model:
        raise ConfigurationError(
            f"{model!r} names several models: write Cascade({_quoted(tuple(model.split(BETWEEN)))})."
        )
    named = named_model(model)
    split_model(named)
    return named


EXAMPLE = 'Cascade("rules", "groq/openai/gpt-oss-20b")'


def _quoted(models: tuple[str, ...]) -> str:
    return ", ".join(f'"{model.strip()}"' for model in models)


def _check_order(models: tuple[str, ...]) -> None:
    if len(models) < 2:
        one = f" Pass {models[0]!r} itself if it is the only one." if models else ""
        raise ConfigurationError(f"A cascade has at least two models: write {EXAMPLE}.{one}")
    twice = next((model for model in models if models.count(model) > 1), None)
    if twice is not None:
        raise ConfigurationError(
            f"The cascade names {twice} twice, and it would answer twice alike. Name each model once."
        )
    if FREE in models[1:]:
        raise ConfigurationError(
            "The rules cost nothing, so they come first in a cascade: name rules before the others."
        )
