from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from structgen.testing import Emulator, error, reply

NOTICE = "structgen: no LLM used, fields not found are null."
GROQ = "groq/openai/gpt-oss-20b"
GOOD = '{"name": "Soup", "serves": 4}'


def rules(structgen, *arguments: str):
    return structgen("extract", *arguments, "--model", "rules")


def test_a_file_becomes_a_row_on_stdout_and_all_else_goes_to_stderr(structgen) -> None:
    ran = rules(structgen, "dish.json", "soup.txt")
    (row,) = ran.rows
    assert (row["id"], row["source"], row["status"]) == ("soup.txt", "soup.txt", "ok")
    assert row["value"] == {"name": "Soup", "serves": 4}
    assert ran.status == 0
    assert ran.said[0] == NOTICE
    assert ran.said[-1].startswith("structgen: 1 row: 1 ok")


def test_a_folder_a_table_and_a_glob_are_read_in_their_order(structgen, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "b.txt").write_text("Name: B\nServes: 2")
    (folder / "t.csv").write_text('nr,body\n7,"Name: T\nServes: 3"\n')
    ran = rules(structgen, "dish.json", "in", "t.csv", "so*.txt", "--text-field", "body", "--id-field", "nr")
    assert [(row["id"], row["value"]["name"]) for row in ran.rows] == [("b.txt", "B"), ("7", "T"), ("soup.txt", "Soup")]


