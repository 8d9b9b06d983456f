"""Show the progress of `Extractor.map`: as a tqdm bar, also in notebooks, or through the user's callable."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sized
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar, cast

from structgen.core.argument_checks import InvalidArgument, argument, shown
from structgen.core.events import Event, WaitingForLimit
from structgen.core.progress import Progress
from structgen.engine.budget import Prices
from structgen.engine.drive import Outcome
from structgen.engine.outcome_status import status_of
from structgen.engine.progress.progress_count import ProgressCount
from structgen.engine.progress.progress_words import cost_words, count_words, wait_words

if TYPE_CHECKING:
    from tqdm.auto import tqdm

T = TypeVar("T")

ShowProgress: TypeAlias = bool | Callable[[Progress], object]
"""True: show a tqdm bar on stderr, or in the notebook. A callable: call it with the progress after every text."""

_log = logging.getLogger("structgen")


class MapProgress:
    """Counts one call of `map`, and shows it."""

    def __init__(self, show: Callable[[], Display], total: int | None, models: Iterable[str]) -> None:
        self._show = show
        self._display: Display | None = None
        self._count = ProgressCount(total, Prices.of(models), time.monotonic())

    def observe(self, event: Event) -> None:
        """Receive an event, from any thread."""
        self._count.observe(event, time.monotonic())
        if isinstance(event, WaitingForLimit) and self._display is not None:
            self._display.waits(self._count.read(time.monotonic()))

    def follow(self, outcomes: Generator[Outcome[T], None, None]) -> Generator[Outcome[T], None, None]:
        """Yield the outcomes, showing each."""
        with closing(outcomes), closing(self._show()) as self._display:
            for outcome in outcomes:
                self._see(outcome)
                yield outcome

    async def afollow(self, outcomes: AsyncGenerator[Outcome[T], None]) -> AsyncGenerator[Outcome[T], None]:
        """Async version of `follow`."""
        async with aclosing(outcomes):
            with closing(self._show()) as self._display:
                async for outcome in outcomes:
                    self._see(outcome)
                    yield outcome

    def _see(self, outcome: Outcome[Any]) -> None:
        paid = any(attempt.completion.usage.calls for attempt in outcome.attempts)
        self._count.end(status_of(outcome), repaired=bool(outcome.repairs), paid=paid)
        if self._display is not None:
            self._display.update(self._count.read(time.monotonic()))


def map_progress(progress: object, texts: object, models: Iterable[str]) -> MapProgress | None:
    """Return the progress of one call of `map`, or None if none is wanted. Raises ConfigurationError."""
    wanted = argument("progress", progress, _shown_how)
    if wanted is False:
        return None
    total = len(texts) if isinstance(texts, Sized) else None
    return MapProgress((lambda: Bar(total)) if wanted is True else (lambda: Callback(wanted)), total, models)


def _shown_how(given: object) -> ShowProgress:
    if isinstance(given, bool) or callable(given):
        return cast(ShowProgress, given)
    raise InvalidArgument(f"is {shown(given)}, but must be True, False or a callable that takes a Progress")


class Callback:
    """Calls the user's callable. If it raises, the error is logged and the run continues, as with observers."""

    def __init__(self, call: Callable[[Progress], object]) -> None:
        self._call = call

    def update(self, progress: Progress) -> None:
        """Pass on the progress after a text."""
        try:
            self._call(progress)
        except Exception:
            _log.exception("progress=%r raised an exception; the run continues.", self._call)

    def waits(self, progress: Progress) -> None:
        """Do nothing: the callable is only called in the caller's thread."""

    def close(self) -> None:
        """Do nothing."""


def tqdm_bar(*, total: int | None, unit: str, disable: bool = False) -> tqdm[NoReturn]:
    """Return a bar: a widget in notebooks with ipywidgets, else text on stderr."""
    with warnings.catch_warnings():
        # without ipywidgets the bar is text, which works as well: nothing to warn of, and no error under -W error
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    return tqdm(total=total, unit=unit, disable=disable)


class Bar:
    """A tqdm bar."""

    def __init__(self, total: int | None) -> None:
        self._bar = tqdm_bar(total=total, unit=" texts")

    def update(self, progress: Progress) -> None:
        """Show the progress after a text."""
        self._bar.set_postfix_str(", ".join([*count_words(progress), *cost_words(progress)]), refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def waits(self, progress: Progress) -> None:
        """Show what the run waits for."""
        self._bar.set_postfix_str(wait_words(progress))

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


Display: TypeAlias = Bar | Callback
