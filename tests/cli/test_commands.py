from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from structgen import __version__
from structgen.cli.app import app
from structgen.cli.console import DEBUG

ROOT = Path(__file__).parents[2]
NAMES = [
    *(str(info.name or info.callback.__name__) for info in app.registered_commands if info.callback),
    *(str(group.name) for group in app.registered_groups),
]


def example(structgen, name: str) -> str:
    """The example at the end of a command's help."""
    words = " ".join(structgen(name, "--help").out.split())
    return words.partition("Example: ")[2]


@pytest.mark.parametrize(("words", "least"), [((), 15), (("runs",), 7), (("tasks",), 6)])
def test_a_list_of_commands_says_of_each_what_it_does_in_a_whole_sentence(
    words: tuple[str, ...], least: int, structgen
) -> None:
    listed = structgen(*words, "--help").out.partition("Commands:")[2].split("\n\n")[0]
    said = [" ".join(entry.split()) for entry in re.split(r"\n  (?=\w)", listed) if entry.strip()]
    assert len(said) >= least
    assert [entry for entry in said if not entry.endswith(".") or entry.endswith("..")] == []


def test_there_are_these_commands() -> None:
    assert NAMES == [
        "extract",
        "generate",
        "complete",
        "chat",
        "eval",
        "schema",
        "prompt",
        "transcribe",
        "report",
        "review",
        "models",
        "doctor",
        "emulate",
        "tasks",
        "runs",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_ends_its_help_with_an_example_of_itself(structgen, name: str) -> None:
    assert shlex.split(example(structgen, name))[:2] == ["structgen", name]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"structgen {name}" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "name",
    sorted(
        set(NAMES) - {"emulate", "doctor", "runs", "generate", "complete", "chat", "transcribe", "report", "review"}
    ),
)
def test_every_example_works_as_it_stands(structgen, folder: Path, name: str) -> None:
    (folder / "notes").mkdir()
    soup = (
        "Tomato Soup\n\nServes: 4\n\nIngredients:\n- 6 tomatoes\n- 1 onion\n\n"
        "Instructions:\n1. Chop all.\n2. Cook it for long.\n"
    )
    (folder / "notes" / "soup.txt").write_text(soup)
    gold = {"title": "Tomato Soup", "ingredients": [], "instructions": ["Chop all.", "Cook it for long."]}
    (folder / "gold.jsonl").write_text(json.dumps({"text": soup, "gold": gold}))
    command, _, target = example(structgen, name).partition(" > ")
    ran = structgen(*shlex.split(command)[1:])
    assert ran.status == 0, ran.err
    assert ran.out or name == "extract"
    assert target in {"", "recipe.schema.json"}


def test_the_version_is_shown(structgen) -> None:
    assert structgen("--version").out == f"structgen {__version__}\n"


def test_without_a_command_the_help_is_shown(structgen) -> None:
    ran = structgen()
    assert all(name in ran.out + ran.err for name in NAMES)


def test_an_unknown_command_is_wrong_usage(structgen) -> None:
    ran = structgen("nosuchcommand")
    assert ran.status == 2
    assert "nosuchcommand" in ran.err


def test_the_help_needs_nothing_heavy() -> None:
    heavy = ["rich", "groq", "instructor", "jsonschema", "httpx", "bs4", "tqdm", "pyarrow", "starlette"]
    code = (
        "import sys\nfrom structgen.cli import main\nsys.argv = ['structgen', 'extract', '--help']\n"
        f"try: main()\nfinally: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


def test_the_tasks_are_listed_with_what_they_are_for(structgen) -> None:
    ran = structgen("tasks")
    assert ran.status == 0
    recipe = next(line for line in ran.out.splitlines() if line.startswith("recipe "))
    assert len(recipe.split()) > 3


def test_a_task_is_explained(structgen) -> None:
    out = structgen("tasks", "recipe").out
    assert out.startswith("recipe (version ")
    assert "ingredients" in out
    assert "Worked examples: " in out


def test_a_broken_task_of_the_project_is_listed_as_such(structgen, folder: Path) -> None:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "broken.py").write_text("import nosuchmodule\n\ntask = nosuchmodule.task\n")
    ran = structgen("tasks")
    assert "recipe" in ran.out
    assert "broken" in ran.err
    assert "Traceback" not in ran.err


def test_an_unknown_task_is_wrong_usage_everywhere(structgen) -> None:
    for command in ("tasks", "schema", "prompt"):
        ran = structgen(command, "nosuchtask")
        assert ran.status == 2
        assert "No task 'nosuchtask'" in ran.said[-1]


def test_the_schema_of_a_task_is_json(structgen) -> None:
    assert json.loads(structgen("schema", "dish.json").out)["required"] == ["name", "serves"]


def test_the_outline_of_a_schema_is_shorter(structgen) -> None:
    outline = structgen("schema", "dish.json", "--outline").out
    assert "name" in outline
    assert len(outline) < len(structgen("schema", "dish.json").out)


def test_the_prompt_holds_the_document_and_nothing_is_sent(structgen, groq_emulator) -> None:
    ran = structgen("prompt", "dish.json", "soup.txt")
    assert ran.status == 0
    assert "Name: Soup" in ran.out
    assert ran.out.startswith("=== groq/openai/gpt-oss-20b, mode ")
    assert groq_emulator.requests == []


def test_the_prompt_is_the_body_of_the_request_as_json(structgen) -> None:
    ran = structgen("prompt", "dish.json", "soup.txt", "--json", "--model", "groq/openai/gpt-oss-20b", "--mode", "json")
    body = json.loads(ran.out)
    assert body["model"] == "openai/gpt-oss-20b"
    assert body["response_format"] == {"type": "json_object"}
    assert ran.err == ""


