"""The exceptions that structgen raises.

    StructgenError
      TaskError               the schema or the task template is wrong: fix it
        SchemaError           ... a type or schema that cannot be used
        TaskNotFound          ... no task of that name
      ConfigurationError      an option, a model name or a key that is missing or invalid
      TransportError          no completion arrived
        AuthenticationFailed  401, 403: the key
        ModelUnavailable      404, a retired or unknown model
        RequestRejected       400, 422: the server will never accept this request
        RequestTooLarge       413, or more than the context window
        RateLimited           429, 498: `.wait` is the seconds to wait
        ServerFailed          5xx, or a body that is not a completion
        ConnectionFailed      no connection, a dropped one, or a timeout
          DeadlinePassed      ... because the time budget ran out
        ServerDown            several documents of a run in a row got no answer: the run was stopped
        NotSent               the run was stopped before the request was sent: no cost
      ExtractionFailed        no completion was accepted: `.attempts`, `.partial`, `.issues`
        BudgetExceeded        ... because attempts, tokens, cost or time ran out
      DocumentError           an input that cannot be read as text
      StoreError              the store of completions cannot be opened, read or written
        LimitsUnavailable     ... the file or server of the rate limits that processes share

Every message says what happened, where, and what to do next. No message contains an API key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from structgen.core.json import Json
    from structgen.core.records import Completion, Evidence, Usage
    from structgen.core.results import Alone, Attempt, ChunkReport, Conflict, Issue, Repair


class StructgenError(Exception):
    """The base class of all exceptions of structgen."""


class TaskError(StructgenError):
    """A schema or a task template is wrong. Retrying cannot help."""


class SchemaError(TaskError):
    """A type or schema that cannot be used. `path` is the JSON Pointer into the schema, or empty."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class TaskNotFound(TaskError):
    """There is no task, file or class of that name."""


class ConfigurationError(StructgenError):
    """An option, a model name or a key is missing or invalid."""


class TransportError(StructgenError):
    """No completion arrived.

    `status` is the HTTP status and `code` the server's error code, or None; `body` is the response with keys masked.
    """

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.body = body


class AuthenticationFailed(TransportError):
    """The API key is missing, wrong, or lacks permission."""


class ModelUnavailable(TransportError):
    """The model does not exist, was retired, or is not available to this key."""


class RequestRejected(TransportError):
    """The server rejected the request and would reject it again."""


class RequestTooLarge(TransportError):
    """The request exceeds the context window or the limit for one request."""


class RateLimited(TransportError):
    """Too many requests or tokens. `wait` is how many seconds the server asks to wait, or None."""

    def __init__(
        self,
        message: str,
        *,
        wait: float | None = None,
        status: int | None = None,
        code: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, body=body)
        self.wait = wait


class ServerFailed(TransportError):
    """The server failed, or its response was not a completion."""


class ConnectionFailed(TransportError):
    """The server was unreachable, dropped the connection, or took too long."""


class DeadlinePassed(ConnectionFailed):
    """The time budget ran out before a completion arrived."""


class ServerDown(TransportError):
    """The run was stopped because several documents in a row got no answer."""


class NotSent(TransportError):
    """The run was stopped while the call waited for a rate limit or a retry. It cost nothing."""


class ExtractionFailed(StructgenError):
    """Completions arrived, but none was accepted.

    `attempts` holds every request and completion, `issues` what is wrong with the last completion, `partial` what could
    be read of it as plain JSON, and `usage` the tokens of all attempts. A batch shows the message as the row's `error`.
    For a document that was read in chunks, `chunks` reports on each chunk, `issues` is about the merged value, and
    `conflicts` and `repairs` say how the chunks were merged.
    `models` names the model of a `Cascade` that answered each field of `partial`; `alone` is as in `Extraction`.
    `view` renders the exception as HTML for notebooks; `locate` finds the evidence of `partial` in the text.
    """

    def __init__(
        self,
        message: str,
        *,
        attempts: tuple[Attempt, ...] = (),
        partial: Json = None,
        usage: Usage | None = None,
        chunks: tuple[ChunkReport, ...] = (),
        conflicts: tuple[Conflict, ...] = (),
        repairs: tuple[Repair, ...] = (),
        issues: tuple[Issue, ...] | None = None,
        view: Callable[[ExtractionFailed], str] | None = None,
        locate: Callable[[], tuple[Evidence, ...]] | None = None,
    ) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.partial = partial
        self.usage = usage
        self.chunks = chunks
        self.conflicts = conflicts
        self.repairs = repairs
        self._issues = issues
        self.view = view
        self.locate = locate
        self.models: Mapping[str, str] = {}
        self.alone: Alone | None = None

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the last completion, or with the value that chunks were merged into."""
        if self._issues is not None:
            return self._issues
        return self.attempts[-1].issues if self.attempts else ()

    def _repr_html_(self) -> str | None:
        """Return HTML for notebooks, where errors are values among the results of `map`."""
        return self.view(self) if self.view else None


class BudgetExceeded(ExtractionFailed):
    """The budget ran out before a completion was accepted."""


class DocumentError(StructgenError):
    """An input cannot be read as text. `id` and `source` are those of the document, or empty."""

    def __init__(self, message: str, *, id: str = "", source: str = "") -> None:  # noqa: A002 - as in Document
        super().__init__(message)
        self.id = id
        self.source = source


class OutputError(StructgenError):
    """Rows cannot be written. The message says where the rows so far are."""


class StoreError(StructgenError):
    """The store cannot be opened, read or written.

    `completion` is the completion that could not be stored, or None. It was paid for, so it is not dropped.
    """

    def __init__(self, message: str, *, completion: Completion | None = None) -> None:
        super().__init__(message)
        self.completion = completion


class LimitsUnavailable(StoreError):
    """The file or the server of the rate limits that processes share cannot be used. Nothing is sent without it."""
