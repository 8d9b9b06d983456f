"""Score answers against gold, and check tasks before they cost anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structgen.evaluate.evaluation import Evaluation
    from structgen.evaluate.gold.gold_rows import text_digest
    from structgen.evaluate.run_evaluation import Setting, evaluate

__all__ = ["Evaluation", "Setting", "evaluate", "text_digest"]

_HOMES = {
    "Evaluation": "evaluation",
    "Setting": "run_evaluation",
    "evaluate": "run_evaluation",
    "text_digest": "gold.gold_rows",
}


def __getattr__(name: str) -> Any:
    # imported late, because the checks of tasks need none of it
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
