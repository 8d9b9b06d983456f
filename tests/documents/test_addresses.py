"""Inputs at addresses: fsspec's memory filesystem, and its HTTP filesystem against a server on loopback."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from structgen import Document, read
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.documents import DocumentProblem, read_documents
from structgen.documents.addresses import check_addresses, collapsed_address
from structgen.documents.name_choice import NameChoice


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    held = fsspec.filesystem("memory")
    yield held
    held.store.clear()
    held.pseudo_dirs[:] = [""]


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/breaks"):
            # half of what the header promises, and then the end
            self.send_response(200)
            self.send_header("Content-Length", "2000")
            self.end_headers()
            self.wfile.write(b'{"text": "Name: A"}\n{"text": "Name: B"}\n' + b"x" * 100)
            self.close_connection = True
            return
        if self.path.startswith("/status"):
            self.send_error(int(self.path[7:10]))
            return
        super().do_GET()

    def do_HEAD(self) -> None:
        if self.path.startswith(("/breaks", "/status")):
            self.send_error(405)
            return
        super().do_HEAD()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    handler = functools.partial(Handler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path
        server.shutdown()
        thread.join()


def found(*inputs: str, **more) -> list[tuple[str, str]]:
    return [
        (one.id, one.text.strip() if isinstance(one, Document) else one.reason)
        for one in read_documents(inputs, **more)
    ]


def test_files_folders_and_patterns_are_read_in_their_order(memory) -> None:
    memory.pipe("/in/b.txt", b"Name: B")
    memory.pipe("/in/deep/a.md", b"Name: A")
    memory.pipe("/in/picture.png", b"\x89PNG")
    memory.pipe("/in/.hidden.txt", b"Name: H")
    assert found("memory://in/b.txt") == [("b.txt", "Name: B")]
    assert found("memory://in") == [("b.txt", "Name: B"), ("deep/a.md", "Name: A")]
    assert found("memory://in/**/*.md") == [("deep/a.md", "Name: A")]


def test_tables_and_compressed_files_are_read_by_their_suffix(memory) -> None:
    rows = b'{"id": "x", "text": "Name: X"}\n{"id": "y"}\n'
    memory.pipe("/t.jsonl", rows)
    memory.pipe("/t.jsonl.gz", gzip.compress(rows))
    expected = [
        ("x", "Name: X"),
        ("y", "it has no field 'text' (it has: id); name the one with the text (text_field, --text-field)."),
    ]
    assert found("memory://t.jsonl") == expected
    assert found("memory://t.jsonl.gz") == expected


def test_parquet_is_read_from_its_end(memory, tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"id": ["p"], "text": ["Name: P"]}), tmp_path / "t.parquet")
    memory.pipe("/t.parquet", (tmp_path / "t.parquet").read_bytes())
    assert found("memory://t.parquet") == [("p", "Name: P")]


def test_a_web_address_is_a_file_and_a_folder_with_a_slash_at_its_end(web) -> None:
    base, folder = web
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text("Name: A")
    (folder / "in" / "b.jsonl").write_text('{"text": "Name: B"}\n')
    assert found(f"{base}/in/a.txt?token=s3cr3ts3cr3t") == [("a.txt", "Name: A")]
    assert found(f"{base}/in/") == [("a.txt", "Name: A"), ("b.jsonl:1", "Name: B")]


def test_what_cannot_be_read_is_a_problem_without_credentials(web, memory) -> None:
    base, _ = web
    secret = base.replace("http://", "http://somebody:s3cr3tpass@")
    for address in (f"{secret}/gone.txt?sig=s3cr3tsignature", "memory://gone.txt"):
        (problem,) = read_documents([address])
        assert isinstance(problem, DocumentProblem)
        assert problem.reason == "there is no such file."
        assert "s3cr3t" not in str(problem) + problem.source + problem.id


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "there is no such file."),
        (410, "there is no such file."),
        (403, "access was denied: check the credentials of this filesystem."),
        (500, "it cannot be read: the server responded with status 500."),
    ],
)
def test_what_a_server_refuses_is_told_apart_from_a_file_that_does_not_exist(status: int, reason: str, web) -> None:
    assert found(f"{web[0]}/status{status}.txt") == [(f"status{status}.txt", reason)]


def test_a_server_that_is_down_is_no_missing_file() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    ((_, reason),) = found(f"http://somebody:s3cr3tpass@127.0.0.1:{port}/a.txt")
    assert reason.startswith("it cannot be read: Cannot connect to host 127.0.0.1")
    assert "s3cr3t" not in reason


def test_a_file_that_breaks_off_is_a_problem_and_the_others_are_read(web, memory) -> None:
    base, _ = web
    memory.pipe("/a.txt", b"Name: A")
    broken, other = found(f"{base}/breaks.jsonl", "memory://a.txt")
    assert broken[1].startswith("it cannot be read: ")
    assert other == ("a.txt", "Name: A")


def test_a_file_that_vanishes_after_it_was_listed_fails_alone(memory) -> None:
    for name in "abc":
        memory.pipe(f"/in/{name}.txt", f"Name: {name}".encode())
    documents = read_documents(["memory://in"])
    assert next(documents).id == "a.txt"
    memory.rm("/in/b.txt")
    assert [type(one) for one in documents] == [DocumentProblem, Document]


def test_a_missing_package_is_named_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(protocol: str) -> None:
        raise ImportError("install it")

    with pytest.raises(ConfigurationError, match="no filesystem is known for nowhere://"):
        check_addresses(["nowhere://x"])
    monkeypatch.setattr(fsspec, "get_filesystem_class", missing)
    with pytest.raises(ConfigurationError, match="pip install gcsfs"):
        check_addresses(["gs://bucket/x"])
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'structgen\[remote\]' s3fs"):
        check_addresses(["a.txt", "s3://bucket/x"])


def test_one_document_is_read_from_its_address(memory) -> None:
    memory.pipe("/one.txt", b"Name: One")
    memory.pipe("/t.csv", b"id,text\n1,Name: A\n2,Name: B\n")
    assert Document.from_file("memory://one.txt").text == "Name: One"
    assert [one.id for one in read("memory://t.csv") if isinstance(one, Document)] == ["1", "2"]
    with pytest.raises(DocumentError, match="several documents"):
        Document.from_file("memory://t.csv")


@pytest.mark.parametrize(
    ("path", "address"),
    [("s3:/bucket/o.jsonl", "s3://bucket/o.jsonl"), ("out.jsonl", None), ("a/b:/c", None), ("C:/x", None)],
)
def test_an_address_is_known_after_it_became_a_path(path: str, address: str | None) -> None:
    assert collapsed_address(path) == address


def test_patterns_choose_names_in_folders_and_listings_and_exclude_wins(memory, tmp_path: Path) -> None:
    names = ["a.txt", "a.md", "drafts/b.txt", "notes/deep/c.txt", "log.log"]
    for name in names:
        memory.pipe(f"/in/{name}", f"Name: {name}".encode())
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"Name: {name}")
    for where in ("memory://in", str(tmp_path)):
        choice = NameChoice(("*.txt", "*.log"), ("drafts", "*.nothing"))
        said: list[str] = []
        read_names = {one.id for one in read_documents([where], choice=choice, notice=said.append)}
        assert read_names == {"a.txt", "log.log", "notes/deep/c.txt"}
        assert "--exclude '*.nothing' matches nothing." in said
        assert {one.id for one in read_documents([where], choice=NameChoice(("notes/**",)))} == {"notes/deep/c.txt"}
    assert {one.id for one in read(tmp_path, include="*.md")} == {"a.md"}


def test_rows_of_equal_ids_are_both_kept_and_said(memory) -> None:
    memory.pipe("/t.jsonl", "".join(json.dumps({"id": "a", "text": f"Name: {n}"}) + "\n" for n in range(3)).encode())
    said: list[str] = []
    assert [one.id for one in read_documents(["memory://t.jsonl"], notice=said.append)] == ["a", "a#2", "a#3"]
    assert len(said) == 2
