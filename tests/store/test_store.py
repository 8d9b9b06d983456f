"""What the store holds, and that it survives."""

import asyncio
import gc
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from structgen.core.errors import ServerFailed, StoreError
from structgen.core.records import Completion, Request, Usage
from structgen.store import Answer, RunSpec, Store

Ask = Callable[..., Request]
Once = Callable[[Store, Request, Callable[[], Completion]], Answer]


def test_a_completion_is_found_by_an_equal_request(store: Store, ask: Ask, soup: Completion) -> None:
    assert store.get(ask()) is None
    store.put(ask(), soup)
    assert store.get(ask()) == soup
    assert store.get(ask("Stew.")) is None
    assert store.get(ask(model="n")) is None


def test_what_was_kept_is_there_when_the_file_is_opened_again(path: Path, ask: Ask, soup: Completion) -> None:
    with Store(path) as store:
        asyncio.run(store.aput(ask(), soup))
    with Store(path) as store:
        assert store.get(ask()) == soup


def test_the_last_completion_answers_and_none_is_dropped(store: Store, ask: Ask, soup: Completion) -> None:
    second = Completion("{}")
    store.put(ask(), soup)
    store.put(ask(), second)
    assert store.get(ask()) == second
    assert [entry.completion for entry in store.entries()] == [soup, second]


def test_half_characters_of_a_broken_response_are_kept(store: Store, ask: Ask) -> None:
    store.put(ask(), Completion("\ud800"))
    assert store.get(ask()) == Completion("\ud800")


def test_entries_come_with_their_requests_in_order(store: Store, ask: Ask, soup: Completion) -> None:
    for future in [store.submit(ask(number), soup) for number in range(450)]:
        future.result()
    entries = list(store.entries())
    assert [entry.request for entry in entries] == [ask(number) for number in range(450)]
    assert abs(entries[-1].at - time.time()) < 60


def test_sizes_count_completions_runs_and_tokens(store: Store, ask: Ask, soup: Completion) -> None:
    empty = store.sizes()
    assert (empty.completions, empty.runs, empty.input_tokens) == (0, 0, 0)
    store.put(ask(1), soup)
    store.put(ask(2), Completion("x" * 10_000, usage=Usage(calls=1)))
    store.start_run("extract", "recipe", "m")
    sizes = store.sizes()
    assert (sizes.completions, sizes.runs, sizes.input_tokens, sizes.output_tokens) == (2, 1, 20, 5)
    assert sizes.bytes > 10_000


def test_the_ledger_tells_when_a_run_began_and_ended(store: Store) -> None:
    first = store.start_run("structgen extract recipe a.txt", "recipe", "groq/m")
    second = store.start_run("structgen extract receipt b.txt", "receipt", "rules")
    store.finish_run(second, 7)
    newest, oldest = store.runs()
    assert (newest.id, newest.task, newest.model, newest.rows) == (second, "receipt", "rules", 7)
    assert newest.finished is not None
    assert newest.finished >= newest.started
    assert (oldest.id, oldest.command, oldest.finished) == (first, "structgen extract recipe a.txt", None)


KEYS = ("gsk_abcdefgh12345678", "sk-abcdefgh1234")


@pytest.mark.parametrize(
    "words", ["run {}", "--api-key={}", "--api-key {}", "GROQ_API_KEY={}", "https://a.b?key={}", "Bearer {}"]
)
def test_no_key_comes_into_the_file(store: Store, path: Path, words: str) -> None:
    keys = (*KEYS, "quiteAnother") if "ey" in words or "Bearer" in words else KEYS
    for key in keys:
        store.start_run(words.format(key), "\ud800", "m")
    store.close()
    for file in path.parent.iterdir():
        assert not any(key.encode() in file.read_bytes() for key in keys)


@pytest.mark.parametrize(
    "command",
    ["structgen extract monkey a_long_name.txt", "structgen extract --fields 'key datetime' a.txt", "GROQ_API_KEY=x a"],
)
def test_a_command_without_a_key_is_kept_as_it_is(store: Store, command: str) -> None:
    store.start_run(command, "t", "m")
    assert store.runs()[0].command == command


def test_old_completions_and_runs_are_pruned_also_those_that_never_ended(
    store: Store, ask: Ask, soup: Completion, path: Path
) -> None:
    for number in range(300):
        store.submit(ask(number), Completion("x" * 5_000))
    run, _ = store.start_run("a", "t", "m"), store.start_run("b", "t", "m")
    store.finish_run(run, 1)
    assert store.prune(3_600) == 0
    assert len(store.runs()) == 2
    assert store.prune(-1) == 300
    assert store.runs() == ()
    assert store.sizes().completions == 0
    store.close()
    assert path.stat().st_size < 500_000


def once_blocking(store: Store, request: Request, answer: Callable[[], Completion]) -> Answer:
    return store.once(request, answer)


def once_on_a_loop(store: Store, request: Request, answer: Callable[[], Completion]) -> Answer:
    async def slow() -> Completion:
        return await asyncio.to_thread(answer)

    return asyncio.run(store.aonce(request, slow))


