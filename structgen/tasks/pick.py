"""Takes a task out of a module: the one it declares, or one made of a type that it holds."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import cast

from typing_extensions import TypeForm

from structgen.core.errors import TaskError, TaskNotFound
from structgen.core.records import Task


def declared_task(module: ModuleType, place: str) -> Task[object]:
    """The module's own `task`. Where it has none, the error names the types that it holds instead."""
    found = getattr(module, "task", None)
    if isinstance(found, Task):
        return cast("Task[object]", found)
    types = [name for name in _own(module) if not isinstance(getattr(module, name), Task)]
    hint = f"Name one of its types, such as {place}:{types[0]}" if types else "Add: task = Task(name, schema, ...)"
    if found is not None:
        raise TaskError(f"{place}: its `task` is no structgen.Task but {type(found).__name__}. {hint}")
    raise TaskError(f"{place}: holds no `task`. {hint}")


def named_task(module: ModuleType, name: str, place: str) -> Task[object]:
    """The task or the type of that (dotted) name in the module; a type alone becomes a task without instructions."""
    value: object = module
    for step in name.split("."):
        if not hasattr(value, step):
            close = get_close_matches(name, _public(module), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"It holds: {', '.join(_own(module)) or 'nothing'}."
            raise TaskNotFound(f"{place}: has no {name!r}. {hint}")
        value = getattr(value, step)
    if isinstance(value, Task):
        return cast("Task[object]", value)
    file = module.__file__
    return task_from(name, value, folder=str(Path(file).parent) if file else None)


def task_from(name: str, value: object, *, folder: str | None = None) -> Task[object]:
    """A task that is nothing but a type. Whether `value` is one is for `Schema.of` to say."""
    return Task(name, cast("TypeForm[object]", value), description=_summary(value), folder=folder)


def _public(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


def _own(module: ModuleType) -> list[str]:
    """The tasks, and the classes that the module itself defines: not what it imports."""
    held = ((name, getattr(module, name)) for name in _public(module))
    return [
        name
        for name, value in held
        if isinstance(value, Task) or (isinstance(value, type) and value.__module__ == module.__name__)
    ]


def _summary(value: object) -> str:
    """The first line of a class's own docstring; the one that a dataclass writes by itself says nothing."""
    own = vars(value).get("__doc__") if isinstance(value, type) else None
    lines = own.strip().splitlines() if isinstance(own, str) else []
    return lines[0] if lines and not lines[0].startswith(f"{getattr(value, '__name__', '')}(") else ""
