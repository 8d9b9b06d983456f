"""For users: one file -> its Document, and paths -> Documents, with an error in the place of what cannot be read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import TypeAlias, cast

from structgen.core.checks import argument, kind_of, string
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.records import Document
from structgen.documents.places import TABLE_SUFFIXES, Notice, Place, readable
from structgen.documents.problem import DocumentProblem
from structgen.documents.read import Fields, read_documents, read_place

Paths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]]
"""A path, a folder or a glob, or several of them."""


def read(
    paths: Paths, *, text_field: str = "text", id_field: str = "id", notice: Notice | None = None
) -> Iterator[Document | DocumentError]:
    """The documents of files, folders and globs, lazily and in order; for what cannot be read, its DocumentError.

    .txt, .md and .html (and any other file that is named itself) are one document each; .jsonl, .csv and .parquet hold
    one a row, in `text_field`, with its id in `id_field`. A folder is read with the folders in it, ``-`` is the
    standard input. Ids are file names (with the line in a table), and each comes once.

    One bad file hides no other: its error stands in its place, with `id` and `source`, and `Extractor.map` takes it
    as a text that failed. `notice` is told, in a sentence each, of what is not as one may think (a guessed encoding,
    files of a folder that were passed over); without it they are warnings.
    """
    named = [_name(path) for path in _listed(paths)]
    text_field, id_field = argument("text_field", text_field, string), argument("id_field", id_field, string)
    found = read_documents(named, text_field=text_field, id_field=id_field, notice=notice or _warn)
    return (_error(one) if isinstance(one, DocumentProblem) else one for one in found)


def read_file(path: str | PathLike[str]) -> Document:
    """The document that a file is. Raises DocumentError. See `Document.from_file`."""
    name = _name(path)
    place = Place(Path(name), readable(Path(Path(name).name)))
    if Path(name).is_dir():
        raise DocumentError(f"{name} is a folder: structgen.read({name!r}) reads what lies in it.", source=name)
    if Path(name).suffix.lower() in TABLE_SUFFIXES:
        raise DocumentError(f"{name} is a table: structgen.read({name!r}) reads its rows.", source=name)
    found = next(read_place(place, Fields(), _warn))
    if isinstance(found, DocumentProblem):
        raise _error(found)
    return found


def _listed(paths: Paths) -> list[object]:
    """The paths, one or several."""
    given = cast(object, paths)
    if isinstance(given, (str, PathLike)):
        return [given]
    if isinstance(given, Iterable) and not isinstance(given, (bytes, bytearray, dict)):
        return list(cast("Iterable[object]", given))
    raise ConfigurationError(f"paths is {kind_of(paths)}, and must be a path, a folder or a glob, or a list of them.")


def _name(path: object) -> str:
    """A path as the readers take it."""
    name: object = os.fspath(cast("PathLike[str]", path)) if isinstance(path, PathLike) else path
    if isinstance(name, str) and name:
        return name
    what = "an empty str" if name == "" else kind_of(name)
    raise ConfigurationError(f"A path is a str or a Path, not {what}.")


def _error(problem: DocumentProblem) -> DocumentError:
    return DocumentError(str(problem), id=problem.id, source=problem.source)


def _warn(words: str) -> None:
    warnings.warn(words, stacklevel=3)
