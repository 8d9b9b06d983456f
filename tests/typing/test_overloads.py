"""Both type checkers agree with what overloads.py claims."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.parametrize(
    "checker",
    [
        ["pyright", "--pythonpath", sys.executable],
        ["mypy", "--strict", "--follow-imports=silent", "--python-executable", sys.executable, "--cache-dir"],
    ],
    ids=["pyright", "mypy"],
)
def test_a_call_has_the_type_of_its_schema(checker: list[str], tmp_path: Path) -> None:
    name, *arguments = checker
    cache = [str(tmp_path)] if name == "mypy" else []
    command = [sys.executable, "-m", name, *arguments, *cache, str(HERE / "overloads.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
