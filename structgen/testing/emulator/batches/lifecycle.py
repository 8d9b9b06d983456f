"""A batch from its creation to its end: its status at a time, its results by then, and the lines of its files. Pure."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import cast

from structgen.core.json import Json, JsonObject, refuse_constant
from structgen.testing.emulator.bodies import new_id, request_id

_EDGE = 0.1  # share of the duration of a batch
_LATE = "This request could not be executed before the completion window expired."


class Status(StrEnum):
    """The status of a batch. The last four are final."""

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
        """Whether the status can no longer change."""
        return self in {Status.COMPLETED, Status.FAILED, Status.EXPIRED, Status.CANCELLED}


_STAMPED = (*(status for status in Status if status is not Status.VALIDATING),)


@dataclass(slots=True)
class Batch:
    """A batch. All times are Unix seconds.

    It needs `seconds` from its creation, and expires after `window` seconds. `issues` are the errors of its input file.
    `answer` returns the result of a line; `keep` stores results in a file and returns its id, or None without results.
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
        """Do everything that is due. Lines run in the order of the file."""
        with self.lock:
            if self.status is Status.CANCELLING:
                self._finish(Status.CANCELLED, self.entered[Status.CANCELLING] + self._edge, now)
            elif not self.status.final:
                self._proceed(now)

    def cancel(self, now: float) -> bool:
        """Run no further lines. Return False if the batch has already ended."""
        with self.lock:
            if self.status.final:
                return False
            self._enter(Status.CANCELLING, now)
            return True

    def to_json(self) -> JsonObject:
        """Return the batch object of the batches endpoint."""
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
        """The seconds that validating, finalizing and cancelling take each."""
        return _EDGE * min(self.seconds, self.window)

    def _proceed(self, now: float) -> None:
        expires = self.created_at + self.window
        start, end = self.created_at + self._edge, self.created_at + self.seconds - self._edge
        # nothing happens after the expiry, however late the batch is retrieved
        until = min(now, expires)
        if until < start:
            return
        # one invalid line fails the whole batch before anything runs
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
            # a line that fails does not fail the batch; it goes to the error file
            result = self.answer(line)
            response = result["response"]
            succeeded = isinstance(response, dict) and response["status_code"] == 200
            (self.completed if succeeded else self.failed).append(result)

    def _finish(self, status: Status, at: float, now: float) -> None:
        """End with this status once its time has come, and store the results so far in files."""
        if now < at or self.status.final:
            return
        if status is Status.EXPIRED:
            # an expired batch keeps its results and reports the other lines as errors
            rest = self.lines[len(self.completed) + len(self.failed) :]
            self.failed.extend(result_without_response(line, "batch_expired", _LATE) for line in rest)
        self.output_file_id = self.keep(f"{self.id}_output.jsonl", self.completed)
        self.error_file_id = self.keep(f"{self.id}_error.jsonl", self.failed)
        self._enter(status, at)

    def _enter(self, status: Status, at: float) -> None:
        # the time at which it was due, not at which the batch was retrieved
        self.entered.setdefault(status, at)
        self.status = status


