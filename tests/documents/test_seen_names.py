from __future__ import annotations

import pytest

from structgen.documents.seen_names import SeenNames


@pytest.mark.parametrize("in_memory", [1, 3, 1000])
def test_a_name_is_new_once_wherever_it_is_kept(in_memory: int) -> None:
    seen = SeenNames(in_memory)
    names = [str(number % 7).encode() for number in range(20)]
    assert [seen.add(name) for name in names] == [True] * 7 + [False] * 13
    seen.put(b"3", 8)
    assert (seen.number(b"3"), seen.number(b"9")) == (8, None)
