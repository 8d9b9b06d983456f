"""Predict the usage of requests from the stored usage of earlier ones of the same kind. Pure.

Tokens are fitted to the characters of a request by least squares. Without any history, four characters per token are
assumed, and the estimate says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from structgen.compile.parameters import CHARS_PER_TOKEN
from structgen.core.json import JsonObject
from structgen.store.usage_samples import UsageSample

Point = tuple[float, float]
"""The characters of a request, and its tokens."""

_SIGNIFICANT = 4.0
"""The squared t statistic above which answers are assumed to grow with their texts."""


class Basis(StrEnum):
    """What an estimate is based on, from the best to the worst."""

    HISTORY = "history"
    """Stored responses of this task and model."""
    MODEL = "model"
    """Stored responses of this model to other tasks: they tell the tokens of a text, but not those of an answer."""
    ROUGH = "rough"
    """Nothing but the number of characters."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Tokens as a straight line over characters."""

    constant: float
    each: float

    def at(self, chars: float) -> float:
        """Return the tokens for a number of characters."""
        return self.constant + self.each * chars


@dataclass(frozen=True, slots=True)
class Rates:
    """What one first request takes, and with `calls`, `more_in` and `more_out` what follows it, as multiples of it.

    `output` is None if nothing tells how long the answers are. `cached` is the share of the input that costs the price
    of cached tokens. `latency` is the mean number of seconds from a request to its response, and `pace` how fast the
    last run was; either is None if it is not known.
    """

    input: Fit = Fit(0.0, 1 / CHARS_PER_TOKEN)
    output: Fit | None = None
    calls: float = 1.0
    more_in: float = 1.0
    more_out: float = 1.0
    cached: float = 0.0
    basis: Basis = Basis.ROUGH
    samples: int = 0
    latency: float | None = None
    pace: Pace | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the last run was: seconds from one response to the next, and what it took in `seconds` altogether."""

    each: float
    seconds: float
    requests: int
    tokens: int


def rates_of(head: int, samples: Sequence[UsageSample], parts: Iterable[UsageSample]) -> Rates | None:
    """Return the rates of a task, or None without a sample of a first request.

    Each of `samples` begins with the same `head` messages; one more message makes it a first request, and more ask
    again. `parts` may have asked for a part of a value; those about the same documents are counted.
    """
    firsts = [one for one in samples if len(_messages(one)) == head + 1 and _is_known(one)]
    if not firsts:
        return None
    documents = {one.document for one in firsts if one.document}
    same = {(one.at, one.document) for one in samples}
    later = [one for one in samples if len(_messages(one)) > head + 1]
    later += [one for one in parts if one.document in documents and (one.at, one.document) not in same]
    told = [one for one in later if _is_known(one)]
    tokens_in, tokens_out = _total_in(firsts), _total_out(firsts)
    return Rates(
        input=_line([(chars_of(one), one.completion.usage.input_tokens or 0) for one in firsts]),
        output=_trend([(chars_of(one), one.completion.usage.output_tokens or 0) for one in firsts]),
        calls=_calls([*firsts, *later]) / len(firsts),
        more_in=1 + _total_in(told) / max(tokens_in, 1),
        more_out=1 + _total_out(told) / max(tokens_out, 1),
        cached=sum(one.completion.usage.cached_tokens or 0 for one in firsts) / max(tokens_in, 1),
        basis=Basis.HISTORY,
        samples=len(firsts) + len(later),
        latency=_latency([*firsts, *later]),
        pace=_pace([*firsts, *later]),
    )


def rates_of_model(samples: Sequence[UsageSample]) -> Rates | None:
    """Return what responses to other tasks of a model tell, or None if they tell nothing."""
    known = [one for one in samples if _is_known(one) and chars_of(one)]
    if not known:
        return None
    each = _total_in(known) / sum(map(chars_of, known))
    return Rates(
        input=Fit(0.0, each), basis=Basis.MODEL, samples=len(known), latency=_latency(known), pace=_pace(known)
    )


def chars_of(sample: UsageSample) -> int:
    """Return the characters of the messages of a request, without those of images."""
    return sum(len(_text(message.get("content"))) for message in _messages(sample))


def _messages(sample: UsageSample) -> list[JsonObject]:
    return cast("list[JsonObject]", sample.request.get("messages") or [])


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = cast("list[object]", content) if isinstance(content, list) else []
    return "\n\n".join(part for part in parts if isinstance(part, str))


def _is_known(sample: UsageSample) -> bool:
    usage = sample.completion.usage
    return usage.input_tokens is not None and usage.output_tokens is not None


def _calls(samples: Sequence[UsageSample]) -> int:
    return sum(max(one.completion.usage.calls, 1) for one in samples)


def _total_in(samples: Iterable[UsageSample]) -> int:
    return sum(one.completion.usage.input_tokens or 0 for one in samples)


def _total_out(samples: Iterable[UsageSample]) -> int:
    return sum(one.completion.usage.output_tokens or 0 for one in samples)


def _line(points: Sequence[Point]) -> Fit:
    """Return the line for prompts, whose tokens grow with their characters for certain."""
    slope = _slope(points)
    mean_x, mean_y = _means(points)
    if slope is None or slope <= 0 or mean_y - slope * mean_x < 0:
        return Fit(0.0, mean_y / mean_x if mean_x else 0.0)
    return Fit(mean_y - slope * mean_x, slope)


def _trend(points: Sequence[Point]) -> Fit:
    """Return the line for answers: their mean, unless they clearly grow with their texts."""
    slope = _slope(points)
    mean_x, mean_y = _means(points)
    if slope is None or slope <= 0 or len(points) < 3:
        return Fit(mean_y, 0.0)
    left = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    told = sum((slope * (x - mean_x)) ** 2 for x, _ in points)
    if told * (len(points) - 2) < _SIGNIFICANT * left:
        return Fit(mean_y, 0.0)
    constant = mean_y - slope * mean_x
    # an answer is never negative, even if the text is shorter than all samples
    return Fit(constant, slope) if constant >= 0 else Fit(0.0, mean_y / mean_x)


def _means(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _slope(points: Sequence[Point]) -> float | None:
    mean_x, mean_y = _means(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else None


def _latency(samples: Sequence[UsageSample]) -> float | None:
    told = [one.completion.seconds for one in samples if one.completion.seconds is not None]
    return sum(told) / len(told) if told else None


def _pace(samples: Sequence[UsageSample]) -> Pace | None:
    """Return how fast the last run was, or None if it had too few responses to tell."""
    last = max(samples, key=lambda one: one.at).run
    run = [one for one in samples if one.run == last]
    # calls outside of a run may be days apart
    if not last or len(run) < _ENOUGH:
        return None
    begin, end = min(one.at for one in run), max(one.at for one in run)
    return Pace((end - begin) / (len(run) - 1), end - begin, len(run), _total_in(run) + _total_out(run))


_ENOUGH = 5
