"""submit_batch and collect_batch against the emulator: every text has its outcome, and none is paid for twice."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import groq
import pytest
from pydantic import BaseModel

import structgen
from structgen import BatchHandle, BatchPending, BatchRetry, Extraction, ExtractionFailed, Extractor, Options
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    RequestRejected,
    TransportError,
)
from structgen.engine.budget import cost_of, cost_of_attempts
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.engine.provider_batches.request_collector import RequestCollector
from structgen.testing import Emulator, FaultPlan, dropped, error, raw, reply
from structgen.testing.emulator.batches import lifecycle

Open = Callable[..., Extractor]
UPLOAD, CREATE, CHAT = "/openai/v1/files", "/openai/v1/batches", "/openai/v1/chat/completions"


class Dish(BaseModel):
    name: str
    serves: int


def dish(number: int) -> str:
    return f"Name: Dish {number}\nServes: {number}\n"


TEXTS = [dish(number) for number in range(1, 6)]


def posts(emulator: Emulator) -> Counter[str]:
    """Count the successful POSTs by path."""
    return Counter(one.path for one in emulator.requests if one.method == "POST" and one.status == 200)


def sent_lines(emulator: Emulator) -> list[dict[str, Any]]:
    """Return the lines of all files that were uploaded."""
    with groq.Groq(base_url=emulator.base_url, api_key=emulator.api_key) as client:
        files = [file for file in client.files.list().data if file.purpose == "batch"]
        contents = [client.files.content(str(file.id)).text() for file in reversed(files)]
    return [json.loads(line) for content in contents for line in content.splitlines()]


def values(outcomes: list[Any]) -> list[Any]:
    return [one.value.name if isinstance(one, Extraction) else None for one in outcomes]


NAMES = [f"Dish {number}" for number in range(1, 6)]


def test_outcomes_come_in_the_order_of_the_texts_at_half_the_price(
    groq_emulator: Emulator, extractor: Extractor
) -> None:
    live = structgen.extract(Dish, TEXTS[0], model="groq/openai/gpt-oss-20b")
    handle = extractor.submit_batch(Dish, [*TEXTS, TEXTS[0], ""])
    assert (handle.done, handle.texts, handle.requests, len(handle.ids)) == (True, 7, 5, 1)
    *found, again, empty = extractor.collect_batch(handle)
    assert values(found) == NAMES
    assert live.cost is not None
    assert found[0].cost == pytest.approx(live.cost / 2)
    assert found[0].usage == live.usage
    # an equal text is answered by the same line, which the first of them paid
    assert (again.value, again.cost, again.usage.calls) == (found[0].value, 0.0, 0)
    assert isinstance(empty, ExtractionFailed)
    assert found[0].evidence[0].text == "Dish 1"


def test_a_line_has_the_body_of_the_live_request(groq_emulator: Emulator, extractor: Extractor) -> None:
    extractor.submit_batch(Dish, TEXTS, "Read the dish.")
    bodies = [line["body"] for line in sent_lines(groq_emulator)]
    requests = [
        structgen.compile_request(Dish, text, model="groq/openai/gpt-oss-20b", instructions="Read the dish.")
        for text in TEXTS
    ]
    assert bodies == [request.to_groq() for request in requests]


CALLS: dict[str, Callable[[Extractor, str], Any]] = {
    "extract": lambda extractor, text: extractor.extract(Dish, text).value,
    "aextract": lambda extractor, text: asyncio.run(extractor.aextract(Dish, text)).value,
    "stream": lambda extractor, text: list(extractor.stream(Dish, text))[-1].value,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_single_call_does_not_pay_again_for_what_a_batch_under_way_will_answer(
    timed: Emulator, extractor: Extractor, call: Callable[[Extractor, str], Any]
) -> None:
    handle = extractor.submit_batch(Dish, TEXTS[:2])
    with pytest.raises(TransportError, match=r"under way, so it was not sent.* after cancel_batch"):
        call(extractor, TEXTS[0])
    assert posts(timed)[CHAT] == 0
    assert call(extractor, TEXTS[2]) == Dish(name="Dish 3", serves=3)
    timed.clock.advance(1100)
    assert values(list(extractor.collect_batch(handle))) == NAMES[:2]
    assert call(extractor, TEXTS[0]) == Dish(name="Dish 1", serves=1)
    assert posts(timed)[CHAT] == 1


def test_requests_that_a_killed_process_only_collected_hold_up_no_single_call(
    timed: Emulator, extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RequestCollector, "seal", die)
        with pytest.raises(KeyboardInterrupt):
            extractor.submit_batch(Dish, TEXTS[:1])
    assert extractor.extract(Dish, TEXTS[0]).value == Dish(name="Dish 1", serves=1)


def test_what_was_collected_answers_live_runs_and_later_batches(groq_emulator: Emulator, extractor: Extractor) -> None:
    assert values(list(extractor.collect_batch(extractor.submit_batch(Dish, TEXTS)))) == NAMES
    assert values(list(extractor.map(Dish, TEXTS))) == NAMES
    more = extractor.submit_batch(Dish, [*TEXTS, dish(6)])
    assert more.requests == 1
    *first, last = extractor.collect_batch(more)
    assert [one.cost for one in first] == [0.0] * 5
    assert last.cost
    assert posts(groq_emulator) == {UPLOAD: 2, CREATE: 2}


def test_a_handle_is_read_back_without_its_schema(
    groq_emulator: Emulator, extractor: Extractor, opened: Open, store: Path
) -> None:
    handle = extractor.submit_batch(Dish, TEXTS)
    again = BatchHandle.from_json(json.dumps(handle.to_json()))
    assert again == handle == pickle.loads(pickle.dumps(handle))
    other = opened(store=None)
    with pytest.raises(ConfigurationError, match="no schema: pass its schema too"):
        other.collect_batch(again)
    assert values(list(other.collect_batch(again, Dish))) == NAMES
    with pytest.raises(ConfigurationError, match="not a batch handle"):
        BatchHandle.from_json("{}")
    with pytest.raises(ConfigurationError, match="There is no store at"):
        other.collect_batch(again, Dish, store=store.with_name("none.sqlite"))


def test_texts_of_every_kind_are_kept(groq_emulator: Emulator, extractor: Extractor) -> None:
    page = structgen.Document("<html><body><p>Name: Pie</p><p>Serves: 2</p></body></html>", id="pie", source="pie.html")
    chat = [{"role": "user", "content": "Name: Stew\nServes: 3"}]
    problem = structgen.DocumentError("It is locked.", id="x", source="x.pdf")
    found = list(extractor.collect_batch(extractor.submit_batch(Dish, [page, chat, problem])))
    assert values(found) == ["Pie", "Stew", None]
    assert page.text[found[0].evidence[0].start : found[0].evidence[0].end] == "Pie"
    assert "It is locked." in str(found[2])


def test_a_batch_that_has_not_ended_is_pending(timed: Emulator, extractor: Extractor) -> None:
    handle = extractor.submit_batch(Dish, TEXTS)
    assert handle.state == "validating"
    with pytest.raises(BatchPending, match="has not ended: validating, 0 of 5 answered") as caught:
        extractor.collect_batch(handle)
    assert caught.value.handle == handle
    timed.clock.advance(500)
    now = extractor.poll_batch(handle)
    assert (now.state, now.done, now.answered) == ("in_progress", False, 2)
    timed.clock.advance(600)
    assert extractor.poll_batch(handle).done
    assert values(list(extractor.collect_batch(handle))) == NAMES
    assert posts(timed) == {UPLOAD: 1, CREATE: 1}


@pytest.mark.usefixtures("impatient")
def test_collecting_waits_if_it_may(groq_emulator: Emulator, extractor: Extractor) -> None:
    groq_emulator.batch_seconds = 0.05
    handle = extractor.submit_batch(Dish, TEXTS)
    assert values(list(extractor.collect_batch(handle, wait=True))) == NAMES


def test_the_async_methods_do_the_same(groq_emulator: Emulator, extractor: Extractor) -> None:
    async def work() -> list[Any]:
        handle = await extractor.asubmit_batch(Dish, TEXTS)
        return [outcome async for outcome in extractor.acollect_batch(handle)]

    assert values(asyncio.run(work())) == NAMES


def test_all_chunks_of_a_long_document_are_in_the_batch(groq_emulator: Emulator, opened: Open) -> None:
    text = "\n\n".join(f"Dish {number} is served to {number} people, with bread and butter." for number in range(40))
    extractor = opened(Options(chunk_chars=600))
    handle = extractor.submit_batch(list[Dish], [text])
    assert handle.requests > 3
    (found,) = extractor.collect_batch(handle)
    assert len(found.chunks) == handle.requests
    assert found.cost
    assert posts(groq_emulator)[CHAT] == 0


@pytest.mark.parametrize("retry", [None, "live", BatchRetry.BATCH, "none"])
def test_a_line_that_failed_is_asked_again_as_chosen(
    groq_emulator: Emulator, extractor: Extractor, retry: BatchRetry | str | None
) -> None:
    groq_emulator.script(error("over_capacity"), reply('{"name": "Dish 2", "serves": "many"}'))
    handle = extractor.submit_batch(Dish, TEXTS)
    found = list(extractor.collect_batch(handle, retry=retry))
    if retry == "none":
        assert values(found) == [None, None, *NAMES[2:]]
        assert "503" in str(found[0])
        assert "was not retried" in str(found[0])
        assert "retry batch another batch): /serves: should be an integer" in str(found[1])
        assert found[1].partial == {"name": "Dish 2", "serves": "many"}
    else:
        assert values(found) == NAMES
    assert posts(groq_emulator)[CHAT] == (2 if retry in {None, "live"} else 0)
    assert posts(groq_emulator)[CREATE] == (2 if retry is BatchRetry.BATCH else 1)


def test_the_cost_of_a_refused_answer_and_of_asking_again_have_their_own_prices(
    groq_emulator: Emulator, opened: Open
) -> None:
    groq_emulator.script(reply('{"name": "Dish 1", "serves": "many"}'), reply('{"/serves": 1}'))
    extractor = opened(Options(mode=structgen.Mode.JSON))
    (found,) = extractor.collect_batch(extractor.submit_batch(Dish, TEXTS[:1]))
    first, *others = found.attempts
    assert (first.completion.price_share, {one.completion.price_share for one in others}) == (0.5, {1.0})
    full = cost_of_attempts(others, extractor.card)
    half = cost_of(first.completion.usage, extractor.card)
    assert full
    assert half
    assert found.cost == pytest.approx(half / 2 + full)


def test_asking_again_by_batch_ends_with_the_attempts(groq_emulator: Emulator, opened: Open) -> None:
    extractor = opened(Options(budget=structgen.Budget(max_attempts=2)))
    groq_emulator.script(error("over_capacity"), repeat_last=True)
    (found,) = extractor.collect_batch(extractor.submit_batch(Dish, TEXTS[:1]), retry="batch")
    assert isinstance(found, ExtractionFailed)
    assert posts(groq_emulator) == {UPLOAD: 2, CREATE: 2}


def test_what_a_cancelled_batch_left_is_not_asked_live_unless_that_was_chosen(
    timed: Emulator, extractor: Extractor
) -> None:
    handle = extractor.submit_batch(Dish, TEXTS)
    timed.clock.advance(500)
    extractor.poll_batch(handle)
    assert extractor.cancel_batch(handle).state == "cancelling"
    timed.clock.advance(200)
    found = extractor.collect_batch(handle)
    names = values([next(found) for _ in range(5)])
    found.close()  # before its end, so that the batch is not closed
    assert names == [*NAMES[:2], None, None, None]
    assert posts(timed)[CHAT] == 0
    assert values(list(extractor.collect_batch(handle, retry="live"))) == NAMES
    assert posts(timed)[CHAT] == 3


def test_collecting_once_more_asks_nothing_live_that_a_cancelled_batch_left(
    timed: Emulator, extractor: Extractor
) -> None:
    handle = extractor.submit_batch(Dish, TEXTS)
    timed.clock.advance(500)
    extractor.cancel_batch(handle)
    timed.clock.advance(600)
    for _ in range(2):
        found = list(extractor.collect_batch(handle))
        assert sum(isinstance(one, Extraction) for one in found) == 2
        assert posts(timed)[CHAT] == 0
    assert "No batch has this document any more" in str(found[-1])
    assert values(list(extractor.collect_batch(handle, retry="live"))) == NAMES


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda one, _: one.submit_batch(Dish, TEXTS, max_cost="1"), "max_cost is '1', but must be a number"),
        (lambda one, _: one.submit_batch(Dish, TEXTS, max_cost=float("nan")), "max_cost is nan"),
        (lambda one, _: one.submit_batch(Dish, TEXTS, max_cost=-1), "max_cost is -1"),
        (lambda one, _: one.collect_batch(None), "handle is None, but must be BatchHandle"),
        (lambda one, _: one.poll_batch("id"), "handle is 'id'"),
        (lambda one, _: one.cancel_batch({}), "handle is {}"),
        (lambda one, handle: one.collect_batch(handle, wait="yes"), "wait is 'yes'"),
        (lambda one, handle: one.collect_batch(handle, concurrency=0), "concurrency is 0"),
        (lambda one, handle: one.collect_batch(replace(handle, id="other")), "has no texts of the submission other"),
        (
            lambda *_: BatchHandle.from_json({"id": 5, "store": "", "model": "m", "texts": "1"}),
            "id is int.*texts is '1'",
        ),
    ],
)
def test_wrong_arguments_are_named(
    groq_emulator: Emulator, extractor: Extractor, wrong: Callable[..., object], said: str
) -> None:
    handle = extractor.submit_batch(Dish, [dish(1)])
    with pytest.raises(ConfigurationError, match=said):
        wrong(extractor, handle)


def test_an_expired_window_keeps_its_answers_and_the_rest_is_asked_live(timed: Emulator, extractor: Extractor) -> None:
    timed.batch_seconds = 200_000
    handle = extractor.submit_batch(Dish, TEXTS)
    timed.clock.advance(90_000)
    assert values(list(extractor.collect_batch(handle))) == NAMES
    assert 0 < posts(timed)[CHAT] < 5


def test_a_batch_that_the_server_refuses_whole_leaves_the_reason_with_every_text(
    groq_emulator: Emulator, extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "MAX_LINES", 3)
    found = list(extractor.collect_batch(extractor.submit_batch(Dish, TEXTS)))
    assert len(found) == 5
    assert all("refused the whole batch" in str(one) and "the maximum is 3" in str(one) for one in found)
    assert posts(groq_emulator)[CHAT] == 0


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def with_first(content: bytes, response: object) -> bytes:
    """Return the results with another response in the first line."""
    first, *others = lines_of(content)
    changed = {"custom_id": json.loads(first)["custom_id"], "response": response, "error": None}
    return json.dumps(changed).encode() + b"\n" + b"".join(others)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "duplicates": lambda content: content * 3,
    "missing": lambda content: b"".join(lines_of(content)[2:]),
    "nothing": lambda content: b"",
    "blank lines": lambda content: content.replace(b"\n", b"\n\n \n"),
    "no line break at the end": lambda content: content.rstrip(),
    "garbage": lambda content: b"<html>\n\xff\xfe{\n[]\nnull\n17\n" + content + b'{"custom_id": "request-',
    "unknown ids": lambda content: (
        content + lines_of(content)[0].replace(b"request-", b"request-77") + b'{"custom_id": 7}\n'
    ),
    "no status": lambda content: content.replace(b'"status_code": 200', b'"status": 200'),
    "a 4xx without an error": lambda content: content.replace(b'"status_code": 200', b'"status_code": 400', 1),
    "a 500 with a text": lambda content: with_first(content, {"status_code": 500, "body": "oops"}),
    "neither an answer nor an error": lambda content: with_first(content, None),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_spoilt_results_lose_no_text(groq_emulator: Emulator, extractor: Extractor, kind: str) -> None:
    groq_emulator.rewrite_results(SPOILT[kind])
    handle = extractor.submit_batch(Dish, TEXTS)
    groq_emulator.rewrite_results(bytes)
    found = extractor.collect_batch(handle, retry="none")
    outcomes = [next(found) for _ in TEXTS]
    found.close()
    assert all(isinstance(one, Extraction) or str(one) for one in outcomes)
    answered = sum(isinstance(one, Extraction) for one in outcomes)
    assert values(list(extractor.collect_batch(handle, retry="live"))) == NAMES
    assert posts(groq_emulator)[CHAT] == 5 - answered
    kept = {"missing": 3, "nothing": 0, "a 4xx without an error": 4, "a 500 with a text": 4}
    assert answered == kept.get(kind, 4 if kind == "neither an answer nor an error" else 5)


def test_results_that_the_provider_has_deleted_lose_no_text(groq_emulator: Emulator, extractor: Extractor) -> None:
    groq_emulator.script_batches("content", *[error("file_not_found")] * 3)
    found = list(extractor.collect_batch(extractor.submit_batch(Dish, TEXTS), retry="none"))
    assert ["lack this document" in str(one) for one in found] == [True] * 5


@pytest.mark.parametrize("entries", [[], [{"id": "file_1", "filename": "other"}]])
def test_a_list_without_end_is_none_without_our_file(
    groq_emulator: Emulator, extractor: Extractor, entries: list[Any]
) -> None:
    page = raw(json.dumps({"object": "list", "data": entries, "has_more": True}))
    groq_emulator.script_batches("list_files", page, page, page)
    with pytest.raises(structgen.ServerFailed, match="lists /files without end"):
        extractor.submit_batch(Dish, TEXTS)
    assert posts(groq_emulator) == {}


@pytest.mark.parametrize("call", ["upload", "create"])
@pytest.mark.parametrize("step", [dropped(), error("bad_gateway"), raw("{"), raw('{"id": 7}')])
def test_a_lost_response_never_sends_twice(groq_emulator: Emulator, extractor: Extractor, call: str, step: Any) -> None:
    groq_emulator.page_size = 1
    extractor.submit_batch(Dish, [dish(9)])  # so that what is looked for is not alone in its list
    extractor.submit_batch(Dish, [dish(8)])
    groq_emulator.script_batches(call, step, processed=True)
    handle = extractor.submit_batch(Dish, TEXTS)
    assert values(list(extractor.collect_batch(handle))) == NAMES
    lines = sent_lines_of_all(groq_emulator)
    assert max(Counter(lines).values()) == 1


def sent_lines_of_all(emulator: Emulator) -> list[str]:
    emulator.page_size = None
    return [line["body"]["messages"][-1]["content"] for line in sent_lines(emulator)]


@pytest.mark.parametrize(
    "plan",
    [
        {"rate_limited": 0.3, "retry_after": 0, "server_error": 0.2, "dropped": 0.2},
        {"malformed": 0.3, "wrong_type": 0.3, "cut": 0.1},
        {"slow": 1.0, "seconds": 0.01},
    ],
)
def test_faults_of_files_and_batches_lose_nothing_and_send_nothing_twice(
    groq_emulator: Emulator, extractor: Extractor, plan: dict[str, float]
) -> None:
    groq_emulator.fail_with(FaultPlan(seed=5, **plan))  # type: ignore[arg-type]
    handle = extractor.submit_batch(Dish, TEXTS)
    groq_emulator.fail_with(None)
    found = list(extractor.collect_batch(handle, wait=True, retry="live"))
    assert values(found) == NAMES
    assert max(Counter(sent_lines_of_all(groq_emulator)).values()) == 1
    assert groq_emulator.faults


def test_a_submission_is_split_by_lines_and_by_bytes(groq_emulator: Emulator, extractor: Extractor) -> None:
    split, none = BatchTerms(most_bytes=4_500), BatchTerms(most_bytes=10)
    for terms, files in ((BatchTerms(most_lines=2), 3), (split, None), (none, 0)):
        groq_emulator.reset()
        texts = [f"{text} {files}" for text in TEXTS]
        submission = extractor.submission(terms)
        assert submission.send(lambda texts=texts: extractor.open_requests(Dish, texts)) == ()
        uploads: list[Any] = [one for one in groq_emulator.requests if (one.method, one.path) == ("POST", UPLOAD)]
        sizes = [one.body["file"]["size"] for one in uploads]
        if files is None:
            assert len(sizes) > 1
            assert max(sizes) <= 4_500
        else:
            assert len(sizes) == files
        assert len(sent_lines(groq_emulator)) == (0 if files == 0 else 5)


def test_nothing_is_uploaded_that_could_exceed_the_limit(groq_emulator: Emulator, extractor: Extractor) -> None:
    with pytest.raises(BudgetExceeded, match=r"at the price of batches.*Nothing was uploaded"):
        extractor.submit_batch(Dish, TEXTS, max_cost=0.000001)
    assert groq_emulator.requests == []
    assert extractor.submit_batch(Dish, TEXTS, max_cost=1.0).done


def test_a_wrong_key_and_a_server_without_batches_are_one_sentence_and_the_next_call_goes_on(
    groq_emulator: Emulator, extractor: Extractor
) -> None:
    groq_emulator.script_batches("list_files", error("invalid_api_key"))
    with pytest.raises(AuthenticationFailed, match="Check the key in GROQ_API_KEY"):
        extractor.submit_batch(Dish, TEXTS)
    groq_emulator.script_batches("upload", error("unknown_url"))
    with pytest.raises(RequestRejected, match=r"serves no batches: it answered 404.*Check the base URL"):
        extractor.submit_batch(Dish, TEXTS)
    handle = extractor.submit_batch(Dish, TEXTS)
    assert values(list(extractor.collect_batch(handle))) == NAMES
    assert posts(groq_emulator) == {UPLOAD: 1, CREATE: 1}


def test_a_file_that_the_server_refuses_is_named_and_can_be_sent_later(
    groq_emulator: Emulator, extractor: Extractor
) -> None:
    groq_emulator.script_batches("upload", error("request_too_large_body"))
    with pytest.raises(structgen.RequestTooLarge, match="Request Entity Too Large"):
        extractor.submit_batch(Dish, TEXTS)
    assert values(list(extractor.collect_batch(extractor.submit_batch(Dish, TEXTS)))) == NAMES


@pytest.mark.parametrize("model", ["rules", "groq/qwen/qwen3.8-27b", "compatible/x", "rules,groq/openai/gpt-oss-20b"])
def test_a_model_without_batches_is_refused(groq_emulator: Emulator, store: Path, model: str) -> None:
    refused = pytest.raises(ConfigurationError, match=r"takes no batches|Name a single model")
    base = "http://127.0.0.1:1" if model[0] == "c" else None
    with Extractor(model, base_url=base, store=store) as extractor, refused:
        extractor.submit_batch(Dish, TEXTS)


def test_a_batch_needs_a_store(groq_emulator: Emulator) -> None:
    refused = pytest.raises(ConfigurationError, match="needs a store")
    with Extractor("groq/openai/gpt-oss-20b") as extractor, refused:
        extractor.submit_batch(Dish, TEXTS)


def test_collecting_with_other_options_asks_nothing(
    groq_emulator: Emulator, extractor: Extractor, opened: Open
) -> None:
    handle = extractor.submit_batch(Dish, TEXTS)
    other = opened(Options(temperature=0.7))
    with pytest.raises(ConfigurationError, match="No batch and no stored answer has any of these texts"):
        other.collect_batch(handle)
    assert posts(groq_emulator) == {UPLOAD: 1, CREATE: 1}


def test_a_batch_of_another_key_is_named(timed: Emulator, extractor: Extractor) -> None:
    handle = extractor.submit_batch(Dish, TEXTS)
    timed.script_batches("batch", error("batch_not_found"))
    with pytest.raises(structgen.ModelUnavailable, match="Use the key and the server that it was sent with"):
        extractor.collect_batch(handle)
