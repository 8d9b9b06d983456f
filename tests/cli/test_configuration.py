"""Settings of files, the environment and the command line, through the commands that read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.main import get_command

import structgen as library
from structgen.cli.app import app
from structgen.cli.configuration import add_settings, setting_kinds
from structgen.core.errors import ConfigurationError
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
TABLE = "[tool.structgen]\n"


def shown(structgen, *words: str) -> dict[str, tuple[object, str]]:
    """Each setting with its value and its source, as `doctor --config` shows them."""
    rows = structgen("doctor", "--config", "--json", *words).rows
    return {row["setting"]: (row["value"], row["source"]) for row in rows}


def mode_of(structgen, *words: str) -> str:
    """The mode in which the prompt of a task would be sent."""
    return structgen("prompt", "dish.json", "--model", GROQ, *words).out.splitlines()[0].rpartition(" ")[2]


def test_the_command_line_wins_over_the_environment_over_the_file_over_the_default(
    structgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mode_of(structgen) == "json_schema"
    (folder / "pyproject.toml").write_text(f'{TABLE}mode = "json"\n')
    assert mode_of(structgen) == "json"
    (folder / ".env").write_text("STRUCTGEN_MODE=text\n")
    assert mode_of(structgen) == "text"
    monkeypatch.setenv("STRUCTGEN_MODE", "tools")
    assert mode_of(structgen) == "tools"
    assert mode_of(structgen, "--mode", "json") == "json"


def test_doctor_tells_where_each_value_comes_from(structgen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text(f'[project]\nname = "mode"\n\n{TABLE}mode = "json"\n"passes" = 2\n')
    (folder / ".env").write_text("STRUCTGEN_STYLE=none\nGROQ_API_KEY=gsk_from_a_file\n")
    monkeypatch.setenv("STRUCTGEN_MAX_COST", "1.5")
    found = shown(structgen, "--model", "rules")
    file = folder / "pyproject.toml"
    assert found["model"] == ("rules", "command line")
    assert found["mode"] == ("json", f"{file}, line 5")
    assert found["passes"] == (2, f"{file}, line 6")
    assert found["style"] == ("none", f"STRUCTGEN_STYLE in {folder / '.env'}")
    assert found["max_cost"] == (1.5, "environment (STRUCTGEN_MAX_COST)")
    assert found["max_attempts"] == (3, "default")
    assert found["currency"] == (None, "default")
    assert found["GROQ_API_KEY"] == ("***", str(folder / ".env"))
    assert found["STRUCTGEN_API_KEY"] == (None, "not set")


def test_doctor_shows_the_settings_as_a_table_without_keys(
    structgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_confidential")
    monkeypatch.setenv("STRUCTGEN_BASE_URL", "http://me:confidential@localhost/v1?key=confidential")
    ran = structgen("doctor", "--config")
    lines = [line.split() for line in ran.out.splitlines()]
    assert ran.status == 0
    assert lines[0] == ["SETTING", "VALUE", "SOURCE"]
    assert ["quiet", "false", "default"] in lines
    assert ["encoding", "-", "default"] in lines
    assert lines[1][:2] == ["model", GROQ]
    assert "confidential" not in ran.out + ran.err


def test_every_setting_is_an_option_of_extract_and_is_shown(structgen) -> None:
    help_text = structgen("extract", "--help").out
    assert [name for name in setting_kinds() if f"--{name.replace('_', '-')}" not in help_text] == []
    assert set(setting_kinds()) <= set(shown(structgen))


def test_a_misspelled_variable_is_told(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_MAX_ATTEMPT", "2")
    assert structgen("doctor", "--config").said == [
        "structgen: STRUCTGEN_MAX_ATTEMPT is not a setting and has no effect. Did you mean STRUCTGEN_MAX_ATTEMPTS?"
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_atempts = 2", "'max_atempts' is not a setting. Did you mean max_attempts?"),
        ("max-cost = 2", "'max-cost' is not a setting. Did you mean max_cost?"),
        ("zzz = 2", "'zzz' is not a setting. The settings are model, base_url, mode, "),
        ('output = "rows.csv"', "'output' is not a setting."),
        ('mode = "jsn"', "mode: 'jsn' is not one of 'auto', 'json', "),
        ("mode = 1", "mode is 1, but must be a text."),
        ('concurrency = "8"', "concurrency is '8', but must be a whole number."),
        ("concurrency = 2.5", "concurrency is 2.5, but must be a whole number."),
        ("concurrency = true", "concurrency is True, but must be a whole number."),
        ("concurrency = 0", "concurrency: "),
        ("quiet = 1", "quiet is 1, but must be true or false."),
        ("max_cost = nan", "max_cost is nan, but must be a finite number."),
        ("max_cost = -1", "max_cost: "),
        ('currency = "euro"', "currency is 'euro', but must be the ISO 4217 code"),
        ('language = "german"', "language is 'german', but must be the code of a language"),
        ('encoding = "cp99999"', "encoding is 'cp99999'. There is no encoding"),
        ('model = " "', "model is empty"),
        ('base_url = "localhost"', "base_url is not a base URL. "),
        ('store = ["a"]', "store is ['a'] (list), but must be a text, the path of a file."),
        ("mode = {a = 1}", "mode is {'a': 1} (dict), but must be a text."),
    ],
)
@pytest.mark.parametrize("file", ["pyproject.toml", "structgen.toml"])
def test_what_a_file_gets_wrong_is_said_with_its_place(
    structgen, folder: Path, file: str, line: str, said: str
) -> None:
    (folder / file).write_text(f"{TABLE if file == 'pyproject.toml' else chr(10)}{line}\n")
    for words in (["extract", "dish.json", "soup.txt"], ["doctor", "--config"]):
        ran = structgen(*words)
        assert ran.status == 2
        assert ran.out == ""
        assert ran.said[-1].startswith(f"structgen: {folder / file}, line 2: {said}")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MODE", "jsn", "STRUCTGEN_MODE: 'jsn' is not one of "),
        ("CONCURRENCY", "many", "STRUCTGEN_CONCURRENCY is 'many', but must be a whole number."),
        ("MAX_COST", "inf", "STRUCTGEN_MAX_COST is inf, but must be a finite number."),
        ("QUIET", "perhaps", "STRUCTGEN_QUIET is 'perhaps', but must be true or false."),
        ("CURRENCY", "euro", "STRUCTGEN_CURRENCY is 'euro', but must be "),
    ],
)
def test_what_a_variable_gets_wrong_is_said_with_its_name(
    structgen, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"STRUCTGEN_{name}", value)
    ran = structgen("extract", "dish.json", "soup.txt")
    assert (ran.status, ran.out) == (2, "")
    assert ran.said[-1].startswith(f"structgen: {said}")


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('api_key = "topsecret1"', "topsecret1"),
        ('groq-api-key = "topsecret1"', "topsecret1"),
        ('token = "topsecret1"', "topsecret1"),
        ('model = "gsk_topsecret1"', "gsk_topsecret1"),
        ('base_url = "https://me:topsecret1@localhost/v1"', "topsecret1"),
        ('base_url = "https://localhost/v1?sig=topsecret1"', "topsecret1"),
    ],
)
def test_a_credential_in_a_file_is_refused_and_not_shown(structgen, folder: Path, line: str, secret: str) -> None:
    (folder / "pyproject.toml").write_text(f"{TABLE}{line}\n")
    ran = structgen("doctor", "--config")
    assert ran.status == 2
    assert "does not belong in this file, which others will read" in ran.said[-1]
    assert "GROQ_API_KEY" in ran.said[-1]
    assert secret not in ran.err + ran.out


@pytest.mark.parametrize("text", ["[tool.structgen\n", "[tool]\nstructgen = 1\n", "structgen = \xff"])
def test_a_file_that_cannot_be_read_is_named(structgen, folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_bytes(text.encode("latin-1"))
    ran = structgen("prompt", "dish.json")
    assert ran.status == 2
    assert str(folder / "pyproject.toml") in ran.said[-1]


def test_a_file_about_other_tools_is_passed_over_even_if_it_is_broken(
    structgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text(f'{TABLE}mode = "json"\n')
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "pyproject.toml").write_text("not TOML")
    (folder / "a" / "b" / "pyproject.toml").write_text('[project]\nname = "structgen-user"\n')
    monkeypatch.chdir(folder / "a" / "b")
    assert shown(structgen)["mode"] == ("json", f"{folder / 'pyproject.toml'}, line 2")


def test_settings_in_two_files_of_one_folder_are_refused(structgen, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(f'{TABLE}mode = "json"\n')
    (folder / "structgen.toml").write_text('mode = "json"\n')
    assert "keep those in one of them" in structgen("doctor", "--config").said[-1]


def test_a_path_is_relative_to_the_file_that_names_it(structgen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "structgen.toml").write_text('instructions = "words.txt"\nstore = "kept.sqlite"\n')
    (folder / "words.txt").write_text("Answer in capitals.")
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert "Answer in capitals." in structgen("prompt", "../dish.json", "--model", GROQ).out
    assert f"No store at {folder / 'kept.sqlite'}" in structgen("runs").said[-1]


def test_help_is_shown_whatever_a_file_says(structgen, folder: Path) -> None:
    (folder / "structgen.toml").write_text("nonsense = 1\n")
    assert structgen("extract", "--help").status == 0


def test_a_setting_can_be_turned_off_again(structgen, folder: Path) -> None:
    (folder / "structgen.toml").write_text('allow_incomplete = true\nquiet = true\nmodel = "rules"\n')
    (folder / "short.txt").write_text("Name: Soup\n")
    words = ["extract", "dish.json", "short.txt"]
    assert structgen(*words).status == 0
    assert structgen(*words, "--no-allow-incomplete").status == 1
    assert "1 row" not in structgen(*words).err
    assert "1 row" in structgen(*words, "--no-quiet").err


def test_no_store_wins_over_the_store_of_a_file(structgen, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    (folder / "structgen.toml").write_text(f'store = "kept.sqlite"\nmodel = "{GROQ}"\n')
    assert structgen("extract", "dish.json", "soup.txt", "--no-store").status == 0
    assert not (folder / "kept.sqlite").exists()
    assert structgen("extract", "dish.json", "soup.txt").status == 0
    assert structgen("runs").out.split()[0] == "1"


def test_a_run_is_read_again_with_the_settings_that_it_had(structgen, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup"}'), repeat_last=True)
    settings = folder / "structgen.toml"
    settings.write_text(f'model = "{GROQ}"\nmax_attempts = 1\nallow_incomplete = true\n')
    assert structgen("extract", "dish.json", "soup.txt").status == 0
    assert "--max-attempts=1" in structgen("runs", "show", "1", "--json").rows[0]["command"]
    settings.write_text("max_attempts = 2\n")
    assert structgen("runs", "reparse", "1", "--model", "replay").status == 0
    assert len(groq_emulator.requests) == 1


@pytest.mark.parametrize("before", ["", "rules,"])
def test_the_server_of_a_file_is_used_for_compatible_models_and_said(
    structgen, folder: Path, before: str, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    monkeypatch.setenv("STRUCTGEN_API_KEY", os.environ["GROQ_API_KEY"])
    server = f"{os.environ['GROQ_BASE_URL']}/openai/v1"
    (folder / "structgen.toml").write_text(f'base_url = "{server}"\n')
    model = f"{before}compatible/openai/gpt-oss-20b"
    ran = structgen("extract", "dish.json", "soup.txt", "--model", model, "--no-store")
    assert ran.rows[0]["status"] == "ok", ran.rows[0]["error"]
    assert ran.said[0] == f"structgen: {model} is at {server} ({folder}/structgen.toml, line 1)."


def test_the_server_of_the_command_line_is_that_of_the_model(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    server = os.environ["GROQ_BASE_URL"]
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    ran = structgen("extract", "dish.json", "soup.txt", "--model", GROQ, "--no-store", "--base-url", server)
    assert ran.rows[0]["status"] == "ok", ran.rows[0]["error"]


def test_rules_that_a_setting_names_are_chosen(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_MODEL", "rules")
    ran = structgen("extract", "dish.json", "soup.txt")
    assert ran.said[0] == "structgen: no LLM used, fields not found are null."


def test_a_library_call_reads_no_file(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(f'{TABLE}model = "rules"\nmode = "json"\n')
    (folder / ".env").write_text("STRUCTGEN_MODEL=rules\n")
    with pytest.raises(ConfigurationError, match="No model is named"):
        library.extract({"type": "object"}, "Name: Soup")
    assert library.Extractor("rules").options.mode == "auto"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tasks calibrate dish.json gold.jsonl", "tasks calibrate --max-cost=0.5 dish.json gold.jsonl"),
        ("tasks improve dish.json gold.jsonl", "tasks improve dish.json gold.jsonl"),
        ("tasks dish.json", "tasks dish.json"),
        ("tasks", "tasks"),
        ("runs reparse 1", "runs reparse 1"),  # the stored command of the run has the settings
    ],
)
def test_the_command_of_a_group_takes_the_settings_that_it_shares(words: str, expected: str, folder: Path) -> None:
    (folder / "structgen.toml").write_text("max_cost = 0.5\n")
    assert add_settings(get_command(app), words.split()) == expected.split()
