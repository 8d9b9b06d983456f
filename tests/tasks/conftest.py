"""A user's project in an empty folder, and its files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.core.errors import TaskError

TEMPLATE = """
    from pydantic import BaseModel, Field

    from structgen import Task


    class {model}(BaseModel):
        title: str = Field(description="What it is about")


    task: Task[{model}] = Task("{name}", {model}, instructions="Leave null what is not said.")
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file into the project: `write("schemas/ticket.py", text)`."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_template(write: Callable[[str, str], Path]) -> Callable[[str], Path]:
    """Writes a working Python template under that path: its model is the file's name in capitals."""

    def write_template(name: str) -> Path:
        stem = Path(name).stem
        return write(name, TEMPLATE.format(name=stem, model=stem.capitalize()))

    return write_template


@pytest.fixture(scope="session")
def outcome() -> Callable[..., object]:
    """What a call gives: its result, or the text of its TaskError."""

    def outcome(call: Callable[..., object], *args: object, **options: object) -> object:
        try:
            return call(*args, **options)
        except TaskError as error:
            return str(error)

    return outcome
