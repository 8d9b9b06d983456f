"""Where processes share their limits: a file or a Redis server, and what happens without it."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structgen import Extractor
from structgen.core.errors import ConfigurationError, ExtractionFailed, LimitsUnavailable, StoreError
from structgen.send.limits import ledgers
from structgen.send.limits.allotment import Account, Line
from structgen.send.limits.buckets import Bucket, Measure
from structgen.send.limits.ledgers import open_ledger
from structgen.send.limits.limiter import forget_limiters
from structgen.testing import Emulator, Limits

MODEL = "groq/openai/gpt-oss-20b"
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def one_more(account: Account, now: float) -> tuple[Account, float]:
    limit = account[0].bucket.limit + 1 if account else 1.0
    return (Line(Bucket(Measure.RPM, limit, now), True),), limit


def test_no_change_is_lost_however_many_make_it_at_once(address: str) -> None:
    opened = open_ledger(address)
    assert opened is not None
    threads = [threading.Thread(target=lambda: [opened.change("a", one_more) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened.change("a", one_more) == 81
    assert opened.change("b", one_more) == 1


def test_an_address_is_opened_once(address: str) -> None:
    first = open_ledger(address)
    assert open_ledger(address) is first


def test_the_environment_names_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_ledger(None) is None
    monkeypatch.setenv("STRUCTGEN_LIMITS", str(tmp_path / "deep" / "limits.sqlite"))
    opened = open_ledger(None)
    assert opened is not None
    assert opened.change("a", one_more) == 1
    assert (tmp_path / "deep" / "limits.sqlite").exists()
    assert open_ledger("") is None  # said on purpose: each process alone


@pytest.mark.parametrize("address", ["http://host/limits", "postgres://user:pa55word@host/db"])
def test_other_addresses_are_refused_with_the_way_to_write_them(address: str) -> None:
    with pytest.raises(ConfigurationError, match="redis://host:6379/0") as caught:
        open_ledger(address)
    assert "pa55word" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_ledger(str(tmp_path / "file" / "limits.sqlite"))
    (tmp_path / "other").write_text("not a database, and longer than the head of one " * 10)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_ledger(str(tmp_path / "other"))


def test_a_server_that_is_not_there_is_said_at_once_and_its_password_is_not(unused_port: int) -> None:
    with pytest.raises(ConfigurationError, match="does not answer") as caught:
        Extractor(MODEL, api_key="gsk_0123456789", limits=f"redis://:a-password@127.0.0.1:{unused_port}/0")
    assert f"127.0.0.1:{unused_port}" in str(caught.value)
    assert "a-password" not in str(caught.value)


def test_without_redis_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(ledgers, "import_module", missing)
    with pytest.raises(ConfigurationError, match=r"pip install 'structgen\[redis\]'"):
        open_ledger("redis://127.0.0.1:1/0")


def test_nothing_is_sent_when_the_server_is_gone_and_the_run_goes_on_when_it_is_back(
    redis_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "PATIENCE", 2.0)
    forget_limiters()
    with (
        Emulator() as emulator,
        Extractor(MODEL, api_key=emulator.api_key, base_url=emulator.base_url, limits=redis_server.url) as extractor,
    ):
        assert extractor.extract(SCHEMA, "Name: Soup").value == {"name": "Soup"}
        redis_server.stop()
        monkeypatch.setattr("structgen.send.limits.purse.LIFETIME", 0.0)
        failed = list(extractor.map(SCHEMA, ["Name: Stew"]))
        if not isinstance(failed[0], ExtractionFailed):  # the allotment of the first call was enough for it
            failed = list(extractor.map(SCHEMA, ["Name: Pie"]))
        assert isinstance(failed[0], ExtractionFailed)
        assert isinstance(failed[0].__cause__, StoreError)  # which stops a run: no other document could be sent
        assert isinstance(failed[0].__cause__.__cause__, LimitsUnavailable)
        assert "a-password" not in str(failed[0])
        sent = len(emulator.requests)
        redis_server.start()
        assert extractor.extract(SCHEMA, "Name: Cake").value == {"name": "Cake"}
        assert len(emulator.requests) == sent + 1


WORKER = """
import sys
from structgen import Extractor
model, address, *names = sys.argv[1:]
with Extractor(model, limits=address) as extractor:
    print("ready", flush=True)
    sys.stdin.readline()
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    texts = [f"Name: {name}" for name in names]
    found = [outcome.value["name"] for outcome in extractor.map(schema, texts, concurrency=40)]
    print(*found)
"""


def test_two_processes_on_one_key_never_meet_a_429(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    limits = {"rpm": 60, "tpm": 1_000_000}
    cards = tmp_path / "cards.json"
    cards.write_text(
        json.dumps({"cards": [{"id": "m", "provider": "groq", "modes": ["json_schema"], "limits": {"free": limits}}]})
    )
    monkeypatch.setenv("STRUCTGEN_CARDS", str(cards))
    names = [f"Soup{number}" for number in range(62)]  # the limit and two
    with Emulator(limits=Limits(**limits)) as emulator, contextlib.ExitStack() as stack:
        monkeypatch.setenv("GROQ_API_KEY", emulator.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", emulator.base_url)
        workers = [stack.enter_context(worker(address, names[at::2])) for at in (0, 1)]
        assert [one.stdout and one.stdout.readline() for one in workers] == ["ready\n", "ready\n"]
        for one in workers:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        found = " ".join(one.communicate(timeout=300)[0] for one in workers).split()
        assert sorted(found) == sorted(names)
        assert [request.status for request in emulator.requests] == [200] * len(names)


@contextlib.contextmanager
def worker(address: str, names: list[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WORKER, "groq/m", address, *names]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
