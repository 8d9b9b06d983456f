"""The command ``structgen``: one module for each subcommand, none of which imports anything heavy before it runs."""

import io
import sys

from structgen.cli.app import app


def main() -> None:
    """Run the command line; the entry point of ``structgen`` and of ``python -m structgen``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # JSON is UTF-8 wherever it is read; not every system's default is
    app(prog_name="structgen")
