"""The lines of batch files: the requests that are uploaded, and the results that the provider returns. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from structgen.core.batch_states import RequestOutcome
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.masking import Secrets, mask
from structgen.core.records import Completion, Request
from structgen.send.http.batch_client import LINE_URL
from structgen.send.http.failures import Failure, read_refusal
from structgen.send.http.http_response import Reply, decode, read_reply
from structgen.send.http.providers import ChatApi

MOST_LINE = 32 * 2**20
"""Maximum bytes of one line of results. A longer one is skipped: no answer has that size."""

LONGEST_NUMBER = 10**18
"""As long as any number that a line may get, so that no file becomes longer than it was counted."""

_PREFIX = "request-"
_EXPIRED = frozenset({"batch_expired", "expired"})
_CANCELLED = frozenset({"batch_cancelled", "cancelled"})


def line_of(number: int, request: Request) -> bytes:
    """Return the line of a request with this number: the body is that of a live call."""
    line = {"custom_id": f"{_PREFIX}{number}", "method": "POST", "url": LINE_URL, "body": request.to_groq()}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result of the request with this number: its completion, or the outcome and the reason why it has none."""

    number: int
    completion: Completion | None
    outcome: RequestOutcome = RequestOutcome.ANSWERED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResultReader:
    """Reads lines of results. `share` (0 to 1) is what an answer costs of its full price."""

    api: ChatApi
    model: str
    secrets: Secrets
    share: float

    def read(self, line: bytes) -> LineResult | None:
        """Return the result in a line, or None if the line is not one."""
        entry = as_object(decode(line))
        number = _number(entry.get("custom_id"))
        if number is None:
            return None
        response = entry.get("response")
        if isinstance(response, dict) and (status := _status(response)) is not None:
            return self._answered(number, status, response.get("body"))
        return self._unanswered(number, entry)

    def _answered(self, number: int, status: int, body: Json) -> LineResult:
        """Read a response as that of a live call: an answer, or the error that the call would have got."""
        content = body if isinstance(body, str) else json.dumps(body)
        found = read_reply(Reply(status, {}, content.encode("utf-8", "replace")), self.api, self.model, self.secrets)
        if isinstance(found, Failure):
            outcome = RequestOutcome.FAILED if found.transient else RequestOutcome.REJECTED
            return LineResult(number, None, outcome, str(found.error))
        return LineResult(number, replace(found, price_share=self.share))

    def _unanswered(self, number: int, entry: JsonObject) -> LineResult:
        refusal = read_refusal(entry, "")
        said = mask(refusal.message, self.secrets)[:1000].rstrip(".")
        if not as_object(entry.get("error")):
            said = "a result with neither an answer nor an error"
        code = f" ({refusal.code})" if refusal.code else ""
        outcome = RequestOutcome.FAILED
        if refusal.code in _EXPIRED:
            outcome = RequestOutcome.EXPIRED
        elif refusal.code in _CANCELLED:
            outcome = RequestOutcome.CANCELLED
        return LineResult(number, None, outcome, f"{self.api.provider} gave no answer in the batch{code}: {said}.")


def lines_in(file: IO[bytes]) -> Iterator[bytes | None]:
    """Yield the lines of a file that are not blank, or None for one that is too long to be a result."""
    while line := file.readline(MOST_LINE):
        if len(line) == MOST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(MOST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif line.strip():
            yield line


def _number(custom_id: Json) -> int | None:
    """Return the number in our own custom_id, or None."""
    if not isinstance(custom_id, str) or not custom_id.startswith(_PREFIX):
        return None
    digits = custom_id.removeprefix(_PREFIX)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _status(response: JsonObject) -> int | None:
    """Return the HTTP status of a response. One without a status is read by its body."""
    status = response.get("status_code")
    if isinstance(status, int) and not isinstance(status, bool) and 100 <= status < 600:
        return status
    body = as_object(response.get("body"))
    return 200 if "choices" in body else 400 if "error" in body else None
