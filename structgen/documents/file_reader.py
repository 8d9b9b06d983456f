"""Read files: one file as a Document, or INPUT words as Documents, one at a time, in stable order with stable ids."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TypeAlias, cast

from structgen.core.argument_checks import argument, kind_of, string
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.records import Document
from structgen.documents.decode import decode
from structgen.documents.formats import Format, format_of
from structgen.documents.inputs import (
    DocumentOrProblem,
    DocumentProblem,
    InputFile,
    Notice,
    explain,
    find_input_files,
    readable,
)
from structgen.documents.pdf import read_pdf
from structgen.documents.tabular import Row, read_csv, read_jsonl, read_parquet


@dataclass(frozen=True, slots=True)
class Fields:
    """The table columns that hold the text and the id."""

    text: str = "text"
    id: str = "id"


def read_documents(
    inputs: Sequence[str],
    *,
    text_field: str = "text",
    id_field: str = "id",
    skip: Path | None = None,
    notice: Notice | None = None,
) -> Iterator[DocumentOrProblem]:
    """Yield the documents that `inputs` name, lazily, and a problem in the place of each that cannot be read.

    An input is a file, a folder (read recursively, only known suffixes), a glob, or ``-`` for standard input. In
    .jsonl, .csv and .parquet each row is a document, with its text in `text_field`; any other file is one document. The
    text of a .pdf has the places of its pages.
    HTML is not converted here: the rules use its markup (JSON-LD, microdata, tables), a model reads its text
    (engine/document_input.py), and offsets of evidence are offsets in the file.

    The id is the row's `id_field`, else the file's name (its path relative to the given folder) and the line. A
    repeated id gets ``#2``, so that no two rows share one. `skip` is a file to skip even if its folder is read,
    the output of an earlier run. `notice` is called about everything that a user may not expect: changed ids, guessed
    encodings, skipped files.
    """
    notify = notice or _silent
    unique = UniqueIds()
    fields = Fields(text_field, id_field)
    for file in find_input_files(inputs, notify):
        if isinstance(file, InputFile) and _same(file.path, skip):
            notify(f"{file.source}: skipped, because rows are written to it.")
            continue
        found = iter((file,)) if isinstance(file, DocumentProblem) else read_input_file(file, fields, notify)
        for read in found:
            own = unique.of(read.id)
            if own != read.id:
                notify(f"{read.source}: the id {read.id!r} is not unique; it became {own!r} here.")
            yield replace(read, id=own)


def _silent(_: str) -> None:
    """The notice of a caller who wants none."""


def _same(path: Path | None, other: Path | None) -> bool:
    """Whether both exist and are the same file."""
    if path is None or other is None or not (path.exists() and other.exists()):
        return False
    return path.samefile(other)


class UniqueIds:
    """Makes ids unique."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last number tried, which keeps a million equal ids linear

    def of(self, wanted: str) -> str:
        """Return `wanted`, or the first of ``wanted#2``, ``wanted#3``, ... that no document has."""
        own = wanted
        while own in self._taken:
            number = self._numbers[wanted] = self._numbers.get(wanted, 1) + 1
            own = f"{wanted}#{number}"
        self._taken.add(own)
        return own


def read_input_file(file: InputFile, fields: Fields, notify: Notice) -> Iterator[DocumentOrProblem]:
    """Yield the documents of one file. If reading fails, the last item is a problem."""
    try:
        kind = Format.TEXT if file.path is None else format_of(file.path)
        if file.path is not None and kind is not None and kind.is_table:
            yield from _table(file, file.path, kind, fields)
        elif kind is Format.PDF:
            yield _pdf(file, notify)
        else:
            yield from _file(file, notify)
    except OSError as error:
        yield DocumentProblem(file.source, f"{explain(error)}.", file.name)
    except DocumentError as error:
        yield DocumentProblem(file.source, str(error), file.name)
    except UnicodeDecodeError as error:  # a UTF-16 table that ends within a character
        yield DocumentProblem(file.source, f"it is not valid {error.encoding}; save it as UTF-8.", file.name)


def _bytes(file: InputFile) -> bytes:
    return sys.stdin.buffer.read() if file.path is None else file.path.read_bytes()


def _pdf(file: InputFile, notify: Notice) -> DocumentOrProblem:
    found = read_pdf(_bytes(file))
    for note in found.notes:
        notify(f"{file.source}: {note}")
    return Document(found.text, file.name, file.source, pages=found.pages, notes=found.notes)


def _file(file: InputFile, notify: Notice) -> Iterator[DocumentOrProblem]:
    data = _bytes(file)
    text, encoding, guessed = decode(data)
    if guessed:
        notify(f"{file.source}: it is not UTF-8; it was read as {encoding}, which is a guess.")
    yield _document(text, file.name, file.source)