def test_rows_go_to_the_file_that_is_named(structgen, folder: Path) -> None:
    ran = rules(structgen, "dish.json", "soup.txt", "-o", "out.csv")
    assert (ran.status, ran.out) == (0, "")
    assert ran.said[-1].endswith("; in out.csv")
    with (folder / "out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["value.name"] == "Soup"


def test_without_key_and_model_the_rules_read_and_say_so(structgen) -> None:
    ran = structgen("extract", "dish.json", "soup.txt")
    assert ran.status == 0
    assert ran.rows[0]["model"] == "rules"
    assert ran.said[0] == (
        "structgen: no model is named and no key is set, so the rules read: no LLM used, fields not found are null."
    )


def test_quiet_keeps_the_notice_of_the_rules_and_errors_alone(structgen) -> None:
    ran = rules(structgen, "dish.json", "soup.txt", "soup.txt", "gone.txt", "-q")
    assert ran.said == [NOTICE, "structgen: gone.txt: there is no such file or folder."]


def test_what_is_not_found_is_null_and_the_status_is_1(structgen, folder: Path) -> None:
    (folder / "soup.txt").write_text("Name: Soup")
    ran = rules(structgen, "dish.json", "soup.txt")
    assert ran.status == 1
    assert (ran.rows[0]["status"], ran.rows[0]["value"]) == ("incomplete", {"name": "Soup", "serves": None})
    assert ran.said[-1].startswith("structgen: 1 row: 0 ok, 1 incomplete")


def test_incomplete_rows_are_allowed_when_asked_for(structgen, folder: Path) -> None:
    (folder / "soup.txt").write_text("Name: Soup")
    assert rules(structgen, "dish.json", "soup.txt", "--allow-incomplete").status == 0
    assert rules(structgen, "dish.json", "soup.txt", "gone.txt", "--allow-incomplete").status == 1


def test_whatever_cannot_be_read_has_its_row_and_the_others_are_done(structgen, folder: Path) -> None:
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(bytes(range(256)))
    (folder / "t.jsonl").write_text('{"text": "Name: A\\nServes: 1"}\nno JSON\n')
    ran = rules(structgen, "dish.json", "gone.txt", "empty.txt", "binary.txt", "t.jsonl", "soup.txt")
    assert [(row["id"], row["status"]) for row in ran.rows] == [
        ("gone.txt", "failed"),
        ("empty.txt", "failed"),
        ("binary.txt", "failed"),
        ("t.jsonl:1", "ok"),
        ("t.jsonl:2", "failed"),
        ("soup.txt", "ok"),
    ]
    assert ran.status == 1
    assert [line.split(":")[1].strip() for line in ran.said[1:5]] == [
        "gone.txt",
        "empty.txt",
        "binary.txt",
        "t.jsonl (t.jsonl",
    ]
    assert "Traceback" not in ran.err


def test_many_failures_are_named_up_to_ten(structgen) -> None:
    ran = rules(structgen, "dish.json", *(f"gone{n}.txt" for n in range(15)))
    assert sum(line.startswith("structgen: gone") for line in ran.said) == 10
    assert any(line.startswith("structgen: 15 failed: ") for line in ran.said)
    assert "structgen: more rows failed; the output contains their errors." in ran.said
    assert len(ran.rows) == 15


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuchtask", "soup.txt"], "No task 'nosuchtask'"),
        (["soup.txt", "recipe"], "soup.txt is an input, not a task: name the TASK first"),
        (["dish.json"], "Name an INPUT"),
        ([], "Name a TASK"),
        (["gone.py:Dish", "soup.txt"], "no such file"),
        (["broken.py:Dish", "soup.txt"], "broken.py"),
        (["broken.json", "soup.txt"], "broken.json"),
        (["odd.py:Odd", "soup.txt"], "has no JSON form"),
        (["odd.py:Nobody", "soup.txt"], "Nobody"),
        (["dish.json", "soup.txt", "-o", "out.xlsx"], ".jsonl, .csv, .parquet or .sqlite"),
        (
            ["dish.json", "soup.txt", "-o", "nowhere/out.csv"],
            "the folder nowhere does not exist. Create it first.",
        ),
        (["dish.json", "soup.txt", "-o", "soup.txt"], "is also an input"),
        (["dish.json", "soup.txt", "--model", "gpt"], "is not a model"),
        (["dish.json", "soup.txt", "--model", GROQ], "GROQ_API_KEY"),
        (["dish.json", "soup.txt", "--instructions", "gone.txt"], "gone.txt"),
        (["dish.json", "soup.txt", "--examples", "gone.jsonl"], "gone.jsonl"),
        (["dish.json", "soup.txt", "--model", "compatible/x", "--max-cost", "1"], "STRUCTGEN_BASE_URL"),
        (["--fields", "name, age nosuchtype", "soup.txt"], "column 11"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_to_do(
    structgen, folder: Path, arguments: list[str], words: str
) -> None:
    (folder / "broken.py").write_text("import nosuchmodule\n")
    (folder / "odd.py").write_text(
        "from collections.abc import Callable\n\nfrom pydantic import BaseModel\n\n\n"
        "class Odd(BaseModel):\n    call: Callable[[], int]\n"
    )
    (folder / "broken.json").write_text('{"type": ')
    ran = structgen("extract", *arguments)
    said = [line for line in ran.said if "so the rules read" not in line]
    assert ran.status == 2
    assert len([line for line in said if line.startswith("structgen: ")]) == 1
    assert "Traceback" not in ran.err
    assert words in said[0]
    assert ran.out == ""


@pytest.mark.parametrize(
    "arguments", [["--mode", "magic"], ["--concurrency", "0"], ["--nosuchoption"], ["--max-cost", "-1"]]
)
def test_an_option_that_is_not_understood_is_wrong_usage(structgen, arguments: list[str]) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", *arguments)
    assert ran.status == 2
    assert arguments[0] in ran.err
    assert ran.out == ""


def test_a_file_that_is_written_to_may_not_be_read(structgen, folder: Path) -> None:
    (folder / "t.jsonl").write_text('{"text": "Name: A\\nServes: 1"}\n')
    (folder / "link.jsonl").symlink_to("t.jsonl")
    assert rules(structgen, "dish.json", "t.jsonl", "-o", "link.jsonl").status == 2
    assert (folder / "t.jsonl").read_text() == '{"text": "Name: A\\nServes: 1"}\n'


def test_the_same_command_again_does_not_read_its_own_output(structgen, folder: Path) -> None:
    (folder / "dish.json").rename(folder / ".dish.json")
    for _ in range(2):
        ran = rules(structgen, ".dish.json", ".", "-o", "out.jsonl")
        assert ran.status == 0, ran.err
    assert len((folder / "out.jsonl").read_text().splitlines()) == 1


def test_fields_stand_in_the_place_of_a_task(structgen) -> None:
    (row,) = rules(structgen, "--fields", "name, serves int", "soup.txt").rows
    assert row["value"] == {"name": "Soup", "serves": 4}


def test_a_model_of_a_python_file_is_a_task(structgen, folder: Path) -> None:
    (folder / "dishes.py").write_text(
        "from pydantic import BaseModel\n\n\nclass Dish(BaseModel):\n    name: str\n    serves: int\n"
    )
    (row,) = rules(structgen, "dishes.py:Dish", "soup.txt").rows
    assert (row["status"], row["value"]) == ("ok", {"name": "Soup", "serves": 4})


def test_a_name_of_the_registry_is_a_task(structgen, folder: Path) -> None:
    (folder / "pie.txt").write_text("Apple Pie\n\nServes: 4\n\nIngredients:\n- 2 apples\n\nInstructions:\n1. Bake.\n")
    (row,) = rules(structgen, "recipe", "pie.txt", "--allow-incomplete").rows
    assert row["value"]["title"] == "Apple Pie"


def test_a_key_in_the_nearest_env_file_is_used(structgen, folder: Path, groq_emulator: Emulator, monkeypatch) -> None:
    groq_emulator.script(reply(GOOD))
    monkeypatch.delenv("GROQ_API_KEY")
    (folder / ".env").write_text(f"GROQ_API_KEY={groq_emulator.api_key}\nGROQ_BASE_URL=http://127.0.0.1:9\n")
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    ran = structgen("extract", "../dish.json", "../soup.txt")
    assert (ran.status, ran.rows[0]["status"]) == (0, "ok")  # the base URL of the environment was not overridden
    assert ran.rows[0]["model"] == "openai/gpt-oss-20b"
    assert groq_emulator.api_key not in ran.out + ran.err


def test_an_env_file_that_is_no_text_is_one_line(structgen, folder: Path) -> None:
    (folder / ".env").write_bytes(b"KEY=\xff\xfe\x00")
    ran = structgen("extract", "dish.json", "soup.txt")
    assert ran.status == 2
    assert len(ran.said) == 1
    assert ran.said[0].startswith("structgen: Cannot read ")
    assert ".env: " in ran.said[0]


def test_the_environment_names_the_model(structgen, monkeypatch) -> None:
    monkeypatch.setenv("STRUCTGEN_MODEL", "rules")
    assert structgen("extract", "dish.json", "soup.txt").rows[0]["model"] == "rules"


def test_a_model_is_asked_with_the_options_of_the_command(structgen, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    (folder / "how.txt").write_text("Count the guests twice.")
    (folder / "more.jsonl").write_text(json.dumps({"text": "Pie for 2", "value": {"name": "Pie", "serves": 2}}) + "\n")
    ran = structgen(
        "extract", "dish.json", "soup.txt", "--model", GROQ, "--mode", "json", "--style", "json_schema",
        "--instructions", "how.txt", "--examples", "more.jsonl",
    )  # fmt: skip
    (sent,) = groq_emulator.requests
    words = json.dumps(sent.body)
    assert sent.body["response_format"] == {"type": "json_object"}
    assert "Count the guests twice." in words
    assert "Pie for 2" in words
    assert '\\"properties\\"' in words
    assert (ran.status, ran.rows[0]["value"]) == (0, {"name": "Soup", "serves": 4})
    assert ran.rows[0]["usage"]["calls"] == 1
    assert "; 1 call; " in ran.said[-1]
    assert NOTICE not in ran.said


def test_attempts_are_bounded_by_the_command(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": "many"}', as_is=True), repeat_last=True)
    ran = structgen("extract", "dish.json", "soup.txt", "--model", GROQ, "--max-attempts", "2")
    assert (ran.status, ran.rows[0]["status"]) == (1, "failed")
    assert len(groq_emulator.requests) == 2
    assert ran.rows[0]["issues"][0]["path"] == "/serves"


def test_the_risk_of_repairs_is_bounded_by_the_command(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Soup", "serves": "4"}', as_is=True), repeat_last=True)
    arguments = ("extract", "dish.json", "soup.txt", "--model", GROQ, "--max-attempts", "1", "--mode", "json")
    taken = structgen(*arguments).rows[0]
    assert (taken["status"], taken["value"]["serves"]) == ("ok", 4)
    assert [repair["risk"] for repair in taken["repairs"]] == ["interpretive"]
    refused = structgen(*arguments, "--max-risk", "lossless").rows[0]
    assert refused["status"] == "failed"
    assert refused["issues"][0]["repair"]["after"] == 4


def test_a_refused_key_is_one_line_and_wrong_usage(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_wrong_and_secret")
    ran = structgen("extract", "dish.json", "soup.txt", "-o", "out.jsonl")
    assert ran.status == 2
    assert "401" in ran.said[-1]
    assert "gsk_wrong_and_secret" not in ran.err
    assert json.loads(Path("out.jsonl").read_text())["status"] == "failed"


def test_an_unknown_model_is_one_line_and_wrong_usage(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", "--model", "groq/nosuchmodel")
    assert ran.status == 2
    assert "nosuchmodel" in ran.said[-1]


def test_a_fault_of_one_call_leaves_the_others(structgen, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("request_too_large_body"), reply(GOOD))
    (folder / "stew.txt").write_text("Stew for 4")
    ran = structgen("extract", "dish.json", "stew.txt", "soup.txt", "--model", GROQ, "--concurrency", "1")
    assert [row["status"] for row in ran.rows] == ["failed", "ok"]
    assert ran.status == 1


def test_a_budget_ends_the_run_with_status_3_and_its_rows(structgen, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    (folder / "t.jsonl").write_text('{"text": "Name: A"}\n' * 20)
    ran = structgen(
        "extract",
        "dish.json",
        "t.jsonl",
        "--model",
        GROQ,
        "--max-cost",
        "0.003",
        "--concurrency",
        "2",
        "-o",
        "o.csv",
        "--no-store",
    )
    assert ran.status == 3
    assert "of 0.003 USD" in ran.err
    rows = (folder / "o.csv").read_text().splitlines()[1:]
    assert f"{20 - len(rows)} documents are left over" in ran.err
    assert 1 <= len(rows) < 20
    assert len(rows) == len(groq_emulator.requests)


def test_a_price_that_is_not_known_is_wrong_usage_before_any_call(
    structgen, groq_emulator: Emulator, monkeypatch
) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/openai/v1")
    ran = structgen("extract", "dish.json", "soup.txt", "--model", "compatible/llama", "--max-cost", "1")
    assert ran.status == 2
    assert "price" in ran.said[-1]
    assert groq_emulator.requests == []


def test_a_long_document_is_read_in_chunks_and_its_row_says_so(structgen, folder: Path) -> None:
    (folder / "long.txt").write_text("Name: Soup\nServes: 4\n\n" + "Nothing else is said here. " * 40)
    (row,) = rules(structgen, "dish.json", "long.txt", "--chunk-chars", "400").rows
    assert row["value"] == {"name": "Soup", "serves": 4}
    assert row["chunks"]["count"] > 2
    assert row["chunks"]["failed"] == []
    assert "chunks" not in rules(structgen, "dish.json", "soup.txt", "--chunk-chars", "400").rows[0]
    (twice,) = rules(structgen, "dish.json", "long.txt", "--chunk-chars", "400", "--passes", "2").rows
    assert twice["chunks"]["count"] > row["chunks"]["count"]


def test_quotes_are_asked_for_and_what_has_none_is_named_in_rows_and_in_the_summary(
    structgen, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"name": {"quote": "Soup", "value": "Soup"}, "serves": {"quote": null, "value": 4}}'))
    model = ("--model", "groq/openai/gpt-oss-20b")
    ran = structgen("extract", "dish.json", "soup.txt", *model, "--evidence", "quotes")
    assert ran.rows[0]["unsupported"] == ["/serves"]
    assert [piece["status"] for piece in ran.rows[0]["evidence"]] == ["exact", "unsupported"]
    assert "1 value unsupported (/serves: 1)" in ran.said[-1]
    assert "copied word for word" in str(groq_emulator.requests[-1].body)


def test_values_without_evidence_fail_where_it_is_required(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Bread", "serves": 4}'), repeat_last=True)
    model = ("--model", "groq/openai/gpt-oss-20b", "--max-attempts", "1")
    ran = structgen("extract", "dish.json", "soup.txt", *model, "--require-evidence")
    assert ran.status == 1
    assert [(issue["path"], issue["code"]) for issue in ran.rows[0]["issues"]] == [("/name", "unsupported")]


def test_the_prompt_with_quotes_can_be_looked_at(structgen) -> None:
    assert "{quote: string | null, value: string}" in structgen("prompt", "dish.json", "--evidence", "quotes").out
    assert "quote" not in structgen("prompt", "dish.json").out


def test_the_conventions_of_documents_are_options(structgen, folder: Path) -> None:
    (folder / "due.txt").write_text("Due date: 03/04/2024\nTotal: 1,299\n")
    fields = ["--fields", "due_date date?, total float?", "due.txt", "--model", "rules", "--allow-incomplete"]
    values = [
        structgen("extract", *fields, *more).rows[0]["value"]
        for more in ([], ["--date-order", "mdy"], ["--language", "de"])
    ]
    assert values == [
        {"due_date": None, "total": None},
        {"due_date": "2024-03-04", "total": None},
        {"due_date": "2024-04-03", "total": 1.299},
    ]
    wrong = structgen("extract", *fields, "--language", "german")
    assert wrong.status == 2
    assert "such as 'de' or 'en-GB'" in wrong.err