@pytest.fixture(params=[once_blocking, once_on_a_loop])
def once(request: pytest.FixtureRequest) -> Once:
    return request.param


def test_what_is_asked_once_is_kept_before_it_is_handed_out(
    store: Store, ask: Ask, soup: Completion, once: Once
) -> None:
    assert once(store, ask(), lambda: soup) == Answer(soup, paid=True)
    assert once(store, ask(), lambda: pytest.fail("asked twice")) == Answer(soup, paid=False)


def test_equal_requests_at_once_are_asked_once(store: Store, ask: Ask, soup: Completion) -> None:
    asked: list[int] = []

    def answer() -> Completion:
        asked.append(1)
        time.sleep(0.1)
        return soup

    def work(number: int) -> Answer:
        return (once_blocking if number % 2 else once_on_a_loop)(store, ask(), answer)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(work, range(12)))
    assert len(asked) == sum(one.paid for one in answers) == 1
    assert {one.completion for one in answers} == {soup}


def test_a_fault_of_the_wire_reaches_all_who_wait_and_the_next_asks_again(
    store: Store, ask: Ask, soup: Completion, once: Once
) -> None:
    under_way, end = threading.Event(), threading.Event()

    def fail() -> Completion:
        under_way.set()
        end.wait(5)
        raise ServerFailed("down")

    def second() -> Answer:
        under_way.wait(5)
        threading.Timer(0.1, end.set).start()
        return once(store, ask(), lambda: pytest.fail("asked twice"))

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(once, store, ask(), fail), pool.submit(second)]
    assert all(isinstance(future.exception(), ServerFailed) for future in futures)
    assert once(store, ask(), lambda: soup).paid


def test_where_the_one_who_asked_is_stopped_another_asks(store: Store, ask: Ask, soup: Completion) -> None:
    async def stuck() -> Completion:
        await asyncio.sleep(60)
        return soup

    async def quick() -> Completion:
        return soup

    async def work() -> Answer:
        first = asyncio.ensure_future(store.aonce(ask(), stuck))
        await asyncio.sleep(0.01)
        others = [asyncio.ensure_future(store.aonce(ask(), quick)) for _ in range(2)]
        threaded = asyncio.ensure_future(asyncio.to_thread(store.once, ask(), lambda: soup))
        await asyncio.sleep(0.05)
        first.cancel()
        answers = await asyncio.gather(*others, threaded)
        assert sum(one.paid for one in answers) == 1
        return answers[0]

    assert asyncio.run(work()).completion == soup


def test_who_waits_may_be_cancelled_without_harm_to_the_others(store: Store, ask: Ask, soup: Completion) -> None:
    async def slow() -> Completion:
        await asyncio.sleep(0.1)
        return soup

    async def work() -> tuple[Answer, Answer]:
        first = asyncio.ensure_future(store.aonce(ask(), slow))
        await asyncio.sleep(0.01)
        second, third = (asyncio.ensure_future(store.aonce(ask(), slow)) for _ in range(2))
        await asyncio.sleep(0.01)
        second.cancel()
        return await asyncio.gather(first, third)

    assert [one.paid for one in asyncio.run(work())] == [True, False]


def test_a_blocking_call_inside_a_loop_does_not_wait_for_that_loop(store: Store, ask: Ask, soup: Completion) -> None:
    async def slow() -> Completion:
        await asyncio.sleep(0.01)
        return soup

    async def work() -> tuple[Answer, Answer]:
        first = asyncio.ensure_future(store.aonce(ask(), slow))
        await asyncio.sleep(0)
        return store.once(ask(), lambda: soup), await first

    assert [one.paid for one in asyncio.run(work())] == [True, True]


