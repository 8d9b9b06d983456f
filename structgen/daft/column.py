"""``structgen.daft.extract``: a struct column, typed from the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.batch import Row, RowStatus
from structgen.core.argument_checks import argument, filled, instance, name_in, number, optional, string, whole
from structgen.core.options import Options
from structgen.core.records import Document
from structgen.core.screen import cell_text, escaped
from structgen.daft.job import CONCURRENCY, ExtractorSettings, Job, load_daft, ship_by_value
from structgen.daft.value_types import PRECISION, SCALE, Text, ValueType, typed, value_type
from structgen.daft.worker import worker_of
from structgen.engine.cascade.model_order import model_in
from structgen.schema.columns import Kind, Unfit
from structgen.stages import resolve

if TYPE_CHECKING:
    from daft import DataType, Expression

    from structgen.engine.cascade.model_order import Cascade


def extract(
    texts: Expression,
    schema: object,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = None,
    options: Options | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float | None = None,
    limit_group: str | None = None,
    limits: Path | str | None = None,
    store: Path | str | None = None,
    concurrency: int = CONCURRENCY,
) -> Expression:
    """Return a struct column with the value of each text, typed from the schema.

        df = df.with_column("recipe", structgen.daft.extract(df["text"], Recipe, model="groq/openai/gpt-oss-20b"))

    Its fields: `value` (int, float, str, bool, date, datetime, decimal, list, struct; what schema/columns.py says is
    JSON is a text; a datetime is in UTC if it names an offset, else as written), `status` (ok, incomplete, failed),
    `evidence`, `unsupported`, `error`, `repairs`, `issues`, `usage` with the `cost` in USD, `model`, and `partial`,
    what could be read of a refused response, as JSON. If one text fails, only its own struct has the error.

    Args:
        texts: a column of texts.
        schema: as for `Extractor.extract`.
        instructions: replace those of a task.
        model: as for `Extractor`, like the other arguments that both have. The key is read from the environment of
            each process that asks, unless it is given here; then it travels to them.
        options: how to ask and what to accept.
        api_key: see `model`.
        base_url: see `model`.
        timeout: see `model`.
        limit_group: see `model`.
        limits: where all processes share their rate limits: a file on one host, a Redis server for a cluster.
        store: a file for every paid completion, the same for all processes, which must be on one host. Without it
            nothing is resumed, a frame that Daft evaluates twice asks twice, and a text that kills its process is
            tried again as often as Daft does.
        concurrency: maximum texts that each process works on at the same time.

    Raises:
        ConfigurationError: Daft is not installed, or an argument is invalid.
        TaskError: the schema is wrong.
    """
    daft = load_daft()
    # With anything else, Daft would return a coroutine, whose error would name neither.
    argument("texts", texts, instance(daft.Expression, 'df["text"], or daft.col("text")'))
    resolved = resolve(schema)
    kind = value_type(resolved.schema)
    path = argument("store", store, optional(name_in))
    settings = ExtractorSettings(
        argument("model", model, optional(model_in)),
        Options() if options is None else argument("options", options, instance(Options, "Options(mode=Mode.JSON)")),
        argument("api_key", api_key, optional(string)),
        argument("base_url", base_url, optional(string)),
        argument("timeout", timeout, optional(number(above=0))),
        argument("limit_group", limit_group, optional(filled)),
        argument("limits", limits, optional(name_in)),
    )
    job = Job(
        schema,
        settings,
        argument("instructions", instructions, optional(string)),
        None if path is None else str(Path(path).absolute()),
        concurrency=argument("concurrency", concurrency, whole(1)),
    )
    ship_by_value(schema)
    return _function_of(job, kind)(texts)


def _function_of(job: Job, kind: ValueType) -> Callable[[Expression], Expression]:
    """Return the function of Daft that makes the struct column from a column of texts."""
    dtype = struct_type(kind)

    async def structgen_extract(column: Any) -> Any:
        texts: list[object] = column.to_pylist()
        try:
            structs = await structs_of(job, texts, kind)
        except Exception as error:  # Daft would turn an exception into nulls for the rows of the whole batch
            structs = [_failed(f"{type(error).__name__}: {error}") for _ in texts]
        return to_series(structs, dtype)

    return load_daft().func.batch(return_dtype=dtype, batch_size=BATCH, use_process=False)(structgen_extract)


BATCH = 64
"""Texts that Daft hands over at once. It processes some dozens of such batches at the same time."""


async def structs_of(job: Job, texts: list[object], kind: ValueType) -> list[dict[str, Any]]:
    """Return the structs for the texts, in order. Raises nothing."""
    worker = worker_of(job)
    if isinstance(worker, BaseException):
        return [_failed(str(worker)) for _ in texts]
    documents = [None if text is None else Document(text if isinstance(text, str) else str(text)) for text in texts]
    found = await worker.work(documents)
    return [_struct(worker.row(*pair), kind) for pair in found]


def _struct(row: Row, kind: ValueType) -> dict[str, Any]:
    said: dict[str, Any] = row.to_json()
    struct = {name: said.get(name) for name in ("status", "unsupported", "usage", "model", "error")}
    struct["evidence"] = [{name: piece.get(name) for name in _EVIDENCE} for piece in said["evidence"]]
    struct["repairs"] = [
        {**repair, "before": cell_text(repair["before"]), "after": cell_text(repair["after"])}
        for repair in said["repairs"]
    ]
    struct["issues"] = [{name: issue.get(name) for name in _ISSUE} for issue in said["issues"]]
    partial = said.get("partial")
    try:
        struct["value"] = typed(kind, said["value"])
    except Unfit as error:
        partial = said["value"]
        struct |= {"value": None, "status": str(RowStatus.FAILED), "error": f"{error}."}
    struct["partial"] = None if partial is None else cell_text(partial)
    return struct


def _failed(error: str) -> dict[str, Any]:
    return {"status": str(RowStatus.FAILED), "error": error}


_EVIDENCE = ("path", "start", "end", "text", "status", "page")
_ISSUE = ("path", "message", "code")
_USAGE = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "calls")


def struct_type(kind: ValueType) -> DataType:
    """Return Daft's type of the whole struct."""
    types: Any = load_daft().DataType
    text, whole_number = types.string(), types.int64()
    evidence = {name: whole_number if name in {"start", "end", "page"} else text for name in _EVIDENCE}
    repair = dict.fromkeys(("rule", "path", "before", "after", "risk"), text)
    usage = {**dict.fromkeys(_USAGE, whole_number), "cost": types.float64()}
    return types.struct(
        {
            "value": data_type(kind),
            "status": text,
            "evidence": types.list(types.struct(evidence)),
            "unsupported": types.list(text),
            "error": text,
            "repairs": types.list(types.struct(repair)),
            "issues": types.list(types.struct(dict.fromkeys(_ISSUE, text))),
            "usage": types.struct(usage),
            "model": text,
            "partial": text,
        }
    )


