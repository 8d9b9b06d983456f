"""The handle that `Extractor.submit_batch` returns, and the error raised while a batch has not ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from structgen.core.argument_checks import Check, checked, filled, optional, string, whole
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import JsonObject

DONE = "done"
"""The state of a submission whose answers are all in the store."""


@dataclass(frozen=True, slots=True)
class BatchHandle:
    """Texts that were submitted in batches. Everything else is in the store, so a handle is small and can be kept.

    `id` names the submission, `store` the file of the store, `ids` are the provider's ids of the batches. `texts`
    counts the texts, `requests` the requests in batches (stored answers need none), of which `answered` and `refused`
    have a result. `state` is ``done`` if everything can be collected, else the provider's word for its progress.
    `schema` is what was asked for. It is not part of the JSON form: pass it again where that is read.
    """

    id: str
    store: str
    model: str
    texts: int
    instructions: str | None = None
    ids: tuple[str, ...] = ()
    requests: int = 0
    answered: int = 0
    refused: int = 0
    state: str = DONE
    schema: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        checked(self, _CHECKS)

    @property
    def done(self) -> bool:
        """Whether everything can be collected."""
        return self.state == DONE

    def to_json(self) -> JsonObject:
        """Return the handle as JSON, without the schema."""
        fields: dict[str, Any] = asdict(replace(self, schema=None))
        fields.pop("schema")
        return {**fields, "ids": list(self.ids)}

    @classmethod
    def from_json(cls, data: JsonObject | str) -> BatchHandle:
        """Return the handle that `to_json` gave, also if it was written as text. Raises ConfigurationError."""
        try:
            fields: dict[str, Any] = dict(json.loads(data) if isinstance(data, str) else data)
            fields["ids"] = tuple(fields.get("ids", ()))
            return cls(**fields)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"This is not a batch handle ({error}). Pass what to_json() returned.") from None

    def __reduce__(self) -> tuple[Any, tuple[JsonObject]]:
        """Pickle the handle without its schema, which may be a class that cannot be pickled."""
        return BatchHandle.from_json, (self.to_json(),)


_CHECKS: dict[str, Check] = {
    **dict.fromkeys(("id", "model", "state"), filled),
    "store": string,
    "instructions": optional(string),
    **dict.fromkeys(("texts", "requests", "answered", "refused"), whole(0)),
}


class BatchPending(StructgenError):
    """A batch has not ended. `handle` has its state; collect it again later."""

    def __init__(self, message: str, handle: BatchHandle) -> None:
        super().__init__(message)
        self.handle = handle
