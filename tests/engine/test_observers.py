"""Observers are told everything, and break nothing."""

import logging
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.errors import ConnectionFailed, ExtractionFailed
from structgen.core.events import (
    Accepted,
    CompletionReceived,
    Event,
    Failed,
    Repaired,
    RequestSent,
    TransportRetried,
    WaitingForLimit,
)
from structgen.core.options import Budget, Options
from structgen.core.records import Completion
from structgen.engine import Send, drive, extraction
from structgen.engine.observers import Observers, observed
from structgen.schema import Schema


class Soup(BaseModel):
    title: str


def line(max_attempts: int = 3) -> Any:
    options = Options(budget=Budget(max_attempts=max_attempts))
    brief = Brief(Schema.of(Soup), "groq", "a-model", options)
    return extraction(compile_brief(brief), "Leek soup.")


def run(replies: list[Any], *observers: Any, max_attempts: int = 3) -> Any:
    ahead = iter(replies)

    def perform(effect: Send) -> Completion:
        reply = next(ahead)
        if isinstance(reply, Exception):
            raise reply
        return Completion(reply)

    return drive(observed(line(max_attempts), Observers(observers)), perform)


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def test_every_step_is_told_in_order() -> None:
    events: list[Event] = []
    result = run(["no", '```\n{"title": "Leek"}\n```'], events.append)
    asked = [RequestSent, CompletionReceived]
    assert kinds(events) == [*asked, *asked, Repaired, Accepted]
    assert events[-1] == Accepted(result)
    assert [event.attempt for event in events if isinstance(event, RequestSent)] == [1, 2]


def test_a_failure_is_told_as_the_end() -> None:
    events: list[Event] = []
    with pytest.raises(ExtractionFailed):
        run(["no"], events.append, max_attempts=1)
    assert kinds(events) == [RequestSent, CompletionReceived, Failed]


def test_a_fault_of_the_wire_is_told_as_the_end() -> None:
    events: list[Event] = []
    with pytest.raises(ConnectionFailed):
        run([ConnectionFailed("gone")], events.append)
    assert kinds(events) == [RequestSent, Failed]


def test_an_observer_that_raises_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError("observer")

    with caplog.at_level(logging.ERROR, "structgen"):
        assert run(['{"title": "Leek"}'], broken, events.append).value.title == "Leek"
    assert kinds(events) == [RequestSent, CompletionReceived, Accepted]
    assert "the run continues" in caplog.text
    assert "Leek" not in caplog.text.replace("RuntimeError", "")


def test_a_transport_retry_is_told_with_its_wait() -> None:
    events: list[Event] = []
    error = ConnectionFailed("gone")
    Observers((events.append,)).retried(error, 1.5)
    assert events == [TransportRetried(error, 1.5)]


def test_a_wait_for_a_limit_is_told_with_what_is_waited_for() -> None:
    events: list[Event] = []
    Observers((events.append,)).waiting(12.0, "the limit of 8,000 tokens a minute")
    assert events == [WaitingForLimit("the limit of 8,000 tokens a minute", 12.0)]


def test_without_observers_the_line_is_the_line() -> None:
    plain = line()
    assert observed(plain, Observers()) is plain
    plain.close()
