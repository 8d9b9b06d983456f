"""Every error of Groq's, as the groq SDK raises it."""

from __future__ import annotations

import groq
import pytest

from structgen.testing import Emulator, error, error_names, raw
from structgen.testing.emulator.replies import find_error

MODEL = "openai/gpt-oss-20b"
ASK = [{"role": "user", "content": "Answer in JSON."}]
CLASSES: dict[int, type[groq.APIStatusError]] = {
    400: groq.BadRequestError,
    401: groq.AuthenticationError,
    403: groq.PermissionDeniedError,
    404: groq.NotFoundError,
    422: groq.UnprocessableEntityError,
    429: groq.RateLimitError,
    500: groq.InternalServerError,
    502: groq.InternalServerError,
    503: groq.InternalServerError,
}


def ask(client: groq.Groq) -> groq.APIStatusError:
    """Return the error for a plain question."""
    with pytest.raises(groq.APIStatusError) as caught:
        client.chat.completions.create(model=MODEL, messages=ASK)
    return caught.value


@pytest.mark.parametrize("name", error_names())
def test_every_error_arrives_as_the_sdk_class_of_its_status(
    name: str, client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error(name))
    raised = ask(client)
    entry = find_error(name)
    assert raised.status_code == entry.status
    assert type(raised) is CLASSES.get(entry.status, groq.APIStatusError)
    if entry.page is None:
        assert isinstance(raised.body, dict)
        assert set(raised.body["error"]) >= set(entry.error)
        assert "$" not in raised.body["error"]["message"]


def test_a_rate_limit_names_the_model_and_carries_the_header(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=2.5))
    raised = ask(client)
    assert raised.response.headers["retry-after"] == "2.5"
    assert isinstance(raised.body, dict)
    assert raised.body["error"] == {
        "message": f"Rate limit reached for model `{MODEL}` in organization `org_emulator` service tier `on_demand` on "
        "tokens per minute (TPM): Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms. Need more "
        "tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
        "type": "tokens",
        "code": "rate_limit_exceeded",
    }


def test_what_the_model_wrote_can_be_scripted(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("json_validate_failed", failed_generation="{'a'", message="Other words."))
    body = ask(client).body
    assert isinstance(body, dict)
    assert (body["error"]["failed_generation"], body["error"]["message"]) == ("{'a'", "Other words.")


def test_a_gateway_answers_with_a_page(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("bad_gateway", retry_after=1))
    raised = ask(client)
    assert "<title>502 Bad Gateway</title>" in str(raised.body)
    assert raised.response.headers["retry-after"] == "1"


def test_any_response_at_all_can_be_scripted(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(raw('{"odd": 1}', status=418, headers={"x-odd": "yes"}))
    raised = ask(client)
    assert (raised.status_code, raised.body, raised.response.headers["x-odd"]) == (418, {"odd": 1}, "yes")


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"no error is called 'oops'.*rate_limit_tpm"):
        error("oops")


def test_a_wrong_key_is_refused_and_so_is_none(groq_emulator: Emulator) -> None:
    with groq.Groq(api_key="gsk_wrong", max_retries=0) as client:
        assert isinstance(ask(client), groq.AuthenticationError)
        with pytest.raises(groq.AuthenticationError, match="invalid_api_key"):
            client.models.list()


def test_a_wrong_key_comes_before_the_script(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"))
    with groq.Groq(api_key="gsk_wrong", max_retries=0) as client:
        assert ask(client).status_code == 401
    with groq.Groq(max_retries=0) as client:
        assert ask(client).status_code == 500


def test_an_unknown_path_is_named(groq_emulator: Emulator) -> None:
    with groq.Groq(base_url=f"{groq_emulator.base_url}/openai/v1", max_retries=0) as client:
        raised = ask(client)
    assert "Unknown request URL: POST /openai/v1/openai/v1/chat/completions" in raised.message
