"""What `complete`, `generate` and `chat` share: their options, the prompt, and how one call ends."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from structgen.cli import arguments as args
from structgen.cli.completion import model_strings, task_then_inputs
from structgen.cli.console import Exit, say
from structgen.cli.selection import RULES, choose_model, is_chosen
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    DocumentError,
    ExtractionFailed,
    ModelUnavailable,
    TransportError,
)
from structgen.core.options import Mode, Style
from structgen.core.screen import json_text, visible

if TYPE_CHECKING:
    from structgen.core.options import Options
    from structgen.core.records import Completion, Usage

TextModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        autocompletion=model_strings,
        help="groq/<id>, compatible/<id>, <provider>/<id> or replay (stored responses only). Default: STRUCTGEN_MODEL, "
        "else Groq if GROQ_API_KEY is set.",
    ),
]
System: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--system",
        "-s",
        metavar="FILE|TEXT",
        help="The system prompt: a file that contains it, or its text. A word with a dot or a slash is always a file.",
    ),
]
Stop: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--stop", help="Stop the answer before this text. Repeat the option for up to four texts."),
]
Temperature: TypeAlias = Annotated[
    float | None,
    typer.Option("--temperature", "-t", help="From 0, always the likeliest words, to 2. Default: 0."),
]
TopP: TypeAlias = Annotated[
    float | None, typer.Option("--top-p", help="Choose among the likeliest words of this share, from 0 to 1.")
]
MaxAnswer: TypeAlias = Annotated[
    int | None,
    typer.Option("--max-completion-tokens", min=1, help="Maximum tokens of one answer, its reasoning included."),
]
Seed: TypeAlias = Annotated[
    int | None, typer.Option("--seed", help="Ask for the same answer to the same request, as far as the server can.")
]
ReasoningEffort: TypeAlias = Annotated[
    str | None,
    typer.Option("--reasoning-effort", help="For reasoning models: none, default, minimal, low, medium, high, xhigh."),
]
MaxSpent: TypeAlias = Annotated[
    float | None,
    typer.Option("--max-cost", min=0, help="Maximum cost in USD. Needs --max-completion-tokens for a low limit."),
]


@dataclass(frozen=True, kw_only=True)
class TextArguments:
    """The options that `complete` and `chat` share."""

    model: TextModel = None
    system: System = None
    stop: Stop = None
    temperature: Temperature = None
    top_p: TopP = None
    max_completion_tokens: MaxAnswer = None
    seed: Seed = None
    reasoning_effort: ReasoningEffort = None
    max_cost: MaxSpent = None
    base_url: args.BaseUrl = None
    store: args.StorePath = None
    no_store: args.NoStore = False
    quiet: args.Quiet = False

    def options(self) -> Options:
        """Return the options. Raises ConfigurationError for an invalid one."""
        from structgen.core.options import Budget, Options, TextParameters, with_parameters

        effort: Any = self.reasoning_effort  # any word was typed; the options check it
        parameters = TextParameters(
            temperature=0.0 if self.temperature is None else self.temperature,
            top_p=self.top_p,
            stop=self.stop or None,
            max_completion_tokens=self.max_completion_tokens,
            seed=self.seed,
            reasoning_effort=effort,
        )
        return with_parameters(Options(budget=Budget(max_cost=self.max_cost)), parameters)


@dataclass(frozen=True, kw_only=True)
class CompleteArguments(TextArguments):
    """The command line of `complete`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="The prompt. What is piped in, or read for -, comes before it.",
            show_default=False,
        ),
    ] = None
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Print the text as it arrives.")] = True
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: text, model, finish_reason, usage, cost.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class ChatArguments(TextArguments):
    """The command line of `chat`."""

    transcript: Annotated[
        Path | None,
        typer.Option(
            "--transcript",
            metavar="FILE",
            help="A file (JSON Lines) to which each turn is added. If it exists, its conversation is continued.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class GenerateArguments:
    """The command line of `generate`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK PROMPT",
            autocompletion=task_then_inputs,
            help=f"What to generate ({args.TASK}; omit it with --fields), then the prompt. What is piped in, or read "
            "for -, comes before the prompt.",
            show_default=False,
        ),
    ] = None
    model: TextModel = None
    fields: args.Fields = None
    mode: args.ModeName = Mode.AUTO
    style: args.StyleName = Style.OUTLINE
    instructions: Annotated[
        Path | None,
        typer.Option(
            "--instructions", metavar="FILE", help="A text file that replaces the task's instructions for generating."
        ),
    ] = None
    examples: args.Examples = None
    temperature: Temperature = None
    seed: Seed = None
    max_completion_tokens: MaxAnswer = None
    max_attempts: args.MaxAttempts = 3
    max_cost: MaxSpent = None
    max_risk: args.MaxRisk = args.RiskName.INTERPRETIVE
    base_url: args.BaseUrl = None
    store: args.StorePath = None
    no_store: args.NoStore = False
    quiet: args.Quiet = False

    def options(self) -> Options:
        """Return the options. Raises ConfigurationError for an invalid one."""
        from structgen.core.options import Budget, Options

        return Options(
            self.mode,
            self.style,
            self.max_risk.risk,
            Budget(max_attempts=self.max_attempts, max_cost=self.max_cost),
            temperature=0.0 if self.temperature is None else self.temperature,
            seed=self.seed,
            max_completion_tokens=self.max_completion_tokens,
        )


def choose_llm(named: str | None) -> str:
    """Return the model to use. Raises ConfigurationError for the rules, which cannot write a text."""
    model = choose_model(named)
    if model == RULES:
        what = "The rules read documents without a model" if is_chosen(named) else "No model is named and no key is set"
        raise ConfigurationError(
            f"{what}, so there is nothing to write an answer: set GROQ_API_KEY (free at console.groq.com) or "
            "STRUCTGEN_MODEL, or name a model, for example --model compatible/<id> with STRUCTGEN_BASE_URL."
        )
    return model


def read_system(given: str | None) -> str:
    """Return the system prompt: the contents of a file, or the text itself. "" if it is not given.

    A misspelt file must not be sent as a prompt, so one word that looks like a file is never a text.
    """
    if given is None or not given.strip():
        return ""
    with suppress(OSError, ValueError):  # a long text is not a file's name
        if Path(given).is_file():
            return _system_file(Path(given))
    if len(given.split()) == 1 and ("/" in given or "." in given.strip(".")):
        raise ConfigurationError(f"There is no file {given} for --system. Correct its name, or give a longer text.")
    return given


def _system_file(path: Path) -> str:
    from structgen.tasks import load_instructions

    return load_instructions(path)


def read_prompt(words: list[str]) -> str:
    """Return the prompt: the words, and after what is piped in, if something is. ``-`` asks for standard input.

    Raises ConfigurationError if there is none.
    """
    rest = [word for word in words if word != "-"]
    piped = _stdin() if len(rest) < len(words) or _is_piped() or (not rest and not _is_terminal()) else ""
    prompt = "\n\n".join(part for part in (piped.strip("\n"), " ".join(rest)) if part.strip())
    if not prompt:
        raise ConfigurationError("Write a prompt after the options, or pipe one in.")
    return prompt


def _is_terminal() -> bool:
    return sys.stdin is None or sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison]  it may be closed


def _is_piped() -> bool:
    """Whether standard input is a pipe or a file. Waiting for anything else could take forever."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _stdin() -> str:
    return "".join(piped_lines())


def piped_lines() -> Iterator[str]:
    """Yield the lines of standard input, without a byte order mark. Raises DocumentError if they are not UTF-8."""
    try:
        for number, line in enumerate(sys.stdin, 1):
            line.encode()  # some locales make half characters of bytes that are not UTF-8
            yield line if number > 1 else line.removeprefix("\ufeff")
    except UnicodeError:
        raise DocumentError("Standard input is not UTF-8. Convert it first, for example with iconv.") from None


@contextmanager
def one_call(max_attempts: int = 1) -> Generator[None]:
    """Turn the error of a call into one line and an exit status: 3 for a budget, else 1; wrong usage stays 2.

    After `max_attempts` the answers were at fault, and not the budget.
    """
    try:
        yield
    except ExtractionFailed as error:
        partial = [] if error.partial is None else [f"What could be read: {json_text(error.partial)}"]
        say(error, *partial)
        stopped = isinstance(error, BudgetExceeded) and len(error.attempts) < max_attempts
        raise typer.Exit(Exit.BUDGET if stopped else Exit.SOME_NOT_OK) from error
    except (AuthenticationFailed, ModelUnavailable):
        raise
    except TransportError as error:
        say(error)
        raise typer.Exit(Exit.SOME_NOT_OK) from error


class Screen:
    """Writes the pieces of a model's text on stdout as they arrive, with its control characters made visible."""

    def __init__(self) -> None:
        self._held = ""
        self._last = "\n"

    def write(self, piece: str) -> None:
        """Write a piece. A carriage return at its end waits for the line feed that may follow it."""
        piece = self._held + piece
        self._held = "\r" if piece.endswith("\r") else ""
        shown = visible(piece.removesuffix("\r") if self._held else piece)
        if shown:
            self._last = shown[-1]
            typer.echo(shown, nl=False)

    def end(self) -> None:
        """Write what waits, and end the line if the text did not."""
        self._held, held = "", self._held
        if held or self._last != "\n":
            typer.echo(visible(held))
        self._last = "\n"


def spent(usage: Usage, cost: float | None) -> str:
    """Return what calls took, in words: tokens and USD."""
    if not usage.calls:
        return "answered from the store, 0 USD (--no-store asks again)"
    if usage.input_tokens is None or usage.output_tokens is None:
        return "the server reported no tokens, so the cost is unknown"
    price = "cost unknown" if cost is None else f"{cost:.6f} USD"
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out, {price}"


def shortcoming(completion: Completion) -> str:
    """Return what makes an answer less than complete, and what to do about it; or ""."""
    from structgen.core.finish_reasons import Ending, ending_of

    if completion.refusal:
        return f"The model refused to answer: {completion.refusal}"
    if ending_of(completion.finish_reason) is Ending.CUT:
        return "The answer is cut off: its limit of tokens was reached. Allow more with --max-completion-tokens."
    if ending_of(completion.finish_reason) is Ending.FILTERED:
        return "The server held the answer back because of its content. Write the prompt differently."
    return "" if completion.text.strip() else "The answer is empty. Ask again with other words or another model."
