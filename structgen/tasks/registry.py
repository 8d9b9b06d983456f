"""The registry: every task template by its name, where templates come from, and how a task is found.

No module is imported until its task is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import cast

from structgen.core.errors import TaskError, TaskNotFound
from structgen.core.records import Task
from structgen.tasks.python_modules import (
    declared_task,
    load_file,
    load_module,
    load_point,
    named_task,
    task_from,
    templates_folder,
)
from structgen.tasks.task_files import FindTask, load_task_file, task_name


class Registry(Mapping[str, Task[object]]):
    """Tasks by name, each loaded on first access.

    Looking up a task loads only that one, and raises TaskError if it is broken or if two templates share its name.
    Iteration leaves such names out; `broken` has them with the reason.
    """

    def __init__(self, sources: Mapping[str, tuple[Source, ...]]) -> None:
        self._sources = sources
        self._tasks: dict[str, Task[object]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted, including broken ones. Loads nothing."""
        return tuple(sorted(self._sources))

    @property
    def broken(self) -> Mapping[str, str]:
        """The tasks that cannot be loaded: name -> reason in one line."""
        return {name: reason for name in self.names if (reason := self._reason(name)) is not None}

    def source(self, name: str) -> Source:
        """Return the source of a template. Raises KeyError for an unknown name, TaskError if two sources share it."""
        first, *others = self._sources[name]
        if others:
            places = " and in ".join(map(str, (first, *others)))
            raise TaskError(
                f"The task {name!r} is defined in {places}. Rename one, or use the file instead of the name."
            )
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
    """Return all templates: the bundled ones, those in ``schemas/`` of `root`, and those of installed packages.

    `root` is by default the current folder.
    """
    return Registry(find_sources((root or Path.cwd()).absolute()))


_FILE = re.compile(r"(?P<path>.*\.(?:py|toml|json))(?::(?P<name>[^/\\:]+))?", re.IGNORECASE | re.DOTALL)


def find_task(ref: str, *, root: Path | None = None) -> Task[object]:
    """Return the task that `ref` names. Relative paths start at `root`, by default the current folder.

    ``recipe``                  a name in the registry
    ``classification:spam|ham`` ... with an argument for its template's `configure`
    ``ticket.py``               a Python file with a `task`
    ``ticket.py:Ticket``        a type (or a task) in a Python file; ``desk.models:Ticket`` in a module
    ``ticket.toml``             a task file, TOML or JSON
    ``ticket.schema.json``      a JSON Schema

    Raises TaskNotFound if nothing has that name, and TaskError if the task cannot be loaded.
    """
    root = (root or Path.cwd()).absolute()
    if file := _FILE.fullmatch(ref):
        return _in_file(root / Path(file["path"]).expanduser(), file["name"], root)
    registry = list_tasks(root=root)
    name, colon, argument = ref.partition(":")
    if name in registry:
        return _configured(registry.source(name), argument) if colon else registry[name]
    if argument and all(part.isidentifier() for part in name.split(".")):
        return named_task(load_module(name, root), argument, name)
    raise TaskNotFound(_not_found(ref, registry))


def _in_file(path: Path, name: str | None, root: Path) -> Task[object]:
    if not path.is_file():
        raise TaskNotFound(f"{path}: no such file.{_did_you_mean(path.name, _neighbours(path))}")
    if path.suffix.lower() != ".py":
        if name:
            raise TaskError(f"{path}: only a Python file has types with names. Remove ':{name}'.")
        return load_task_file(path, _extended_by(path, root))
    module = load_file(path, root)
    return named_task(module, name, str(path)) if name else declared_task(module, str(path))


def _extended_by(path: Path, root: Path) -> FindTask:
    """Return a function that finds the task that a file extends, from the file's folder, or from `root` for a name.

    It raises TaskError for an endless chain of files.
    """

    def find(ref: str) -> Task[object]:
        if len(_extending.get()) >= MAX_EXTENDED:
            raise TaskError(
                f"{path}: more than {MAX_EXTENDED} files extend each other. Does one of them extend itself?"
            )
        token = _extending.set((*_extending.get(), path))
        try:
            return find_task(ref, root=path.resolve().parent if _FILE.fullmatch(ref) else root)
        finally:
            _extending.reset(token)

    return find


