"""Equal requests of several processes on one store: one asks, the others get its answer, whatever becomes of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from structgen.core.errors import NotSent
from structgen.core.records import Completion, Request
from structgen.store import Store
from structgen.store.leases import Leases
from structgen.store.serialization import write

Ask = Callable[..., Request]

ASKS = """
import json, sys
from structgen.core.records import Completion
from structgen.store import Store
from structgen.store.serialization import read

request = read(*json.loads(sys.argv[2]))

def ask():
    print("asking", flush=True)
    if sys.stdin.readline() != "answer\\n":
        raise RuntimeError("the server failed")
    return Completion("theirs")

with Store(sys.argv[1]) as store:
    store.once(request, ask)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def other(path: Path, ask: Ask) -> Iterator[subprocess.Popen[str]]:
    """Another process that asks the request already. It answers when told so on its standard input."""
    written = write(ask())
    command = [sys.executable, "-c", ASKS, str(path), json.dumps([written.said, written.rest])]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asking\n"
        yield process
        process.kill()


def tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


Once = Callable[..., Completion]


@pytest.fixture(params=["sync", "async"])
def once(request: pytest.FixtureRequest) -> Once:
    async def awaited(store: Store, asked: Request, answer: Callable[[], Completion], **settings: object) -> Completion:
        async def ask() -> Completion:
            return answer()

        return (await store.aonce(asked, ask, **settings)).completion  # pyright: ignore

    if request.param == "sync":
        return lambda store, asked, answer, **settings: store.once(asked, answer, **settings).completion
    return lambda *given, **settings: asyncio.run(awaited(*given, **settings))


def mine() -> Completion:
    return Completion("mine")


def test_a_request_of_another_process_is_waited_for(
    other: subprocess.Popen[str], path: Path, ask: Ask, once: Once
) -> None:
    waits: list[int] = []

    def check() -> None:
        if not waits:
            tell(other, "answer")
        waits.append(1)

    with Store(path) as store:
        assert once(store, ask(), lambda: pytest.fail("asked twice"), check=check).text == "theirs"
    assert waits


@pytest.mark.parametrize("word", ["fail", None])
def test_if_the_other_process_fails_or_is_killed_this_one_asks(
    word: str | None, other: subprocess.Popen[str], path: Path, ask: Ask, once: Once
) -> None:
    def check() -> None:
        if word is None:
            other.send_signal(signal.SIGKILL)
        elif other.poll() is None:
            tell(other, word)

    with Store(path) as store:
        assert once(store, ask(), mine, check=check).text == "mine"


def test_another_process_that_hangs_is_waited_for_only_so_long(
    other: subprocess.Popen[str], path: Path, ask: Ask, once: Once
) -> None:
    with Store(path) as store:
        assert once(store, ask(), mine, patience=0.2).text == "mine"


def test_a_run_that_is_stopped_ends_the_wait(other: subprocess.Popen[str], path: Path, ask: Ask, once: Once) -> None:
    def stopped() -> None:
        raise NotSent("stopped")

    with Store(path) as store, pytest.raises(NotSent):
        once(store, ask(), lambda: pytest.fail("asked"), check=stopped)


def test_another_request_waits_for_nothing(other: subprocess.Popen[str], path: Path, ask: Ask, once: Once) -> None:
    with Store(path) as store:
        found = once(store, ask(1), mine, check=lambda: pytest.fail("waited"))
    assert found.text == "mine"


def test_a_lease_can_be_taken_again_after_it_was_given_back(path: Path) -> None:
    first, second = Leases(path), Leases(path)
    name = bytes(range(32))
    assert first.take(name)
    assert first.take(name)  # equal requests within one store are matched before
    assert not second.take(name)
    assert second.take(name[::-1])
    first.give_back(name)
    assert second.take(name)
    second.close()
    assert first.take(name)
    first.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no forks")
def test_a_lease_of_the_parent_holds_in_a_forked_child(path: Path) -> None:
    leases, name = Leases(path), b"n" * 32
    assert leases.take(name)
    child = os.fork()
    if not child:
        os._exit(leases.take(name))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    leases.close()


def test_without_a_place_for_its_file_every_lease_can_be_taken(tmp_path: Path) -> None:
    assert Leases(tmp_path / "nowhere" / "store.sqlite").take(b"n" * 32)
