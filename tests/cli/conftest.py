"""The command line in this process, and as a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from structgen.cli import main

SOUP = "Name: Soup\nServes: 4\n"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "serves": {"type": "integer"}},
    "required": ["name", "serves"],
}


@dataclass(frozen=True)
class Ran:
    """The outcome of a command."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> list[str]:
        """The lines on stderr."""
        return self.err.splitlines()


Command = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder with a schema, ``dish.json``, and a text that fits it, ``soup.txt``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dish.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "soup.txt").write_text(SOUP)
    return tmp_path


@pytest.fixture
def structgen(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """``structgen(*arguments)`` in this process; the environment is restored afterwards."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["structgen", *arguments])
        capsys.readouterr()
        with patch.dict(os.environ), pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def start(folder: Path) -> Callable[..., subprocess.Popen[str]]:
    """``start(*arguments)``: the command as a separate process, with pipes as its streams."""

    def begin(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "structgen", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return begin