MAX_EXTENDED = 8
"""How many task files may extend each other in a row."""

_extending: ContextVar[tuple[Path, ...]] = ContextVar("extending", default=())
"""The files whose extended task is being looked up."""


def _configured(source: Source, argument: str) -> Task[object]:
    """Return the type of that name in a template, or what its `configure` makes of the argument."""
    module = source.module()
    if hasattr(module, argument) or not hasattr(module, "configure"):
        return named_task(module, argument, str(source))
    try:
        return replace(module.configure(argument), name=source.name)
    except ValueError as error:
        raise TaskError(f"{source.name}:{argument}: {error}") from None


def _not_found(ref: str, registry: Registry) -> str:
    return (
        f"No task {ref!r}.{_did_you_mean(ref, registry.names)} `structgen tasks` lists the names. A task can also be "
        "a file (ticket.py:Ticket, ticket.toml, ticket.schema.json) or a type in a module (package.module:Ticket)."
    )


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=2, cutoff=0.6)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def _neighbours(path: Path) -> Iterable[str]:
    return [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []


GROUP = "structgen.tasks"
"""The entry point group in which installed packages register templates: ``ticket = "desk.templates:ticket"``."""

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
        """Its name in the registry."""
        return task_name(self.path)

    def load(self) -> Task[object]:
        """Return its task. Raises TaskError."""
        if self.path.suffix == ".py":
            return declared_task(self.module(), str(self.path))
        return load_task_file(self.path, _extended_by(self.path, self.root))

    def module(self) -> ModuleType:
        """Return the module of a Python file. Raises TaskError."""
        if self.path.suffix != ".py":
            raise TaskError(f"{self.path}: only a Python file has types with names. Remove what follows the colon.")
        return load_file(self.path, self.root)

    def same_as(self, other: Source) -> bool:
        """Return whether both are the same file or equal copies: then their names do not conflict."""
        return isinstance(other, FileSource) and self.path.read_bytes() == other.path.read_bytes()


@dataclass(frozen=True, slots=True)
class PointSource:
    """A template that an installed package registers as an entry point."""

    point: EntryPoint

    def __str__(self) -> str:
        return f"{self.point.value} (package {self.point.dist.name if self.point.dist else 'unknown'})"

    @property
    def name(self) -> str:
        """Its name in the registry."""
        return self.point.name

    def load(self) -> Task[object]:
        """Return its task. Raises TaskError."""
        found = load_point(self.point)
        if isinstance(found, ModuleType):
            return declared_task(found, self.point.value)
        return cast("Task[object]", found) if isinstance(found, Task) else task_from(self.name, found)

    def module(self) -> ModuleType:
        """Return the module that the entry point names, alone or before a colon. Raises TaskError."""
        return cast("ModuleType", load_point(EntryPoint(self.name, self.point.module, GROUP)))

    def same_as(self, other: Source) -> bool:
        """Return whether both entry points name the same object."""
        return isinstance(other, PointSource) and self.point.value == other.point.value


Source = FileSource | PointSource


def find_sources(root: Path) -> dict[str, tuple[Source, ...]]:
    """Return the sources of all templates by name: structgen's, the project's, then installed packages'.

    Two sources of one name are a conflict, which is reported when the name is used.
    """
    found: dict[str, tuple[Source, ...]] = {}
    for source in (*_files(templates_folder(), root), *_files(root / "schemas", root), *_points()):
        known = found.get(source.name, ())
        if not any(source.same_as(other) for other in known):
            found[source.name] = (*known, source)
    return found


def _files(folder: Path, root: Path) -> Iterator[FileSource]:
    """Yield the templates of a folder. A Python file is a template if a line of it starts with ``task =``."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("_", ".")) or not path.is_file():
            continue
        if path.suffix in (".toml", ".json") or (path.suffix == ".py" and _DECLARATION.search(path.read_bytes())):
            yield FileSource(path, root)


def _points() -> Iterator[PointSource]:
    return map(PointSource, entry_points(group=GROUP))
