"""Both type checkers agree with what overloads.py claims."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# None of these is in the type of a public call: if one were, it would be Any, and the claims would fail.
UNREAD = """[mypy]
[mypy-openai.*,instructor.*,aiohttp.*,IPython.*,prompt_toolkit.*,markdown_it.*,numpy.*]
follow_imports = skip
"""


@pytest.mark.parametrize(
    "checker",
    [
        ["pyright", "--pythonpath", sys.executable],
        ["mypy", "--strict", "--follow-imports=silent", "--python-executable", sys.executable],
    ],
    ids=["pyright", "mypy"],
)
def test_a_call_has_the_type_of_its_schema(checker: list[str], tmp_path: Path) -> None:
    name, *arguments = checker
    if name == "mypy":
        (tmp_path / "mypy.ini").write_text(UNREAD)
        arguments += ["--config-file", str(tmp_path / "mypy.ini"), "--cache-dir", str(tmp_path)]
    command = [sys.executable, "-m", name, *arguments, str(HERE / "overloads.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
