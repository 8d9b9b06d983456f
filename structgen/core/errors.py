"""Every exception that structgen raises on purpose.

    StructgenError
      TaskError               the schema or the task template is wrong: fix it
        SchemaError           ... a description of a type that cannot be used
        TaskNotFound          ... no task of that name
      ConfigurationError      an option, a model name or a key that is missing or does not fit
      TransportError          no completion arrived
        AuthenticationFailed  401, 403: the key
        ModelUnavailable      404, retired or unknown model
        RequestRejected       400, 422: the server will never accept this request
        RequestTooLarge       413, or more than the model's context
        RateLimited           429, 498: `.wait` seconds until it may work
        ServerFailed          5xx, and bodies that are no completion
        ConnectionFailed      no connection, a dropped one, or a timeout
          DeadlinePassed      ... because the time budget ran out meanwhile
        NotSent               its run was stopped while the call still waited: it cost nothing
      ExtractionFailed        completions came and none was accepted: `.attempts`, `.partial`, `.issues`
        BudgetExceeded        ... because attempts, tokens, cost or time ran out
      DocumentError           an input that cannot be read as text
      StoreError              the store of completions cannot be opened, read or written

A message says what happened, where, and what to do next. It never holds a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from structgen.core.json import Json
    from structgen.core.records import Completion, Evidence, Usage
    from structgen.core.results import Attempt, ChunkReport, Issue


class StructgenError(Exception):
    """The root of them all."""


class TaskError(StructgenError):
    """A schema or a task template is wrong; asking again cannot help."""


class SchemaError(TaskError):
    """A description of a type that cannot be compiled. `path` points into the schema where that is known."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class TaskNotFound(TaskError):
    """No task of that name, file or class."""


class ConfigurationError(StructgenError):
    """An option, a model name or a key that is missing or does not fit."""


class TransportError(StructgenError):
    """No completion arrived. `status` is the HTTP status, `body` what the server said (keys masked), where known."""

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.body = body


class AuthenticationFailed(TransportError):
    """The key is missing, wrong, or not allowed to do this."""


class ModelUnavailable(TransportError):
    """The model does not exist, was retired, or is not open to this key."""


class RequestRejected(TransportError):
    """The server refuses this request and would refuse it again."""


class RequestTooLarge(TransportError):
    """The request is larger than the model's context or the limit for one request."""


class RateLimited(TransportError):
    """Too many requests or tokens. `wait` is the number of seconds the server asks for, None where it names none."""

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
    """The server failed, or answered with something that is no completion."""


class ConnectionFailed(TransportError):
    """The server could not be reached, dropped the connection, or took too long."""


class DeadlinePassed(ConnectionFailed):
    """The time budget ran out before a completion arrived."""


class NotSent(TransportError):
    """The run was stopped while the call still waited for its turn or for another try: it cost nothing."""


class ExtractionFailed(StructgenError):
    """Completions came and none was accepted.

    `attempts` holds every request and completion, `issues` what is wrong with the last one, `partial` what could be
    read of it as plain JSON, and `usage` what all of it took. The exception that a batch row shows as `error`. Of a
    document that was read in chunks, `chunks` says what became of each, and `issues` what is wrong with the whole.
    `view` draws it as HTML for a notebook, `locate` looks up where `partial` stands in the text.
    """

    def __init__(
        self,
        message: str,
        *,
        attempts: tuple[Attempt, ...] = (),
        partial: Json = None,
        usage: Usage | None = None,
        chunks: tuple[ChunkReport, ...] = (),
        issues: tuple[Issue, ...] | None = None,
        view: Callable[[ExtractionFailed], str] | None = None,
        locate: Callable[[], tuple[Evidence, ...]] | None = None,
    ) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.partial = partial
        self.usage = usage
        self.chunks = chunks
        self._issues = issues
        self.view = view
        self.locate = locate

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the last completion, or with the whole that chunks were merged to."""
        if self._issues is not None:
            return self._issues
        return self.attempts[-1].issues if self.attempts else ()

    def _repr_html_(self) -> str | None:
        """What a notebook shows where the error is a value, as in `map`."""
        return self.view(self) if self.view else None


class BudgetExceeded(ExtractionFailed):
    """The budget ran out before a completion was accepted."""


class DocumentError(StructgenError):
    """An input that cannot be read as text. `id` and `source` are those that its document would have, where known."""

    def __init__(self, message: str, *, id: str = "", source: str = "") -> None:  # noqa: A002 - as in Document
        super().__init__(message)
        self.id = id
        self.source = source


class StoreError(StructgenError):
    """The store of completions cannot be opened, read or written.

    `completion` is the one that could not be kept, where it was for one: it was paid for, so it is not dropped.
    """

    def __init__(self, message: str, *, completion: Completion | None = None) -> None:
        super().__init__(message)
        self.completion = completion
