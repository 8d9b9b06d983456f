"""Which calls share a limiter."""

import gc
import subprocess
import sys
import weakref

from structgen.core.records import Card
from structgen.send.limits import shared as limits_shared
from structgen.send.limits.shared import forget_limiters, shared_limiter

CARD = Card("a", limits={"free": {"rpm": 6_000, "tpm": 60_000}})


def test_one_limiter_serves_a_server_key_and_model_as_long_as_somebody_holds_it() -> None:
    first = shared_limiter("https://a", "key", "m", CARD)
    assert shared_limiter("https://a", "key", "m") is first
    assert shared_limiter("https://b", "key", "m") is not first
    assert shared_limiter("https://a", "other", "m") is not first
    assert shared_limiter("https://a", "key", "n") is not first
    held = weakref.ref(first)
    del first
    gc.collect()
    assert held() is None


def test_no_key_is_kept() -> None:
    limiter = shared_limiter("https://a", "gsk_secret", "m")
    assert "gsk_secret" not in f"{list(limits_shared._shared)}{vars(limiter)}"


def test_what_is_forgotten_says_so_to_those_who_hold_it() -> None:
    before = shared_limiter("https://a", "key", "m")
    forget_limiters()
    assert before.forgotten
    assert shared_limiter("https://a", "key", "m") is not before


FORK = """
import os
from structgen.send.base import Allowance
from structgen.send.clients import Clients
from structgen.send.limits.shared import shared_limiter
from structgen.send.limits.state import Need
from structgen.send.limits.wait import Place
from structgen.send.wire import Endpoint

limiter, clients = shared_limiter("http://a", "key", "model"), Clients(Endpoint("http://a", "key"))
limiter.wait(Place(Need(1)), Allowance())
client = clients.sync()
if (child := os.fork()) == 0:
    anew = shared_limiter("http://a", "key", "model")
    assert limiter.forgotten and anew.state.under_way == 0
    assert clients.sync() is not client and clients.sync() is clients.sync()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert shared_limiter("http://a", "key", "model") is limiter and not limiter.forgotten
assert clients.sync() is client
"""


def test_the_child_of_a_fork_begins_anew_with_limiters_and_connections_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
