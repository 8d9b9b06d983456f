"""What every test gets: an environment without keys and servers of its own, and one Groq emulator for the whole run."""

import pytest

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


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the developer has set changes a test; loopback never goes through a proxy."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere/at/all")
