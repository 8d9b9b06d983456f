"""Turns, and how often the store is looked into for each."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from structgen.core.records import Completion, Request
from structgen.store import Store

Ask = Callable[..., Request]


def lookups(reader: sqlite3.Connection, work: Callable[[], object]) -> int:
    """How often the store reads a completion during this work."""
    seen: list[str] = []
    reader.set_trace_callback(seen.append)
    work()
    reader.set_trace_callback(None)
    return sum("FROM completion WHERE name" in text for text in seen)


def test_each_request_of_a_run_is_looked_for_once(store: Store, ask: Ask, soup: Completion) -> None:
    def run() -> None:
        for number in range(20):
            assert store.once(ask(number), lambda: soup).completion.text == soup.text

    reader = store._reader
    assert lookups(reader, run) <= 21  # nothing is stored
    assert lookups(reader, run) <= 21  # everything is


def test_a_stored_answer_does_not_wait_for_the_consumer_of_an_equal_stream(
    path: Path, ask: Ask, soup: Completion
) -> None:
    with Store(path) as store:
        store.once(ask(1), lambda: soup)  # finds nothing, so the next look is only made within the turn
        store.put(ask(2), soup)
        with store.streaming(ask(2), 60.0):
            found: list[bool] = []
            other = threading.Thread(target=lambda: found.append(store.once(ask(2), lambda: soup).paid))
            other.start()
            other.join(30.0)
            assert found == [False]
