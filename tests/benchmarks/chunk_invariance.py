"""Read generated documents in every way, and count what chunks lose, invent or misplace: all should be 0.

python -m tests.benchmarks.chunk_invariance [--documents 500] [--first 0] [--ways 24]

With fewer ways than there are, each document is read in its own share of them, so that all of them are used.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

from tests.engine.chunked.generated_documents import WAYS, extract, faults, generate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--ways", type=int, default=len(WAYS))
    given = parser.parse_args()
    counts, started = Counter[str](), time.monotonic()
    for seed in range(given.first, given.first + given.documents):
        made, step = generate(seed), len(WAYS) // given.ways
        for mode, size, passes in WAYS[seed % step :: step]:
            found = faults(made, extract(made, mode, size, passes))
            counts["runs"] += 1
            for name in ("lost", "invented", "misplaced"):
                wrong = getattr(found, name)
                counts[name] += len(wrong)
                if wrong:
                    print(f"document {seed}, {mode.value}, chunks of {size}, passes {passes}: {name} {wrong[:2]}")
    print(f"{given.documents} documents, {counts['runs']} runs, {time.monotonic() - started:.0f} s: ", end="")
    print(", ".join(f"{name} {counts[name]}" for name in ("lost", "invented", "misplaced")))


if __name__ == "__main__":
    main()
