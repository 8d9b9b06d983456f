"""Limits and fault plans in the words of a command line."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.testing import FaultPlan, Limits
from structgen.testing.emulator.options import read_faults, read_limits


def test_limits_are_pairs() -> None:
    assert read_limits("rpm=30, tpm=8000") == Limits(rpm=30, tpm=8000)


def test_limits_are_a_tier() -> None:
    assert read_limits("free") == "free"


def test_limits_are_a_file(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text('{"rpd": 1000, "tpd": 200000}', "utf-8")
    assert read_limits(str(tmp_path / "limits.json")) == Limits(rpd=1000, tpd=200_000)


def test_faults_are_pairs() -> None:
    assert read_faults("seed=7,dropped=0.1,retry_after=0,seconds=2") == FaultPlan(
        seed=7, dropped=0.1, retry_after=0, seconds=2.0
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gold", r"tier 'gold'; there are dev, free"),
        ("rps=1", r"no 'rps' among the limits; there are rpm, rpd, tpm, tpd"),
        ("rpm=1,30", r"'30' is not name=number"),
        ("rpm=many", r"rpm must be a whole number, not 'many'"),
        ("rpm=1.5", r"rpm must be a whole number, not '1\.5'"),
        ("rpm=1,rpm=2", r"rpm is given twice"),
        ("rpm=0", r"limit rpm must be 1 or more"),
        ("none.json", r"limits in none\.json cannot be read: No such file"),
    ],
)
def test_limits_that_are_none_say_why(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_limits(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[30]", r"holds no limits: write"),
        ("{", r"are not JSON"),
        ("[" * 100_000, r"are not JSON"),
        ('{"rpm": "x"}', r"rpm must be a whole number"),
    ],
)
def test_a_file_that_holds_no_limits_says_so(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_limits(str(tmp_path / "limits.json"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dropt=0.1", r"no 'dropt' among the faults; there are seed, rate_limited, flex,"),
        ("dropped=often", r"dropped must be a number, not 'often'"),
        ("dropped=1.5", r"share dropped must be between 0 and 1"),
        ("seed=0.5", r"seed must be a whole number"),
        ("dropped", r"'dropped' is not name=number"),
    ],
)
def test_faults_that_are_none_say_why(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_faults(text)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="rpmtdse=,.0123456789-eE x", max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for read in (read_limits, read_faults):
        with suppress(ConfigurationError):
            read(text)
