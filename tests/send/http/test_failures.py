import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    ModelUnavailable,
    RateLimited,
    RequestRejected,
    RequestTooLarge,
    ServerFailed,
    TransportError,
)
from structgen.core.json import Json
from structgen.send.http.failures import (
    Refusal,
    causes,
    connection_failure,
    describe_page,
    find_row,
    go_duration,
    key_owner,
    read_refusal,
    requested_wait,
)
from structgen.send.http.providers import GROQ, Endpoint

STATUSES: list[tuple[int, type[TransportError], bool]] = [
    (400, RequestRejected, False),
    (401, AuthenticationFailed, False),
    (403, AuthenticationFailed, False),
    (404, ModelUnavailable, False),
    (408, ConnectionFailed, True),
    (409, ServerFailed, True),
    (413, RequestTooLarge, False),
    (418, RequestRejected, False),
    (422, RequestRejected, False),
    (424, RequestRejected, False),
    (429, RateLimited, True),
    (498, RateLimited, True),
    (499, ConnectionFailed, False),
    (500, ServerFailed, True),
    (502, ServerFailed, True),
    (503, ServerFailed, True),
    (529, ServerFailed, True),
    (700, ServerFailed, False),
]


@pytest.mark.parametrize(("status", "kind", "transient"), STATUSES)
def test_every_status_has_its_error_and_is_tried_again_or_not(
    status: int, kind: type[TransportError], transient: bool
) -> None:
    row = find_row(status, Refusal("anything"))
    assert (row.error, row.transient) == (kind, transient)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "model_decommissioned", ModelUnavailable),
        (400, "model_terms_required", ModelUnavailable),
        (403, "model_permission_blocked_project", ModelUnavailable),
        (403, "model_permission_blocked_org", ModelUnavailable),
        (404, "unknown_url", RequestRejected),
        (400, "context_length_exceeded", RequestTooLarge),
        (400, "organization_restricted", AuthenticationFailed),
        (413, "rate_limit_exceeded", RequestTooLarge),
    ],
)
def test_a_code_says_more_than_the_status(status: int, code: str, kind: type[TransportError]) -> None:
    assert find_row(status, Refusal("", code)).error is kind


@given(st.integers(0, 1200), st.text(), st.none() | st.text())
@settings(deadline=None, max_examples=200)
def test_every_refusal_finds_a_row_with_advice(status: int, message: str, code: str | None) -> None:
    assert find_row(status % 1000, Refusal(message, code)).advice


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("982.5ms", 0.9825),
        ("1m2.5s", 62.5),
        ("6m54.72s", 414.72),
        ("2h3m4s", 7384.0),
        ("172ms", 0.172),
        ("15us", 15e-6),
        ("15µs", 15e-6),
        ("7ns", 7e-9),
        ("0s", 0.0),
    ],
)
def test_go_durations_are_read(text: str, seconds: float) -> None:
    assert go_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "1d", "-3s", "1.2.3s", "1s ", "١s"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert go_duration(text) is None


@given(st.text(alphabet="0123456789.hmsuµn ", max_size=60))
@settings(deadline=None, max_examples=300)
def test_no_text_makes_the_reader_of_durations_fail(text: str) -> None:
    found = go_duration(text)
    assert found is None or found >= 0


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59_999))
@settings(deadline=None, max_examples=200)
def test_a_duration_written_as_go_does_is_read_back(hours: int, minutes: int, millis: int) -> None:
    assert go_duration(f"{hours}h{minutes}m{millis / 1000}s") == pytest.approx(
        hours * 3600 + minutes * 60 + millis / 1000
    )


def test_the_header_counts_before_the_words() -> None:
    assert requested_wait({"retry-after": "7"}, "Please try again in 2s.") == 7.0


def test_the_words_count_where_there_is_no_usable_header() -> None:
    for header in ({}, {"retry-after": ""}, {"retry-after": "soon"}, {"retry-after": "nan"}, {"retry-after": "-1"}):
        assert requested_wait(header, "... Please try again in 1m2.5s. Need more?") == 62.5


def test_a_retry_after_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert requested_wait({"retry-after": moment}, "") == pytest.approx(90, abs=3)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=90), usegmt=True)
    assert requested_wait({"retry-after": past}, "") == 0.0


def test_no_wait_is_made_up() -> None:
    assert requested_wait({}, "Too many requests.") is None
    assert requested_wait({}, "try again in a while") is None


def test_a_page_is_described_by_its_title() -> None:
    assert describe_page("<html><head><TITLE>Sign in</TITLE>") == "an HTML page titled 'Sign in'"
    assert describe_page("  <html>no title") == "an HTML page"
    assert describe_page("") == "an empty body"
    assert describe_page("upstream error") == "'upstream error'"


