"""Imports the Python files and modules that contain templates, and takes the tasks from them.

An import must neither collide with modules that are already imported nor leave traces in the user's project.
"""

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
"""The package of the bundled templates."""

_PREFIX = "_structgen_"
_OURS = Path(__file__).parent.parent


def load_file(path: Path, root: Path) -> ModuleType:
    """Import the file at `path`. An unchanged file is imported once, a changed one again. Raises TaskError.

    Its folder becomes a package with a unique name, so that ``from .common import Address`` finds the file beside it.
    Absolute imports search what is installed first, then the user's project (`root`) and the folder. A bundled template
    is imported under its real name, so that its classes are the same everywhere.
    """
    path = path.resolve()
    if path.parent == templates_folder():
        return load_template(path.stem)
    if "." in path.stem:
        raise TaskError(f"{path}: a Python file with a dot in its name cannot be imported. Rename it.")
    top = _top(path.parent)
    package = f"{_PREFIX}{sha256(bytes(path) + _read(path)).hexdigest()[:16]}"
    with _one_line(path.name), _paths([*sys.path, str(root), str(path.parent)]), _no_bytecode():
        _make_package(package, top)
        return import_module(".".join((package, *path.relative_to(top).with_suffix("").parts)))


def load_template(name: str) -> ModuleType:
    """Import a bundled template."""
    with _one_line(name):
        return import_module(f"{TEMPLATES}.{name}")


def load_module(name: str, root: Path) -> ModuleType:
    """Import a module by its dotted name, from the user's project first, as ``python -m`` does."""
    with _one_line(name), _paths([str(root), *sys.path]):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            raise TaskNotFound(
                f"No module {name!r} in {root} or among the installed packages. Check the name, and run the command in "
                "the folder of its project."
            ) from None


def load_point(point: EntryPoint) -> object:
    """Return what an entry point names: a module, or an object in one."""
    with _one_line(f"{point.value} (entry point {point.name!r})"):
        return point.load()


def templates_folder() -> Path:
    """Return the folder of the bundled templates. In a checkout it is behind a symbolic link, which is resolved."""
    return (_OURS / "schemas").resolve()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}") from None


def _top(folder: Path) -> Path:
    """Return the outermost folder of the package that `folder` belongs to, or `folder` itself."""
    while (folder / "__init__.py").exists() and (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder


def _make_package(name: str, folder: Path) -> None:
    """Create a package of that name for the folder. If it has an ``__init__.py``, run it once."""
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
    """Replace `sys.path` temporarily."""
    before = sys.path
    sys.path = list(paths)
    try:
        yield
    finally:
        sys.path = before


@contextmanager
def _no_bytecode() -> Generator[None]:
    """Write no ``__pycache__`` in the user's folder: it would hide a change within the same second."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextmanager
def _one_line(name: str) -> Generator[None]:
    """Turn anything that an import raises, even SystemExit, into a TaskError of one line: file, line, reason.

    What the import prints goes to stderr, because stdout is for rows.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except TaskError:
        raise
    except (Exception, SystemExit) as error:
        raise TaskError(f"{_where(error, name)}: {_reason(error)}") from error


def _where(error: BaseException, name: str) -> str:
    """Return the place of an error in the user's code: the innermost frame outside of installed packages."""
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
        return f"{missing}. Install it in the environment of structgen, or correct the import."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def declared_task(module: ModuleType, place: str) -> Task[object]:
    """Return the module's `task`. If it has none, the error names the types in the module."""
    found = getattr(module, "task", None)
    if isinstance(found, Task):
        return cast("Task[object]", found)
    types = [name for name in _own(module) if not isinstance(getattr(module, name), Task)]
    hint = f"Name one of its types, such as {place}:{types[0]}" if types else "Add: task = Task(name, schema, ...)"
    if found is not None:
        raise TaskError(f"{place}: `task` must be a structgen.Task, not {type(found).__name__}. {hint}")
    raise TaskError(f"{place}: does not define `task`. {hint}")


def named_task(module: ModuleType, name: str, place: str) -> Task[object]:
    """Return the task of that (dotted) name in the module. A type becomes a task without instructions."""
    value: object = module
    for step in name.split("."):
        if not hasattr(value, step):
            close = get_close_matches(name, _public(module), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"It contains: {', '.join(_own(module)) or 'nothing'}."
            raise TaskNotFound(f"{place}: does not contain {name!r}. {hint}")
        value = getattr(value, step)
    if isinstance(value, Task):
        return cast("Task[object]", value)
    file = module.__file__
    return task_from(name, value, folder=str(Path(file).parent) if file else None)


def task_from(name: str, value: object, *, folder: str | None = None) -> Task[object]:
    """Return a task for a type. `Schema.of` will check whether `value` is a type at all."""
    return Task(name, cast("TypeForm[object]", value), description=_summary(value), folder=folder)


def _public(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


def _own(module: ModuleType) -> list[str]:
    """Return the names of the tasks and of the classes that the module itself defines, without its imports."""
    held = ((name, getattr(module, name)) for name in _public(module))
    return [
        name
        for name, value in held
        if isinstance(value, Task) or (isinstance(value, type) and value.__module__ == module.__name__)
    ]


def _summary(value: object) -> str:
    """Return the first line of a class's docstring, unless a dataclass generated it: that one says nothing."""
    own = vars(value).get("__doc__") if isinstance(value, type) else None
    lines = own.strip().splitlines() if isinstance(own, str) else []
    return lines[0] if lines and not lines[0].startswith(f"{getattr(value, '__name__', '')}(") else ""
