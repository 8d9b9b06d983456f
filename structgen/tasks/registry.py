"""The registry: every template that can be called by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from structgen.core.errors import TaskError
from structgen.core.records import Task
from structgen.tasks.sources import Source, find_sources


class Registry(Mapping[str, Task[object]]):
    """Tasks by name, each loaded when it is first asked for.

    Looking one up loads that one alone, and raises TaskError where it is broken or where two templates share the name.
    Going through all of them leaves such names out; `broken` has them with the reason.
    """

    def __init__(self, sources: Mapping[str, tuple[Source, ...]]) -> None:
        self._sources = sources
        self._tasks: dict[str, Task[object]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, sorted, the broken ones included. Loads nothing."""
        return tuple(sorted(self._sources))

    @property
    def broken(self) -> Mapping[str, str]:
        """What cannot be loaded: name -> reason, one line each."""
        return {name: reason for name in self.names if (reason := self._reason(name)) is not None}

    def source(self, name: str) -> Source:
        """Where the template of that name comes from. KeyError: no such name; TaskError: two places have one."""
        first, *others = self._sources[name]
        if others:
            places = " and in ".join(map(str, (first, *others)))
            raise TaskError(f"The task {name!r} is in {places}. Rename one, or give the file in place of the name.")
        return first

    def __getitem__(self, name: str) -> Task[object]:
        if name not in self._tasks:
            task = self.source(name).load()
            self._tasks[name] = task if task.name == name else replace(task, name=name)
        return self._tasks[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.names if self._reason(name) is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __repr__(self) -> str:
        return f"Registry({', '.join(self.names)})"

    def _reason(self, name: str) -> str | None:
        try:
            self[name]
        except TaskError as error:
            return str(error)
        return None


def list_tasks(*, root: Path | None = None) -> Registry:
    """Every template: those of structgen, of the `schemas/` folder in `root` (the current folder), of entry points."""
    return Registry(find_sources((root or Path.cwd()).absolute()))
