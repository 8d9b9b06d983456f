"""docs/commands.md has every command and option. To write it again: python tests/cli/test_commands_page.py"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from structgen.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "commands.md"
TOP = """# Commands

All commands and options of `structgen`, from their help. [Rows](rows.md) has the keys of
the rows of `extract` and of what `--json` prints. Most options of `extract` can be settings of the project or of the
environment: see [Settings](settings.md).
"""


def commands(command: Any, name: str = "structgen") -> Iterator[tuple[str, Any]]:
    """Each command with its whole name, those of groups too."""
    yield name, command
    for part, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {part}")


COMMANDS = dict(commands(get_command(app)))
PARAMETERS = [(name, one) for name, command in COMMANDS.items() for one in command.params]


def title(parameter: Any) -> str:
    """The names of an option with its metavar, or the metavar of an argument."""
    if parameter.param_type_name == "argument":
        return parameter.metavar or parameter.name.upper()
    names = ", ".join(parameter.opts) + "".join(f" / {name}" for name in parameter.secondary_opts)
    return f"{names} {parameter.metavar}" if parameter.metavar else names


def default(parameter: Any) -> str:
    """The default of an option in words, or nothing if it is off or empty."""
    value = parameter.default
    shown = value is not None and not isinstance(value, bool) and isinstance(value, str | int | float)
    return f" Default: `{value}`." if shown and str(value) else ""


def shown(text: str) -> str:
    """The text in Markdown, which would take <id> for HTML."""
    return text.replace("<", r"\<")


def page() -> str:
    """The text of the page."""
    parts = [TOP]
    for name, command in COMMANDS.items():
        parts.append(f"## {name}\n\n{shown(inspect.cleandoc(command.help or ''))}\n")
        # Arguments come first, as in --help.
        ordered = sorted(command.params, key=lambda one: one.param_type_name != "argument")
        lines = [f"- `{title(one)}`: {shown(one.help or '')}{default(one)}" for one in ordered]
        parts += ["\n".join(lines) + "\n"] if lines else []
        parts.append(f"{command.epilog}\n")
    return "\n".join(parts)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_with_an_example_of_itself(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    _, found, example = (command.epilog or "").partition(": structgen")
    assert found, f"{name}: end its help with an example, as cli/console.py's `command` does"
    words = shlex.split(f"structgen{example}")
    assert words[: len(name.split())] == name.split()


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=lambda part: getattr(part, "name", part))
def test_every_option_and_argument_has_a_help(name: str, parameter: Any) -> None:
    assert (parameter.help or "").strip(), f"{name}: {title(parameter)} has no help"
    assert parameter.help.rstrip().endswith((".", "!", "?", ")", "]")), f"{name}: {parameter.help}"


def test_the_page_of_commands_is_that_of_these_commands() -> None:
    assert PAGE.read_text("utf-8") == page(), f"write it again: python {Path(__file__).relative_to(ROOT)}"


def test_the_readme_leads_to_the_page_and_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "docs/commands.md" in readme
    first = {name.split()[1] for name in COMMANDS if " " in name}
    assert [name for name in first if f"structgen {name}" not in readme] == []


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
