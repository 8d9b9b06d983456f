"""A view for terminals: the value as a table with statuses and line numbers, and the text with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from structgen.core.records import Evidence, Status
from structgen.core.results import Extraction
from structgen.core.screen import visible
from structgen.report.value_rows import Entries, Entry, Kind, Passages, Piece, entries_of, passages_of
from structgen.report.view import (
    Limits,
    Places,
    View,
    as_readable,
    claimed,
    clock_time,
    counted,
    counts,
    cut,
    facts,
    line_of,
    others,
    repaired,
    view_of,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_INK: Mapping[Status, str] = MappingProxyType(
    {
        Status.EXACT: "green",
        Status.NORMALIZED: "cyan",
        Status.QUOTED: "blue",
        Status.DERIVED: "blue",
        Status.FUZZY: "yellow",
        Status.AMBIGUOUS: "magenta",
        Status.UNSUPPORTED: "red",
    }
)
_VALUES: Mapping[Kind, str] = MappingProxyType({Kind.NOTHING: "dim italic", Kind.GROUP: "dim"})

LIMITS = Limits(rows=200, listed=20, value=200, text=4_000, context=80, place=400, others=200)
"""How much a terminal shows."""


def print_extraction(extraction: Extraction[Any], document: str | None = None, console: Console | None = None) -> None:
    """Print an extraction: the value with its evidence, and the text with the evidence highlighted.

    `document` is the text that it was extracted from. `console` is a rich Console, by default one on stdout, which
    omits colours if the terminal has none.
    """
    print_view(view_of(extraction), document, console)


def print_view(view: View, document: str | None = None, console: Console | None = None) -> None:
    """Print a view."""
    from rich.console import Console

    console = console or Console()
    view, document = as_readable(view, document)
    entries, places = entries_of(view, LIMITS, document), Places(document, view.chunks)
    console.rule(_title(view), align="left", style="dim")
    parts = [*_before(view, console.width), _table(entries.shown, places), *_after(view, entries, places)]
    if document is not None:
        passages = passages_of(document, entries.shown, LIMITS)
        parts += ["", *_misplaced(passages), _text(document, entries.shown, passages, places)]
    for part in [*parts, ""]:
        console.print(part)


def _title(view: View) -> Text:
    from rich.text import Text

    return Text(line_of(view.name, 200) or ("Refused" if view.error else "Extraction"), "bold")


def _before(view: View, width: int) -> Iterator[Text]:
    """Yield the usage, the counts of statuses, the error, and the failed chunks."""
    from rich.text import Text

    took = [Text(fact, "dim") for fact in facts(view)]
    found = [Text(f"{count:,} {status}", _INK[status]) for status, count in counts(view)]
    whole = Text("  ").join([*took, *found])
    if whole.cell_len <= width:
        yield from [whole] if whole else []
    else:
        yield from (Text("  ").join(some) for some in (took, found) if some)
    if view.error:
        yield Text(cut(view.error, 1000), "red")
    failed = [chunk for chunk in view.chunks if chunk.status == "failed"]
    for chunk in failed[: LIMITS.listed]:
        yield Text(
            f"chunk of characters {chunk.start:,} to {chunk.end:,} failed: {line_of(chunk.error or '', 300)}", "red"
        )
    if len(failed) > LIMITS.listed:
        yield Text(f"{len(failed) - LIMITS.listed:,} more of {len(view.chunks):,} chunks failed", "red")


def _table(entries: Sequence[Entry], places: Places) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold", max_width=40)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style="dim")
    for entry in entries:
        if entry.skipped:
            table.add_row("⋯", Text(f"{counted(entry.skipped, 'line')} not shown", "dim italic"))
        name = Text("  " * min(entry.depth, 12) + entry.name, "bold" if entry.kind is Kind.GROUP else "")
        table.add_row(name, _value(entry, places), _status(entry.evidence), _position(entry.evidence, places))
    return table


def _position(evidence: Evidence | None, places: Places) -> str:
    """Return where a piece of evidence begins, or an empty text."""
    if evidence is None or evidence.start is None:
        return ""
    page = "" if evidence.page is None else f"page {evidence.page}, "
    said = "" if evidence.seconds is None else f"{clock_time(evidence.seconds[0])}, "
    return f"{page}{said}{places.position(evidence.start)}"


def _value(entry: Entry, places: Places) -> Text:
    from rich.text import Text

    value = Text(entry.text, _VALUES.get(entry.kind, ""))
    if entry.found:
        value.append(f"  “{entry.found}”", "dim not italic")
    if entry.also:
        more = f"; {counted(entry.unmarked, 'more place')} not marked" if entry.unmarked else ""
        value.append(f"\nalso at {places.named(entry.also)}{more}", "magenta")
    for issue in entry.issues[:3]:
        value.append(f"\n{line_of(issue.message, 300)}", "red")
    for conflict in entry.conflicts[:1]:
        value.append(f"\nother chunks say: {others(conflict, places)}", "magenta")
    for repair in entry.repairs[:3]:
        value.append(f"\nrepaired: {repaired(repair, places)}", "yellow")
    return value


def _status(evidence: Evidence | None) -> Text:
    from rich.text import Text

    if evidence is None:
        return Text()
    score = "" if evidence.score is None else f" {evidence.score:.2f}"
    return Text(f"{evidence.status}{score}", _INK[evidence.status])


def _after(view: View, entries: Entries, places: Places) -> Iterator[Text]:
    """Yield what is left out, and the issues and conflicts, which may belong to no row."""
    from rich.text import Text

    if entries.left_out:
        by = "".join(f", {count:,} {status}" for status, count in entries.left_out_by.items())
        yield Text(f"{counted(entries.left_out, 'more line')} of the value not shown{by}", "dim italic")
    for issue in view.issues[: LIMITS.listed]:
        yield Text(f"issue at {line_of(issue.path, 200) or 'the whole'}: {line_of(issue.message, 500)}", "red")
    if len(view.issues) > LIMITS.listed:
        yield Text(f"{len(view.issues) - LIMITS.listed:,} more issues", "red")
    if view.repairs:
        yield Text(counted(len(view.repairs), "repair"), "yellow")
    for conflict in view.conflicts[: LIMITS.listed]:
        yield Text(f"conflict at {line_of(conflict.path, 200) or 'the whole'}: {claimed(conflict, places)}", "magenta")
    if len(view.conflicts) > LIMITS.listed:
        yield Text(f"{len(view.conflicts) - LIMITS.listed:,} more conflicts between chunks", "magenta")


def _misplaced(passages: Passages) -> Iterator[Text]:
    from rich.text import Text

    if passages.misplaced:
        yield Text(f"{counted(passages.misplaced, 'place')} not marked: the text there is different", "yellow")


def _text(document: str, entries: Sequence[Entry], passages: Passages, places: Places) -> Table:
    """Return the text with line numbers."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for left_out, group in groupby(passages.pieces, key=lambda piece: piece.left_out):
        pieces = list(group)
        if left_out:
            table.add_row(
                "⋯", Text(f"{counted(pieces[-1].end - pieces[0].start, 'character')} not shown", "dim italic")
            )
            continue
        block = Text().join(_styled(document, entries, piece) for piece in pieces)
        for number, line in enumerate(block.split("\n"), places.line(pieces[0].start)):
            table.add_row(str(number), line)
    return table


def _styled(document: str, entries: Sequence[Entry], piece: Piece) -> Text:
    """Return a piece of the text, styled. Evidence is underlined too, for terminals without colours."""
    from rich.text import Text

    evidence = entries[piece.owner].evidence if piece.owner is not None else None
    return Text(
        visible(document[piece.start : piece.end]), f"bold underline {_INK[evidence.status]}" if evidence else ""
    )
