import asyncio
import gc
import subprocess
import sys
import textwrap
import weakref

import pytest

from structgen.core.records import Request
from structgen.send import Allowance, Sender, open_sender
from structgen.send.http.client import Clients
from structgen.send.http.providers import Endpoint
from structgen.testing import Emulator


def endpoint(emulator: Emulator) -> Endpoint:
    return Endpoint(emulator.base_url, emulator.api_key)


def test_all_blocking_calls_share_a_client(groq_emulator: Emulator) -> None:
    clients = Clients(endpoint(groq_emulator))
    assert clients.sync() is clients.sync()
    clients.close()


def test_one_loop_has_one_client_and_another_loop_another(groq_emulator: Emulator) -> None:
    clients = Clients(endpoint(groq_emulator))

    async def twice() -> tuple[object, object]:
        return await clients.of_loop(), await clients.of_loop()

    first, second = asyncio.run(twice()), asyncio.run(twice())
    assert first[0] is first[1]
    assert first[0] is not second[0]


def test_a_loops_client_is_closed_when_the_loop_ends(groq_emulator: Emulator) -> None:
    clients = Clients(endpoint(groq_emulator))
    client = asyncio.run(clients.of_loop())
    assert client.is_closed()


def test_closed_loops_are_forgotten(groq_emulator: Emulator) -> None:
    clients = Clients(endpoint(groq_emulator))

    async def use() -> weakref.ref[object]:
        return weakref.ref(await clients.of_loop())

    first = asyncio.run(use())
    asyncio.run(use())
    gc.collect()
    assert first() is None


def test_closing_closes_and_a_later_call_opens_again(
    groq_emulator: Emulator, sender: Sender, request_: Request
) -> None:
    clients = Clients(endpoint(groq_emulator))
    client = clients.sync()
    clients.close()
    clients.close()
    assert client.is_closed()
    assert not clients.sync().is_closed()
    clients.close()

    async def twice() -> None:
        await sender.asend(request_, Allowance())
        await sender.aclose()
        await sender.aclose()
        await sender.asend(request_, Allowance())

    asyncio.run(twice())


def test_a_forgotten_sender_closes_its_client(groq_emulator: Emulator) -> None:
    clients = Clients(endpoint(groq_emulator))
    client = clients.sync()
    del clients
    gc.collect()
    assert client.is_closed()


def test_nothing_is_opened_before_the_first_call(groq_emulator: Emulator) -> None:
    open_sender("groq/openai/gpt-oss-20b")
    assert groq_emulator.requests == []


SCRIPT = """
    import asyncio
    from structgen.core.options import Mode
    from structgen.core.records import (Message, Request)
    from structgen.send import Allowance, open_sender

    sender = open_sender("groq/openai/gpt-oss-20b")
    request = Request("groq", "openai/gpt-oss-20b", (Message("user", "JSON"),), Mode.JSON, True)

    async def main():
        found = await asyncio.gather(*(sender.asend(request, Allowance()) for _ in range(5)))
        return len(found)

    print(asyncio.run(main()), asyncio.run(main()), sender.send(request, Allowance()).text)
"""


@pytest.mark.parametrize("ending", ["", "raise SystemExit"])
def test_a_script_that_closes_nothing_ends_without_a_warning(groq_emulator: Emulator, ending: str) -> None:
    script = f"{textwrap.dedent(SCRIPT)}\n{ending}\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "5 5 {}\n", "")
