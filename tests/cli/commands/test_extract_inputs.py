from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF


def rules(structgen: Any, *arguments: str) -> Any:
    return structgen("extract", "dish.json", *arguments, "--model", "rules", "--allow-incomplete")


def test_a_guessed_encoding_is_told_and_is_in_the_row(structgen: Any, folder: Path) -> None:
    (folder / "t.csv").write_bytes("id;text\n1;Name: Purée\n".encode("cp1252"))
    ran = rules(structgen, "t.csv")
    assert ran.rows[0]["value"]["name"] == "Purée"
    assert "it was read as cp1252, which is a guess" in ran.rows[0]["notes"][0]
    assert any(f"t.csv: {ran.rows[0]['notes'][0]}" in line for line in ran.said)


def test_a_named_encoding_is_no_guess(structgen: Any, folder: Path) -> None:
    (folder / "t.csv").write_bytes("id;text\n1;Name: Żurek\n".encode("cp1250"))
    (row,) = rules(structgen, "t.csv", "--encoding", "cp1250").rows
    assert row["value"]["name"] == "Żurek"
    assert "notes" not in row


def test_a_wrong_encoding_is_a_wrong_command_or_a_failed_row(structgen: Any, folder: Path) -> None:
    (folder / "a.txt").write_bytes("Name: Purée".encode("cp1252"))
    unknown = rules(structgen, "a.txt", "--encoding", "cp9999")
    assert unknown.status == 2
    assert "There is no encoding 'cp9999'" in unknown.err
    ran = rules(structgen, "a.txt", "--encoding", "utf-8")
    assert ran.status == 1
    assert ran.rows[0]["error"] == (
        "it is not valid utf-8 (byte 9); name its real encoding (encoding, --encoding) and try again."
    )


def test_the_format_of_standard_input_can_be_named(
    structgen: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"id": 1.50, "text": "Name: Pie"}\n')))
    (row,) = rules(structgen, "-", "--format", "jsonl").rows
    assert (row["id"], row["source"], row["value"]["name"]) == ("1.50", "-", "Pie")


def test_a_row_with_surplus_cells_fails_and_the_others_do_not(structgen: Any, folder: Path) -> None:
    (folder / "t.csv").write_text("id,text\n1,Name: Pie, with plums\n2,Name: Tart\n")
    bad, fine = rules(structgen, "t.csv").rows
    assert bad["status"] == "failed"
    assert "it has 3 cells, but the header has 2" in bad["error"]
    assert fine["value"]["name"] == "Tart"


def test_evidence_from_a_pdf_names_its_page_in_rows_and_in_the_view(structgen: Any, folder: Path) -> None:
    pdf = FPDF()
    for text in ("A cover", "Name: Pie"):
        pdf.add_page()
        pdf.set_font("helvetica", size=10)
        pdf.text(20, 20, text)
    (folder / "pie.pdf").write_bytes(bytes(pdf.output()))
    (row,) = rules(structgen, "pie.pdf").rows
    (name,) = [piece for piece in row["evidence"] if piece["path"] == "/name"]
    assert (name["page"], name["text"]) == (2, "Pie")
    assert "page 2, 3:7" in rules(structgen, "pie.pdf", "--show").out
    assert all("page" not in piece for piece in rules(structgen, "soup.txt").rows[0]["evidence"])


def test_a_prompt_is_shown_for_an_input_in_the_named_encoding_and_format(structgen: Any, folder: Path) -> None:
    (folder / "rows.txt").write_bytes("id;text\n1;Name: Żurek\n".encode("cp1250"))
    ran = structgen("prompt", "dish.json", "rows.txt", "--encoding", "cp1250", "--format", "csv")
    assert "Name: Żurek" in ran.out
    assert "id;text" not in ran.out


def test_addresses_are_inputs_and_no_outputs_and_their_credentials_stay_secret(structgen, folder: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    held = fsspec.filesystem("memory")
    held.pipe("/in/soup.txt", b"Name: Soup\nServes: 4\n")
    held.pipe("/in/rest.txt", b"Name: Rest\nServes: 2\n")
    try:
        ran = structgen("extract", "dish.json", "memory://in", "--exclude", "rest*", "--model", "rules")
        (row,) = ran.rows
        assert (row["id"], row["source"], row["value"]["serves"]) == ("soup.txt", "memory:///in/soup.txt", 4)
        refused = structgen("extract", "dish.json", "soup.txt", "-o", "s3://key:s3cr3tpass@bucket/out.jsonl")
        assert refused.status == 2
        assert "rows are not written to addresses" in refused.err
        assert "s3cr3t" not in refused.err
    finally:
        held.store.clear()
