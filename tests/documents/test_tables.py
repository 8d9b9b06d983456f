from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from structgen.core.records import Document
from structgen.documents import DocumentProblem, InputFormat, ReadingOptions, read_documents, tabular


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*inputs: str, **options: str) -> list[Document | DocumentProblem]:
    return list(read_documents(inputs, ReadingOptions(**options)))


def ids(*inputs: str) -> list[str]:
    return [found.id for found in read(*inputs)]


def problem(*inputs: str, **options: str) -> DocumentProblem:
    (found,) = read(*inputs, **options)
    assert isinstance(found, DocumentProblem), found
    return found


def texts(*inputs: str, **options: str) -> list[str]:
    return [one.text if isinstance(one, Document) else f"! {one.reason}" for one in read(*inputs, **options)]


def test_each_json_line_is_a_document(folder: Path) -> None:
    (folder / "t.jsonl").write_text('{"id": "a", "text": "A"}\n\n{"id": 7, "text": "B"}\n{"text": "C"}\n')
    assert read("t.jsonl") == [
        Document("A", "a", "t.jsonl"),
        Document("B", "7", "t.jsonl"),
        Document("C", "t.jsonl:4", "t.jsonl"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "A"', "not JSON"),
        ('["A"]', "not a JSON object"),
        (
            '{"body": "A", "lang": "en"}',
            "no field 'text' (it has: body, lang); name the one with the text (text_field, --text-field)",
        ),
        ('{"text": null}', "'text' is not text"),
        ('{"text": 3}', "'text' is not text"),
        ('{"text": " "}', "empty"),
        ('{"text": "half \\ud800"}', "surrogate"),
        ("[" * 200_000, "cannot be decoded"),
        ('{"text": ' + "9" * 5000 + "}", "cannot be decoded"),
    ],
)
def test_a_bad_line_is_a_problem_of_its_own(folder: Path, line: str, reason: str) -> None:
    (folder / "t.jsonl").write_text(f'{{"text": "A"}}\n{line}\n{{"text": "C"}}\n')
    before, bad, after = read("t.jsonl")
    assert isinstance(bad, DocumentProblem)
    assert bad.id == "t.jsonl:2"
    assert reason in bad.reason
    assert str(bad).startswith("t.jsonl:2: ")
    assert isinstance(before, Document)
    assert isinstance(after, Document)


def test_a_line_in_another_encoding_is_a_problem_of_its_own(folder: Path) -> None:
    padding = '{"text": "' + "x" * 300_000 + '"}\n'
    (folder / "t.jsonl").write_bytes(padding.encode() + '{"text": "Käse"}\n'.encode("latin-1") + b'{"text": "ok"}\n')
    first, bad, last = read("t.jsonl")
    assert isinstance(bad, DocumentProblem)
    assert "another encoding" in bad.reason
    assert isinstance(first, Document)
    assert isinstance(last, Document)


def test_json_lines_in_utf16_are_read(folder: Path) -> None:
    (folder / "t.jsonl").write_text('{"text": "Käse"}\n{"text": "B"}\n', encoding="utf-16")
    assert [found.text for found in read("t.jsonl") if isinstance(found, Document)] == ["Käse", "B"]


def test_a_table_that_ends_in_the_middle_of_a_character_gives_what_came_before(folder: Path) -> None:
    (folder / "t.jsonl").write_bytes('{"text": "A"}\n'.encode("utf-16-le") + b"x")
    fine, broken = read("t.jsonl")
    assert isinstance(fine, Document)
    assert fine.text == "A"
    assert isinstance(broken, DocumentProblem)
    assert "not valid utf-16-le" in broken.reason


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv"])
def test_a_table_without_rows_is_a_problem(folder: Path, name: str) -> None:
    (folder / name).write_text("")
    assert "no rows" in problem(name).reason


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_row_is_a_document_whatever_separates_its_columns(folder: Path, separator: str) -> None:
    header, row = separator.join(["id", "text", "n"]), separator.join(["a", '"x, y; z\nand ""more"""', "1"])
    (folder / "t.csv").write_text(f"{header}\n{row}\n")
    assert read("t.csv") == [Document('x, y; z\nand "more"', "a", "t.csv")]


