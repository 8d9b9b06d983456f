from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tenacity import Retrying, stop_after_attempt, wait_none

from structgen.batch import Batch, RowStatus, RunBudget
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    RateLimited,
    ServerDown,
    StoreError,
    StructgenError,
)
from structgen.core.events import Event, TransportRetried
from structgen.core.options import Budget, Options
from structgen.core.records import Document, Task, Usage
from structgen.documents import DocumentProblem
from structgen.engine.budget import cost_of, tokens_of
from structgen.extractor import Extractor
from structgen.send import find_card
from structgen.store import Store
from structgen.testing import Emulator, error, reply

GROQ = "groq/openai/gpt-oss-20b"
TASK: Task[Any] = Task(
    "dish",
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "serves": {"type": "integer"}},
        "required": ["name", "serves"],
        "additionalProperties": False,
    },
)


def quick(retries: int) -> Retrying:
    """Retry without waiting."""
    return Retrying(stop=stop_after_attempt(retries + 1), wait=wait_none())


def documents(*names: str) -> Iterator[Document]:
    return (Document(f"Name: {name}\nServes: 4", name, f"{name}.txt") for name in names)


def run(batch: Batch, given: Any) -> list[tuple[str, RowStatus]]:
    return [(row.id, row.status) for row in batch.rows(given)]


def failing_run(batch: Batch, given: Any) -> tuple[list[tuple[str, RowStatus]], StructgenError]:
    seen: list[tuple[str, RowStatus]] = []
    with pytest.raises(StructgenError) as caught:
        seen.extend((row.id, row.status) for row in batch.rows(given))
    return seen, caught.value


def test_rules_give_a_row_for_each_document_in_order() -> None:
    batch = Batch(Extractor("rules"), TASK)
    rows = list(batch.rows(documents("Soup", "Stew", "Pie")))
    assert [row.value for row in rows] == [{"name": name, "serves": 4} for name in ("Soup", "Stew", "Pie")]
    assert [row.source for row in rows] == ["Soup.txt", "Stew.txt", "Pie.txt"]
    assert (batch.summary.ok, batch.summary.cost, batch.summary.usage.calls) == (3, 0.0, 0)
    assert all(row.evidence for row in rows)


def test_problems_have_their_rows_where_they_stood() -> None:
    mixed = [
        DocumentProblem("gone.txt", "there is no such file.", "gone"),
        *documents("Soup"),
        DocumentProblem("a", "it is empty.", "a"),
        DocumentProblem("b", "it is empty.", "b"),
        *documents("Stew"),
        DocumentProblem("c", "it is empty.", "c"),
    ]
    found = run(Batch(Extractor("rules"), TASK), mixed)
    assert [name for name, _ in found] == ["gone", "Soup", "a", "b", "Stew", "c"]
    assert [status for _, status in found].count(RowStatus.FAILED) == 4


def test_problems_alone_have_their_rows() -> None:
    assert run(Batch(Extractor("rules"), TASK), [DocumentProblem("a", "it is empty.", "a")]) == [
        ("a", RowStatus.FAILED)
    ]


def test_what_rules_do_not_find_makes_the_row_incomplete_and_is_null() -> None:
    (row,) = Batch(Extractor("rules"), TASK).rows([Document("Name: Soup", "soup", "soup.txt")])
    assert row.status is RowStatus.INCOMPLETE
    assert row.value == {"name": "Soup", "serves": None}
    assert row.model == "rules"
    assert [piece.text for piece in row.evidence if piece.path == "/name"] == ["Soup"]


def test_documents_are_taken_as_rows_are_asked_for() -> None:
    taken: list[str] = []

    def lazily() -> Iterator[Document]:
        for document in documents(*"abcdefgh"):
            taken.append(document.id)
            yield document

    rows = Batch(Extractor("rules"), TASK, concurrency=2).rows(lazily())
    next(rows)
    assert len(taken) <= 3
    rows.close()


