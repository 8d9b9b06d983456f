"""The share of a run's processor time that counting and showing its progress takes: at most 2 %.

What a document takes is measured with stored answers, which is the least that any document takes; of a run that asks a
server the share is smaller. The panel is drawn twice a second, so its share is that of two drawings in a second.
"""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

from structgen import Extractor
from structgen.batch import Batch, Row, RowStatus
from structgen.cli.run_display.panel import Panel
from structgen.cli.run_display.run_watch import RunWatch
from structgen.core.events import CompletionReceived, RequestSent
from structgen.core.options import Mode
from structgen.core.records import Completion, Document, Message, Request, Task, Usage
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
TASK: Task = Task("dish", {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
STORED, COUNTED, DRAWN = 200, 20_000, 200
MOST = 0.02


def seconds_of_a_document(path: Path, emulator: Emulator) -> float:
    """Processor time of one document whose answer is stored, without any display."""
    emulator.script(reply(json.dumps({"name": "Soup"})), repeat_last=True)
    documents = [Document(f"Name: Dish {number}", str(number), "many.jsonl") for number in range(STORED)]
    with Extractor(GROQ, store=path) as extractor:
        list(Batch(extractor, TASK, concurrency=8).rows(iter(documents)))
        begun = time.process_time()
        list(Batch(extractor, TASK, concurrency=8).rows(iter(documents)))
        return (time.process_time() - begun) / STORED


def seconds_of_counting() -> float:
    """Processor time of counting one document with one call."""
    watch = RunWatch(quiet=True, models=[GROQ])
    request = Request("groq", "openai/gpt-oss-20b", (Message("user", "Soup."),), Mode.JSON, True)
    sent = RequestSent(request, 1, "", Usage())
    received = CompletionReceived(request, Completion("{}", usage=Usage(100, 10, calls=1)), 1)
    row = Row("soup", "soup.txt", RowStatus.OK, usage=Usage(100, 10, calls=1))
    begun = time.process_time()
    for _ in range(COUNTED):
        watch.observe(sent)
        watch.observe(received)
        with watch.room():
            pass
        watch.see(row)
    return (time.process_time() - begun) / COUNTED


def seconds_of_drawing() -> float:
    """Processor time of drawing the panel once."""
    watch = RunWatch(quiet=True, models=[GROQ], total=lambda: 1_000)
    panel = Panel(io.StringIO(), watch.read)
    panel.draw()
    begun = time.process_time()
    for _ in range(DRAWN):
        panel.draw()
    return (time.process_time() - begun) / DRAWN


def test_the_progress_takes_at_most_2_percent(tmp_path: Path, groq_emulator: Emulator) -> None:
    document = seconds_of_a_document(tmp_path / "store.sqlite", groq_emulator)
    counting, drawing = seconds_of_counting(), seconds_of_drawing()
    # Of one second of processor time, two drawings are taken at most: the clock never runs slower than the processor.
    share = counting / document + 2 * drawing
    print(  # noqa: T201  the figure is what a benchmark is for
        f"a stored document {document * 1e6:.0f} us, counting {counting * 1e6:.1f} us, "
        f"a drawing {drawing * 1e3:.2f} ms: share {share:.2%}"
    )
    assert share <= MOST
