"""Which documents a command line reads: its inputs, and those of them that --limit and --sample choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structgen.cli.arguments import ExtractArguments
from structgen.cli.console import say
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structgen.documents import DocumentOrProblem, Outputs
    from structgen.documents.file_reader import Listen
    from structgen.documents.name_choice import NameChoice


def check_choice(arguments: ExtractArguments) -> None:
    """Raise ConfigurationError for options that have no effect without another one."""
    if arguments.seed is not None and arguments.sample is None:
        raise ConfigurationError("--seed chooses a sample: give its size with --sample N, or omit --seed.")
    if arguments.as_json and not arguments.dry_run:
        raise ConfigurationError("--json only applies to --dry-run: rows are JSON already, or what -o names.")


def input_documents(arguments: ExtractArguments, inputs: list[str], listen: Listen) -> Iterator[DocumentOrProblem]:
    """Yield the chosen documents. Recordings among them are transcribed by `listen`, the others never."""
    from structgen.documents import ReadingOptions, read_documents
    from structgen.documents.addresses import check_addresses
    from structgen.documents.sampling import chosen, heard, unheard

    check_addresses(inputs)
    sampled = arguments.sample is not None
    options = ReadingOptions(
        arguments.text_field,
        arguments.id_field,
        arguments.encoding,
        arguments.format,
        unheard if sampled else listen,
    )
    found = read_documents(
        inputs,
        options,
        outputs=_outputs(arguments),
        notice=None if arguments.quiet else say,
        choice=_choice(arguments),
    )
    few = chosen(found, limit=arguments.limit, sample=arguments.sample, seed=arguments.seed or 0)
    return heard(few, listen) if sampled else few


def count_inputs(arguments: ExtractArguments, inputs: list[str]) -> int | None:
    """Return how many documents are chosen, or None if it would take too long to know."""
    from structgen.documents import ReadingOptions, count_documents

    options = ReadingOptions(arguments.text_field, encoding=arguments.encoding, format=arguments.format)
    count = count_documents(inputs, options, _outputs(arguments), _choice(arguments))
    chosen = [most for most in (arguments.limit, arguments.sample) if most is not None]
    return None if count is None else min([count, *chosen])


def _outputs(arguments: ExtractArguments) -> Outputs:
    from structgen.documents import Outputs

    return Outputs(arguments.output, () if arguments.store is None else (arguments.store,))


def _choice(arguments: ExtractArguments) -> NameChoice:
    from structgen.documents.name_choice import NameChoice

    return NameChoice(tuple(arguments.include or ()), tuple(arguments.exclude or ()))
