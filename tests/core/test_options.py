"""Options are checked on creation: an invalid one is refused with what to write instead."""

import math
import pickle
from dataclasses import fields, replace
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from numbers import Integral
from typing import Any, get_args

import pytest

from structgen.batch import RunBudget
from structgen.core.errors import ConfigurationError
from structgen.core.options import (
    Budget,
    DateOrder,
    EvidenceMode,
    Mode,
    Options,
    Reask,
    ReasoningEffort,
    ReasoningFormat,
    Risk,
    ServiceTier,
    Style,
)

ENUMS: dict[str, type[Enum]] = {
    "mode": Mode,
    "style": Style,
    "max_risk": Risk,
    "reask": Reask,
    "evidence": EvidenceMode,
}


def made(**options: Any) -> Options:
    return Options(**options)


@pytest.mark.parametrize(("name", "kind"), ENUMS.items())
def test_a_choice_is_taken_by_its_value_and_its_name(name: str, kind: type[Enum]) -> None:
    for member in kind:
        for given in (member, member.name, member.name.lower(), str(member.value).upper(), f" {member.name} "):
            if str(given).isdecimal():
                continue  # the number of a risk says nothing to a reader
            assert getattr(made(**{name: given}), name) is member


@pytest.mark.parametrize(("name", "kind"), ENUMS.items())
@pytest.mark.parametrize("wrong", ["", "jsn", None, True, 3.5, ["json"], {"json": 1}, b"json"])
def test_any_other_choice_is_refused_with_those_that_there_are(name: str, kind: type[Enum], wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is ") as raised:
        made(**{name: wrong})
    assert all(repr(member.name.lower()) in str(raised.value) for member in kind)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"budget": None}, r"budget is None, but must be Budget: write Budget\(max_attempts=3\)"),
        ({"budget": {"max_attempts": 3}}, "must be Budget"),
        ({"budget": Budget}, "the class Budget"),
        ({"budget": 5}, "budget is 5"),
        ({"require_evidence": "yes"}, "require_evidence is 'yes', but must be True or False"),
        ({"require_evidence": 1}, "require_evidence is 1"),
        ({"require_evidence": None}, "require_evidence is None"),
        ({"temperature": "0"}, "temperature is '0', but must be a number between 0 and 2, or None"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": -0.1}, "temperature is -0.1"),
        ({"temperature": True}, "temperature is True"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"max_completion_tokens": 0}, "max_completion_tokens is 0, but must be a whole number, at least 1, or None"),
        ({"max_completion_tokens": 1e3}, "max_completion_tokens is 1000.0"),
        ({"max_completion_tokens": True}, "max_completion_tokens is True"),
        ({"stop": 5}, "stop is 5, but must be a non-empty str or a tuple of such"),
        ({"stop": ""}, "must be a non-empty str"),
        ({"stop": ()}, "stop is"),
        ({"stop": ["a", None]}, "stop is"),
        ({"stop": ["a"] * 5}, "stop has 5 texts, but may have at most 4"),
        ({"seed": 1.0}, "seed is 1.0, but must be a whole number"),
        ({"seed": "1"}, "seed is '1'"),
        ({"seed": False}, "seed is False"),
        ({"presence_penalty": 3}, "between -2 and 2"),
        ({"frequency_penalty": -math.inf}, "between -2 and 2"),
        ({"service_tier": "fast"}, "must be one of 'auto', 'default'"),
        ({"reasoning_effort": "hihg"}, "must be one of 'none', 'default'"),
        ({"reasoning_format": "RAW"}, "must be one of 'hidden', 'raw', 'parsed'"),
        ({"include_reasoning": "no"}, "include_reasoning is 'no'"),
        ({"parallel_tool_calls": 0}, "parallel_tool_calls is 0"),
        ({"user": 7}, "user is int, but must be a str"),
        ({"metadata": {"run": 1}}, "must be a mapping of str to str"),
        ({"metadata": [("run", "1")]}, "must be a mapping of str to str"),
        ({"store": "kept.sqlite"}, "store is 'kept.sqlite', but must be True or False"),
        ({"chunk_chars": 199}, "chunk_chars is 199, but must be a whole number, at least 200"),
        ({"chunk_chars": "2000"}, "chunk_chars is '2000'"),
        ({"passes": 0}, "passes is 0"),
        ({"passes": None}, "passes is None"),
        ({"reasoning_format": "hidden", "include_reasoning": True}, "mutually exclusive"),
        ({"date_order": "dym"}, "date_order is 'dym', but must be one of 'dmy', 'mdy', 'ymd'"),
        ({"currency": "€"}, "must be the ISO 4217 code of a currency, such as 'EUR'"),
        ({"currency": "euro"}, "currency is 'euro'"),
        ({"language": "german"}, "language is 'german', but must be the code of a language, such as 'de' or 'en-GB'"),
    ],
)
def test_a_wrong_option_is_named_with_what_to_write_instead(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        made(**options)


def test_every_option_is_checked() -> None:
    for field in fields(Options):
        with pytest.raises(ConfigurationError, match=f"{field.name} is (<object|object)"):
            made(**{field.name: object()})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"Wrong Options: mode is 'x'.*; passes is 0.*\."):
        made(mode="x", passes=0)


