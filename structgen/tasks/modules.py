"""Imports the Python files and modules that hold templates, without colliding with anything already imported."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from hashlib import sha256
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sysconfig import get_path
from traceback import walk_tb
from types import ModuleType

from structgen.core.errors import TaskError, TaskNotFound

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
