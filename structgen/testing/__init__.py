"""For tests of programs that use structgen: a Groq server on loopback, with the answers and the errors that you script.

Needs the extra: ``pip install "structgen[testing]"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structgen.testing.emulator.clock import Clock
    from structgen.testing.emulator.errors import error_names
    from structgen.testing.emulator.faults import FaultKind, FaultPlan
    from structgen.testing.emulator.foreground import run_emulator
    from structgen.testing.emulator.limits import Limits
    from structgen.testing.emulator.replies import (
        cut,
        dropped,
        error,
        page,
        plain,
        raw,
        refusal,
        reply,
        slow,
        streamed,
    )
    from structgen.testing.emulator.server import EMULATOR_KEY, Emulator
    from structgen.testing.emulator.state import Received

__all__ = [
    "EMULATOR_KEY",
    "Clock",
    "Emulator",
    "FaultKind",
    "FaultPlan",
    "Limits",
    "Received",
    "cut",
    "dropped",
    "error",
    "error_names",
    "page",
    "plain",
    "raw",
    "refusal",
    "reply",
    "run_emulator",
    "slow",
    "streamed",
]

_MODULES = {
    "EMULATOR_KEY": "server",
    "Clock": "clock",
    "Emulator": "server",
    "FaultKind": "faults",
    "FaultPlan": "faults",
    "Limits": "limits",
    "Received": "state",
    "error_names": "errors",
    "run_emulator": "foreground",
}


def __getattr__(name: str) -> object:
    """The public names, imported when first asked for: pytest loads this package at every start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        module = import_module(f"{__name__}.emulator.{_MODULES.get(name, 'replies')}")
    except ModuleNotFoundError as problem:
        if problem.name is None or problem.name.partition(".")[0] not in {
            "starlette",
            "uvicorn",
            "h11",
            "python_multipart",
        }:
            raise
        from structgen.core.errors import ConfigurationError

        raise ConfigurationError(
            f'structgen.testing needs {problem.name}: run pip install "structgen[testing]".'
        ) from None
    return getattr(module, name)
