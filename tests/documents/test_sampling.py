from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from structgen.core.records import Document
from structgen.documents.sampling import chosen

DOCUMENTS = st.lists(st.builds(Document, st.text(min_size=1), st.sampled_from("abcdef")), unique=True, max_size=20)


@given(DOCUMENTS, st.integers(1, 25), st.integers(0, 5), st.randoms())
def test_a_sample_depends_on_the_documents_and_the_seed_alone(documents, sample, seed, random) -> None:
    shuffled = random.sample(documents, len(documents))
    found = list(chosen(documents, sample=sample, seed=seed))
    assert len(found) == min(sample, len(documents))
    assert found == [one for one in documents if one in found]
    assert set(chosen(shuffled, sample=sample, seed=seed)) == set(found)


def test_no_more_is_read_than_the_limit() -> None:
    read: list[int] = []

    def documents():
        for number in range(9):
            read.append(number)
            yield Document(str(number))

    assert len(list(chosen(documents(), limit=3))) == 3
    assert read == [0, 1, 2]