def test_nothing_can_come_between_the_look_and_the_call(
    store: Store, ask: Ask, soup: Completion, once: Once, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, led = Store._find, []

    def look(self: Store, name: bytes) -> Completion | None:
        led.append(self._pending.join(name)[1])  # who comes now waits for the one who looks
        return find(self, name)

    monkeypatch.setattr(Store, "_find", look)
    assert once(store, ask(), lambda: soup).paid
    assert not once(store, ask(), lambda: pytest.fail("asked twice")).paid
    assert led == [False, False, False]


def test_a_store_is_shown_by_its_path(store: Store, path: Path) -> None:
    assert repr(store) == f"Store({str(path)!r})"


def test_a_completion_that_cannot_be_kept_comes_back_on_a_loop_too(path: Path, ask: Ask, soup: Completion) -> None:
    with Store(path) as store:
        store._writer.close()
        with pytest.raises(StoreError, match="is closed") as caught:
            asyncio.run(store.aput(ask(), soup))
    assert caught.value.completion is soup


def test_closing_writes_what_is_left_and_twice_does_no_harm(path: Path, ask: Ask, soup: Completion) -> None:
    store = Store(path)
    futures = [store.submit(ask(number), soup) for number in range(2_000)]
    store.close()
    store.close()
    assert all(future.done() and future.exception() is None for future in futures)
    for use in (lambda: store.get(ask()), lambda: store.put(ask(), soup), store.runs):
        with pytest.raises(StoreError, match="is closed"):
            use()


def test_a_script_that_never_closes_ends_cleanly_and_keeps_all(path: Path) -> None:
    script = SCRIPT + "\nfor i in range(500): store.submit(request(i), Completion(str(i)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(path)], check=False, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    with Store(path) as store:
        assert store.sizes().completions == 500


FORK = """
import os
from structgen.core.errors import StoreError
store.put(request(1), Completion("a"))
child = os.fork()
if not child:
    for use in (lambda: store.get(request(1)), lambda: store.put(request(2), Completion("b"))):
        try:
            use()
        except StoreError as error:
            assert "forked" in str(error)
        else:
            os._exit(1)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
store.put(request(3), Completion("c"))
"""


def test_a_fork_is_told_to_open_the_store_itself(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT + FORK, str(path)], check=False, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_garbage_collector_closes_a_store_that_nobody_holds(path: Path, ask: Ask, soup: Completion) -> None:
    store = Store(path)
    future = store.submit(ask(), soup)
    del store
    gc.collect()
    assert future.done()


SCRIPT = """
import sys, threading
from structgen.core.options import Mode
from structgen.core.records import (Completion, Message, Request)
from structgen.store import Store

def request(number):
    return Request("groq", "m", (Message("user", str(number)),), Mode.JSON, True)

store = Store(sys.argv[1])
"""

HAMMER = """
out = threading.Lock()

def work(first):
    number = first
    while True:
        store.put(request(number), Completion("x" * 500 + str(number)))
        with out:
            print(number, flush=True)
        number += 8

for first in range(8):
    threading.Thread(target=work, args=(int(sys.argv[2]) + first,)).start()
"""


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path: Path) -> None:
    acknowledged: set[str] = set()
    for round_ in range(5):
        command = [sys.executable, "-c", SCRIPT + HAMMER, str(path), str(round_ * 10**6)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(random.uniform(0.02, 0.3))
        process.send_signal(signal.SIGKILL)
        acknowledged.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.stdout.close()
        process.wait()
    with Store(path) as store:
        kept = {entry.completion.text[500:] for entry in store.entries()}
    assert len(acknowledged) > 50
    assert acknowledged <= kept


def test_several_processes_write_into_one_file(path: Path) -> None:
    script = SCRIPT + "\nfor i in range(100): store.put(request(sys.argv[2] + str(i)), Completion(str(i)))"
    processes = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with Store(path) as store:
        assert store.sizes().completions == 300


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(store: Store) -> None:
    def settings(connection: sqlite3.Connection, names: list[None]) -> list[list[object]]:
        wanted = ("journal_mode", "synchronous")
        return [[connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted]]

    full = 2
    assert store._writer.submit(settings, None).result() == ["wal", full]


def test_commits_are_shared_by_those_who_write_at_once(store: Store, ask: Ask, soup: Completion) -> None:
    commits: list[Any] = []
    store._writer.submit(lambda db, names: [db.set_trace_callback(commits.append)], None).result()
    futures = [store.submit(ask(number), soup) for number in range(2_000)]
    for future in futures:
        future.result()
    store._writer.submit(lambda db, names: [db.set_trace_callback(None)], None).result()
    assert sum(one == "COMMIT" for one in commits) < 200


def test_a_run_finds_what_it_got_for_a_document_in_the_order_of_its_questions(store: Store, ask: Ask) -> None:
    one, other, late = (replace(ask("Soup."), model=name) for name in ("a", "b", "c"))
    store.put(other, Completion("before the run"))
    asked = (RunSpec({"type": "object"}, "Read.", [["a", {"b": 1}]]), RunSpec(True))
    run = store.start_run("structgen extract", "dish", "groq/m", asked)
    for request in (one, other, one, late):
        store.once(request, lambda request=request: Completion(request.model))
    store.once(ask("Bread."), lambda: Completion("bread"))
    store.finish_run(run, 2)
    store.put(replace(one, model="d"), Completion("after the run"))
    assert [entry.completion.text for entry in store.answers(run, "Soup.")] == ["a", "before the run", "c"]
    assert store.answers(run + 1, "Soup.") == store.answers(run, "Soup") == ()
    assert store.runs()[0].asked == asked


def test_a_run_that_takes_the_number_of_a_deleted_one_has_nothing_of_it(store: Store, ask: Ask) -> None:
    run = store.start_run("a", "t", "m")
    store.prune(-1)
    store.once(ask("Soup."), lambda: Completion("soup"))
    assert store.start_run("b", "t", "m") == run
    assert store.answers(run, "Soup.") == ()


@pytest.mark.parametrize("count", [2**63, -1, 2**200])
def test_a_completion_with_an_absurd_count_is_stored_all_the_same(store: Store, ask: Ask, count: int) -> None:
    store.put(ask(), Completion("x", usage=Usage(count, count, calls=1)))
    assert store.get(ask()).usage.input_tokens == count
    assert store.sizes().input_tokens == 0
