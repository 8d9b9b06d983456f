"""Finish reasons: a closed value counts, on record, and nothing is cut off silently."""

from typing import Any

import pytest
from pydantic import BaseModel

from structgen.core.finish_reasons import Ending, common_finish_reason, ending_of
from structgen.core.options import Risk
from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.parse.response import Parts, parse_parts
from structgen.schema import Schema


class Soup(BaseModel):
    name: str
    serves: int = 4


WHOLE, OPEN = '{"name": "Leek", "serves": 2}', '{"name": "Leek", "serves'


def read(text: str, reason: str | None, schema: Any = Soup, **options: Any) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text, finish_reason=reason, **options)


def notes(parsed: Parsed[Any]) -> list[tuple[Any, Risk]]:
    return [(repair.before, repair.risk) for repair in parsed.repairs if repair.rule == "finish_reason"]


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        *(
            (word, Ending.WHOLE)
            for word in ("stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence", "complete")
        ),
        *((word, Ending.WHOLE) for word in ("tool_calls", "tool_use", "function_call", "error")),
        *((word, Ending.CUT) for word in ("length", "max_tokens", "MAX_TOKENS", "model_length", "interrupted")),
        *((word, Ending.CUT) for word in ("max_output_tokens", "model_context_window_exceeded")),
        *((word, Ending.FILTERED) for word in ("content_filter", "SAFETY", "recitation", "guardrail_intervened")),
        *((word, Ending.UNKNOWN) for word in ("", None, "mystery", "insufficient_system_resource", "pause_turn")),
    ],
)
def test_every_finish_reason_means_one_thing(reason: str | None, ending: Ending) -> None:
    assert ending_of(reason) is ending
    assert ending_of(common_finish_reason(reason)) is ending


@pytest.mark.parametrize("text", [WHOLE, f"Here:\n```json\n{WHOLE}\n```", '{"Name": "Leek", "serves": "2"}'])
@pytest.mark.parametrize(
    ("reason", "noted"),
    [
        ("stop", []),
        ("end_turn", []),
        ("length", []),
        ("content_filter", [("content_filter", Risk.INTERPRETIVE)]),
        ("mystery", [("mystery", Risk.LOSSLESS)]),
        (None, [(None, Risk.LOSSLESS)]),
        ("", [(None, Risk.LOSSLESS)]),
    ],
)
def test_a_closed_value_is_accepted_on_record(text: str, reason: str | None, noted: Any) -> None:
    parsed = read(text, reason)
    assert parsed.value == Soup(name="Leek", serves=2)
    assert notes(parsed) == noted


def test_a_value_that_a_filter_may_have_changed_is_refused_under_lossless() -> None:
    parsed = read(WHOLE, "content_filter", max_risk=Risk.LOSSLESS)
    assert (parsed.ok, parsed.partial) == (False, {"name": "Leek", "serves": 2})
    assert "filter" in parsed.issues[0].message
    assert read(WHOLE, None, max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize("text", [OPEN, "", "I cannot", '{"name": "Leek"', '[{"name": "Leek"}'])
@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("content_filter", "was stopped by a content filter (finish_reason 'content_filter')"),
        ("mystery", "may be cut off (finish_reason 'mystery')"),
        (None, "may be cut off (no finish_reason)"),
    ],
)
def test_a_value_that_is_not_closed_is_refused_with_the_reason(text: str, reason: str | None, words: str) -> None:
    parsed = read(text, reason)
    assert not parsed.ok
    assert parsed.issues[0].message == words
    assert len(parsed.issues) > 1


def test_a_value_that_is_only_wrong_is_not_called_cut_off() -> None:
    parsed = read('{"name": 5}', "content_filter")
    assert [issue.path for issue in parsed.issues] == ["/name"]


@pytest.mark.parametrize("reason", ["max_tokens", "model_length", "content_filter", "mystery", None])
def test_more_may_have_been_meant_to_follow(reason: str | None) -> None:
    assert not read("12", reason, int).ok
    assert not read('{"name": "Leek"} {"name": "Pea"}', reason, list[Soup]).ok
    assert not read('{"name": "Leek"}', reason, list[Soup]).ok
    assert read('[{"name": "Leek"}]', reason, list[Soup]).ok


@pytest.mark.parametrize("reason", ["content_filter", None])
def test_tool_calls_are_judged_alike(reason: str | None) -> None:
    parsed = parse_parts(Schema.of(Soup), Parts((WHOLE, WHOLE)), finish_reason=reason)
    assert parsed.ok
    assert len(notes(parsed)) == 1
    cut: Parsed[Any] = parse_parts(Schema.of(Soup), Parts((WHOLE, OPEN)), finish_reason=reason)
    assert not cut.ok
