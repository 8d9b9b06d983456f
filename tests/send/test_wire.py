import pytest

from structgen.core.errors import ConfigurationError
from structgen.send.wire import COMPATIBLE, GROQ, Endpoint


def test_groq_has_a_base_url_of_its_own() -> None:
    assert GROQ.check_base_url(None) == "https://api.groq.com"


def test_a_slash_at_the_end_of_a_base_url_does_no_harm() -> None:
    assert GROQ.check_base_url(" http://localhost:1/ ") == "http://localhost:1"


@pytest.mark.parametrize("tail", ["/openai/v1", "/openai/v1/"])
def test_a_base_url_that_ends_in_the_path_is_refused_with_the_right_one(tail: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write 'https://api\.groq\.com'"):
        GROQ.check_base_url(f"https://api.groq.com{tail}")


def test_a_compatible_server_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match="set STRUCTGEN_BASE_URL"):
        COMPATIBLE.check_base_url(None)


def test_a_base_url_without_http_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must begin with http"):
        COMPATIBLE.check_base_url("localhost:11434")


def test_the_representation_of_an_endpoint_has_no_key() -> None:
    assert repr(Endpoint("http://localhost", "gsk_secret1")) == "Endpoint('http://localhost')"
