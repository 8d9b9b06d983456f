"""What is read from a server's headers and 429 messages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.send.limits.buckets import (
    Amount,
    Measure,
    Sighting,
    names_limit,
    read_headers,
    read_limits,
    read_rate_limit_error,
    read_raw_headers,
)


def refusal(measure: str, wait: str = "982.5ms") -> str:
    return (
        f"Rate limit reached for model `a` on what is counted ({measure}): Limit 8000, Used 4867, Requested 3264. "
        f"Please try again in {wait}. Need more tokens? Upgrade."
    )


def test_headers_speak_of_requests_a_day_and_tokens_a_minute() -> None:
    headers = {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-remaining-requests": "14370",
        "x-ratelimit-reset-requests": "2m59.56s",
        "x-ratelimit-limit-tokens": "8000",
        "x-ratelimit-remaining-tokens": "7000",
    }
    assert read_headers(headers) == (Sighting(Measure.RPD, 14_400, 30), Sighting(Measure.TPM, 8_000, 1_000))


def test_names_are_read_in_any_case_and_other_headers_say_nothing() -> None:
    raw = [(b"Date", b"today"), (b"X-RateLimit-Limit-Tokens", b" 60 "), (b"x-ratelimit-kind", b"1")]
    assert read_raw_headers(raw) == (Sighting(Measure.TPM, 60, 0),)
    assert read_raw_headers(raw[:1]) == read_raw_headers(raw[2:]) == ()


@pytest.mark.parametrize("limit", ["", "0", "many", "-5", "1e9", "9" * 30])
def test_headers_that_are_no_counts_say_nothing(limit: str) -> None:
    assert read_headers({"x-ratelimit-limit-tokens": limit, "x-ratelimit-remaining-tokens": "5"}) == ()


def test_more_left_than_the_limit_is_nothing_used() -> None:
    headers = {"x-ratelimit-limit-tokens": "100", "x-ratelimit-remaining-tokens": "200"}
    assert read_headers(headers) == (Sighting(Measure.TPM, 100, 0),)


def test_a_refusal_names_its_limit_and_its_wait_says_the_count_more_exactly() -> None:
    (seen,) = read_rate_limit_error(refusal("TPM"))
    assert (seen.measure, seen.limit, seen.exact) == (Measure.TPM, 8_000, True)
    assert seen.used == pytest.approx(4_867)
    (seen,) = read_rate_limit_error(refusal("TPM", "985ms"))
    assert seen.used == pytest.approx(4_867.33, abs=0.01)


@pytest.mark.parametrize("measure", ["RPM", "RPD", "TPM", "TPD", "ITPM", "OTPM"])
def test_every_limit_is_known_by_its_short_name(measure: str) -> None:
    assert read_rate_limit_error(refusal(measure, "1ms"))[0].measure == measure.lower()


@pytest.mark.parametrize("wait", ["soon", "", "1x"])
def test_without_a_wait_the_count_is_taken_as_it_stands(wait: str) -> None:
    assert read_rate_limit_error(refusal("TPM", wait))[0].used == 4_867


@pytest.mark.parametrize("message", ["", "over capacity", "(TPM): Limit 0, Used 0", "(XXX): Limit 1, Used 1"])
def test_other_messages_name_no_limit(message: str) -> None:
    assert read_rate_limit_error(message) == ()


@settings(deadline=None, max_examples=100)
@given(
    st.text(), st.dictionaries(st.sampled_from(["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"]), st.text())
)
def test_no_text_makes_reading_fail(message: str, headers: dict[str, str]) -> None:
    read_rate_limit_error(refusal("TPM", message))
    read_headers(headers)


@pytest.mark.parametrize("left", ["-1", "-9999999999999", "-"])
def test_less_than_nothing_left_is_all_of_it_used(left: str) -> None:
    headers = {"x-ratelimit-limit-tokens": "100", "x-ratelimit-remaining-tokens": left}
    assert read_headers(headers) == (Sighting(Measure.TPM, 100, 100),)


NAMES = [f"x-ratelimit-{what}-{of}".encode() for what in ("limit", "remaining") for of in ("requests", "tokens")]
VALUES = st.binary(max_size=20) | st.integers(-(10**14), 10**14).map(lambda number: str(number).encode())


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(NAMES) | st.binary(max_size=30), VALUES), max_size=8))
def test_no_raw_headers_make_reading_fail_or_give_limits_that_hold_nothing(raw: list[tuple[bytes, bytes]]) -> None:
    for seen in read_raw_headers(raw):
        assert 0 < seen.limit < 1e12
        assert 0 <= seen.used <= seen.limit


@pytest.mark.parametrize("wait", ["999999999h", "1h"])
def test_a_count_that_is_nonsense_stops_nobody_for_years(wait: str) -> None:
    words = "(TPM): Limit 8000, Used 999999999999, Requested 1. Please try again in "
    (seen,) = read_rate_limit_error(f"{words}{wait}.")
    assert seen.used == 16_000


@pytest.mark.parametrize("name", ["XYZ", "ITPD", "images", "tokens per fortnight", ""])
def test_a_limit_with_an_unknown_name_is_some_limit(name: str) -> None:
    assert read_rate_limit_error(refusal(name)) == ()
    assert names_limit(refusal(name))
    assert not names_limit("The server is over capacity. Try again in 3s.")


@pytest.mark.parametrize(
    ("remaining", "reset", "wait"),
    [
        (b"0", b"7.5s", 7.5),
        (b"0", b"30", 30),
        (b"0", b"2m", 120),
        (b"0", b"soon", 0),
        (b"0", b"", 0),
        (b"0", b"\xff", 0),
        (b"0", b"1764547200", 86_400),
        (b"1", b"7.5s", 0),
        (b"none", b"7.5s", 0),
    ],
)
def test_a_used_up_limit_with_an_unknown_name_is_waited_for(remaining: bytes, reset: bytes, wait: float) -> None:
    raw = [
        (b"x-ratelimit-limit-tokens", b"60"),
        (b"X-RateLimit-Remaining-Input-Tokens", remaining),
        (b"x-ratelimit-reset-input-tokens", reset),
    ]
    assert read_limits(raw) == ((Sighting(Measure.TPM, 60, 0),), wait)


def test_each_limit_counts_its_own() -> None:
    amount = Amount(1, 100, 20)
    assert {measure: amount.of(measure) for measure in Measure} == {
        "rpm": 1,
        "rpd": 1,
        "tpm": 120,
        "tpd": 120,
        "itpm": 100,
        "otpm": 20,
    }
    assert Measure.ITPM.words == "input tokens a minute"
