"""``structgen tasks improve``: other prompts for a task, tried on gold; the best one is written as a task."""

from __future__ import annotations

import os
import pprint
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import takes
from structgen.cli.console import display, display_json, say
from structgen.cli.text_files import write_text
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.core.records import Task
    from structgen.evaluate.improve import Improvement
    from structgen.evaluate.improve.prompt_candidates import Candidate


@dataclass(frozen=True, kw_only=True)
class ImproveArguments:
    """The command line of `tasks improve`."""

    task: args.TaskName
    gold: args.GoldFile
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget",
            min=1,
            metavar="N",
            help="Maximum number of calls, with those that ask again, retries and chunks. It must be given.",
        ),
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", help="How gold is split, and what is tried: the same seed, the same.")
    ] = 0
    instructions: Annotated[
        list[Path] | None,
        typer.Option(
            "--instructions",
            metavar="FILE",
            help="A text file with other instructions to try, beside the `variants` of the task. Repeatable.",
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write, .json or .py. Default: learned/TASK/TASK.json."),
    ] = None
    model: args.Model = None
    store: args.StorePath = None
    no_store: args.NoStore = False
    as_json: args.AsJson = False


@takes(ImproveArguments)
def improve(arguments: ImproveArguments) -> None:
    """Try other styles of the prompt, instructions and worked examples of a task on gold.

    They are tried on one half of gold. The best one is measured on the other half, and written as a task.
    """
    from structgen.cli.run_store import open_run_store
    from structgen.cli.selection import choose_model
    from structgen.evaluate.improve import improve as improve_task
    from structgen.extractor import Extractor
    from structgen.tasks import find_task, load_instructions

    if arguments.budget is None:
        raise ConfigurationError("Say with --budget N how many calls `improve` may make, such as --budget 200.")
    task: Task[Any] = find_task(arguments.task)
    path = _output(arguments.output, task.name)
    variants = [load_instructions(file) for file in arguments.instructions or []]
    model = choose_model(arguments.model)
    with (
        open_run_store(model, arguments.store, off=arguments.no_store) as store,
        Extractor(model, store=store) as extractor,
    ):
        found = improve_task(
            task,
            arguments.gold,
            budget=arguments.budget,
            variants=variants,
            seed=arguments.seed,
            extractor=extractor,
        )
    _say_problems(found.evaluation.figures["gold"])
    if found.task is not None:
        _write(path, arguments.task, task, found)
    if arguments.as_json:
        display_json({**found.to_json(), "file": None if found.task is None else str(path)})
    else:
        _show(found, None if found.task is None else path)


def _output(given: Path | None, task: str) -> Path:
    """Return where the task goes. Raises ConfigurationError for a file of another kind, before anything is sent."""
    path = given or Path("learned") / task / f"{task}.json"
    if path.suffix.lower() not in {".json", ".py"}:
        raise ConfigurationError(f"--output {path}: name a .json or a .py file for the improved task.")
    if path.is_dir():
        raise ConfigurationError(f"--output {path} is a folder: name a .json or a .py file for the improved task.")
    return path


def _say_problems(gold: Json) -> None:
    """Say which rows of gold cannot be used."""
    from structgen.core.json import as_object
    from structgen.evaluate.gold.gold_rows import Fault

    listed = as_object(gold)
    wrong = [as_object(one) for fault in Fault for one in _list(listed.get(str(fault)))]
    for one in wrong[:20]:
        say(f"{one.get('place')}: {one.get('reason')}")
    if wrong:
        say(f"{len(wrong)} gold row{'' if len(wrong) == 1 else 's'} cannot be used.")


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _show(found: Improvement, path: Path | None) -> None:
    """Print what was tried, and whether the best one is better on the other documents."""
    tried = [one.to_json(found.base) for one in found.tried]
    width = max(len(str(one["name"])) for one in tried)
    for one in tried:
        display(f"{one['name']!s:{width}}  macro F1 {one['macro_f1']:.3f} on {one['documents']} documents")
    if found.untried:
        say(f"{len(found.untried)} more were not tried: the budget is too small for them.")
    figures, about = found.evaluation.figures, found.about
    say(f"{about['calls']} calls of at most {about['budget']}; {about['from_store']} answers from the store.")
    documents = f"{found.evaluation.documents} other documents"
    if path is None:
        said = f"macro F1 {_interval(figures['macro_f1'], figures['macro_f1_95'])} on {documents}"
        display(f"Nothing was better than the task as it is ({said}), so nothing is written.")
        return
    difference = found.difference
    change = _interval(difference["difference"], difference["interval"], sign=True)
    display(f"Best: {found.chosen.name}. On {documents}, the difference of macro F1 is {change}.")
    if not isinstance(difference["difference"], int | float) or difference["difference"] <= 0:
        display("So it is not better there, although it was on the documents that chose it: keep the task as it is.")
    elif not difference["certain"]:
        display("This interval includes zero, so it may be chance: more gold or a larger budget would tell.")
    display(str(path))
    say(f"next: structgen extract {path} INPUT...")


def _interval(value: Json, ends: Json, *, sign: bool = False) -> str:
    """Return a figure with its interval."""
    spec = "+.3f" if sign else ".3f"
    shown = "unknown" if not isinstance(value, int | float) else format(value, spec)
    pair = [format(end, spec) for end in _list(ends) if isinstance(end, int | float)]
    return f"{shown} ({pair[0]} to {pair[1]})" if len(pair) == 2 else f"{shown} (no interval)"


def _write(path: Path, ref: str, base: Task[Any], found: Improvement) -> None:
    changes = _changes(found.chosen)
    text = _python(path, ref, found, changes) if path.suffix.lower() == ".py" else _json(path, ref, base, changes)
    write_text(path, text)


def _changes(chosen: Candidate) -> JsonObject:
    """Return what the improved task has in place of what the task has."""
    from structgen.evaluate.improve.prompt_candidates import example_json

    changed: JsonObject = {}
    for change in chosen.changes:
        made = change.value
        changed[str(change.kind)] = [example_json(one) for one in made] if isinstance(made, tuple) else str(made)
    return changed


def _json(path: Path, ref: str, base: Task[Any], changes: JsonObject) -> str:
    """Return a task file that extends the task, so that its type and its validators stay."""
    content: JsonObject = {"name": base.name, "extends": _seen_from(path, ref), **changes}
    return json_text(content, indent=2) + "\n"


def _seen_from(path: Path, ref: str) -> str:
    """Return what names the task in a file: another file by its way from there, a name as it is."""
    file, colon, name = ref.rpartition(":") if not ref.endswith((".py", ".toml", ".json")) else (ref, "", "")
    if not file.endswith((".py", ".toml", ".json")):
        return ref
    return f"{os.path.relpath(file, path.parent)}{colon}{name}"


def _python(path: Path, ref: str, found: Improvement, changes: JsonObject) -> str:
    """Return a template that replaces parts of the task."""
    file = _seen_from(path, ref)
    is_name = file == ref and not ref.endswith((".py", ".toml", ".json"))
    given = {name: pprint.pformat(value, width=100, sort_dicts=False) for name, value in changes.items()}
    if "examples" in given:
        given["examples"] = f"tuple(Example(**example) for example in {given['examples']})"
    imports = ["from dataclasses import replace", *([] if is_name else ["from pathlib import Path"]), ""]
    imports += ["from structgen import Example"] if "examples" in given else []
    return "\n".join(
        (
            f'"""{found.base.name}, improved on gold."""',
            "",
            *imports,
            "from structgen.tasks import find_task",
            "",
            f"# {found.chosen.name}",
            "task = replace(",
            f"    find_task({file!r}{'' if is_name else ', root=Path(__file__).parent'}),",
            *(f"    {name}={value}," for name, value in given.items()),
            ")",
            "",
        )
    )
