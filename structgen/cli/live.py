"""``structgen doctor --live``: a few calls to Groq, compared with what the emulator and the model cards say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from structgen.cli.command import say
from structgen.cli.server import Check, Verdict
from structgen.core.errors import ConfigurationError
from structgen.core.records import Card

if TYPE_CHECKING:
    from structgen.send.http.providers import Endpoint
    from structgen.testing.conformance import Case, Finding

CALLS = 12
"""So many calls are made unless told otherwise."""


def check_live(model: str, calls: int, *, yes: bool, save: Path | None) -> bool:
    """Show the price, ask, call, and say what differs: True where something does. `save` keeps the answers."""
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
        kept = [finding.exchange for finding in findings if finding.exchange is not None and not finding.case.key]
        save_recordings(save, kept, endpoint.key)
        say(f"{len(kept)} answers are in {save}: `structgen emulate --replies {save}` plays them.")
    differ = sum(bool(finding.differs) for finding in findings)
    say(f"{len(findings)} behaviours were looked at; {differ or 'none'} differ from what is documented.")
    return differ > 0


def _card(model: str) -> Card:
    from structgen.send import find_card, split_model

    provider, name = split_model(model)
    if provider != "groq":
        raise ConfigurationError(
            f"--live compares Groq with its documentation, and {model} is not Groq's: set GROQ_API_KEY, or give "
            "--model groq/<id>."
        )
    return find_card(provider, name) or Card(name)


def _price(cases: tuple[Case, ...], card: Card, endpoint: Endpoint) -> str:
    from structgen.testing.conformance import price_of

    tokens_in, tokens_out, cost = price_of(cases, card)
    price = "a price that is not known" if cost is None else f"{cost:.4f} USD"
    return (
        f"{len(cases)} calls to {endpoint.base_url} with {card.id}, the most of them refused before a model is asked: "
        f"at most {tokens_in:,} tokens in, {tokens_out:,} out, {price}."
    )


def _shown(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Each finding as it comes: one line, and one more for each difference."""
    for finding in findings:
        verdict = Verdict.WRONG if finding.differs else Verdict.OK
        typer.echo(Check(finding.case.name, verdict, finding.case.says))
        for difference in finding.differs:
            typer.echo(f"{'':7}{difference}")
        yield finding
