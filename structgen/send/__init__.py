"""Request -> Completion: the wire, with its retries, keys, errors and model cards."""

from structgen.send.base import Allowance, Sender, Streamed, policy_in
from structgen.send.cards import find_card, list_cards
from structgen.send.opening import DEFAULT_GROQ_MODEL, default_model, endpoint_name, open_sender, split_model

__all__ = [
    "DEFAULT_GROQ_MODEL",
    "Allowance",
    "Sender",
    "Streamed",
    "default_model",
    "endpoint_name",
    "find_card",
    "list_cards",
    "open_sender",
    "policy_in",
    "split_model",
]
