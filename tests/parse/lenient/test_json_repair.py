"""json_repair as the last resort: one missing or extra sign is repaired on the record, anything else is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.options import Risk
from structgen.parse.lenient.json_repair import last_resort
from tests.parse.samples import Claim, Item, Notes, read, rules

words = st.text(alphabet="abu62 ,'[]:", min_size=1, max_size=6)


claims = st.builds(Claim, says=words, born=st.none() | st.integers(1, 2000), evidence=st.lists(words, max_size=3))


def test_json_repair_is_the_last_resort_and_on_record() -> None:
    parsed = read(Item, '{"title": "Tea", price" : 3.5}')
    assert parsed.value == Item(title="Tea", price=3.5)
    assert rules(parsed) == ["json_repair"]
    assert not read(Item, '{"title": "Tea", price" : 3.5', max_risk=Risk.INTERPRETIVE).ok
    assert not read(Item, '{"title": "Tea", price" : 3.5}', max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    "text", ["{'a' 'b'}", "{'s': {'a' 'b'}}", "{'a' 'b', 'c' 'd'}", '{"a" "b"}', "[{'a' 'b'}]", '{\'s\': {"a" "b"}}']
)
@pytest.mark.parametrize("schema", [Any, dict[str, Any], dict[str, str], {"type": "object"}])
def test_two_adjacent_strings_are_no_key_and_value_if_keys_are_data(schema: Any, text: str) -> None:
    assert not read(schema, text).ok


def test_json_repair_may_not_take_the_quote_of_another_string_into_one() -> None:
    for text in ("{'a' 'b'}", "{'a' 'b', 'c' 'd'}", "[{'a' 'b'}]"):
        with pytest.raises(ValueError, match="lose, move or invent"):
            last_resort(text)
    assert last_resort('{"a": "it\'s", b" : 1}') == {"a": "it's", "b": 1}


def test_a_text_that_json_repair_would_change_is_refused() -> None:
    assert last_resort('{"a": 1, b" : [true, null]}') == {"a": 1, "b": [True, None]}
    for text in (
        "{" + "x" * 30_000 + "}",
        '{"a": "\\q"}',
        '{"a": <b>}',
        '{"a": 1; "b": 2}',
        "{'a': 1, b': 2}",
        "[" * 5000 + "]" * 5000,
        "text",
    ):
        with pytest.raises(ValueError, match=r"."):
            last_resort(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"title": "a", note": "b"}', Notes(title="a", note="b")),
        ('{"title: "a", "note": "b"}', Notes(title="a", note="b")),
        ('{"title":: "a", "note": "b"}', Notes(title="a", note="b")),
        ('{"title" "a", "note": "b"}', Notes(title="a", note="b")),
        ('{"title": "a", "note": "b"], "zip": "c"}', Notes(title="a", note="b", zip="c")),
        ('{"title": "a", "share":: 5}', Notes(title="a", share=5)),
    ],
)
def test_one_missing_or_extra_sign_is_repaired(text: str, value: Notes) -> None:
    parsed = read(Notes, text)
    assert parsed.value == value
    assert [repair.rule for repair in parsed.repairs] == ["json_repair"]


@pytest.mark.parametrize(
    "text",
    [
        '{"title": 6a, b", "note": "c"}',
        '{"title": "a", "note5: "b"}',
        '{"title": "a", anote": "b"}',
        '{"title": "a", "share"::5}',
        '{"title": "a" "share": 5]}',
        '{"title:: "a", "note": nul}',
        '{"title:: "a" "note" "\'b\'"}',
        '{"title: \\"a", "note": "b"}',
    ],
)
def test_one_sign_that_may_be_a_character_is_not_repaired(text: str) -> None:
    assert not read(Notes, text).ok


@given(claims, st.data())
@settings(deadline=None, max_examples=300)
def test_a_doubled_or_stray_sign_never_changes_a_value_without_a_record(claim: Claim, data: Any) -> None:
    text = claim.model_dump_json()
    at = data.draw(st.integers(0, len(text) - 1))
    mutated = text[:at] + data.draw(st.sampled_from(['"', "[", "{", "8"])) + text[at:]
    try:
        json.loads(mutated)
    except ValueError:
        parsed = read(Claim, mutated)
        assert parsed.value in (None, claim) or parsed.repairs
        assert "inner_quotes" not in {repair.rule for repair in parsed.repairs} or parsed.value is None
