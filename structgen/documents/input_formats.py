"""The formats of files that can be read, and which one a file has by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import NamedTuple

from structgen.core.options import InputFormat
from structgen.documents.audio_formats import SUFFIXES as AUDIO_SUFFIXES

_PACKABLE = frozenset({InputFormat.TEXT, InputFormat.JSONL, InputFormat.CSV, InputFormat.TSV})

_BY_SUFFIX: Mapping[str, InputFormat] = MappingProxyType(
    {
        ".txt": InputFormat.TEXT,
        ".md": InputFormat.TEXT,
        ".html": InputFormat.TEXT,
        ".htm": InputFormat.TEXT,
        ".eml": InputFormat.EMAIL,
        ".docx": InputFormat.DOCX,
        ".pdf": InputFormat.PDF,
        ".jsonl": InputFormat.JSONL,
        ".csv": InputFormat.CSV,
        ".tsv": InputFormat.TSV,
        ".parquet": InputFormat.PARQUET,
    }
)
SUFFIXES = ", ".join(_BY_SUFFIX)
"""The suffixes of the files that are read in folders, in words. Text and tables of text may end in ``.gz`` too; audio
is read in folders if it can be transcribed."""
_GZIP = ".gz"


class NamedFormat(NamedTuple):
    """What a file's name says: its format, or None if the suffix is unknown, and whether it is compressed."""

    format: InputFormat | None
    compressed: bool = False


def format_of(name: PurePath) -> NamedFormat:
    """Return the format that a file's name says, as in ``notes.txt`` or ``rows.csv.gz``."""
    if not is_compressed(name):
        suffix = name.suffix.lower()
        return NamedFormat(InputFormat.AUDIO if suffix in AUDIO_SUFFIXES else _BY_SUFFIX.get(suffix))
    inner = _BY_SUFFIX.get(PurePath(name.stem).suffix.lower())
    return NamedFormat(inner, True) if inner in _PACKABLE else NamedFormat(None)


def is_compressed(name: PurePath) -> bool:
    """Whether a file's name says that it is compressed with gzip."""
    return name.suffix.lower() == _GZIP


def is_audio_file(name: PurePath) -> bool:
    """Whether a file's name says that it is audio."""
    return format_of(name).format is InputFormat.AUDIO
