"""A batch from its creation to its end: where it stands at a time, and what of it is done by then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from structgen.core.json import JsonObject
from structgen.testing.emulator.batch_lines import ENDPOINT, Line, unanswered
from structgen.testing.emulator.bodies import new_id

_EDGE = 0.1  # of the time of a batch
_LATE = "This request could not be executed before the completion window expired."


class Status(StrEnum):
    """What a batch is doing. The last four are ends."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether a batch stays so."""
        return self in {Status.COMPLETED, Status.FAILED, Status.EXPIRED, Status.CANCELLED}


_STAMPED = (*(status for status in Status if status is not Status.VALIDATING),)


@dataclass(slots=True)
class Batch:
    """A batch; all times in Unix seconds.

    It takes `seconds` from its creation and has `window` seconds for it. `issues` are what is wrong with its input
    file. `answer` gives the result of a line, `keep` makes a file of results and returns its id, None for none.
    """

    input_file_id: str
    window_text: str
    window: float
    metadata: JsonObject | None
    created_at: float
    seconds: float
    lines: tuple[Line, ...]
    issues: tuple[JsonObject, ...]
    answer: Callable[[Line], JsonObject]
    keep: Callable[[str, list[JsonObject]], str | None]
    id: str = field(default_factory=lambda: new_id("batch"))
    status: Status = Status.VALIDATING
    entered: dict[Status, float] = field(default_factory=dict[Status, float])
    completed: list[JsonObject] = field(default_factory=list[JsonObject])
    failed: list[JsonObject] = field(default_factory=list[JsonObject])
    output_file_id: str | None = None
    error_file_id: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def advance(self, now: float) -> None:
        """Do what is due. Lines run in the order of the file."""
        with self.lock:
            if self.status is Status.CANCELLING:
                self._finish(Status.CANCELLED, self.entered[Status.CANCELLING] + self._edge, now)
            elif not self.status.final:
                self._proceed(now)

    def cancel(self, now: float) -> bool:
        """Run no more lines; False where the batch has ended already."""
        with self.lock:
            if self.status.final:
                return False
            self._enter(Status.CANCELLING, now)
            return True

    def described(self) -> JsonObject:
        """The batch object as the batches endpoint shows it."""
        with self.lock:
            begun = self.status is not Status.VALIDATING and not self.issues
            counts: JsonObject = {
                "total": len(self.lines) if begun else 0,
                "completed": len(self.completed),
                "failed": len(self.failed),
            }
            return {
                "id": self.id,
                "object": "batch",
                "endpoint": ENDPOINT,
                "errors": {"object": "list", "data": [*self.issues]} if self.status is Status.FAILED else None,
                "input_file_id": self.input_file_id,
                "completion_window": self.window_text,
                "status": self.status.value,
                "output_file_id": self.output_file_id,
                "error_file_id": self.error_file_id,
                "request_counts": counts,
                "metadata": self.metadata,
                "created_at": int(self.created_at),
                "expires_at": int(self.created_at + self.window),
                **{f"{each}_at": int(self.entered[each]) if each in self.entered else None for each in _STAMPED},
            }

    @property
    def _edge(self) -> float:
        """Seconds that each of validating, finalizing and cancelling takes."""
        return _EDGE * min(self.seconds, self.window)

    def _proceed(self, now: float) -> None:
        expires = self.created_at + self.window
        start, end = self.created_at + self._edge, self.created_at + self.seconds - self._edge
        until = min(now, expires)
        if until < start:
            return
        if self.issues:
            self._enter(Status.FAILED, start)
            return
        self._enter(Status.IN_PROGRESS, start)
        self._run(len(self.lines) if until >= end else int(len(self.lines) * (until - start) / (end - start)))
        if until >= end:
            self._enter(Status.FINALIZING, end)
        self._finish(Status.COMPLETED, self.created_at + self.seconds, until)
        self._finish(Status.EXPIRED, expires, until)

    def _run(self, due: int) -> None:
        for line in self.lines[len(self.completed) + len(self.failed) : due]:
            result = self.answer(line)
            response = result["response"]
            succeeded = isinstance(response, dict) and response["status_code"] == 200
            (self.completed if succeeded else self.failed).append(result)

    def _finish(self, status: Status, at: float, now: float) -> None:
        """End with this status where its time has come: what is done goes into files."""
        if now < at or self.status.final:
            return
        if status is Status.EXPIRED:
            rest = self.lines[len(self.completed) + len(self.failed) :]
            self.failed.extend(unanswered(line, "batch_expired", _LATE) for line in rest)
        self.output_file_id = self.keep(f"{self.id}_output.jsonl", self.completed)
        self.error_file_id = self.keep(f"{self.id}_error.jsonl", self.failed)
        self._enter(status, at)

    def _enter(self, status: Status, at: float) -> None:
        self.entered.setdefault(status, at)
        self.status = status
