"""``structgen extract --model a,b``: several models in turn on the command line."""

import json
from pathlib import Path

import pytest

from structgen.testing import Emulator

SMALL, LARGE = "groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"


@pytest.fixture
def soup(folder: Path) -> Path:
    (folder / "soup.txt").write_text("Name: Soup\n\nFor a family of four.\n")
    return folder


@pytest.mark.usefixtures("soup")
def test_the_rows_and_the_summary_say_who_answered(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: json.dumps({"/serves": 4}))
    ran = structgen("extract", "dish.json", "soup.txt", "--model", f"rules,{SMALL},{LARGE}")
    assert ran.status == 0
    assert ran.rows[0]["value"] == {"name": "Soup", "serves": 4}
    assert ran.rows[0]["models"] == {"/name": "rules", "/serves": SMALL}
    assert f"fields answered: 1 by rules, 1 by {SMALL}" in ran.said[-1]


@pytest.mark.usefixtures("soup")
def test_the_variable_names_several_models_too(
    structgen, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    groq_emulator.answer_with(lambda body: json.dumps({"/serves": 4}))
    monkeypatch.setenv("STRUCTGEN_MODEL", f"rules,{SMALL}")
    ran = structgen("extract", "dish.json", "soup.txt", "--max-cost", "1")
    assert ran.rows[0]["models"]["/serves"] == SMALL


@pytest.mark.usefixtures("soup")
@pytest.mark.parametrize(
    ("model", "words"),
    [
        (f"{SMALL},{SMALL}", "twice"),
        (f"{SMALL},", "is empty"),
        (f"{SMALL},rules", "come first"),
        ("rules,gpt", "'gpt' is not a model"),
        ("groq/auto:easy", "not a difficulty"),
    ],
)
def test_what_is_no_cascade_is_wrong_usage(structgen, groq_emulator: Emulator, model: str, words: str) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", "--model", model)
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.usefixtures("soup")
def test_the_prompt_of_several_models_is_refused_with_the_reason(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("prompt", "dish.json", "soup.txt", "--model", f"rules,{SMALL}")
    assert ran.status == 2
    assert "names several models" in ran.err


@pytest.mark.parametrize(
    ("model", "words"), [(f"rules,{SMALL}", "rules, which need neither"), ("groq/auto:x", "not a diff")]
)
def test_doctor_checks_every_model(structgen, groq_emulator: Emulator, model: str, words: str) -> None:
    ran = structgen("doctor", "--model", model)
    assert words in ran.out
    assert "Traceback" not in ran.err
