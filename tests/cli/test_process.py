"""What only a separate process shows: streams, signals, a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from structgen.store import Store
from structgen.testing import Clock, Emulator, Limits, reply

GROQ = "groq/openai/gpt-oss-20b"
GOOD = '{"name": "Soup", "serves": 4}'


@pytest.fixture
def many(folder: Path) -> Path:
    """A table of 200 documents, no two with the same text: equal requests are asked only once."""
    (folder / "many.jsonl").write_text(
        "".join(f'{{"id": "{n}", "text": "Name: Soup\\nServes: 4\\nPage: {n}"}}\n' for n in range(200))
    )
    return folder


def wait_for_lines(path: Path, count: int) -> None:
    until = time.monotonic() + 120
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < until, "the rows did not come"
        time.sleep(0.02)


def wait_for_requests(server: Emulator, count: int) -> None:
    until = time.monotonic() + 120
    while len(server.requests) < count:
        assert time.monotonic() < until, "the requests did not come"
        time.sleep(0.02)


def statuses(path: Path) -> list[str]:
    return [json.loads(line)["status"] for line in path.read_text("utf-8").splitlines()]


def read_all(terminal: int) -> str:
    """Return what was written to a pseudo-terminal after its other end was closed."""
    pieces: list[bytes] = []
    with suppress(OSError):  # that is how its end shows on Linux
        while piece := os.read(terminal, 4096):
            pieces.append(piece)
    os.close(terminal)
    return b"".join(pieces).decode()


def test_the_standard_input_is_read_and_output_is_utf8_whatever_the_locale(start, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    monkeypatch.setenv("PYTHONUTF8", "0")
    process = start("extract", "dish.json", "-", "--model", "rules")
    out, err = process.communicate("Name: 味噌汁\nServes: 4\n", timeout=300)
    assert json.loads(out)["value"]["name"] == "味噌汁"
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_a_reader_that_has_seen_enough_is_no_error(many: Path) -> None:
    command = f"{sys.executable} -m structgen extract dish.json many.jsonl --model rules 2>err.txt | head -n 1"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["id"] == "0"
    assert (many / "err.txt").read_text() == "structgen: no LLM used, fields not found are null.\n"


@pytest.mark.parametrize(("signalled", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_finish_what_is_under_way_and_keep_it(
    signalled: signal.Signals, status: int, start, many: Path, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(GOOD, delay=0.2), repeat_last=True)
    process = start(
        "extract", "dish.json", "many.jsonl", "--model", GROQ, "-o", "out.jsonl", "--concurrency", "3", "--no-store"
    )
    wait_for_lines(many / "out.jsonl.part", 2)
    process.send_signal(signalled)
    _, err = process.communicate(timeout=300)
    assert process.returncode == status
    assert set(statuses(many / "out.jsonl")) == {"ok"}
    assert len(statuses(many / "out.jsonl")) == len(groq_emulator.requests) < 200
    assert "stopping: finishing requests in flight" in err
    left = 200 - len(groq_emulator.requests)
    assert f"structgen: {left} documents are left over: the same command starts over: no responses are stored." in err
    assert "Traceback" not in err


def test_a_second_ctrl_c_ends_at_once_and_keeps_what_is_done(start, many: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(*[reply(GOOD)] * 4, reply(GOOD, delay=300), repeat_last=True)
    process = start("extract", "dish.json", "many.jsonl", "--model", GROQ, "-o", "out.csv", "--concurrency", "2")
    wait_for_lines(many / "out.csv.part", 4)
    wait_for_requests(groq_emulator, 5)  # with nothing in flight the first one would end the run
    process.send_signal(signal.SIGINT)
    assert "stopping" in "".join(process.stderr.readline() for _ in range(1))
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=300)
    assert time.monotonic() - began < 150
    assert "stopped; the rows so far are in out.csv: the same command continues from here." in err
    assert process.returncode == 130
    assert len((many / "out.csv").read_text().splitlines()) >= 4


def test_ctrl_c_gives_up_the_calls_that_wait_for_a_limit(start, many: Path, monkeypatch) -> None:
    with Emulator(limits=Limits(rpm=2), clock=Clock(speed=0)) as server:  # a minute that never ends
        server.script(reply(GOOD), repeat_last=True)
        monkeypatch.setenv("GROQ_API_KEY", server.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
        process = start("extract", "dish.json", "many.jsonl", "--model", GROQ, "-o", "out.jsonl", "--no-store")
        until = time.monotonic() + 120
        while len(server.requests) < 3:
            assert time.monotonic() < until, "no call was refused"
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=300)
        assert time.monotonic() - began < 27  # the server asks for 30
    assert process.returncode == 130
    assert statuses(many / "out.jsonl") == ["ok"] * 2
    assert "structgen: 198 documents are left over: the same command starts over" in err
    assert "Traceback" not in err


def test_a_killed_run_leaves_its_rows_in_the_part(start, many: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(*[reply(GOOD)] * 4, reply(GOOD, delay=300), repeat_last=True)
    process = start("extract", "dish.json", "many.jsonl", "--model", GROQ, "-o", "out.csv", "--concurrency", "2")
    wait_for_lines(many / "out.csv.part", 3)
    process.kill()
    process.communicate(timeout=300)
    assert len(statuses(many / "out.csv.part")) >= 3
    assert not (many / "out.csv").exists()


def test_a_run_that_ends_at_once_shows_its_summary_alone_on_a_terminal_and_in_a_pipe(folder: Path) -> None:
    arguments = [
        sys.executable,
        "-m",
        "structgen",
        "extract",
        "dish.json",
        "soup.txt",
        "--model",
        "rules",
        "-o",
        "o.csv",
    ]
    ours, theirs = pty.openpty()
    subprocess.run(arguments, stderr=theirs, check=True)
    os.close(theirs)
    shown = read_all(ours)
    assert "structgen: 1 row: 1 ok" in shown.splitlines()[-1]  # after the panel, if a slow machine had time for it
    piped = subprocess.run(arguments, capture_output=True, text=True, check=True).stderr
    assert piped.splitlines()[-1].startswith("structgen: 1 row: 1 ok")


def test_ctrl_c_before_the_command_begins_shows_no_traceback() -> None:
    code = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from structgen.cli import main\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (130, "")


def test_ctrl_c_while_python_ends_changes_neither_the_status_nor_the_output() -> None:
    code = (
        "import atexit, os, signal, sys\n"
        "from structgen.cli import main\n"
        "sys.argv = ['structgen', '--version']\n"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"  # called after what `main` registers
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["2>&-", "2>&- <&-"])
def test_a_closed_stderr_loses_no_row(many: Path, closed: str) -> None:
    command = f"{sys.executable} -m structgen extract dish.json many.jsonl --model rules {closed}"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert len(ran.stdout.splitlines()) == 200


@pytest.mark.parametrize("words", ["tasks", "--help", "extract dish.json soup.txt --model rules -q"])
def test_a_full_disk_behind_stdout_is_one_sentence(folder: Path, words: str) -> None:
    command = f"{sys.executable} -m structgen {words} > /dev/full"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    said = [line for line in ran.stderr.splitlines() if "no LLM used" not in line]
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert ran.returncode == 1


@pytest.mark.parametrize("shown", ["", " --show"])
def test_the_summary_counts_the_rows_that_could_not_be_written(many: Path, shown: str) -> None:
    command = f"{sys.executable} -m structgen extract dish.json many.jsonl --model rules{shown} > /dev/full"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    (summary,) = [line for line in ran.stderr.splitlines() if " ok" in line]
    rows = summary.removeprefix("structgen: ").split()[0]
    assert summary.endswith(f"; {rows} of them could not be written")
    assert ran.returncode == 1


def test_a_run_goes_on_if_nothing_can_be_said(folder: Path) -> None:
    command = f"{sys.executable} -m structgen extract dish.json soup.txt --model rules -o out.jsonl 2> /dev/full"
    subprocess.run(command, shell=True, check=True)
    assert statuses(folder / "out.jsonl") == ["ok"]


def test_what_is_in_flight_when_the_reader_goes_is_stored(many: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD, delay=0.05), repeat_last=True)
    different = "".join(f'{{"id": "{n}", "text": "Name: Soup {n}\\nServes: 4"}}\n' for n in range(200))
    (many / "many.jsonl").write_text(different)
    command = f"{sys.executable} -m structgen extract dish.json many.jsonl --model {GROQ} --concurrency 4 | head -n 1"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (len(ran.stdout.splitlines()), ran.stderr) == (1, "")
    with Store(many / ".structgen" / "store.sqlite") as store:
        assert store.sizes().completions == len(groq_emulator.requests)
    assert 4 <= len(groq_emulator.requests) < 200


def test_a_second_run_into_one_file_is_refused_while_the_first_is_going(
    start, many: Path, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(GOOD, delay=1), repeat_last=True)
    arguments = ("extract", "dish.json", "many.jsonl", "--model", GROQ, "-o", "out.jsonl", "--no-store")
    first = start(*arguments)
    wait_for_lines(many / "out.jsonl.part", 1)
    second = start(*arguments)
    _, err = second.communicate(timeout=300)
    assert (second.returncode, "out.jsonl is being written by another run" in err) == (2, True)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=300)
    assert first.returncode == 130
    assert set(statuses(many / "out.jsonl")) == {"ok"}
