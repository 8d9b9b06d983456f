"""``structgen chat``: a conversation on the terminal, or line by line from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from structgen.cli import text_options as text
from structgen.cli.argument_records import takes
from structgen.cli.console import Exit, say
from structgen.cli.selection import RULES
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    ModelUnavailable,
    StructgenError,
    TaskError,
)
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.chat import Chat
    from structgen.core.records import Completion


@takes(text.ChatArguments)
def chat(arguments: text.ChatArguments) -> None:
    """Chat with a model. Each line that you write, or pipe in, is a message; a line that begins with / is a command.

    Answers go to stdout as they arrive, everything else to stderr. When the conversation no longer fits in the model's
    context, the oldest turns are left out, with a notice; the system prompt stays. Ctrl-C stops an answer and keeps
    what had arrived, Ctrl-D ends the chat. /help lists the commands.

    Exit status: 0 ended, 1 a message from a pipe got no answer, 2 usage error, 3 stopped by --max-cost (from a pipe),
    130 interrupted (from a pipe).
    """
    prompt = text.read_system(arguments.system)
    chosen = _model_of(arguments.model, arguments.transcript)
    # imported after the checks, because it takes most of the time until the first prompt
    from structgen.chat import Chat
    from structgen.cli.run_store import open_run_store

    with (
        open_run_store(chosen, arguments.store, off=arguments.no_store) as opened,
        Chat(
            chosen,
            arguments.options(),
            system=prompt,
            transcript=arguments.transcript,
            store=opened,
            base_url=arguments.base_url,
        ) as conversation,
    ):
        for note in conversation.notes:
            say(note)
        raise typer.Exit(_Loop(conversation, quiet=arguments.quiet).run())


def _model_of(named: str | None, transcript: Path | None) -> str:
    """Return the named model, else that of the transcript, else the default."""
    if named is None and transcript is not None:
        from structgen.chat.transcript_file import path_in, read_transcript
        from structgen.cli.selection import load_environment

        load_environment()
        path = path_in(transcript)
        if path is not None and (before := read_transcript(path).model):
            return before
    return text.choose_llm(named)


HELP = """\
/model [MODEL]    show the model that answers, or let another one answer
/extract TASK     extract a value from the conversation, as `structgen extract` does
/usage            show the tokens and the cost so far
/save FILE        write the conversation to a new file, and add later turns
/help             show this help
/quit             end the chat, like Ctrl-D
//...             say something that begins with /"""


@dataclass(slots=True)
class _Loop:
    """Reads lines until there are no more: messages and commands."""

    chat: Chat
    quiet: bool = False
    ended: bool = False

    def run(self) -> Exit:
        """Return the exit status. From a pipe, the first message without an answer ends the chat."""
        interactive = sys.stdin.isatty()
        if interactive and not self.quiet:
            before = len(self.chat.messages)
            more = f", continuing after {before} messages" if before > 1 else ""
            say(f"chatting with {self.chat.model}{more}. /help lists the commands, Ctrl-D ends.")
        for line in _typed() if interactive else text.piped_lines():
            try:
                self._take(line.strip())
            except KeyboardInterrupt:
                if not interactive:
                    raise
                say("stopped; the answer so far is kept.")
            except StructgenError as error:
                partial = getattr(error, "partial", None)
                say(error, *([] if partial is None else [f"What could be read: {json_text(partial)}"]))
                if not interactive:
                    return _status(error, self.chat.options.budget.max_attempts)
            if self.ended:
                break
        return Exit.OK

    def _take(self, line: str) -> None:
        if line.startswith("/") and not line.startswith("//"):
            name, _, rest = line[1:].partition(" ")
            self._command(name)(rest.strip())
        elif line:
            self._answer(line.removeprefix("/") if line.startswith("//") else line)

    def _command(self, name: str) -> Callable[[str], None]:
        commands: dict[str, Callable[[str], None]] = {
            "model": self._model,
            "extract": self._extract,
            "usage": self._usage,
            "save": self._save,
            "help": self._help,
            "quit": self._quit,
            "exit": self._quit,
        }
        if name not in commands:
            raise ConfigurationError(
                f"There is no command /{name}. /help lists the commands; // at the beginning says a line that begins "
                "with /."
            )
        return commands[name]

    def _answer(self, message: str) -> None:
        screen = text.Screen()
        answer = self.chat.stream(message)
        try:
            for piece in answer:
                screen.write(piece)
        finally:
            answer.close()
            screen.end()
        if answer.completion is not None:
            self._report(answer.completion)

    def _report(self, completion: Completion) -> None:
        for note in filter(None, [*completion.notes, completion.unstored]):
            say(note)
        if wrong := text.shortcoming(completion):
            say(wrong)

    def _model(self, named: str) -> None:
        if named == RULES:
            raise ConfigurationError("The rules read documents without a model and cannot chat.")
        if named:
            self.chat.use_model(named)
        unknown = "" if self.chat.card else " It has no model card, so its context window and prices are not known."
        say(f"{self.chat.model} answers.{unknown}")

    def _extract(self, named: str) -> None:
        from structgen.schema import Schema
        from structgen.tasks import find_task

        if not named:
            raise ConfigurationError("Name a task: /extract TASK. `structgen tasks` lists them.")
        task = find_task(named)
        result = self.chat.extract(task)
        typer.echo(json_text(Schema.of(task).dump(result.value), indent=2))
        if not self.quiet:
            say(text.spent(result.usage, result.cost))

    def _usage(self, _: str) -> None:
        usage, cost = self.chat.usage, self.chat.cost
        say(f"{usage.calls} calls: {text.spent(usage, cost)}" if usage.calls else "nothing has been paid for yet.")
        if self.chat.left_out:
            say(f"{self.chat.left_out} of the oldest turns no longer fit in the context of {self.chat.model}.")

    def _save(self, name: str) -> None:
        if not name:
            raise ConfigurationError("Name a file: /save chat.jsonl")
        self.chat.save(Path(name))
        say(f"saved in {name}; later turns are added to it.")

    def _help(self, _: str) -> None:
        say("the commands:", *HELP.splitlines())

    def _quit(self, _: str) -> None:
        self.ended = True


def _status(error: StructgenError, most: int | None) -> Exit:
    """Return the exit status. After `most` attempts of /extract the answers were at fault, and not the budget."""
    if isinstance(error, BudgetExceeded):
        return Exit.BUDGET if most is None or len(error.attempts) < most else Exit.SOME_NOT_OK
    wrong_usage = isinstance(error, (ConfigurationError, AuthenticationFailed, ModelUnavailable, TaskError))
    return Exit.USAGE if wrong_usage else Exit.SOME_NOT_OK


def _typed() -> Iterator[str]:
    """Yield the lines that are typed. Ctrl-C clears a line, Ctrl-D ends."""
    # importing it gives input() its line editing and history; Windows does without
    with suppress(ImportError):
        import readline  # noqa: F401  # pyright: ignore[reportUnusedImport]
    while True:
        try:
            yield input("> ") if sys.stdout.isatty() else _ask()
        except EOFError:
            say("bye.")
            return
        except KeyboardInterrupt:
            say("Ctrl-D ends the chat.")


def _ask() -> str:
    """Read a line with the prompt on stderr, because stdout goes elsewhere."""
    typer.echo("> ", nl=False, err=True)
    if not (line := sys.stdin.readline()):
        raise EOFError
    return line
