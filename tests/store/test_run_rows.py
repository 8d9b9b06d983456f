"""The rows of a run in the ledger, and stored answers that are asked for again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from structgen.core.records import Completion, Request
from structgen.store import RunRow, Store, document_name

Ask = Callable[..., Request]


@pytest.fixture
def store(path: Path):
    with Store(path) as store:
        yield store


def row(run: int, position: int, status: str = "ok", **others) -> RunRow:
    return RunRow(run, position, f"d{position}", f"in/d{position}.txt", status, **others)


def recorded(store: Store, *rows: RunRow) -> None:
    store.add_rows(rows)
    store.finish_run(rows[0].run, len(rows))  # the end of a run is written after its rows


def test_the_rows_of_a_run_are_read_in_order_as_they_were_recorded(store: Store) -> None:
    run = store.start_run("structgen extract", "dish", "groq/m")
    failed = row(
        run,
        1,
        "failed",
        reason="No #.",
        error="No 7.",
        model="groq/m",
        calls=3,
        input_tokens=10,
        output_tokens=5,
        cost=None,
        untold_calls=1,
        texts=(document_name("a"), document_name("b")),
    )
    rows = [row(run, 0), failed, row(run, 2, "incomplete", cost=0.5)]
    recorded(store, *rows)
    assert list(store.rows_of(run)) == rows
    assert list(store.failures_of(run)) == rows[1:]
    assert list(store.rows_of(run + 1)) == []


def test_many_rows_are_read_page_by_page(store: Store) -> None:
    run = store.start_run("structgen extract", "dish", "groq/m")
    recorded(store, *(row(run, number, "failed" if number % 2 else "ok") for number in range(1_203)))
    assert [one.position for one in store.rows_of(run)] == list(range(1_203))
    assert len(list(store.failures_of(run))) == 601


def test_the_rows_of_a_pruned_run_are_deleted_with_it(store: Store) -> None:
    run = store.start_run("structgen extract", "dish", "groq/m")
    recorded(store, row(run, 0))
    store.prune(-1)
    assert list(store.rows_of(run)) == []


def test_a_refused_answer_is_asked_for_once_more_and_then_used(store: Store, ask: Ask, soup: Completion) -> None:
    asked, other = replace(ask(), document="Soup."), replace(ask(), document="Tea.", schema_name="other")
    run = store.start_run("structgen extract", "dish", "groq/m")
    store.once(asked, lambda: soup)
    store.once(other, lambda: soup)
    recorded(store, row(run, 0, "failed", texts=(document_name("Soup."),)), row(run, 1))
    store.start_run("structgen extract --retry-failed", "dish", "groq/m")
    assert store.ask_afresh(store.failures_of(run)) == 1
    stew = replace(soup, text='{"name": "Stew"}')
    assert store.once(asked, lambda: stew).paid
    assert store.once(asked, lambda: soup).completion == stew
    assert not store.once(other, lambda: stew).paid
    assert store.get(asked) == stew


def test_a_failure_without_a_stored_answer_has_none_to_ask_for_again(store: Store) -> None:
    run = store.start_run("structgen extract", "dish", "groq/m")
    recorded(store, row(run, 0, "failed"), row(run, 1, "failed", texts=(document_name("never answered"),)))
    assert store.ask_afresh(store.failures_of(run)) == 0
