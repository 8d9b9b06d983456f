"""Faults of the files and batches endpoints: scripted ones and those of a plan, through the groq SDK."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import groq
import pytest

from structgen.testing import Emulator, FaultPlan, dropped, error

Batcher = Any  # the class is in conftest.py


def calls_of(client: groq.Groq) -> dict[str, Callable[[], object]]:
    return {
        "upload": lambda: client.files.create(file=("in.jsonl", b"{}"), purpose="batch"),
        "list_files": client.files.list,
        "file": lambda: client.files.info("file_x"),
        "content": lambda: client.files.content("file_x"),
        "delete_file": lambda: client.files.delete("file_x"),
        "create": lambda: client.batches.create(
            input_file_id="file_x", endpoint="/v1/chat/completions", completion_window="24h"
        ),
        "list_batches": client.batches.list,
        "batch": lambda: client.batches.retrieve("batch_x"),
        "cancel": lambda: client.batches.cancel("batch_x"),
    }


@pytest.mark.parametrize("name", calls_of(groq.Groq(api_key="none")))
def test_a_scripted_error_reaches_one_request_to_its_endpoint(
    groq_emulator: Emulator, client: groq.Groq, name: str
) -> None:
    groq_emulator.script_batches(name, error("over_capacity"))
    with pytest.raises(groq.InternalServerError):
        calls_of(client)[name]()
    assert [received.status for received in groq_emulator.requests] == [503]


def test_a_processed_upload_leaves_its_file_although_its_response_is_lost(
    groq_emulator: Emulator, client: groq.Groq
) -> None:
    groq_emulator.script_batches("upload", dropped())
    groq_emulator.script_batches("upload", dropped(), processed=True)
    for files in (0, 1):
        with pytest.raises(groq.APIConnectionError):
            client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
        assert len(client.files.list().data) == files


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "dropped", "cut", "malformed", "slow", "wrong_type"])
def test_a_plan_reaches_files_and_batches(groq_emulator: Emulator, client: groq.Groq, kind: str) -> None:
    groq_emulator.fail_with(FaultPlan(seed=2, seconds=0.01, **{kind: 1.0}))  # type: ignore[arg-type]
    with suppress(groq.APIError, ValueError):
        client.files.list()
    assert [received.fault for received in groq_emulator.faults] == [kind]


def test_the_flex_tier_concerns_no_files(groq_emulator: Emulator, client: groq.Groq) -> None:
    groq_emulator.fail_with(FaultPlan(flex=1.0))
    assert client.files.list().data == []


def test_results_can_be_rewritten(groq_emulator: Emulator, client: groq.Groq, batcher: Batcher) -> None:
    groq_emulator.rewrite_results(lambda content: content * 2)
    done = client.batches.retrieve(batcher.start(batcher.line("a")))
    assert done.output_file_id is not None
    assert len(client.files.content(done.output_file_id).text().splitlines()) == 2


def test_a_list_has_pages_of_the_size_that_the_server_chose(groq_emulator: Emulator, client: groq.Groq) -> None:
    made = [client.files.create(file=("in.jsonl", b"{}"), purpose="batch").id for _ in range(3)]
    groq_emulator.page_size = 2
    assert [file.id for file in client.files.list().data] == made[:0:-1]
    groq_emulator.reset()
    assert groq_emulator.page_size is None
