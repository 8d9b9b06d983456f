"""Properties that hold for every value and every text."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from structgen.core.options import Risk
from structgen.parse import parse_text
from structgen.schema import Schema


class Level(Enum):
    EASY = "easy"
    HARD = "hard to do"
    TEN = 10


class Leaf(BaseModel):
    label: str
    weight: float | None = None
    kind: Literal["leaf"] = "leaf"


class Branch(BaseModel):
    children: list["Branch | Leaf"] = []
    tags: set[str] = set()
    kind: Literal["branch"] = "branch"


def upper(text: str) -> str:
    return text.upper()


def stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class Everything(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    name: str
    count: int
    share: float
    sure: bool
    level: Level
    maybe: int | None = None
    either: int | str | None = None
    day: date
    moment: datetime
    span: timedelta
    price: Decimal
    code: UUID
    raw: bytes = b""
    pair: tuple[int, str]
    words: frozenset[str] = frozenset()
    table: dict[str, int] = {}
    by_number: dict[int, str] = {}
    renamed: str = Field(alias="other name", default="")
    loud: Annotated[str, AfterValidator(upper)] = ""
    tidy: Annotated[str, BeforeValidator(stripped)] = ""
    tidy_day: Annotated[date, BeforeValidator(stripped)] = date(2020, 1, 1)
    tidy_price: Annotated[Decimal, BeforeValidator(stripped)] = Decimal(1)
    tidy_level: Annotated[Level, BeforeValidator(stripped)] = Level.EASY
    tidy_words: Annotated[set[str], BeforeValidator(stripped)] = set()
    tree: Branch | Leaf = Leaf(label="x")


SCHEMA = Schema.of(Everything)
ADAPTER = TypeAdapter(Everything)

in_doubt = "\b\f\x86"
"""Characters whose escapes may be a part of a text (``\\beta``, ``bin\\x86``), so that they are put on record."""
words = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters=in_doubt), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.builds(Leaf, label=words, weight=st.none() | numbers)
trees = st.recursive(
    leaves, lambda inner: st.builds(Branch, children=st.lists(inner, max_size=3), tags=st.sets(words, max_size=2))
)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
values = st.builds(
    Everything,
    name=words,
    count=st.integers(),
    share=numbers,
    sure=st.booleans(),
    level=st.sampled_from(Level),
    maybe=st.none() | st.integers(),
    either=st.none() | st.integers() | words,
    day=st.dates(),
    moment=st.datetimes(),
    span=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=900)),
    price=decimals,
    code=st.uuids(),
    raw=st.binary(max_size=0),
    pair=st.tuples(st.integers(), words),
    words=st.frozensets(words, max_size=3),
    table=st.dictionaries(words, st.integers(), max_size=3),
    by_number=st.dictionaries(st.integers(), words, max_size=2),
    renamed=words,
    loud=words,
    tidy=words.map(str.strip),
    tidy_day=st.dates(),
    tidy_price=decimals,
    tidy_level=st.sampled_from(Level),
    tidy_words=st.sets(words, max_size=2),
    tree=trees,
)


def as_text(value: BaseModel) -> str:
    return value.model_dump_json(by_alias=True)


@given(values)
@settings(deadline=None, max_examples=50)
def test_every_correct_json_is_accepted_as_it_is_and_nothing_is_recorded(value: Everything) -> None:
    text = as_text(value)
    parsed = parse_text(SCHEMA, text, max_risk=Risk.LOSSLESS)
    assert parsed.ok, parsed.issues
    assert parsed.value == ADAPTER.validate_json(text)
    assert parsed.repairs == ()


def python(tree: Any) -> str:
    return repr(tree)


def loose(tree: Any) -> str:
    """JSON5 as people write it: keys without quotes where they can be, trailing commas, comments."""
    if isinstance(tree, dict):
        members = [
            f"  {key if str.isidentifier(key) and key.isascii() else json.dumps(key)}: {loose(item)}"
            for key, item in tree.items()
        ]
        return "{ // an object\n" + ",\n".join(members) + ("," if members else "") + "\n}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(loose, tree)) + ("," if tree else "") + " /* a list */]"
    return json.dumps(tree, ensure_ascii=False)


def without_commas(tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + "\n".join(f"{json.dumps(key)}: {without_commas(item)}" for key, item in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + "\n".join(map(without_commas, tree)) + "]"
    return json.dumps(tree)


COSTUMES = {
    "fence": lambda tree: f"```json\n{json.dumps(tree, indent=2)}\n```",
    "fence without a label, CRLF": lambda tree: f"```\r\n{json.dumps(tree)}\r\n```\r\n",
    "unclosed fence": lambda tree: f"```json\n{json.dumps(tree)}",
    "prose": lambda tree: f"Sure, here is what you asked for:\n\n{json.dumps(tree)}\n\nI hope this helps.",
    "thoughts": lambda tree: f'<think>Perhaps {{"name": "x"}}? No.</think>{json.dumps(tree)}',
    "thoughts, only closed": lambda tree: f"That was easy.\n</think>\n\n{json.dumps(tree)}",
    "tool call": lambda tree: f'<tool_call>\n{{"name": "answer", "arguments": {json.dumps(tree)}}}\n</tool_call>',
    "tool call in one tag": lambda tree: f"<function=answer>{json.dumps(tree)}</function>",
    "tool call inside a tag": lambda tree: f"<function=answer={json.dumps(tree)}</function>",
    "python tag": lambda tree: f"<|python_tag|>{json.dumps(tree)}",
    "byte order mark": lambda tree: "\ufeff" + json.dumps(tree, ensure_ascii=False),
    "encoded twice": lambda tree: json.dumps(json.dumps(tree)),
    "encoded twice, without quotes": lambda tree: json.dumps(json.dumps(tree))[1:-1],
    "Python": python,
    "JSON5": loose,
    "missing commas": without_commas,
    "repeated": lambda tree: f"{json.dumps(tree)}\nAgain:\n{json.dumps(tree)}",
}


@pytest.mark.parametrize("costume", COSTUMES)
@given(value=values)
@settings(deadline=None, max_examples=12)
def test_every_value_is_read_back_from_all_surroundings(costume: str, value: Everything) -> None:
    text = COSTUMES[costume](json.loads(as_text(value)))
    assume(costume != "missing commas" or ',"\n' not in text)  # whose comma that is, nobody knows
    parsed = parse_text(SCHEMA, text)
    assert parsed.ok, (parsed.issues, text)
    assert parsed.value == ADAPTER.validate_json(as_text(value))
    assert {repair.risk for repair in parsed.repairs} <= {Risk.LOSSLESS}


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(plain)
@settings(deadline=None, max_examples=50)
def test_a_value_of_any_shape_is_read_as_json_reads_it(tree: Any) -> None:
    parsed = parse_text(
        Schema.of({"type": ["object", "array", "string", "number", "boolean", "null"]}), json.dumps(tree)
    )
    assert parsed.ok
    assert parsed.value == tree


@given(st.text(max_size=200) | st.text(alphabet="{}[]()\"'`:,\\ \n/*#.0123aetrufnN-_<>think“”", max_size=120))
@settings(deadline=None, max_examples=300)
def test_no_text_makes_the_parser_raise(text: str) -> None:
    for schema in (SCHEMA, LISTS, LEVELS):
        parsed = parse_text(schema, text)
        assert parsed.ok == (not parsed.issues)
        json.dumps(parsed.partial, allow_nan=False).encode()


LISTS = Schema.of(list[dict[str, int]])
LEVELS = Schema.of(Literal["a", "true", "1"])


@given(values, st.data())
@settings(deadline=None, max_examples=50)
def test_a_response_that_was_cut_off_is_never_accepted(value: Everything, data: Any) -> None:
    text = as_text(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    parsed = parse_text(SCHEMA, cut, finish_reason=data.draw(st.sampled_from(["length", "stop"])))
    assert not parsed.ok
    assert parsed.value is None


@given(values)
@settings(deadline=None, max_examples=25)
def test_what_was_parsed_parses_again_to_the_same_without_repairs(value: Everything) -> None:
    first = parse_text(SCHEMA, f"```\n{python(json.loads(as_text(value)))}\n```")
    assert first.value is not None
    again = parse_text(SCHEMA, as_text(first.value))
    assert again.value == first.value
    assert again.repairs == ()
