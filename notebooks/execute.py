"""Run the notebooks and keep their outputs: python notebooks/execute.py [NOTEBOOK...]. A test checks that it was done.

The outputs are for readers on a code host. They are made without a key, so that they are the same for everybody, and a
notebook remembers the hash of the cells that made them: after a change of a cell, run this again.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STAMP = "structgen_executed"
"""The key in the metadata of a notebook that has the hash of its cells."""


def notebooks() -> list[Path]:
    """Return the notebooks in their order."""
    return sorted(HERE.glob("*.ipynb"))


def fingerprint(notebook: dict[str, Any]) -> str:
    """Return the hash of the sources of all cells."""
    sources = [[cell["cell_type"], "".join(cell["source"])] for cell in notebook["cells"]]
    return sha256(json.dumps(sources).encode()).hexdigest()[:16]


def execute(path: Path) -> None:
    """Run a notebook and write its outputs into it. Raises CellExecutionError if a cell fails."""
    import nbformat
    from nbclient import NotebookClient

    read: Any = nbformat.read(path, as_version=4)
    NotebookClient(read, timeout=120, resources={"metadata": {"path": str(HERE)}}).execute()
    for cell in read.cells:
        cell.metadata.pop("execution", None)
        if "outputs" in cell:
            cell["outputs"] = list(_steady(cell["outputs"]))
    read.metadata[STAMP] = fingerprint(read)
    nbformat.write(read, path)


def _steady(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Join what a cell wrote piece by piece. Of a progress bar only the last state is kept, without its times."""
    for (kind, _), pieces in groupby(outputs, lambda one: (one["output_type"] == "stream", one.get("name"))):
        several = list(pieces)
        if not kind:
            for data in (one["data"] for one in several if "data" in one):
                # where this repository is on this machine
                data["text/plain"] = data.get("text/plain", "").replace(str(HERE), ".")
            yield from several
            continue
        lines = "".join(one["text"] for one in several).replace("\r\n", "\n").split("\n")
        text = "\n".join(line.rpartition("\r")[2] for line in lines)
        text = re.sub(r" \[\d+:\d+<[^,\]]*, [^,\]]*(, )?", " [", text)
        if text.strip():
            several[0]["text"] = text
            yield several[0]


def main() -> None:
    """Run the notebooks that are named, or all."""
    for name in ("GROQ_API_KEY", "STRUCTGEN_MODEL"):
        os.environ.pop(name, None)
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else notebooks():
        execute(path)
        sys.stdout.write(f"{path.name}: {path.stat().st_size // 1_000} kB\n")


if __name__ == "__main__":
    main()
