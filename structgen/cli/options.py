"""The arguments and options that several subcommands share, as annotated types."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from structgen.core.options import EvidenceMode, Mode, Risk, Style

TASK = "a name that `structgen tasks` lists, file.py:Model, a task file (.toml), or a JSON Schema file (.json)"

Words: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TASK INPUT",
        help=f"What to extract ({TASK}; left out with --fields), then what to read: files, folders, globs, or - for "
        "the standard input. .txt, .md and .html are one document each; .jsonl, .csv and .parquet one a row.",
        show_default=False,
    ),
]
TaskName: TypeAlias = Annotated[str, typer.Argument(metavar="TASK", help=f"What to extract: {TASK}.")]
Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="groq/<id>, compatible/<id>, <provider>/<id>, rules (no LLM, no key), or replay (kept answers alone). "
        "Without it: STRUCTGEN_MODEL, else Groq where GROQ_API_KEY is set, else rules.",
    ),
]
ModeName: TypeAlias = Annotated[Mode, typer.Option("--mode", help="How the model is made to answer in JSON.")]
StyleName: TypeAlias = Annotated[Style, typer.Option("--style", help="How the schema stands in the prompt.")]
Instructions: TypeAlias = Annotated[
    Path | None,
    typer.Option("--instructions", metavar="FILE", help="A text file with instructions instead of the task's own."),
]
Examples: TypeAlias = Annotated[
    Path | None,
    typer.Option("--examples", metavar="FILE", help='More worked examples, JSON Lines of {"text", "value", "quotes"}.'),
]
Fields: TypeAlias = Annotated[
    str | None,
    typer.Option("--fields", help='The fields instead of a TASK, for example "name, age int, tags list[str]".'),
]
TextField: TypeAlias = Annotated[str, typer.Option("--text-field", help="The column of a table that holds the text.")]
IdField: TypeAlias = Annotated[str, typer.Option("--id-field", help="The column of a table that holds the id.")]


class RiskName(StrEnum):
    """The risks by name."""

    LOSSLESS = "lossless"
    INTERPRETIVE = "interpretive"
    LOSSY = "lossy"

    @property
    def risk(self) -> Risk:
        """The risk of that name."""
        return Risk[self.name]


Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="A .jsonl, .csv, .parquet or .sqlite file, replaced once the rows are complete (of an .sqlite the table "
        "`rows` alone). Without it: JSON Lines on stdout.",
    ),
]
Concurrency: TypeAlias = Annotated[int, typer.Option("--concurrency", min=1, help="Documents under way at once.")]
ChunkChars: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--chunk-chars",
        min=200,
        help="Read longer documents in chunks of so many characters; else only those that the model cannot take whole.",
    ),
]
MaxAttempts: TypeAlias = Annotated[
    int, typer.Option("--max-attempts", min=1, help="Requests for one document, the first included.")
]
MaxCost: TypeAlias = Annotated[
    float | None, typer.Option("--max-cost", min=0, help="USD that the whole run may cost at most.")
]
MaxTokens: TypeAlias = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Tokens, in and out, that the whole run may take at most.")
]
MaxTime: TypeAlias = Annotated[
    float | None, typer.Option("--max-time", min=0, help="Seconds after which no further document is taken.")
]
MaxRisk: TypeAlias = Annotated[RiskName, typer.Option("--max-risk", help="The highest risk of a repair that is taken.")]
Evidence: TypeAlias = Annotated[
    EvidenceMode,
    typer.Option(
        "--evidence",
        help="Whether each value is looked for in its text (locate), or the model has to quote the text for it "
        "(quotes): what it cannot quote is unsupported. Quotes take more tokens.",
    ),
]
RequireEvidence: TypeAlias = Annotated[
    bool, typer.Option("--require-evidence", help="Ask again for values without evidence, and refuse what stays so.")
]
Show: TypeAlias = Annotated[
    bool,
    typer.Option("--show", help="Print each row for people, its text highlighted, where else JSON Lines are printed."),
]
StorePath: TypeAlias = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="Where answers are kept; without it .structgen/store.sqlite."),
]
NoStore: TypeAlias = Annotated[
    bool, typer.Option("--no-store", help="Keep no answers, and take none that are kept: ask for everything again.")
]
AllowIncomplete: TypeAlias = Annotated[
    bool, typer.Option("--allow-incomplete", help="Incomplete rows are no reason for exit status 1.")
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no summary; what is wrong is still said.")
]
