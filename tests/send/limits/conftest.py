"""A Redis server of the test's own, on a free port of loopback."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


class RedisServer:
    """Debian's redis-server, in memory only."""

    def __init__(self, program: str, port: int, folder: Path) -> None:
        self._command = [
            *(program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--dir", str(folder), "--requirepass", "a-password", "--loglevel", "warning"),
        ]
        self.url = f"redis://:a-password@127.0.0.1:{port}/0"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.02)
        raise AssertionError("redis-server does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def redis_server(unused_port: int, tmp_path: Path) -> Iterator[RedisServer]:
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is not installed: .ci/run installs Debian's")
        pytest.skip("redis-server is not installed")
    server = RedisServer(program, unused_port, tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["file", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where processes share their limits, in both ways."""
    server: Callable[[], RedisServer] | RedisServer
    if request.param == "file":
        return str(tmp_path / "limits.sqlite")
    server = request.getfixturevalue("redis_server")
    assert isinstance(server, RedisServer)
    return server.url
