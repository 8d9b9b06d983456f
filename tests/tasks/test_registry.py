"""The registry: where templates are found, names given twice, and templates that are broken."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.core.errors import TaskError
from structgen.core.records import FieldsText
from structgen.schemas.recipe import Recipe
from structgen.tasks import find_task, list_tasks
from structgen.tasks.modules import templates_folder

Write = Callable[[str, str], Path]
WriteTemplate = Callable[[str], Path]

BUILT_IN = {path.stem for path in templates_folder().glob("[a-z]*.py")}


@pytest.fixture
def installed_package(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Installs a package that offers templates: `installed_package("ticket = desk_entry:ticket")`."""

    def install(points: str) -> None:
        site = tmp_path / "site-packages"
        write(
            "site-packages/desk_entry.py", 'from structgen import Task\ntask = ticket = Task("t", int)\nNumber = int\n'
        )
        write(
            "site-packages/desk_entry-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: desk-entry\nVersion: 1.0\n"
        )
        write("site-packages/desk_entry-1.0.dist-info/entry_points.txt", f"[structgen.tasks]\n{points}\n")
        monkeypatch.syspath_prepend(str(site))

    yield install
    sys.modules.pop("desk_entry", None)


def test_every_built_in_template_is_listed_and_loads(tmp_path: Path) -> None:
    registry = list_tasks(root=tmp_path)

    assert set(registry) == BUILT_IN >= {"recipe", "receipt", "product"}
    assert all(task.name == name and task.description for name, task in registry.items())
    assert not registry.broken
    assert len(registry) == len(BUILT_IN)


def test_listing_names_imports_nothing(tmp_path: Path, write: Write) -> None:
    write("schemas/boom.py", "task = 1 / 0\n")

    registry = list_tasks(root=tmp_path)

    assert "boom" in registry.names
    assert "boom" in repr(registry)
    assert "boom" in registry


def test_the_projects_own_templates_stand_beside_the_built_in_ones(
    tmp_path: Path, write: Write, write_template: WriteTemplate
) -> None:
    write_template("schemas/ticket.py")
    write("schemas/order.toml", 'fields = "number int"\n')
    write("schemas/parcel.schema.json", '{"type": "object"}')
    write("schemas/models.py", "class NoTemplate: ...\n")
    write("schemas/_draft.py", "task = 1\n")
    write("schemas/README.md", "task = none")
    (tmp_path / "schemas" / "folder.json").mkdir()

    registry = list_tasks(root=tmp_path)

    assert set(registry) - BUILT_IN == {"ticket", "order", "parcel"}
    assert not registry.broken
    assert registry["order"].schema == FieldsText("number int")


def test_a_broken_template_is_reported_and_spoils_no_other(
    tmp_path: Path, write: Write, write_template: WriteTemplate
) -> None:
    write_template("schemas/ticket.py")
    write("schemas/boom.py", "task = 1 / 0\n")
    write("schemas/typo.toml", 'feilds = "name"\n')

    registry = list_tasks(root=tmp_path)

    assert "ticket" in dict(registry)
    assert set(registry.broken) == {"boom", "typo"}
    assert re.search(r"boom\.py, line 1: ZeroDivisionError", registry.broken["boom"])
    assert "Did you mean 'fields'?" in registry.broken["typo"]
    with pytest.raises(TaskError, match="ZeroDivisionError"):
        find_task("boom", root=tmp_path)


def test_an_unknown_name_is_no_key(tmp_path: Path) -> None:
    registry = list_tasks(root=tmp_path)

    assert registry.get("nothing") is None
    with pytest.raises(KeyError):
        registry["nothing"]


def test_a_task_is_loaded_once(tmp_path: Path) -> None:
    registry = list_tasks(root=tmp_path)

    assert registry["recipe"] is registry["recipe"]


def test_a_name_of_ours_and_of_the_project_names_both_files(tmp_path: Path, write_template: WriteTemplate) -> None:
    path = write_template("schemas/recipe.py")

    with pytest.raises(TaskError) as caught:
        find_task("recipe", root=tmp_path)

    assert str(path) in str(caught.value)
    assert str(templates_folder() / "recipe.py") in str(caught.value)
    assert "recipe" in list_tasks(root=tmp_path).broken
    assert "recipe" not in set(list_tasks(root=tmp_path))


def test_a_name_given_twice_in_one_folder_names_both_files(
    tmp_path: Path, write: Write, write_template: WriteTemplate
) -> None:
    write_template("schemas/ticket.py")
    write("schemas/ticket.toml", 'fields = "name"\n')

    with pytest.raises(TaskError, match=r"'ticket' is in .*ticket\.py and in .*ticket\.toml\. Rename one, or"):
        find_task("ticket", root=tmp_path)


def test_our_own_repository_as_the_project_is_no_conflict(tmp_path: Path) -> None:
    assert find_task("recipe", root=templates_folder().parent).schema is Recipe


def test_a_link_to_our_templates_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "schemas").symlink_to(templates_folder())

    assert not list_tasks(root=tmp_path).broken


def test_an_equal_copy_of_a_template_is_no_conflict(tmp_path: Path) -> None:
    shutil.copytree(templates_folder(), tmp_path / "schemas", ignore=shutil.ignore_patterns("__pycache__"))

    assert not list_tasks(root=tmp_path).broken


@pytest.mark.parametrize("target", ["desk_entry:ticket", "desk_entry", "desk_entry:Number"])
def test_an_entry_point_names_a_task_a_module_or_a_type(
    target: str, tmp_path: Path, installed_package: Callable[[str], None]
) -> None:
    installed_package(f"ticket = {target}")

    task = find_task("ticket", root=tmp_path)

    assert (task.name, task.schema) == ("ticket", int)


def test_an_entry_point_that_takes_a_name_of_ours_names_both(
    tmp_path: Path, installed_package: Callable[[str], None]
) -> None:
    installed_package("recipe = desk_entry:ticket")

    with pytest.raises(TaskError, match=r"recipe\.py and in desk_entry:ticket \(package desk-entry\)\. Rename"):
        find_task("recipe", root=tmp_path)


def test_a_type_beside_an_entry_point_has_a_name_too(tmp_path: Path, installed_package: Callable[[str], None]) -> None:
    installed_package("ticket = desk_entry:ticket")

    assert find_task("ticket:Number", root=tmp_path).schema is int