def data_type(kind: ValueType) -> DataType:
    """Return Daft's type of a value."""
    types: Any = load_daft().DataType
    match kind.column.kind:
        case Kind.LIST if kind.item is not None:
            return types.list(data_type(kind.item))
        case Kind.RECORD:
            return types.struct({name: data_type(inner) for name, inner in kind.fields})
        case Kind.TEXT if kind.text is not Text.PLAIN:
            return types.timestamp("us") if kind.text is Text.MOMENT else types.decimal128(PRECISION, SCALE)
        case _:
            plain: Mapping[Kind, Any] = {
                Kind.INTEGER: types.int64(),
                Kind.NUMBER: types.float64(),
                Kind.BOOLEAN: types.bool(),
                Kind.DATE: types.date(),
            }
            return plain.get(kind.column.kind, types.string())


def to_series(structs: list[dict[str, Any]], dtype: Any) -> Any:
    """Return the structs as a Daft Series, through Arrow, which is faster than Daft's own conversion."""
    arrow: Any = import_module("pyarrow")
    kind = dtype.to_arrow_dtype()
    try:
        array = arrow.array(structs, type=kind)
    except (arrow.ArrowException, ValueError, TypeError, OverflowError):
        array = arrow.array([_holdable(struct, kind, arrow) for struct in structs], type=kind)
    return load_daft().Series.from_arrow(array)


def _holdable(struct: dict[str, Any], kind: Any, arrow: Any) -> dict[str, Any]:
    """Return a struct, or the failed one in its place if a column cannot hold it, such as half a character."""
    try:
        arrow.array([struct], type=kind)
    except (arrow.ArrowException, ValueError, TypeError, OverflowError) as error:
        return _failed(escaped(f"A column cannot hold the result: {error}"))
    return struct
