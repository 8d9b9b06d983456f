"""What every test gets: an environment without keys and servers of its own, and one Groq emulator for the whole run."""

import gc
import io
import os
import signal
import socket
import sys
import threading
import wave
from collections.abc import Callable, Generator

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow, and no test fails for that. In CI the examples are the same each time: a change is not held
# up by what it did not touch.
settings.register_profile(
    "structgen", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("structgen")

# The workers of xdist and the commands that tests start would compile all of structgen, each of them every time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell starts jobs in the background with Ctrl-C ignored, and so would be every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

VARIABLES = (
    "GROQ_API_KEY",
    "GROQ_BASE_URL",
    "GROQ_CUSTOM_HEADERS",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "STRUCTGEN_API_KEY",
    "STRUCTGEN_BASE_URL",
    "STRUCTGEN_CARDS",
    "STRUCTGEN_MODEL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector, and keep it off what was collected.

    It would walk thousands of tests and their modules again and again: nearly half of the time of the collection.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the developer has set changes a test; loopback never goes through a proxy."""
    for name in [*VARIABLES, *(name for name in os.environ if name.startswith("STRUCTGEN_"))]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere/at/all")


@pytest.fixture
def unused_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def sound() -> Callable[[float], bytes]:
    """``sound(seconds)``: a WAV file of silence."""

    def make(seconds: float, rate: int = 8000) -> bytes:
        held = io.BytesIO()
        with wave.open(held, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(bytes(2 * int(rate * seconds)))
        return held.getvalue()

    return make


@pytest.fixture
def calls() -> Callable[[Callable[[], object]], int]:
    """Count the calls, of Python and of C functions, that something takes: its steps, on any machine the same."""

    def counted(run: Callable[[], object]) -> int:
        count = 0

        def tick(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(tick)
        try:
            run()
        finally:
            sys.setprofile(before)
        return count

    return counted
