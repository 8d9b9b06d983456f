from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
KEYS = {
    "task", "model", "documents", "characters", "stored", "unreadable", "problems", "chunked", "images", "requests",
    "input_tokens", "output_tokens", "cost", "batch_cost", "seconds", "seconds_by_tier", "basis", "history", "models",
    "notes", "prompt",
}  # fmt: skip


def estimate(structgen, *arguments: str) -> dict:
    ran = structgen("extract", *arguments, "--dry-run", "--json", "-q")
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


def rows_of(folder: Path, name: str, numbers: range) -> str:
    words = [f"Name: Dish {number}\nServes: {number}\n" + "Stir it well. " * (number % 7) for number in numbers]
    (folder / name).write_text(
        "".join(json.dumps({"id": f"d{n}", "text": one}) + "\n" for n, one in zip(numbers, words, strict=True))
    )
    return name


def test_a_dry_run_needs_no_key_and_leaves_no_trace(structgen, folder: Path) -> None:
    found = estimate(structgen, "dish.json", "soup.txt", "--model", GROQ)
    assert found.keys() == KEYS
    assert (found["documents"], found["characters"], found["requests"]) == (1, 21, 1)
    assert found["cost"] > 0
    assert found["batch_cost"] == pytest.approx(found["cost"] / 2)
    assert found["basis"] == "rough"
    assert "Name: Soup" in found["prompt"]["messages"][-1]["content"]
    assert sorted(path.name for path in folder.iterdir()) == ["dish.json", "soup.txt"]


def test_the_words_for_people_say_the_same(structgen) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", "gone.txt", "--model", GROQ, "--dry-run")
    assert ran.status == 0
    assert "documents      1, and 1 that cannot be read" in ran.out
    assert "roughly, from the number of characters" in ran.out
    assert "Name: Soup" in ran.out
    assert "gone.txt: there is no such file or folder." in ran.err


def test_the_rules_cost_nothing_and_a_model_without_a_card_has_no_price(structgen) -> None:
    free = estimate(structgen, "dish.json", "soup.txt", "--model", "rules")
    assert (free["cost"], free["requests"], free["prompt"]) == (0, 0, None)
    assert "no LLM is used" in structgen("extract", "dish.json", "soup.txt", "--model", "rules", "--dry-run").out
    unknown = estimate(
        structgen, "dish.json", "soup.txt", "--model", "compatible/own", "--base-url", "http://127.0.0.1:1/v1"
    )
    assert (unknown["cost"], unknown["batch_cost"], unknown["seconds"], unknown["requests"]) == (None, None, None, 1)


def test_a_long_document_counts_a_request_for_each_chunk(structgen, folder: Path) -> None:
    (folder / "long.txt").write_text("Name: Soup\nServes: 4\n\n" + "Stir it well for a while.\n\n" * 60)
    found = estimate(structgen, "dish.json", "long.txt", "--model", GROQ, "--chunk-chars", "500")
    assert found["chunked"] == 1
    assert found["requests"] >= 3


def test_a_cascade_counts_only_what_the_rules_leave_open(structgen, folder: Path) -> None:
    (folder / "open.txt").write_text("A soup that nobody named, for many.")
    found = estimate(structgen, "dish.json", "soup.txt", "open.txt", "--model", f"rules,{GROQ}")
    assert (found["documents"], found["stored"], found["requests"]) == (2, 1, 1)


def test_inputs_that_cannot_be_read_are_counted_and_recordings_are_not_transcribed(
    structgen, folder: Path, sound, groq_emulator: Emulator
) -> None:
    (folder / "said.wav").write_bytes(sound(0.2))
    (folder / "empty.txt").write_text(" ")
    (folder / "t.jsonl").write_text('{"id": "a", "text": "Name: A"}\n{"id": "b"}\n{broken\n')
    found = estimate(structgen, "dish.json", "said.wav", "empty.txt", "t.jsonl", "--model", GROQ)
    assert (found["documents"], found["unreadable"]) == (1, 3)
    assert len(found["problems"]) == 3
    assert "1 recording not estimated" in found["notes"][0]
    assert groq_emulator.requests == []


def test_stored_answers_count_nothing_and_the_store_stays_as_it_is(structgen, folder: Path, groq_emulator) -> None:
    rows_of(folder, "a.jsonl", range(1, 4))
    structgen("extract", "dish.json", "a.jsonl", "-q", "-o", "out.jsonl")
    before = sha256((folder / ".structgen" / "store.sqlite").read_bytes()).digest()
    names = sorted(path.name for path in (folder / ".structgen").iterdir())
    asked = len(groq_emulator.requests)
    rows_of(folder, "b.jsonl", range(1, 6))
    found = estimate(structgen, "dish.json", "b.jsonl")
    assert (found["documents"], found["stored"], found["requests"]) == (5, 3, 2)
    assert found["basis"] == "history"
    assert sha256((folder / ".structgen" / "store.sqlite").read_bytes()).digest() == before
    assert sorted(path.name for path in (folder / ".structgen").iterdir()) == names
    assert len(groq_emulator.requests) == asked
    assert estimate(structgen, "dish.json", "b.jsonl", "--no-store")["stored"] == 0


