"""The lines above a chunk that give it its meaning: header rows, units, introductions, speakers, dates."""

from __future__ import annotations

import re

import pytest

from structgen.documents.chunks.lines_above import MAX_CHARS
from structgen.documents.chunks.splitter import Chunk, cut_text

ROWS = [(7 * n % 50, f"Item {n}", 13 * n % 90) for n in range(100)]
LONG = [f"column number {n} with a long name" for n in range(12)]


def chunks(text: str, size: int = 300) -> list[Chunk]:
    """Return all chunks but the first, after checking their places."""
    found = cut_text(text, size)
    for chunk in found:
        assert all(start < end <= chunk.start for start, end in chunk.above)
        assert len(chunk.context) <= MAX_CHARS + 600
    assert len(found) > 3
    return list(found[1:])


def rows(row: str, head: str, foot: str = "") -> str:
    return head + "".join(row.format(a=a, n=n, b=b) for a, n, b in ROWS) + foot


TABLES = {
    "Markdown": ("| {a} | {n} | {b} |\n", "| Price | Name | Stock |\n|---|:-:|---|\n", ""),
    "Markdown without outer bars": ("{a} | {n} | {b}\n", "Price | Name | Stock\n--- | --- | ---\n", ""),
    "a grid": ("| {a} | {n} | {b} |\n", "+---+---+---+\n| Price | Name | Stock |\n+===+===+===+\n", ""),
    "full-width bars": ("｜{a}｜{n}｜{b}｜\n", "｜价格｜名称｜库存｜\n", ""),
    "right to left": ("| {a} | {n} | {b} |\n", "| السعر | الاسم | المخزون |\n|---|---|---|\n", ""),
    "CSV": ("{a},{n},{b}\n", "price,name,stock\n", ""),
    "CSV of two columns": ("{a},{n}\n", "price,name\n", ""),
    "CSV with a long head": ("{a},{n},{b},1,1,1,1,1,1,1,1,1\n", ",".join(LONG) + "\n", ""),
    "CSV with quoted heads": ('{a},"{n}, new",{b}\n', '"price, net","name\nof it",stock\n', ""),
    "CSV with semicolons": ("{a},50;{n};{b}\n", "Preis;Name;Bestand\n", ""),
    "tabs": ("{a}\t{n}\t{b}\n", "price\tname\tstock\n", ""),
    "columns of spaces": ("{a:<9}{n:<12}{b}\n", "Price    Name        Stock\n", ""),
    "HTML": (
        "<tr><td>{a}</td><td>{n}</td><td>{b}</td></tr>\n",
        '<table class="x">\n<tr><th>Price</th><th>Name</th><th>Stock</th></tr>\n',
        "</table>",
    ),
    "HTML with a head": (
        "<tr><td>{a}</td><td>{n}</td></tr>",
        "<table><caption>All of it</caption><thead><tr><td>Price</td></tr><tr><td>Name</td></tr></thead>",
        "</tbody></table>",
    ),
}


@pytest.mark.parametrize("introduction", ["", "# Stock\n\n", "It is all there. See below.\n\n"])
@pytest.mark.parametrize("kind", TABLES)
def test_the_header_row_of_a_table_is_above_each_of_its_chunks(kind: str, introduction: str) -> None:
    row, head, foot = TABLES[kind]
    text = introduction + rows(row, head, foot)
    for chunk in chunks(text):
        start = text.index(head)
        read = text[start : min(chunk.start, start + len(head))].strip()
        assert read in chunk.context
        assert any(read in text[start:end] for start, end in chunk.above)


def test_a_header_row_is_not_above_what_follows_its_table() -> None:
    text = rows("{a},{n},{b}\n", "price,name,stock\n") + "\n" + "All of this is sold by now. " * 60
    for chunk in chunks(text):
        assert ("price,name" in chunk.context) == (text[chunk.start :].startswith(("Item", *"0123456789")))


def test_a_second_row_that_names_units_belongs_to_the_header() -> None:
    head = "price,name,stock\nEUR,,pieces\n"
    assert all(head.strip() in chunk.context for chunk in chunks(rows("{a},{n},{b}\n", head)))


def test_a_row_for_the_whole_width_is_above_the_rows_below_it() -> None:
    body = [f"| **Month {month}** | | |\n" + rows("| {a} | {n} | {b} |\n", "") for month in range(3)]
    text = "| Price | Name | Stock |\n|---|---|---|\n" + "".join(body)
    for chunk in chunks(text):
        month = re.findall(r"Month \d", text[: chunk.start])[-1]
        assert re.findall(r"Month \d", chunk.context) == [month]


def test_a_cell_of_several_rows_is_above_the_rows_beside_it() -> None:
    body = "".join(
        f"<tr>{f'<td rowspan=4>Day {n // 4}</td>' if n % 4 == 0 else ''}<td>{a}</td><td>{name}</td></tr>\n"
        for n, (a, name, _) in enumerate(ROWS)
    )
    text = f"<table><tr><th>Day</th><th>Price</th><th>Name</th></tr>\n{body}</table>"
    for chunk in chunks(text):
        if not text[chunk.start :].startswith("<tr><td rowspan"):
            assert re.findall(r"Day (\d+)", chunk.context) == re.findall(r"Day (\d+)", text[: chunk.start])[-1:]


