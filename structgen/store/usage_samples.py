"""The usage of stored completions: sums, and for estimates the newest ones whose requests begin alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from structgen.core.errors import StoreError
from structgen.core.json import JsonObject
from structgen.core.records import Completion, Message
from structgen.store.ledger import Run, StoredUsage
from structgen.store.serialization import decode, encode

RECENT = 100_000
"""How many of the newest completions are looked through, so that a large store does not delay an estimate."""


@dataclass(frozen=True, slots=True)
class UsageSample:
    """What one stored completion took. `request` is the body as the store has it, `run` 0 for a call without a run.

    `document` is the text that was asked about, or "" if it is not known.
    """

    request: JsonObject
    document: str
    completion: Completion
    at: float
    run: int


@dataclass(frozen=True, slots=True)
class UsageSamples:
    """Finds samples. `read` runs a statement of SQL with its values. A file that cannot be read has no samples."""

    read: Callable[..., list[Any]]

    def beginning(self, provider: str, model: str, head: Sequence[Message], most: int) -> list[UsageSample]:
        """Return the newest completions of a model whose conversations begin with these messages, newest first."""
        said = encode({"provider": provider, "model": model, "messages": list(head)})
        # the end of the list of messages and of the object: other messages and other fields follow
        return self._found(said[:-2], "", most)

    def parts(self, provider: str, model: str, most: int) -> list[UsageSample]:
        """Return the newest completions of a model that were asked for a part of a value, newest first."""
        return self._found(encode({"provider": provider, "model": model})[:-1] + ",", '"schema_name":"fields"', most)

    def of_model(self, provider: str, model: str, most: int) -> list[UsageSample]:
        """Return the newest completions of a model, newest first."""
        return self._found(encode({"provider": provider, "model": model})[:-1] + ",", "", most)

    def between(self, since: float, until: float | None = None) -> StoredUsage:
        """Count the completions that arrived between two times, in seconds since 1970; `until` defaults to now."""
        return self._counted("? IS NOT NULL", 0, since, until)

    def of_run(self, run: Run) -> StoredUsage:
        """Count the completions that a run paid for; of an older file, those that arrived while it ran."""
        columns = {name for (name,) in self.read("SELECT name FROM pragma_table_info('completion')")}
        own = "(run = ? OR run IS NULL)" if "run" in columns else "? IS NOT NULL"
        return self._counted(own, run.id, run.started, run.finished)

    def _counted(self, condition: str, value: int, since: float, until: float | None) -> StoredUsage:
        counts = "SELECT count(*), total(input_tokens), total(output_tokens) FROM completion"
        found = self.read(
            f"{counts} WHERE {condition} AND at BETWEEN ? AND ?", value, since, time.time() if until is None else until
        )
        ((completions, tokens_in, tokens_out),) = found
        return StoredUsage(completions, int(tokens_in), int(tokens_out))

    def _found(self, beginning: str, within: str, most: int) -> list[UsageSample]:
        rows: list[Any] = []
        with suppress(StoreError):  # an older store has no column for the run
            rows = self.read(
                "SELECT request, rest, completion, at, run FROM completion WHERE id > (SELECT max(id) FROM completion) "
                "- ? AND substr(request, 1, ?) = ? AND instr(request, ?) ORDER BY id DESC LIMIT ?",
                RECENT,
                len(beginning),
                beginning,
                within,
                most,
            )
        return [sample for row in rows if (sample := _sample(*row)) is not None]


def _sample(said: str, rest: str, completion: str, at: float, run: int | None) -> UsageSample | None:
    try:
        request = cast("JsonObject", json.loads(said))
        return UsageSample(request, _document(request, json.loads(rest)), decode(Completion, completion), at, run or 0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None  # an estimate does not fail because of an unreadable entry


def _document(request: JsonObject, rest: JsonObject) -> str:
    place = rest.get("document")
    if isinstance(place, str):
        return place
    if not isinstance(place, list):
        return ""
    start, end = cast("list[int]", place)
    messages = cast("list[JsonObject]", request["messages"])
    content = messages[-1]["content"]
    return content[start:end] if isinstance(content, str) else ""
