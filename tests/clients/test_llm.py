"""The llm command and library on the emulator: its Groq plugin, and a schema through an OpenAI-compatible model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import llm
import pytest
from click.testing import CliRunner
from llm.cli import cli
from pydantic import BaseModel

from structgen.testing import Emulator, plain

MODEL = "openai/gpt-oss-20b"


class Person(BaseModel):
    name: str


@pytest.fixture(autouse=True)
def home(tmp_path: Path, groq_emulator: Emulator, openai_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of llm's with the list of Groq's models, and the same model by its OpenAI-compatible address."""
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    (tmp_path / "groq_models.json").write_text(json.dumps({"models": [{"id": MODEL}]}))
    lines = ["- model_id: gpt-oss", f"  model_name: {MODEL}", f"  api_base: {openai_url}", "  supports_schema: true",
             "  supports_tools: true", "  api_key_name: groq"]  # fmt: skip
    (tmp_path / "extra-openai-models.yaml").write_text("\n".join(lines))
    (tmp_path / "keys.json").write_text(json.dumps({"groq": groq_emulator.api_key}))


@pytest.mark.parametrize("stream", [True, False])
def test_the_plugin_answers(stream: bool, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello there."))
    response = llm.get_model(f"groq/{MODEL}").prompt("Hi", system="Be kind.", stream=stream)
    assert response.text() == "Hello there."
    assert response.usage().output == 3
    assert groq_emulator.requests[-1].body["stream"] is stream


def test_a_conversation_is_continued(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("One."), plain("Two."))
    talk = llm.get_model(f"groq/{MODEL}").conversation()
    assert [talk.prompt("Count.").text(), talk.prompt("Next?").text()] == ["One.", "Two."]
    assert len(groq_emulator.requests[-1].body["messages"]) == 3  # type: ignore[arg-type]


def test_the_async_plugin_answers(groq_emulator: Emulator) -> None:
    async def ask() -> str:
        return await llm.get_async_model(f"groq/{MODEL}").prompt("Hi", temperature=0).text()

    groq_emulator.script(plain("Hello."))
    assert asyncio.run(ask()) == "Hello."


def test_the_command_streams_to_the_terminal(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello."))
    found = CliRunner().invoke(cli, ["-m", f"groq/{MODEL}", "Hi", "-o", "temperature", "0.5"], catch_exceptions=False)
    assert found.output.strip() == "Hello."


@pytest.mark.parametrize("stream", [True, False])
def test_a_schema_is_followed(stream: bool) -> None:
    response = llm.get_model("gpt-oss").prompt("Name: Ada", schema=Person, stream=stream)
    assert json.loads(response.text()) == {"name": "Ada"}


def test_the_command_follows_a_schema() -> None:
    found = CliRunner().invoke(
        cli, ["-m", "gpt-oss", "--schema", "name, age int", "Name: Ada\nAge: 36"], catch_exceptions=False
    )
    assert json.loads(found.output) == {"name": "Ada", "age": 36}


def test_a_tool_is_called_and_its_result_read() -> None:
    seen: list[Any] = []

    def person(name: str) -> str:
        """Look a person up."""
        seen.append(name)
        return f"{name} is in."

    assert llm.get_model("gpt-oss").chain("Name: Ada", tools=[person]).text() == "Ada is in."
    assert seen == ["Ada"]
