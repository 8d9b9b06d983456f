"""What the store hands out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.core.records import Completion, Request

_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:gsk_|sk-|xai-)[\w-]{6,}|(?<=key=)\S{8,}|(?:(?<=-key )|(?<=api_key )|(?<=Bearer ))\S{8,}", re.IGNORECASE
)
"""Shorter words are placeholders; and a task or a field may be called ``key``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion, and whether it was asked for and paid now."""

    completion: Completion
    paid: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored completion and its request. `at` is when it came, in seconds since 1970."""

    request: Request
    completion: Completion
    at: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """A model of which there are completions, and its server, as requests name it."""

    provider: str
    model: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Completions that came in a span of time, and their tokens, as far as the servers reported them."""

    completions: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run asked for, as far as its requests do not tell: the schema as its user gave it, and the words.

    `examples` are the worked ones, as ``[text, value]`` pairs: what matters is whether they are still the same.
    """

    json_schema: JsonObject | bool
    instructions: str = ""
    examples: Json = None


@dataclass(frozen=True, slots=True)
class Run:
    """A line of the ledger. `finished` is None where the run was stopped, or is not done yet; times as in `Entry`.

    `asked` is what it asked for and, where it read an earlier run again, what that one did; empty where an older
    structgen did not note it.
    """

    id: int
    command: str
    task: str
    model: str
    started: float
    finished: float | None
    rows: int
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a store holds: counts, bytes on disk, and tokens as far as the servers reported them."""

    completions: int
    runs: int
    bytes: int
    input_tokens: int
    output_tokens: int


def masked(text: str) -> str:
    """A command line as the ledger keeps it: without whatever looks like a key, and such that UTF-8 can write it."""
    return _LOOKS_LIKE_A_KEY.sub("***", text).encode("utf-8", "replace").decode()
