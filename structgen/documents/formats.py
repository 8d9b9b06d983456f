"""The formats of files that can be read, and which one a file has by its name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath
from types import MappingProxyType


class Format(StrEnum):
    """How a file is read. Each row of a table (jsonl, csv, parquet) is a document, any other file is one as a whole."""

    TEXT = "text"
    """Plain text, Markdown, HTML: as it is."""
    PDF = "pdf"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"

    @property
    def is_table(self) -> bool:
        """Whether each row is a document."""
        return self in _TABLES


_TABLES = frozenset({Format.JSONL, Format.CSV, Format.PARQUET})

BY_SUFFIX: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": Format.TEXT,
        ".md": Format.TEXT,
        ".html": Format.TEXT,
        ".htm": Format.TEXT,
        ".pdf": Format.PDF,
        ".jsonl": Format.JSONL,
        ".csv": Format.CSV,
        ".parquet": Format.PARQUET,
    }
)
SUFFIXES = ", ".join(BY_SUFFIX)
"""The suffixes of the files that are read in folders, in words."""


def format_of(name: PurePath) -> Format | None:
    """Return the format that a file's name says, or None if its suffix is unknown."""
    return BY_SUFFIX.get(name.suffix.lower())
