"""`draft_task`: files of rows, or sample documents -> the source of a template, and what was drafted from."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.documents import DocumentProblem, read_documents
from structgen.documents.file_reader import Notice
from structgen.evaluate.draft.sample_documents import read_document_shape, values_of_documents
from structgen.evaluate.draft.sample_rows import examples_of, is_table, read_rows, values_of
from structgen.evaluate.draft.template_source import Samples, template_source
from structgen.evaluate.draft.value_shapes import shape_of
from structgen.tasks.starter import model_name


@dataclass(frozen=True, slots=True)
class Draft:
    """The source of a template, and what it was drafted from: `values` are the objects of rows, none of documents."""

    source: str
    origin: str
    fields: int
    values: tuple[JsonObject, ...] = ()


def draft_task(name: str, inputs: Sequence[str], notice: Notice | None = None) -> Draft:
    """Draft a template from rows (.jsonl, .json, .csv) or from sample documents (files, folders, globs).

    Raises TaskError for a wrong name, and ConfigurationError if there is nothing to draft from, if rows are of
    different kinds, or if the samples cannot be read.
    """
    model_name(name)
    tables, others = _sorted(inputs)
    if tables and others:
        raise ConfigurationError(
            f"Draft a template from rows or from documents, not from both: {tables[0]} has rows, {others[0]} does not."
        )
    return _from_rows(name, tables) if tables else _from_documents(name, others, notice)


def _sorted(inputs: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Return the files of rows, and the other inputs. A folder or glob that has only files of rows means these."""
    tables: list[Path] = []
    others: list[str] = []
    for given in inputs:
        path = Path(given).expanduser()
        files = [path]
        if path.is_dir():
            files = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        elif not path.exists() and glob.has_magic(given):
            found = glob.iglob(str(path), recursive=True)  # noqa: PTH207  Path.glob takes no absolute pattern
            files = sorted(one for one in map(Path, found) if one.is_file())
        elif not path.exists() and is_table(path) and "://" not in given:
            raise ConfigurationError(f"{given}: no such file.")
        if files and all(map(is_table, files)) and "://" not in given:
            tables += files
        else:
            others.append(given)
    return tables, others


def _from_rows(name: str, paths: Sequence[Path]) -> Draft:
    rows = read_rows(paths)
    if not rows:
        raise ConfigurationError(f"{', '.join(map(str, paths))}: there are no rows to draft a template from.")
    values = values_of(rows)
    origin = f"{_counted(len(values), 'row')} of {_counted(len(paths), 'file')}"
    samples = Samples(shape_of(values), origin, examples_of(rows))
    return Draft(template_source(name, samples), origin, len(samples.shape.keys), tuple(values))


def _from_documents(name: str, inputs: Sequence[str], notice: Notice | None) -> Draft:
    problems: list[DocumentProblem] = []
    texts = [*_texts(inputs, problems, notice)]
    if not texts:
        first = f" {problems[0]}" if problems else ""
        raise ConfigurationError(f"None of the samples can be read, so there is nothing to draft from.{first}")
    for problem in problems:
        if notice is not None:
            notice(str(problem))
    found = values_of_documents([read_document_shape(text) for text in texts])
    shape = shape_of(found.values)
    if not shape.keys:
        raise ConfigurationError(
            f"{_without_labels(len(texts))} (Total: 12), no table and no linked data to draft fields from. Give other "
            "samples, or rows with --from rows.jsonl, or write the template yourself."
        )
    origin = _counted(len(texts), "document")
    samples = Samples(shape, origin, from_documents=True, labels=found.labels)
    return Draft(template_source(name, samples), origin, len(shape.keys))


def _without_labels(samples: int) -> str:
    """Say which labels are missing. If there are three samples or more, a label counts if several of them have it."""
    if samples == 1:
        return "The sample has no labels"
    return f"The {samples} samples {'have no labels' if samples == 2 else 'share no labels'}"


def _texts(inputs: Sequence[str], problems: list[DocumentProblem], notice: Notice | None) -> Iterator[str]:
    for read in read_documents(inputs, notice=notice):
        if isinstance(read, DocumentProblem):
            problems.append(read)
        else:
            yield read.text


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
