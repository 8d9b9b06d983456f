"""The ledger of the provider's batches: intentions before deeds, answers as those of live calls, each once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.core.batch_states import BatchState, RequestOutcome
from structgen.core.errors import StoreError
from structgen.core.records import Completion, Request
from structgen.store import Store, batch_ledger
from structgen.store.batch_ledger import BatchLedger
from structgen.store.batch_tables import BatchChange, Settlement
from structgen.store.serialization import write

Ask = Callable[..., Request]


@pytest.fixture
def ledger(store: Store) -> BatchLedger:
    return store.batches


def filled(ledger: BatchLedger, *requests: Request, run: int = 0) -> int:
    batch = ledger.begin("", "m", "name.jsonl")
    ledger.add(batch, [write(request) for request in requests])
    ledger.seal([batch], run)
    return batch


def settled(batch: int, number: int, completion: Completion | None, reason: str = "") -> Settlement:
    outcome = RequestOutcome.FAILED if completion is None else RequestOutcome.ANSWERED
    return Settlement(number, batch, completion, outcome, reason, 1.0)


def numbers(ledger: BatchLedger, batch: int) -> list[int]:
    return [number for number, _ in ledger.requests(batch)]


def test_a_batch_knows_its_requests_without_the_documents(ledger: BatchLedger, ask: Ask) -> None:
    batch = filled(ledger, ask(1), ask(2))
    assert [request for _, request in ledger.requests(batch)] == [ask(1), ask(2)]
    (record,) = ledger.open()
    assert (record.state, record.requests, record.file_name) == (BatchState.PLANNED, 2, "name.jsonl")


def test_what_is_known_of_a_batch_survives_the_process(path: Path, ask: Ask) -> None:
    with Store(path) as store:
        batch = filled(store.batches, ask(1), run=3)
        store.batches.change(BatchChange(batch, BatchState.UPLOADED, file_id="file_1"))
        store.batches.change(BatchChange(batch, BatchState.CREATED, "validating", batch_id="batch_1"))
        store.batches.change(BatchChange(batch, status="in_progress", answered=1))
    with Store(path) as store:
        (record,) = store.batches.open(run=3)
        assert (record.file_id, record.batch_id, record.status) == ("file_1", "batch_1", "in_progress")
        assert (record.state, record.answered, record.refused) == (BatchState.CREATED, 1, 0)
        assert store.batches.open(run=4) == ()


def test_an_answer_is_stored_like_that_of_a_live_call(
    store: Store, ledger: BatchLedger, ask: Ask, soup: Completion
) -> None:
    run = store.start_run("structgen extract", "dish", "groq/m")
    batch = filled(ledger, ask(1), run=run)
    ledger.settle([settled(batch, numbers(ledger, batch)[0], soup)])
    assert store.get(ask(1)) == soup
    document = ask(1).document
    assert document is not None
    assert [entry.completion for entry in store.answers(run, document)] == [soup]


@pytest.mark.parametrize("first", ["answer", "error"])
def test_a_result_that_comes_twice_is_stored_once_and_an_answer_beats_an_error(
    store: Store, ledger: BatchLedger, ask: Ask, soup: Completion, first: str
) -> None:
    batch = filled(ledger, ask(1))
    (number,) = numbers(ledger, batch)
    answer, wrong = settled(batch, number, soup), settled(batch, number, None, "overloaded")
    for one in [answer, wrong, answer] if first == "answer" else [wrong, answer, wrong, answer]:
        ledger.settle([one])
    found = ledger.find(write(ask(1)).name)
    assert found is not None
    assert found.outcome is RequestOutcome.ANSWERED
    assert len(list(store.entries())) == 1


def test_a_result_for_the_request_of_another_batch_is_not_believed(
    store: Store, ledger: BatchLedger, ask: Ask, soup: Completion
) -> None:
    one, other = filled(ledger, ask(1)), filled(ledger, ask(2))
    ledger.settle([settled(other, numbers(ledger, one)[0], soup)])
    assert list(store.entries()) == []


def test_requests_without_a_result_get_the_reason_of_their_batch(
    ledger: BatchLedger, ask: Ask, soup: Completion
) -> None:
    batch = filled(ledger, ask(1), ask(2))
    ledger.settle([settled(batch, numbers(ledger, batch)[0], soup)])
    ledger.fail(batch, RequestOutcome.EXPIRED, "The window closed.")
    found = ledger.find(write(ask(2)).name)
    assert found is not None
    assert (found.outcome, found.reason) == (RequestOutcome.EXPIRED, "The window closed.")
    assert ledger.count(batch, RequestOutcome.ANSWERED) == ledger.count(batch, RequestOutcome.EXPIRED) == 1


def test_the_latest_batch_of_a_request_counts_and_all_are_counted(ledger: BatchLedger, ask: Ask) -> None:
    filled(ledger, ask(1))
    second = filled(ledger, ask(1))
    found = ledger.find(write(ask(1)).name)
    assert found is not None
    assert (found.batch, found.tries) == (second, 2)


def test_a_closed_batch_keeps_its_ids_and_forgets_its_requests(ledger: BatchLedger, ask: Ask) -> None:
    batch = filled(ledger, ask(1))
    ledger.close([batch])
    assert (ledger.open(), ledger.find(write(ask(1)).name), numbers(ledger, batch)) == ((), None, [])
    record = ledger.get(batch)
    assert record is not None
    assert record.state is BatchState.CLOSED
    ledger.drop([batch])
    assert ledger.get(batch) is None


def test_texts_are_kept_in_their_order_and_by_submission(ledger: BatchLedger) -> None:
    ledger.keep_texts("a", 0, [str(number) for number in range(300)])
    ledger.keep_texts("a", 300, ["last"])
    ledger.keep_texts("b", 0, ["other"])
    assert list(ledger.texts("a")) == [*(str(number) for number in range(300)), "last"]


def test_pruning_deletes_closed_batches_and_old_texts_alone(store: Store, ledger: BatchLedger, ask: Ask) -> None:
    closed, going = filled(ledger, ask(1)), filled(ledger, ask(2))
    ledger.close([closed])
    ledger.keep_texts("a", 0, ["text"])
    store.prune(-10)
    assert (ledger.get(closed), [one.id for one in ledger.open()], list(ledger.texts("a"))) == (None, [going], [])


def test_only_one_process_sends_at_a_time(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_ledger, "BATCH_PATIENCE", 0.0)
    sends = pytest.raises(StoreError, match="Another process is sending or fetching")
    with Store(path) as other, store.batches.exclusive(), sends, other.batches.exclusive():
        pass
    with Store(path) as other, other.batches.exclusive():
        pass
