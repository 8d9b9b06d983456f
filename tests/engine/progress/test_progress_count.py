"""How far a run is, from its events and outcomes: by a clock that the test moves."""

from dataclasses import replace

import pytest

from structgen.core.events import CompletionReceived, WaitingForLimit
from structgen.core.options import Mode
from structgen.core.progress import Progress
from structgen.core.records import Completion, Message, Request, Usage
from structgen.engine.budget import Prices
from structgen.engine.outcome_status import RowStatus
from structgen.engine.progress.progress_count import ProgressCount
from structgen.engine.progress.progress_words import (
    cost_words,
    count_words,
    done_words,
    duration,
    left_words,
    speed_words,
    wait_words,
)

GROQ = "groq/openai/gpt-oss-20b"
REQUEST = Request("groq", "openai/gpt-oss-20b", (Message("user", "Soup."),), Mode.JSON, True)
USAGE = Usage(1_000, 100, calls=1)


def counted(total: int | None = None) -> ProgressCount:
    return ProgressCount(total, Prices.of([GROQ]), 100.0)


def answered(usage: Usage = USAGE, attempt: int = 1, **others) -> CompletionReceived:
    return CompletionReceived(REQUEST, Completion("{}", usage=usage, **others), attempt)


def test_texts_are_counted_by_how_they_ended() -> None:
    count = counted(5)
    for status, repaired in [("ok", True), ("ok", False), ("incomplete", True), ("failed", False)]:
        count.end(RowStatus(status), repaired=repaired, paid=True)
    shown = count.read(110.0)
    assert (shown.done, shown.total, shown.ok, shown.incomplete, shown.failed, shown.repaired) == (4, 5, 2, 1, 1, 2)
    assert (shown.seconds, shown.documents_a_second, shown.seconds_left) == (10.0, 0.4, 2.5)


def test_calls_and_their_tokens_are_counted_when_they_arrive() -> None:
    count = counted()
    count.observe(answered(), 101.0)
    count.observe(answered(attempt=2), 102.0)
    shown = count.read(130.0)
    assert (shown.calls, shown.asked_again, shown.input_tokens, shown.output_tokens) == (2, 1, 2_000, 200)
    assert shown.tokens_a_minute == 4_400
    assert shown.cost is not None
    assert shown.cost > 0


def test_a_stored_answer_is_no_call() -> None:
    count = counted()
    count.observe(answered(Usage(calls=0), attempt=2, stored=True), 101.0)
    assert count.read(101.0) == Progress(seconds=1.0)


def test_calls_that_told_no_tokens_make_the_cost_a_lower_bound() -> None:
    count = counted()
    count.observe(answered(), 101.0)
    known = count.read(101.0).cost
    count.observe(answered(Usage(calls=1)), 102.0)
    count.observe(answered(Usage(calls=2), told=USAGE), 103.0)
    shown = count.read(103.0)
    assert shown.untold_calls == 2
    assert shown.cost == pytest.approx(2 * (known or 0))
    assert cost_words(shown)[0].startswith("at least 0.00")


def test_the_projection_leaves_out_what_the_store_answered() -> None:
    count = counted(10)
    for _ in range(4):
        count.end(RowStatus.OK, repaired=False, paid=False)
    assert count.read(101.0).projected_cost is None
    count.observe(answered(), 102.0)
    count.end(RowStatus.OK, repaired=False, paid=True)
    shown = count.read(102.0)
    assert shown.projected_cost == pytest.approx(6 * (shown.cost or 0))


def test_a_run_that_is_done_costs_what_it_has_cost() -> None:
    count = counted(1)
    count.end(RowStatus.OK, repaired=False, paid=False)
    shown = count.read(102.0)
    assert (shown.projected_cost, shown.seconds_left) == (0.0, 0.0)


def test_rates_are_those_of_the_last_minute() -> None:
    count = counted(1_000)
    for second in range(1, 121):
        if second <= 60:
            count.end(RowStatus.OK, repaired=False, paid=False)
        shown = count.read(100.0 + second)
    assert shown.documents_a_second == 0
    assert shown.seconds_left is None


def test_a_wait_is_shown_until_it_ends() -> None:
    count = counted(2)
    count.end(RowStatus.OK, repaired=False, paid=True)
    count.observe(WaitingForLimit("the limit of 8,000 tokens a minute", 30.0), 110.0)
    shown = count.read(115.0)
    assert (shown.waiting_for, shown.waiting_left) == ("the limit of 8,000 tokens a minute", 25.0)
    assert (shown.seconds_left or 0) >= 25.0
    assert wait_words(shown, "12:30:05") == "waiting for the limit of 8,000 tokens a minute: 25 s, until 12:30:05"
    assert count.read(141.0).waiting_for is None


def test_an_unknown_total_has_no_end_and_no_projection() -> None:
    count = counted()
    count.end(RowStatus.OK, repaired=False, paid=True)
    shown = count.read(101.0)
    assert (shown.seconds_left, shown.projected_cost, left_words(shown), done_words(shown)) == (None, None, "", "1")


def test_the_words_name_what_there_is() -> None:
    shown = Progress(
        done=1_202, total=2_000, ok=1_200, incomplete=1, failed=1, repaired=3, calls=9, asked_again=2, cost=None
    )
    assert ", ".join(count_words(shown)) == "1,200 ok, 1 incomplete, 1 failed, 3 repaired, 2 asked again"
    assert done_words(shown) == "1,202/2,000"
    assert cost_words(shown) == ["cost unknown"]
    assert speed_words(replace(shown, documents_a_second=0.123, tokens_a_minute=1_234.5)) == [
        "0.12 documents/s",
        "1,234 tokens/min",
    ]


def test_a_limit_that_a_server_names_does_not_act_on_the_terminal() -> None:
    assert "\x1b" not in wait_words(Progress(waiting_for="\x1b[2J", waiting_left=1))


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (59.6, "1:00"), (61, "1:01"), (3_725, "1:02:05")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
