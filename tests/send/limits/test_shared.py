"""Which calls share a limiter."""

import gc
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
