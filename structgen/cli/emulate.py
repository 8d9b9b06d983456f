"""``structgen emulate``: a server on this machine that speaks like Groq."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Replies: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Replies in their order, JSON Lines; or a .json of `doctor --live --save`."),
]

Limits: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="LIMITS",
        help="Rate limits of each model: a tier of the model cards (free, dev), rpm=30,tpm=8000 (also rpd, tpd), "
        'or FILE.json with {"rpm": 30, ...}.',
    ),
]

Faults: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FAULTS",
        help="Shares of requests that fail, from a seed: seed=7,dropped=0.1. There are rate_limited, flex, "
        "server_error, dropped, slow, cut, malformed and wrong_type; retry_after and seconds (of slow ones).",
    ),
]


def emulate(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8001,
    replies: Replies = None,
    limits: Limits = None,
    faults: Faults = None,
    latency: Annotated[float, typer.Option(min=0, help="Seconds before each reply.")] = 0.0,
    batch_seconds: Annotated[float, typer.Option(min=0, help="Seconds that a batch takes.")] = 0.0,
) -> None:
    """Run a Groq emulator, for tests and demonstrations without a key. Ctrl-C ends it.

    Whoever is to ask it needs its address in GROQ_BASE_URL, and any GROQ_API_KEY. Without --replies it answers as the
    rules do, from the text and the schema of each request.
    """
    from structgen.testing import run_emulator
    from structgen.testing.emulator.options import read_faults, read_limits

    run_emulator(
        host=host,
        port=port,
        replies=replies,
        limits=read_limits(limits) if limits else None,
        faults=read_faults(faults) if faults else None,
        latency=latency,
        batch_seconds=batch_seconds,
    )
