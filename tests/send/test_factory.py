import asyncio
import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from structgen.core.errors import ConfigurationError, ModelUnavailable
from structgen.core.records import Completion, Request, Usage
from structgen.send import Allowance, Sender, default_model, endpoint_name, find_card, open_sender, split_model


def test_without_a_name_the_variable_names_the_model() -> None:
    assert default_model({"STRUCTGEN_MODEL": " rules ", "GROQ_API_KEY": "gsk_x"}) == "rules"


def test_without_a_variable_a_key_of_groq_decides() -> None:
    assert default_model({"GROQ_API_KEY": "gsk_x"}) == "groq/openai/gpt-oss-20b"


@pytest.mark.parametrize("environ", [{}, {"GROQ_API_KEY": " ", "STRUCTGEN_MODEL": ""}])
def test_with_neither_there_is_no_model(environ: dict[str, str]) -> None:
    assert default_model(environ) is None


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("groq/openai/gpt-oss-20b", ("groq", "openai/gpt-oss-20b")),
        (" rules ", ("rules", "rules")),
        ("replay", ("replay", "replay")),
        ("compatible/llama3:8b", ("compatible", "llama3:8b")),
    ],
)
def test_a_model_string_is_a_provider_and_an_id(model: str, parts: tuple[str, str]) -> None:
    assert split_model(model) == parts


@pytest.mark.parametrize("model", ["", "gpt-4", "groq/", "/x"])
def test_other_strings_are_refused_with_examples(model: str) -> None:
    with pytest.raises(ConfigurationError, match=r"groq/openai/gpt-oss-20b.*rules"):
        split_model(model)


def test_without_a_key_groq_says_how_to_go_on() -> None:
    with pytest.raises(ConfigurationError, match=r'set GROQ_API_KEY.*model="rules"'):
        open_sender("groq/openai/gpt-oss-20b")


def test_an_empty_key_that_was_given_is_not_replaced_by_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_variable")
    with pytest.raises(ConfigurationError, match="api_key is not an API key"):
        open_sender("groq/openai/gpt-oss-20b", api_key="")


def test_a_retired_model_names_its_replacement_before_anything_is_sent() -> None:
    with pytest.raises(ModelUnavailable, match="Use groq/openai/gpt-oss-120b instead"):
        open_sender("groq/llama-3.3-70b-versatile", api_key="gsk_x", base_url="http://127.0.0.1:9")


def test_a_retired_model_without_a_replacement_says_so() -> None:
    with pytest.raises(ModelUnavailable, match="Its card names no replacement"):
        open_sender("groq/groq/compound", api_key="gsk_x")


def test_a_base_url_with_the_path_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must not end in /openai/v1"):
        open_sender("groq/openai/gpt-oss-20b", api_key="gsk_x", base_url="https://api.groq.com/openai/v1")


def test_the_base_url_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", "http://localhost:7")
    assert repr(open_sender("groq/openai/gpt-oss-20b", api_key="gsk_x")) == "ChatSender('groq', 'http://localhost:7')"


def test_a_known_model_brings_its_card() -> None:
    sender = open_sender("groq/openai/gpt-oss-20b", api_key="gsk_x")
    assert sender.card == find_card("groq", "openai/gpt-oss-20b")


def test_replay_has_no_wire() -> None:
    with pytest.raises(ConfigurationError, match="answers from a store"):
        open_sender("replay")


def test_a_provider_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"instructor cannot open a client for nobody.*openai"):
        open_sender("nobody/x")


def test_the_rules_and_the_cards_load_no_http_library() -> None:
    script = """
import sys
from structgen.send import list_cards, open_sender
open_sender("rules"); list_cards()
print(sorted({"groq", "httpx", "instructor", "tenacity", "openai", "aiohttp"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_server_has_a_name_where_it_is_not_the_provider_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoint_name("groq") == endpoint_name("groq", "https://api.groq.com/") == endpoint_name("rules") == ""
    assert endpoint_name("compatible", "http://localhost:1/v1/") == "http://localhost:1/v1"
    monkeypatch.setenv("GROQ_BASE_URL", "http://localhost:2")
    assert endpoint_name("groq") == "http://localhost:2"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:3/v1")
    assert endpoint_name("openai") == "http://localhost:3/v1"


@pytest.mark.parametrize("url", ["http://ada:secret@host/v1", "http://host/v1?key=secret"])
def test_the_name_of_a_server_holds_no_secret(url: str) -> None:
    named = endpoint_name("compatible", url)
    assert "secret" not in named
    assert named != endpoint_name("compatible", url.replace("secret", "other"))


Deliver = Callable[[Sender, Request, Allowance], Completion]


def test_the_rules_answer_with_evidence_and_for_nothing(make_request: Callable[..., Request], deliver: Deliver) -> None:
    found = deliver(open_sender("rules"), make_request(document="Name: Ada Lovelace\nAge: 36"), Allowance())
    assert json.loads(found.text) == {"name": "Ada Lovelace"}
    assert found.evidence is not None
    assert [(piece.path, piece.text) for piece in found.evidence] == [("/name", "Ada Lovelace")]
    assert (found.usage, found.model, found.final, found.finish_reason) == (Usage(calls=0), "rules", True, "stop")


def test_without_a_document_the_rules_cannot_generate(make_request: Callable[..., Request], deliver: Deliver) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot generate.*GROQ_API_KEY"):
        deliver(open_sender("rules"), make_request(document=None), Allowance())


def test_closing_the_rules_changes_nothing(make_request: Callable[..., Request]) -> None:
    sender = open_sender("rules")
    sender.close()
    asyncio.run(sender.aclose())
    assert sender.send(make_request(), Allowance()).model == "rules"


def test_the_rules_cost_nothing() -> None:
    card = open_sender("rules").card
    assert card is not None
    assert (card.price_in, card.price_out) == (0.0, 0.0)
