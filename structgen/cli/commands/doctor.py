"""``structgen doctor``: check that everything a run needs is in place, and say what to do if it is not.

With ``--live`` it also makes a few calls to Groq, and compares the responses with the emulator and the model cards.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import arguments as args
from structgen.cli.console import Exit, display, display_json, say
from structgen.cli.selection import RULES, choose_model
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import JsonObject
from structgen.core.masking import mask
from structgen.core.records import Card
from structgen.core.screen import usd

if TYPE_CHECKING:
    from structgen.send.http.providers import ChatApi, Endpoint
    from structgen.testing.conformance import Case, Finding


CALLS = 12
"""The default number of calls for --live."""

_SECONDS = 10.0
_KEY_REFUSED = (401, 403)


class Verdict(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    NOTE = "note"
    """Missing, but not needed for the chosen model."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was found, and what to do about it."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""

    def to_json(self) -> JsonObject:
        """Return the check as an object with the keys what, verdict, found and advice."""
        return {"what": self.what, "verdict": str(self.verdict), "found": self.found, "advice": self.advice}

    def __str__(self) -> str:
        return f"{self.verdict:5}  {self.what}: {self.found}{'; ' if self.advice else ''}{self.advice}"


def doctor(
    model: args.Model = None,
    config: Annotated[
        bool, typer.Option("--config", help="Show every setting with its value and where it comes from; check nothing.")
    ] = False,
    as_json: args.AsJson = False,
    live: Annotated[
        bool, typer.Option("--live", help="Also call Groq, and compare its responses with the documentation.")
    ] = False,
    calls: Annotated[int, typer.Option(min=1, help="With --live: maximum number of calls.")] = CALLS,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With --live: do not ask for confirmation of the price.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="With --live: save the responses, redacted, for `emulate --replies`."),
    ] = None,
) -> None:
    """Check Python, packages, key, server and model, and say what to do. Exit status 1 if something is wrong.

    With --live, also check by a few cheap calls that Groq behaves as structgen's emulator and model cards say.

    Settings are the options of `extract`. The command line wins, then the environment with .env
    (STRUCTGEN_MAX_ATTEMPTS=5), then the nearest structgen.toml or pyproject.toml with [tool.structgen] (max_attempts =
    5), then the default.
    """
    if config:
        _show_settings(model, as_json=as_json)
        return
    chosen = choose_model(model)
    if not live and (yes or save):
        raise ConfigurationError("--yes and --save only apply to --live: give --live too.")
    if live and as_json:
        raise ConfigurationError("--live prints no JSON: --save FILE.json saves its responses.")
    wrong = _show_checks(chosen, as_json=as_json)
    # calls would only fail for the reasons already shown
    if live and not wrong:
        wrong = check_live(chosen, calls, yes=yes, save=save)
    raise typer.Exit(Exit.SOME_NOT_OK if wrong else Exit.OK)


def _show_checks(model: str, *, as_json: bool) -> bool:
    """Print each check as soon as it is made. Return whether something is wrong."""
    wrong = False
    for check in _checks(model):
        if as_json:
            display_json(check.to_json())
        else:
            display(check)
        wrong = wrong or check.verdict is Verdict.WRONG
    return wrong


def _show_settings(model: str | None, *, as_json: bool) -> None:
    from structgen.cli.configuration import unknown_variables
    from structgen.cli.setting_table import setting_lines, setting_rows

    rows = [*setting_rows(model)]
    if as_json:
        for row in rows:
            display_json(row.to_json())
    else:
        display("\n".join(setting_lines(rows)))
    for sentence in unknown_variables():
        say(sentence)


def _checks(chosen: str) -> Iterator[Check]:
    from structgen.engine.cascade.model_order import models_in

    yield _python()
    yield from _packages()
    try:
        models = models_in(chosen)
    except StructgenError as error:
        yield Check("model", Verdict.WRONG, str(error))
        models = ()
    for model in models:
        yield from check_model(model)
    yield from _local_servers(chosen)


def _local_servers(chosen: str) -> Iterator[Check]:
    """Look for servers on this machine, and show the line that uses each. None is used unless the user names it."""
    from structgen.send.local_servers import PORTS, find_local_servers

    used = os.environ.get("STRUCTGEN_BASE_URL", "").replace("localhost", "127.0.0.1").rstrip("/")
    found = find_local_servers(PORTS)
    for server in found:
        listed = ", ".join(model.id for model in server.models[:5]) or "no model yet"
        more = f" and {len(server.models) - 5} more" if len(server.models) > 5 else ""
        name = shlex.quote(f"compatible/{server.models[0].id if server.models else '<id>'}")
        line = f"to use it: STRUCTGEN_BASE_URL={server.base_url} structgen extract TASK INPUT --model {name}"
        words = f"{server.name} at {server.base_url} has {listed}{more}"
        yield Check("local server", Verdict.OK, words, "" if used == server.base_url else line)
    # only somebody without a model needs to know where a server would be found
    if not found and chosen == RULES:
        usual = ", ".join(f"{name} {port}" for port, name in PORTS.items())
        yield Check("local server", Verdict.NOTE, f"none on the usual ports of this machine ({usual})")


