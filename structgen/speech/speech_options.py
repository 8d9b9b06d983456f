"""How audio is transcribed: the parameters of the audio endpoints, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from structgen.core.argument_checks import (
    Check,
    InvalidArgument,
    checked,
    flag,
    number,
    optional,
    shown,
    string,
    strings,
    word_of,
)
from structgen.core.errors import ConfigurationError
from structgen.core.spoken import AudioInput
from structgen.send.speech_cards import FREE_MAX_MB

VERBOSE = "verbose_json"
"""The response format with times."""

_PARTS = ("word", "segment")


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How audio is transcribed.

    `translate` asks for an English text. `language` is that of the audio, as two or three letters (``de``); None lets
    the model detect it. `prompt` shows the model spelling and style. `temperature` is 0 to 1. `timestamps` names
    what should have times, ``word``, ``segment`` or both; None means both if `response_format` is ``verbose_json``,
    the only one with times. `max_mb` is the maximum size of a file, in MB of 2**20 bytes: larger ones are cut.
    """

    translate: bool = False
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    timestamps: tuple[str, ...] | None = None
    response_format: str = VERBOSE
    max_mb: float = FREE_MAX_MB

    def __post_init__(self) -> None:
        """Raise ConfigurationError if an option is invalid, or if two exclude each other."""
        checked(self, _OPTIONS)
        if self.timestamps and self.response_format != VERBOSE:
            raise ConfigurationError(f"timestamps need response_format={VERBOSE!r}: no other format has times.")
        if self.translate and self.language is not None:
            raise ConfigurationError("language cannot be given with translate: a translation is always into English.")

    @property
    def limit(self) -> int:
        """The maximum size of a file in bytes."""
        return int(self.max_mb * 2**20)

    def audio(self, *, sha256: str = "", url: str = "") -> AudioInput:
        """Return the audio of a request with these options."""
        # translations have no times for words, and the endpoint takes no such parameter
        without = self.translate or self.response_format != VERBOSE
        parts = () if without else _PARTS if self.timestamps is None else self.timestamps
        return AudioInput(
            sha256, url, self.translate, self.language, self.prompt, self.temperature, self.response_format, parts
        )


def _parts(given: object) -> tuple[str, ...]:
    """Check for some of the words in `_PARTS`; return them in that order, so that equal requests are equal."""
    listed = strings(len(_PARTS))(given)
    named = (listed,) if isinstance(listed, str) else listed
    if not set(named) <= set(_PARTS):
        raise InvalidArgument(f"is {shown(given)}, but must be 'word', 'segment' or both")
    return tuple(part for part in _PARTS if part in named)


def _language(given: object) -> str:
    """Check for a language as speech models take it: two or three letters."""
    code = string(given).strip().lower()
    if not (code.isascii() and code.isalpha() and 2 <= len(code) <= 3):
        raise InvalidArgument(f"is {shown(given)}, but must be a language of two or three letters, such as 'de'")
    return code


_OPTIONS: Mapping[str, Check] = MappingProxyType(
    {
        "translate": flag,
        "language": optional(_language),
        "prompt": optional(string),
        "temperature": optional(number(0, 1)),
        "timestamps": optional(_parts),
        "response_format": word_of("json", "text", VERBOSE),
        "max_mb": number(above=0),
    }
)
