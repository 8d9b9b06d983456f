"""The command ``structgen``: one module for each subcommand, none of which imports anything heavy before it runs."""

import io
import sys

_INTERRUPTED = 130
"""`Exit.INTERRUPTED`, known before anything is imported."""


def main() -> None:
    """Run the command line; the entry point of ``structgen`` and of ``python -m structgen``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # JSON is UTF-8 wherever it is read; not every system's default is
    try:
        from structgen.cli.app import app  # here, so that Ctrl-C while it is imported shows no traceback either

        app(prog_name="structgen")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
