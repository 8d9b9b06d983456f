"""``%load_ext structgen``: the magic ``%%extract`` in a real IPython shell, without a traceback and without a key."""

from __future__ import annotations

import atexit
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from structgen import Extraction, ExtractionFailed
from structgen.testing import Emulator, reply

BODY = "Title: Tide tables\nPages: 3\n"


class Ran:
    """What a cell did: its result, its output and its errors."""

    def __init__(self, done: Any, out: str, err: str) -> None:
        self.value, self.ok, self.out, self.err = done.result, done.success, out, err


Cell = Callable[[str], Ran]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("GROQ_API_KEY", "STRUCTGEN_MODEL", "GROQ_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    before = sys.displayhook, sys.excepthook
    made = InteractiveShell(config=settings)
    made.run_cell("%load_ext structgen")
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()
    sys.displayhook, sys.excepthook = before


@pytest.fixture
def cell(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Cell:
    def run(source: str) -> Ran:
        capsys.readouterr()
        done = shell.run_cell(source, store_history=True)
        return Ran(done, *capsys.readouterr())

    return run


def test_a_cell_gives_the_result_as_its_value_and_in_a_variable(cell: Cell, shell: InteractiveShell) -> None:
    ran = cell(f'%%extract --fields "title, pages int" --into note\n{BODY}')
    assert isinstance(ran.value, Extraction)
    assert ran.value.value == {"title": "Tide tables", "pages": 3}
    assert shell.user_ns["note"] is shell.user_ns["_"] is ran.value
    assert "Tide tables" in ran.out


def test_without_a_key_the_rules_read_and_the_cell_says_so(cell: Cell) -> None:
    assert "No model is named and no key is set, so the rules read" in cell(f"%%extract --fields title\n{BODY}").out
    named = cell(f"%%extract --fields title --model rules\n{BODY}").out
    assert "no key" not in named
    assert "No language model is asked." in named


@pytest.mark.parametrize(
    ("define", "named"),
    [
        ("from pydantic import BaseModel\nclass Note(BaseModel):\n    title: str\n    pages: int", "Note"),
        (
            'from structgen import Task, fields\nnote = Task("note", {"type": "object", "properties": {"title": {}}})',
            "note",
        ),
        ('import structgen\nnote = structgen.fields("title, pages int")', "note"),
        ('note = {"type": "object", "properties": {"title": {"type": "string"}}}', "note"),
    ],
)
def test_a_class_or_a_task_of_the_notebook_can_be_named(cell: Cell, define: str, named: str) -> None:
    assert cell(define).ok
    ran = cell(f"%%extract {named} --model rules\n{BODY}")
    assert ran.ok, ran.err + ran.out
    assert "Tide tables" in str(ran.value.value)


def test_a_result_with_the_name_of_a_task_does_not_hide_the_task(cell: Cell) -> None:
    assert cell("%%extract contact --into contact\nAda Example, ada@example.org").ok
    assert cell("%%extract contact --into contact\nBo Example, bo@example.org").ok


def test_braces_and_dollar_signs_are_not_replaced(cell: Cell, shell: InteractiveShell) -> None:
    cell("x = 'replaced'")
    ran = cell('%%extract --fields "title, {x}?" --model rules\nTitle: {x} costs $x')
    assert "replaced" not in ran.out + ran.err
    ran = cell("%%extract --fields title --model rules\nTitle: {x} costs $x")
    assert ran.value.value == {"title": "{x} costs $x"}


MISTAKES = [
    ("%%extract recipe_\nsome text", "recipe_"),
    ("%%extract\nsome text", "Name a TASK"),
    ("%%extract recipe\n   \n", "The cell has no text"),
    ("%%extract recipe", "the cell body is empty"),
    ("%%extract recipe --fields title\ntext", "exclude each other"),
    ('%%extract --fields "title\ntext', "Cannot read the options"),
    ("%%extract recipe --into 3x\ntext", "no name for a variable"),
    ("%%extract recipe --into class\ntext", "no name for a variable"),
    ("%%extract recipe --modle rules\ntext", "--modle"),
    ("%%extract recipe --mode jsno\ntext", "jsno"),
    ("%%extract recipe --model groq/x\ntext", "GROQ_API_KEY"),
    ("%%extract recipe --model replay\ntext", "store"),
    ('%%extract --fields "title strr"\ntext', "strr"),
    ("%%extract gone.py:Model\ntext", "no such file"),
]


@pytest.mark.parametrize(("source", "words"), MISTAKES)
def test_a_mistake_is_one_sentence_without_a_traceback(cell: Cell, source: str, words: str) -> None:
    ran = cell(source)
    assert not ran.ok
    said = ran.out + ran.err
    assert "UsageError: " in said
    assert words in said
    assert "Traceback" not in said


def test_a_refused_response_is_shown_and_kept_and_ends_the_cell(cell: Cell, shell: InteractiveShell) -> None:
    shell.user_ns["note"] = "of another text"
    ran = cell('%%extract --fields "title, pages int" --into note\nnothing of the kind')
    assert not ran.ok
    assert isinstance(shell.user_ns["note"], ExtractionFailed)
    assert "UsageError: The answer does not match the schema" in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err


def test_a_model_is_asked_once_for_a_cell_that_is_run_twice(
    cell: Cell, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", groq_emulator.api_key)
    monkeypatch.setenv("GROQ_BASE_URL", groq_emulator.base_url)
    groq_emulator.script(reply('{"title": "Tide tables", "pages": 3}'))
    source = f'%%extract --fields "title, pages int" --model groq/openai/gpt-oss-20b\n{BODY}'
    first, second = cell(source), cell(source)
    assert first.ok, first.err + first.out
    assert second.value.value == first.value.value == {"title": "Tide tables", "pages": 3}
    assert "requests" in first.err
    assert len(groq_emulator.requests) == 1
    assert (tmp_path / ".structgen" / "store.sqlite").exists()


def test_help_shows_an_example(cell: Cell, shell: InteractiveShell) -> None:
    assert "%%extract recipe --into soup" in cell("%%extract --help\nx").out
    assert "%%extract recipe --into soup" in (shell.find_cell_magic("extract").__doc__ or "")


def test_the_magic_can_be_unloaded(cell: Cell, shell: InteractiveShell) -> None:
    cell("%unload_ext structgen")
    assert shell.find_cell_magic("extract") is None


def test_importing_structgen_imports_no_ipython() -> None:

    code = "import structgen, sys; structgen.Extractor; print('IPython' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True).stdout.strip()
        == "False"
    )


NOTEBOOK_BAR = """
import sys, types, warnings
warnings.simplefilter("error")
# tqdm takes this process for a notebook's kernel, in which ipywidgets is missing
sys.modules["ipywidgets"] = None
import IPython
IPython.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
import structgen
done = list(structgen.Extractor("rules").map(structgen.fields("title"), ["Title: a", "Title: b"], progress=True))
assert [one.value for one in done] == [{"title": "a"}, {"title": "b"}]
"""


def test_progress_is_a_bar_of_text_without_a_warning_where_ipywidgets_is_missing() -> None:

    ran = subprocess.run([sys.executable, "-c", NOTEBOOK_BAR], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "2/2" in ran.stderr
    assert "Warning" not in ran.stderr
