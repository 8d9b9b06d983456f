import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.core.masking import mask
from structgen.send.http.providers import COMPATIBLE, GROQ, Endpoint, clean_key


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


KEY = "gsk_0123456789abcdef"


def test_a_line_break_at_the_end_of_a_key_is_dropped() -> None:
    assert clean_key(f" {KEY}\n", "api_key") == KEY


@pytest.mark.parametrize("key", ["", "  ", "gsk_ab cd", "gsk_a\nb", "gsk_é", "gsk_\x00"])
def test_what_no_header_can_carry_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY is not an API key") as caught:
        clean_key(key, "GROQ_API_KEY")
    assert not key.strip() or key.strip() not in str(caught.value)


@given(st.text(), st.text())
@settings(deadline=None, max_examples=100)
def test_a_masked_text_never_holds_the_key(before: str, after: str) -> None:
    assert KEY not in mask(before + KEY + after, KEY)


@pytest.mark.parametrize("text", ["gsk_AbCdEf123456", "sk-proj-12345678", "Bearer abcdef", "xai-abcdefgh"])
def test_other_keys_in_a_text_are_struck_out_too(text: str) -> None:
    assert text.removeprefix("Bearer ") not in mask(f"You sent {text}, which is wrong.")


@pytest.mark.parametrize("key", ["x", "exist", "nothere"])
def test_a_placeholder_that_is_too_short_for_a_key_garbles_no_words(key: str) -> None:
    said = "The model does not exist here: nothere."
    assert mask(said, key) == said


def test_a_key_of_eight_characters_is_struck_out() -> None:
    assert mask("The key 12345678 is wrong.", "12345678") == "The key *** is wrong."


def test_ordinary_words_are_left_alone() -> None:
    assert mask("Risk-averse task-force asks: sk-1?", KEY) == "Risk-averse task-force asks: sk-1?"


@pytest.mark.parametrize(
    ("given", "better"),
    [
        ("localhost:11434/v1", "write 'http://localhost:11434/v1'"),
        ("192.168.0.2:8000/v1/", "write 'http://192.168.0.2:8000/v1'"),
        ("ftp://localhost/v1", r"https://\.$"),
    ],
)
def test_a_base_url_without_a_scheme_is_shown_with_one(given: str, better: str) -> None:
    with pytest.raises(ConfigurationError, match=better):
        COMPATIBLE.check_base_url(given)


@pytest.mark.parametrize(
    ("base", "better"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("https://u:secret-token@host/api?key=secret", "https://...@host/api/v1"),
        ("http://localhost:11434/v1", None),
        ("https://api.example.org/v1beta/openai", None),
    ],
)
def test_a_base_url_without_a_version_is_shown_with_one(base: str, better: str | None) -> None:
    found = Endpoint(base, "k").with_version
    assert found == better or (found is not None and "secret" not in found and found.endswith("@host/api/v1"))
