"""Record how a server handles each mode: whether it supports, refuses or ignores it.

Nobody documents this for every server and model, so it is learned from the answers to real requests. A refusal costs
nothing, and counts only once the server has answered the same request in another mode: before that, anything else in
the request may have been wrong.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Protocol, cast

from structgen.core.errors import ModelUnavailable, RequestRejected, ServerFailed, TransportError
from structgen.core.finish_reasons import Ending, ending_of
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.mode_support import Learned, Support
from structgen.core.options import Mode
from structgen.core.records import Completion, Request
from structgen.send.http.failures import read_refusal
from structgen.send.http.http_response import decode

ORDER = (Mode.JSON_SCHEMA, Mode.JSON, Mode.TOOLS, Mode.TEXT)
"""The modes from the one that the server enforces most to the one that every server takes."""


class ModeMemory(Protocol):
    """Where this is kept beyond one process: the store."""

    def known(self) -> Iterable[Learned]:
        """Return what is known about the server and the model."""
        ...

    def learn(self, learned: Learned) -> None:
        """Keep it. It never raises: the answer that taught it was paid for."""
        ...


class ServerModes:
    """What is known about one model of one server. Safe to use from several threads."""

    def __init__(self, modes: tuple[Mode, ...] = ORDER, memory: ModeMemory | None = None) -> None:
        self._modes = modes
        self._memory = memory
        self._lock = threading.Lock()
        self._known: dict[Mode, Learned] | None = None
        self._schemas: set[tuple[Mode, str]] = set()

    def attach(self, memory: ModeMemory) -> None:
        """Read what is kept in a store, and keep there what is learned from now on."""
        with self._lock:
            self._memory, self._known = memory, None

    def known(self) -> dict[Mode, Learned]:
        """Return what is known, by mode."""
        with self._lock:
            return dict(self._loaded())

    def usable(self, request: Request) -> tuple[Mode, ...]:
        """Return the modes to try for a request, in order: its own, then those below it; none that is known to fail.

        The last one remains in any case, because something has to be sent.
        """
        below = self._modes[self._modes.index(request.mode) :] if request.mode in self._modes else (request.mode,)
        known = self.known()
        fitting = tuple(
            mode
            for mode in below
            if (mode not in known or known[mode].support is Support.TAKEN) and not self._schema_fails(mode, request)
        )
        return fitting or below[-1:]

    def learn(self, learned: Learned, request: Request | None = None) -> None:
        """Remember it. A refusal of this request's schema says nothing about other schemas."""
        if request is not None and learned.support is Support.REFUSED and _blames_schema(learned.said):
            self._schemas.add((learned.mode, _key(request)))
            return
        with self._lock:
            known = self._loaded().get(learned.mode)
            # One answer in another form shows that the mode is not enforced, whatever the answers before it were.
            if known == learned or (known is not None and learned.support is Support.TAKEN):
                return
            self._loaded()[learned.mode] = learned
            memory = self._memory
        if memory is not None:
            memory.learn(learned)

    def _loaded(self) -> dict[Mode, Learned]:
        if self._known is None:
            held = self._memory.known() if self._memory is not None else ()
            self._known = {one.mode: one for one in held}
        return self._known

    def _schema_fails(self, mode: Mode, request: Request) -> bool:
        return bool(self._schemas) and (mode, _key(request)) in self._schemas


def _key(request: Request) -> str:
    return json.dumps(request.json_schema, sort_keys=True)


_MODE_WORDS = (
    *("response_format", "response format", "json_schema", "json_object", "json schema", "json mode", "json"),
    *("structured output", "guided", "grammar", "schema", "tool", "function call", "jinja"),
)
_SCHEMA_WORDS = (
    *("grammar", "invalid schema", "invalid json schema", "invalid json_schema", "schema is invalid", "$ref"),
    *("regex", "pattern", "keyword", "converting schema", "convert schema", "unsupported schema", "in the schema"),
    *("additionalproperties", "features that are not supported", "schema is too", "schema contains"),
)


def blames_mode(error: TransportError) -> bool:
    """Return whether an error may be about the mode of the request: then another mode is worth trying.

    OpenRouter answers 404 if no host of a model takes a parameter, llama-server 500 for tools without its --jinja.
    """
    if not isinstance(error, (RequestRejected, ModelUnavailable, ServerFailed)) or (error.status or 0) < 400:
        return False
    named = as_object(as_object(decode(error.body.encode())).get("error")).get("param")
    said = f"{words_of(error)} {error.code} {named if isinstance(named, str) else ''}".lower()
    return any(word in said for word in _MODE_WORDS)


def words_of(error: TransportError) -> str:
    """Return the server's own words in an error, without our advice, which is about requests that a user chose."""
    return read_refusal(decode(error.body.encode()), error.body).message[:300] if error.body else str(error)


def _blames_schema(said: str) -> bool:
    return any(word in said.lower() for word in _SCHEMA_WORDS)


def support_shown(request: Request, completion: Completion) -> Support | None:
    """Return what an answer shows about the mode of its request, or None if it shows nothing.

    An answer that was cut off or refused shows nothing, nor does one whose text begins with the model's thoughts.
    """
    cut = ending_of(completion.finish_reason) in {Ending.CUT, Ending.FILTERED}
    if request.mode is Mode.TEXT or cut or completion.refusal or "<think" in completion.text:
        return None
    if completion.failure:  # the server checked the answer, as the mode promises, and found it wrong
        return Support.TAKEN
    if request.mode is Mode.TOOLS:
        return Support.TAKEN if completion.called else Support.IGNORED
    return Support.TAKEN if _has_form(completion.text, request) else Support.IGNORED


def _has_form(text: str, request: Request) -> bool:
    """Return whether a text is a JSON object, in mode JSON_SCHEMA with the keys that the schema requires."""
    try:
        value = cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    schema: JsonObject = request.json_schema if isinstance(request.json_schema, dict) else {}
    required = schema.get("required")
    listed = required if request.mode is Mode.JSON_SCHEMA and isinstance(required, list) else []
    return all(name in value for name in listed)
