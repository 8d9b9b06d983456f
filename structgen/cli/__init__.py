"""The command ``structgen``. Its help must be fast, so no module imports anything heavy before a command runs."""

import io
import sys

_INTERRUPTED = 130
"""`Exit.INTERRUPTED`, repeated here so that it is known before anything is imported."""


def main() -> None:
    """Run the command line; the entry point of ``structgen`` and of ``python -m structgen``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # JSON is UTF-8; the system default may differ
    try:
        from structgen.cli.app import run  # in here, so that Ctrl-C during the import shows no traceback either

        status = run()
    except KeyboardInterrupt:
        status = _INTERRUPTED
    sys.exit(status)
