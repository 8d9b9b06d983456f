import socket
import ssl
from itertools import pairwise

import pytest

from structgen.core.errors import ConnectionFailed
from structgen.send.lost import causes, lost_connection
from structgen.send.wire import GROQ, Endpoint

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
        (socket.gaierror(-2, "Name or service not known"), "no server of that name", True),
        (ConnectionRefusedError(111, "Connection refused"), "the connection was refused", True),
        (ConnectionResetError(104, "reset"), "the connection was dropped", True),
        (ReadError(), "dropped before the reply was complete", True),
        (ConnectError("no route"), "could not be reached", True),
        (TimeoutError(), "no reply within the timeout", True),
        (OSError("odd"), "the connection failed", True),
    ],
)
def test_the_deepest_cause_says_what_happened(deepest: BaseException, words: str, transient: bool) -> None:
    failure = lost_connection(chained(Exception("Request timed out."), Exception("x"), deepest), ENDPOINT, GROQ)
    assert isinstance(failure.error, ConnectionFailed)
    assert words in str(failure.error)
    assert type(deepest).__name__ in str(failure.error)
    assert failure.transient is transient


def test_a_key_in_the_library_s_words_is_struck_out() -> None:
    error = OSError(f"Illegal header value b'Bearer {ENDPOINT.key}'")
    assert ENDPOINT.key not in str(lost_connection(error, ENDPOINT, GROQ).error)


def test_causes_that_go_in_a_circle_end() -> None:
    one, other = Exception("one"), Exception("other")
    one.__cause__, other.__cause__ = other, one
    assert list(causes(one)) == [one, other]
