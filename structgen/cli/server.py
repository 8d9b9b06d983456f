"""What `doctor` finds out about a model: its key, its server, and whether the server knows it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from structgen.cli.choose import RULES
from structgen.core.errors import StructgenError

if TYPE_CHECKING:
    from structgen.send.http.providers import Wire

_SECONDS = 10.0
_KEY_REFUSED = (401, 403)


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    NOTE = "note"
    """Not there, and not needed for what was chosen."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.verdict:5}  {self.what}: {self.found}{'; ' if self.advice else ''}{self.advice}"


def check_model(model: str) -> Iterator[Check]:
    """Key, server and model. Nothing is generated; the server is asked for its list of models."""
    from structgen.engine.replay import REPLAY
    from structgen.send import open_sender, split_model
    from structgen.send.http.providers import GROQ, WIRES

    if model.partition("/")[0] == REPLAY:
        yield from _check_replay(model)
        return
    if model == RULES:
        yield Check("model", Verdict.OK, "rules, which need no key and no server")
        yield from (_as_note(check) for check in _check_wire(GROQ, None))
        return
    try:
        open_sender(model).close()
        provider, name = split_model(model)
    except StructgenError as error:
        yield Check("model", Verdict.WRONG, str(error))
        return
    wire = WIRES.get(provider)
    if wire is None:
        yield Check("model", Verdict.OK, f"{model}, through instructor; its server is not checked")
    else:
        yield from _check_wire(wire, name)


def _check_replay(model: str) -> Iterator[Check]:
    """Whether the usual store holds what is to be replayed."""
    from structgen.cli.keeping import opened
    from structgen.engine.replay import find_recorded

    try:
        with opened(None) as store:
            found, completions = find_recorded(model, store), store.sizes().completions
    except StructgenError as error:
        yield Check("store", Verdict.WRONG, str(error))
        return
    yield Check("store", Verdict.OK, f"{store.path} holds {completions} completion{'' if completions == 1 else 's'}")
    yield Check("model", Verdict.OK, f"replay of {found}, which needs no key and no server")


def _as_note(check: Check) -> Check:
    return replace(check, verdict=Verdict.NOTE) if check.verdict is Verdict.WRONG else check


def _check_wire(wire: Wire, model: str | None) -> Iterator[Check]:
    key = os.environ.get(wire.key_variable, "").strip()
    if key or not wire.needs_key:
        yield Check("key", Verdict.OK, f"{wire.key_variable} is {'set' if key else 'not set, and not needed'}")
    else:
        advice = f"to ask a model, put {wire.key_variable}=... into the environment or a file .env"
        yield Check("key", Verdict.WRONG, f"{wire.key_variable} is not set", advice)
    yield from _check_server(wire, key, model)


def _check_server(wire: Wire, key: str, model: str | None) -> Iterator[Check]:
    """Ask for the list of models: it costs nothing and shows the way, the key and the model at once."""
    import httpx

    base = wire.check_base_url(os.environ.get(wire.base_variable))
    url = base + wire.path.replace("chat/completions", "models")
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=_SECONDS)
    except httpx.HTTPError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        named = os.environ.get(wire.base_variable)
        advice = f"does it run, and is {wire.base_variable} right?" if named else "check the network and proxies"
        yield Check("server", Verdict.WRONG, f"{base} cannot be reached ({reason})", advice)
        return
    if answer.status_code in _KEY_REFUSED:
        advice = f"make a new {wire.key_variable}" if key else ""
        refused = "and refuses the key" if key else "and wants a key"
        yield Check("server", Verdict.WRONG if key else Verdict.OK, f"{base} answers {refused}", advice)
    elif answer.is_success:
        yield Check("server", Verdict.OK, f"{base} answers")
        yield from _check_listed(model, answer.text)
    else:
        advice = f"is {wire.base_variable} the right server?"
        yield Check("server", Verdict.WRONG, f"{base} answers with status {answer.status_code}", advice)


def _check_listed(model: str | None, listing: str) -> Iterator[Check]:
    """Whether the server's list has the model; without a list, nobody knows."""
    if model is None:
        return
    try:
        ids = {str(entry["id"]) for entry in json.loads(listing)["data"]}
    except (ValueError, TypeError, KeyError):
        yield Check("model", Verdict.NOTE, f"the server gives no list of models, so {model} may or may not be there")
        return
    if model in ids:
        yield Check("model", Verdict.OK, f"the server has {model}")
    else:
        yield Check("model", Verdict.WRONG, f"the server has no {model}", f"it has: {', '.join(sorted(ids))}")
