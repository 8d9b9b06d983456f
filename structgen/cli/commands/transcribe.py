"""``structgen transcribe``: turn recordings into texts or subtitles."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli.argument_records import takes
from structgen.cli.arguments import BaseUrl, NoStore, Quiet, StorePath
from structgen.cli.console import Exit, say
from structgen.cli.text_files import write_text
from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    DocumentError,
    ModelUnavailable,
    StoreError,
    StructgenError,
)
from structgen.core.screen import usd

if TYPE_CHECKING:
    from structgen.documents.inputs import DocumentProblem, InputFile
    from structgen.speech import Transcriber, Transcript
    from structgen.store import Store


class TranscriptFormat(StrEnum):
    """What is written for a recording."""

    TEXT = "text"
    JSON = "json"
    VERBOSE_JSON = "verbose_json"
    SRT = "srt"
    VTT = "vtt"

    @property
    def suffix(self) -> str:
        """The suffix of files."""
        return {TranscriptFormat.TEXT: ".txt", TranscriptFormat.VERBOSE_JSON: ".json"}.get(self, f".{self}")


@dataclass(frozen=True, kw_only=True)
class TranscribeArguments:
    """The command line of `transcribe`."""

    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="AUDIO...",
            help="Files, folders or globs (FLAC, MP3, MP4, M4A, Ogg, Opus, WAV, WebM), http(s) URLs, or - for standard "
            "input.",
            show_default=False,
        ),
    ]
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR|FILE", help="A folder for one file each, or a file. Default: stdout."
        ),
    ] = None
    format: Annotated[
        TranscriptFormat,
        typer.Option(
            "--format",
            help="text; json (id, source, text); verbose_json, with segments, words and their times; or the subtitles "
            "srt and vtt. All of them come from one stored answer.",
        ),
    ] = TranscriptFormat.TEXT
    translate: Annotated[bool, typer.Option("--translate", help="Translate into English.")] = False
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="A speech model: whisper-large-v3-turbo (the default), whisper-large-v3 (the default with "
            "--translate), compatible/<id>, or replay (stored answers only).",
        ),
    ] = None
    base_url: BaseUrl = None
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="CODE", help="The language of the audio, such as de. Default: detected."),
    ] = None
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", metavar="TEXT", help="Names and words as they should be spelled, or the text before."),
    ] = None
    temperature: Annotated[
        float | None, typer.Option("--temperature", min=0, max=1, help="Between 0 and 1. Default: the server's, 0.")
    ] = None
    timestamps: Annotated[
        str | None,
        typer.Option("--timestamps", metavar="PARTS", help="What gets times: word, segment or both. Default: both."),
    ] = None
    max_mb: Annotated[
        float,
        typer.Option(
            "--max-mb",
            min=0.1,
            help="The maximum size of a file: 25 on Groq's free plan, 100 on its developer plan. Larger files are cut "
            "if ffmpeg is installed, and their texts joined.",
        ),
    ] = 25.0
    store: StorePath = None
    no_store: NoStore = False
    quiet: Quiet = False


@takes(TranscribeArguments)
def transcribe(arguments: TranscribeArguments) -> None:
    """Transcribe speech, with the times of its words.

    Each recording is paid for once: its answer is stored under its contents and these options, and every format comes
    from it. `structgen extract TASK call.mp3` reads recordings too, and uses the same answers.

    Exit status: 0 every recording transcribed, 1 some not (no audio, no speech, no answer), 2 usage error.
    """
    from structgen.cli.run_store import open_run_store
    from structgen.cli.selection import load_environment
    from structgen.speech import Transcriber
    from structgen.speech.speech_options import SpeechOptions

    load_environment()
    options = SpeechOptions(
        arguments.translate,
        arguments.language,
        arguments.prompt,
        arguments.temperature,
        None if arguments.timestamps is None else tuple(arguments.timestamps.replace(",", " ").split()),
        max_mb=arguments.max_mb,
    )
    inputs = list(_inputs(arguments))
    targets = _targets(inputs, arguments)
    with (
        open_run_store(arguments.model or "groq", arguments.store, off=arguments.no_store) as store,
        Transcriber(arguments.model, options, store=store, base_url=arguments.base_url) as transcriber,
        _recorded(store, transcriber.model) as done,
    ):
        done.extend(_write_each(inputs, targets, transcriber, arguments))
    if not arguments.quiet:
        say(_summary(done, len(inputs)))
    raise typer.Exit(Exit.OK if len(done) == len(inputs) else Exit.SOME_NOT_OK)


def _inputs(arguments: TranscribeArguments) -> Iterator[InputFile | DocumentProblem | str]:
    """Yield the recordings: files, and URLs as they are. Files of other kinds in folders are left out."""
    from structgen.documents.input_formats import is_audio_file
    from structgen.documents.inputs import DocumentProblem, find_input_files

    notice = _silent if arguments.quiet else say
    for given in arguments.inputs:
        if given.startswith(("http://", "https://")):
            yield given
            continue
        for file in find_input_files([given], notice, audio=True):
            if (
                isinstance(file, DocumentProblem)
                or file.named
                or file.path is None
                or is_audio_file(PurePath(file.name))
            ):
                yield file


def _silent(_: str) -> None:
    """The notice of a quiet run."""


def _targets(inputs: list[InputFile | DocumentProblem | str], arguments: TranscribeArguments) -> list[Path | None]:
    """Return the file for each recording, or None for stdout. Raises ConfigurationError before anything is paid for."""
    if not inputs:
        raise ConfigurationError(
            "No recording was found: name audio files (.mp3, .wav, ...), or a folder that contains some."
        )
    output, several = arguments.output, len(inputs) > 1
    if output is None:
        if several and arguments.format in {TranscriptFormat.SRT, TranscriptFormat.VTT}:
            raise ConfigurationError(
                f"Several recordings do not fit in a single {arguments.format} file: name a folder, -o DIR."
            )
        return [None] * len(inputs)
    if not several and not output.is_dir() and not str(arguments.output).endswith("/"):
        targets = [output]
    elif output.exists() and not output.is_dir():
        raise ConfigurationError(f"{output} is a file, and several recordings need a folder: name one, -o DIR.")
    else:
        targets = [output / Path(_name(one)).with_suffix(arguments.format.suffix) for one in inputs]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise ConfigurationError(
                f"Two recordings would be written to {target}: rename one, or name another folder."
            )
        if any(target.exists() and Path(given).exists() and target.samefile(given) for given in arguments.inputs):
            raise ConfigurationError(f"{target} is also an input: name another output.")
    return [*targets]


def _name(one: InputFile | DocumentProblem | str) -> str:
    """Return the name of a recording, which is relative and leads nowhere else."""
    from structgen.documents.inputs import DocumentProblem

    if isinstance(one, str):
        return one.partition("?")[0].rstrip("/").rpartition("/")[2] or "audio"
    name = one.id if isinstance(one, DocumentProblem) else one.name
    return "audio" if name in {"-", ""} else name


@contextmanager
def _recorded(store: Store | None, model: str) -> Generator[list[Transcript]]:
    """Enter the run in the ledger; yield a list for its transcripts, whose length becomes the number of its rows."""
    import shlex
    import sys

    done: list[Transcript] = []
    if store is None or store.read_only:
        yield done
        return
    run = store.start_run(shlex.join(["structgen", *sys.argv[1:]]), "transcribe", model)
    yield done
    store.finish_run(run, len(done))


def _write_each(
    inputs: list[InputFile | DocumentProblem | str],
    targets: list[Path | None],
    transcriber: Transcriber,
    arguments: TranscribeArguments,
) -> Iterator[Transcript]:
    """Write the transcript of each recording as it is finished, in order. Report why the others failed."""
    from structgen.engine.drive import map_ordered

    outcomes = map_ordered(lambda one: _attempt(one, transcriber), inputs, CONCURRENT)
    between = ""
    for outcome, target in zip(outcomes, targets, strict=True):
        if isinstance(outcome, StructgenError):
            say(outcome)
            continue
        if not arguments.quiet:
            for note in outcome.notes:
                say(f"{outcome.source}: {note}")
        text = _TEXTS[arguments.format](outcome)
        if target is not None:
            write_text(target, text.rstrip("\n") + "\n", " What was paid for is stored.")
        else:
            typer.echo(between + text)
            between = "\n" if arguments.format is TranscriptFormat.TEXT else ""
        yield outcome


CONCURRENT = 4
"""How many recordings are transcribed at once."""


def _attempt(one: InputFile | DocumentProblem | str, transcriber: Transcriber) -> Transcript | StructgenError:
    """Return the transcript, or why there is none. Raises what would fail all other recordings too."""
    from structgen.documents.inputs import DocumentProblem
    from structgen.documents.streams import read_whole

    try:
        if isinstance(one, DocumentProblem):
            return DocumentError(str(one), source=one.source)
        if isinstance(one, str):
            return transcriber.transcribe(one)
        return transcriber.transcribe_bytes(read_whole(one.path, compressed=False), one.name, one.source)
    except (AuthenticationFailed, ConfigurationError, ModelUnavailable, StoreError):
        raise
    except OSError as error:
        return DocumentError(f"{_name(one)}: it cannot be read: {error.strerror}.")
    except DocumentError as error:
        return error
    except StructgenError as error:
        return type(error)(f"{_name(one)}: {error}")


def _json(transcript: Transcript, *, verbose: bool) -> str:
    return json.dumps(transcript.to_json(verbose=verbose), ensure_ascii=False)


_TEXTS: Mapping[TranscriptFormat, Callable[[Transcript], str]] = MappingProxyType(
    {
        TranscriptFormat.TEXT: lambda transcript: transcript.text,
        TranscriptFormat.JSON: lambda transcript: _json(transcript, verbose=False),
        TranscriptFormat.VERBOSE_JSON: lambda transcript: _json(transcript, verbose=True),
        TranscriptFormat.SRT: lambda transcript: transcript.srt,
        TranscriptFormat.VTT: lambda transcript: transcript.vtt,
    }
)


def _summary(done: list[Transcript], total: int) -> str:
    """Return one line for people: how many recordings, how much audio, and what it cost."""
    what = f"{len(done)} of {total}" if len(done) < total else f"{total}"
    recordings = f"{what} recording{'' if total == 1 else 's'} transcribed"
    return f"{recordings}{spent_on(done)}"


def spent_on(done: list[Transcript]) -> str:
    """Return how much audio was transcribed and what it cost, to continue a sentence."""
    if not done:
        return "."
    paid = [one for one in done if not one.stored]
    seconds = [one.duration for one in done]
    known = [one for one in seconds if one is not None]
    length = f", {sum(known) / 60:.1f} minutes of audio" if len(known) == len(seconds) else ""
    stored = f", {len(done) - len(paid)} from stored answers" if len(paid) < len(done) else ""
    costs = [one.cost for one in paid]
    total = sum(cost for cost in costs if cost is not None)
    cost = ("; cost unknown" if None in costs else f"; {usd(total)}") if paid else ""
    return f"{length}{stored}{cost}."