def test_the_separator_is_the_one_that_gives_the_column_not_the_most_frequent(folder: Path) -> None:
    (folder / "t.csv").write_text('text,"a;b;c;d"\nA,1\n')
    assert read("t.csv") == [Document("A", "t.csv:2", "t.csv")]


def test_a_csv_with_a_byte_order_mark_has_a_first_column(folder: Path) -> None:
    (folder / "t.csv").write_text("text,id\nA,a\n", encoding="utf-8-sig")
    assert read("t.csv") == [Document("A", "a", "t.csv")]


def test_a_csv_row_may_be_long_or_short(folder: Path) -> None:
    (folder / "t.csv").write_text(f"id,text,n\na,{'x' * 200_000},1\nb\nc,C\nd,half, the rest,1\ne,E,1, ,\n")
    long, short, unfilled, wide, blank = read("t.csv")
    assert isinstance(long, Document)
    assert len(long.text) == 200_000
    assert isinstance(short, DocumentProblem)
    assert short.reason == "it has 1 cell, but the header has 3: its 'text' is missing."
    assert unfilled == Document("C", "c", "t.csv")
    assert isinstance(wide, DocumentProblem)
    assert "it has 4 cells, but the header has 3; put quotation marks around" in wide.reason
    assert blank == Document("E", "e", "t.csv")


def test_a_csv_without_the_column_says_which_it_has(folder: Path) -> None:
    (folder / "t.csv").write_text("id;body\na;A\n")
    assert "no field 'text' (it has: id, body)" in problem("t.csv").reason


def test_other_columns_hold_text_and_id_when_told(folder: Path) -> None:
    (folder / "t.csv").write_text("nr,body\n1,A\n")
    assert read("t.csv", text_field="body", id_field="nr") == [Document("A", "1", "t.csv")]


def test_a_csv_that_breaks_off_gives_what_came_before(folder: Path) -> None:
    (folder / "t.csv").write_bytes(b'id,text\na,A\nb,"no end\nc,C\n')
    first, broken = read("t.csv")
    assert first == Document("A", "a", "t.csv")
    assert isinstance(broken, DocumentProblem)
    assert "quotation mark is never closed" in broken.reason


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_csv_may_end_in_a_closed_quote(folder: Path, end: str) -> None:
    (folder / "t.csv").write_text(f'id,text\na,A\nb,"B\nB"{end}')
    assert read("t.csv") == [Document("A", "a", "t.csv"), Document("B\nB", "b", "t.csv")]


def test_each_parquet_row_is_a_document(folder: Path) -> None:
    rows = [{"id": f"r{n}", "text": f"T{n}", "more": n} for n in range(600)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "t.parquet")
    found = read("t.parquet")
    assert found[0] == Document("T0", "r0", "t.parquet")
    assert [one.id for one in found] == [row["id"] for row in rows]


def test_parquet_rows_without_ids_are_numbered(folder: Path) -> None:
    pq.write_table(pa.table({"text": ["A"] * 300}), folder / "t.parquet")
    assert ids("t.parquet")[-1] == "t.parquet:300"


def test_a_parquet_file_without_the_column_says_which_it_has(folder: Path) -> None:
    pq.write_table(pa.table({"body": ["A"], "lang": ["en"]}), folder / "t.parquet")
    assert "(it has: body, lang)" in problem("t.parquet").reason


def test_a_broken_parquet_file_is_a_problem(folder: Path) -> None:
    (folder / "t.parquet").write_bytes(b"PAR1 but no more")
    assert "not a readable Parquet file" in problem("t.parquet").reason


def test_parquet_without_pyarrow_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert "pip install 'structgen[parquet]'" in problem("t.parquet").reason


@pytest.mark.parametrize("own", ["null", "true", "[]", "{}", '" "', "NaN"])
def test_an_id_that_is_none_gives_the_line(folder: Path, own: str) -> None:
    (folder / "t.jsonl").write_text(f'{{"id": {own}, "text": "A"}}\n')
    assert ids("t.jsonl") == ["t.jsonl:1"]


@pytest.mark.parametrize("written", ["1.0", "1.10", "2e3", "007", "0012", "12345678901234567890", "2024-05-01", "-0.5"])
@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_an_id_stays_as_it_is_written(folder: Path, name: str, written: str) -> None:
    quoted = f'"{written}"' if written[0] == "0" or "-05" in written else written
    lines = f"id,text\n{written},A\n" if name == "t.csv" else f'{{"id": {quoted}, "text": "A"}}\n'
    (folder / name).write_text(lines)
    assert ids(name) == [written]


