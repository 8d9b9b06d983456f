"""Imports the Python files and modules that hold templates, without colliding with anything already imported."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from hashlib import sha256
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sysconfig import get_path
from traceback import walk_tb
from types import ModuleType
from typing import cast

from typing_extensions import TypeForm

from structgen.core.errors import TaskError, TaskNotFound
from structgen.core.records import Task

TEMPLATES = "structgen.schemas"
"""The package of the templates that come with structgen."""

_PREFIX = "_structgen_"
_OURS = Path(__file__).parent.parent


def load_file(path: Path, root: Path) -> ModuleType:
    """The module in `path`; the same text is imported once, a changed one anew. TaskError where it does not import.

    Its folder becomes a package of a name that nobody else has, so that ``from .common import Address`` finds the file
    beside it. Absolute imports look in the user's project (`root`) and in the folder too, after what is installed. One
    of our own templates is imported under its own name, so that its classes are the same ones everywhere.
    """
    path = path.resolve()
    if path.parent == templates_folder():
        return load_template(path.stem)
    if "." in path.stem:
        raise TaskError(f"{path}: a Python file cannot be imported with a dot in its name: rename it.")
    top = _top(path.parent)
    package = f"{_PREFIX}{sha256(bytes(path) + _read(path)).hexdigest()[:16]}"
    with _one_line(path.name), _paths([*sys.path, str(root), str(path.parent)]), _no_bytecode():
        _make_package(package, top)
        return import_module(".".join((package, *path.relative_to(top).with_suffix("").parts)))


def load_template(name: str) -> ModuleType:
    """The module of a template that comes with structgen."""
    with _one_line(name):
        return import_module(f"{TEMPLATES}.{name}")


def load_module(name: str, root: Path) -> ModuleType:
    """The module of that dotted name, from the user's project first, as ``python -m`` does."""
    with _one_line(name), _paths([str(root), *sys.path]):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            raise TaskNotFound(
                f"No module {name!r}: looked in {root} and in what is installed. Is the module's name right, and "
                "does the command run in the folder of its project?"
            ) from None


def load_point(point: EntryPoint) -> object:
    """What an entry point of an installed package names: a module, or an object in one."""
    with _one_line(f"{point.value} (entry point {point.name!r})"):
        return point.load()


def templates_folder() -> Path:
    """Where the templates that come with structgen really are, the symbolic link of a checkout followed."""
    return (_OURS / "schemas").resolve()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}") from None


def _top(folder: Path) -> Path:
    """The outermost folder of the package that `folder` belongs to; itself where it is none."""
    while (folder / "__init__.py").exists() and (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder


def _make_package(name: str, folder: Path) -> None:
    """A package of that name for the folder; its ``__init__.py``, if there is one, is run once."""
    if name in sys.modules:
        return
    init = folder / "__init__.py"
    spec = spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
    if not init.exists() or spec is None or spec.loader is None:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]
        return
    sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
    except BaseException:
        del sys.modules[name]
        raise


@contextmanager
def _paths(paths: Sequence[str]) -> Generator[None]:
    """Where Python looks for modules, for a moment."""
    before = sys.path
    sys.path = list(paths)
    try:
        yield
    finally:
        sys.path = before


@contextmanager
def _no_bytecode() -> Generator[None]:
    """Leaves no ``__pycache__`` in the user's folder: a change within the same second would go unseen behind it."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextmanager
def _one_line(name: str) -> Generator[None]:
    """Whatever a template raises while it is imported, ``sys.exit`` included, as one line: file, line, reason.

    What it prints goes to stderr, because stdout is for rows.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except TaskError:
        raise
    except (Exception, SystemExit) as error:
        raise TaskError(f"{_where(error, name)}: {_reason(error)}") from error


def _where(error: BaseException, name: str) -> str:
    """The user's own line at which it went wrong: the innermost one that no installed package owns."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    own = [(path, line) for path, line in frames if path.is_absolute() and _is_users(path)]
    return f"{own[-1][0]}, line {own[-1][1]}" if own else name


def _is_users(path: Path) -> bool:
    if path.is_relative_to(_OURS):
        return path.is_relative_to(_OURS / "schemas")
    return not {"site-packages", "dist-packages"} & {*path.parts} and not path.is_relative_to(get_path("stdlib"))


def _reason(error: BaseException) -> str:
    text = next(iter(str(error).splitlines()), "")
    if isinstance(error, SyntaxError):
        return f"{error.msg}."
    if isinstance(error, ModuleNotFoundError):
        missing = re.sub(_PREFIX + r"\w*", "", text)
        return f"{missing}. Install it in the Python that runs structgen, or correct the import."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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
