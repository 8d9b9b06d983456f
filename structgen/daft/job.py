"""The job that the processes of a cluster work on. It is sent to them, and each opens it once."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from sysconfig import get_path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from structgen.core.errors import ConfigurationError
from structgen.core.options import Options
from structgen.stages import resolve

if TYPE_CHECKING:
    from structgen.engine.cascade.model_order import Cascade
    from structgen.extractor import Extractor
    from structgen.store import Store

DEATHS = 3
"""A document that was being processed when this many processes died is not retried."""

CONCURRENCY = 32
"""Default of the maximum documents that each process works on at the same time."""


@dataclass(frozen=True, slots=True)
class ExtractorSettings:
    """The arguments of an Extractor that can be sent to another process. The key is only in it if it was given."""

    model: str | Cascade | None = None
    options: Options = field(default_factory=Options)
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = field(default=None, repr=False)
    timeout: float | None = None
    limit_group: str | None = None
    limits: str | None = field(default=None, repr=False)

    def open(self, store: Store | None) -> Extractor:
        """Return the Extractor. Raises ConfigurationError."""
        from structgen.extractor import Extractor
        from structgen.send import TIMEOUT

        return Extractor(
            self.model,
            self.options,
            api_key=self.api_key,
            base_url=self.base_url,
            timeout=TIMEOUT if self.timeout is None else self.timeout,
            limit_group=self.limit_group,
            limits=self.limits,
            store=store,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """What to extract, and how. `store` is the file for all processes, `run` the number of the run in its ledger."""

    schema: Any
    settings: ExtractorSettings
    instructions: str | None = field(default=None, repr=False)
    store: str | None = None
    run: int | None = None
    concurrency: int = CONCURRENCY
    id: str = field(default_factory=lambda: uuid4().hex)


def load_daft() -> Any:
    """Import Daft, which is optional and has types only in part. Raises ConfigurationError."""
    try:
        return import_module("daft")
    except ImportError as error:
        raise ConfigurationError(
            "Running on Daft needs daft: pip install 'structgen[cluster]' (with Ray for a cluster)."
        ) from error


def ship_by_value(schema: object) -> None:
    """Pickle the modules of a schema's classes and validators by value unless they are installed.

    Other processes could not import them.
    """
    for module in {top for name in _modules(schema) if (top := _top_module(name)) is not None}:
        cloudpickle: Any = import_module("daft.pickle.cloudpickle")
        cloudpickle.register_pickle_by_value(module)


def _modules(schema: object) -> set[str]:
    """Return the names of the modules of everything that a schema refers to: classes, their bases, validators."""
    adapter = resolve(schema).schema.adapter
    found, seen = set[str](), set[int]()
    todo: list[object] = [] if adapter is None else [adapter.core_schema]
    while todo:
        part = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            todo += cast("dict[object, object]", part).values()
        elif isinstance(part, list | tuple):
            todo += cast("list[object]", part)
        else:
            kinds: tuple[object, ...] = part.__mro__ if isinstance(part, type) else (part,)
            names: list[object] = [getattr(kind, "__module__", None) for kind in kinds]
            found.update(name for name in names if isinstance(name, str))
    return found


def _top_module(name: str) -> ModuleType | None:
    """Return the top-level module, or None if it is installed or another process can import it anyway."""
    top = name.partition(".")[0]
    module = sys.modules.get(top)
    if module is None:  # its parents were not imported, as pytest may do
        module = sys.modules.get(name)
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    if module is None or file is None or top in {"__main__", "structgen"}:
        return None
    installed = any(Path(file).is_relative_to(get_path(where)) for where in ("purelib", "platlib", "stdlib"))
    return None if installed else module