ENDPOINT = "/v1/chat/completions"
MAX_LINES = 50_000
_MAX_ISSUES = 100
_NEEDED = ("custom_id", "method", "url", "body")


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch."""

    custom_id: str
    body: JsonObject


def is_json_lines(content: bytes) -> bool:
    """Whether a file looks like JSON Lines: UTF-8 whose first line is an object. The batch validates the rest."""
    first = next((line for line in BytesIO(content) if line.strip()), b"")
    return isinstance(_decode(first), dict)


def read_lines(content: bytes) -> tuple[tuple[Line, ...], tuple[JsonObject, ...]]:
    """Return the requests in an input file and its errors. If there are errors, Groq runs none of the requests."""
    numbered = [(number, line) for number, line in enumerate(BytesIO(content), 1) if line.strip()]
    if not numbered:
        return (), (_issue("empty_file", "The input file contains no requests."),)
    if len(numbered) > MAX_LINES:
        words = f"The input file contains {len(numbered)} requests; the maximum is {MAX_LINES}."
        return (), (_issue("too_many_tasks", words),)
    lines: list[Line] = []
    issues: list[JsonObject] = []
    seen: set[str] = set()
    for number, text in numbered:
        value = _decode(text)
        found = next(_faults(value, seen, number), None)
        if found is not None:
            issues.append(found)
            continue
        entry = cast("dict[str, JsonObject]", value)
        lines.append(Line(str(entry["custom_id"]), entry["body"]))
        seen.add(str(entry["custom_id"]))
    return tuple(lines), tuple(issues[:_MAX_ISSUES])


def result_with_response(line: Line, status: int, body: Json) -> JsonObject:
    """Return a result with a response: an answer (200), or the error that the same request would get on its own."""
    response: JsonObject = {"status_code": status, "request_id": request_id(), "body": body}
    return _result(line, response, None)


def result_without_response(line: Line, code: str, message: str) -> JsonObject:
    """Return a result without a response."""
    return _result(line, None, {"code": code, "message": message})


def shuffled(results: Sequence[JsonObject]) -> list[JsonObject]:
    """Reorder the results, the same way in every run: Groq does not keep the order, so no test may rely on it."""
    by_digest = sorted(results, key=_digest)
    return by_digest[::-1] if by_digest == [*results] else by_digest


def _digest(result: JsonObject) -> bytes:
    return hashlib.sha256(json.dumps(result["custom_id"]).encode()).digest()


def _result(line: Line, response: JsonObject | None, error: JsonObject | None) -> JsonObject:
    return {"id": new_id("batch_req"), "custom_id": line.custom_id, "response": response, "error": error}


def _faults(value: Json, seen: set[str], number: int) -> Iterator[JsonObject]:
    """Yield the errors of one line, in the order in which Groq checks."""
    entry = value if isinstance(value, dict) else {}
    if value != entry:
        yield _issue("invalid_json_line", "This line is not parseable as valid JSON.", number)
    for name in _NEEDED:
        if name not in entry:
            yield _issue("missing_required_parameter", f"Missing required parameter: '{name}'.", number, name)
    name = entry.get("custom_id")
    if not isinstance(name, str) or not name:
        yield _issue("invalid_custom_id", "The custom_id must be a string that is not empty.", number, "custom_id")
    elif name in seen:
        yield _issue("duplicate_custom_id", f"The custom_id '{name}' is used more than once.", number, "custom_id")
    if entry.get("method") != "POST":
        yield _issue("invalid_method", "The method must be POST.", number, "method")
    if entry.get("url") != ENDPOINT:
        yield _issue("url_mismatch", f"The url must be that of the batch: {ENDPOINT}.", number, "url")
    if not isinstance(entry.get("body"), dict):
        yield _issue("invalid_body", "The body must be a JSON object.", number, "body")


def _issue(code: str, message: str, line: int | None = None, param: str | None = None) -> JsonObject:
    return {"code": code, "line": line, "message": message, "param": param}


def _decode(line: bytes) -> Json:
    try:
        return cast("Json", json.loads(line.decode(), parse_constant=refuse_constant))
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, uploaded (purpose ``batch``) or made by a batch (``batch_output``). `created_at` is in Unix seconds."""

    id: str
    name: str
    purpose: str
    content: bytes
    created_at: int

    def to_json(self) -> JsonObject:
        """Return the file object of the files endpoint."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created_at,
            "filename": self.name,
            "purpose": self.purpose,
        }


def store_file(name: str, purpose: str, content: bytes, created_at: float) -> StoredFile:
    """Return a file with a new id."""
    return StoredFile(new_id("file"), name, purpose, content, int(created_at))


def json_lines(values: Iterable[JsonObject]) -> bytes:
    """Return one JSON object per line."""
    return "".join(json.dumps(value) + "\n" for value in values).encode()
