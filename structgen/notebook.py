"""The cell magic ``%%extract`` for IPython and notebooks: ``%load_ext structgen`` registers it."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

from IPython.core.error import UsageError
from IPython.core.magic import MAGIC_NO_VAR_EXPAND_ATTR
from IPython.display import display  # pyright: ignore[reportUnknownVariableType]  IPython types it in part

from structgen.cli.run_store import open_run_store
from structgen.cli.selection import RULES, choose_model, is_chosen, load_task
from structgen.core.argument_checks import argument, choice
from structgen.core.errors import ExtractionFailed, SchemaError, StructgenError, TaskNotFound
from structgen.core.events import CompletionReceived, Event, RequestSent, WaitingForLimit
from structgen.core.options import Mode, Options
from structgen.core.records import FieldsText, Task
from structgen.core.results import Extraction
from structgen.core.screen import visible_line
from structgen.engine.progress.map_progress import tqdm_bar
from structgen.extractor import Extractor
from structgen.schema import Schema

MAGIC = "extract"


class Shell(Protocol):
    """What is used of IPython's shell, which is typed only in part."""

    user_ns: dict[str, object]

    @property
    def magics_manager(self) -> Any:
        """The object with `magics`, which maps "line" and "cell" to magics by name."""
        ...

    def register_magic_function(self, func: Callable[..., object], magic_kind: str, magic_name: str) -> None:
        """Register a magic."""
        ...


def register(shell: Shell) -> None:
    """Register ``%%extract`` in a shell."""
    shell.register_magic_function(ExtractMagic(shell).extract, "cell", MAGIC)


def unregister(shell: Shell) -> None:
    """Remove ``%%extract`` from a shell."""
    shell.magics_manager.magics["cell"].pop(MAGIC, None)


@dataclass(frozen=True, slots=True)
class MagicArguments:
    """The words after ``%%extract``."""

    task: str | None
    fields: str | None
    model: str | None
    into: str | None
    instructions: str | None
    mode: str | None
    store: Path | None
    no_store: bool