def test_ids_of_parquet_are_written_out(folder: Path) -> None:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    values = {
        "1.5": 1.5,
        "2024-05-01": date(2024, 5, 1),
        "2024-05-01T10:00:00+00:00": datetime(2024, 5, 1, 10, tzinfo=UTC),
        "3.50": Decimal("3.50"),
        "t.parquet:1": float("nan"),
    }
    for wanted, value in values.items():
        pq.write_table(pa.table({"id": [value], "text": ["A"]}), folder / "t.parquet")
        assert ids("t.parquet") == [wanted]


def test_a_number_is_no_text(folder: Path) -> None:
    (folder / "t.jsonl").write_text('{"text": 3.50}\n')
    assert "'text' is not text" in problem("t.jsonl").reason


def test_a_key_that_comes_twice_with_two_values_is_refused(folder: Path) -> None:
    lines = ['{"text": "A", "text": "B"}', '{"text": "C", "text": "C"}', '{"text": "D", "more": {"a": 1, "a": 2}}']
    (folder / "t.jsonl").write_text("\n".join(lines))
    assert texts("t.jsonl") == ["! it has two different values of 'text'; each key may occur once.", "C", "D"]


@pytest.mark.parametrize("header", ["text,text", "id,text,id", "text, text ,n"])
def test_a_second_column_of_one_name_is_refused(folder: Path, header: str) -> None:
    (folder / "t.csv").write_text(f"{header}\na,b,c\n")
    assert "it has two columns named '" in problem("t.csv").reason


def test_columns_without_a_name_may_be_several(folder: Path) -> None:
    (folder / "t.csv").write_text("text,,\nA,b,c\n")
    assert texts("t.csv") == ["A"]


@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_the_line_that_names_the_separator_is_no_header(folder: Path, first: str) -> None:
    (folder / "t.csv").write_bytes(f'{first}id;text\n1;a, b\n2;"c;\nd"\n'.encode())
    assert read("t.csv") == [Document("a, b", "1", "t.csv"), Document("c;\nd", "2", "t.csv")]


def test_tab_separated_values_are_a_table(folder: Path) -> None:
    (folder / "t.tsv").write_text('id\ttext, more\ttext\n1\tx\tA, B\n2\ty\t"C\tD"\n')
    assert texts("t.tsv") == ["A, B", "C\tD"]
    assert ids(".") == ["1", "2"]


def test_a_name_of_a_column_may_be_quoted_and_have_a_line_break(folder: Path) -> None:
    (folder / "t.csv").write_text('"nr\nof row",text\n1,A\n2,B,C\n')
    first, bad = read("t.csv")
    assert first == Document("A", "t.csv:3", "t.csv")
    assert bad.id == "t.csv:4"


def test_a_quotation_mark_inside_a_name_does_not_swallow_rows(folder: Path) -> None:
    (folder / "t.csv").write_text('id,size 5",text\n1,x,A\n2,y,"B"\n')
    assert texts("t.csv") == ["A", "B"]


FRENCH = 'id;text\n1;"Le Marché du coin"\n2;Crème brûlée\n'


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_guessed_encoding_of_a_table_is_told_and_is_in_its_rows(folder: Path, name: str) -> None:
    lines = FRENCH if name == "t.csv" else '{"text": "Le Marché du coin"}\n{"text": "Crème brûlée"}\n'
    (folder / name).write_bytes(lines.encode("cp1252"))
    told: list[str] = []
    found = list(read_documents([name], notice=told.append))
    assert [one.text for one in found if isinstance(one, Document)] == ["Le Marché du coin", "Crème brûlée"]
    (note,) = {one.notes for one in found if isinstance(one, Document)}
    assert told == [f"{name}: {note[0]}"]
    assert "it was read as cp1252, which is a guess" in note[0]


