"""The poor and the effective prompt of notebooks/samples/movies, compared without a key."""

from __future__ import annotations

import runpy
from pathlib import Path

from structgen import Budget, Mode, Options, Style
from structgen.evaluate import Setting, evaluate
from structgen.tasks import find_task, load_instructions

MOVIES = Path(__file__).parents[2] / "notebooks" / "samples" / "movies"


def test_the_effective_prompt_is_certainly_better_on_the_same_documents(tmp_path: Path) -> None:
    store = tmp_path / "movies.sqlite"
    runpy.run_path(str(MOVIES / "make.py"))["make_store"](store)
    options = Options(mode=Mode.JSON, budget=Budget(max_attempts=1))
    poor = Setting(
        options=Options(mode=Mode.JSON, style=Style.NONE, budget=Budget(max_attempts=1)),
        instructions=load_instructions(MOVIES / "poor.txt"),
        name="poor",
    )
    found = evaluate(
        find_task(str(MOVIES / "effective.toml")),
        MOVIES / "gold.jsonl",
        model="replay",
        store=store,
        options=options,
        against=poor,
    ).to_json()
    difference = found["comparison"]["difference"]
    assert (found["documents"], found["from_store"]) == (8, 8)
    assert found["macro_f1"] > 0.9 > found["against"]["macro_f1"]
    assert difference["macro_f1"]["certain"]
    assert difference["macro_f1"]["difference"] < 0
    assert found["per_document"]["input_tokens"] > found["against"]["per_document"]["input_tokens"]
    assert found["against"]["status"] == {"failed": 4, "ok": 4}