def test_the_prompt_without_a_document_has_words_for_it(structgen) -> None:
    ran = structgen("prompt", "dish.json")
    assert "(the text of the document)" in ran.out
    assert "the rules need no prompt" in ran.said[0]


def test_the_prompt_says_how_the_documents_write(structgen) -> None:
    ran = structgen(
        "prompt", "dish.json", "soup.txt", "--date-order", "dmy", "--currency", "EUR", "--language", "de-AT"
    )
    assert ran.status == 0
    assert "is in the language de-AT" in ran.out
    assert "day, month, year" in ran.out
    assert "EUR" in ran.out


def test_the_prompt_of_what_cannot_be_read_is_wrong_usage(structgen) -> None:
    ran = structgen("prompt", "dish.json", "gone.txt")
    assert ran.status == 2
    assert "there is no such file" in ran.said[-1]
    assert "at most one INPUT" in structgen("prompt", "dish.json", "a.txt", "b.txt").said[-1]


def test_the_models_are_a_table_of_those_in_service(structgen) -> None:
    lines = structgen("models").out.splitlines()
    assert lines[0].split()[:2] == ["MODEL", "STATUS"]
    assert any(line.startswith("groq/openai/gpt-oss-20b ") for line in lines)
    assert not any("retired" in line for line in lines)
    assert any("retired" in line for line in structgen("models", "--all").out.splitlines())


def test_the_models_are_json_lines_when_asked_for(structgen) -> None:
    cards = [json.loads(line) for line in structgen("models", "--json").out.splitlines()]
    card = next(card for card in cards if card["id"] == "openai/gpt-oss-20b")
    assert card["price_in"] > 0
    assert "tpm" in card["limits"]["free"]


def test_a_bug_is_one_line_that_says_where_to_report_it(structgen, monkeypatch) -> None:
    monkeypatch.setattr("structgen.documents.read_documents", lambda *_, **__: 1 // 0)
    ran = structgen("extract", "dish.json", "soup.txt", "--model", "rules")
    assert ran.status == 70
    assert "internal error: ZeroDivisionError" in ran.err
    assert "report this" in ran.said[-1]
    assert "Traceback" not in ran.err


def test_the_traceback_of_a_bug_is_shown_when_asked_for(structgen, monkeypatch, folder: Path) -> None:
    monkeypatch.setattr("structgen.documents.read_documents", lambda *_, **__: 1 // 0)
    monkeypatch.setenv(DEBUG, "")
    with pytest.raises(ZeroDivisionError):
        structgen("--debug", "extract", "dish.json", "soup.txt", "--model", "rules")


def test_an_interrupted_command_has_status_130(structgen, monkeypatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("structgen.send.list_cards", interrupt)
    assert structgen("models").status == 130


def test_a_hostile_name_cannot_write_to_the_terminal(structgen) -> None:
    ran = structgen("extract", "dish.json", "\x1b]0;gone\nfile.txt", "--model", "rules", "-q")
    assert ran.said[1:] == ["structgen: ␛]0;gone file.txt: there is no such file or folder."]


HOSTILE = "Name: So\x1b[2Jup\x9b\u202e\u2028\x07\nServes: 4\n"


@pytest.mark.parametrize(
    "words",
    [
        ["extract", "dish.json", "h.txt", "--model", "rules"],
        ["extract", "dish.json", "h.txt", "--model", "rules", "--show"],
        ["prompt", "dish.json", "h.txt", "--model", "groq/openai/gpt-oss-20b"],
        ["prompt", "dish.json", "h.txt", "--model", "groq/openai/gpt-oss-20b", "--json"],
        ["extract", "dish.json", "h.txt", "--model", "rules", "--\x1b[2J\x9b"],
    ],
)
def test_no_character_of_a_document_or_an_argument_acts_on_the_terminal(
    structgen, folder: Path, words: list[str]
) -> None:
    (folder / "h.txt").write_text(HOSTILE, "utf-8")
    ran = structgen(*words)
    assert "[2J" in ran.out + ran.err
    assert not set(ran.out + ran.err) & set("\x1b\x9b\u202e\u2028\x07")


def test_an_escaped_character_reads_back_as_it_was(structgen, folder: Path) -> None:
    (folder / "h.txt").write_text(HOSTILE, "utf-8")
    structgen("extract", "dish.json", "h.txt", "--model", "rules", "-o", "out.jsonl")
    (line,) = (folder / "out.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["value"]["name"].startswith("So\x1b[2Jup\x9b\u202e")
    assert "\x9b" not in line


@pytest.mark.parametrize("words", [["extract"], ["prompt"], ["schema"], ["tasks"], ["runs", "reparse"]])
def test_help_says_that_a_task_may_run_code(structgen, words: list[str]) -> None:
    assert "runs the code in file.py" in " ".join(structgen(*words, "--help").out.split())


def test_the_emulator_says_where_it_is_and_ends(start) -> None:
    process = start("emulate", "--port", "0")
    try:
        assert "http://127.0.0.1:" in process.stderr.readline()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)
    assert process.returncode in {0, 130}  # 130: the interruption came before it served


def test_replies_that_cannot_be_read_are_wrong_usage(structgen, folder: Path) -> None:
    (folder / "replies.jsonl").write_text("not JSON")
    ran = structgen("emulate", "--replies", "replies.jsonl")
    assert ran.status == 2
    assert "replies.jsonl" in ran.said[-1]


def test_typer_is_not_told_to_draw_tracebacks() -> None:
    assert isinstance(app, typer.Typer)
    assert app.pretty_exceptions_enable is False


def test_a_task_without_words_is_explained_by_its_fields(structgen) -> None:
    assert structgen("tasks", "dish.json").out.splitlines()[0] == "dish (version 1)"
    assert "Instructions" not in structgen("tasks", "dish.json").out
