"""What Daft adds to a run: documents per CPU second of one process, as a share of the same run without Daft.

Both run in one process by turns, against a server that costs next to nothing, and only CPU time counts: a busy machine
slows both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import daft
import pytest
from pydantic import BaseModel

import structgen.daft
from structgen import Extractor
from structgen.batch import Batch
from structgen.core.records import Document, Task
from structgen.daft.cluster_batch import ClusterBatch
from structgen.daft.job import ExtractorSettings, Job
from structgen.daft.worker import close_workers

DOCUMENTS, CONCURRENCY, ROUNDS = 600, 32, 3
MODEL = "groq/openai/gpt-oss-20b"
GOAL = 0.8


class Soup(BaseModel):
    title: str
    minutes: int
    serves: int


TASK = Task("soup", Soup)
ANSWER = '{"title": "Soup", "minutes": 10, "serves": 4}'


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("canned_server.py")), json.dumps({"gpt-oss-20b": ANSWER})]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.kill()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, url: str) -> Iterator[None]:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789")
    monkeypatch.setenv("GROQ_BASE_URL", url)
    yield
    close_workers()


def documents(round_: int) -> list[Document]:
    return [
        Document(f"Soup number {number} of {round_}, ready in 10 minutes, serves 4.", id=str(number))
        for number in range(DOCUMENTS)
    ]


def plain_rows(texts: list[Document], store: Path | None) -> int:
    with Extractor(MODEL, store=store) as extractor:
        return len(list(Batch(extractor, TASK, concurrency=CONCURRENCY).rows(texts)))


def daft_rows(texts: list[Document], store: Path | None) -> int:
    with Extractor(MODEL, store=store) as extractor:
        path = None if store is None else str(store)
        job = Job(TASK, ExtractorSettings(MODEL), store=path, concurrency=CONCURRENCY)
        return len(list(ClusterBatch(extractor, TASK, job).rows(texts)))


def daft_column(texts: list[Document], store: Path | None) -> int:
    frame = daft.from_pydict({"text": [text.text for text in texts]})
    column = structgen.daft.extract(frame["text"], Soup, model=MODEL, store=store, concurrency=CONCURRENCY)
    return len(frame.select(column.alias("found")).to_pydict()["found"])


Way = Callable[[list[Document], Path | None], int]


def cpu(way: Way, texts: list[Document], store: Path | None) -> float:
    before = time.process_time()
    assert way(texts, store) == DOCUMENTS
    return time.process_time() - before


@pytest.mark.parametrize("stored", [False, True], ids=["without a store", "with a store"])
@pytest.mark.parametrize("way", [daft_rows, daft_column])
def test_daft_keeps_most_of_the_documents_per_cpu_second(way: Way, stored: bool, tmp_path: Path, capsys: Any) -> None:
    shares: list[float] = []
    for round_ in range(ROUNDS + 1):  # the first warms up both
        texts = documents(round_)
        stores = [tmp_path / f"{name}{round_}.sqlite" if stored else None for name in ("plain", "daft")]
        plain, theirs = cpu(plain_rows, texts, stores[0]), cpu(way, texts, stores[1])
        shares.append(plain / theirs)
        with capsys.disabled():
            rates = f"{DOCUMENTS / plain:.0f} and {DOCUMENTS / theirs:.0f} documents per CPU second"
            kept = "with" if stored else "without"
            sys.stdout.write(f"\n{way.__name__} {kept} a store: {rates}, share {shares[-1]:.2f}")
    assert median(shares[1:]) >= GOAL
