"""Data frames in, data frames out: extract from a column of texts, and add a typed column for each field.

Frames of pandas, Polars, PyArrow and other libraries are read and written through Narwhals, the extra ``frames``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, fields, replace
from importlib import import_module
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar, cast

from structgen.batch.row import Row, RowStatus, row_of, row_of_failure
from structgen.core.argument_checks import argument, instance, kind_of
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import Options
from structgen.core.records import Document, Usage
from structgen.core.results import Extraction
from structgen.core.screen import cell_text
from structgen.engine.budget import Prices
from structgen.engine.cascade.model_order import Cascade
from structgen.engine.drive import Outcome
from structgen.engine.map_api import CONCURRENCY
from structgen.engine.progress.map_progress import ShowProgress
from structgen.extractor import Extractor
from structgen.schema import Context, Schema
from structgen.schema.columns import ColumnType, Kind, Unfit, column_type, named_fields, typed_value
from structgen.stages import resolve
from structgen.store import Store

F = TypeVar("F")

_AN_EXTRACTOR = instance(Extractor, 'Extractor("groq/openai/gpt-oss-20b")')

WHOLE = "value"
"""The column of a value that is not an object with named properties."""

OTHERS = "*"
"""The column of the keys that a schema allows and does not name, as in files of rows."""

_TEXT, _INTEGER = ColumnType(Kind.TEXT), ColumnType(Kind.INTEGER)
_PIECE = (("path", _TEXT), ("start", _INTEGER), ("end", _INTEGER), ("text", _TEXT), ("status", _TEXT))
_EVIDENCE = ColumnType(Kind.LIST, ColumnType(Kind.RECORD, fields=_PIECE))
_COUNTS = tuple((one.name, _INTEGER) for one in fields(Usage))
_USAGE = ColumnType(Kind.RECORD, fields=(*_COUNTS, ("cost", ColumnType(Kind.NUMBER))))


def extract(
    frame: F,
    column: str,
    schema: object,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = None,
    options: Options | None = None,
    extractor: Extractor | None = None,
    store: Store | Path | str | None = None,
    concurrency: int = CONCURRENCY,
    context: Context = None,
    progress: ShowProgress = False,
    evidence: bool = False,
    usage: bool = False,
) -> F:
    """Return the frame with what was extracted from the texts of a column, row by row.

    There is a column for each field of the schema, with the type that the schema says, or one column ``value`` if the
    schema describes no object with named properties. Lists and objects become nested columns if the library has them.
    Unions and nested objects with other keys are JSON texts, and date-times ISO texts; other keys of the value itself
    are JSON in a column ``*``. ``status`` is "ok", "incomplete" or "failed", and ``error`` the reason;
    a value that its column cannot hold is in ``error`` as JSON. With `evidence`, a column lists where the text supports
    each value; with `usage`, one has the tokens and the cost in USD.

    The frame itself is not changed. Its other columns, its order and its index are kept. If it or the schema has the
    name of a column already, the new one is called ``<name>_extracted``, and a UserWarning says so. A row without a
    text fails.

    `frame` is one of pandas, Polars, PyArrow or another library that Narwhals can hold in memory, `column` the name of
    the column with the texts. `schema`, `instructions` and `context` are as in `Extractor.extract`; `store`,
    `concurrency` and `progress` as in `Extractor.map`. `model` and `options` open an Extractor; `extractor` takes their
    place.

    Raises ConfigurationError if this is not a data frame, if it has no such column, or if Narwhals is not installed,
    and TaskError for a wrong schema.
    """
    held = _opened(frame)
    texts, resolved = _texts(held, column), resolve(schema)
    layout = _layout(resolved.schema, _taken(held), evidence=evidence, usage=usage)
    with _opened_extractor(extractor, model, options) as used:
        outcomes = used.map(
            cast(Any, resolved),  # no public overload takes a schema that was resolved already
            [text for text in texts if isinstance(text, str)],
            instructions,
            concurrency=concurrency,
            context=context,
            store=store,
            progress=progress,
        )
        row_for = _RowMaker(resolved.schema, used, locating=evidence)
        with closing(outcomes):
            rows = [row_for(text, next(outcomes)) if isinstance(text, str) else _without_text(text) for text in texts]
            next(outcomes, None)  # reaching the end completes the progress display
    return cast(F, _extended(held, layout, rows))


def _opened_extractor(
    extractor: Extractor | None, model: str | Cascade | None, options: Options | None
) -> AbstractContextManager[Extractor]:
    """Return the given Extractor, which stays open, or else a new one, which is closed at the end."""
    if extractor is None:
        return Extractor(model, options)
    if model is not None or options is not None:
        raise ConfigurationError(
            "extractor already has a model and options: pass either extractor=, or model= and options=."
        )
    return nullcontext(argument("extractor", extractor, _AN_EXTRACTOR))


@dataclass(frozen=True, slots=True)
class _RowMaker:
    """Makes the row of an outcome. Evidence is located only if it has a column, because that takes time."""

    schema: Schema[Any]
    extractor: Extractor
    locating: bool

    def __call__(self, text: str, outcome: Outcome[Any]) -> Row:
        document = Document(text)
        if isinstance(outcome, Extraction):
            return row_of(document, outcome if self.locating else replace(outcome, locate=tuple), self.schema)
        if not self.locating:
            outcome.locate = tuple
        cost = Prices.of(self.extractor.models).cost(outcome.attempts)
        return row_of_failure(document, outcome, cost, self.extractor.model)


def _without_text(given: object) -> Row:
    """Return the row for a cell that holds no text."""
    reason = f"The text is {kind_of(given)}, but must be a str: convert the column."
    return Row("", "", RowStatus.FAILED, error="The text is missing." if _is_missing(given) else reason)


def _is_missing(given: object) -> bool:
    """Return whether a cell is null. Comparing pandas' NA or an array gives no bool, so only numbers are compared."""
    if given is None or kind_of(given) in {"NAType", "NaTType"}:
        return True
    return isinstance(given, Real) and given != given  # noqa: PLR0124 - NaN alone is unequal to itself


