"""The emulator as a server in a thread, for tests."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.testing.emulator.answers import answer_by_rules
from structgen.testing.emulator.clock import Clock
from structgen.testing.emulator.faults import FaultPlan, Faults
from structgen.testing.emulator.limits import LimitsLike, Meters
from structgen.testing.emulator.listening import listen, make_server, url_of
from structgen.testing.emulator.replies import Step
from structgen.testing.emulator.state import Received, State
from structgen.testing.emulator.transcripts import describe_sound
from structgen.testing.recordings import Recordings, read_recordings

if TYPE_CHECKING:
    import uvicorn

EMULATOR_KEY = "gsk_emulator"


class Emulator:
    """A Groq server on a free port of 127.0.0.1, with a script.

        with Emulator() as emulator:
            emulator.script(error("rate_limit", retry_after=1), reply('{"name": "Ada"}'))
            client = groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url)

    After the script, `answer` (the request's body -> text) answers; by default structgen's rules do. `models` are
    served beside Groq's. Only `api_key` is accepted, any key where it is None. `latency` (seconds) precedes replies.
    Requests that stand in `recordings`, a file of ``structgen doctor --live --save``, get the recorded response.
    `limits` are `Limits`, or a tier of the model cards (``"free"``); they go by `clock`. Without them nothing is
    limited, and no header speaks of limits. `faults` befall requests that the script does not answer.

    What is heard is answered by the script too, and after it by `transcript` (the form's fields as a JSON object ->
    text). A batch takes `batch_seconds` of the clock; with 0 it is done when it is next looked at.
    """

    def __init__(
        self,
        *,
        answer: Callable[[JsonObject], str] = answer_by_rules,
        api_key: str | None = EMULATOR_KEY,
        models: tuple[str, ...] = (),
        latency: float = 0.0,
        recordings: Path | None = None,
        limits: LimitsLike = None,
        clock: Clock | None = None,
        faults: FaultPlan | None = None,
        transcript: Callable[[JsonObject], str] = describe_sound,
        batch_seconds: float = 0.0,
    ) -> None:
        self._state = State(api_key, answer, models, latency, meters=Meters(limits, clock), faults=Faults(faults))
        self._limits, self._clock, self._faults = limits, self._state.meters.clock, faults
        if recordings is not None:
            self._state.recordings = Recordings(read_recordings(recordings))
        self._default = answer
        self._state.transcript, self._transcript = transcript, transcript
        self.batch_seconds = self._batch_seconds = batch_seconds
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.api_key = api_key or EMULATOR_KEY
        self.base_url = ""

    @property
    def requests(self) -> list[Received]:
        """Every request so far."""
        return self._state.requests

    @property
    def hung_up(self) -> int:
        """How many streamed replies the client left before their end. The server hears of it a moment later."""
        return self._state.hung_up

    @property
    def faults(self) -> list[Received]:
        """The requests that a plan of faults had something in store for; `fault` says what."""
        return [received for received in self._state.requests if received.fault is not None]

    def script(self, *steps: Step, repeat_last: bool = False) -> None:
        """Add steps, each for one chat request; with `repeat_last` the last one stays for all that follow."""
        self._state.script.extend(steps)
        self._state.forever = steps[-1] if steps and repeat_last else None

    def answer_with(self, answer: Callable[[JsonObject], str]) -> None:
        """Answer with this function where the script has nothing; `reset` brings the first one back."""
        self._state.answer = answer

    def transcribe_with(self, transcript: Callable[[JsonObject], str]) -> None:
        """Hear what this function says where the script has nothing; `reset` brings the first one back."""
        self._state.transcript = transcript

    @property
    def batch_seconds(self) -> float:
        """Seconds that batches take which are created from now on; `reset` brings the first value back."""
        return self._state.batch_seconds

    @batch_seconds.setter
    def batch_seconds(self, seconds: float) -> None:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ConfigurationError(f"The batch_seconds must be 0 or more, not {seconds}.")
        self._state.batch_seconds = seconds

    @property
    def clock(self) -> Clock:
        """The clock of limits and batches."""
        return self._state.meters.clock

    def limit_with(self, limits: LimitsLike, *, clock: Clock | None = None) -> None:
        """Take these limits from now on, nothing of them being used; `reset` brings the first ones back."""
        self._state.meters = Meters(limits, clock or self.clock)

    def fail_with(self, plan: FaultPlan | None) -> None:
        """Let these faults befall what the script does not answer; `reset` brings the first plan back."""
        self._state.faults = Faults(plan)

    def reset(self) -> None:
        """Forget the script, the log, files, batches and what was used of the limits."""
        self._state.script.clear()
        self._state.forever = None
        self._state.requests.clear()
        self._state.hung_up = 0
        self._state.answer = self._default
        self._state.transcript, self._state.batch_seconds = self._transcript, self._batch_seconds
        self._state.files.clear()
        self._state.batches.clear()
        self._state.meters = Meters(self._limits, self._clock)
        self._state.faults = Faults(self._faults)

    def __enter__(self) -> Self:
        listener = listen("127.0.0.1", 0)
        self.base_url = url_of(listener)
        self._server = make_server(self._state)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="emulator", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