def _python() -> Check:
    # an older Python could not have imported this module
    return Check("Python", Verdict.OK, f"{platform.python_version()} at {sys.executable}")


def _packages() -> Iterator[Check]:
    """Check the packages named in structgen's metadata: the required ones, then those of the extras for users."""
    from importlib.metadata import version

    missing = [name for name in _required("") if not _installed(name)]
    if missing:
        yield Check("packages", Verdict.WRONG, f"missing {', '.join(missing)}", "run: pip install structgen")
    else:
        yield Check("packages", Verdict.OK, f"structgen {version('structgen')} and all its dependencies")
    extras = (("parquet", "Parquet files"), ("documents", "PDF and Word files"), ("testing", "the emulator"))
    for extra, purpose in extras:
        lacking = [name for name in _required(extra) if not _installed(name)]
        if lacking:
            advice = f"for {purpose} run: pip install 'structgen[{extra}]'"
            yield Check(f"extra {extra}", Verdict.NOTE, f"missing {', '.join(lacking)}", advice)
        else:
            yield Check(f"extra {extra}", Verdict.OK, f"installed, for {purpose}")
    yield _libraries_of_rules()


def _libraries_of_rules() -> Check:
    """Check the libraries that the rules use if they are installed."""
    from structgen.rules.libraries.installed import PURPOSES

    told = {name: f"{name} for {purpose}" for name, purpose in PURPOSES.items()}
    there = ", ".join(words for name, words in told.items() if _installed(name))
    lacking = ", ".join(words for name, words in told.items() if not _installed(name))
    if not lacking:
        return Check("extra rules", Verdict.OK, f"installed: {there}")
    found = f"missing {lacking}" + (f"; installed: {there}" if there else "")
    return Check("extra rules", Verdict.NOTE, found, "to add them to the rules run: pip install 'structgen[rules]'")


def _required(extra: str) -> list[str]:
    """Return the packages that an extra requires, or if `extra` is empty those that structgen itself requires."""
    from importlib.metadata import requires

    # requirements look like: starlette>=0.40; extra == "testing"
    marker = f'extra == "{extra}"' if extra else ""
    lines = [line for line in requires("structgen") or [] if (marker in line if extra else "extra ==" not in line)]
    return [name[0] for line in lines if (name := re.match(r"[\w.-]+", line))]


