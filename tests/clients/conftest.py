"""The libraries through which people use Groq, on the emulator, in environments of their own: see .ci/clients."""

import os

import pytest

from structgen.testing import Emulator

# Some of the clients are in the main environment too, with versions that structgen's own dependencies choose.
collect_ignore_glob = [] if os.environ.get("STRUCTGEN_TEST_CLIENTS") else ["test_*.py"]

QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LOGFIRE_SEND_TO_LOGFIRE": "false",
    "OTEL_SDK_DISABLED": "true",
    "DO_NOT_TRACK": "1",
    "NO_PROXY": "127.0.0.1,localhost",
}
"""Nothing here asks a server but the emulator."""

# before the clients are imported, because some of them read it then
os.environ.update(QUIET)


@pytest.fixture
def openai_url(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """The base URL for clients of OpenAI's API, which is in the environment too."""
    url = f"{groq_emulator.base_url}/openai/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    monkeypatch.setenv("OPENAI_API_KEY", groq_emulator.api_key)
    return url
