"""Transcribers on the emulator."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from structgen.speech import Transcriber
from structgen.speech.speech_options import SpeechOptions
from structgen.testing import Emulator

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")

Open = Callable[..., Transcriber]


@pytest.fixture
def open_transcriber(groq_emulator: Emulator) -> Iterator[Open]:
    """``open_transcriber(model=None, store=None, **options)``: a transcriber on the emulator."""
    with ExitStack() as stack:

        def opened(model: str | None = None, store: Path | None = None, **options: object) -> Transcriber:
            return stack.enter_context(Transcriber(model, SpeechOptions(**options), store=store))  # type: ignore[arg-type]

        yield opened


@pytest.fixture
def call(tmp_path: Path, sound: Callable[[float], bytes]) -> Path:
    """A recording of two seconds."""
    path = tmp_path / "call.wav"
    path.write_bytes(sound(2))
    return path
