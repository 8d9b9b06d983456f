"""The lists of files and of batches, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import groq
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen.testing import Emulator
from structgen.testing.emulator.batches.paging import page_of
from tests.testing.conftest import Batcher


@pytest.fixture
def openai_client(groq_emulator: Emulator) -> Iterator[openai.OpenAI]:
    base = f"{groq_emulator.base_url}/openai/v1"
    with openai.OpenAI(api_key=groq_emulator.api_key, base_url=base, max_retries=0) as opened:
        yield opened


@pytest.fixture
def made(batcher: Batcher) -> tuple[list[str], list[str]]:
    """The ids of five files and of five batches, newest first."""
    batches = [batcher.start(batcher.line(str(number))) for number in range(5)]
    files = [file.id or "" for file in batcher.client.files.list().data]
    return files, batches[::-1]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_the_openai_sdk_walks_through_all_pages_once(
    limit: int, made: tuple[list[str], list[str]], openai_client: openai.OpenAI
) -> None:
    files, batches = made
    assert [batch.id for batch in openai_client.batches.list(limit=limit)] == batches
    assert [file.id for file in openai_client.files.list(limit=limit, purpose="batch")] == files


def test_without_a_limit_one_page_has_everything(
    made: tuple[list[str], list[str]], openai_client: openai.OpenAI, groq_emulator: Emulator
) -> None:
    del groq_emulator.requests[:]
    assert [file.id for file in openai_client.files.list()] == made[0]
    assert [batch.id for batch in openai_client.batches.list()] == made[1]
    assert len(groq_emulator.requests) == 2


def test_files_are_listed_in_the_order_that_is_asked_for(
    made: tuple[list[str], list[str]], openai_client: openai.OpenAI
) -> None:
    assert [file.id for file in openai_client.files.list(order="asc", limit=2)] == made[0][::-1]


def test_a_purpose_without_files_has_an_empty_list(openai_client: openai.OpenAI) -> None:
    assert list(openai_client.files.list(purpose="batch_output")) == []


@pytest.mark.parametrize("path", ["files", "batches"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "0"}, "'limit' : number must be between 1 and"),
        ({"limit": "many"}, "'limit' : number must be between 1 and"),
        ({"limit": "10001"}, "'limit' : number must be between 1 and"),
        ({"order": "random"}, "'order' : value is not one of the allowed values"),
        ({"after": "file_none"}, "'after' : no object in this list has the id 'file_none'"),
    ],
)
def test_a_page_that_cannot_be_meant_is_refused(
    query: dict[str, str], words: str, path: str, client: groq.Groq
) -> None:
    with pytest.raises(groq.BadRequestError, match=words):
        client.get(f"/openai/v1/{path}", options={"params": query}, cast_to=object)


@given(st.lists(st.uuids().map(str), unique=True), st.integers(1, 5), st.sampled_from(["asc", "desc"]))
def test_the_pages_together_are_the_list(ids: list[str], limit: int, order: str) -> None:
    seen: list[str] = []
    more = True
    while more:
        query = {"limit": str(limit), "order": order, **({"after": seen[-1]} if seen else {})}
        page, more = page_of(query, ids)
        seen += page
    assert seen == (ids if order == "asc" else ids[::-1])
