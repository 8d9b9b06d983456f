"""Limits and fault plans as they are written on a command line: ``rpm=30,tpm=8000``, ``seed=7,dropped=0.1``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json
from structgen.testing.emulator.fault_plan import FaultPlan
from structgen.testing.emulator.rate_limits import Limits, check_tier

_WHOLE = frozenset({"seed", "retry_after", *(field.name for field in fields(Limits))})


def read_limits(text: str) -> Limits | str:
    """A tier of the model cards, ``name=number`` pairs, or a .json file with one object of such names and numbers."""
    if text.endswith(".json"):
        return Limits(**_checked(_from_file(Path(text)), Limits))
    if "=" in text:
        return Limits(**_checked(_pairs(text), Limits))
    check_tier(text)
    return text


def read_faults(text: str) -> FaultPlan:
    """The fault plan of ``name=number`` pairs."""
    return FaultPlan(**_checked(_pairs(text), FaultPlan))


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals:
            raise ConfigurationError(f"{part!r} is not name=number. Write them with commas, as in rpm=30,tpm=8000.")
        yield name.strip(), value.strip()


def _from_file(path: Path) -> Iterable[tuple[str, str]]:
    try:
        found = cast("Json", json.loads(path.read_bytes()))
    except OSError as problem:
        raise ConfigurationError(f"The limits in {path} cannot be read: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(f"The limits in {path} are not JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f'{path} holds no limits: write {{"rpm": 30, "tpm": 8000}}.')
    return [(name, str(value)) for name, value in found.items()]


def _checked(pairs: Iterable[tuple[str, str]], record: type[Limits | FaultPlan]) -> dict[str, Any]:
    """The numbers by their names, which must be fields of the record."""
    names = [field.name for field in fields(record)]
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in names:
            what = "limits" if record is Limits else "faults"
            raise ConfigurationError(f"There is no {name!r} among the {what}; there are {', '.join(names)}.")
        if name in found:
            raise ConfigurationError(f"{name} is given twice. Give it once.")
        found[name] = _number(name, value)
    return found


def _number(name: str, value: str) -> float:
    try:
        return int(value) if name in _WHOLE else float(value)
    except ValueError:
        kind = "a whole number" if name in _WHOLE else "a number"
        raise ConfigurationError(f"{name} must be {kind}, not {value!r}.") from None
