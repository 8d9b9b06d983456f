from __future__ import annotations

import json
from pathlib import Path

import pytest

from structgen.testing import Emulator
from structgen.testing.emulator.server import EMULATOR_KEY

SAID = "The order has 12 chairs. The total is 480 euros."


@pytest.fixture
def calls(folder: Path, sound, groq_emulator: Emulator) -> Path:
    """A folder ``calls`` with two recordings and a text."""
    groq_emulator.transcribe_with(lambda body: SAID)
    (folder / "calls").mkdir()
    (folder / "calls" / "monday.wav").write_bytes(sound(2))
    (folder / "calls" / "tuesday.mp3").write_bytes(sound(3))
    (folder / "calls" / "note.txt").write_text("Total: 5")
    return folder / "calls"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", SAID),
        (
            "srt",
            (
                "1\n00:00:00,000 --> 00:00:01,020\nThe order has 12 chairs.\n\n"
                "2\n00:00:01,020 --> 00:00:02,000\nThe total is 480 euros.\n"
            ),
        ),
        (
            "vtt",
            (
                "WEBVTT\n\n00:00:00.000 --> 00:00:01.020\nThe order has 12 chairs.\n\n"
                "00:00:01.020 --> 00:00:02.000\nThe total is 480 euros.\n"
            ),
        ),
    ],
)
def test_a_recording_is_written_in_the_format(structgen, calls: Path, form: str, expected: str) -> None:
    ran = structgen("transcribe", "calls/monday.wav", "--format", form)
    assert (ran.status, ran.out) == (0, f"{expected}\n")
    assert ran.said == ["structgen: 1 recording transcribed, 0.0 minutes of audio; 0.0001 USD."]


def test_every_format_comes_from_one_answer(structgen, calls: Path, groq_emulator: Emulator) -> None:
    for form in ("text", "json", "verbose_json", "srt", "vtt"):
        assert structgen("transcribe", "calls/monday.wav", "--format", form, "-o", f"out.{form}").status == 0
    assert len(groq_emulator.requests) == 1
    assert json.loads(Path("out.json").read_text()) == {
        "id": "monday.wav",
        "source": "calls/monday.wav",
        "text": SAID,
    }
    verbose = json.loads(Path("out.verbose_json").read_text())
    assert (verbose["duration"], verbose["stored"], len(verbose["words"])) == (2.0, True, 10)
    assert verbose["segments"][1]["text"] == "The total is 480 euros."


def test_a_folder_of_recordings_becomes_a_folder_of_files(structgen, calls: Path) -> None:
    ran = structgen("transcribe", "calls", "-o", "out", "--format", "srt")
    assert (ran.status, ran.out) == (0, "")
    assert sorted(path.name for path in Path("out").iterdir()) == ["monday.srt", "tuesday.srt"]


def test_several_recordings_on_stdout_are_separate_texts_or_lines(structgen, calls: Path) -> None:
    assert structgen("transcribe", "calls").out == f"{SAID}\n\n{SAID}\n"
    assert [row["id"] for row in structgen("transcribe", "calls", "--format", "json").rows] == [
        "monday.wav",
        "tuesday.mp3",
    ]


def test_one_bad_file_does_not_stop_the_others(structgen, calls: Path) -> None:
    (calls / "a.mp3").write_bytes(b"")
    (calls / "z.mp3").write_bytes(b"Dear Sir")
    ran = structgen("transcribe", "calls", "calls/nothing.wav", "-o", "out")
    assert ran.status == 1
    assert sorted(path.name for path in Path("out").iterdir()) == ["monday.txt", "tuesday.txt"]
    assert ran.said[0] == "structgen: calls/a.mp3: the file is empty: there is nothing to transcribe."
    assert "calls/z.mp3: it is not audio" in ran.said[1]
    assert "there is no such file" in ran.said[2]
    assert ran.said[3].startswith("structgen: 2 of 5 recordings transcribed")