class ExtractMagic:
    """The magic of one shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def extract(self, line: str, cell: str) -> Extraction[Any] | None:
        """Extract from the text of the cell, and show the result.

        ::

          %%extract TASK [--model M] [--into NAME] [--instructions "..."] [--mode MODE] [--store FILE] [--no-store]
          %%extract --fields "title, year int, rating float?" [...]

        TASK is a class or a Task of this notebook, the name of a task such as ``recipe`` (``structgen.list_tasks()``
        lists them), ``file.py:Model``, or a JSON Schema or task file. ``--fields`` describes the fields instead.

        ``--model`` names the model; without it, STRUCTGEN_MODEL or the settings decide, then Groq is asked if
        GROQ_API_KEY is set, else the rules read, which need no key. ``--into NAME`` puts the result into a variable;
        it is always in ``_`` too, and has ``.value``, ``.evidence`` and ``.repairs``. A response that was refused is
        shown, put into the variable, and ends the cell with an error.

        The text is read as it is: braces and dollar signs are not replaced. Responses are kept in
        ``.structgen/store.sqlite``, so running a cell again costs nothing.

        Example::

          %%extract recipe --into soup
          Leek soup. Serves 4. Simmer 3 leeks and 1 l stock for 20 minutes.
        """
        if line.strip() in {"--help", "-h", "?"}:
            print(self.extract.__doc__)  # noqa: T201  as IPython itself does
            return None
        try:
            return self._run(_arguments(line), cell)
        except ExtractionFailed as failed:
            display(failed)
            raise UsageError(_words(failed)) from None
        except StructgenError as error:
            raise UsageError(_words(error)) from None
        except KeyboardInterrupt:
            raise UsageError("The extraction was interrupted.") from None

    def _run(self, arguments: MagicArguments, text: str) -> Extraction[Any]:
        if not text.strip():
            raise UsageError("The cell has no text: write it on the lines below %%extract.")
        task = self._task(arguments)
        model = choose_model(arguments.model)
        if model == RULES:
            why = "" if is_chosen(arguments.model) else "No model is named and no key is set, so the rules read: "
            print(f"{why}{'no' if why else 'No'} language model is asked.")  # noqa: T201  the cell's own output
        mode = Mode.AUTO if arguments.mode is None else argument("--mode", arguments.mode, partial(choice, Mode))
        with ExitStack() as stack:
            store = stack.enter_context(open_run_store(model, arguments.store, off=arguments.no_store))
            progress = stack.enter_context(RequestBar(shown=model != RULES))
            extractor = stack.enter_context(
                Extractor(model, Options(mode=mode), store=store, observers=[progress.observe])
            )
            try:
                found = extractor.extract(cast(Any, task), text.rstrip("\n"), arguments.instructions)
            except ExtractionFailed as failed:
                self._keep(arguments.into, failed)
                raise
        self._keep(arguments.into, found)
        return found

    def _keep(self, name: str | None, result: object) -> None:
        """Put a result into the variable. A refused one replaces an older result, which belongs to another text."""
        if name is not None:
            self._shell.user_ns[name] = result

    def _task(self, arguments: MagicArguments) -> object:
        """Return what to extract: a type or Task of the notebook wins over the name of a task."""
        if arguments.task is None or arguments.fields is not None:
            return load_task([], arguments.fields, None)[0]
        own = self._shell.user_ns.get(arguments.task)
        if isinstance(own, type | Task | Schema | FieldsText):
            return own  # pyright: ignore[reportUnknownVariableType]  a Task of anything
        try:
            return load_task([arguments.task], None, None)[0]
        except TaskNotFound:
            # a dict is a JSON Schema, and list[Ticket] is no class
            with suppress(SchemaError):
                if own is not None:
                    return Schema.of(own)
            raise


setattr(ExtractMagic.extract, MAGIC_NO_VAR_EXPAND_ATTR, True)


class _Parser(ArgumentParser):
    """A parser whose errors end the cell, not the kernel."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}. `%%extract --help` shows an example.")


def _arguments(line: str) -> MagicArguments:
    """Parse the words after the magic. Raises UsageError."""
    parser = _Parser(prog=f"%%{MAGIC}", add_help=False, allow_abbrev=False)
    parser.add_argument("task", nargs="?")
    for option in ("--fields", "--model", "--into", "--instructions", "--mode"):
        parser.add_argument(option)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--no-store", action="store_true")
    try:
        given = MagicArguments(**vars(parser.parse_args(shlex.split(line))))
    except ValueError as error:  # a quotation mark without its partner
        raise UsageError(f"Cannot read the options of %%extract: {error}.") from None
    if given.task is not None and given.fields is not None:
        raise UsageError("A TASK and --fields exclude each other: give only one of them.")
    if given.task is None and given.fields is None:
        raise UsageError(
            "Name a TASK, such as `%%extract recipe`, or give --fields. `%%extract --help` shows an example."
        )
    if given.into is not None and (not given.into.isidentifier() or iskeyword(given.into)):
        raise UsageError(f"--into is {given.into!r}, which is no name for a variable.")
    return given


def _words(error: StructgenError) -> str:
    """Return the message of an error. Its further lines, which point at a column, keep their place."""
    return "\n".join(map(visible_line, str(error).splitlines()))


class RequestBar:
    """A bar that counts the requests of one text, and says what the next one waits for. Threads may share it."""

    def __init__(self, *, shown: bool) -> None:
        self._bar = tqdm_bar(total=0, unit=" requests", disable=not shown)

    def __enter__(self) -> RequestBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.set_postfix_str("")
        self._bar.close()

    def observe(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, RequestSent):
            self._bar.total = (self._bar.total or 0) + 1
            self._bar.set_postfix_str(visible_line(event.why))
        elif isinstance(event, CompletionReceived):
            self._bar.update()
        elif isinstance(event, WaitingForLimit):
            self._bar.set_postfix_str(visible_line(f"waiting {event.wait:.0f} s for {event.limit}"))
