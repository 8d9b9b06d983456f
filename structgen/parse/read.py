"""The whole stage in one function: a response's text in, a Parsed out."""

from __future__ import annotations

import re
from typing import TypeVar, cast

import jiter
from pydantic import ValidationError

from structgen.core.json import Json, pointer
from structgen.core.options import Risk
from structgen.core.records import Issue, Parsed, Repair
from structgen.schema import Schema

T = TypeVar("T")

MAX_CHARS = 10_000_000
_THINK = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[^\n`]*\n(.*?)\n?[ \t]*```", re.DOTALL)


def parse_text(
    schema: Schema[T],
    text: str,
    *,
    finish_reason: str = "stop",
    max_risk: Risk = Risk.INTERPRETIVE,
    max_chars: int = MAX_CHARS,
) -> Parsed[T]:
    """Read a response as a value of the schema. Never raises for what the response says."""
    del finish_reason, max_risk, max_chars
    repairs: tuple[Repair, ...] = ()
    answer = _THINK.sub("", text).strip("\ufeff \t\r\n")
    fence = _FENCE.search(answer)
    answer = fence[1] if fence else answer
    if answer != text.strip():
        repairs = (Repair("surroundings", "", None, None, Risk.LOSSLESS),)
    try:
        tree = cast(Json, jiter.from_json(answer.encode(), catch_duplicate_keys=True, allow_inf_nan=False))
    except ValueError as error:
        return Parsed(ok=False, value=None, issues=(Issue("", f"The response is no JSON: {error}.", "syntax"),))
    if schema.adapter is None:
        issues = schema.check(tree)
        return Parsed(not issues, None if issues else cast(T, tree), issues, repairs, tree if issues else None)
    try:
        return Parsed(ok=True, value=schema.adapter.validate_json(answer, strict=True), repairs=repairs)
    except ValidationError as error:
        found = tuple(Issue(pointer(e["loc"]), e["msg"], e["type"], e["input"]) for e in error.errors())
        return Parsed(ok=False, value=None, issues=found, partial=tree)
