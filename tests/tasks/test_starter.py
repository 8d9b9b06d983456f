"""The source of a new template."""

from __future__ import annotations

from pathlib import Path

import pytest

from structgen.core.errors import TaskError
from structgen.tasks import find_task, starter


@pytest.mark.parametrize("name", ["ticket", "support_ticket2", "person", "task", "a"])
def test_a_starter_is_a_template_whose_examples_validate(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text(starter(name), encoding="utf-8")

    task = find_task(f"{name}.py", root=tmp_path)

    assert task.name == name
    assert len(task.examples) == 2
    for example in task.examples:
        assert task.schema.model_validate(example.value).model_dump(mode="json") == example.value


@pytest.mark.parametrize("name", ["", "Ticket", "my-ticket", "1st", "../ticket", "class", "a b", "_x", "é"])
def test_a_name_that_is_no_module_is_refused(name: str) -> None:
    with pytest.raises(TaskError, match="is not a valid name for a template: use lower-case letters"):
        starter(name)