# Columns


@dataclass(frozen=True, slots=True)
class _Column:
    """A new column: its name in the frame, its type, and where its cell is in a row.

    `key` is None for the whole value, or for its keys beside those `apart`, which have columns.
    """

    name: str
    type: ColumnType
    key: str | None
    in_value: bool = False
    apart: frozenset[str] | None = None

    def cell_of(self, row: JsonObject) -> object:
        """Return the cell of a row, given as JSON. Raises Unfit."""
        part = self._part_of(row)
        try:
            return typed_value(self.type, part)
        except Unfit as error:
            where = "" if self.key is None else pointer([self.key])
            # the frame is the only place for the value, which is paid for
            shown = f"({where or 'the value'} as JSON: {cell_text(part)})"
            raise Unfit(f"{error.why} {shown}", where + error.path) from None

    def _part_of(self, row: JsonObject) -> Json:
        inside = row["value"] if self.in_value else row
        if self.apart is not None and isinstance(inside, dict):
            return {key: inner for key, inner in inside.items() if key not in self.apart} or None
        if self.key is None or inside is None:
            return inside
        if not isinstance(inside, dict):
            raise Unfit(f"is not an object, but its columns are those of one (as JSON: {cell_text(inside)})")
        return inside.get(self.key)


def _value_columns(schema: Schema[Any]) -> list[_Column]:
    """Return a column for each property, and one for other keys if the schema allows some; else one for the value."""
    closed = schema.adapter is not None
    whole, named = column_type(schema.dumped, closed=closed), named_fields(schema.dumped, closed=closed)
    if not named:
        return [_Column(WHOLE, whole, None, in_value=True)]
    columns = [_Column(name, inner, name, in_value=True) for name, inner in named]
    if whole.kind is Kind.RECORD:
        return columns
    return [*columns, _Column(OTHERS, ColumnType(Kind.JSON), None, in_value=True, apart=frozenset(dict(named)))]


def _layout(schema: Schema[Any], taken: Iterable[object], *, evidence: bool, usage: bool) -> list[_Column]:
    """Return the new columns. Names that the frame has already get an ending, with a warning."""
    wanted = _value_columns(schema)
    wanted += [_Column("status", _TEXT, "status"), _Column("error", _TEXT, "error")]
    wanted += [_Column("evidence", _EVIDENCE, "evidence")] if evidence else []
    wanted += [_Column("usage", _USAGE, "usage")] if usage else []
    used, found, renamed = set(taken), list[_Column](), list[str]()
    for column in wanted:
        name, number = column.name, 1
        while name in used:
            name = f"{column.name}_extracted" + (f"_{number}" if number > 1 else "")
            number += 1
        used.add(name)
        found.append(replace(column, name=name))
        if name != column.name:
            renamed.append(f"{column.name!r} is {name!r}")
    if renamed:
        said = f"The frame or the schema has these names already, so the extracted {', '.join(renamed)}."
        warnings.warn(said, UserWarning, stacklevel=3)
    return found


def _cells(layout: Sequence[_Column], rows: Iterable[Row]) -> list[list[object]]:
    """Return the cells column by column. A row with a value that its column cannot hold is incomplete, and says why."""
    cells: list[list[object]] = [[] for _ in layout]
    for row in rows:
        whole, unfit, found = row.to_json(), list[str](), list[object]()
        for column in layout:
            try:
                found.append(column.cell_of(whole))
            except Unfit as error:
                unfit.append(str(error))
                found.append(None)
        if unfit:
            whole["status"] = str(RowStatus.FAILED if row.status is RowStatus.FAILED else RowStatus.INCOMPLETE)
            reason = f"{'; '.join(dict.fromkeys(unfit))}."
            whole["error"] = f"{row.error} {reason}" if row.error else reason
            for number, column in enumerate(layout):
                if column.key in {"status", "error"} and not column.in_value:
                    found[number] = whole[column.key]
        for cell, held in zip(found, cells, strict=True):
            held.append(cell)
    return cells


