"""Any provider's response object -> a Completion: where things stand in it is a table of paths, not a branch for each.

A path leads through attributes, keys and indexes; ``*`` is every item of a list. The first path with something counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from structgen.core.endings import Ending, common_word, ending_of
from structgen.core.records import Completion, Usage

_TEXT = (
    "choices.0.message.content",
    "text",
    "content.*.text",
    "message.content.*.text",
    "output.message.content.*.text",
)
_REFUSAL = ("choices.0.message.refusal",)
_REASON = ("choices.0.finish_reason", "stop_reason", "finish_reason", "stopReason", "candidates.0.finish_reason")
_INPUT = ("usage.prompt_tokens", "usage.input_tokens", "usage_metadata.prompt_token_count", "usage.inputTokens")
_OUTPUT = (
    "usage.completion_tokens",
    "usage.output_tokens",
    "usage_metadata.candidates_token_count",
    "usage.outputTokens",
)
_CACHED = ("usage.prompt_tokens_details.cached_tokens", "usage.cache_read_input_tokens")
_REASONING = ("usage.completion_tokens_details.reasoning_tokens", "usage_metadata.thoughts_token_count")


def read_response(response: object, model: str) -> Completion | None:
    """A completion out of any provider's response; None where there is no text in it."""
    text, refusal = _text(response, _TEXT), _text(response, _REFUSAL)
    reason = common_word(next((str(getattr(found, "name", found)) for found in _find(response, _REASON)), None))
    if text is None and refusal is None and ending_of(reason) not in {Ending.CUT, Ending.FILTERED}:
        return None
    named = next(_find(response, ("model",)), None)
    return Completion(
        text or "",
        reason,
        Usage(*(_count(response, paths) for paths in (_INPUT, _OUTPUT, _CACHED, _REASONING)), calls=1),
        named if isinstance(named, str) else model,
        refusal=refusal,
    )


def _text(response: object, paths: tuple[str, ...]) -> str | None:
    """The texts at the first path that leads to any, joined."""
    for path in paths:
        texts = [found for found in _walk(response, path.split(".")) if isinstance(found, str)]
        if texts:
            return "".join(texts)
    return None


def _count(response: object, paths: tuple[str, ...]) -> int | None:
    return next((found for found in _find(response, paths) if isinstance(found, int)), None)


def _find(response: object, paths: tuple[str, ...]) -> Iterator[object]:
    """What stands at these paths, nothings left out."""
    return (found for path in paths for found in _walk(response, path.split(".")) if found is not None)


def _walk(value: object, steps: list[str]) -> Iterator[object]:
    """The values at a path through attributes, keys and indexes; ``*`` is every item of a list."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        chosen = items if step == "*" else items[int(step) : int(step) + 1] if step.isdecimal() else ()
        for item in chosen:
            yield from _walk(item, rest)
    elif isinstance(value, Mapping):
        yield from _walk(cast("Mapping[str, object]", value).get(step), rest)
    elif value is not None and not isinstance(value, str):
        yield from _walk(getattr(value, step, None), rest)
