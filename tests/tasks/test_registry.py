"""The registry: where templates are found, duplicate names, and broken templates."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import TaskError, TaskNotFound
from structgen.core.records import FieldsText, Task
from structgen.schemas import recipe
from structgen.schemas.recipe import Recipe
from structgen.tasks import find_task, list_tasks
from structgen.tasks.python_modules import templates_folder

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

    with pytest.raises(TaskError, match=r"'ticket' is defined in .*ticket\.py and in .*ticket\.toml\. Rename one, or"):
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


Outcome = Callable[..., Task[object] | str]


def test_a_built_in_name_finds_the_template_that_can_also_be_imported(tmp_path: Path) -> None:
    assert find_task("recipe", root=tmp_path) == recipe.task
    assert find_task("recipe", root=tmp_path).schema is recipe.Recipe


def test_a_name_finds_a_template_of_the_users_own_project(tmp_path: Path, write_template: WriteTemplate) -> None:
    write_template("schemas/ticket.py")

    task = find_task("ticket", root=tmp_path)

    assert (task.name, task.instructions) == ("ticket", "Leave null what is not said.")


def test_the_current_folder_is_the_project_unless_told_otherwise(
    tmp_path: Path, write_template: WriteTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_template("schemas/ticket.py")
    monkeypatch.chdir(tmp_path)

    assert find_task("ticket").name == "ticket"
    assert find_task("schemas/ticket.py").name == "ticket"


def test_the_name_of_the_file_is_the_name_of_the_task(tmp_path: Path, write_template: WriteTemplate) -> None:
    write_template("schemas/ticket.py").rename(tmp_path / "schemas" / "my_ticket.py")

    assert find_task("my_ticket", root=tmp_path).name == "my_ticket"


def test_a_file_gives_its_own_task_and_a_type_by_its_name(tmp_path: Path, write_template: WriteTemplate) -> None:
    write_template("forms.py")

    whole, bare = find_task("forms.py", root=tmp_path), find_task("forms.py:Forms", root=tmp_path)

    assert bare.schema is whole.schema
    assert (whole.instructions, bare.instructions) == ("Leave null what is not said.", "")
    assert (bare.name, bare.folder) == ("Forms", str(tmp_path))


def test_a_file_may_hold_several_tasks_by_name(tmp_path: Path, write: Write) -> None:
    write("two.py", 'from structgen import Task\na = Task("a", int)\nb = Task("b", str)\n')

    assert find_task("two.py:b", root=tmp_path) == Task("b", str)


def test_an_absolute_path_needs_no_project(tmp_path: Path, write_template: WriteTemplate) -> None:
    assert find_task(str(write_template("far/away/ticket.py")), root=Path("/")).name == "ticket"


def test_a_class_within_a_class_has_a_dotted_name(tmp_path: Path, write: Write) -> None:
    write("nested.py", 'class Outer:\n    class Inner:\n        """The inner one.\n\n        More."""\n')

    task = find_task("nested.py:Outer.Inner", root=tmp_path)

    assert (task.name, task.description) == ("Outer.Inner", "The inner one.")


def test_the_docstring_that_a_dataclass_writes_itself_describes_nothing(tmp_path: Path, write: Write) -> None:
    write("point.py", "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n")

    assert find_task("point.py:Point", root=tmp_path).description == ""


def test_a_module_of_the_project_is_found_by_its_dotted_name(
    tmp_path: Path, write_template: WriteTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_template("desk_of_mine/models.py")
    before = list(sys.path)

    task = find_task("desk_of_mine.models:Models", root=tmp_path)

    assert task.name == "Models"
    assert sys.path == before
    for name in ("desk_of_mine", "desk_of_mine.models"):
        monkeypatch.delitem(sys.modules, name)


def test_an_installed_module_is_found_by_its_dotted_name(tmp_path: Path) -> None:
    assert find_task("structgen.schemas.recipe:Ingredient", root=tmp_path).schema is recipe.Ingredient
    assert find_task("recipe:Ingredient", root=tmp_path).schema is recipe.Ingredient


def test_a_json_schema_file_is_a_task_named_after_it(tmp_path: Path, write: Write) -> None:
    schema = {"title": "Ticket", "type": "object", "properties": {"a": {"type": "string"}}}
    write("ticket.schema.json", json.dumps(schema))

    assert find_task("ticket.schema.json", root=tmp_path) == Task(
        "ticket", schema, description="Ticket", folder=str(tmp_path)
    )


def test_a_toml_file_carries_its_shorthand_unread(tmp_path: Path, write: Write) -> None:
    write("ticket.toml", 'fields = "name, age int"\n')

    assert find_task("ticket.toml", root=tmp_path).schema == FieldsText("name, age int")


def test_labels_after_the_name_become_the_only_answers(tmp_path: Path) -> None:
    task = find_task("classification:billing| bug |praise|bug", root=tmp_path)

    assert isinstance(task.schema, type)
    assert task.schema.__annotations__["label"] == Literal["billing", "bug", "praise"]
    assert task.name == "classification"


def test_a_type_in_a_template_goes_before_a_label_of_that_name(tmp_path: Path) -> None:
    found = find_task("classification:Classification", root=tmp_path)

    assert found.schema is find_task("classification", root=tmp_path).schema


def test_one_label_is_no_choice(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"^classification:bug: give at least two labels"):
        find_task("classification:bug", root=tmp_path)


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("recpie", r"^No task 'recpie'\. Did you mean 'recipe'"),
        ("RECIPE", "Did you mean 'recipe'"),
        ("qqqq", r"^No task 'qqqq'\. `structgen tasks` lists the names. A task can also be a file"),
        ("", "^No task ''"),
        (":", "^No task ':'"),
        ("..x:Y", "^No task '..x:Y'"),
        ("recipe:Recip", "does not contain 'Recip'. Did you mean 'Recipe'"),
        ("nowhere.at.all:Ticket", "^No module 'nowhere.at.all' in "),
        ("missing.py:Ticket", r"missing\.py: no such file\.$"),
        ("missing.toml", r"missing\.toml: no such file\.$"),
        (".py", "no such file"),
    ],
)
def test_what_cannot_be_found_is_said_with_what_to_do(ref: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TaskNotFound, match=said):
        find_task(ref, root=tmp_path)


def test_a_misspelt_file_is_answered_with_its_neighbour(tmp_path: Path, write_template: WriteTemplate) -> None:
    write_template("schemas/ticket.py")

    with pytest.raises(TaskNotFound, match=r"no such file\. Did you mean 'ticket\.py'"):
        find_task("schemas/tikcet.py:Ticket", root=tmp_path)


def test_a_module_without_the_type_lists_what_it_holds(tmp_path: Path, write: Write) -> None:
    write("empty.py", "_private = 1\n")
    write("pets.py", "class Cat: ...\nclass Dog: ...\n")

    with pytest.raises(TaskNotFound, match=r"empty\.py: does not contain 'Ticket'\. It contains: nothing\."):
        find_task("empty.py:Ticket", root=tmp_path)
    with pytest.raises(TaskNotFound, match=r"pets\.py: does not contain 'Ticket'\. It contains: Cat, Dog\."):
        find_task("pets.py:Ticket", root=tmp_path)


def test_a_module_without_the_type_does_not_list_what_it_imports(tmp_path: Path, write: Write) -> None:
    write(
        "pets.py",
        "from datetime import date\nfrom pathlib import Path\nfrom structgen import Task\n"
        "class Cat:\n    born: date\nmost = 3\ncats = Task('cats', list[Cat])\n",
    )
    with pytest.raises(TaskNotFound, match=r"pets\.py: does not contain 'Ticket'\. It contains: Cat, cats\."):
        find_task("pets.py:Ticket", root=tmp_path)


def test_a_file_without_a_task_names_a_type_to_choose(tmp_path: Path, write: Write) -> None:
    write("pets.py", "from pathlib import Path\nclass Cat: ...\n")
    write("nothing.py", "")

    with pytest.raises(
        TaskError, match=r"pets\.py: does not define `task`\. Name one of its types, such as .*pets\.py:Cat$"
    ):
        find_task("pets.py", root=tmp_path)
    with pytest.raises(TaskError, match=r"does not define `task`\. Add: task = Task\("):
        find_task("nothing.py", root=tmp_path)


def test_a_task_of_another_kind_is_refused(tmp_path: Path, write: Write) -> None:
    write("pets.py", 'task = "feed the cat"\n')

    with pytest.raises(TaskError, match=r"`task` must be a structgen\.Task, not str\."):
        find_task("pets.py", root=tmp_path)


def test_a_file_of_data_has_no_types_by_name(tmp_path: Path, write: Write) -> None:
    write("ticket.toml", 'fields = "name"\n')
    write("schemas/order.toml", 'fields = "name"\n')

    with pytest.raises(TaskError, match=r"only a Python file has types with names. Remove ':Ticket'"):
        find_task("ticket.toml:Ticket", root=tmp_path)
    with pytest.raises(TaskError, match=r"order\.toml: only a Python file has types with names"):
        find_task("order:Order", root=tmp_path)


@given(
    ref=st.text(max_size=40) | st.from_regex(r"[a-z./]{0,12}(\.py|\.toml|\.json)?(:[A-Za-z.]{0,8})?", fullmatch=True)
)
@settings(deadline=None, max_examples=150)
def test_any_text_finds_a_task_or_says_why_not(
    ref: str, tmp_path_factory: pytest.TempPathFactory, outcome: Outcome
) -> None:
    found = outcome(find_task, ref, root=tmp_path_factory.getbasetemp())

    assert isinstance(found, Task) or "\n" not in found.replace(ref, "")
