"""Where processes keep the accounts that they share: an SQLite file on one host, or a Redis server for many hosts."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

from structgen.core.errors import ConfigurationError, LimitsUnavailable
from structgen.core.masking import mask_url
from structgen.send.limits.allotment import Account, decode, encode

R = TypeVar("R")

VARIABLE = "STRUCTGEN_LIMITS"
"""The environment variable that names a file or a Redis server."""

PATIENCE = 5.0
"""Timeout in seconds: for the lock of another process, or for the Redis server."""

KEPT = 3 * 86_400
"""Seconds for which a Redis server keeps an account that nobody uses. By then its buckets are empty."""

_TRIES = 50
"""Maximum attempts at a change, because another process may change the account first."""

_SERVERS = ("redis://", "rediss://", "unix://")

Change = Callable[[Account, float], tuple[Account, R]]
"""Account and time in seconds -> the account afterwards, and the result."""


class Ledger(Protocol):
    """The accounts of all keys and models, by name. Threads may use it at the same time."""

    def change(self, name: str, change: Change[R]) -> R:
        """Change an account in one step that no other process sees in part. Raises LimitsUnavailable."""
        ...


class FileLedger:
    """The accounts in an SQLite file, for the processes of one host."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._connection.close)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # By the time the machine is back after a power failure, what it lost would have drained anyway.
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, said TEXT NOT NULL) STRICT"
            )
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(
                f"The file of shared rate limits {path} cannot be opened ({error}). Name another one in limits, "
                f"--limits or {VARIABLE}."
            ) from error

    def change(self, name: str, change: Change[R]) -> R:
        """Change an account in one transaction."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    found = self._connection.execute("SELECT said FROM account WHERE name = ?", (name,)).fetchone()
                    account, result = change(decode(found[0] if found else None), time.time())
                    self._connection.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (name, encode(account)))
                finally:
                    self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise LimitsUnavailable(
                    f"The file of shared rate limits {self._path} cannot be used ({error}). Nothing is sent without "
                    "it. Check the disk, then run the same command again."
                ) from error
            return result


class RedisLedger:
    """The accounts on a Redis server, whose clock counts for all hosts."""

    def __init__(self, url: str) -> None:
        redis = _redis()
        self._errors: Any = (redis.RedisError, OSError)
        self._changed: Any = redis.WatchError
        self._shown = mask_url(url)
        try:
            self._client: Any = redis.Redis.from_url(
                url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE / 2, decode_responses=True
            )
            self._client.ping()
        except (*self._errors, ValueError) as error:
            raise ConfigurationError(
                f"The Redis server of the shared rate limits, {self._shown}, does not answer ({_first_line(error)}). "
                f"Start it, or name another address in limits, --limits or {VARIABLE}."
            ) from None  # the error's own text may hold the password

    def change(self, name: str, change: Change[R]) -> R:
        """Change an account; try again if another process has changed it in the meantime."""
        key = f"structgen:limits:{name}"
        try:
            with self._client.pipeline() as pipe:
                for attempt in range(_TRIES):
                    try:
                        pipe.watch(key)
                        seconds, micros = pipe.time()
                        account, result = change(decode(pipe.get(key)), seconds + micros / 1e6)
                        pipe.multi()
                        pipe.set(key, encode(account), ex=KEPT)
                        pipe.execute()
                    except self._changed:
                        time.sleep(0.0005 * (attempt + 1) * (1 + os.getpid() % 7))
                    else:
                        return result
        except self._errors as error:
            raise self._gone(_first_line(error)) from None
        raise self._gone("too many processes change one account at the same time")

    def _gone(self, why: str) -> LimitsUnavailable:
        return LimitsUnavailable(
            f"The Redis server of the shared rate limits, {self._shown}, cannot be used ({why}). Nothing is sent "
            "without it, because the limits could be exceeded. Start it, and run the same again."
        )


def _first_line(error: BaseException) -> str:
    return mask_url(str(error).splitlines()[0]) if "://" in str(error) else (str(error) or type(error).__name__)


def _redis() -> Any:
    """Import redis, which is optional."""
    try:
        return import_module("redis")
    except ImportError as error:
        raise ConfigurationError("Rate limits on a Redis server need redis: pip install 'structgen[redis]'.") from error


_opened: weakref.WeakValueDictionary[tuple[int, str], FileLedger | RedisLedger] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def open_ledger(address: str | None) -> Ledger | None:
    """Return the ledger at an address, by default that of STRUCTGEN_LIMITS, or None if no address is given.

    Raises ConfigurationError if the server does not answer or the file cannot be opened.
    """
    given = (os.environ.get(VARIABLE, "") if address is None else address).strip()
    if not given:
        return None
    scheme, colon, path = given.partition("://")
    if colon and f"{scheme}://" not in (*_SERVERS, "file://"):
        raise ConfigurationError(
            f"{mask_url(given)} is not an address for shared rate limits: write redis://host:6379/0 for a Redis "
            "server, or the path of a file."
        )
    where = (os.getpid(), given)  # connections do not survive a fork
    with _opening:
        ledger = _opened.get(where)
        if ledger is None:
            file = Path(path if scheme == "file" and colon else given)
            ledger = RedisLedger(given) if f"{scheme}://" in _SERVERS else FileLedger(file.expanduser())
            _opened[where] = ledger
        return ledger
