"""For tests of programs that use structgen: a local Groq server with the answers and errors that you script.

Requires the extra: ``pip install "structgen[testing]"``. It adds the pytest fixture `groq_emulator`, which sets
GROQ_BASE_URL and GROQ_API_KEY; elsewhere use ``with Emulator() as emulator:``. ::

    import structgen
    from structgen.testing import FaultPlan, error, reply

    NAMED = structgen.fields("name")


    def test_a_rate_limit_is_waited_for(groq_emulator):
        groq_emulator.script(error("rate_limit", retry_after=0), reply('{"name": "Soup"}'))
        assert structgen.extract(NAMED, "Soup, for four").value == {"name": "Soup"}
        assert [received.status for received in groq_emulator.requests] == [429, 200]


    def test_no_answer_is_so_bad_that_a_row_is_lost(groq_emulator):
        groq_emulator.fail_with(FaultPlan(seed=7, malformed=0.4, wrong_type=0.2))
        rows = list(structgen.Extractor().map(NAMED, [f"Name: Dish {number}" for number in range(12)]))
        assert len(rows) == 12
        assert {received.fault for received in groq_emulator.faults} <= {"malformed", "wrong_type"}

A request is answered by the first of these: a recording of it (`recordings`), the script (`script`), a function
(`answer_with`), structgen's rules. `limit_with` sets rate limits, those of a tier (``"free"``) or your own, on a
`Clock` that the test controls. `accept_keys` adds keys; those of one organization share its limits. `fail_with` makes a
share of the requests after the script fail, the same for the same seed. `script_batches` makes requests for files and
batches fail, and `rewrite_results` changes what a batch wrote. If a function is forced,
``reply(text, calls=[...], content=...)`` makes several calls with content beside them; `reply(text, tool="name")` calls
a certain one, and `plain(text)` none. `requests` is the log: each request, the status of its response, its fault.
`reset` clears everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structgen.testing.emulator.fault_plan import FaultKind, FaultPlan
    from structgen.testing.emulator.rate_limits import Clock, Limits
    from structgen.testing.emulator.replies import (
        cut,
        dropped,
        error,
        error_names,
        page,
        plain,
        raw,
        refusal,
        reply,
        slow,
        streamed,
    )
    from structgen.testing.emulator.server import EMULATOR_KEY, Emulator, run_emulator
    from structgen.testing.emulator.serving import Received

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
    "Clock": "rate_limits",
    "Emulator": "server",
    "FaultKind": "fault_plan",
    "FaultPlan": "fault_plan",
    "Limits": "rate_limits",
    "Received": "serving",
    "run_emulator": "server",
}


def __getattr__(name: str) -> object:
    """Import public names on first use, because pytest loads this package at every start."""
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


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