def test_equal_texts_are_paid_for_once(structgen, folder: Path) -> None:
    (folder / "same.jsonl").write_text('{"text": "Name: A\\nServes: 2"}\n' * 4)
    assert estimate(structgen, "dish.json", "same.jsonl", "--model", GROQ)["requests"] == 1
    assert estimate(structgen, "dish.json", "same.jsonl", "--model", GROQ, "--no-store")["requests"] == 4


def test_with_a_history_the_estimate_is_within_five_percent_of_the_run(
    structgen, folder: Path, groq_emulator: Emulator
) -> None:
    def answer(body) -> str:
        words = body["messages"][-1]["content"]
        # a third of the first answers are refused, and then asked for again
        wrong = len(body["messages"]) == 2 and sha256(words.encode()).digest()[0] % 3 == 0 and "JSON value" not in words
        return '{"name": "Dish"}' if wrong else json.dumps({"name": "Dish" * (1 + len(words) % 3), "serves": 4})

    groq_emulator.answer_with(lambda body: reply(answer(body)))
    rows_of(folder, "learnt.jsonl", range(120))
    structgen("extract", "dish.json", "learnt.jsonl", "-q", "-o", "out.jsonl", "--mode", "json")
    rows_of(folder, "new.jsonl", range(1000, 1200))
    found = estimate(structgen, "dish.json", "new.jsonl", "--mode", "json")
    assert found["basis"] == "history"
    structgen("extract", "dish.json", "new.jsonl", "-q", "-o", "new.out.jsonl", "--mode", "json")
    usages = [json.loads(line)["usage"] for line in (folder / "new.out.jsonl").read_text().splitlines()]
    assert found["requests"] == pytest.approx(sum(one["calls"] for one in usages), rel=0.05)
    assert found["input_tokens"] == pytest.approx(sum(one["input_tokens"] for one in usages), rel=0.05)
    assert found["output_tokens"] == pytest.approx(sum(one["output_tokens"] for one in usages), rel=0.05)


def test_a_replay_says_what_has_no_answer(structgen, folder: Path, groq_emulator: Emulator) -> None:
    structgen("extract", "dish.json", "soup.txt", "-q")
    (folder / "other.txt").write_text("Name: Other\nServes: 2")
    found = estimate(structgen, "dish.json", "soup.txt", "other.txt", "--model", "replay")
    assert (found["stored"], found["requests"], found["cost"]) == (1, 0, 0)
    assert "replay sends nothing" in found["notes"][0]


def test_the_same_seed_chooses_the_same_documents_in_any_order(structgen, folder: Path) -> None:
    rows_of(folder, "a.jsonl", range(40))
    (folder / "b.jsonl").write_text("".join(reversed((folder / "a.jsonl").read_text().splitlines(keepends=True))))

    def ids(*arguments: str) -> set[str]:
        return {row["id"] for row in structgen("extract", "dish.json", *arguments, "--model", "rules", "-q").rows}

    chosen = ids("a.jsonl", "--sample", "5", "--seed", "3")
    assert len(chosen) == 5
    assert ids("b.jsonl", "--sample", "5", "--seed", "3") == chosen
    assert ids("a.jsonl", "--sample", "5", "--seed", "4") != chosen
    assert ids("a.jsonl", "--limit", "3") == {"d0", "d1", "d2"}
    assert ids("a.jsonl", "--limit", "3", "--sample", "9") == {"d0", "d1", "d2"}


def test_only_chosen_recordings_are_transcribed(structgen, folder: Path, sound, groq_emulator: Emulator) -> None:
    for number in range(4):
        (folder / f"said{number}.wav").write_bytes(sound(0.1 + number / 100))
    inputs = [f"said{number}.wav" for number in range(4)]
    structgen("extract", "dish.json", *inputs, "--sample", "1", "-q")
    assert [one.path for one in groq_emulator.requests if "audio" in one.path] == ["/openai/v1/audio/transcriptions"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "3"], "--seed chooses a sample"),
        (["--json"], "--json only applies to --dry-run"),
        (["--dry-run", "--limit", "0"], "--limit"),
        (["--dry-run", "--model", "groq/llama-3.1-8b-instant"], "has retired the model"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(structgen, words: list[str], said: str) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", *words)
    assert ran.status == 2
    assert said in ran.err


def test_a_store_that_another_process_has_open_is_read_with_its_newest_entries(
    structgen, folder: Path, groq_emulator: Emulator
) -> None:
    structgen("extract", "dish.json", "soup.txt", "-q")
    path = folder / ".structgen" / "store.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE beside (x)")
    other.commit()  # it stays in the write-ahead log while the connection is open
    assert estimate(structgen, "dish.json", "soup.txt")["stored"] == 1
    other.close()


def test_only_failed_documents_are_estimated_if_only_they_are_asked_again(
    structgen, folder: Path, groq_emulator: Emulator
) -> None:
    groq_emulator.answer_with(
        lambda body: reply("no" if "Dish 2" in json.dumps(body) else '{"name": "A", "serves": 4}')
    )
    rows_of(folder, "a.jsonl", range(1, 4))
    command = ["dish.json", "a.jsonl", "-o", "out.jsonl", "--mode", "json"]
    structgen("extract", *command)
    asked = len(groq_emulator.requests)
    assert estimate(structgen, *command, "--retry-failed")["documents"] == 1
    assert len(groq_emulator.requests) == asked
