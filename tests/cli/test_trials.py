"""The command `extract` under kill -9 and under faults: no row is lost or twice, and nothing stored is asked again.

The suite runs it small. By hand, for the figures:

    TRIAL_KILLS=50 TRIAL_DOCUMENTS=5000 .venv/bin/python -m pytest -s tests/cli/test_trials.py
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from structgen.core.json import JsonObject
from structgen.store import Store
from structgen.testing import Emulator, FaultPlan

KILLS = int(os.environ.get("TRIAL_KILLS", "2"))
DOCUMENTS = int(os.environ.get("TRIAL_DOCUMENTS", "40"))
SEED = int(os.environ.get("TRIAL_SEED", "1"))
_NUMBER = re.compile(r"Dish (\d+) takes")
DOCUMENTS_A_KILL = 30
"""Enough that a run is still at work when it is killed."""


def answered(body: JsonObject) -> str:
    """The right answer for a document."""
    number = document_in(body)
    return json.dumps({"title": f"Dish {number}", "minutes": number})


def document_in(body: JsonObject) -> int:
    found = _NUMBER.findall(json.dumps(body["messages"]))
    assert found, "the request has no document"
    return int(found[-1])


def write_documents(folder: Path, count: int) -> Path:
    file = folder / "documents.jsonl"
    rows = (json.dumps({"id": str(n), "text": f"Dish {n} takes {n} minutes."}) for n in range(count))
    file.write_text("\n".join(rows) + "\n")
    return file


def command(server: Emulator, folder: Path, *more: str) -> subprocess.Popen[str]:
    """Start the command in another process."""
    environment = {**os.environ, "GROQ_API_KEY": server.api_key, "GROQ_BASE_URL": server.base_url}
    words = ["--fields", "title, minutes int", "--model", "groq/openai/gpt-oss-20b", "--concurrency", "8"]
    files = ["documents.jsonl", "-o", "out.jsonl", "--store", "store.sqlite"]
    return subprocess.Popen(
        [sys.executable, "-m", "structgen", "extract", *words, *files, *more],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored(folder: Path) -> set[int]:
    """The documents whose answers are stored."""
    file = folder / "store.sqlite"
    if not file.exists():
        return set()
    with Store(file) as store:
        return {int(_NUMBER.findall(entry.request.document or "")[0]) for entry in store.entries()}


def rows_of(file: Path) -> list[JsonObject]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def kill_at_work(process: subprocess.Popen[str], server: Emulator, chance: random.Random) -> bool:
    """Kill a run at a random moment after its first request; return whether it was still running."""
    before = len(server.requests)
    while process.poll() is None and len(server.requests) == before:
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, 0.5))
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    return running


def test_runs_that_are_killed_lose_no_row_and_pay_for_nothing_twice(tmp_path: Path) -> None:
    count, chance, killed, again = KILLS * DOCUMENTS_A_KILL, random.Random(SEED), 0, 0
    write_documents(tmp_path, count)
    with Emulator(answer=answered, latency=0.1) as server:
        for _ in range(KILLS):
            known, seen = stored(tmp_path), len(server.requests)
            killed += kill_at_work(command(server, tmp_path), server, chance)
            again += sum(document_in(one.body) in known for one in list(server.requests)[seen:])
        known, seen = stored(tmp_path), len(server.requests)
        last = command(server, tmp_path)
        said = last.communicate(timeout=600)[1]
        again += sum(document_in(one.body) in known for one in list(server.requests)[seen:])
        asked = Counter(document_in(one.body) for one in server.requests)
    rows = rows_of(tmp_path / "out.jsonl")
    twice = sum(times - 1 for times in asked.values())
    sys.stdout.write(
        f"\n{killed} of {KILLS} runs killed at work; {count} documents, {len(rows)} rows; {len(known)} stored before "
        f"the last run; {again} stored ones asked again; {twice} calls in flight at a kill asked again\n"
    )
    assert last.returncode == 0, said
    assert [row["id"] for row in rows] == [str(n) for n in range(count)]
    assert all(row["value"] == {"title": f"Dish {n}", "minutes": n} for n, row in enumerate(rows))
    assert again == 0
    assert twice <= 8 * KILLS  # at most those in flight
    assert not list(tmp_path.glob("*.part"))


def killed_after(process: subprocess.Popen[str], server: Emulator, requests: int, seconds: float) -> bool:
    """Kill a process some time after its requests; return whether it was still running."""
    before = len(server.requests)
    while process.poll() is None and len(server.requests) < before + requests:
        time.sleep(0.005)
    time.sleep(seconds)
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    return running


def test_batch_runs_that_are_killed_lose_no_row_and_send_nothing_twice(tmp_path: Path) -> None:
    chance, killed, batches = random.Random(SEED), 0, 0
    expected = [{"title": f"Dish {n}", "minutes": n} for n in range(DOCUMENTS_A_KILL)]
    with Emulator(answer=answered, latency=0.02) as server:
        while killed < KILLS:
            folder = tmp_path / str(batches)
            folder.mkdir()
            write_documents(folder, DOCUMENTS_A_KILL)
            server.reset()
            batches += 1
            running = True
            while running:  # the same command, until one ends before its kill
                process = command(server, folder, "--via", "groq-batch")
                # a whole run sends eight requests: to find, upload, find, create, look and download
                running = killed_after(process, server, chance.randrange(1, 8), chance.uniform(0.0, 0.15))
                killed += running
            found = rows_of(folder / "out.jsonl")
            assert process.returncode == 0
            assert [row["value"] for row in found] == expected
            posted = Counter(one.path for one in server.requests if one.method == "POST")
            assert posted == {"/openai/v1/files": 1, "/openai/v1/batches": 1}
            assert not list(folder.glob("*.part"))
    sys.stdout.write(f"\n{killed} batch runs killed at work; {batches} batches, each uploaded once, all rows once\n")


@pytest.mark.parametrize("seed", [SEED])
def test_every_document_gets_a_value_or_a_reason_whatever_the_server_does(tmp_path: Path, seed: int) -> None:
    write_documents(tmp_path, DOCUMENTS)
    faults = FaultPlan(seed=seed, rate_limited=0.1, retry_after=0, server_error=0.03, dropped=0.02, malformed=0.05)
    with Emulator(answer=answered, faults=faults) as server:
        process = command(server, tmp_path)
        said = process.communicate(timeout=3_000)[1]
        met = Counter(str(one.fault) for one in server.requests if one.fault)
        calls = len(server.requests)
    rows = rows_of(tmp_path / "out.jsonl")
    statuses = Counter(str(row["status"]) for row in rows)
    sys.stdout.write(f"\n{DOCUMENTS} documents, {calls} calls, faults {dict(met)}, rows {dict(statuses)}\n")
    assert [row["id"] for row in rows] == [str(n) for n in range(DOCUMENTS)], said
    for n, row in enumerate(rows):
        right = row["value"] == {"title": f"Dish {n}", "minutes": n}
        assert right if row["status"] == "ok" else row["error"], row