def test_a_model_gives_rows_with_usage_and_cost(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'))
    batch = Batch(Extractor(GROQ), TASK)
    (row,) = batch.rows(documents("Soup"))
    assert (row.status, row.value, row.usage.calls) == (RowStatus.OK, {"name": "Soup", "serves": 4}, 1)
    assert row.cost is not None
    assert row.cost > 0
    assert batch.summary.cost == row.cost
    assert batch.summary.usage == row.usage


def test_a_refused_answer_has_a_failed_row_and_its_cost_and_the_others_are_done(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": 5, "serves": "many"}', as_is=True), reply('{"name": "Stew", "serves": 2}'))
    batch = Batch(Extractor(GROQ, Options(budget=Budget(max_attempts=1))), TASK, concurrency=1)
    refused, fine = batch.rows(documents("Soup", "Stew"))
    assert (refused.status, refused.value, fine.status) == (RowStatus.FAILED, None, RowStatus.OK)
    assert refused.issues
    assert refused.cost is not None
    assert refused.cost > 0
    assert refused.usage.calls == 1


def test_an_answer_that_lacks_a_part_has_an_incomplete_row(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup"}', as_is=True))
    batch = Batch(Extractor(GROQ, Options(budget=Budget(max_attempts=1))), TASK)
    (row,) = batch.rows(documents("Soup"))
    assert (row.status, row.value) == (RowStatus.INCOMPLETE, {"name": "Soup"})
    assert [(piece.path, piece.text) for piece in row.evidence] == [("/name", "Soup")]


def test_a_fault_of_the_wire_fails_one_row_alone(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("request_too_large_body"), reply('{"name": "Stew", "serves": 2}'))
    batch = Batch(Extractor(GROQ), TASK, concurrency=1)
    assert [status for _, status in run(batch, documents("Soup", "Stew"))] == [RowStatus.FAILED, RowStatus.OK]


def test_a_key_that_is_refused_ends_the_run_with_its_first_row(groq_emulator: Emulator) -> None:
    batch = Batch(Extractor(GROQ, api_key="gsk_wrong"), TASK, concurrency=2)
    seen, reason = failing_run(batch, documents(*"abcdefgh"))
    assert isinstance(reason, AuthenticationFailed)
    assert 1 <= len(seen) <= 3
    assert batch.left_over
    # a document that was started before the refusal, but not sent, fails with the same reason
    assert 1 <= len(groq_emulator.requests) <= len(seen)


def most(attempts: int = 3) -> Usage:
    return Extractor(GROQ, Options(budget=Budget(max_attempts=attempts))).estimate_usage(TASK, next(documents("a")))


def test_a_run_never_goes_over_its_budget_and_keeps_what_was_paid(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    price = next(iter(Batch(Extractor(GROQ), TASK).rows(documents("a")))).cost
    card = find_card("groq", GROQ.removeprefix("groq/"))
    assert price is not None
    groq_emulator.requests.clear()
    limit = (cost_of(most(), card) or 0) + 2.5 * price
    batch = Batch(Extractor(GROQ), TASK, concurrency=2, budget=RunBudget(max_cost=limit))
    seen, reason = failing_run(batch, documents(*"abcdefgh"))
    assert isinstance(reason, BudgetExceeded)
    assert "no further document" in str(reason)
    assert seen == [(name, RowStatus.OK) for name in "abc"]
    assert (batch.summary.cost or 0) <= limit
    assert len(groq_emulator.requests) == 3
    assert batch.left_over


def test_a_budget_that_the_first_document_may_go_over_takes_none(groq_emulator: Emulator) -> None:
    batch = Batch(Extractor(GROQ), TASK, budget=RunBudget(max_cost=1e-9))
    seen, reason = failing_run(batch, documents(*"abc"))
    assert (seen, groq_emulator.requests) == ([], [])
    assert isinstance(reason, BudgetExceeded)


def test_a_budget_with_room_for_all_takes_all(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    batch = Batch(Extractor(GROQ), TASK, budget=RunBudget(max_cost=1.0, max_tokens=1_000_000))
    assert len(run(batch, documents(*"abcdefgh"))) == 8
    assert not batch.left_over


def test_a_call_of_unknown_usage_counts_with_its_most(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("json_validate_failed_syntax", failed_generation="not JSON"), repeat_last=True)
    extractor = Extractor(GROQ, Options(budget=Budget(max_attempts=1)))
    limit = tokens_of(most(attempts=1)) + 10
    batch = Batch(extractor, TASK, concurrency=1, budget=RunBudget(max_tokens=limit))
    seen, reason = failing_run(batch, documents(*"abc"))
    assert isinstance(reason, BudgetExceeded)
    assert seen == [("a", RowStatus.FAILED)]
    assert batch.summary.cost is None


def test_a_run_ends_where_its_tokens_do(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    batch = Batch(Extractor(GROQ), TASK, concurrency=1, budget=RunBudget(max_tokens=tokens_of(most()) + 10))
    seen, reason = failing_run(batch, documents(*"abc"))
    assert seen == [("a", RowStatus.OK)]
    assert "tokens" in str(reason)


def test_a_budget_is_refused_where_the_price_is_not_known() -> None:
    extractor = Extractor("compatible/llama", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ConfigurationError, match="the price of compatible/llama is unknown"):
        Batch(extractor, TASK, budget=RunBudget(max_cost=1.0))


def test_a_budget_is_refused_where_attempts_have_no_limit(groq_emulator: Emulator) -> None:
    extractor = Extractor(GROQ, Options(budget=Budget(max_attempts=None)))
    with pytest.raises(ConfigurationError, match="Set a number of attempts"):
        Batch(extractor, TASK, budget=RunBudget(max_tokens=1_000))
    with pytest.raises(ConfigurationError, match="Set a number of attempts"):
        extractor.estimate_usage(TASK, next(documents("a")))
    Batch(extractor, TASK, budget=RunBudget(max_seconds=1))


def test_a_run_ends_where_its_time_does(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}', delay=0.3), repeat_last=True)
    batch = Batch(Extractor(GROQ), TASK, concurrency=1, budget=RunBudget(max_seconds=0.2))
    seen, reason = failing_run(batch, documents(*"abc"))
    assert seen == [("a", RowStatus.OK)]
    assert "time of 0.2 s is over" in str(reason)


def test_rules_keep_every_budget() -> None:
    assert run(Batch(Extractor("rules"), TASK, budget=RunBudget(max_cost=0.5)), documents("a")) == [("a", RowStatus.OK)]


def test_a_stopped_run_finishes_what_is_under_way(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    batch = Batch(Extractor(GROQ), TASK, concurrency=3)
    rows = batch.rows(documents(*"abcdefgh"))
    seen = [next(rows).id]
    batch.stop()
    seen.extend(row.id for row in rows)
    assert seen == list("abcdefgh")[: len(seen)]
    assert len(seen) == len(groq_emulator.requests) <= 4
    assert batch.left_over


def stopped_at_a_retry(options: Options | None = None) -> Batch:
    """Return a batch whose run is stopped as soon as a request waits for a retry."""
    batches: list[Batch] = []

    def stop(event: Event) -> None:
        if isinstance(event, TransportRetried):
            batches[0].stop()

    batches.append(Batch(Extractor(GROQ, options, observers=[stop]), TASK, concurrency=1))
    return batches[0]


def test_a_stopped_run_gives_up_what_waits_and_leaves_it_over(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), error("flex_capacity", retry_after=30))
    batch, given = stopped_at_a_retry(), documents("Soup", "Stew", "Pie")
    assert run(batch, given) == [("Soup", RowStatus.OK)]
    assert batch.count_left(given, 1.0) == (2, True)
    assert (batch.summary.rows, len(groq_emulator.requests)) == (1, 2)


def test_what_was_paid_for_has_its_row_though_asking_again_was_given_up(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup"}', as_is=True), error("flex_capacity", retry_after=30))
    batch, given = stopped_at_a_retry(), documents("Soup")
    (row,) = batch.rows(given)
    assert (row.status, row.usage.calls) == (RowStatus.INCOMPLETE, 1)
    assert batch.count_left(given, 1.0) == (1, True)


def test_a_document_some_of_whose_chunks_were_given_up_has_its_row_and_is_left_over(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), error("flex_capacity", retry_after=30))
    batch = stopped_at_a_retry(Options(chunk_chars=200))
    (row,) = batch.rows([Document("Name: Soup, serves 4.\n" * 15, "soup", "soup.txt")])
    assert (row.status, {chunk.status for chunk in row.chunks}) == (RowStatus.INCOMPLETE, {"failed", "ok"})
    assert batch.left_over


def test_a_stopped_batch_leaves_its_extractor_as_it_was(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("flex_capacity", retry_after=0), reply('{"name": "Soup", "serves": 4}'))
    extractor = Extractor(GROQ)
    Batch(extractor, TASK).stop()
    assert extractor.extract(TASK, "Name: Soup\nServes: 4").value == {"name": "Soup", "serves": 4}


def test_seconds_never_run_back() -> None:
    batch = Batch(Extractor("rules"), TASK)
    times = [batch.summary.seconds for _ in batch.rows(documents(*"abc"))]
    assert all(before <= after for before, after in pairwise(times))


def test_a_limit_that_is_used_up_for_longer_than_a_document_has_time_stops_the_run(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit_tpd", retry_after=415), repeat_last=True)
    batch = Batch(Extractor(GROQ, Options(budget=Budget(max_seconds=60))), TASK, concurrency=1)
    seen, limited = failing_run(batch, documents("Soup", "Stew", "Pie", "Tart"))
    assert isinstance(limited, RateLimited)
    assert seen == [("Soup", RowStatus.FAILED)]
    assert batch.left_over
    assert len(groq_emulator.requests) == 1


def test_a_limit_that_is_free_again_soon_fails_its_document_alone(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("flex_capacity", retry_after=0), reply('{"name": "Stew", "serves": 4}'))
    batch = Batch(Extractor(GROQ, Options(budget=Budget(max_transport_retries=0))), TASK, concurrency=1)
    assert run(batch, documents("Soup", "Stew")) == [("Soup", RowStatus.FAILED), ("Stew", RowStatus.OK)]


def names(count: int) -> Iterator[Document]:
    return documents(*(f"Dish {number}" for number in range(count)))


def fill(path: Path) -> None:
    """As if the disk of the store were full from the fourth answer on."""
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON completion WHEN (SELECT count(*) FROM completion) >= 3 "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )


def test_a_store_that_is_full_ends_the_run_and_every_paid_answer_has_its_row(
    groq_emulator: Emulator, tmp_path: Path
) -> None:
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        fill(path)
        batch = Batch(Extractor(GROQ, store=store), TASK, concurrency=4)
        seen, reason = failing_run(batch, names(30))
    assert isinstance(reason, StoreError)
    assert len(seen) == len(groq_emulator.requests) < 30
    assert {status for _, status in seen} == {RowStatus.OK}
    assert batch.left_over
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER full")
    with Store(path) as store:
        again = Batch(Extractor(GROQ, store=store), TASK, concurrency=4)
        assert len(run(again, names(30))) == 30
    assert len(groq_emulator.requests) == len(seen) + 27  # only what could not be kept was asked again


@pytest.mark.parametrize("retries", [0, 3])
def test_a_dead_server_ends_the_run_after_a_few_documents(retries: int, unused_port: int) -> None:
    options = Options(budget=Budget(max_transport_retries=retries))
    extractor = Extractor(
        GROQ, options, api_key="gsk_1", base_url=f"http://127.0.0.1:{unused_port}", retrying=quick(retries)
    )
    batch = Batch(extractor, TASK, concurrency=2)
    seen, reason = failing_run(batch, names(60))
    assert isinstance(reason, ServerDown)
    assert "calls in a row got no answer" in str(reason)
    assert "the connection was refused" in str(reason)
    assert len(seen) <= (20 if retries == 0 else 5)
    assert batch.left_over


def test_a_server_that_fails_at_single_documents_does_not_end_the_run(groq_emulator: Emulator) -> None:
    groq_emulator.script(*[error("internal"), error("internal"), reply('{"name": "Soup", "serves": 4}')] * 10)
    options = Options(budget=Budget(max_transport_retries=0))
    batch = Batch(Extractor(GROQ, options), TASK, concurrency=1)
    found = run(batch, names(30))
    assert [status for _, status in found].count(RowStatus.FAILED) == 20


def test_a_server_that_only_fails_ends_the_run(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"), repeat_last=True)
    options = Options(budget=Budget(max_transport_retries=2))
    batch = Batch(Extractor(GROQ, options, retrying=quick(2)), TASK, concurrency=2)
    seen, reason = failing_run(batch, names(60))
    assert isinstance(reason, ServerDown)
    assert 12 <= len(seen) <= 14


@pytest.mark.parametrize(
    ("retries", "documents_given", "down"), [(0, 9, False), (0, 10, True), (4, 1, False), (4, 2, True), (9, 1, True)]
)
def test_ten_calls_in_a_row_that_meet_no_server_end_the_run(
    retries: int, documents_given: int, down: bool, unused_port: int
) -> None:
    options = Options(budget=Budget(max_transport_retries=retries))
    address = f"http://127.0.0.1:{unused_port}"
    extractor = Extractor(GROQ, options, api_key="gsk_1", base_url=address, retrying=quick(retries))
    batch = Batch(extractor, TASK, concurrency=1)
    given = names(documents_given)
    if down:
        assert isinstance(failing_run(batch, given)[1], ServerDown)
    else:
        assert {status for _, status in run(batch, given)} == {RowStatus.FAILED}
    assert batch.server_is_down is down
