"""Which versions of instructor this package works with. Checked before anything of instructor's is used."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from structgen.core.errors import ConfigurationError

SUPPORTED = "instructor>=1.17,<2"
_LEAST, _BELOW = (1, 17), (2, 0)


def instructor_module() -> ModuleType:
    """Return instructor. Raises ConfigurationError with the pip line if it is missing or of another version."""
    try:
        found = metadata.version("instructor")
    except metadata.PackageNotFoundError:
        raise ConfigurationError(f"structgen.instructor needs instructor: {_advice()}") from None
    if not _LEAST <= _release(found) < _BELOW:
        raise ConfigurationError(f"structgen.instructor does not work with instructor {found}: {_advice()}")
    try:
        module = import_module("instructor")
        import_module("instructor.v2")
    except ImportError as error:
        raise ConfigurationError(f"instructor {found} cannot be imported ({error}): {_advice()}") from error
    return module


def _advice() -> str:
    return f'run pip install "{SUPPORTED}".'


def _release(found: str) -> tuple[int, int]:
    """Return major and minor number; (0, 0) for a version that has none."""
    numbers = [part for part in found.split(".")[:2] if part.isdigit()]
    return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else (0, 0)