BODIES: list[tuple[Json, Refusal]] = [
    ({"error": {"message": "m", "code": "c", "failed_generation": "f"}}, Refusal("m", "c", "f")),
    ({"error": {"message": "m", "code": 7, "failed_generation": None}}, Refusal("m")),
    ({"error": "words"}, Refusal("words")),
    ({"error": {}}, Refusal("'text'")),
    (["error"], Refusal("'text'")),
    (None, Refusal("'text'")),
]


@pytest.mark.parametrize(("body", "refusal"), BODIES)
def test_error_bodies_of_any_shape_are_read(body: Json, refusal: Refusal) -> None:
    assert read_refusal(body, "text") == refusal


@pytest.mark.parametrize("header", ["18000", "1e300", "99999999999999", "Fri, 01 Jan 2999 00:00:00 GMT"])
def test_a_wait_of_hours_is_taken_and_none_is_longer_than_a_day(header: str) -> None:
    assert requested_wait({"retry-after": header}, "") == min(86_400.0, 18_000.0 if header == "18000" else 1e9)
    assert requested_wait({}, "Please try again in 999999999999h.") == 86_400.0


ENDPOINT = Endpoint("http://localhost:1", "gsk_0123456789")


def chained(*errors: BaseException) -> BaseException:
    """The first error, each caused by the next."""
    for above, below in pairwise(errors):
        above.__cause__ = below
    return errors[0]


class ReadError(Exception):
    """Called like a class of every HTTP library."""


class ConnectError(Exception):
    """Another one."""


@pytest.mark.parametrize(
    ("deepest", "words", "transient"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "its certificate is not trusted", False),
        (socket.gaierror(-2, "Name or service not known"), "host name could not be resolved", True),
        (ConnectionRefusedError(111, "Connection refused"), "the connection was refused", True),
        (ConnectionResetError(104, "reset"), "the connection was dropped", True),
        (ReadError(), "dropped before the response was complete", True),
        (ConnectError("no route"), "is unreachable", True),
        (TimeoutError(), "no response within the timeout", True),
        (OSError("odd"), "the connection failed", True),
    ],
)
def test_the_deepest_cause_says_what_happened(deepest: BaseException, words: str, transient: bool) -> None:
    failure = connection_failure(chained(Exception("Request timed out."), Exception("x"), deepest), ENDPOINT, GROQ)
    assert isinstance(failure.error, ConnectionFailed)
    assert words in str(failure.error)
    assert type(deepest).__name__ in str(failure.error)
    assert failure.transient is transient


def test_a_key_in_the_library_s_words_is_struck_out() -> None:
    error = OSError(f"Illegal header value b'Bearer {ENDPOINT.key}'")
    assert ENDPOINT.key not in str(connection_failure(error, ENDPOINT, GROQ).error)


def test_causes_that_go_in_a_circle_end() -> None:
    one, other = Exception("one"), Exception("other")
    one.__cause__, other.__cause__ = other, one
    assert list(causes(one)) == [one, other]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"object": "error", "message": "no guided decoding", "type": "BadRequestError", "code": 400},
            "no guided decoding",
        ),
        (
            {"code": 400, "message": "failed to parse grammar", "type": "invalid_request_error"},
            "failed to parse grammar",
        ),
        ({"error": "'response_format.type' must be 'text'"}, "'response_format.type' must be 'text'"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "tools", 0], "msg": "Field required"}]}, "body.tools.0: Field required"),
        ({"object": "error", "message": {"detail": [{"loc": ["body"], "msg": "a"}, {"msg": "b"}]}}, "body: a; b"),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": "no tools", "provider_name": "x"},
                }
            },
            "Provider returned error: no tools",
        ),
        ({"error": {"message": "Down", "metadata": {"raw": {"a": 1}}}}, "Down"),
    ],
)
def test_the_error_bodies_of_compatible_servers_are_read(body: Json, message: str) -> None:
    assert read_refusal(body, "text").message == message


JSONS = st.recursive(
    st.none() | st.text(max_size=3) | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "loc", "msg", "metadata", "raw", "code"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSONS)
@settings(deadline=None, max_examples=200)
def test_no_body_makes_the_reader_of_errors_fail(body: Json) -> None:
    assert isinstance(read_refusal(body, "text").message, str)


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("gsk_abc", "Groq"),
        ("sk-or-v1-abc", "OpenRouter"),
        ("sk-ant-api03-abc", "Anthropic"),
        ("sk-proj-abc", "OpenAI"),
        ("AIzaabc", "Google"),
        ("none", None),
        ("", None),
    ],
)
def test_keys_are_known_by_how_they_begin(key: str, owner: str | None) -> None:
    assert key_owner(key) == owner