@pytest.mark.parametrize("name", ["max_attempts", "max_transport_retries", "max_tokens", "max_cost", "max_seconds"])
@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, True, "3", [3]])
def test_a_budget_that_is_no_limit_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"Wrong Budget: {name} is"):
        Budget(**{name: wrong})


@pytest.mark.parametrize("name", ["max_attempts", "max_transport_retries", "max_tokens"])
def test_a_limit_that_is_counted_is_whole(name: str) -> None:
    with pytest.raises(ConfigurationError, match="whole number"):
        Budget(**{name: 2.0})


def test_nothing_may_be_spent_but_something_must_be_tried() -> None:
    nothing = Budget(max_transport_retries=0, max_tokens=0, max_cost=0, max_seconds=0)
    assert (nothing.max_tokens, nothing.max_cost) == (0, 0)
    with pytest.raises(ConfigurationError, match="max_attempts is 0"):
        Budget(max_attempts=0)


def test_none_is_no_limit() -> None:
    assert {getattr(Budget(**{field.name: None}), field.name) for field in fields(Budget)} == {None}


@pytest.mark.parametrize("name", ["max_cost", "max_tokens", "max_seconds"])
@pytest.mark.parametrize("wrong", [-1, math.nan, True, "3"])
def test_the_budget_of_a_run_goes_through_the_same_door(name: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        RunBudget(**{name: wrong})


def test_numbers_of_other_libraries_are_taken_as_what_they_are() -> None:
    class Count:
        """A whole number that is no int, as those of numpy."""

        def __int__(self) -> int:
            return 7

    Integral.register(Count)
    options = made(seed=Count(), top_p=Decimal("0.5"), frequency_penalty=Fraction(1, 2))
    assert (options.seed, options.top_p, options.frequency_penalty) == (7, 0.5, 0.5)
    assert [type(one) for one in (options.seed, options.top_p, options.frequency_penalty)] == [int, float, float]


def test_a_list_of_stops_is_kept_as_a_tuple() -> None:
    assert made(stop=["a", "b"]).stop == ("a", "b")
    assert made(stop="END").stop == "END"


@pytest.mark.parametrize(
    ("name", "words"),
    [("service_tier", ServiceTier), ("reasoning_effort", ReasoningEffort), ("reasoning_format", ReasoningFormat)],
)
def test_every_word_of_a_parameter_is_taken(name: str, words: Any) -> None:
    assert [getattr(made(**{name: word}), name) for word in get_args(words)] == list(get_args(words))


def test_options_are_pickled_and_replaced_and_compared_like_any_record() -> None:
    options = made(mode="json", max_risk="LOSSY", stop=["a"], budget=Budget(max_cost=0.5))
    same = Options(Mode.JSON, max_risk=Risk.LOSSY, stop=("a",), budget=Budget(max_cost=0.5))
    assert pickle.loads(pickle.dumps(options)) == options == same
    assert replace(options, evidence="quotes").evidence is EvidenceMode.QUOTES
    assert hash(replace(options, metadata=None)) == hash(options)
    with pytest.raises(ConfigurationError, match="reask"):
        replace(options, reask="never")


def test_the_conventions_of_documents_are_taken_in_any_case() -> None:
    options = made(date_order="DMY", currency=" eur ", language="EN_gb")
    assert (options.date_order, options.currency, options.language) == (DateOrder.DMY, "EUR", "en-GB")
    assert made(language="zh-hant-tw").language == "zh-Hant-TW"