def test_a_named_encoding_is_used_for_tables(folder: Path) -> None:
    (folder / "t.csv").write_bytes("id;text\n1;mąka\n".encode("cp1250"))
    assert read("t.csv", encoding="cp1250") == [Document("mąka", "1", "t.csv")]
    (folder / "t.csv").write_bytes("id;text\n1;mąka\n2;ok\n".encode("cp1250"))
    bad, fine = texts("t.csv", encoding="utf-8")
    assert "a byte in another encoding; save it as UTF-8, or name its encoding" in bad
    assert fine == "ok"


def test_a_zero_byte_does_not_make_a_table_utf16(folder: Path) -> None:
    (folder / "t.jsonl").write_bytes('{"text": "Käse"}\n\0\n{"text": "Brot"}\n'.encode())
    fine, bad, more = texts("t.jsonl")
    assert (fine, more) == ("Käse", "Brot")
    assert "not JSON" in bad


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.tsv", "t.txt"])
def test_compressed_texts_and_tables_are_unpacked(folder: Path, name: str) -> None:
    lines = {"t.jsonl": '{"text": "A"}\n', "t.csv": "text,n\nA,1\n", "t.tsv": "text\tn\nA\t1\n", "t.txt": "A"}[name]
    (folder / f"{name}.gz").write_bytes(gzip.compress(lines.encode()))
    assert texts(f"{name}.gz") == texts(".") == ["A"]


def test_a_compressed_file_that_breaks_off_gives_what_came_before(folder: Path) -> None:
    lines = "".join(f'{{"text": "{number * 7919 % 10007}"}}\n' for number in range(60_000))
    packed = gzip.compress(lines.encode())
    (folder / "t.jsonl.gz").write_bytes(packed[:-2000])
    found = texts("t.jsonl.gz")
    assert len(found) > 1000
    assert "not a complete gzip file" in found[-1]
    (folder / "a.txt.gz").write_bytes(b"no gzip")
    assert "not a complete gzip file" in problem("a.txt.gz").reason


@pytest.mark.parametrize("name", ["t.txt.gz", "t.csv.gz"])
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(gzip.compress(b"text,n\n" + (b"a" * 10_000 + b",1\n") * 3_000))
    assert "unpacks to more than 300 times its size" in texts(name)[-1]


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_tables_are_read_from_standard_input(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"text": ["A"]}), folder / "t.parquet")
    cases = {
        InputFormat.JSONL: b'{"text": "A"}\n',
        InputFormat.CSV: b"text,n\nA,1\n",
        InputFormat.TSV: b"text\tn\nA\t1\n",
        InputFormat.PARQUET: (folder / "t.parquet").read_bytes(),
        InputFormat.TEXT: b"A",
    }
    for form, data in cases.items():
        given(monkeypatch, data)
        assert texts("-", format=form) == ["A"]


def test_the_named_format_is_stronger_than_the_suffix(folder: Path) -> None:
    (folder / "rows.txt").write_text('{"text": "A"}\n')
    assert texts("rows.txt", format=InputFormat.JSONL) == ["A"]
    assert texts("rows.txt") == ['{"text": "A"}\n']


def test_a_row_that_is_too_long_is_a_problem_and_the_next_one_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "LONGEST", 1000)
    (folder / "t.jsonl").write_text(f'{{"text": "{"x" * 20000}"}}\n{{"text": "B"}}\n')
    long, fine = texts("t.jsonl")
    assert "this line cannot be read: it is longer than" in long
    assert fine == "B"


def test_a_quotation_mark_that_is_never_closed_does_not_fill_the_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "LONGEST", 1000)
    (folder / "t.csv").write_text('id,text\n1,A\n2,"B\n' + "3,C\n" * 1000)
    fine, bad = texts("t.csv")
    assert fine == "A"
    assert "Perhaps a quotation mark is never closed" in bad


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv"])
def test_a_large_table_takes_little_memory(folder: Path, name: str) -> None:
    with (folder / name).open("w") as file:
        file.write("text,n\n" if name == "t.csv" else "")
        for number in range(5_000):
            file.write(f"{'x' * 500} {number},1\n" if name == "t.csv" else f'{{"text": "{"x" * 2000} {number}"}}\n')

    def rows() -> Iterator[str]:
        return (one.id for one in read_documents([name]))

    next(rows())  # imports and caches
    tracemalloc.start()
    assert sum(1 for _ in rows()) == 5_000
    # the ids of all rows are remembered, to keep them unique; the texts are not
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
