"""The arguments and options that several commands share, as types, and the records of those of `extract`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from structgen.cli.completion import model_strings, task_names, task_then_inputs
from structgen.core.batch_states import BatchRetry, Via
from structgen.core.options import Budget, DateOrder, EvidenceMode, HtmlMode, InputFormat, Mode, Options, Risk, Style

RUNS_CODE = "file.py:Model runs the code in file.py, so name only a file that you trust"
TASK = f"a name from `structgen tasks`, file.py:Model, a task file (.toml) or a JSON Schema file (.json); {RUNS_CODE}"

Words: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TASK INPUT",
        autocompletion=task_then_inputs,
        help=f"What to extract ({TASK}; omit it with --fields), then what to read: files, folders, globs, addresses "
        "(s3://, gs://, https://) of these, or - for standard input. A .txt, .md, .html, .eml, .docx or .pdf file is "
        "one document, each row of a .jsonl, .csv, .tsv or .parquet too. Texts and tables may be compressed (.csv.gz). "
        "Audio (.mp3, .wav, ...) is transcribed first.",
        show_default=False,
    ),
]
TaskName: TypeAlias = Annotated[
    str, typer.Argument(metavar="TASK", autocompletion=task_names, help=f"What to extract: {TASK}.")
]
GoldFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="GOLD.jsonl", help='Documents with known answers: JSON Lines of {"text", "gold"}.')
]
Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        autocompletion=model_strings,
        help="groq/<id>, compatible/<id>, <provider>/<id>, rules (no LLM, no key) or replay (stored responses only). "
        "groq/auto:simple, medium and complex choose by price. Several names with commas, the cheapest first "
        "(rules,groq/<id>,groq/<id>), are asked in turn: each only for the fields that those before it left open. "
        "Default: STRUCTGEN_MODEL, else Groq if GROQ_API_KEY is set, else rules.",
    ),
]
ModeName: TypeAlias = Annotated[Mode, typer.Option("--mode", help="How the model is made to respond in JSON.")]
StyleName: TypeAlias = Annotated[Style, typer.Option("--style", help="How the prompt describes the schema.")]
Instructions: TypeAlias = Annotated[
    Path | None,
    typer.Option("--instructions", metavar="FILE", help="A text file that replaces the task's instructions."),
]
Examples: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--examples", metavar="FILE", help='Additional worked examples: JSON Lines of {"text", "value", "quotes"}.'
    ),
]
Fields: TypeAlias = Annotated[
    str | None,
    typer.Option("--fields", help='Fields in place of a TASK, for example "name, age int, tags list[str]".'),
]
TextField: TypeAlias = Annotated[str, typer.Option("--text-field", help="The table column that holds the text.")]
IdField: TypeAlias = Annotated[str, typer.Option("--id-field", help="The table column that holds the id.")]
Encoding: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        help="The encoding of texts and tables, such as cp1252. Default: detected; guesses are noted in the rows.",
    ),
]
FormatName: TypeAlias = Annotated[
    InputFormat | None,
    typer.Option("--format", help="The format of the inputs, standard input too. Default: what each suffix says."),
]


class RiskName(StrEnum):
    """The repair risks by the names that the command line uses."""

    LOSSLESS = "lossless"
    INTERPRETIVE = "interpretive"
    LOSSY = "lossy"

    @property
    def risk(self) -> Risk:
        """The risk with this name."""
        return Risk[self.name]


class EngineName(StrEnum):
    """The engine that a run uses."""

    LOCAL = "local"
    DAFT = "daft"


Engine: TypeAlias = Annotated[
    EngineName,
    typer.Option(
        "--engine",
        help="local: threads of this process. daft: Daft, partition by partition, on this machine or, with --ray, on a "
        "cluster (pip install 'structgen[cluster]'). With daft, --concurrency applies to each process.",
    ),
]
Ray: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="With --engine daft: the Ray cluster to run on (host:6379, ray://host:10001, or auto). Its processes must "
        "be on the same host as the store, unless --no-store is given; see docs/cluster.md.",
    ),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="A .jsonl, .csv, .parquet or .sqlite file, replaced once the run is complete (in an .sqlite file, only "
        "the table `rows`); or a pipe or device. The columns of tables come from the schema. Default: JSON Lines on "
        "stdout.",
    ),
]
Concurrency: TypeAlias = Annotated[
    int, typer.Option("--concurrency", min=1, help="Maximum number of documents processed concurrently.")
]
ChunkChars: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--chunk-chars",
        min=200,
        help="Split documents longer than this into chunks of at most this many characters. Default: split only "
        "documents that exceed the model's context window.",
    ),
]
Passes: TypeAlias = Annotated[
    int,
    typer.Option(
        "--passes",
        min=1,
        help="How many times each document is read, split at different places each time, so that more of what it says "
        "is found. Each pass costs as much as the first.",
    ),
]
Html: TypeAlias = Annotated[
    HtmlMode,
    typer.Option(
        "--html",
        help="What a model reads of an HTML page. text: its text, lists, tables and links as Markdown, its "
        "descriptions and JSON-LD, for a fraction of the tokens. raw: its source. Rules always read the source.",
    ),
]
MaxAttempts: TypeAlias = Annotated[
    int, typer.Option("--max-attempts", min=1, help="Maximum requests for one document, the first included.")
]
MaxCost: TypeAlias = Annotated[
    float | None, typer.Option("--max-cost", min=0, help="Maximum cost of the whole run, in USD.")
]
MaxTokens: TypeAlias = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Maximum tokens of the whole run, input and output together.")
]
MaxTime: TypeAlias = Annotated[
    float | None, typer.Option("--max-time", min=0, help="Start no further document after this many seconds.")
]
MaxRisk: TypeAlias = Annotated[RiskName, typer.Option("--max-risk", help="The highest repair risk to accept.")]
Evidence: TypeAlias = Annotated[
    EvidenceMode,
    typer.Option(
        "--evidence",
        help="none: no evidence. locate: search the text for each value. quotes: make the model quote the text for "
        "each value; a value without a quote is unsupported. Quotes take more tokens.",
    ),
]
RequireEvidence: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--require-evidence/--no-require-evidence", help="Ask again for values without evidence, then refuse them."
    ),
]
DatesInOrder: TypeAlias = Annotated[
    DateOrder | None,
    typer.Option("--date-order", help="The order of day, month and year in the documents' dates: 03/04/2024."),
]
Currency: TypeAlias = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="The currency of amounts that are printed without one: EUR."),
]
Language: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="CODE",
        help="The language of the documents, de or en-GB. It settles dates and decimal points if a document does not.",
    ),
]
AudioModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--audio-model",
        help="The speech model that transcribes audio among the inputs. Default: whisper-large-v3-turbo.",
    ),
]
Accept: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--accept",
        min=0,
        max=1,
        metavar="P",
        help="Give each field the calibrated probability that it is right (`confidence` in the row), and list those "
        "below P for review (`review`). The status of a row and the exit status stay the same. Needs "
        "`structgen tasks calibrate` for the task and the model.",
    ),
]
Show: TypeAlias = Annotated[
    bool,
    typer.Option("--show", help="Print each row with its text highlighted, instead of JSON Lines."),
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The server of the model. Default: that of the provider; for compatible/<id>, STRUCTGEN_BASE_URL.",
    ),
]
Limits: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--limits",
        metavar="FILE|URL",
        help="Where processes that use one key share its rate limits: a file for those of one host, or a Redis server "
        "for many (redis://host:6379/0). Default: STRUCTGEN_LIMITS, else each process keeps to the limits on its own.",
    ),
]
AsJson: TypeAlias = Annotated[
    bool,
    typer.Option("--json", help="Print JSON Lines instead: an object for each entry, with the keys in docs/rows.md."),
]
StorePath: TypeAlias = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="Where responses are stored. Default: .structgen/store.sqlite."),
]
NoStore: TypeAlias = Annotated[
    bool, typer.Option("--no-store", help="Neither store responses nor use stored ones: request everything again.")
]
RetryFailed: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Retry only the documents that earlier runs of the same command left failed or incomplete: stored "
        "responses that were refused are requested and paid for again. All other rows of the output stay as they are.",
    ),
]
ViaName: TypeAlias = Annotated[
    Via | None,
    typer.Option(
        "--via",
        help="Use Groq's batch API instead of single calls: half the price, answers within 24 hours. The command sends "
        "the documents and returns; run again, it reports the state of the batch, and writes the rows once the batch "
        "has ended.",
    ),
]
Wait: TypeAlias = Annotated[
    bool,
    typer.Option("--wait", help="With --via, wait until the batch has ended. Ctrl-C stops the wait, not the batch."),
]
RetryBy: TypeAlias = Annotated[
    BatchRetry | None,
    typer.Option(
        "--retry",
        help="With --via, how to retry what a batch left without an accepted answer: live (single calls at the full "
        "price), batch (another batch) or none. Default: live, but none for a batch that was cancelled or refused as a "
        "whole.",
    ),
]
AllowIncomplete: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete/--no-allow-incomplete", help="Do not exit with status 1 because of incomplete rows."
    ),
]
Quiet: TypeAlias = Annotated[
    bool,
    typer.Option("--quiet/--no-quiet", "-q", help="Show no progress and no summary; errors are still shown."),
]


Include: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="GLOB",
        help="Read only these names in folders, patterns and listings: --include '*.md' --include 'notes/**'. A "
        "pattern without / is for names at any depth. Repeatable.",
    ),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="GLOB", help="Leave out these names, also included ones: --exclude drafts. Repeatable."
    ),
]
DryRun: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Read the inputs and print what the run would take: requests, tokens, cost, time, and the first prompt. "
        "Nothing is sent or stored, and no key is needed. Responses in the store make the estimate exact.",
    ),
]
Limit: TypeAlias = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="Read only the first N documents.")
]
Sample: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--sample",
        min=1,
        metavar="N",
        help="Read only N documents, chosen by a hash of the seed, the id and the text: --sample 100 --seed 7.",
    ),
]
Seed: TypeAlias = Annotated[
    int | None, typer.Option("--seed", help="Which --sample: the same seed chooses the same documents. Default: 0.")
]
DryRunJson: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--json", help="With --dry-run: print the estimate as one line of JSON, with the keys in docs/folder.md."
    ),
]


@dataclass(frozen=True, kw_only=True)
class ExtractionArguments:
    """The options that `extract` and `eval` share."""

    model: Model = None
    base_url: BaseUrl = None
    fields: Fields = None
    mode: ModeName = Mode.AUTO
    style: StyleName = Style.OUTLINE
    instructions: Instructions = None
    examples: Examples = None
    text_field: TextField = "text"
    id_field: IdField = "id"
    concurrency: Concurrency = 8
    chunk_chars: ChunkChars = None
    passes: Passes = 1
    max_attempts: MaxAttempts = 3
    max_cost: MaxCost = None
    max_tokens: MaxTokens = None
    max_time: MaxTime = None
    max_risk: MaxRisk = RiskName.INTERPRETIVE
    evidence: Evidence = EvidenceMode.LOCATE
    require_evidence: RequireEvidence = False
    date_order: DatesInOrder = None
    currency: Currency = None
    language: Language = None
    limits: Limits = None
    store: StorePath = None
    no_store: NoStore = False
    quiet: Quiet = False
    dry_run: DryRun = False
    limit: Limit = None
    sample: Sample = None

    def options(self, html: HtmlMode) -> Options:
        """Return the options of the extractor. `html` is apart because --html names the report in `eval`."""
        return Options(
            self.mode,
            self.style,
            self.max_risk.risk,
            Budget(max_attempts=self.max_attempts),
            evidence=self.evidence,
            require_evidence=self.require_evidence,
            chunk_chars=self.chunk_chars,
            passes=self.passes,
            html=html,
            date_order=self.date_order,
            currency=self.currency,
            language=self.language,
        )


@dataclass(frozen=True, kw_only=True)
class ExtractArguments(ExtractionArguments):
    """The command line of `extract`; each field is an argument or an option."""

    words: Words = None
    output: Output = None
    encoding: Encoding = None
    format: FormatName = None
    html: Html = HtmlMode.TEXT
    audio_model: AudioModel = None
    via: ViaName = None
    wait: Wait = False
    retry: RetryBy = None
    retry_failed: RetryFailed = False
    accept: Accept = None
    allow_incomplete: AllowIncomplete = False
    engine: Engine = EngineName.LOCAL
    ray: Ray = None
    show: Show = False
    as_json: DryRunJson = False
    include: Include = None
    exclude: Exclude = None
    seed: Seed = None
