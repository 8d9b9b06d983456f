"""Text files that commands write whole, such as a report: checked before the work, replaced after it."""

from __future__ import annotations

from pathlib import Path

import typer

from structgen.core.errors import ConfigurationError, OutputError

_STDOUT = frozenset({Path("-"), Path("/dev/stdout"), Path("/dev/fd/1")})


def check_text_file(path: Path) -> None:
    """Raise ConfigurationError if a file cannot be there: before the work, because that may cost money."""
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"Cannot write {path}: the folder {path.parent} does not exist. Create it first.")


def write_text(path: Path, text: str, advice: str = "") -> None:
    """Replace a file, whose folder is created; or write to standard output (-), a pipe or a device.

    Half characters, which UTF-8 cannot express, are written as question marks. Raises OutputError, whose message ends
    with `advice`.
    """
    from structgen.batch.output import is_stream
    from structgen.batch.output.atomic_write import replacing

    if path in _STDOUT:
        typer.echo(text.encode(errors="replace").decode(), nl=False)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_stream(path):
            path.write_text(text, encoding="utf-8", errors="replace", newline="")
            return
        with replacing(path) as new:
            new.write_text(text, encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror}.{advice}") from error
