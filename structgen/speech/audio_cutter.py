"""Splits audio files that are too large for the server into smaller pieces, with ffmpeg if it is installed."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from structgen.core.errors import DocumentError
from structgen.documents.audio_formats import AudioFormat

ENCODING = "flac-16k-mono"
"""What pieces are: speech models hear no more than this. Part of the name of a request, so that it is stored once."""

OVERLAP = 10.0
"""The seconds that two neighbouring pieces share, so that each word is whole in at least one of them."""

_BYTES_A_SECOND = 32_700
"""The maximum: 16,000 samples of 2 bytes each, and the frames around them."""

_SHORTEST = 1.0


def has_ffmpeg() -> bool:
    """Whether ffmpeg is installed."""
    return shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A recording encoded anew: its file and its length in seconds."""

    path: Path
    seconds: float

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def spans(self, limit: int) -> list[tuple[float, float]]:
        """Return the spans of equal length, in seconds, into which the recording must be cut to keep to a limit."""
        if self.size <= limit:
            return [(0.0, self.seconds)]
        longest = math.floor(limit / _BYTES_A_SECOND)
        overlap = min(OVERLAP, longest / 4)
        if longest < _SHORTEST:
            raise DocumentError(f"the limit of {limit:,} bytes is too small even for pieces of a second: raise it.")
        count = math.ceil((self.seconds - overlap) / (longest - overlap))
        length = (self.seconds - overlap) / count + overlap
        starts = [number * (length - overlap) for number in range(count)]
        return [(round(start, 2), round(min(start + length, self.seconds), 2)) for start in starts]

    def cut(self, start: float, end: float) -> bytes:
        """Return the bytes of a piece."""
        piece = self.path.with_name(f"{start}-{end}.flac")
        _run("ffmpeg", "-ss", f"{start}", "-i", str(self.path), "-t", f"{end - start}", *_FLAC, str(piece))
        try:
            return piece.read_bytes()
        finally:
            piece.unlink()


_FLAC = ("-vn", "-map", "0:a:0", "-ac", "1", "-ar", "16000", "-sample_fmt", "s16", "-map_metadata", "-1", "-y")


def encode_anew(data: bytes, form: AudioFormat, folder: Path) -> Encoded:
    """Write the recording to a folder as FLAC. Raises DocumentError if ffmpeg cannot read it."""
    given, target = folder / f"given.{form.suffix}", folder / "whole.flac"
    given.write_bytes(data)
    # the format is named, so that ffmpeg opens no playlist, which could name other files
    _run("ffmpeg", "-protocol_whitelist", "file", "-f", form.demuxer, "-i", str(given), *_FLAC, str(target))
    given.unlink()
    said = _run("ffprobe", "-show_entries", "format=duration", "-of", "csv=p=0", str(target))
    try:
        return Encoded(target, float(said))
    except ValueError:
        raise DocumentError("ffmpeg found no sound in it.") from None


def _run(program: str, *arguments: str) -> str:
    """Run a program of ffmpeg's; return what it prints. Raises DocumentError if it fails."""
    options = ("-nostdin",) if program == "ffmpeg" else ()
    command = [program, "-v", "error", *options, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")  # noqa: S603
    except OSError as error:
        raise DocumentError(f"{program} could not be started: {error.strerror}.") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise DocumentError(f"ffmpeg cannot read it: {lines[-1][:300].rstrip('.')}.")
    return done.stdout.strip()