# Frames


def _opened(frame: object) -> Any:
    """Return the frame wrapped by Narwhals. Raises ConfigurationError."""
    try:
        narwhals: Any = import_module("narwhals")  # untyped if the extra is not installed
    except ImportError as error:
        raise ConfigurationError("Data frames need Narwhals: pip install 'structgen[frames]'.") from error
    try:
        return narwhals.from_native(frame, eager_only=True)
    except TypeError:
        lazy = hasattr(frame, "collect")
        advice = (
            "It is not in memory: call its collect() first"
            if lazy
            else "Pass a DataFrame of pandas or Polars, or a Table of PyArrow"
        )
        raise ConfigurationError(f"frame is {kind_of(frame)}, but must be a data frame. {advice}.") from None
    except narwhals.exceptions.DuplicateError as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(f"The frame has several columns of one name. {said}. Rename them first.") from error


def _texts(frame: Any, column: object) -> list[object]:
    """Return the cells of a column. Raises ConfigurationError if there is no such column, or more than one."""
    native, names = frame.to_native(), list(frame.columns)
    if names.count(column) != 1:
        listed = ", ".join(map(repr, names)) or "none"
        why = "has no column" if column not in names else "has several columns"  # PyArrow allows them
        raise ConfigurationError(f"The frame {why} {column!r}. Its columns: {listed}.")
    return list(native[column].tolist() if _is_pandas(frame) else frame[column].to_list())


def _is_pandas(frame: Any) -> bool:
    """Whether the frame has an index, as in pandas and the libraries that follow it."""
    return bool(frame.implementation.is_pandas_like())


def _taken(frame: Any) -> set[object]:
    """Return the names that new columns cannot have. With several levels of names, those of the first level."""
    names = list(frame.columns)
    return {name[0] for name in names} if _levels(frame) > 1 else set(names)


def _levels(frame: Any) -> int:
    return frame.to_native().columns.nlevels if _is_pandas(frame) else 1


def _extended(frame: Any, layout: Sequence[_Column], rows: Sequence[Row]) -> object:
    """Return the frame of the library with the new columns."""
    cells = _cells(layout, rows)
    if _is_pandas(frame):
        return _pandas_extended(frame, layout, cells)
    narwhals: Any = import_module("narwhals")
    series = [
        narwhals.new_series(one.name, held, _narwhals_type(narwhals, one.type), backend=frame.implementation)
        for one, held in zip(layout, cells, strict=True)
    ]
    return frame.with_columns(*series).to_native()


def _pandas_extended(frame: Any, layout: Sequence[_Column], cells: Sequence[list[object]]) -> object:
    """Return the frame of pandas with the new columns, all at once: one by one, many of them fragment its memory."""
    pandas, native = frame.implementation.to_native_namespace(), frame.to_native()
    arrays = {one.name: _pandas_array(pandas, one.type, held) for one, held in zip(layout, cells, strict=True)}
    new = pandas.DataFrame(arrays, index=native.index)
    # pandas writes a name with fewer levels than the others so
    rest = [""] * (_levels(frame) - 1)
    if rest:
        new.columns = pandas.MultiIndex.from_tuples([(name, *rest) for name in arrays])
    new.columns.names = native.columns.names
    joined = pandas.concat([native, new], axis=1)
    joined.attrs = {**native.attrs}
    return joined


_PANDAS = {
    Kind.TEXT: "string",
    Kind.JSON: "string",
    Kind.DATE: "datetime64[s]",  # in nanoseconds, dates before 1678 would not fit
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.BOOLEAN: "boolean",
}
"""pandas' types that have nulls. It has none for lists and objects, which are Python's."""


def _pandas_array(pandas: Any, column: ColumnType, cells: list[object]) -> object:
    return pandas.Series(cells, dtype=_PANDAS.get(column.kind, "object")).array


def _narwhals_type(narwhals: Any, column: ColumnType) -> Any:
    if column.item is not None:
        return narwhals.List(_narwhals_type(narwhals, column.item))
    if column.kind is Kind.RECORD:
        return narwhals.Struct({name: _narwhals_type(narwhals, inner) for name, inner in column.fields})
    return getattr(narwhals, _NARWHALS[column.kind])


_NARWHALS = {
    Kind.TEXT: "String",
    Kind.JSON: "String",
    Kind.DATE: "Date",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.BOOLEAN: "Boolean",
}