@pytest.mark.parametrize(
    "units",
    [
        "All amounts in thousands of euros.",
        "(in EUR million)",
        "Figures are stated in USD thousands unless otherwise noted.",
        "Alle Beträge in Tsd. EUR",
        "单位：万元",
        "الأرقام بالآلاف",
        "Currency: CHF",
    ],
)
def test_the_line_that_names_the_units_is_above_all_of_its_section(units: str) -> None:
    filler = "It was a good year for all of them, and nobody was worse off. " * 4
    text = f"Report\n\n{units}\n\n" + "".join(f"## Part {n}\n\n{filler}\n\n" for n in range(5))
    assert all(units in chunk.context for chunk in chunks(text))
    below = f"# A\n\n{filler * 2}\n\n## B\n\n{units}\n\n{filler * 2}\n\n## C\n\n{filler * 2}"
    for chunk in cut_text(below, 300):
        within = below.index(units) < chunk.start < below.index("## C")
        assert (units in chunk.context) == within


@pytest.mark.parametrize(
    "lead",
    ["These are not for sale:", "Not for sale, and never were, are the following.", "以下のものは売り物ではない："],
)
@pytest.mark.parametrize("item", ["- {n} at {a}\n", "* {n} at {a}\n\n", "{b}. {n} at {a}\n"])
def test_the_line_that_introduces_a_list_is_above_its_items(lead: str, item: str) -> None:
    text = f"It is a long story. And it goes on.\n\n{lead}\n\n" + rows(item, "") + "\n\nSo it ended. " * 40
    for chunk in chunks(text):
        if "Item" in text[chunk.start : chunk.start + 40]:
            assert lead in chunk.context
        elif text.find("So it ended") < chunk.start - 80:
            assert lead not in chunk.context


def test_the_introduction_of_a_list_in_html_is_above_its_items() -> None:
    text = "<p>Read on.</p><p>These are <b>not</b> for sale:</p>\n<ul>" + rows("<li>{n} at {a}</li>", "", "</ul>")
    assert all("for sale:" in chunk.context for chunk in chunks(text))


def test_the_items_around_a_nested_list_are_above_its_items() -> None:
    text = "".join(
        f"- Shop {shop}\n" + "".join(f"  - Shelf {shelf}\n" + rows("    - {n} at {a}\n", "") for shelf in "AB")
        for shop in range(2)
    )
    for chunk in chunks(text):
        if text[chunk.start :].startswith("    -"):
            last = [re.findall(mark, text[: chunk.start])[-1] for mark in (r"- Shop \d", r"- Shelf \w")]
            assert chunk.context.split("\n")[-2:] == last


SENTENCE = "We said it before and we say it once more. "


@pytest.mark.parametrize(
    "form", ["{name}: {words}\n\n", "{name}:\n{words}\n\n", "**{name}:** {words}\n\n", "{name}：{words}\n\n"]
)
def test_the_speaker_is_above_what_is_said(form: str) -> None:
    text = "".join(form.format(name=name, words=SENTENCE * 14) for name in ("ANNA", "Dr Ben Ray") * 3)
    for chunk in chunks(text):
        name = re.findall(r"(ANNA|Dr Ben Ray)", text[: chunk.start])[-1]
        assert re.findall(r"(ANNA|Dr Ben Ray)", chunk.context)[-1:] == [name]


@pytest.mark.parametrize(
    "day",
    ["{n} March 2024", "2024-03-{n}", "Monday, March {n}, 2024:", "2024年3月{n}日", "{n}.03.2024", "## {n} March 2024"],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_the_date_is_above_the_lines_of_its_day(day: str, gap: str) -> None:
    days = [day.format(n=n) for n in (11, 18, 25)]
    text = "Ledger\n\n" + "\n\n".join(one + gap + rows("{n} {a}.10\n", "") for one in days)
    for chunk in chunks(text):
        if any(text[chunk.start :].lstrip().startswith(one) for one in days):
            continue
        now = next(one for one in reversed(days) if one in text[: chunk.start])
        assert [one for one in days if one.strip("# ") in chunk.context] == [now]


def test_what_a_block_of_lines_is_about_is_above_each_of_them() -> None:
    text = "Once.\n\n" + "\n\n".join(f"Shop of {who}\n" + rows("{n} {a}.10\n", "") for who in ("Ann", "Ben"))
    for chunk in chunks(text):
        if text[chunk.start :].startswith("Item"):
            assert re.findall(r"Shop of \w+", chunk.context) == re.findall(r"Shop of \w+", text[: chunk.start])[-1:]


def test_plain_prose_has_nothing_above_it() -> None:
    assert {chunk.context for chunk in chunks(SENTENCE * 40)} == {""}
    assert {chunk.context for chunk in chunks("\n\n".join([SENTENCE * 3] * 20))} == {""}


def test_what_is_above_is_bounded() -> None:
    head = ",".join(f"column {n}" for n in range(180))
    text = f"{head}\n" + (",".join("1" * 180) + "\n") * 20
    assert all(head[: chunk.start] in chunk.context for chunk in chunks(text, 1_000))
    endless = ",".join(f"column {n}" for n in range(1_800)) + "\n" + (",".join("1" * 1_800) + "\n") * 20
    assert all(len(chunk.context) <= MAX_CHARS for chunk in chunks(endless, 5_000))
