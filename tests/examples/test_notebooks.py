"""The notebooks are kept with the outputs of their cells, small and without a key. CI executes them too."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
EXECUTE = runpy.run_path(str(FOLDER / "execute.py"))
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


def code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def test_there_are_seven_in_an_order() -> None:
    assert [path.name[:3] for path in NOTEBOOKS] == [f"0{number}_" for number in range(1, 8)]


@each
def test_the_outputs_are_those_of_the_cells(path: Path) -> None:
    notebook = read(path)
    stamped = notebook["metadata"].get(EXECUTE["STAMP"])
    assert stamped == EXECUTE["fingerprint"](notebook), f"run: python notebooks/execute.py {path.name}"
    assert [cell["execution_count"] for cell in code(path)] == [*range(1, len(code(path)) + 1)]


@each
def test_no_cell_ended_with_an_error(path: Path) -> None:
    assert [out for cell in code(path) for out in cell["outputs"] if out["output_type"] == "error"] == []


@each
def test_the_outputs_are_small_and_name_no_place_of_a_machine(path: Path) -> None:
    assert path.stat().st_size < 150_000
    outputs = json.dumps([cell["outputs"] for cell in code(path)])
    assert not re.search(r"/(root|home|tmp|Users)/|gsk_\w{8}", outputs)


@each
def test_a_notebook_begins_with_what_it_needs(path: Path) -> None:
    first = "".join(read(path)["cells"][0]["source"])
    assert first.startswith("# ")
    assert "pip install 'structgen[notebook" in first
    assert "key" in first.lower()


@each
def test_a_notebook_that_uses_the_emulator_says_so_and_names_its_extra(path: Path) -> None:
    notebook = read(path)
    if any(
        "structgen.testing" in "".join(cell["source"]) or "make_store" in "".join(cell["source"]) for cell in code(path)
    ):
        first = "".join(notebook["cells"][0]["source"])
        assert "emulator" in first
        assert "structgen[notebook,testing]" in first


def test_the_last_cells_of_the_first_one_show_a_result_as_itself() -> None:
    shown = [out for cell in code(NOTEBOOKS[0])[-6:] for out in cell["outputs"] if "text/html" in out.get("data", {})]
    assert sum("structgen-view" in "".join(out["data"]["text/html"]) for out in shown) >= 3


def test_a_changed_cell_makes_the_outputs_stale() -> None:
    notebook = read(NOTEBOOKS[0])
    before = EXECUTE["fingerprint"](notebook)
    notebook["cells"][1]["source"][0] += "# changed"
    assert EXECUTE["fingerprint"](notebook) != before
