"""However a document is read, whole or in chunks, once or again, the same comes of it, from the same places.

A sample; `tests/benchmarks/chunk_invariance.py` reads all 500 documents in every way.
"""

from __future__ import annotations

import pytest

from tests.engine.chunked.generated_documents import WAYS, Faults, extract, faults, generate


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_lost_invented_or_misplaced(seed: int) -> None:
    made = generate(seed)
    for mode, size, passes in WAYS[seed % 6 :: 6]:
        assert faults(made, extract(made, mode, size, passes)) == Faults((), (), ()), (mode, size, passes)
