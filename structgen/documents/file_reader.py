"""Read files: one file as a Document, or INPUT words as Documents, one at a time, in stable order with stable ids."""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from structgen.core.argument_checks import argument, kind_of, one_of, optional, string
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.masking import mask_url
from structgen.core.options import InputFormat
from structgen.core.records import Document
from structgen.documents.addresses import RemoteFile, check_addresses, is_address
from structgen.documents.audio_formats import is_audio
from structgen.documents.decode import check_encoding, decode, encoding_of, not_valid
from structgen.documents.input_formats import NamedFormat, format_of, is_compressed
from structgen.documents.inputs import (
    NO_OUTPUTS,
    DocumentOrProblem,
    DocumentProblem,
    InputFile,
    Notice,
    Outputs,
    explain,
    find_input_files,
    readable,
    special_kind,
)
from structgen.documents.name_choice import NO_CHOICE, NameChoice
from structgen.documents.seen_names import SeenNames
from structgen.documents.streams import head_of, open_bytes, read_whole, seekable
from structgen.documents.tabular import NumberedRow, Row, Verbatim, read_csv, read_jsonl, read_parquet

Listen: TypeAlias = Callable[[bytes, str, str], Document]
"""Audio, the id and the source -> the transcript as a document."""


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How inputs are read: the columns of a table that hold the text and the id, and what the files do not say.

    `encoding` replaces the detection, and `format` what the suffix says; standard input has none.
    `listen` transcribes audio: it gets the bytes, the id and the source, and returns the document or raises
    DocumentError. Without it, audio is a problem. Raises ConfigurationError if there is no such encoding.
    """

    text_field: str = "text"
    id_field: str = "id"
    encoding: str | None = None
    format: InputFormat | None = None
    listen: Listen | None = None

    def __post_init__(self) -> None:
        """Check the encoding before anything is read."""
        if self.encoding is not None:
            check_encoding(self.encoding)

    def format_of(self, at: Path | RemoteFile | None) -> NamedFormat:
        """Return the format in which a file is read."""
        path = at.format_path if isinstance(at, RemoteFile) else at
        named = NamedFormat(None) if path is None else format_of(path)
        if self.format is not None:
            return NamedFormat(self.format, path is not None and is_compressed(path))
        return NamedFormat(named.format or InputFormat.TEXT, named.compressed)


def read_documents(
    inputs: Sequence[str],
    options: ReadingOptions | None = None,
    *,
    outputs: Outputs = NO_OUTPUTS,
    notice: Notice | None = None,
    choice: NameChoice = NO_CHOICE,
) -> Iterator[DocumentOrProblem]:
    """Yield the documents that `inputs` name, lazily, and a problem in the place of each that cannot be read.

    An input is a file, a folder (read recursively, only known suffixes), a glob, an address (``s3://...``) of one of
    these, or ``-`` for standard input. In
    .jsonl, .csv, .tsv and .parquet each row is a document, any other file is one document. HTML is not converted here:
    the rules use its markup (JSON-LD, microdata, tables), and a model reads its text (engine/document_input.py).
    Offsets of evidence are offsets in the text of the document: for HTML its source, for a PDF what its pages show.

    The id is that of the row, else the file's name (its path relative to the given folder) and the line. A repeated id
    gets ``#2``, so that no two rows share one. `outputs` are files that the run writes and that are skipped even if
    their folder is read. `choice` has patterns for the names in folders and listings. `notice` is called
    about what may be unexpected: changed ids, guesses, skipped files.
    """
    notify = notice or _silent
    options = options or ReadingOptions()
    unique, repeated, example = UniqueIds(), 0, ""
    for file in find_input_files(inputs, notify, outputs, audio=options.listen is not None, choice=choice):
        found = iter((file,)) if isinstance(file, DocumentProblem) else read_input_file(file, options, notify)
        for read in found:
            own = unique.of(read.id)
            if own != read.id:
                repeated, example = repeated + 1, own
                if repeated <= NAMED_IDS:
                    notify(f"{read.source}: the id {read.id!r} is not unique; it became {own!r} here.")
            yield read if own == read.id else replace(read, id=own)
    if repeated > NAMED_IDS:
        notify(f"{repeated - NAMED_IDS:,} more ids are not unique; each got a number at its end, like {example!r}.")


NAMED_IDS = 10
"""How many repeated ids are named. There may be a million, and the output has them all."""


def _silent(_: str) -> None:
    """The notice of a caller who wants none."""


class UniqueIds:
    """Makes ids unique."""

    def __init__(self) -> None:
        self._taken = SeenNames()  # each with the last number that was tried, which keeps a million equal ids linear

    def of(self, wanted: str) -> str:
        """Return `wanted`, or the first of ``wanted#2``, ``wanted#3``, ... that no document has."""
        name = wanted.encode("utf-8", "surrogatepass")
        number = self._taken.number(name)
        if number is None:
            self._taken.put(name, 1)
            return wanted
        while True:
            number += 1
            own = f"{wanted}#{number}"
            if self._taken.add(own.encode("utf-8", "surrogatepass")):
                self._taken.put(name, number)
                return own


def read_input_file(file: InputFile, options: ReadingOptions, notify: Notice) -> Iterator[DocumentOrProblem]:
    """Yield the documents of one file. If reading fails, the last item is a problem."""
    form, compressed = options.format_of(file.path)
    try:
        if form is not None and form.is_table:
            with open_bytes(file.path, compressed=compressed) as stream:
                yield from _table(file, stream, form, options, notify)
        else:
            yield _whole(file, read_whole(file.path, compressed=compressed), form, options, notify)
    except OSError as error:
        yield DocumentProblem(file.source, f"{explain(error)}.", file.name)
    except DocumentError as error:
        yield DocumentProblem(file.source, str(error), file.name)
    except UnicodeDecodeError as error:  # a UTF-16 table that ends within a character
        reason = not_valid(error.encoding, error.start, named=options.encoding is not None)
        yield DocumentProblem(file.source, reason, file.name)


def _whole(
    file: InputFile, data: bytes, form: InputFormat | None, options: ReadingOptions, notify: Notice
) -> DocumentOrProblem:
    """Return a whole file as one document."""
    form = _sniffed(file, data, form, options)
    if form is InputFormat.AUDIO:
        document = _heard(file, data, options)
    else:
        text, pages, notes = _content(data, form, options.encoding)
        document = Document(text, file.name, file.source, pages=pages, notes=notes)
    for note in document.notes:
        notify(f"{file.source}: {note}")
    return _checked(document)


def _sniffed(file: InputFile, data: bytes, form: InputFormat | None, options: ReadingOptions) -> InputFormat | None:
    """Return the format of a document; that of standard input, which has no suffix, may show at its start."""
    unnamed = file.path is None and options.format is None
    if unnamed and is_audio(data):
        return InputFormat.AUDIO
    return InputFormat.PDF if unnamed and data.startswith(b"%PDF-") else form


def _heard(file: InputFile, data: bytes, options: ReadingOptions) -> Document:
    """Return the transcript of a recording. Raises DocumentError, also if `options.listen` is None."""
    if options.listen is None:
        raise DocumentError("it is audio: structgen.transcribe(path).document is its text.")
    return options.listen(data, file.name, file.source)


def _content(
    data: bytes, form: InputFormat | None, encoding: str | None
) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Return the text of a document, the offsets of its pages, and notes about what could not be read for certain."""
    # each reader is imported when it is needed, because most inputs are plain text
    match form:
        case InputFormat.PDF:
            from structgen.documents.pdf import read_pdf

            return read_pdf(data)
        case InputFormat.DOCX:
            from structgen.documents.docx_text import read_docx

            return read_docx(data), (), ()
        case InputFormat.EMAIL:
            from structgen.documents.email_text import read_email

            text, notes = read_email(data, encoding)
            return text, (), notes
        case _:
            text, _, doubt = decode(data, encoding)
            return text, (), (doubt,) if doubt else ()


def _table(
    file: InputFile, stream: BinaryIO, form: InputFormat, options: ReadingOptions, notify: Notice
) -> Iterator[DocumentOrProblem]:
    rows, at = 0, file.source
    if form is InputFormat.PARQUET:
        # Parquet is read from its end, which standard input does not allow
        found, notes = read_parquet(seekable(stream), options.text_field, options.id_field), ()
    else:
        found, notes = _text_rows(stream, form, options)
    for note in notes:
        notify(f"{at}: {note}")
    for number, row in found:
        rows += 1
        name = f"{file.name}:{number}"
        yield DocumentProblem(at, row, name) if isinstance(row, str) else _of_row(row, options, name, at, notes)
    if not rows:
        yield DocumentProblem(at, "the table has no rows.", file.name)


def _text_rows(
    stream: BinaryIO, form: InputFormat, options: ReadingOptions
) -> tuple[Iterator[NumberedRow], tuple[str, ...]]:
    """Return the rows of a table that is text, and notes about its encoding."""
    lines, notes = open_lines(stream, form, options)
    if form is InputFormat.JSONL:
        return read_jsonl(lines), notes
    return read_csv(lines, options.text_field, "\t" if form is InputFormat.TSV else None), notes


def open_lines(
    stream: BinaryIO, form: InputFormat, options: ReadingOptions
) -> tuple[io.TextIOWrapper, tuple[str, ...]]:
    """Return the lines of a table that is text, and notes about its encoding, which its start decides.

    Bytes that are not in that encoding become lone surrogates, which are refused later, in their row alone.
    """
    head, stream = head_of(stream)
    encoding, doubt = encoding_of(head, options.encoding)
    # the CSV reader itself finds the ends of rows, because a quoted cell may contain line breaks
    newline = None if form is InputFormat.JSONL else ""
    lines = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline=newline)
    return lines, (doubt,) if doubt else ()


def _of_row(row: Row, options: ReadingOptions, name: str, source: str, notes: tuple[str, ...]) -> DocumentOrProblem:
    """Return the document of a row."""
    name = _id(row.get(options.id_field)) or name
    text = row.get(options.text_field)
    if isinstance(text, str):
        return _checked(Document(text, name, source, notes=notes))
    if options.text_field in row:
        return DocumentProblem(source, f"its {options.text_field!r} is not text.", name)
    names = ", ".join(str(key) for key in row) or "none"
    return DocumentProblem(
        source,
        f"it has no field {options.text_field!r} (it has: {names}); name the one with the text (text_field, "
        "--text-field).",
        name,
    )


def _id(own: object) -> str:
    """Return an id as it is written, or "" if it is none: null, true, a list, an object, blank."""
    # bool is an int in Python, but no id
    if isinstance(own, bool) or (isinstance(own, float) and not math.isfinite(own)):
        return ""
    if isinstance(own, Verbatim):
        return own.text
    if isinstance(own, date | time):  # a datetime too
        return own.isoformat()
    return str(own) if isinstance(own, str | int | float | Decimal) and str(own).strip() else ""


def _checked(document: Document) -> DocumentOrProblem:
    """Return a document if its text can be sent, else the problem with it."""
    name, source = document.id, document.source
    if not document.text.strip():
        return DocumentProblem(source, "it is empty: there is nothing to extract.", name)
    try:
        # lone surrogates come from invalid bytes; no request and no output could contain them
        document.text.encode("utf-8")
    except UnicodeEncodeError as error:
        wrong = f"character {error.start} is a lone surrogate or a byte in another encoding"
        return DocumentProblem(source, f"{wrong}; save it as UTF-8, or name its encoding, and try again.", name)
    return document


Paths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]]
"""A path, a folder or a glob, or several of them."""


def read(
    paths: Paths,
    *,
    text_field: str = "text",
    id_field: str = "id",
    encoding: str | None = None,
    format: InputFormat | str | None = None,  # noqa: A002  what users call it
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    notice: Notice | None = None,
) -> Iterator[Document | DocumentError]:
    """Read the documents in files, folders and globs, lazily and in order. An unreadable one yields a DocumentError.

    A .txt, .md, .html, .eml, .docx or .pdf file (and any other file that is named itself) is one document; in .jsonl,
    .csv, .tsv and .parquet each row is one, with its text in `text_field` and its id in `id_field`. Text and its tables
    may be compressed (``rows.csv.gz``). Folders are read recursively, and ``-`` is standard input. Ids are file names
    (with the line in a table) and unique. `format` ("csv", "jsonl", "text", ...) replaces what the suffix says, for
    standard input too, and `encoding` replaces the detection. A .docx and a .pdf need
    ``pip install 'structgen[documents]'``. Audio is skipped in folders, because transcribing it costs money:
    ``structgen.transcribe(path).document`` reads it. `include` and `exclude` are globs for the names in folders and
    listings; exclude wins. Addresses (``s3://``, ``gs://``, ``https://``) need ``pip install 'structgen[remote]'``.

    Offsets of evidence are offsets in the `text` of the Document. A bad file does not stop the others: its error takes
    its place, with `id` and `source`, and `Extractor.map` accepts it as a text that failed. `notice` is called with a
    sentence about everything that may be unexpected (a guessed encoding, skipped files in a folder); without it these
    are warnings.
    """
    named = [_name(path) for path in _listed(paths)]
    options = ReadingOptions(
        argument("text_field", text_field, string),
        argument("id_field", id_field, string),
        argument("encoding", encoding, optional(string)),
        argument("format", format, optional(one_of(InputFormat))),
    )
    check_addresses(named)
    choice = NameChoice(_patterns("include", include), _patterns("exclude", exclude))
    found = read_documents(named, options, notice=notice or _warn, choice=choice)
    return (_error(one) if isinstance(one, DocumentProblem) else one for one in found)


def read_file(path: str | PathLike[str], encoding: str | None = None, named_format: str | None = None) -> Document:
    """Read one file as a document. Raises DocumentError. See `Document.from_file`."""
    name = _name(path)
    options = ReadingOptions(
        encoding=argument("encoding", encoding, optional(string)),
        format=argument("format", named_format, optional(one_of(InputFormat))),
    )
    if is_address(name):
        return _read_address(name, options)
    file = InputFile(Path(name), readable(Path(Path(name).name)))
    if Path(name).is_dir():
        raise DocumentError(f"{name} is a folder: use structgen.read({name!r}) to read the files in it.", source=name)
    form = options.format_of(Path(name)).format
    if form is not None and form.is_table:
        raise DocumentError(f"{name} is a table: use structgen.read({name!r}) to read its rows.", source=name)
    if (kind := special_kind(Path(name))) is not None:
        raise DocumentError(f"{name} is {kind}, not a file.", source=name)
    # one file that is not a table yields exactly one item
    found = next(read_input_file(file, options, _warn))
    if isinstance(found, DocumentProblem):
        raise _error(found)
    return found


def _read_address(address: str, options: ReadingOptions) -> Document:
    """Return the document at an address. Raises DocumentError, and ConfigurationError for an unknown filesystem."""
    check_addresses([address])
    found = [*islice(read_documents([address], options, notice=_warn), 2)]
    if len(found) != 1:
        raise DocumentError(f"{mask_url(address)} has several documents: use structgen.read to read them.")
    if isinstance(found[0], DocumentProblem):
        raise _error(found[0])
    return found[0]


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


def _patterns(name: str, given: object) -> tuple[str, ...]:
    """Return globs as a tuple; a single one may be given alone."""
    listed: list[object] = [given] if isinstance(given, str) else [*cast("Iterable[object]", given)]
    return tuple(argument(name, one, string) for one in listed)


def _error(problem: DocumentProblem) -> DocumentError:
    return DocumentError(str(problem), id=problem.id, source=problem.source)


def _warn(words: str) -> None:
    warnings.warn(words, stacklevel=3)
