"""Records to JSON text and back."""

from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.options import Mode
from structgen.core.records import Call, Completion, Evidence, Message, Parameters, Passage, Request, Status, Usage
from structgen.store.serialization import decode, encode, read, write

TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
COUNT = st.none() | st.integers(0, 10**6)
MESSAGES = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXT), max_size=3).map(tuple)
NAMES = st.dictionaries(TEXT, st.lists(TEXT, max_size=2).map(tuple), max_size=2)
PARAMETERS = st.builds(
    Parameters,
    temperature=st.none() | st.floats(0, 2),
    stop=st.none() | TEXT | st.lists(TEXT, max_size=2).map(tuple),
    seed=COUNT,
    metadata=st.none() | st.dictionaries(TEXT, TEXT, max_size=2),
)
REQUESTS = st.builds(
    Request,
    provider=TEXT,
    model=TEXT,
    messages=MESSAGES,
    mode=st.sampled_from(Mode),
    json_schema=st.booleans() | st.dictionaries(TEXT, JSON, max_size=3),
    schema_name=TEXT,
    strict=st.booleans(),
    parameters=PARAMETERS,
    document=st.none() | TEXT,
    names=NAMES,
)
EVIDENCE = st.builds(
    Evidence, TEXT, COUNT, COUNT, st.none() | TEXT, st.sampled_from(Status), st.none() | st.floats(0, 1)
)
COMPLETIONS = st.builds(
    Completion,
    text=TEXT,
    finish_reason=TEXT,
    usage=st.builds(Usage, COUNT, COUNT, COUNT, COUNT, st.integers(0, 3)),
    model=TEXT,
    id=st.none() | TEXT,
    reasoning=st.none() | TEXT,
    refusal=st.none() | TEXT,
    failure=st.none() | TEXT,
    evidence=st.none() | st.lists(EVIDENCE, max_size=2).map(tuple),
    final=st.booleans(),
    seconds=st.none() | st.floats(0, 100),
    transport_retries=st.integers(0, 5),
    called=TEXT,
    more_calls=st.lists(st.builds(Call, TEXT, TEXT), max_size=2).map(tuple),
    beside=TEXT,
)
SOUP = Request("groq", "m", (Message("user", "Read: soup."),), Mode.JSON, {"type": "object"}, document="soup")


@settings(deadline=None, max_examples=80)
@given(REQUESTS)
def test_every_request_comes_back_as_it_was(request: Request) -> None:
    written = write(request)
    assert read(written.said, written.rest) == request
    assert (written.said + written.rest).isascii()


@settings(deadline=None, max_examples=80)
@given(COMPLETIONS)
def test_every_completion_comes_back_as_it_was(completion: Completion) -> None:
    assert decode(Completion, encode(completion)) == completion


@settings(deadline=None, max_examples=50)
@given(REQUESTS, REQUESTS)
def test_equal_requests_have_one_name_and_others_another(first: Request, second: Request) -> None:
    assert write(first).name == write(replace(first)).name
    seen = [replace(one, document=None, names={}) for one in (first, second)]
    if encode(seen[0]) != encode(seen[1]):
        assert write(first).name != write(second).name


@pytest.mark.parametrize("field", [one.name for one in fields(Request)])
def test_every_field_that_the_model_sees_decides_about_the_name(field: str) -> None:
    others: dict[str, Any] = {
        "messages": (Message("system", "Read: soup."),),
        "mode": Mode.TOOLS,
        "json_schema": True,
        "strict": True,
        "parameters": Parameters(seed=1),
        "names": {"/a": ("b",)},
        "above": (Passage(-6, "Soups"),),
    }
    other = replace(SOUP, **{field: others.get(field, "another")})
    assert (write(other).name == write(SOUP).name) is (field in {"document", "names", "above"})


def test_the_order_of_keys_in_a_schema_counts_for_the_name() -> None:
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert write(replace(SOUP, json_schema=one)).name != write(replace(SOUP, json_schema=other)).name  # type: ignore[arg-type]


def test_a_document_that_stands_in_the_messages_is_stored_once() -> None:
    long = replace(SOUP, messages=(Message("user", "Read: " + "soup" * 100),), document="soup" * 100)
    assert "soup" not in write(long).rest
    assert "broth" in write(replace(long, document="broth")).rest


def test_fields_of_a_later_version_are_left_out_and_missing_ones_are_at_their_default() -> None:
    assert decode(Completion, '{"text": "a", "tomorrow": {"x": 1}}') == Completion("a")


@pytest.mark.parametrize("text", ["", "nothing", "{}", '{"text": "a", "usage": {"calls": 1}, "evidence": [{}]}', "[1]"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        decode(Completion, text)


def test_read_only_mappings_are_written_as_objects() -> None:
    request = replace(SOUP, names=MappingProxyType({"/a": ("b",)}))
    written = write(request)
    assert read(written.said, written.rest) == request


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(object())


def test_a_completion_of_an_older_version_has_one_call_without_a_name() -> None:
    older = '{"text":"{}","finish_reason":"tool_calls","usage":{"calls":1}}'
    assert decode(Completion, older) == Completion("{}", "tool_calls", Usage(calls=1))
