"""The pytest plugin and the lazy names of the package."""

import inspect
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import structgen.testing
from structgen.core.errors import ConfigurationError
from structgen.testing import Emulator

USERS_TEST = """
import groq
from structgen.testing import reply

def test_first(groq_emulator):
    groq_emulator.script(reply("Ada"))
    asked = [{"role": "user", "content": "Who?"}]
    with groq.Groq() as client:
        found = client.chat.completions.create(model="openai/gpt-oss-20b", messages=asked)
    assert found.choices[0].message.content == "Ada"
    assert len(groq_emulator.requests) == 1
    groq_emulator.script(reply("left over"))

def test_second(groq_emulator):
    assert groq_emulator.requests == []
"""


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # those are for this run
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=300, env=env)


def test_a_users_test_gets_an_emulator_with_nothing_but_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(USERS_TEST, "utf-8")
    without = [f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "nbmake", "xdist", "pytest_cov")]
    done = run("-m", "pytest", "-q", "-W", "error", *without, "test_mine.py", cwd=tmp_path)
    assert "2 passed" in done.stdout, done.stdout


@pytest.mark.parametrize("name", ["test_a_rate_limit_is_waited_for", "test_no_answer_is_so_bad_that_a_row_is_lost"])
def test_the_examples_in_the_docs_pass(name: str, groq_emulator: Emulator) -> None:
    text = inspect.getdoc(structgen.testing)
    assert text
    code = textwrap.dedent(text.partition("::\n")[2].partition("\nA request is answered")[0])
    names: dict[str, Any] = {}
    exec(compile(code, "structgen.testing", "exec"), names)
    names[name](groq_emulator)


def test_the_fixture_sets_the_environment_and_takes_it_back(groq_emulator: Emulator) -> None:
    assert os.environ["GROQ_API_KEY"] == groq_emulator.api_key
    assert os.environ["GROQ_BASE_URL"] == groq_emulator.base_url


def test_the_plugin_loads_nothing_heavy(tmp_path: Path) -> None:
    script = """
import sys
import textwrap
import structgen.testing.plugin
print(sorted({"starlette", "uvicorn", "groq", "httpx", "pydantic", "jsonschema"} & set(sys.modules)))
"""
    assert run("-c", script, cwd=tmp_path).stdout == "[]\n"


def test_without_the_extra_the_way_to_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "structgen.testing.emulator.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ConfigurationError, match=r'needs uvicorn: run pip install "structgen\[testing\]"'):
        _ = structgen.testing.Emulator


def test_another_missing_module_is_not_blamed_on_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "structgen.testing.emulator.server", raising=False)
    monkeypatch.setitem(sys.modules, "structgen.testing.emulator.chat.completions", None)
    with pytest.raises(ModuleNotFoundError):
        _ = structgen.testing.Emulator


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(hasattr(structgen.testing, name) for name in structgen.testing.__all__)
    assert not hasattr(structgen.testing, "nothing")
