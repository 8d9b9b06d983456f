from __future__ import annotations

import threading
from pathlib import Path

from structgen.batch import Batch, open_output
from structgen.cli.command import Exit
from structgen.cli.running import Manner, run_batch
from structgen.core.records import Document, Task
from structgen.extractor import Extractor


def test_a_run_outside_the_main_thread_leaves_signals_alone(tmp_path: Path) -> None:
    batch = Batch(Extractor("rules"), Task("dish", {"type": "object", "properties": {"name": {"type": "string"}}}))
    ended: list[Exit] = []

    def run() -> None:
        documents = [Document("Name: Soup", "soup", "soup.txt")]
        ended.append(run_batch(batch, documents, open_output(tmp_path / "out.jsonl"), Manner()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert ended == [Exit.OK]
    assert (tmp_path / "out.jsonl").exists()
