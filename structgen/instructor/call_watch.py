"""Reports one call to instructor's hooks, and stops it between two attempts once its token budget is spent."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from instructor.v2.core.hooks import Hooks

from structgen.core.errors import BudgetExceeded, ConfigurationError, ExtractionFailed, TransportError
from structgen.core.records import Completion, Usage
from structgen.core.results import Issue
from structgen.engine.flow import FAULTS, Send
from structgen.instructor.retry_failures import attempts_in, retry_exception, validation_error
from structgen.instructor.sdk_completions import SdkRecords, sdk_completion, sdk_usage

R = TypeVar("R")


@dataclass(slots=True)
class CallWatch:
    """One call as it is observed: its hooks, its budget, and what was spent on it so far.

    `most` is the number of attempts that are allowed, or None. `exhausted` becomes true if the token budget stopped it.
    """

    hooks: Hooks
    records: SdkRecords
    title: str
    most: int | None
    token_budget: int | None = None
    spent: Usage = field(default_factory=Usage)
    exhausted: bool = False

    def watched(self, line: Generator[Send, Completion, R]) -> Generator[Send, Completion, R]:
        """Pass on the effects of a line, and report them."""
        try:
            effect = next(line)
            while True:
                if effect.refused and self._is_exhausted():
                    effect = line.throw(BudgetExceeded(f"The token budget of {self.token_budget} is exhausted"))
                    continue
                self._sending(effect)
                try:
                    completion = yield effect
                except FAULTS as error:
                    self._not_arrived(error, effect.attempt)
                    effect = line.throw(error)
                else:
                    self._arrived(completion, effect.attempt)
                    effect = line.send(completion)
        except StopIteration as done:
            return done.value

    def failure(self, error: ExtractionFailed | TransportError) -> Exception:
        """Report the end of a call that failed, and return instructor's exception for it."""
        attempts = attempts_in(error)
        # After a transport error the last refused attempt is not reported again: that happened when the next was sent.
        if attempts and not isinstance(error.__cause__, TransportError):
            self._refused(attempts[-1].issues, len(attempts), last=True)
        made = retry_exception(error, self.title, self.records, self.token_budget if self.exhausted else None)
        self.hooks.emit_completion_last_attempt(
            made.__cause__ if isinstance(made.__cause__, Exception) and not self.exhausted else made,
            **self._numbers(made.n_attempts, last=True),
        )
        return made

    def _is_exhausted(self) -> bool:
        if self.token_budget is None:
            return False
        given, written = self.spent.input_tokens, self.spent.output_tokens
        # After a response without usage it is unknown how much of the budget is left.
        self.exhausted = given is None or written is None or given + written >= self.token_budget
        return self.exhausted

    def _sending(self, effect: Send) -> None:
        if effect.refused:
            self._refused(effect.refused, effect.attempt - 1, last=False)
        self.hooks.emit_completion_arguments(**effect.request.to_groq())

    def _arrived(self, completion: Completion, attempt: int) -> None:
        self.hooks.emit_completion_response(sdk_completion(completion, completion.usage, self.records))
        self.spent += completion.usage
        usage = sdk_usage(self.spent, self.records)
        if usage is not None:
            self.hooks.emit_completion_usage(usage, attempt_number=attempt)

    def _not_arrived(self, error: Exception, attempt: int) -> None:
        if isinstance(error, TransportError):
            self.hooks.emit_completion_error(error, **self._numbers(attempt, last=True))

    def _refused(self, issues: tuple[Issue, ...], attempt: int, *, last: bool) -> None:
        self.hooks.emit_parse_error(validation_error(issues, self.title), **self._numbers(attempt, last=last))

    def _numbers(self, attempt: int, *, last: bool) -> dict[str, Any]:
        return {"attempt_number": attempt, "max_attempts": self.most, "is_last_attempt": last}


def check_token_budget(given: object, response_model: object, *, streamed: bool) -> None:
    """Raise ConfigurationError for a token budget that instructor would refuse as well."""
    if given is None:
        return
    if isinstance(given, bool) or not isinstance(given, int) or given <= 0:
        raise ConfigurationError(f"token_budget is {given!r}, but must be a whole number above 0, or None.")
    if response_model is None or streamed:
        raise ConfigurationError(
            "token_budget applies to the questions after a refused answer: pass a response_model, and do not stream. "
            "For a stream use options=Options(budget=Budget(max_tokens=...)) of from_groq."
        )
