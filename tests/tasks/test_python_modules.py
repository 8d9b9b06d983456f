"""Importing the user's Python files: alone, beside each other, changed, and broken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from structgen.core.errors import TaskError, TaskNotFound
from structgen.schemas import recipe
from structgen.tasks.python_modules import load_file, load_module, load_point, load_template, templates_folder

Write = Callable[[str, str], Path]


def test_two_files_of_one_name_do_not_collide(tmp_path: Path, write: Write) -> None:
    first, second = write("a/json.py", "here = 'a'\n"), write("b/json.py", "here = 'b'\n")

    assert (load_file(first, tmp_path).here, load_file(second, tmp_path).here) == ("a", "b")
    assert "here" not in vars(sys.modules["json"])


def test_an_unchanged_file_is_imported_once(tmp_path: Path, write: Write) -> None:
    path = write("ticket.py", "class Ticket: ...\n")

    assert load_file(path, tmp_path).Ticket is load_file(path, tmp_path).Ticket


def test_a_changed_file_is_imported_anew(tmp_path: Path, write: Write) -> None:
    before = load_file(write("ticket.py", "value = 1\n"), tmp_path)

    assert load_file(write("ticket.py", "value = 2\n"), tmp_path).value == 2
    assert before.value == 1


def test_no_bytecode_is_left_in_the_users_folder(tmp_path: Path, write: Write) -> None:
    load_file(write("schemas/ticket.py", "value = 1\n"), tmp_path)

    assert not list(tmp_path.rglob("__pycache__"))


def test_a_file_imports_the_one_beside_it(tmp_path: Path, write: Write) -> None:
    write("schemas/common_parts.py", "class Address: ...\n")
    path = write("schemas/ticket.py", "from .common_parts import Address\nimport common_parts\n")

    module = load_file(path, tmp_path)

    assert module.Address.__module__.endswith(".common_parts")
    del sys.modules["common_parts"]


def test_a_file_imports_from_the_users_project(tmp_path: Path, write: Write) -> None:
    write("my_project_parts/shapes.py", "class Address: ...\n")
    path = write("schemas/ticket.py", "from my_project_parts.shapes import Address\n")

    assert load_file(path, tmp_path).Address.__module__ == "my_project_parts.shapes"
    del sys.modules["my_project_parts"], sys.modules["my_project_parts.shapes"]


def test_a_file_within_a_package_imports_from_the_folder_above(tmp_path: Path, write: Write) -> None:
    write("desk/__init__.py", "name = 'desk'\n")
    write("desk/shapes.py", "class Address: ...\n")
    write("desk/schemas/__init__.py", "")
    path = write("desk/schemas/ticket.py", "from .. import name\nfrom ..shapes import Address\n")

    assert load_file(path, tmp_path).name == "desk"


def test_a_package_whose_init_fails_is_tried_again_each_time(tmp_path: Path, write: Write) -> None:
    write("desk/__init__.py", "import a_module_that_is_not_there\n")
    path = write("desk/ticket.py", "value = 1\n")

    for _ in range(2):
        with pytest.raises(TaskError, match=r"desk/__init__\.py, line 1: No module named 'a_module_that_is_not_there'"):
            load_file(path, tmp_path)


def test_our_own_template_is_one_module_however_it_is_reached(tmp_path: Path) -> None:
    assert load_file(templates_folder() / "recipe.py", tmp_path) is recipe
    assert load_template("recipe") is recipe


def test_what_a_template_prints_stays_out_of_the_rows(
    tmp_path: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    load_file(write("loud.py", "print('hello')\n"), tmp_path)

    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import a_module_that_is_not_there\n", r"line 1: No module named 'a_module_that_is_not_there'\. Install it"),
        ("\nfrom .beside import x\n", r"line 2: No module named '\.beside'\. Install it"),
        ("from pathlib import Nothing\n", r"line 1: ImportError: cannot import name 'Nothing'"),
        ("\n\nclass Ticket(:\n", r"line 3: invalid syntax\.$"),
        ("x = 1 / 0\n", r"line 1: ZeroDivisionError: division by zero$"),
        ("def f():\n    raise KeyError\n\nf()\n", r"line 2: KeyError$"),
        ("import sys\nsys.exit('no')\n", r"line 2: SystemExit: no$"),
        ("raise ValueError('first\\nsecond')\n", r"line 1: ValueError: first$"),
        (
            "from pydantic import BaseModel\nclass A(BaseModel):\n    a: object()\n",
            r"line 2: PydanticSchemaGenerationError",
        ),
        ("x = 'a\0b'\n", r"null bytes"),
    ],
)
def test_a_failing_import_is_one_line_with_file_line_and_reason(
    text: str, said: str, tmp_path: Path, write: Write
) -> None:
    path = write("broken.py", text)

    with pytest.raises(TaskError, match=said) as caught:
        load_file(path, tmp_path)

    assert "broken.py" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_repaired_imports_again(tmp_path: Path, write: Write) -> None:
    with pytest.raises(TaskError):
        load_file(write("ticket.py", "1 / 0\n"), tmp_path)

    assert load_file(write("ticket.py", "value = 1\n"), tmp_path).value == 1


def test_an_interrupt_is_not_an_error_of_the_template(tmp_path: Path, write: Write) -> None:
    path = write("slow.py", "raise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        load_file(path, tmp_path)


def test_a_file_with_a_dot_in_its_name_is_refused(tmp_path: Path, write: Write) -> None:
    with pytest.raises(TaskError, match=r"v1\.2\.py: a Python file with a dot in its name cannot be imported"):
        load_file(write("v1.2.py", ""), tmp_path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()

    with pytest.raises(TaskError, match=r"folder\.py: cannot be read: Is a directory"):
        load_file(tmp_path / "folder.py", tmp_path)


def test_a_module_that_is_not_there_is_told_from_one_that_fails(tmp_path: Path, write: Write) -> None:
    write("broken_desk/__init__.py", "")
    write("broken_desk/models.py", "import a_module_that_is_not_there\n")

    with pytest.raises(TaskNotFound, match=r"^No module 'broken_desk\.modles' in "):
        load_module("broken_desk.modles", tmp_path)
    with pytest.raises(TaskError, match=r"models\.py, line 1: No module named 'a_module_that_is_not_there'"):
        load_module("broken_desk.models", tmp_path)
    del sys.modules["broken_desk"]


def test_a_broken_entry_point_is_one_line_too() -> None:
    point = EntryPoint("ticket", "a_package_that_is_not_there:ticket", "structgen.tasks")

    with pytest.raises(TaskError, match=r"\(entry point 'ticket'\): No module named 'a_package_that_is_not_there'"):
        load_point(point)
