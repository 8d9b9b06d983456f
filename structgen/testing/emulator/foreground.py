"""The emulator in the foreground, for the command line."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import cast

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json
from structgen.testing.emulator.faults import FaultPlan, Faults
from structgen.testing.emulator.limits import LimitsLike, Meters
from structgen.testing.emulator.listening import listen, make_server, url_of
from structgen.testing.emulator.state import State
from structgen.testing.recordings import Recordings, read_recordings


def run_emulator(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    replies: Path | None = None,
    limits: LimitsLike = None,
    faults: FaultPlan | None = None,
    latency: float = 0.0,
    batch_seconds: float = 0.0,
) -> None:
    """Serve in the foreground until interrupted; any key is accepted. Says on stderr where.

    `replies` is a JSON Lines file: one answer a line, a string as the model's text and any other value as its JSON,
    given in this order, the last one again and again. Without it structgen's rules answer. A file that ends in .json
    holds recordings instead: each is the response to the request that was recorded with it. `limits`, `faults`,
    `latency` and `batch_seconds` are those of `Emulator`.
    """
    state = State(latency=latency, meters=Meters(limits), faults=Faults(faults), batch_seconds=batch_seconds)
    if replies is not None:
        _play(state, replies)
    listener = listen(host, port)
    url = url_of(listener)
    sys.stderr.write(f"Groq emulator at {url}. Use it with GROQ_BASE_URL={url} and any GROQ_API_KEY; Ctrl-C ends it.\n")
    with suppress(KeyboardInterrupt):
        make_server(state).run([listener])


def _play(state: State, replies: Path) -> None:
    """Have the state answer with what the file holds."""
    if replies.suffix == ".json":
        state.recordings = Recordings(read_recordings(replies))
        return
    texts = read_replies(replies)
    following = chain(texts, repeat(texts[-1]))
    state.answer = state.transcript = lambda _: next(following)


def read_replies(path: Path) -> tuple[str, ...]:
    """The texts of a JSON Lines file; a ConfigurationError that names the line which is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"The replies in {path} cannot be read: {problem}.") from None
    texts = tuple(_text_of(line, path, number) for number, line in enumerate(lines, 1) if line.strip())
    if not texts:
        raise ConfigurationError(f"{path} holds no replies: write one JSON value a line.")
    return texts


def _text_of(line: str, path: Path, number: int) -> str:
    try:
        value = cast("Json", json.loads(line))
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(f"{path}, line {number}: not JSON ({problem}). Write one JSON value a line.") from None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
