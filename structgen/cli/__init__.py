"""The command ``structgen``. Its help must be fast, so no module imports anything heavy before a command runs."""

import atexit
import io
import os
import signal
import sys

_INTERRUPTED = 130
"""`Exit.INTERRUPTED`, repeated here because it is needed before anything is imported."""


def main() -> None:
    """Run the command line; the entry point of ``structgen`` and of ``python -m structgen``."""
    # Registered first, so called last: while Python ends, Ctrl-C would replace the exit status by the signal's number.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  it was closed, so nobody reads the messages
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  open until Python ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # JSON is UTF-8; the system default may differ
    try:
        from structgen.cli.app import run  # in here, so that Ctrl-C during the import shows no traceback either

        status = run()
    except KeyboardInterrupt:
        status = _INTERRUPTED
    sys.exit(status)
