from enum import Enum
from types import SimpleNamespace as Object

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Completion, Usage
from structgen.send.shapes import read_response

ANTHROPIC = Object(
    content=[
        Object(type="thinking", thinking="Hm."),
        Object(type="text", text='{"a"'),
        Object(type="text", text=": 1}"),
    ],
    stop_reason="end_turn",
    model="claude",
    usage=Object(input_tokens=5, output_tokens=7, cache_read_input_tokens=2),
)
BEDROCK = {
    "output": {"message": {"content": [{"text": '{"a": 1}'}]}},
    "stopReason": "max_tokens",
    "usage": {"inputTokens": 5, "outputTokens": 7},
}
COHERE = Object(message=Object(content=[Object(type="text", text='{"a": 1}')]), finish_reason="COMPLETE")


class Finish(Enum):
    """As google's SDK has it."""

    STOP = 1


GOOGLE = Object(
    text='{"a": 1}',
    candidates=[Object(finish_reason=Finish.STOP)],
    usage_metadata=Object(prompt_token_count=5, candidates_token_count=7, thoughts_token_count=3),
)
OPENAI = Object(
    choices=[Object(message=Object(content='{"a": 1}', refusal=None), finish_reason="length")],
    model="gpt",
    usage=Object(prompt_tokens=5, completion_tokens=7, prompt_tokens_details=Object(cached_tokens=0)),
)


@pytest.mark.parametrize(
    ("response", "completion"),
    [
        (ANTHROPIC, Completion('{"a": 1}', "stop", Usage(5, 7, 2, None, 1), "claude")),
        (BEDROCK, Completion('{"a": 1}', "length", Usage(5, 7, None, None, 1), "asked")),
        (COHERE, Completion('{"a": 1}', "stop", Usage(calls=1), "asked")),
        (GOOGLE, Completion('{"a": 1}', "stop", Usage(5, 7, None, 3, 1), "asked")),
        (OPENAI, Completion('{"a": 1}', "length", Usage(5, 7, 0, None, 1), "gpt")),
    ],
)
def test_the_responses_of_every_family_are_read(response: object, completion: Completion) -> None:
    assert read_response(response, "asked") == completion


@pytest.mark.parametrize("response", [None, "<html>", 3, {}, [], Object(choices=[]), Object(content=None)])
def test_a_response_without_text_is_none(response: object) -> None:
    assert read_response(response, "asked") is None


def test_an_empty_text_that_was_cut_off_is_a_completion() -> None:
    cut = Object(choices=[Object(message=Object(content=None), finish_reason="length")])
    assert read_response(cut, "asked") == Completion("", "length", Usage(calls=1), "asked")


NAMES = st.sampled_from(["choices", "message", "content", "text", "usage", "model", "finish_reason", "output"])


@given(
    st.recursive(
        st.none() | st.text(max_size=3) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=10,
    )
)
@settings(deadline=None, max_examples=200)
def test_no_response_makes_the_reader_fail(response: object) -> None:
    found = read_response(response, "asked")
    assert found is None or isinstance(found.text, str)
