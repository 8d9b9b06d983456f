"""Examples of the README and of docs/ give what their pages say about them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import structgen
from structgen.cli.configuration import read_settings
from structgen.tasks import find_task
from structgen.testing import Emulator, reply

ROOT = Path(__file__).parents[2]


def blocks(language: str, page: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_first_example_gives_what_it_says(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"shop": "GREEN GROCER", "total": 2.4}'))
    names: dict[str, Any] = {}
    exec(compile(blocks("python", "README.md")[0], "README.md", "exec"), names)
    result = names["result"]
    assert repr(result.value) == "Receipt(shop='GREEN GROCER', total=2.4)"
    piece = result.evidence[0]
    assert (piece.path, piece.start, piece.end, piece.text, piece.status) == ("/shop", 0, 12, "GREEN GROCER", "exact")


def test_the_examples_of_observers_and_policies_run(groq_emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    groq_emulator.script(reply("no", as_is=True), repeat_last=True)
    names: dict[str, Any] = {}
    exec(compile("".join(blocks("python", "docs/observers.md")), "observers.md", "exec"), names)
    with caplog.at_level("INFO", "receipts"), pytest.raises(structgen.ExtractionFailed):
        names["extractor"].extract(structgen.fields("name"), "Soup")
    assert "attempt 1: first question" in caplog.text
    assert "Soup" not in caplog.text
    assert repr(names["patient"]) == "Extractor('groq/openai/gpt-oss-20b')"


def test_the_example_for_users_of_instructor_runs(groq_emulator: Emulator) -> None:
    (example,) = blocks("python", "docs/from-instructor.md")
    names: dict[str, Any] = {}
    exec(compile(example.replace("gsk_...", groq_emulator.api_key), "from-instructor.md", "exec"), names)
    groq_emulator.script(reply('{"name": "Ann", "age": 31}'))
    guest = names["read_guest"]("Ann, 31 years old")
    names["client"].close()
    assert (guest.name, guest.age) == ("Ann", 31)


def test_the_example_of_quotes_asks_for_them(groq_emulator: Emulator) -> None:
    (example,) = [block for block in blocks("python", "docs/evidence.md") if "EvidenceMode.QUOTES" in block]
    names: dict[str, Any] = {}
    exec(compile(example, "evidence.md", "exec"), names)
    groq_emulator.script(reply('{"mood": {"quote": "loved it", "value": "good"}}'))
    result = names["quoting"].extract(structgen.fields("mood"), "We loved it.")
    assert [(piece.text, piece.status) for piece in result.evidence] == [("loved it", "quoted")]


def test_the_example_of_a_task_file_is_one(tmp_path: Path) -> None:
    (text,) = [block for block in blocks("toml", "docs/tasks.md") if "fields =" in block]
    assert tomllib.loads(text)
    (tmp_path / "ticket.toml").write_text(text, "utf-8")
    task = find_task(str(tmp_path / "ticket.toml"))
    schema = structgen.Schema.of(task)
    assert [schema.check(example.value) for example in task.examples] == [()]


def test_the_example_of_settings_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = [block for block in blocks("toml", "docs/settings.md") if "[tool.structgen]" in block]
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    settings = read_settings({})
    assert {name: setting.value for name, setting in settings.items()} == {
        **tomllib.loads(text)["tool"]["structgen"],
        "store": str(tmp_path / "cache" / "answers.sqlite"),
    }
