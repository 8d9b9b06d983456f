"""``structgen complete`` and what it shares with ``generate``: prompts, options, the exit status."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from structgen.cli.text_options import Screen, piped_lines, read_prompt, read_system
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.testing import Emulator, cut, error, plain, refusal, reply


def sent(emulator: Emulator) -> list[dict[str, str]]:
    return emulator.requests[-1].body["messages"]


def test_the_answer_arrives_on_stdout_and_its_cost_on_stderr(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Because of Rayleigh."))

    ran = structgen("complete", "Why is the", "sky blue?")

    assert (ran.status, ran.out) == (0, "Because of Rayleigh.\n")
    assert "tokens in" in ran.err
    assert "USD" in ran.err
    assert sent(groq_emulator) == [{"role": "user", "content": "Why is the sky blue?"}]
    assert groq_emulator.requests[0].body["stream"] is True


def test_options_reach_the_server(structgen, folder: Path, groq_emulator: Emulator) -> None:
    (folder / "persona.txt").write_text("You are a pirate.\n")
    options = ("-t", "0.7", "--stop", "END", "--stop", "\n", "--seed", "3", "--top-p", "0.5")

    ran = structgen("complete", "Hi", "-s", "persona.txt", "--max-completion-tokens", "40", *options, "-q")

    assert (ran.status, ran.err) == (0, "")
    body = groq_emulator.requests[0].body
    assert sent(groq_emulator)[0] == {"role": "system", "content": "You are a pirate."}
    assert (body["temperature"], body["stop"], body["seed"], body["top_p"]) == (0.7, ["END", "\n"], 3, 0.5)
    assert body["max_completion_tokens"] == 40


def test_what_is_piped_in_comes_before_the_prompt(
    structgen, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["-", "Sum", "it up."], ["Sum it up.", "-"], ["-"], []):
        monkeypatch.setattr(sys, "stdin", io.StringIO("A long text.\n"))
        structgen("complete", *words, "--no-store")
        asked = ["A long text.", "Sum it up."] if len(words) > 1 else ["A long text."]
        assert sent(groq_emulator)[-1]["content"] == "\n\n".join(asked)


def test_a_real_pipe_is_read_without_being_asked_for(start, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Short."))
    process = start("complete", "Sum it up.")

    out, err = process.communicate("A long text.\n", timeout=300)

    assert (process.returncode, out) == (0, "Short.\n"), err
    assert sent(groq_emulator)[-1]["content"] == "A long text.\n\nSum it up."


def test_the_same_command_is_answered_from_the_store(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("One."), plain("Two."))

    assert [structgen("complete", "Say").out for _ in range(2)] == ["One.\n", "One.\n"]
    assert structgen("complete", "Say", "--no-store").out == "Two.\n"


def test_an_object_with_usage_and_cost_is_printed_as_json(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("A\x1b[2J\nB"))

    found = json.loads(structgen("complete", "Say", "--json").out)

    assert (found["text"], found["finish_reason"], found["usage"]["calls"]) == ("A\x1b[2J\nB", "stop", 1)
    assert found["cost"] > 0


@pytest.mark.parametrize("option", ["--stream", "--no-stream"])
def test_the_text_of_a_model_never_acts_on_the_terminal(option: str, structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("\x1b]0;owned\x07Hi\u202e\r\n\x9b2J"))

    assert structgen("complete", "Say", option).out == "␛]0;owned␇Hi\ufffd\n\ufffd2J\n"


@pytest.mark.parametrize(
    ("scripted", "status", "says"),
    [
        (cut("Half an ans"), 1, "interrupted"),
        (reply("Half an ans", finish_reason="length"), 1, "cut off"),
        (refusal("I cannot help with that."), 1, "I cannot help with that."),
        (plain(""), 1, "empty"),
        (error("context_length"), 1, "context"),
        (error("unprocessable"), 1, "422"),
    ],
)
def test_an_answer_that_is_not_whole_is_said_to_be_so(
    scripted, status: int, says: str, structgen, groq_emulator: Emulator
) -> None:
    groq_emulator.script(scripted, repeat_last=True)

    ran = structgen("complete", "Say")

    assert ran.status == status, ran.err
    assert says in ran.err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["Hi", "--model", "rules"], 2, "set GROQ_API_KEY"),
        (["Hi", "--model", "groq/nope"], 2, "nope"),
        (["Hi", "--model", "nope"], 2, "not a model"),
        (["Hi", "-s", "persona.txt"], 2, "no file persona.txt"),
        (["Hi", "-t", "7"], 2, "between 0 and 2"),
        (["Hi", "--reasoning-effort", "huge"], 2, "reasoning_effort"),
        ([" "], 2, "Write a prompt"),
        (["Hi", "--max-cost", "0"], 3, "may cost"),
    ],
)
def test_wrong_usage_is_one_line_and_costs_nothing(
    words: list[str], status: int, says: str, structgen, groq_emulator: Emulator
) -> None:
    ran = structgen("complete", *words)

    assert ran.status == status
    assert says in ran.err
    assert len(ran.said) == 1
    assert all(received.status != 200 for received in groq_emulator.requests)


def test_without_a_key_it_says_what_to_set(structgen) -> None:
    ran = structgen("complete", "Hi")

    assert ran.status == 2
    assert "No model is named and no key is set" in ran.err
    assert "GROQ_API_KEY" in ran.err


def test_a_system_prompt_is_a_text_unless_it_names_a_file(folder: Path) -> None:
    (folder / "terse").write_text("Be terse.")

    assert read_system("terse") == "Be terse."
    assert read_system("Be kind to a.b, or c/d.") == "Be kind to a.b, or c/d."
    assert read_system("Hello...\nThere") == "Hello...\nThere"
    assert read_system("x" * 5000) == "x" * 5000
    assert read_system(None) == read_system(" ") == ""
    for missing in ("terse.txt", "./terse2", "prompts/terse"):
        with pytest.raises(ConfigurationError, match="no file"):
            read_system(missing)


def test_a_prompt_needs_words() -> None:
    with pytest.raises(ConfigurationError, match="Write a prompt"):
        read_prompt(["", "  "])


def test_a_line_end_cut_in_two_pieces_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for piece in ("a\r", "\nb", "\r", "c\r"):
        screen.write(piece)
    screen.end()

    assert capsys.readouterr().out == "a\nb␍c␍\n"


def piped(data: bytes, locale: str) -> io.TextIOWrapper:
    """Standard input as Python opens it in a locale of UTF-8, or in the C locale."""
    errors = "surrogateescape" if locale == "C" else "strict"
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors=errors)


@pytest.mark.parametrize("locale", ["C", "en_GB.UTF-8"])
def test_what_is_piped_in_has_no_mark_and_is_utf8(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    monkeypatch.setattr(sys, "stdin", piped("\ufeffhé\nho".encode(), locale))
    assert list(piped_lines()) == ["hé\n", "ho"]
    monkeypatch.setattr(sys, "stdin", piped(b"hi\n\xff\n", locale))
    with pytest.raises(DocumentError, match="not UTF-8"):
        list(piped_lines())
