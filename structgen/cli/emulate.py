"""``structgen emulate``: a server on this machine that speaks like Groq."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def emulate(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8001,
    replies: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Replies in their order, JSON Lines; or a .json of `doctor --live --save`."),
    ] = None,
) -> None:
    """Run a Groq emulator, for tests and demonstrations without a key. Ctrl-C ends it."""
    from structgen.testing import run_emulator

    run_emulator(host=host, port=port, replies=replies)