def _installed(name: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def check_live(model: str, calls: int, *, yes: bool, save: Path | None) -> bool:
    """Show the price, ask for confirmation, call Groq and print the differences. Return whether there are any."""
    from structgen.send.factory import find_endpoint
    from structgen.send.http.providers import GROQ
    from structgen.testing.conformance import cases_for, conform
    from structgen.testing.recordings import save_recordings

    card, endpoint = _card(model), find_endpoint(GROQ)
    cases = cases_for(card, calls)
    say(_price(cases, card, endpoint))
    if not yes:
        typer.confirm("Make these calls?", abort=True, err=True)
    findings = [*_shown(conform(cases, card, endpoint))]
    if save is not None:
        # an exchange with a wrong key is of no use in a replay
        exchanges = [finding.exchange for finding in findings if finding.exchange is not None and not finding.case.key]
        save_recordings(save, exchanges, endpoint.secrets)
        say(f"{len(exchanges)} responses saved in {save}: `structgen emulate --replies {save}` plays them.")
    differ = sum(bool(finding.differs) for finding in findings)
    say(f"{len(findings)} behaviours checked; {differ or 'none'} differ from the documentation.")
    return differ > 0


def _card(model: str) -> Card:
    from structgen.send import find_card, split_model

    provider, name = split_model(model)
    if provider != "groq":
        raise ConfigurationError(
            f"--live compares Groq with its documentation, but {model} is not a Groq model: set GROQ_API_KEY, or give "
            "--model groq/<id>."
        )
    return find_card(provider, name) or Card(name)


def _price(cases: tuple[Case, ...], card: Card, endpoint: Endpoint) -> str:
    from structgen.testing.conformance import price_of

    tokens_in, tokens_out, cost = price_of(cases, card)
    price = "price unknown" if cost is None else usd(cost)
    return (
        f"{len(cases)} calls to {endpoint.shown} with {card.id}, most of them refused before a model runs: "
        f"at most {tokens_in:,} tokens in, {tokens_out:,} out, {price}."
    )


def _shown(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Print each finding as it arrives: one line, and another for each difference."""
    for finding in findings:
        verdict = Verdict.WRONG if finding.differs else Verdict.OK
        display(Check(finding.case.name, verdict, finding.case.says))
        for difference in finding.differs:
            display(f"{'':7}{difference}")
        yield finding


def check_model(model: str) -> Iterator[Check]:
    """Check key, server and model without generating anything: only the list of models is requested."""
    from structgen.engine.answers import REPLAY
    from structgen.send import open_sender, split_model
    from structgen.send.http.providers import CHAT_APIS, GROQ

    if model.partition("/")[0] == REPLAY:
        yield from _check_replay(model)
        return
    if model == RULES:
        yield Check("model", Verdict.OK, "rules, which need neither key nor server")
        # the rules need no server, so a missing key is worth knowing, but not an error
        yield from (_as_note(check) for check in _check_api(GROQ, None))
        return
    try:
        # opening validates the name and the key without sending anything
        open_sender(model).close()
        provider, name = split_model(model)
    except StructgenError as error:
        yield Check("model", Verdict.WRONG, str(error))
        return
    api = CHAT_APIS.get(provider)
    if api is None:
        yield Check("model", Verdict.OK, f"{model}, through instructor; the server is not checked")
    else:
        yield from _check_api(api, name)


def _check_replay(model: str) -> Iterator[Check]:
    """Check that the default store contains the model's responses."""
    from structgen.cli.run_store import open_existing_store
    from structgen.engine.answers import find_recorded

    try:
        with open_existing_store(None) as store:
            found, completions = find_recorded(model, store), store.sizes().completions
    except StructgenError as error:
        yield Check("store", Verdict.WRONG, str(error))
        return
    yield Check("store", Verdict.OK, f"{store.path} contains {completions} completion{'' if completions == 1 else 's'}")
    yield Check("model", Verdict.OK, f"replay of {found}, which needs neither key nor server")


def _as_note(check: Check) -> Check:
    return replace(check, verdict=Verdict.NOTE) if check.verdict is Verdict.WRONG else check


def _check_api(api: ChatApi, model: str | None) -> Iterator[Check]:
    key = os.environ.get(api.key_variable, "").strip()
    if key or not api.needs_key:
        yield Check("key", Verdict.OK, f"{api.key_variable} is {'set' if key else 'not set, but not needed'}")
    else:
        advice = f"to use a model, set {api.key_variable} in the environment or in a .env file"
        yield Check("key", Verdict.WRONG, f"{api.key_variable} is not set", advice)
    yield from _check_server(api, key, model)


def _check_server(api: ChatApi, key: str, model: str | None) -> Iterator[Check]:
    """Request the list of models: it costs nothing and tests network, key and model at once."""
    import httpx

    from structgen.send.http.providers import Endpoint
    from structgen.send.http.proxies import proxies_checked, proxy_for

    endpoint = Endpoint(api.check_base_url(os.environ.get(api.base_variable)), key)
    base, url = endpoint.shown, endpoint.url(api.path.replace("chat/completions", "models"))
    headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **endpoint.headers}
    try:
        with proxies_checked():
            response = httpx.get(url, headers=headers, timeout=_SECONDS)
    except ConfigurationError as error:
        yield Check("server", Verdict.WRONG, f"{base} cannot be reached", str(error))
        return
    except httpx.HTTPError as error:
        reason = mask(str(error).splitlines()[0], endpoint.secrets) if str(error) else type(error).__name__
        named = os.environ.get(api.base_variable)
        advice = (
            f"is it running, and is {api.base_variable} correct?" if named else "check your network and proxy settings"
        )
        proxy = proxy_for(endpoint.address)
        advice = advice if proxy is None else f"is the proxy {proxy.shown} running? Else unset that variable"
        yield Check("server", Verdict.WRONG, f"{base} cannot be reached ({reason})", advice)
        return
    if response.status_code in _KEY_REFUSED:
        advice = f"create a new {api.key_variable}" if key else ""
        # without a key a server that requires one is still proven to be there
        refused = "but rejects the key" if key else "but requires a key"
        yield Check("server", Verdict.WRONG if key else Verdict.OK, f"{base} responds {refused}", advice)
    elif response.is_success:
        yield Check("server", Verdict.OK, f"{base} responds")
        yield from _check_listed(model, response.text)
    else:
        advice = f"does {api.base_variable} name the right server?"
        if api.schema_first and endpoint.with_version is not None:
            advice = f"most servers need /v1 at the end: set {api.base_variable}={endpoint.with_version}"
        yield Check("server", Verdict.WRONG, f"{base} responds with status {response.status_code}", advice)


def _check_listed(model: str | None, listing: str) -> Iterator[Check]:
    """Check that the server lists the model. Some servers have no list, so its absence is only a note."""
    if model is None:
        return
    try:
        ids = {str(entry["id"]) for entry in json.loads(listing)["data"]}
    except (ValueError, TypeError, KeyError):
        yield Check("model", Verdict.NOTE, f"the server has no list of models, so {model} may or may not exist")
        return
    if model in ids:
        yield Check("model", Verdict.OK, f"the server has {model}")
    else:
        yield Check("model", Verdict.WRONG, f"the server does not have {model}", f"it has: {', '.join(sorted(ids))}")
