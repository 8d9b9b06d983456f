"""A submission that is killed at any step: the next one goes on, sends nothing twice and loses nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import groq
import pytest

from structgen import Extraction, Extractor
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.testing import Emulator

FIELDS = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
STEPS = ("collected", "sealed", "uploaded", "upload recorded", "created", "settled", "fetched")
# One process for all steps: it imports once, also what is imported late, and forks for each before any thread runs.
CHILD = """
import json, os, signal, sys
import groq.resources.batches, groq.resources.files, groq.types
import structgen.schema.json_validator
from structgen import Extractor
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.engine.provider_batches.submission import Submission
from structgen.send.http.chat_sender import ChatSender

fields, folder, *steps = json.loads(sys.argv[1])


def run(step):
    def kill(name):
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    texts = [f"Name: {step} {number}" for number in range(3)]
    with Extractor("groq/openai/gpt-oss-20b", store=f"{folder}/{step}.sqlite") as extractor:
        submission = extractor.submission(BatchTerms(most_lines=2, on_step=kill))
        submission.send(lambda: extractor.open_requests(fields, texts))


for step in steps:
    child = os.fork()
    if child == 0:
        try:
            run(step)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), step
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_no_step_at_which_a_process_dies_sends_twice_or_loses_a_text(
    groq_emulator: Emulator, tmp_path: Path, opened: Callable[..., Extractor]
) -> None:
    arguments = json.dumps([FIELDS, str(tmp_path), *STEPS])
    subprocess.run([sys.executable, "-c", CHILD, arguments], check=True, timeout=120)
    groq_emulator.page_size = 2
    for step in STEPS:
        texts = [f"Name: {step} {number}" for number in range(3)]
        extractor = opened(store=tmp_path / f"{step}.sqlite")
        submission = extractor.submission(BatchTerms(most_lines=2))
        assert submission.send(lambda extractor=extractor, texts=texts: extractor.open_requests(FIELDS, texts)) == ()
        outcomes = list(extractor.answered_by(submission).map(FIELDS, texts))
        assert [one.value for one in outcomes if isinstance(one, Extraction)] == [{"name": text[6:]} for text in texts]
        assert all(isinstance(one, Extraction) and one.cost for one in outcomes)
    groq_emulator.page_size = None
    with groq.Groq() as client:
        files = [file for file in client.files.list().data if file.purpose == "batch"]
        lines = [line for file in files for line in client.files.content(str(file.id)).text().splitlines()]
        inputs = Counter(batch.input_file_id for batch in client.batches.list().data)
    assert (len(lines), len(set(lines))) == (3 * len(STEPS), 3 * len(STEPS))
    assert set(inputs.values()) == {1}
    assert len(inputs) == len(files) == 2 * len(STEPS)
    assert not [one for one in groq_emulator.requests if one.path.endswith("/chat/completions")]
