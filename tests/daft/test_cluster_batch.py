"""A batch on Daft has the rows, budgets and errors of any batch."""

import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from structgen import Extractor
from structgen.batch import Batch, Row, RunBudget
from structgen.core.errors import AuthenticationFailed, BudgetExceeded, ConfigurationError, ServerDown
from structgen.core.records import Document, FieldsText, Task
from structgen.daft import cluster_batch
from structgen.daft.cluster_batch import ClusterBatch
from structgen.daft.job import ExtractorSettings, Job
from structgen.daft.worker import close_workers
from structgen.documents import DocumentOrProblem, DocumentProblem
from structgen.store import Store
from structgen.testing import Emulator, reply

MODEL = "groq/openai/gpt-oss-20b"
TASK = Task("soup", FieldsText("name, servings int?"))


def documents(count: int) -> Iterator[DocumentOrProblem]:
    """Documents with a problem in front of every seventh, and one at the end."""
    for number in range(count):
        if number % 7 == 0:
            yield DocumentProblem("in.jsonl", f"line {number}", f"p{number}")
        yield Document(f"Name: Soup {number}\nServings: {number}", id=f"d{number}", source="in.jsonl")
    yield DocumentProblem("in.jsonl", "the last line", "last")


def plain(rows: Iterable[Row]) -> list[Any]:
    return [{**row.to_json(), "model": ""} for row in rows]


@pytest.fixture(autouse=True)
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_batch, "PARTITION", 20)


def batch_for(model: str, budget: RunBudget | None = None, **settings: Any) -> ClusterBatch:
    extractor = Extractor(model)
    return ClusterBatch(extractor, TASK, Job(TASK, ExtractorSettings(model), **settings), budget=budget)


@pytest.mark.parametrize("model", ["rules", MODEL])
def test_the_rows_are_those_of_a_batch_in_this_process_and_in_its_order(model: str, emulator: Emulator) -> None:
    here = Batch(Extractor(model), TASK)
    there = batch_for(model, concurrency=4)
    assert plain(there.rows(documents(50))) == plain(here.rows(documents(50)))
    told, expected = there.summary, here.summary
    assert (told.rows, told.ok, told.failed, told.usage) == (
        expected.rows,
        expected.ok,
        expected.failed,
        expected.usage,
    )


def test_a_budget_is_kept_and_says_how_many_are_left(emulator: Emulator) -> None:
    here = Batch(Extractor(MODEL), TASK, budget=RunBudget(max_tokens=20_000))
    there = batch_for(MODEL, RunBudget(max_tokens=20_000))
    for batch in (here, there):
        ahead = documents(40)
        rows: list[Row] = []
        with pytest.raises(BudgetExceeded):
            rows.extend(batch.rows(ahead))
        done = sum(row.id.startswith("d") for row in rows)
        assert 0 < done < 40
        left, exact = batch.count_left(ahead, 10)
        assert exact
        assert left + len(rows) == 40 + 6 + 1  # documents, and the problems in front of them and behind
        assert (batch.summary.usage.input_tokens or 0) + (batch.summary.usage.output_tokens or 0) <= 20_000


def test_an_error_that_all_documents_would_meet_stops_the_run(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_wrong_0123456789")
    batch = batch_for(MODEL, concurrency=1)
    with pytest.raises(AuthenticationFailed):
        list(batch.rows(documents(60)))
    assert batch.left_over
    assert len(emulator.requests) == 1


def test_a_process_that_cannot_open_its_extractor_stops_the_run(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_for(MODEL)
    monkeypatch.delenv("GROQ_API_KEY")  # a worker without the key
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        list(batch.rows(documents(5)))


def test_an_error_of_daft_stops_the_run_and_the_rest_is_left_over(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_for(MODEL)
    monkeypatch.setattr(cluster_batch, "unpack", _fails)
    with pytest.raises(ServerDown, match=r"Daft has stopped: the cluster is gone\."):
        list(batch.rows(documents(30)))
    assert batch.left_over


def _fails(packed: bytes) -> Any:
    raise RuntimeError("the cluster is gone\nand more")


def test_a_run_that_is_stopped_finishes_what_is_paid_for_and_goes_on_where_it_stopped(
    emulator: Emulator, tmp_path: Path
) -> None:
    store = str(tmp_path / "store.sqlite")
    batch = batch_for(MODEL, store=store, concurrency=2)
    rows: list[Row] = []
    for row in batch.rows(documents(60)):
        rows.append(row)
        if len(rows) == 5:
            batch.stop()
    assert batch.left_over
    assert len(rows) < 60
    assert not list(Path(f"{store}-started").glob("stop-*"))
    again = batch_for(MODEL, store=store)
    assert [row.id for row in again.rows(documents(60)) if row.status == "ok"] == [f"d{number}" for number in range(60)]
    assert len(emulator.requests) == 60


def test_an_interrupt_finishes_what_is_under_way_although_daft_would_cancel_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def answer(body: Any) -> str:
        asked.append(body)
        if len(asked) == 10:
            os.kill(os.getpid(), signal.SIGINT)
        return '{"name": "Soup", "servings": 1}'

    with Emulator(answer=answer, latency=0.2) as server:
        monkeypatch.setenv("GROQ_API_KEY", server.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
        batch = batch_for(MODEL, concurrency=4)
        before = signal.signal(signal.SIGINT, lambda *_: batch.stop())
        try:
            rows = list(batch.rows(documents(60)))
        finally:
            signal.signal(signal.SIGINT, before)
            close_workers()
        assert batch.left_over
        assert 10 <= len(asked) < 60
        assert sum(row.status == "ok" for row in rows) == len(asked)


def test_rows_that_daft_does_not_return_are_left_over(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = batch_for(MODEL)
    whole = batch._results
    monkeypatch.setattr(batch, "_results", lambda partition: list(whole(partition))[:-2])
    rows: list[Row] = []
    with pytest.raises(ServerDown, match="of 20 rows"):
        rows.extend(batch.rows(documents(20)))
    assert batch.left_over


def test_what_the_processes_pay_is_that_of_the_run(emulator: Emulator, tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        run = store.start_run("structgen extract", "soup", MODEL)
        batch = batch_for(MODEL, store=str(store.path))
        batch.in_run(run)
        assert len(list(batch.rows(documents(10)))) == 13
        store.finish_run(run, 10)
        assert store.usage_of(store.runs()[0]).completions == 10


def test_a_failed_row_keeps_its_usage_and_its_partial_value(emulator: Emulator) -> None:
    emulator.script(*[reply('{"name": "Soup", "servings": "some"}')] * 3)
    (row,) = batch_for(MODEL).rows([Document("Name: Soup", id="a")])
    assert row.status == "failed"
    assert row.usage.calls == 3
    assert row.partial == {"name": "Soup", "servings": "some"}
    assert replace(row, error=None).issues[0].path == "/servings"
