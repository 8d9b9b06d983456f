"""The records: how usage adds up, and what a request becomes for the SDK."""

import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from structgen.core.chat_message import Image
from structgen.core.errors import ConfigurationError, DocumentError, ExtractionFailed, TaskError
from structgen.core.json import pointer, steps
from structgen.core.options import Mode
from structgen.core.records import (
    Completion,
    Document,
    Evidence,
    Example,
    Message,
    Parameters,
    Request,
    Status,
    Task,
    Usage,
)
from structgen.core.results import Attempt, Extraction

SCHEMA: dict[str, Any] = {"type": "object"}


def request(mode: Mode, **parameters: Any) -> Request:
    return Request("groq", "a-model", (Message("user", "JSON"),), mode, SCHEMA, "soup", False, Parameters(**parameters))


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 0, 1, 1) + Usage(10, 20, 5, 0, 1) == Usage(11, 22, 5, 1, 2)


def test_a_count_that_one_call_does_not_know_is_unknown_in_the_sum() -> None:
    assert Usage(1, 2, None, None, 1) + Usage(None, None, None, None, 1) == Usage(None, None, None, None, 2)


def test_a_usage_without_calls_changes_nothing() -> None:
    one = Usage(1, 2, None, None, 1)
    assert Usage() + one == one
    assert one + Usage() == one


def test_json_mode_asks_for_a_json_object() -> None:
    body = request(Mode.JSON).to_groq()
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"] == [{"role": "user", "content": "JSON"}]


def test_json_schema_mode_sends_the_schema_under_its_name() -> None:
    body = request(Mode.JSON_SCHEMA).to_groq()
    expected = {"name": "soup", "schema": SCHEMA, "strict": False}
    assert body["response_format"] == {"type": "json_schema", "json_schema": expected}


def test_tools_mode_forces_one_function_and_sends_no_response_format() -> None:
    body = request(Mode.TOOLS).to_groq()
    assert body["tools"] == [{"type": "function", "function": {"name": "soup", "parameters": SCHEMA}}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "soup"}}
    assert body["parallel_tool_calls"] is False
    assert "response_format" not in body


def test_text_mode_sends_no_format() -> None:
    assert set(request(Mode.TEXT).to_groq()) == {"model", "messages"}


def test_only_parameters_that_are_set_are_sent() -> None:
    body = request(Mode.TEXT, temperature=0.0, stop=("a", "b")).to_groq()
    assert body["temperature"] == 0.0
    assert body["stop"] == ["a", "b"]
    assert set(body) == {"model", "messages", "temperature", "stop"}


@pytest.mark.parametrize("path", [(), ("a",), ("a/b", "c~d", "0"), ("",)])
def test_a_pointer_gives_its_steps_back(path: tuple[str, ...]) -> None:
    assert steps(pointer(path)) == path


def test_a_pointer_escapes_what_rfc_6901_escapes() -> None:
    assert pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"


def evidence() -> tuple[Evidence, ...]:
    return (Evidence("/a", 0, 1, "x", Status.EXACT), Evidence("/b", None, None, None, Status.UNSUPPORTED))


def test_evidence_is_looked_up_once_when_asked_for() -> None:
    calls: list[int] = []

    def locate() -> tuple[Evidence, ...]:
        calls.append(1)
        return evidence()

    result = Extraction("x", locate=locate)
    assert calls == []
    assert result.evidence == result.evidence == evidence()
    assert calls == [1]
    assert result.unsupported == ("/b",)


def test_an_extraction_names_the_model_that_answered() -> None:
    attempt = Attempt(request(Mode.JSON), Completion("{}", model="a-model"), (), "first")
    assert Extraction("x", attempts=(attempt,)).model == "a-model"
    assert "attempts" not in repr(Extraction("x", attempts=(attempt,)))
    assert Extraction("x").model == ""


def test_an_extraction_can_be_pickled() -> None:
    result = Extraction("x", locate=evidence)
    assert pickle.loads(pickle.dumps(result)).evidence == evidence()


def test_an_extraction_shows_itself_the_way_it_was_told_to() -> None:
    assert Extraction("x", view=lambda found: f"<b>{found.value}</b>")._repr_html_() == "<b>x</b>"
    assert Extraction("x")._repr_html_() is None


def test_a_failure_shows_itself_the_way_it_was_told_to() -> None:
    assert ExtractionFailed("No.", view=lambda failure: f"<b>{failure}</b>")._repr_html_() == "<b>No.</b>"
    assert ExtractionFailed("No.")._repr_html_() is None


@pytest.mark.parametrize("wrong", [None, b"Soup", 5, ["Soup"], Path("soup.txt")])
def test_the_text_of_a_document_is_a_str(wrong: Any) -> None:
    with pytest.raises(DocumentError, match="The text of a Document must be a str"):
        Document(wrong)


def test_a_document_takes_numbers_and_paths_as_names() -> None:
    named: Any = Document("Soup.", id=7, source=Path("in/soup.txt"))  # type: ignore[arg-type]
    assert (named.id, named.source) == ("7", "in/soup.txt")
    with pytest.raises(DocumentError, match="id is bool"):
        Document("Soup.", id=True)  # type: ignore[arg-type]


def test_the_parts_of_a_message_may_come_as_a_list() -> None:
    parts: Any = ["What is this?", Image(url="https://a/b.png")]
    assert Message("user", parts) == Message("user", tuple(parts))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"examples": Example("a", 1)},
            r"examples is .* must be a tuple of Example: write \(Example\(text, value\),\)",
        ),
        ({"examples": [("a", 1)]}, "examples is"),
        ({"examples": [{"text": "a", "value": 1}]}, "examples is"),
        ({"examples": None}, "examples is None"),
        ({"instructions": None}, "instructions is None, but must be a str"),
        ({"instructions": ["Be brief."]}, "instructions is list"),
        ({"name": 5}, "name is int"),
    ],
)
def test_a_task_of_other_kinds_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        Task(**{"name": "soup", "schema": int, **changes})


def test_a_task_takes_a_list_of_examples_and_a_number_for_its_version() -> None:
    given: Any = {"examples": [Example("a", 1)], "version": 2}
    assert Task("n", int, **given) == Task("n", int, examples=(Example("a", 1),), version="2")


@pytest.mark.parametrize("example", [(None, 1), (b"a", 1), ("a", 1, ["quote"]), ("a", 1, {"": 5})])
def test_an_example_of_other_kinds_is_refused(example: Any) -> None:
    with pytest.raises(TaskError, match="Wrong Example"):
        Example(*example)


@pytest.mark.parametrize(
    ("role", "content", "words"),
    [
        ("bot", "x", "role is 'bot', but must be one of 'system', 'user', 'assistant'"),
        ("user", 5, "content is int, but must be a str, or a tuple of str and Image"),
        ("user", ["x", 5], "content is int, str, but must be"),
    ],
)
def test_a_message_that_nobody_can_send_says_what_is_wrong(role: Any, content: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        Message(role, content)
