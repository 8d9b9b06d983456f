"""Killed workers and killed drivers: nothing is lost, nothing is paid twice, and a poison row ends as a failed one.

The runner of Daft cannot be changed within a process, so each run is a process of its own.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structgen.testing import Emulator

TASK = """
import os, signal
from pathlib import Path
from pydantic import BaseModel, field_validator

class Soup(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def _kills(cls, name: str) -> str:
        once = Path(os.environ["ONCE"])
        if name == "Poison" or (name == "Once" and not once.exists()):
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return name
"""

CLUSTER = """
import sys
from ray.cluster_utils import Cluster

size = 80 * 2**20
head = {"num_cpus": 1, "object_store_memory": size, "include_dashboard": False, "temp_dir": sys.argv[1]}
cluster = Cluster(initialize_head=True, head_node_args=head)
cluster.add_node(num_cpus=1, object_store_memory=size)
from structgen.cli import main
try:
    sys.argv = ["structgen", *sys.argv[2:], "--ray", cluster.address]
    main()
finally:
    import ray
    ray.shutdown()
    cluster.shutdown()
"""

DOCUMENTS = 300


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("ONCE", str(tmp_path / "once"))
    (tmp_path / "task.py").write_text(TASK)
    return ["extract", f"{tmp_path}/task.py:Soup", f"{tmp_path}/in.jsonl", "--engine", "daft", "--concurrency", "4"]


def write_inputs(folder: Path, **special: int) -> list[str]:
    names = [f"Soup {number}" for number in range(DOCUMENTS)]
    for name, number in special.items():
        names[number] = name
    rows = ({"id": str(number), "text": f"Name: {name}"} for number, name in enumerate(names))
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return names


def run(command: list[str], timeout: float = 300) -> "subprocess.CompletedProcess[str]":
    """Run a process, and leave none behind, those that it started included."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def read(path: Path) -> list[dict[str, Any]]:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(path).to_pylist()


def test_a_killed_driver_loses_nothing_and_pays_nothing_twice(
    inputs: list[str], emulator: Emulator, tmp_path: Path
) -> None:
    names = write_inputs(tmp_path, Once=150)
    command = ["-m", "structgen", *inputs, "-o", f"{tmp_path}/out.parquet", "--store", f"{tmp_path}/store.sqlite"]
    assert run(command).returncode == -signal.SIGKILL
    assert 0 < len(emulator.requests) < DOCUMENTS
    again = run(command)
    assert (again.returncode, again.stdout) == (0, ""), again.stderr
    assert [row["value.name"] for row in read(tmp_path / "out.parquet")] == names
    assert len(emulator.requests) <= 1.02 * DOCUMENTS


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """A folder with a short name, because Ray has its sockets there."""
    folder = Path(tempfile.mkdtemp(prefix="sgray", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_on_a_ray_cluster_a_row_that_kills_its_worker_is_one_failed_row(
    inputs: list[str], emulator: Emulator, tmp_path: Path, ray_folder: Path
) -> None:
    names = write_inputs(tmp_path, Poison=120)
    options = ["-o", f"{tmp_path}/out.parquet", "--store", f"{tmp_path}/store.sqlite"]
    ran = run(["-c", CLUSTER, str(ray_folder), *inputs, *options])
    assert ran.returncode == 1, ran.stderr
    assert "1 failed" in ran.stderr, ran.stderr
    rows = read(tmp_path / "out.parquet")
    assert [row["value.name"] for row in rows] == [None if name == "Poison" else name for name in names]
    assert [row["id"] for row in rows if row["status"] != "ok"] == ["120"]
    assert rows[120]["error"].startswith("3 processes died while they worked on this document")
    assert len(emulator.requests) <= 1.02 * DOCUMENTS
    assert {request.status for request in emulator.requests} == {200}
