"""Store calibrations in the project's folder .structgen/calibration, each bound to its schema and model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json
from structgen.evaluate.confidence.calibration import Calibration
from structgen.schema import Schema

FOLDER = Path(".structgen") / "calibration"
SIGNALS = 1
"""The version of the signals. A calibration by other signals is stale."""


class CalibrationRecord(BaseModel):
    """A file with a calibration, and what it holds for. `model` is the model string, or as the rows name the model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    model: str
    schema_digest: str
    signals: int
    calibration: Annotated[Calibration, Field()]


@dataclass(frozen=True, slots=True)
class Found:
    """The calibration for a task and a model, or None with the reason why there is none to use."""

    calibration: Calibration | None
    reason: str = ""
    stale: bool = False


def schema_digest(schema: Schema[object]) -> str:
    """Return a digest of a JSON Schema: the order of its keys does not matter, everything else does."""
    return digest_of(schema.json_schema)


def digest_of(value: Json) -> str:
    """Return a digest of a value in plain JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def calibration_path(task: str, model: str, folder: Path = FOLDER) -> Path:
    """Return the file for a task and a model. Two names of models never share one."""
    names = [re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:60].strip("._") or "_" for name in (task, model)]
    return folder / f"{names[0]}--{names[1]}-{digest_of([task, model])[:8]}.json"


def save_calibration(
    calibration: Calibration, task: str, schema: Schema[object], model: str, folder: Path = FOLDER
) -> Path:
    """Write the file, in place of an earlier one; return its path. Raises ConfigurationError if that is impossible."""
    path = calibration_path(task, model, folder)
    record = CalibrationRecord(
        task=task, model=model, schema_digest=schema_digest(schema), signals=SIGNALS, calibration=calibration
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}.") from error
    return path


def calibration_for(task: str, schema: Schema[object], model: str, folder: Path = FOLDER) -> Found:
    """Return the calibration of a task for a model, if it was made for this very schema.

    `model` is a model string (``groq/<id>``) or the name in a row (``<id>``); either finds what the other one made.
    """
    records = [one for path in sorted(folder.glob("*.json")) if (one := _read(path)) is not None and one.task == task]
    same = [one for one in records if same_model(one.model, model)]
    how = f"`structgen tasks calibrate {task} GOLD.jsonl` makes one"
    if not same:
        other = f", only for {', '.join(sorted({one.model for one in records}))}" if records else ""
        return Found(None, f"there is no calibration of {task} for {model}{other}: {how}")
    current = [one for one in same if one.schema_digest == schema_digest(schema) and one.signals == SIGNALS]
    if not current:
        return Found(
            None, f"the calibration of {task} for {model} is stale, because the schema changed since: {how}", True
        )
    return Found(next((one for one in current if one.model == model), current[0]).calibration)


def same_model(one: str, other: str) -> bool:
    """Whether two names mean one model: a row has the server's name, without the provider."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _read(path: Path) -> CalibrationRecord | None:
    """Return a record, or None for a file that is not one: it is ignored, like a stale one."""
    try:
        return CalibrationRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def as_json(calibration: Calibration) -> Mapping[str, Json]:
    """Return the figures of a calibration for people and programs, without weights and curve."""
    quality = None if calibration.quality is None else asdict(calibration.quality)
    return {
        "documents": calibration.documents,
        "fields": calibration.fields,
        "errors": calibration.errors,
        "pooled": calibration.pooled,
        "quality": quality,
    }
