"""Request -> Completion: providers, transport retries, rate limits, API keys and model cards."""

from structgen.send.auto_models import named_model
from structgen.send.factory import (
    DEFAULT_GROQ_MODEL,
    TIMEOUT,
    client_given,
    default_model,
    endpoint_name,
    open_sender,
    split_model,
)
from structgen.send.http.providers import MAX_BYTES
from structgen.send.model_cards import find_card, list_cards
from structgen.send.sender import Allowance, DocumentClock, Sender, Streamed, retry_policy

__all__ = [
    "DEFAULT_GROQ_MODEL",
    "MAX_BYTES",
    "TIMEOUT",
    "Allowance",
    "DocumentClock",
    "Sender",
    "Streamed",
    "client_given",
    "default_model",
    "endpoint_name",
    "find_card",
    "list_cards",
    "named_model",
    "open_sender",
    "retry_policy",
    "split_model",
]
