"""``structgen models --probe``: the models of a compatible server, and which modes one of them takes."""

from __future__ import annotations

import json
from pathlib import Path

from structgen.cli.console import display, say
from structgen.core.errors import ConfigurationError
from structgen.core.mode_support import Learned, Support

_SECONDS = 120.0
"""The timeout of a request: a server on this machine may have to load the model first."""


def probe_server(model: str | None, store: Path | None, *, as_json: bool) -> None:
    """List the models of the server, or show which modes one of them takes. Raises TransportError."""
    if model is None:
        _list_models(as_json=as_json)
    else:
        _show_modes(model.removeprefix("compatible/"), store, as_json=as_json)


def _list_models(*, as_json: bool) -> None:
    from structgen.send.factory import find_endpoint
    from structgen.send.http.providers import COMPATIBLE
    from structgen.send.remote_models import list_remote_models

    endpoint = find_endpoint(COMPATIBLE)
    served = list_remote_models(COMPATIBLE, endpoint)
    for one in served:
        size = "" if one.context_window is None else f"  {one.context_window:,} tokens"
        display(json.dumps({"id": one.id, "context_window": one.context_window}) if as_json else f"{one.id}{size}")
    say(f"{endpoint.shown} lists {len(served)} models. To see which modes one takes: structgen models --probe ID")


def _show_modes(name: str, store: Path | None, *, as_json: bool) -> None:
    from structgen.cli.run_store import open_run_store
    from structgen.send import Allowance, endpoint_name, open_sender
    from structgen.send.mode_fallback import ModeFallback
    from structgen.send.probe import probe_modes

    model = f"compatible/{name}"
    sender = open_sender(model, timeout=_SECONDS)
    if not isinstance(sender, ModeFallback):
        raise ConfigurationError(f"{model} is not on a compatible server: set STRUCTGEN_BASE_URL.")
    with open_run_store(model, store, off=False) as opened:
        if opened is not None:
            sender.modes.attach(opened.modes_of(endpoint_name("compatible"), name))
        try:
            for learned in probe_modes(sender, name, Allowance(transport_retries=1)):
                display(_json(learned) if as_json else f"{learned.mode.value:12}{_words(learned)}")
        finally:
            sender.close()


def _json(learned: Learned) -> str:
    return json.dumps({"mode": learned.mode.value, "support": learned.support.value, "said": learned.said})


def _words(learned: Learned) -> str:
    if learned.support is Support.IGNORED:
        return "ignored: the server accepts it, but answers in another form"
    return f"refused: {learned.said}" if learned.support is Support.REFUSED else "taken"
