"""The limiters of this process: one for each server, key and model, for as long as somebody holds it."""

from __future__ import annotations

import hashlib
import os
import threading
import weakref

from structgen.core.records import Card
from structgen.send.limits.wait import Limiter

MOST_AT_ONCE = 1_024
"""Calls of one key and model under way at once, where no server is overloaded."""

_shared: weakref.WeakValueDictionary[str, Limiter] = weakref.WeakValueDictionary()
_sharing = threading.Lock()


def shared_limiter(base_url: str, key: str, model: str, card: Card | None = None, *, shows: bool = True) -> Limiter:
    """The one limiter of this process for a server, key and model. Keeps no key.

    `shows`: the server is known to show its limits in its headers.
    """
    name = hashlib.sha256("\0".join((base_url, key, model)).encode()).hexdigest()
    with _sharing:
        limiter = _shared.get(name)
        if limiter is None:
            limiter = _shared[name] = Limiter(card, MOST_AT_ONCE, shows=shows)
        return limiter


def forget_limiters() -> None:
    """Begin anew, as a new process would: from now on nothing is known of any limit. For tests."""
    with _sharing:
        for limiter in _shared.values():
            limiter.forgotten = True
        _shared.clear()


def _forked() -> None:
    """In the child of a fork: those who waited or were under way are threads of the parent, and would never end."""
    _sharing.release()
    forget_limiters()


if hasattr(os, "register_at_fork"):  # Windows has no forks
    os.register_at_fork(before=_sharing.acquire, after_in_parent=_sharing.release, after_in_child=_forked)
