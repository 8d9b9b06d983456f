"""Response objects and streams of any provider's client -> Completion, by tables of paths instead of branches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from structgen.core.chat_message import Call
from structgen.core.finish_reasons import INTERRUPTED, Ending, common_finish_reason, ending_of
from structgen.core.records import Completion, Usage, token_count

_TEXT = (
    "choices.0.message.content",
    "choices.0.message.content.*.text",
    "candidates.0.content.parts.*.text",
    "text",
    "content.*.text",
    "message.content.*.text",
    "output.message.content.*.text",
)
_CALLS = (
    ("choices.0.message.tool_calls.*.function", "arguments"),
    ("content.*", "input"),
    ("candidates.0.content.parts.*.function_call", "args"),
)
"""Where the tool calls are, and how their arguments are named. Each has its `name` beside them."""
_REFUSAL = ("choices.0.message.refusal",)
_REASON = (
    "choices.0.finish_reason",
    "data.choices.0.finish_reason",
    "delta.stop_reason",
    "stop_reason",
    "finish_reason",
    "stopReason",
    "candidates.0.finish_reason",
)
_INPUT = (
    "usage.prompt_tokens",
    "data.usage.prompt_tokens",
    "message.usage.input_tokens",
    "usage.input_tokens",
    "usage_metadata.prompt_token_count",
    "usage.inputTokens",
)
_OUTPUT = (
    "usage.completion_tokens",
    "data.usage.completion_tokens",
    "usage.output_tokens",
    "usage_metadata.candidates_token_count",
    "usage.outputTokens",
)
_CACHED = (
    "usage.prompt_tokens_details.cached_tokens",
    "message.usage.cache_read_input_tokens",
    "usage.cache_read_input_tokens",
    "usage_metadata.cached_content_token_count",
)
_REASONING = ("usage.completion_tokens_details.reasoning_tokens", "usage_metadata.thoughts_token_count")
_COUNTS = (_INPUT, _OUTPUT, _CACHED, _REASONING)

_PIECES = (
    "choices.0.delta.content",
    "choices.0.delta.content.*.text",
    "data.choices.0.delta.content",
    "data.choices.0.delta.content.*.text",
    "delta.text",
    "candidates.0.content.parts.*.text",
)
_CALL_PIECES = (
    ("choices.0.delta.tool_calls.0", "function.name", "function.arguments"),
    ("data.choices.0.delta.tool_calls.0", "function.name", "function.arguments"),
    ("content_block", "name", "nothing"),
    ("delta", "nothing", "partial_json"),
    ("candidates.0.content.parts.*.function_call", "name", "args"),
)


def read_response(response: object, model: str) -> Completion | None:
    """Return the completion in any provider's response object, or None if it contains no answer."""
    calls = _calls(response)
    content, refusal = _text(response, _TEXT[:3] + _TEXT[4:] if calls else _TEXT), _text(response, _REFUSAL)
    reason = _reason(response)
    if content is None and not calls and refusal is None and ending_of(reason) not in {Ending.CUT, Ending.FILTERED}:
        return None
    served_by = next(_find(response, ("model", "model_version")), None)
    return Completion(
        calls[0].arguments if calls else content or "",
        reason,
        Usage(*(_count(response, paths) for paths in _COUNTS), calls=1),
        served_by if isinstance(served_by, str) else model,
        refusal=refusal,
        called=calls[0].name if calls else "",
        more_calls=calls[1:],
        beside=(content or "") if calls else "",
    )


class StreamReader:
    """One streamed response: chunks in, pieces of the answer out, and the completion at the end."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._content: list[str] = []
        self._arguments: list[str] = []
        self._called = ""
        self._reason: str = ""
        self._counts: list[int | None] = [None] * len(_COUNTS)

    @property
    def begun(self) -> bool:
        """Whether anything of the answer has arrived."""
        return bool(self._content or self._arguments)

    def feed(self, chunk: object) -> str:
        """Return the new piece of the answer in a chunk, or an empty text."""
        self._reason = _reason(chunk) or self._reason
        served_by = next(_find(chunk, ("model", "data.model", "message.model", "model_version")), None)
        self._model = served_by if isinstance(served_by, str) and served_by else self._model
        for at, paths in enumerate(_COUNTS):
            if (count := _count(chunk, paths)) is not None:
                self._counts[at] = count
        arguments = self._call_piece(chunk)
        content = _text(chunk, _PIECES) or ""
        if content:
            self._content.append(content)
        if arguments:
            self._arguments.append(arguments)
        # Text beside a call is not the answer. Text before one was shown already: the completion has the call alone.
        return arguments if self._called else content

    def completion(self) -> Completion:
        """Return what has arrived. Without a finish reason the stream broke off."""
        content, arguments = "".join(self._content), "".join(self._arguments)
        called = bool(self._called or arguments)
        return Completion(
            arguments if called else content,
            self._reason or INTERRUPTED,
            Usage(*self._counts, calls=1),
            self._model,
            called=self._called,
            beside=content if called else "",
        )

    def _call_piece(self, chunk: object) -> str:
        """Return the piece of the first call's arguments in a chunk. Its name is remembered."""
        pieces: list[str] = []
        for path, name, arguments in _CALL_PIECES:
            for call in _walk(chunk, path.split(".")):
                index = next(_walk(call, ["index"]), None)
                if call is None or index not in {None, 0}:
                    continue
                found = next(_walk(call, name.split(".")), None)
                if isinstance(found, str) and found:
                    if self._called and self._arguments:
                        continue  # a second call
                    self._called = found
                given = next(_walk(call, arguments.split(".")), None)
                if given is not None:
                    pieces.append(_as_text(given))
        return "".join(pieces)


def _calls(response: object) -> tuple[Call, ...]:
    """Return the tool calls of a response. Some clients have already decoded their arguments."""
    found: list[Call] = []
    for path, arguments in _CALLS:
        for call in _walk(response, path.split(".")):
            name = next(_walk(call, ["name"]), None)
            given = next(_walk(call, [arguments]), None)
            if isinstance(name, str) and name and given is not None:
                found.append(Call(name, _as_text(given)))
    return tuple(found)


def _as_text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, default=str)


def _reason(response: object) -> str:
    found = next(_find(response, _REASON), None)
    return common_finish_reason(None if found is None else str(getattr(found, "name", found)))


def _text(response: object, paths: tuple[str, ...]) -> str | None:
    """Return the joined texts at the first path that leads to any, or None."""
    for path in paths:
        texts = [found for found in _walk(response, path.split(".")) if isinstance(found, str)]
        if texts:
            return "".join(texts)
    return None


def _count(response: object, paths: tuple[str, ...]) -> int | None:
    return next((count for found in _find(response, paths) if (count := token_count(found)) is not None), None)


def _find(response: object, paths: tuple[str, ...]) -> Iterator[object]:
    """Yield the values at these paths, without None."""
    return (found for path in paths for found in _walk(response, path.split(".")) if found is not None)


def _walk(value: object, steps: list[str]) -> Iterator[object]:
    """Yield the values at a path of attributes, keys and indexes; ``*`` is every item of a list.

    The text of a part that is a thought is left out: it is not the answer.
    """
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
    elif value is not None and not isinstance(value, str) and not (step == "text" and _is_thought(value)):
        yield from _walk(getattr(value, step, None), rest)


def _is_thought(part: object) -> bool:
    return getattr(part, "thought", None) is True
