"""The lines of a batch: those of its input file, checked before anything runs, and those of its results. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import cast

from structgen.core.json import Json, JsonObject
from structgen.testing.emulator.bodies import new_id, request_id

ENDPOINT = "/v1/chat/completions"
MOST_LINES = 50_000
_MOST_ISSUES = 100
_NEEDED = ("custom_id", "method", "url", "body")


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch."""

    custom_id: str
    body: JsonObject


def is_json_lines(content: bytes) -> bool:
    """Whether a file can be JSON Lines at all: UTF-8 whose first line is an object. What else is wrong a batch says."""
    first = next((line for line in BytesIO(content) if line.strip()), b"")
    return isinstance(_decode(first), dict)


def read_lines(content: bytes) -> tuple[tuple[Line, ...], tuple[JsonObject, ...]]:
    """The requests of an input file, and what is wrong with it: with anything wrong, nothing of it runs."""
    numbered = [(number, line) for number, line in enumerate(BytesIO(content), 1) if line.strip()]
    if not numbered:
        return (), (_issue("empty_file", "The input file holds no requests."),)
    if len(numbered) > MOST_LINES:
        words = f"The input file holds {len(numbered)} requests; the most is {MOST_LINES}."
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
    return tuple(lines), tuple(issues[:_MOST_ISSUES])


def answered(line: Line, status: int, body: Json) -> JsonObject:
    """A result with a response, be it an answer (200) or an error that the same request would get by itself."""
    response: JsonObject = {"status_code": status, "request_id": request_id(), "body": body}
    return _result(line, response, None)


def unanswered(line: Line, code: str, message: str) -> JsonObject:
    """A result without a response."""
    return _result(line, None, {"code": code, "message": message})


def mixed(results: Sequence[JsonObject]) -> list[JsonObject]:
    """The results in another order than they came, the same at every run: nobody may rely on their order."""
    by_chance = sorted(results, key=_digest)
    return by_chance[::-1] if by_chance == [*results] else by_chance


def _digest(result: JsonObject) -> bytes:
    return hashlib.sha256(json.dumps(result["custom_id"]).encode()).digest()


def _result(line: Line, response: JsonObject | None, error: JsonObject | None) -> JsonObject:
    return {"id": new_id("batch_req"), "custom_id": line.custom_id, "response": response, "error": error}


def _faults(value: Json, seen: set[str], number: int) -> Iterator[JsonObject]:
    """What is wrong with one line, the first thing first."""
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
        return cast("Json", json.loads(line.decode(), parse_constant=_refuse))
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
