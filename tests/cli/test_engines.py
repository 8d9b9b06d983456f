"""``structgen extract --engine daft``: the rows, files and errors of any run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structgen.cli.arguments import EngineName, ExtractArguments
from structgen.cli.engines import check_engine, daft_batch
from structgen.core.errors import ConfigurationError
from structgen.core.records import FieldsText, Task
from structgen.daft import runner
from structgen.daft.runner import Cluster
from structgen.extractor import Extractor
from structgen.store import Store
from structgen.testing import Emulator

pytest.importorskip("daft")
parquet: Any = pytest.importorskip("pyarrow.parquet")

TASK = Task("soup", FieldsText("name, serves int?"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        monkeypatch.setenv("GROQ_API_KEY", emulator.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", emulator.base_url)
        yield emulator
        from structgen.daft.worker import close_workers

        close_workers()


@pytest.fixture
def inputs(folder: Path) -> list[str]:
    """The same rows as JSON Lines, CSV, Parquet and files."""
    rows = [
        {"id": f"{kind}{number}", "text": f"Name: {kind} {number}\nServes: 4"} for kind in "abc" for number in (1, 2)
    ]
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:2]) + "no JSON\n")
    Path("b.csv").write_text('id,text\nb1,"Name: b 1\nServes: 4"\nb2,"Name: b 2\nServes: 4"\n')
    import pyarrow

    parquet.write_table(pyarrow.Table.from_pylist(rows[4:]), "c.parquet")
    return ["a.jsonl", "b.csv", "c.parquet", "soup.txt"]


def test_every_kind_of_input_runs_through_daft_into_parquet(
    structgen: Any, inputs: list[str], server: Emulator
) -> None:
    ran = structgen("extract", "dish.json", *inputs, "--engine", "daft", "-o", "daft.parquet", "--store", "a.sqlite")
    here = structgen("extract", "dish.json", *inputs, "-o", "here.parquet", "--store", "b.sqlite")
    assert ran.status == here.status == 1  # the line that is no JSON
    found, expected = parquet.read_table("daft.parquet"), parquet.read_table("here.parquet")
    assert found.schema == expected.schema
    assert found.to_pylist() == expected.to_pylist()
    assert found.column("id").to_pylist()[-1] == "soup.txt"
    assert len(server.requests) == 2 * 7


def test_the_same_command_asks_nothing_again_and_writes_any_format(
    structgen: Any, inputs: list[str], server: Emulator
) -> None:
    words = ("extract", "dish.json", *inputs, "--engine", "daft", "--store", "a.sqlite")
    first = structgen(*words)
    again = structgen(*words, "-o", "out.csv")
    assert first.status == again.status == 1
    assert len(server.requests) == 7
    assert Path("out.csv").read_text().count("soup.txt") == 2  # its id and its source
    assert "7 calls" in first.err
    assert "calls" not in again.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ray", "127.0.0.1:6379"], "--ray needs --engine daft"),
        (["--engine", "daft", "--ray", "nonsense"], "must be host:port"),
        (["--engine", "daft", "--ray", "127.0.0.1:{port}"], "No Ray cluster responds"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_error(
    options: list[str], said: str, structgen: Any, server: Emulator, unused_port: int
) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", *(option.format(port=unused_port) for option in options))
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.said) == 1
    assert server.requests == []


def test_batches_do_not_go_through_daft(structgen: Any, server: Emulator) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", "--engine", "daft", "--via", "groq-batch")
    assert (ran.status, ran.said) == (
        2,
        ["structgen: --engine daft uses single calls: omit --via or --engine."],
    )
    assert server.requests == []


def test_a_reparse_does_not_run_on_daft() -> None:
    with pytest.raises(ConfigurationError, match="reparse"):
        check_engine(ExtractArguments(engine=EngineName.DAFT), reparsing=True)


@pytest.mark.parametrize(
    ("cluster", "limits", "stored", "said"),
    [
        (Cluster(4, 2), None, False, "only on a Redis server"),
        (Cluster(4, 2), None, True, "only on a Redis server.*--limits.*cannot share a store.*--no-store"),
        (Cluster(4, 2), "limits.sqlite", False, "only on a Redis server"),
        (Cluster(4, 2), "redis://h/0", True, "--no-store"),
    ],
)
def test_hosts_that_could_not_share_the_limits_or_the_store_are_refused(
    cluster: Cluster,
    limits: str | None,
    stored: bool,
    said: str,
    server: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "use_runner", lambda address: cluster)
    arguments = ExtractArguments(engine=EngineName.DAFT, ray="auto", limits=limits)
    with Store(tmp_path / "store.sqlite") as store, Extractor("groq/openai/gpt-oss-20b") as extractor:
        with pytest.raises(ConfigurationError, match=said):
            daft_batch(arguments, extractor, TASK, None, None, float, store if stored else None)  # type: ignore[arg-type]
        monkeypatch.setattr(runner, "use_runner", lambda address: Cluster(2, 1))
        batch: Any = daft_batch(
            ExtractArguments(engine=EngineName.DAFT, ray="auto"), extractor, TASK, None, None, float, store
        )  # type: ignore[arg-type]
        assert batch._job.settings.limits == str(tmp_path / "store.sqlite-limits")
