"""``structgen doctor``: is everything here that a run needs, and what to do where it is not."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from structgen.cli import options as given
from structgen.cli.choose import choose_model
from structgen.cli.command import Exit
from structgen.cli.live import CALLS, check_live
from structgen.cli.server import Check, Verdict, check_model
from structgen.core.errors import ConfigurationError


def doctor(
    model: given.Model = None,
    live: Annotated[
        bool, typer.Option("--live", help="Then make calls, and compare Groq's answers with what is documented.")
    ] = False,
    calls: Annotated[int, typer.Option(min=1, help="With --live: so many calls at most.")] = CALLS,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --live: do not ask after showing the price.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="With --live: keep the answers, redacted, for `emulate --replies`."),
    ] = None,
) -> None:
    """Check Python, packages, key, server and model; say what to do. Exit status 1 where something is wrong.

    With --live also whether Groq does what structgen's emulator and model cards say, by calls that cost a little.
    """
    chosen = choose_model(model)
    if not live and (yes or save):
        raise ConfigurationError("--yes and --save are about the calls of --live: give it too.")
    wrong = False
    for check in _checks(chosen):
        typer.echo(check)
        wrong = wrong or check.verdict is Verdict.WRONG
    if live and not wrong:
        wrong = check_live(chosen, calls, yes=yes, save=save)
    raise typer.Exit(Exit.SOME_NOT_OK if wrong else Exit.OK)


def _checks(chosen: str) -> Iterator[Check]:
    yield _python()
    yield from _packages()
    yield from check_model(chosen)


def _python() -> Check:
    """An older Python cannot have come as far as here."""
    return Check("Python", Verdict.OK, f"{platform.python_version()} at {sys.executable}")


def _packages() -> Iterator[Check]:
    """The packages that structgen's own metadata names: those it needs, then those of the extras users have."""
    from importlib.metadata import version

    missing = [name for name in _required("") if not _installed(name)]
    if missing:
        yield Check("packages", Verdict.WRONG, f"without {', '.join(missing)}", "run: pip install structgen")
    else:
        yield Check("packages", Verdict.OK, f"structgen {version('structgen')} and all it needs")
    for extra, purpose in (("parquet", "Parquet files"), ("testing", "the emulator")):
        lacking = [name for name in _required(extra) if not _installed(name)]
        if lacking:
            advice = f"for {purpose} run: pip install 'structgen[{extra}]'"
            yield Check(f"extra {extra}", Verdict.NOTE, f"without {', '.join(lacking)}", advice)
        else:
            yield Check(f"extra {extra}", Verdict.OK, f"installed, for {purpose}")


def _required(extra: str) -> list[str]:
    """The names of the packages that an extra needs; those of structgen itself where `extra` is empty."""
    from importlib.metadata import requires

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
