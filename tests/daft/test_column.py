"""``structgen.daft.extract`` on Daft's own runner: typed structs, and no row that harms another."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import daft
import pytest
from pydantic import BaseModel, field_serializer, field_validator

import structgen.daft
from structgen import Budget, Options
from structgen.core.errors import ConfigurationError, SchemaError
from structgen.daft import job
from structgen.daft.column import to_series
from structgen.testing import Emulator, reply

MODEL = "groq/openai/gpt-oss-20b"


class Soup(BaseModel):
    name: str
    servings: int | None = None


class Hostile(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def _fails(cls, name: str) -> str:
        if name == "Exit":
            sys.exit(3)
        if name == "Deep":
            raise RecursionError("too deep")
        if name == "Odd":
            raise LookupError("nothing there")
        return name


def run(texts: list[Any], schema: Any = Soup, **settings: Any) -> list[dict[str, Any]]:
    """Return the structs in the order of the texts; Daft returns its batches as they are done."""
    frame = daft.from_pydict({"text": texts, "number": list(range(len(texts)))})
    column = structgen.daft.extract(frame["text"], schema, **{"model": MODEL, **settings})
    found = frame.select(frame["number"], column.alias("found")).to_pydict()
    return [struct for _, struct in sorted(zip(found["number"], found["found"], strict=True), key=lambda one: one[0])]


def test_a_text_becomes_a_typed_struct(emulator: Emulator) -> None:
    (row,) = run(["Name: Leek soup\nServings: 4"])
    assert row["value"] == {"name": "Leek soup", "servings": 4}
    assert (row["status"], row["error"], row["partial"]) == ("ok", None, None)
    assert [(piece["path"], piece["start"], piece["end"]) for piece in row["evidence"]] == [
        ("/name", 6, 15),
        ("/servings", 26, 27),
    ]
    assert row["usage"]["calls"] == 1
    assert row["usage"]["cost"] > 0
    assert row["model"] == "openai/gpt-oss-20b"


def test_the_struct_can_be_taken_apart_as_any_column_of_daft(emulator: Emulator) -> None:
    frame = daft.from_pydict({"text": [f"Name: Soup {number}\nServings: {number}" for number in range(5)]})
    frame = frame.with_column("found", structgen.daft.extract(frame["text"], Soup, model=MODEL))
    frame = frame.with_column("servings", frame["found"]["value"]["servings"])
    assert frame.where(frame["servings"] > 2).to_pydict()["servings"] == [3, 4]


def test_whatever_happens_to_one_text_is_an_error_in_its_own_struct(emulator: Emulator) -> None:
    names = [f"Soup {number}" for number in range(70)]  # more than Daft hands over at once
    bad: dict[int, Any] = {3: "Name: Exit", 20: "Name: Deep", 41: "Name: Odd", 55: None}
    rows = run([bad.get(number, f"Name: {name}") for number, name in enumerate(names)], Hostile)
    for number, (name, row) in enumerate(zip(names, rows, strict=True)):
        assert row["status"] == ("failed" if number in bad else "ok")
        assert row["value"] == (None if number in bad else {"name": name})
        assert bool(row["error"]) is (number in bad)
    assert rows[55]["error"] == "The text is null."


def test_a_refused_response_keeps_what_could_be_read(emulator: Emulator) -> None:
    emulator.script(reply('{"name": "Leek soup", "servings": "some"}'))
    (row,) = run(["Name: Leek soup"], options=Options(budget=Budget(max_attempts=1)))
    assert row["status"] == "failed"
    assert row["value"] is None
    assert row["issues"][0]["path"] == "/servings"
    assert '"Leek soup"' in row["partial"]


def test_a_value_that_its_column_cannot_hold_is_a_failed_row(emulator: Emulator) -> None:
    emulator.script(reply('{"name": "Leek soup", "servings": 9223372036854775808}'), reply('{"name": "Pie"}'))
    found = {row["status"]: row for row in run(["A: 1", "B: 1"], concurrency=1)}
    assert found["ok"]["value"] == {"name": "Pie", "servings": None}
    assert found["failed"]["error"].startswith("/servings is an integer of more than 64 bits")
    assert "9223372036854775808" in found["failed"]["partial"]


class Picky(BaseModel):
    name: str

    @field_serializer("name")
    def _write(self, name: str) -> str:
        if name == "B":
            raise LookupError("no such page")
        return name


def test_a_serializer_that_raises_fails_its_own_row(emulator: Emulator) -> None:
    rows = run(["Name: A", "Name: B", "Name: C"], Picky)
    assert [row["value"] for row in rows] == [{"name": "A"}, None, {"name": "C"}]
    assert "no such page" in rows[1]["error"]
    assert "B" in rows[1]["partial"]


def test_a_struct_that_arrow_cannot_hold_harms_no_other() -> None:
    from structgen.daft.column import struct_type, value_type
    from structgen.schema import Schema

    dtype = struct_type(value_type(Schema.of(str)))
    held = to_series([{"status": "ok", "value": "a"}, {"status": "ok", "error": "half \ud800"}], dtype).to_pylist()
    assert [row["status"] for row in held] == ["ok", "failed"]


def test_after_a_refused_key_nothing_more_is_sent(emulator: Emulator) -> None:
    rows = run([f"Name: Soup {number}" for number in range(30)], api_key="gsk_wrong_0123456789", concurrency=1)
    assert {row["status"] for row in rows} == {"failed"}
    assert len(emulator.requests) == 1
    assert "gsk_wrong" not in str(rows)


def test_without_a_key_every_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    (row,) = run(["Name: Soup"])
    assert row["status"] == "failed"
    assert "GROQ_API_KEY" in row["error"]


def test_a_second_run_is_answered_from_the_store(emulator: Emulator, tmp_path: Path) -> None:
    texts = [f"Name: Soup {number}" for number in range(10)]
    first = run(texts, store=tmp_path / "store.sqlite")
    again = run(texts, store=tmp_path / "store.sqlite")
    assert [row["value"] for row in again] == [row["value"] for row in first]
    assert {row["usage"]["calls"] for row in again} == {0}
    assert len(emulator.requests) == 10


def test_a_key_appears_in_no_plan_and_no_repr(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    frame = daft.from_pydict({"text": ["Name: Soup"]})
    key = "gsk_0123456789_secret"
    column = structgen.daft.extract(
        frame["text"], Soup, model=MODEL, api_key=key, base_url="http://:pa55word@127.0.0.1:1"
    )
    frame.select(column.alias("found")).explain(show_all=True)
    shown = f"{column!r}{column}{capsys.readouterr()}{job.ExtractorSettings(api_key=key, base_url='pa55word')!r}"
    assert "secret" not in shown
    assert "pa55word" not in shown


def test_a_key_of_the_environment_does_not_travel(emulator: Emulator) -> None:
    from daft import pickle

    settings = job.ExtractorSettings(MODEL)
    assert emulator.api_key.encode() not in pickle.dumps(job.Job(Soup, settings))


def test_a_wrong_schema_and_wrong_arguments_are_errors_at_once() -> None:
    column = daft.col("text")
    with pytest.raises(SchemaError):
        structgen.daft.extract(column, {"type": "strin"})
    with pytest.raises(ConfigurationError, match="concurrency"):
        structgen.daft.extract(column, Soup, concurrency=0)
    with pytest.raises(ConfigurationError, match="store"):
        structgen.daft.extract(column, Soup, store=b"a")  # type: ignore[arg-type]
    for texts in ("text", None, daft.from_pydict({"text": ["a"]})):
        with pytest.raises(ConfigurationError, match=re.escape('write df["text"], or daft.col("text")')):
            structgen.daft.extract(texts, Soup)  # type: ignore[arg-type]
    for wrong in ({"model": 5}, {"options": {}}, {"timeout": "1"}):
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            structgen.daft.extract(column, Soup, **wrong)  # type: ignore[arg-type]


def test_without_daft_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(job, "import_module", missing)
    with pytest.raises(ConfigurationError, match=re.escape("pip install 'structgen[cluster]'")):
        structgen.daft.extract(daft.col("text"), Soup)


def test_classes_that_other_processes_cannot_import_travel_with_the_job() -> None:
    from daft import pickle
    from daft.pickle import cloudpickle

    job.ship_by_value(list[Soup])
    assert any(__name__.startswith(name) for name in cloudpickle._PICKLE_BY_VALUE_MODULES)
    held = pickle.dumps(job.Job(list[Soup], job.ExtractorSettings(MODEL, Options(stop=("a",)))))
    assert pickle.loads(held).settings.options.stop == ("a",)


MODULES = {
    "r_parts": "from pydantic import BaseModel\nclass Part(BaseModel):\n    name: str\n",
    "r_base": "from pydantic import BaseModel\nclass Named(BaseModel):\n    title: str\n",
    "r_checks": "def short(text: str) -> str:\n    return text[:3]\n",
    "r_recipe": """
from typing import Annotated
from pydantic import AfterValidator
from r_base import Named
from r_checks import short
from r_parts import Part
class Recipe(Named):
    parts: list[Part]
    note: Annotated[str, AfterValidator(short)]
""",
}
READ = """
import pickle, sys
from structgen.stages import resolve
job = pickle.load(sys.stdin.buffer)
schema = resolve(job.schema).schema
print(schema.adapter.validate_json('{"title": "Soup", "parts": [{"name": "leek"}], "note": "hotter"}'))
"""


def test_the_modules_of_all_parts_of_a_schema_travel_with_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daft import pickle

    for name, source in MODULES.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    schema = importlib.import_module("r_recipe").Recipe
    job.ship_by_value(schema)
    held = pickle.dumps(job.Job(schema, job.ExtractorSettings(MODEL)))
    done = subprocess.run([sys.executable, "-c", READ], input=held, capture_output=True, check=False)
    assert done.stdout.split() == [b"title='Soup'", b"parts=[Part(name='leek')]", b"note='hot'"], done.stderr
