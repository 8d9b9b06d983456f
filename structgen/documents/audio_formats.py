"""Finds the format of an audio file by its first bytes: names lie, and a wrong file would be uploaded and paid for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.core.errors import DocumentError

HEAD = 65_536
"""How many bytes of a file tell its format."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A format: its suffix, which speech servers go by, and how ffmpeg calls it. `video` says that it has pictures."""

    suffix: str
    demuxer: str
    video: bool = False


def audio_format(data: bytes, source: str) -> AudioFormat:
    """Return the format of the audio. Raises DocumentError if it is none, or one that speech servers do not take."""
    if not data:
        raise DocumentError("the file is empty: there is nothing to transcribe.", source=source)
    found = _taken(data[:HEAD])
    if found is not None:
        return found
    other = next((name for magic, name in _OTHERS if magic.match(data)), None)
    if other is None:
        raise DocumentError(
            f"it is not audio that can be transcribed: its first bytes are those of no known format. Give {TAKEN}.",
            source=source,
        )
    raise DocumentError(
        f"it is {other}, which speech servers do not take. Convert it first: ffmpeg -i FILE -vn -ac 1 -ar 16000 "
        "FILE.flac",
        source=source,
    )


def is_audio(data: bytes) -> bool:
    """Whether the bytes begin like audio that can be transcribed."""
    return _taken(data[:HEAD]) is not None


TAKEN = "FLAC, MP3, MP4, M4A, Ogg, Opus, WAV or WebM"
"""The formats that speech servers take, in words."""


def _taken(head: bytes) -> AudioFormat | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return AudioFormat("wav", "wav")
    if head[:4] == b"fLaC":
        return AudioFormat("flac", "flac")
    if head[:4] == b"OggS":
        return AudioFormat("ogg", "ogg")
    if head[4:8] == b"ftyp" and head[8:10] != b"qt":
        alone = head[8:11] in {b"M4A", b"M4B"}
        return AudioFormat("m4a" if alone else "mp4", "mov", video=b"vide" in head)
    if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64]:
        return AudioFormat("webm", "matroska", video=b"V_VP" in head or b"V_AV1" in head)
    # a tag may be followed by other formats than MP3, but no common program writes them
    return AudioFormat("mp3", "mp3") if head[:3] == b"ID3" or _is_mpeg_frame(head) else None


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether the bytes are the header of an MPEG audio frame of layer II or III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    # layer I is all but extinct, and the mark of UTF-16 text looks like it
    return version != 1 and layer in {1, 2} and bitrate not in {0, 15} and rate != 3


_OTHERS = tuple(
    (re.compile(magic, re.DOTALL), name)
    for magic, name in (
        (rb"RIFF....AVI ", "a video (AVI)"),
        (rb"....ftypqt", "a video (QuickTime)"),
        (rb"\x1aE\xdf\xa3", "a video (Matroska)"),
        (rb"\x00\x00\x01[\xba\xb3]", "a video (MPEG)"),
        (rb"FLV\x01", "a video (Flash)"),
        (rb"G.{187}G.{187}G", "a video (MPEG transport stream)"),
        (rb"FORM....AIF[FC]", "audio in AIFF"),
        (rb"#!AMR", "audio in AMR"),
        (rb"caff", "audio in CAF"),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio or video in Windows Media"),
        (rb"\xff[\xf0\xf1\xf8\xf9]", "audio in raw AAC"),
        (rb"ADIF", "audio in raw AAC"),
        (rb"MThd", "MIDI, which holds notes and no sound"),
        (rb"RF64|riff", "audio in a large-file variant of WAV"),
    )
)
"""How formats begin that are audio or video, but that speech servers do not take."""

SUFFIXES = (".flac", ".mp3", ".mp4", ".mpeg", ".mpga", ".m4a", ".ogg", ".opus", ".wav", ".webm")
"""The suffixes of audio files."""
