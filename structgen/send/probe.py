"""Probe which modes a server supports, with the smallest requests that can show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from structgen.core.json import JsonObject
from structgen.core.mode_support import Learned, Support
from structgen.core.options import Mode
from structgen.core.records import Message, Parameters, Request
from structgen.send.mode_fallback import ModeFallback
from structgen.send.sender import Allowance
from structgen.send.server_modes import ORDER

_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"color": {"type": "string"}},
    "required": ["color"],
    "additionalProperties": False,
}
# Not a word about JSON in the last message: a server that ignores the mode answers in prose.
_MESSAGES = (
    Message("system", 'If you must answer in JSON, write {"color": ...}. Otherwise answer with a short sentence.'),
    Message("user", "Name the color of grass."),
)
_TOKENS = 256
"""The maximum of an answer, so that a model that thinks first comes to its answer."""


def probe_modes(sender: ModeFallback, model: str, allowance: Allowance) -> Iterator[Learned]:
    """Yield what the server makes of each mode: what is known already, else by a request, each paid for once.

    Raises a TransportError if the server refuses even plain text: then the modes are not to blame.
    """
    request = Request(
        "compatible", model, _MESSAGES, Mode.TEXT, _SCHEMA, parameters=Parameters(0.0, max_completion_tokens=_TOKENS)
    )
    known = sender.modes.known()
    if all(mode in known for mode in ORDER if mode is not Mode.TEXT):
        yield from (known[mode] for mode in ORDER if mode in known)
        return
    sender.ask_in_mode(request, allowance)
    for mode in ORDER:
        if mode is Mode.TEXT:
            yield Learned(mode, Support.TAKEN)
        elif (found := known.get(mode) or sender.try_mode(replace(request, mode=mode), allowance)) is not None:
            yield found
