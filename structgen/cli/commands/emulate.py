"""``structgen emulate``: a Groq server on this machine, with the limits and faults that its options describe."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

import typer

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json

if TYPE_CHECKING:
    from structgen.testing import FaultPlan, Limits

RepliesOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Replies in order, as JSON Lines; or recordings, a .json file from `doctor --live --save`.",
    ),
]

LimitsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="LIMITS",
        help="Rate limits of each model: a tier from the model cards (free, dev), rpm=30,tpm=8000 (also rpd, tpd, "
        'itpm, otpm), or FILE.json with {"rpm": 30, ...}.',
    ),
]

FaultsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FAULTS",
        help="Shares of requests that fail, and a seed: seed=7,dropped=0.1. The faults are rate_limited, flex, "
        "server_error, dropped, slow, cut, malformed and wrong_type; retry_after and seconds (for slow) set details.",
    ),
]

_INTEGERS = frozenset({"seed", "retry_after", "rpm", "rpd", "tpm", "tpd", "itpm", "otpm"})


def emulate(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")] = 8001,
    replies: RepliesOption = None,
    limits: LimitsOption = None,
    faults: FaultsOption = None,
    latency: Annotated[float, typer.Option(min=0, help="Delay before each reply, in seconds.")] = 0.0,
    batch_seconds: Annotated[float, typer.Option(min=0, help="Duration of a batch, in seconds.")] = 0.0,
) -> None:
    """Run a Groq emulator, for tests and demos without a key. Ctrl-C stops it.

    Clients need its address in GROQ_BASE_URL, and any GROQ_API_KEY. Without --replies it answers like the rules, from
    the text and the schema of each request.
    """
    from structgen.testing import run_emulator

    run_emulator(
        host=host,
        port=port,
        replies=replies,
        limits=read_limits(limits) if limits else None,
        faults=read_faults(faults) if faults else None,
        latency=latency,
        batch_seconds=batch_seconds,
    )


def read_limits(text: str) -> Limits | str:
    """Read a tier of the model cards, ``name=number`` pairs, or a .json file with one object of such pairs."""
    from structgen.testing import Limits
    from structgen.testing.emulator.rate_limits import check_tier

    if text.endswith(".json"):
        return Limits(**_numbers(_from_file(Path(text)), Limits))
    if "=" in text:
        return Limits(**_numbers(_pairs(text), Limits))
    check_tier(text)
    return text


def read_faults(text: str) -> FaultPlan:
    """Read a fault plan from ``name=number`` pairs."""
    from structgen.testing import FaultPlan

    return FaultPlan(**_numbers(_pairs(text), FaultPlan))


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals:
            raise ConfigurationError(f"{part!r} is not name=number. Separate pairs with commas: rpm=30,tpm=8000.")
        yield name.strip(), value.strip()


def _from_file(path: Path) -> Iterable[tuple[str, str]]:
    try:
        found = cast("Json", json.loads(path.read_bytes()))
    except OSError as problem:
        raise ConfigurationError(f"Cannot read the limits in {path}: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(f"The limits in {path} are not JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f'{path} contains no limits: write {{"rpm": 30, "tpm": 8000}}.')
    return [(name, str(value)) for name, value in found.items()]


def _numbers(pairs: Iterable[tuple[str, str]], record: type[Limits | FaultPlan]) -> dict[str, Any]:
    """Return the numbers by name. Raises ConfigurationError if a name is not a field of the record, or comes twice."""
    names = [field.name for field in fields(record)]
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in names:
            what = "fault" if "seed" in names else "limit"
            raise ConfigurationError(f"Unknown {what} {name!r}: choose from {', '.join(names)}.")
        if name in found:
            raise ConfigurationError(f"{name} is given twice. Give it once.")
        found[name] = _number(name, value)
    return found


def _number(name: str, value: str) -> float:
    try:
        return int(value) if name in _INTEGERS else float(value)
    except ValueError:
        kind = "an integer" if name in _INTEGERS else "a number"
        raise ConfigurationError(f"{name} must be {kind}, not {value!r}.") from None
