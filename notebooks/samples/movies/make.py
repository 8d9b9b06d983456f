"""Make the replay store of this folder: python make.py movies.sqlite. README.md says what is in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from structgen import Budget, Extractor, Mode, Options, Style
from structgen.evaluate import evaluate
from structgen.tasks import find_task
from structgen.testing import EMULATOR_KEY, Emulator

HERE = Path(__file__).parent
MODEL = "groq/openai/gpt-oss-20b"


def make_store(path: Path) -> None:
    """Run both prompts on an emulated Groq server that answers with responses.jsonl, and keep all of it in a store."""
    rows = [json.loads(line) for line in (HERE / "gold.jsonl").read_text("utf-8").splitlines()]
    answers = [json.loads(line) for line in (HERE / "responses.jsonl").read_text("utf-8").splitlines()]
    responses = {one["id"]: one for one in answers}
    poor = (HERE / "poor.txt").read_text("utf-8").strip()

    def answer(request: object) -> str:
        said = json.dumps(request, ensure_ascii=False)
        row = next(row for row in rows if json.dumps(row["text"], ensure_ascii=False)[1:-1] in said)
        return responses[row["id"]]["poor" if poor in said else "effective"]

    with Emulator() as server:
        server.answer_with(answer)
        for style, instructions in ((Style.OUTLINE, None), (Style.NONE, poor)):
            options = Options(mode=Mode.JSON, style=style, budget=Budget(max_attempts=1))
            task = find_task(str(HERE / "effective.toml"))
            with Extractor(MODEL, options, api_key=EMULATOR_KEY, base_url=server.base_url, store=path) as extractor:
                evaluate(task, HERE / "gold.jsonl", extractor=extractor, instructions=instructions)


if __name__ == "__main__":
    make_store(Path(sys.argv[1]))