def _table(file: InputFile, path: Path, kind: Format, fields: Fields) -> Iterator[DocumentOrProblem]:
    rows, at = 0, file.source
    for number, row in _rows(path, kind, fields):
        rows += 1
        name = f"{file.name}:{number}"
        yield DocumentProblem(at, row, name) if isinstance(row, str) else _of_row(row, fields, name, at)
    if not rows:
        yield DocumentProblem(at, "the table has no rows.", file.name)


def _rows(path: Path, kind: Format, fields: Fields) -> Iterator[tuple[int, Row | str]]:
    match kind:
        case Format.JSONL:
            return read_jsonl(path)
        case Format.CSV:
            return read_csv(path, fields.text)
        case _:
            return read_parquet(path, fields.text, fields.id)


def _of_row(row: Row, fields: Fields, name: str, source: str) -> DocumentOrProblem:
    """Return the document of a row. An id that is neither text nor an integer is ignored."""
    own = row.get(fields.id)
    # bool is an int in Python, but no id
    if isinstance(own, str | int) and not isinstance(own, bool) and str(own).strip():
        name = str(own)
    text = row.get(fields.text)
    if isinstance(text, str):
        return _document(text, name, source)
    if fields.text in row:
        return DocumentProblem(source, f"its {fields.text!r} is not text.", name)
    names = ", ".join(str(key) for key in row) or "none"
    return DocumentProblem(
        source,
        f"it has no field {fields.text!r} (it has: {names}); name the one with the text (text_field, --text-field).",
        name,
    )


def _document(text: str, name: str, source: str) -> DocumentOrProblem:
    if not text.strip():
        return DocumentProblem(source, "it is empty: there is nothing to extract.", name)
    try:
        # lone surrogates come from invalid bytes; no request and no output could contain them
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        wrong = f"character {error.start} is a lone surrogate or a byte in another encoding"
        return DocumentProblem(source, f"{wrong}; save it as UTF-8 and try again.", name)
    return Document(text, name, source)


Paths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]]
"""A path, a folder or a glob, or several of them."""


def read(
    paths: Paths, *, text_field: str = "text", id_field: str = "id", notice: Notice | None = None
) -> Iterator[Document | DocumentError]:
    """Read the documents in files, folders and globs, lazily and in order. An unreadable one yields a DocumentError.

    A .txt, .md, .html or .pdf file (and any other file that is named itself) is one document; in .jsonl, .csv and
    .parquet each row is one, with its text in `text_field` and its id in `id_field`. Folders are read recursively, and
    ``-`` is standard input. Ids are file names (with the line in a table) and unique.

    A bad file does not stop the others: its error takes its place, with `id` and `source`, and `Extractor.map` accepts
    it as a text that failed. `notice` is called with a sentence about everything that may be unexpected (a guessed
    encoding, skipped files in a folder); without it these are warnings.
    """
    named = [_name(path) for path in _listed(paths)]
    text_field, id_field = argument("text_field", text_field, string), argument("id_field", id_field, string)
    found = read_documents(named, text_field=text_field, id_field=id_field, notice=notice or _warn)
    return (_error(one) if isinstance(one, DocumentProblem) else one for one in found)


def read_file(path: str | PathLike[str]) -> Document:
    """Read one file as a document. Raises DocumentError. See `Document.from_file`."""
    name = _name(path)
    file = InputFile(Path(name), readable(Path(Path(name).name)))
    if Path(name).is_dir():
        raise DocumentError(f"{name} is a folder: use structgen.read({name!r}) to read the files in it.", source=name)
    kind = format_of(Path(name))
    if kind is not None and kind.is_table:
        raise DocumentError(f"{name} is a table: use structgen.read({name!r}) to read its rows.", source=name)
    # one file that is no table yields exactly one item
    found = next(read_input_file(file, Fields(), _warn))
    if isinstance(found, DocumentProblem):
        raise _error(found)
    return found


def _listed(paths: Paths) -> list[object]:
    """Return the paths as a list."""
    given = cast(object, paths)
    if isinstance(given, (str, PathLike)):
        return [given]
    if isinstance(given, Iterable) and not isinstance(given, (bytes, bytearray, dict)):
        return list(cast("Iterable[object]", given))
    raise ConfigurationError(f"paths must be a path, a folder or a glob, or a list of them, not {kind_of(paths)}.")


def _name(path: object) -> str:
    """Return a path as a string."""
    name: object = os.fspath(cast("PathLike[str]", path)) if isinstance(path, PathLike) else path
    if isinstance(name, str) and name:
        return name
    what = "an empty str" if name == "" else kind_of(name)
    raise ConfigurationError(f"A path must be a str or a Path, not {what}.")


def _error(problem: DocumentProblem) -> DocumentError:
    return DocumentError(str(problem), id=problem.id, source=problem.source)


def _warn(words: str) -> None:
    warnings.warn(words, stacklevel=3)
