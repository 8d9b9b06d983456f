"""What the test's thread and the server's thread share."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from structgen.core.json import JsonObject
from structgen.testing.emulator.answers import answer_by_rules
from structgen.testing.emulator.batch_run import Batch
from structgen.testing.emulator.faults import FaultKind, Faults
from structgen.testing.emulator.limits import Meters
from structgen.testing.emulator.replies import Answer, Step, Streamed
from structgen.testing.emulator.stored import StoredFile
from structgen.testing.emulator.transcripts import describe_sound
from structgen.testing.recordings import Recordings


@dataclass(slots=True)
class Received:
    """A request as it came; the authorization header is left out. What came of it is added before it is answered.

    `status` is that of the response, None where the connection was reset before one. `fault` is what a plan of faults
    had in store for the request.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: JsonObject
    status: int | None = None
    fault: FaultKind | None = None


class Connections:
    """Open connections by the client's address, so that one can be reset."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def add(self, address: tuple[str, int], transport: asyncio.Transport) -> None:
        """A connection was made."""
        self._open[address] = transport

    def remove(self, address: tuple[str, int]) -> None:
        """A connection has ended."""
        self._open.pop(address, None)

    def abort(self, address: tuple[str, int]) -> None:
        """Reset the connection with this client, without another byte."""
        transport = self._open.get(address)
        if transport is not None:
            transport.abort()


@dataclass(slots=True)
class State:
    """The script, the log, and how to answer where the script has nothing. A deque's and a list's steps are atomic."""

    key: str | None = None
    answer: Callable[[JsonObject], str] = answer_by_rules
    models: tuple[str, ...] = ()
    latency: float = 0.0
    script: deque[Step] = field(default_factory=deque[Step])
    forever: Step | None = None
    requests: list[Received] = field(default_factory=list[Received])
    hung_up: int = 0
    connections: Connections = field(default_factory=Connections)
    recordings: Recordings = field(default_factory=Recordings)
    meters: Meters = field(default_factory=Meters)
    faults: Faults = field(default_factory=Faults)
    transcript: Callable[[JsonObject], str] = describe_sound
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    batches: dict[str, Batch] = field(default_factory=dict[str, Batch])
    batch_seconds: float = 0.0
    born: float = field(default_factory=time.time)

    def now(self) -> float:
        """Unix seconds by the clock that tests can turn."""
        return self.born + self.meters.clock.now()

    def accepts(self, authorization: str) -> bool:
        """Whether the header carries the key; any key where none is set."""
        scheme, _, key = authorization.partition(" ")
        return scheme == "Bearer" and bool(key) and self.key in {None, key}

    def forces_next(self) -> bool:
        """Whether the next step is an error or a fault, which comes whatever the request is."""
        upcoming = self.script[0] if self.script else self.forever
        return upcoming is not None and not isinstance(upcoming, Answer | Streamed)

    def next_step(self) -> Step | None:
        """The next step of the script, its last again and again where that was asked for; None at its end."""
        try:
            return self.script.popleft()
        except IndexError:
            return self.forever
