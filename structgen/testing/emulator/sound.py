"""What of sound the emulator knows: how long a WAV file lasts, and a WAV file of silence. Pure."""

from __future__ import annotations

import io
import wave

_SILENCE = 0.25  # seconds


class NoSoundError(ValueError):
    """The bytes are no sound that can be read."""


def seconds_of(name: str, content: bytes) -> float | None:
    """How long a sound lasts, in seconds; None where it is not WAV, or WAV of a kind that has to be decoded to tell.

    Raises NoSoundError for a file whose name says WAV and whose bytes do not. A header that promises more than there
    is, as pipes write it, is not believed.
    """
    if not name.lower().endswith(".wav"):
        return None
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NoSoundError(name)
    try:
        with wave.open(io.BytesIO(content)) as sound:
            rate, width = sound.getframerate(), sound.getnchannels() * sound.getsampwidth()
            frames = min(sound.getnframes(), len(content) // width)
    except (wave.Error, EOFError, RuntimeError):  # the last for a chunk that ends beyond the file
        return None
    return round(frames / rate, 3) if rate else None


def silence(rate: int) -> bytes:
    """A quarter of a second of silence as WAV: 16 bits, one channel, `rate` samples a second."""
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * int(rate * _SILENCE)))
    return held.getvalue()
