"""Where templates come from, and which of them goes by which name. Nothing is imported to find out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import cast

from structgen.core.errors import TaskError
from structgen.core.records import Task
from structgen.tasks.files import load_task_file, task_name
from structgen.tasks.modules import load_file, load_point, templates_folder
from structgen.tasks.pick import declared_task, task_from

GROUP = "structgen.tasks"
"""The entry points through which an installed package offers templates: ``ticket = "desk.templates:ticket"``."""

_DECLARATION = re.compile(rb"^task\b[^=\n]*=", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileSource:
    """A template in a file of the project at `root`."""

    path: Path
    root: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """What the registry calls it."""
        return task_name(self.path)

    def load(self) -> Task[object]:
        """Its task. Raises TaskError."""
        return load_task_file(self.path) if self.path.suffix != ".py" else declared_task(self.module(), str(self.path))

    def module(self) -> ModuleType:
        """The module of a Python file. Raises TaskError."""
        if self.path.suffix != ".py":
            raise TaskError(f"{self.path}: is no Python file, so nothing in it has a name after a colon.")
        return load_file(self.path, self.root)

    def same_as(self, other: Source) -> bool:
        """One file reached in two ways, or a copy of equal text: no conflict of names."""
        return isinstance(other, FileSource) and self.path.read_bytes() == other.path.read_bytes()


@dataclass(frozen=True, slots=True)
class PointSource:
    """A template that an installed package offers through an entry point."""

    point: EntryPoint

    def __str__(self) -> str:
        return f"{self.point.value} (package {self.point.dist.name if self.point.dist else 'unknown'})"

    @property
    def name(self) -> str:
        """What the registry calls it."""
        return self.point.name

    def load(self) -> Task[object]:
        """Its task. Raises TaskError."""
        found = load_point(self.point)
        if isinstance(found, ModuleType):
            return declared_task(found, self.point.value)
        return cast("Task[object]", found) if isinstance(found, Task) else task_from(self.name, found)

    def module(self) -> ModuleType:
        """The module that the entry point names, alone or before a colon. Raises TaskError."""
        return cast("ModuleType", load_point(EntryPoint(self.name, self.point.module, GROUP)))

    def same_as(self, other: Source) -> bool:
        """Two entry points are the same where they name the same object."""
        return isinstance(other, PointSource) and self.point.value == other.point.value


Source = FileSource | PointSource


def find_sources(root: Path) -> dict[str, tuple[Source, ...]]:
    """Every template by name, in order: ours, the project's, the installed packages'. Two sources are a conflict."""
    found: dict[str, tuple[Source, ...]] = {}
    for source in (*_files(templates_folder(), root), *_files(root / "schemas", root), *_points()):
        known = found.get(source.name, ())
        if not any(source.same_as(other) for other in known):
            found[source.name] = (*known, source)
    return found


def _files(folder: Path, root: Path) -> Iterator[FileSource]:
    """The templates of a folder. A Python file is one where a line of it starts with ``task =``."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("_", ".")) or not path.is_file():
            continue
        if path.suffix in (".toml", ".json") or (path.suffix == ".py" and _DECLARATION.search(path.read_bytes())):
            yield FileSource(path, root)


def _points() -> Iterator[PointSource]:
    return map(PointSource, entry_points(group=GROUP))
