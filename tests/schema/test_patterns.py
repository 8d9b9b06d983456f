import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import SchemaError
from structgen.schema import Schema
from structgen.schema.patterns import PatternTooCostly, matcher
from structgen.schema.regex import _Search, compile_search

AGREED = [
    r"^(?!foo).*$",
    r"^(?=.*\d)(?=.*[a-z]).{4,8}$",
    r"(?<=a)b",
    r"(?<!a)b$",
    r"^((?!--).)*$",
    r"^[^\[\]]+$",
    r"a{2,3}?b|c+",
    r"^(a|ab)(c|bcd)(d*)$",
    r"\bfoo\b|\Ba\B",
    r"(?:)x*",
    r"[\w.-]+@(?!b)\w+",
    r"(?=(a+))a*b",
    r"(?!$)a?$",
    r"\x61\u0062[\d\s-]?",
    r"(?P<name>a)(?#a remark)(?i:B)",
    r"(?i)^[AB]c?",
    r"(?s)a.b",
    r"^\\\.\t?$",
    r"a{2}b{1,}c{,1}",
    r"{a}|a{x",
]
"""Patterns that mean the same to Python's engine and to ECMA-262."""

texts = st.text(st.sampled_from("abcdfo1,x[]é @.B-\\{}\n"), max_size=9)


@pytest.mark.parametrize("pattern", AGREED)
def test_our_engine_agrees_with_the_engine_of_python(pattern):
    own, other = compile_search(pattern), re.compile(pattern.replace("$", r"\Z"))

    @settings(deadline=None, max_examples=60, database=None)
    @given(texts)
    def agrees(text):
        assert own(text) == bool(other.search(text))

    agrees()


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^\p{L}+$", "Éa", "1"),
        (r"^(?=\p{Lu})", "É", "é"),
        (r"^\P{L}(?=x)", "1x", "ax"),
        (r"^\ud83d\ude00(?!x)$", "😀", "x"),
        (r"^\u{1F600}$", "😀", "x"),
        (r"^[[a]$", "[", "b"),
        (r"^[^]$", "\n", ""),
        (r"[]", None, "a"),
        (r"^[a&&b]$", "&", "c"),
        (r"^{.*}$", "{a}", "a"),
        (r"^\d{,3}x$", "12x", "1234x"),
        (r"^[\b](?!x)\cJa$", "\b\na", "ba"),
        (r"^\S\W\D(?!a)$", "a-b", "a b "),
        (r"\Aa(?=b)b\Z", "ab", "abc"),
        (r"a$", "a", "a\n"),
    ],
)
def test_patterns_mean_what_ecma_262_says(pattern, fits, fails):
    assert fits is None or matcher(pattern)(fits)
    assert not matcher(pattern)(fails)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        (r"(a)\1", "a backreference, which cannot be matched in linear time, at character 5"),
        (r"\k<a>", "a backreference"),
        ("(", "a group that is never closed"),
        (")(?=a)", "a closing parenthesis too many"),
        ("*a", "nothing to repeat"),
        ("a(?=b)**", "nothing to repeat"),
        ("[z-a]", "ends before it begins"),
        ("[a(?=b)", "never closed"),
        ("a{3,1}", "ends before it begins"),
        ("(?=a)a++", "a possessive quantifier"),
        ("(?>a)", "a kind of group that is not supported"),
        ("(?m)^(?=a)", "the flag m"),
        (r"(?=a)\q", r"an unknown escape \q"),
        ("(?=a)\\", "an unknown escape"),
        (r"\p{Foo}(?=a)", r"an unknown class of characters \p{Foo}"),
        (r"(?=a)\u{FFFFFF}", "a code point beyond Unicode"),
        ("(?=a)(x{1000}){1000}", "more than 2000 steps"),
        ("((((){2000}){2000}){2000})(?=a)", "more than 2000 steps"),
        ("(?=a)" + "(" * 5000, "nested too deep"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(pattern, says):
    with pytest.raises(SchemaError, match=re.escape(says)) as caught:
        matcher(pattern)
    assert len(str(caught.value)) < 300


def steps(pattern, text, monkeypatch):
    taken = []
    spread = _Search.spread

    def counted(self, *given):
        reached = spread(self, *given)
        taken.append(len(reached))
        return reached

    with monkeypatch.context() as patched:
        patched.setattr(_Search, "spread", counted)
        compile_search(pattern)(text)
    return sum(taken)


@pytest.mark.parametrize("pattern", [r"^(?!x)(a+)+$", r"(?=(a|a)*b)", r"^(?=.*(a*)*b)", r"(?<=(a|aa)+)b"])
def test_steps_grow_with_the_text_and_no_faster(pattern, monkeypatch):
    few, many = steps(pattern, "a" * 200, monkeypatch), steps(pattern, "a" * 800, monkeypatch)
    assert many <= 4.2 * few


def test_a_text_too_long_for_a_large_pattern_is_an_issue_not_a_hang(monkeypatch):
    monkeypatch.setattr("structgen.schema.regex.MOST_WORK", 20_000)
    pattern = "(?<!y)" + ".{0,600}" * 2 + "$"
    with pytest.raises(PatternTooCostly):
        matcher(pattern)("a" * 1000)
    assert [issue.code for issue in Schema.of({"pattern": pattern}).check("a" * 1000)] == ["pattern"]


def test_a_pattern_of_a_schema_is_checked_when_it_is_compiled():
    schema = {"properties": {"a": {"patternProperties": {"(a": True}}}}
    with pytest.raises(SchemaError) as caught:
        Schema.of(schema)
    assert caught.value.path == "/properties/a/patternProperties/(a"
    assert "a group that is never closed" in str(caught.value)


def test_keys_are_matched_by_the_same_engine():
    schema = Schema.of({"patternProperties": {"^(?!x-)": {"type": "null"}}, "additionalProperties": False})
    assert schema.check({"a": None}) == ()
    assert [(issue.path, issue.code) for issue in schema.check({"a": 1, "x-a": 2})] == [
        ("/a", "type"),
        ("/x-a", "unknown_key"),
    ]
