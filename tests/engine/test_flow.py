"""The line itself: no wire, no clock, only effects and completions."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.errors import (
    BudgetExceeded,
    ConfigurationError,
    ConnectionFailed,
    DeadlinePassed,
    ExtractionFailed,
    StructgenError,
    TransportError,
)
from structgen.core.options import Budget, EvidenceMode, Options, Reask
from structgen.core.records import Card, Completion, Evidence, Status, Usage
from structgen.engine import Line, Send, adrive, drive, extraction
from structgen.engine.answers import check
from structgen.engine.budget import cost_of, tokens_of
from structgen.schema import Schema


class Soup(BaseModel):
    title: str
    minutes: int


GOOD = Completion('{"title": "Leek", "minutes": 10}', usage=Usage(100, 20, None, None, 1), model="a-model")
BAD = replace(GOOD, text='{"title": "Leek"}')
PROSE = replace(GOOD, text="I cannot do that.")
BROKEN_WIRE = ConnectionFailed("no answer")
CARD = Card("a-model", price_in=1.0, price_out=2.0)

Reply = Completion | TransportError


def line(options: Options | None = None, **changes: Any) -> Line[Soup]:
    brief = replace(Brief(Schema.of(Soup), "groq", "a-model", options or Options(), card=CARD), **changes)
    return extraction(compile_brief(brief), "Leek soup in 10 minutes.")


def scripted(replies: list[Reply], log: list[Send]) -> Callable[[Send], Completion]:
    """Performs each effect with the next reply; the last one again and again."""
    ahead: Iterator[Reply] = iter(replies)
    last = replies[-1]

    def perform(effect: Send) -> Completion:
        check(effect.beyond)
        log.append(effect)
        reply = next(ahead, last)
        if isinstance(reply, TransportError):
            raise reply
        return reply

    return perform


def run(replies: list[Reply], options: Options | None = None) -> Any:
    return drive(line(options), scripted(replies, []))


def failure(replies: list[Reply], options: Options | None = None) -> ExtractionFailed:
    with pytest.raises(ExtractionFailed) as caught:
        run(replies, options)
    return caught.value


def test_a_good_answer_is_one_attempt() -> None:
    result = run([GOOD])
    assert result.value == Soup(title="Leek", minutes=10)
    assert [attempt.why.partition(";")[0] for attempt in result.attempts] == ["first question"]
    assert result.usage == Usage(100, 20, None, None, 1)
    assert result.cost == pytest.approx((100 * 1 + 20 * 2) / 1e6)


def test_a_refused_answer_is_asked_again_with_its_issues() -> None:
    log: list[Send] = []
    result = drive(line(), scripted([BAD, GOOD], log))
    assert result.value.minutes == 10
    assert [effect.attempt for effect in log] == [1, 2]
    assert "/minutes" in log[1].request.messages[-1].content
    assert result.usage == Usage(200, 40, None, None, 2)
    assert result.attempts[0].issues
    assert not result.attempts[1].issues


def test_the_history_stays_bounded() -> None:
    log: list[Send] = []
    with pytest.raises(BudgetExceeded):
        drive(line(Options(budget=Budget(max_attempts=6))), scripted([BAD], log))
    assert len(log) == 6
    assert max(len(effect.request.messages) for effect in log) == len(log[0].request.messages) + 2


def test_attempts_that_run_out_carry_everything() -> None:
    error = failure([PROSE, BAD, BAD])
    assert isinstance(error, BudgetExceeded)
    assert [attempt.completion.text for attempt in error.attempts] == [PROSE.text, BAD.text, BAD.text]
    assert error.partial == {"title": "Leek"}
    assert error.usage == Usage(300, 60, None, None, 3)
    assert error.issues[0].path == "/minutes"
    assert "minutes" in str(error)


def test_without_a_limit_of_attempts_the_other_limits_count() -> None:
    unlimited = Budget(max_attempts=None)
    assert len(run([BAD] * 9 + [GOOD], Options(budget=unlimited)).attempts) == 10
    some = replace(unlimited, max_tokens=10 * tokens_of(most_of_the_first_question()))
    assert len(failure([BAD] * 99, Options(budget=some, reask=Reask.WHOLE)).attempts) > 3


def most_of_the_first_question() -> Usage:
    return next(line()).at_most


@pytest.mark.parametrize("kind", ["max_tokens", "max_cost"])
def test_no_call_is_made_that_could_go_over_the_budget(kind: str) -> None:
    most = most_of_the_first_question()
    just_enough = {"max_tokens": tokens_of(most) + 50, "max_cost": (cost_of(most, CARD) or 0) + 0.0001}
    budget = replace(Budget(), **{kind: just_enough[kind]})
    error = failure([BAD], Options(budget=budget, reask=Reask.WHOLE))
    assert isinstance(error, BudgetExceeded)
    assert len(error.attempts) == 1
    assert "are spent" in str(error)


def test_the_error_that_ended_asking_again_and_the_issue_before_it_are_sentences() -> None:
    error = failure([BAD, TransportError("The server is down. Start it.")])
    assert str(error).startswith("Asking again failed: The server is down. Start it. The answer before was refused: /")
    assert ".:" not in str(error)
    assert not str(error).endswith("..")


def test_a_budget_below_the_first_question_asks_nothing() -> None:
    error = failure([GOOD], Options(budget=Budget(max_tokens=100)))
    assert isinstance(error, BudgetExceeded)
    assert error.attempts == ()


def test_an_attempt_of_unknown_usage_counts_with_its_most() -> None:
    unknown = replace(BAD, usage=Usage(calls=1))
    twice = 2 * tokens_of(most_of_the_first_question())
    error = failure([unknown], Options(budget=Budget(max_tokens=twice), reask=Reask.WHOLE))
    assert len(error.attempts) == 1
    assert error.usage == Usage(calls=1)


def test_a_budget_in_money_needs_a_price() -> None:
    priceless = line(Options(budget=Budget(max_cost=1)), card=None)
    with pytest.raises(ConfigurationError, match="price"):
        drive(priceless, scripted([GOOD], []))


@pytest.mark.parametrize("before", [[], [BAD]])
def test_time_that_runs_out_is_a_budget_that_ran_out(before: list[Reply]) -> None:
    error = failure([*before, DeadlinePassed("too late")])
    assert isinstance(error, BudgetExceeded)
    assert isinstance(error.__cause__, DeadlinePassed)
    assert len(error.attempts) == len(before)


def test_a_final_completion_is_never_asked_again() -> None:
    error = failure([replace(BAD, final=True)])
    assert len(error.attempts) == 1
    assert not isinstance(error, BudgetExceeded)


def test_a_fault_of_the_wire_before_any_completion_stays_what_it_is() -> None:
    with pytest.raises(ConnectionFailed, match="no answer"):
        run([BROKEN_WIRE])


def test_a_fault_of_the_wire_later_keeps_what_was_paid_for() -> None:
    error = failure([BAD, BROKEN_WIRE])
    assert [attempt.completion for attempt in error.attempts] == [BAD]
    assert error.partial == {"title": "Leek"}
    assert error.__cause__ is BROKEN_WIRE


def test_evidence_is_looked_up_in_the_document() -> None:
    pieces = run([GOOD]).evidence
    assert [(piece.path, piece.text) for piece in pieces] == [("/title", "Leek"), ("/minutes", "10")]


def test_evidence_of_the_sender_is_taken_as_it_is() -> None:
    own = (Evidence("/title", 0, 4, "Leek", Status.EXACT),)
    assert run([replace(GOOD, evidence=own)]).evidence == own


def test_no_evidence_where_none_is_asked_for_or_nothing_was_read() -> None:
    assert run([GOOD], Options(evidence=EvidenceMode.NONE)).evidence == ()
    assert drive(line(extracting=False), scripted([GOOD], [])).evidence == ()


def test_a_value_without_evidence_is_asked_for_where_evidence_is_required() -> None:
    invented = replace(GOOD, text='{"title": "Leek", "minutes": 45}')
    log: list[Send] = []
    right = replace(GOOD, text='{"/minutes": 10}')
    result = drive(line(Options(require_evidence=True)), scripted([invented, right], log))
    assert result.value.minutes == 10
    assert "/minutes" in log[1].request.messages[-1].content
    assert "does not occur in the document" in log[1].request.messages[-1].content


def test_a_value_without_evidence_is_refused_where_asking_does_not_help() -> None:
    error = failure([replace(GOOD, text='{"title": "Leek", "minutes": 45}')], Options(require_evidence=True))
    assert [issue.path for issue in error.attempts[0].issues] == ["/minutes"]
    assert error.partial == {"title": "Leek", "minutes": 45}


def test_generated_values_need_no_evidence() -> None:
    generated = line(Options(require_evidence=True), extracting=False)
    assert drive(generated, scripted([GOOD], [])).value.minutes == 10


REPLIES = st.sampled_from(
    [GOOD, BAD, PROSE, BROKEN_WIRE, replace(BAD, final=True), replace(BAD, finish_reason="length")]
)
BUDGETS = st.builds(Budget, max_attempts=st.integers(1, 4), max_tokens=st.none() | st.integers(1, 9_000))


def outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except StructgenError as error:
        return type(error), str(error), getattr(error, "attempts", None)


@settings(deadline=None, max_examples=60)
@given(st.lists(REPLIES, min_size=1, max_size=5), BUDGETS)
def test_both_drivers_leave_the_same_log(replies: list[Reply], budget: Budget) -> None:
    sync_log: list[Send] = []
    async_log: list[Send] = []
    options = Options(budget=budget)
    perform = scripted(replies, async_log)

    async def aperform(effect: Send) -> Completion:
        await asyncio.sleep(0)
        return perform(effect)

    sync = outcome(lambda: drive(line(options), scripted(replies, sync_log)))
    other = outcome(lambda: asyncio.run(adrive(line(options), aperform)))
    assert sync == other
    assert sync_log == async_log
