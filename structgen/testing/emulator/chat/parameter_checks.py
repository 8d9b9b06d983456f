"""The keys of a chat request and the values that each may have. The words are those of Groq's validator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from structgen.core.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Kind:
    """A JSON type, as a test for values and as the word in messages."""

    word: str
    fits: Callable[[Json], bool]


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


STRING = Kind("a string", lambda value: isinstance(value, str))
BOOLEAN = Kind("a boolean", lambda value: isinstance(value, bool))
NUMBER = Kind("a number", lambda value: isinstance(value, float) or _is_integer(value))
INTEGER = Kind("an integer", _is_integer)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
LIST = Kind("an array", lambda value: isinstance(value, list))
STRINGS = Kind("an array of strings", lambda value: isinstance(value, list) and all(map(STRING.fits, value)))
STRING_OR_STRINGS = Kind("a string or an array of strings", lambda value: STRING.fits(value) or STRINGS.fits(value))
STRING_OR_LIST = Kind("a string or an array", lambda value: isinstance(value, (str, list)))
STRING_OR_OBJECT = Kind("a string or an object", lambda value: isinstance(value, (str, dict)))


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one key of a request may hold. Null is the same as leaving the key out, except for a `required` one."""

    kind: Kind
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    longest: int | None = None
    required: bool = False

    def wrong(self, name: str, value: Json) -> str | None:
        """Return what is wrong with a value, or None."""
        if value is None:
            return f"property '{name}' is missing" if self.required else None
        if not self.kind.fits(value):
            return f"'{name}' : value must be {self.kind.word}"
        if self.allowed and value not in self.allowed:
            listed = " ".join(f"'{each}'" for each in self.allowed)
            return f"'{name}' : value is not one of the allowed values [{listed}]"
        if self.longest is not None and isinstance(value, list) and len(value) > self.longest:
            return f"'{name}' : maximum number of items is {self.longest}"
        return self._out_of_range(name, value)

    def _out_of_range(self, name: str, value: Json) -> str | None:
        if not isinstance(value, (int, float)):
            return None
        if self.low is not None and value < self.low:
            return f"'{name}' : number must be at least {self.low:g}"
        return (
            f"'{name}' : number must be at most {self.high:g}" if self.high is not None and value > self.high else None
        )


def errors_of(body: JsonObject, known: Mapping[str, Parameter]) -> Iterator[str]:
    """Yield what is wrong with the keys of a request: unknown ones first, as Groq names them first."""
    yield from (f"property '{name}' is unsupported" for name in body if name not in known)
    for name, parameter in known.items():
        found = parameter.wrong(name, body.get(name))
        if found is not None:
            yield found


def _all(kind: Kind, names: Iterable[str]) -> dict[str, Parameter]:
    return {name: Parameter(kind) for name in names}


TIERS = ("auto", "on_demand", "flex", "performance")

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "model": Parameter(STRING, required=True),
        "messages": Parameter(LIST, required=True),
        "temperature": Parameter(NUMBER, 0, 2),
        "top_p": Parameter(NUMBER, 0, 1),
        "n": Parameter(INTEGER, 1, 1),
        "frequency_penalty": Parameter(NUMBER, -2, 2),
        "presence_penalty": Parameter(NUMBER, -2, 2),
        "max_completion_tokens": Parameter(INTEGER, 1),
        "max_tokens": Parameter(INTEGER, 1),
        "top_logprobs": Parameter(INTEGER, 0, 20),
        "stop": Parameter(STRING_OR_STRINGS, longest=4),
        "tools": Parameter(LIST, longest=128),
        "functions": Parameter(LIST, longest=128),
        "tool_choice": Parameter(STRING_OR_OBJECT),
        "function_call": Parameter(STRING_OR_OBJECT),
        "service_tier": Parameter(STRING, allowed=TIERS),
        "reasoning_format": Parameter(STRING, allowed=("hidden", "raw", "parsed")),
        "citation_options": Parameter(STRING, allowed=("enabled", "disabled")),
        **_all(INTEGER, ("seed",)),
        # which efforts there are depends on the model
        **_all(STRING, ("user", "reasoning_effort")),
        **_all(
            BOOLEAN,
            ("stream", "logprobs", "parallel_tool_calls", "include_reasoning", "disable_tool_validation", "store"),
        ),
        **_all(
            OBJECT,
            ("response_format", "stream_options", "logit_bias", "metadata", "search_settings", "compound_custom"),
        ),
        **_all(LIST, ("documents",)),
        **_all(STRINGS, ("exclude_domains", "include_domains")),
    }
)
"""Every key that Groq's SDK can send to chat completions, and `stream_options`, which is only documented."""


def parameter_errors(body: JsonObject) -> Iterator[str]:
    """Yield what is wrong with the keys and values of a chat request."""
    yield from errors_of(body, PARAMETERS)
    # in our words: Groq documents that nothing is stored, and clients may say so themselves
    if body.get("store") is True:
        yield "'store' : value is not one of the allowed values [false]"
