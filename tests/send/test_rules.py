import asyncio
import json
from collections.abc import Callable

import pytest

from structgen.core.errors import ConfigurationError
from structgen.core.records import Completion, Request, Usage
from structgen.send import Allowance, Sender, open_sender

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