def test_parameters_reach_the_server(structgen, calls: Path, groq_emulator: Emulator) -> None:
    options = ["--language", "de", "--prompt", "Kärcher", "--temperature", "0.5", "--timestamps", "segment,word"]
    assert structgen("transcribe", "calls/monday.wav", *options, "--model", "whisper-large-v3").status == 0
    assert structgen("transcribe", "calls/monday.wav", "--translate").status == 0
    first, second = groq_emulator.requests
    assert [first.body[name] for name in ("model", "language", "prompt", "temperature")] == [
        "whisper-large-v3",
        "de",
        "Kärcher",
        "0.5",
    ]
    assert first.body["timestamp_granularities[]"] == ["word", "segment"]
    assert (second.path.rpartition("/")[2], second.body["model"]) == ("translations", "whisper-large-v3")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calls", "--format", "srt"], "name a folder, -o DIR"),
        (["calls", "-o", "calls/note.txt"], "several recordings need a folder"),
        (["calls/monday.wav", "-o", "calls/monday.wav"], "is also an input"),
        (["calls/monday.wav", "calls/../calls/monday.wav", "-o", "out"], "Two recordings would be written"),
        (["calls/monday.wav", "--model", "openai/gpt-oss-20b"], "not a speech model"),
        (["calls/monday.wav", "--model", "whisper-large-v3-turbo", "--translate"], "cannot translate"),
        (["calls/monday.wav", "--timestamps", "sentence"], "'word', 'segment' or both"),
        (["calls/monday.wav", "--store", "x.sqlite", "--no-store"], "exclude each other"),
    ],
)
def test_what_cannot_work_is_a_usage_error_before_anything_is_sent(
    structgen, calls: Path, groq_emulator: Emulator, arguments: list[str], said: str
) -> None:
    ran = structgen("transcribe", *arguments)
    assert ran.status == 2
    assert said in ran.err
    assert groq_emulator.requests == []


def test_the_run_is_in_the_ledger_with_what_it_paid(structgen, calls: Path) -> None:
    structgen("transcribe", "calls")
    assert "2 rows  transcribe  groq/whisper-large-v3-turbo" in structgen("runs").out
    assert "2 completions" in structgen("runs", "show", "1").out
    assert "not made by a command that extracts" in structgen("runs", "reparse", "1").err


def test_extract_transcribes_recordings_beside_texts(structgen, calls: Path, groq_emulator: Emulator) -> None:
    ran = structgen("extract", "--fields", "total float", "calls", "--model", "rules")
    assert ran.status == 0
    assert [(row["id"], row["value"]["total"]) for row in ran.rows] == [
        ("monday.wav", 480),
        ("note.txt", 5),
        ("tuesday.mp3", 480),
    ]
    assert ran.rows[0]["evidence"][0]["seconds"] == [1.54, 1.69]
    assert "seconds" not in ran.rows[1]["evidence"][0]
    assert ran.said[-1].startswith("structgen: 2 recordings transcribed, 0.1 minutes of audio; 0.0002 USD")
    structgen("transcribe", "calls")
    assert len(groq_emulator.requests) == 2


def test_extract_replays_transcripts_with_the_answers(structgen, calls: Path, groq_emulator: Emulator) -> None:
    first = structgen("extract", "--fields", "total float", "calls", "--model", "groq/openai/gpt-oss-20b")
    sent = len(groq_emulator.requests)
    again = structgen("extract", "--fields", "total float", "calls", "--model", "replay")
    assert [row["value"] for row in again.rows] == [row["value"] for row in first.rows]
    assert len(groq_emulator.requests) == sent


def test_show_prints_when_a_value_was_said(structgen, calls: Path) -> None:
    ran = structgen("extract", "--fields", "total float", "calls/monday.wav", "--model", "rules", "--show")
    assert "0:01, 1:39" in ran.out


def test_the_budget_of_a_run_counts_its_transcripts(structgen, calls: Path, groq_emulator: Emulator) -> None:
    fields = ["extract", "--fields", "total float", "calls/note.txt", "calls/monday.wav", "--model", "rules"]
    ran = structgen(*fields, "--max-cost", "0.00001")
    assert (ran.status, [row["id"] for row in ran.rows]) == (3, ["note.txt"])
    assert "calls/monday.wav: transcribing it may cost 0.0004" in ran.err
    assert "At least 1 document is left over" in ran.err
    assert groq_emulator.requests == []


def test_a_recording_that_cannot_be_transcribed_is_a_failed_row(structgen, calls: Path, monkeypatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("extract", "--fields", "total float", "calls/monday.wav", "calls/note.txt", "--model", "rules")
    assert (ran.status, [row["status"] for row in ran.rows]) == (1, ["failed", "ok"])
    assert "no speech model can be used: No API key for groq" in ran.rows[0]["error"]


def test_a_wrong_key_stops_the_run_and_keeps_the_rows_before(structgen, calls: Path, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", f"{EMULATOR_KEY}x")
    ran = structgen("extract", "--fields", "total float", "calls/note.txt", "calls/monday.wav", "--model", "rules")
    assert (ran.status, [row["id"] for row in ran.rows]) == (2, ["note.txt"])
    assert "invalid_api_key" in ran.err
