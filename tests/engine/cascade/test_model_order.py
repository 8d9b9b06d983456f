"""The models of a cascade, checked before anything is opened."""

from typing import Any

import pytest

from structgen import Cascade, ConfigurationError
from structgen.engine.cascade.model_order import attempts_of, model_in, models_in

A, B = "groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"


def test_a_string_with_commas_is_a_cascade() -> None:
    assert model_in(f"rules, {A},{B}") == Cascade("rules", A, B)
    assert model_in(A) == A
    assert str(Cascade("rules", A)) == f"rules,{A}"


def test_difficulties_become_models() -> None:
    assert Cascade("rules", "groq/auto:simple", "groq/auto:complex").models == ("rules", A, B)
    assert models_in("groq/auto:complex") == (B,)


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ((), "at least two models"),
        ((A,), f"at least two models.*Pass '{A}' itself"),
        ((A, A), "twice"),
        ((A, "groq/auto:simple"), f"names {A} twice"),
        ((A, "rules"), "come first"),
        (("rules", ""), "is empty"),
        (("rules", "gpt"), "'gpt' is not a model"),
        (("rules", 5), "not 5"),
        (("rules", None), "takes the names of models"),
        (("rules", Cascade("rules", A)), "cannot contain another one"),
        (("rules", f"{A},{B}"), "names several models"),
        (("rules", "groq/auto:hard"), "not a difficulty"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(models: tuple[Any, ...], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Cascade(*models)


@pytest.mark.parametrize(
    ("turn", "most", "used", "allowed"),
    [
        (1, 3, 0, 2),
        (2, 3, 2, 1),
        (1, 2, 0, 1),
        (2, 2, 1, 1),
        (1, None, 0, 2),
        (2, None, 2, None),
        (1, 9, 0, 2),
        (2, 9, 1, 8),
    ],
)
def test_each_later_model_keeps_an_attempt(turn: int, most: int | None, used: int, allowed: int | None) -> None:
    assert attempts_of(turn, ("rules", A, B), most, used) == allowed
