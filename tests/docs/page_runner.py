"""Run the blocks of a page in a folder: Python in one namespace, commands in this process, output compared."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from typer.main import get_command

from structgen.cli import main
from structgen.cli.app import app
from structgen.testing import Emulator, reply
from tests.docs.page_blocks import Block

ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
_APP: Any = get_command(app)


def _parameters(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from (name for name in [*parameter.opts, *parameter.secondary_opts] if name.startswith("--"))
    for below in getattr(command, "commands", {}).values():
        yield from _parameters(below)


COMMANDS: frozenset[str] = frozenset(_APP.commands)
"""The names of the commands."""
OPTIONS = frozenset(_parameters(_APP)) | {"--help"}
"""The options of all commands."""


@dataclass
class PageRunner:
    """What the blocks of a page share: the names of Python, the emulated model, and what was printed last."""

    page: Path
    emulator: Emulator
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "page"})
    printed: str = ""

    def run(self, block: Block) -> None:
        """Run one block. Raises AssertionError, or the error of the code, if it does not do what the page says."""
        where = f"{self.page.name}:{block.line}"
        if (name := block.said("file")) is not None:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(block.text, "utf-8")
        elif block.said("test command") is not None:
            check_extras(block.text, where)  # .ci/run runs it
        elif block.said("output") is not None:
            assert same_output(block.text, self.printed), (
                f"{where} shows\n{block.text}\nbut this was printed:\n{self.printed}"
            )
        elif block.language == "python":
            self._python(block, where)
        elif block.language == "ipython":
            run_cells(block.text, where)
        elif block.language in {"sh", "console"}:
            self._shell(block, where)
        else:
            assert block.language in {"text", "toml", "json"}, f"{where}: no test knows the language {block.language}"
            assert block.said("not run"), (
                f"{where}: say what this block is: a file, an output, or not run with a reason"
            )

    def _python(self, block: Block, where: str) -> None:
        code = compile("\n" * (block.line - 1) + block.text, str(self.page), "exec", dont_inherit=True)
        if block.said("not run"):
            check_names(block.text, where)
            return
        self._script(block)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, self.names)
            tests = re.findall(r"^def (test_\w+)", block.text, re.MULTILINE)
            for name in tests:
                self.emulator.reset()
                self.names[name](self.emulator)
        self.printed = printed.getvalue()

    def _shell(self, block: Block, where: str) -> None:
        self._script(block)
        self.printed = ""
        status = 0
        lines = block.text.replace("\\\n", " ").splitlines()
        for line in filter(None, (without_comment(line) for line in lines)):
            if block.said("not run") is not None:
                check_command(line, where)
            else:
                status = self._line(line, where)
        assert status == int(block.said("exit") or 0), f"{where}: exit status {status}\n{self.printed}"

    def _script(self, block: Block) -> None:
        if block.replies:
            self.emulator.script(*(reply(text) for text in block.replies))

    def _line(self, line: str, where: str) -> int:
        if line.startswith("pip install"):
            check_extras(line, where)
            return 0
        line, _, target = line.partition(" > ")
        fed, status = "", 0
        for part in line.split(" | "):
            fed, status = run_command(shlex.split(part), fed, where)
        if target:
            Path(target.strip()).write_text(fed, "utf-8")
        else:
            self.printed += fed
        return status


def run_command(words: list[str], fed: str, where: str) -> tuple[str, int]:
    """Run a command with this standard input. Return its standard output and exit status."""
    settings: dict[str, str] = {}
    status = 0
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        settings |= {} if value == "..." else {name: value}
    if words[0] != "structgen":
        assert words[0] in {"echo", "cat", "head", "ls"}, f"{where}: tests do not run {words[0]}"
        done = subprocess.run(words, input=fed, capture_output=True, text=True, check=True)
        return done.stdout, 0
    written = io.BytesIO()
    stdin, stdout = io.TextIOWrapper(io.BytesIO(fed.encode()), "utf-8"), io.TextIOWrapper(written, "utf-8")
    with (
        patch.dict(os.environ, settings),
        patch.multiple(sys, argv=words, stdin=stdin, stdout=stdout),
    ):
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
    stdout.flush()
    return written.getvalue().decode(), status


def run_cells(text: str, where: str) -> None:
    """Run cells, which lines ``%%extract ...`` begin, in a shell of IPython."""
    settings = Config()
    settings.HistoryManager.enabled = False
    before = sys.displayhook, sys.excepthook
    shell: Any = InteractiveShell(config=settings)
    try:
        for cell in re.split(r"\n(?=%%)", text):
            assert shell.run_cell(cell).success, f"{where}: {cell}"
    finally:
        atexit.unregister(shell.atexit_operations)
        shell.atexit_operations()
        sys.displayhook, sys.excepthook = before


def check_command(line: str, where: str) -> None:
    """Check the words of a command without running it: the command exists and takes these options."""
    if line.startswith("pip install"):
        check_extras(line, where)
        return
    for part in line.split(" | "):
        words = [word for word in shlex.split(part) if not re.match(r"[A-Z_]+=", word)]
        if words[0] == "structgen":
            command, name = _APP, "structgen"
            words = words[1:]
            while isinstance(command, click.Group) and words and words[0] in command.commands:
                name, command = words[0], command.commands[words.pop(0)]
            words = [word for word in words if word not in {">", "2>"}]
            try:
                command.make_context(name, words, resilient_parsing=False).close()
            except (click.exceptions.Exit, SystemExit):
                pass  # an option such as --help, which ends at once
            except click.UsageError as error:
                raise AssertionError(f"{where}: {line}: {error.format_message()}") from None


def check_extras(line: str, where: str) -> None:
    """Check that the extras in a line of pip exist."""
    extras = {one.strip() for found in re.findall(r"\[([\w, ]+)\]", line) for one in found.split(",")}
    ours = "structgen[" in line or ".[" in line
    assert not ours or extras <= set(_PROJECT["optional-dependencies"]), f"{where}: {line}"


def check_names(code: str, where: str) -> None:
    """Check that what the code imports from structgen, and takes of it by name, exists."""
    for module, names in re.findall(r"^from (structgen[\w.]*) import ([\w, ]+)", code, re.MULTILINE):
        home = importlib.import_module(module)
        missing = [name for name in re.split(r", *", names.strip()) if not hasattr(home, name)]
        assert not missing, f"{where}: {module} has no {missing}"
    import structgen

    for name in re.findall(r"\bstructgen\.([a-z_]\w*)\(", code):
        assert hasattr(structgen, name), f"{where}: structgen has no {name}"


def without_comment(line: str) -> str:
    """Return a line of a shell without its prompt and its comment."""
    return re.sub(r"(?:^|\s+)#\s.*", "", line.removeprefix("$ ")).strip()


def same_output(shown: str, printed: str) -> bool:
    """Compare output, apart from white space at the ends of lines. ``...`` stands for any text."""
    parts = re.split(r"\.\.\.", "\n".join(line.rstrip() for line in shown.strip().splitlines()))
    pattern = r"(?s:.*?)".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in printed.strip().splitlines())) is not None
