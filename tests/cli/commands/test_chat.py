"""``structgen chat``: messages and commands, piped in this process or typed on a terminal."""

from __future__ import annotations

import io
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.chat.transcript_file import read_transcript
from structgen.testing import Emulator, error, plain, reply

Chat = Callable[..., object]


@pytest.fixture
def chat(structgen, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch):
    """``chat(lines, *options)``: a chat whose lines come from a pipe."""

    def run(lines: str, *options: str):
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        return structgen("chat", *options)

    return run


def sent(emulator: Emulator) -> list[str]:
    return [message["content"] for message in emulator.requests[-1].body["messages"]]


def test_each_line_is_a_message_and_answers_go_to_stdout(chat, folder: Path, groq_emulator: Emulator) -> None:
    (folder / "persona.txt").write_text("Be brief.")
    groq_emulator.script(plain("Hi\x1b[2J!"), plain("Ann."))

    ran = chat("I am Ann.\n\nWho am I?\n", "--system", "persona.txt", "--stop", "END", "-t", "0.5")

    assert (ran.status, ran.out, ran.err) == (0, "Hi␛[2J!\nAnn.\n", "")
    assert sent(groq_emulator) == ["Be brief.", "I am Ann.", "Hi\x1b[2J!", "Who am I?"]
    assert groq_emulator.requests[0].body["stop"] == ["END"]
    assert groq_emulator.requests[0].body["temperature"] == 0.5


def test_a_transcript_is_continued_with_its_model(chat, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hi."), plain("Ann."))

    chat("I am Ann.\n", "--transcript", "chat.jsonl", "--model", "groq/openai/gpt-oss-120b")
    ran = chat("Who am I?\n", "--transcript", "chat.jsonl")

    assert ran.out == "Ann.\n", ran.err
    assert sent(groq_emulator) == ["I am Ann.", "Hi.", "Who am I?"]
    assert groq_emulator.requests[-1].body["model"] == "openai/gpt-oss-120b"
    assert len(read_transcript(folder / "chat.jsonl").turns) == 2


def test_commands_act_and_are_not_sent(chat, folder: Path, groq_emulator: Emulator) -> None:
    (folder / "who.toml").write_text('fields = "name"\n')
    groq_emulator.script(plain("Hi."), reply('{"name": "Ann"}'), plain("Yes."))
    lines = [
        "I am Ann.",
        "/usage",
        "/extract who.toml",
        "/model",
        "/model groq/openai/gpt-oss-120b",
        "//x",
        "/save c.jsonl",
    ]

    ran = chat("\n".join([*lines, "/help", "/quit", "never said"]))

    assert ran.status == 0, ran.err
    assert ran.out == 'Hi.\n{\n  "name": "Ann"\n}\nYes.\n'
    assert "1 calls: " in ran.err
    assert "gpt-oss-20b answers" in ran.err
    assert "gpt-oss-120b answers" in ran.err
    assert "/extract TASK " in ran.err
    assert sent(groq_emulator) == ["I am Ann.", "Hi.", "/x"]
    assert [turn[0].text for turn in read_transcript(folder / "c.jsonl").turns] == ["I am Ann.", "/x"]


@pytest.mark.parametrize(
    ("lines", "options", "status", "says"),
    [
        ("/nope\n", (), 2, "There is no command /nope. /help lists"),
        ("/ x\n", (), 2, "There is no command /"),
        ("/extract\n", (), 2, "Name a task"),
        ("/extract nosuch\n", (), 2, "No task 'nosuch'"),
        ("/extract recipe\n", (), 1, "Nothing has been said"),
        ("/save\n", (), 2, "Name a file"),
        ("/save dish.json\n", (), 1, "exists already"),
        ("/model rules\n", (), 2, "cannot chat"),
        ("/model nope\n", (), 2, "not a model"),
        ("Hi\n", ("--model", "groq/nope"), 2, "nope"),
        ("Hi\n", ("--model", "rules"), 2, "set GROQ_API_KEY"),
        ("Hi\n", ("--transcript", "soup.txt"), 2, "not a transcript"),
        ("Hi\n", ("--system", "nope.txt"), 2, "no file nope.txt"),
        ("Hi\n", ("--max-cost", "0"), 3, "The chat has taken 0 tokens"),
    ],
)
def test_a_mistake_is_one_line_and_ends_a_piped_chat(
    lines: str, options: tuple[str, ...], status: int, says: str, chat, groq_emulator: Emulator
) -> None:
    ran = chat(f"{lines}Next\n", *options)

    assert (ran.status, len(ran.said), ran.out) == (status, 1, ""), ran.err
    assert says in ran.err
    assert all(received.status != 200 for received in groq_emulator.requests)


def test_a_model_without_a_card_is_said_to_be_unknown(chat) -> None:
    assert "no model card" in chat("/model groq/nope\n").err


def test_turns_that_no_longer_fit_are_said(chat, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("One."), error("context_length"), plain("Two."))

    ran = chat("First\nSecond\n/usage\n")

    assert (ran.status, ran.out) == (0, "One.\nTwo.\n")
    assert ran.err.count("oldest turn no longer fits") == 1
    assert "1 of the oldest turns" in ran.err


def test_without_a_key_it_says_what_to_set(structgen) -> None:
    ran = structgen("chat")

    assert ran.status == 2
    assert "No model is named and no key is set" in ran.err


COUNT = "One" + " and one" * 200
"""Many pieces, so that the first one comes at once however long all of them take."""

IN_A_TERMINAL = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it, and so would we
from structgen.cli import main
main()
"""
"""The command with standard input as the terminal that sends it signals."""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_ctrl_c_stops_an_answer_and_ctrl_d_ends_the_chat(folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(COUNT, seconds=120), plain("Go on."))
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, "chat", "--transcript", "chat.jsonl", "--no-store"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "dumb"},
    )
    os.close(theirs)
    seen = ""

    def until(words: str) -> None:
        nonlocal seen
        while words not in seen:
            assert select.select([ours], [], [], 60)[0], f"{words!r} does not come after {seen!r}"
            seen += os.read(ours, 1000).decode()
        seen = seen.partition(words)[2]

    until("> ")
    os.write(ours, b"Count\n")
    until("One")
    os.write(ours, b"\x03")
    until("kept")
    until("> ")
    os.write(ours, b"And?\n")
    until("Go on.")
    until("> ")
    os.write(ours, b"/nope\n")
    until("no command /nope")
    until("> ")
    os.write(ours, b"\x04")
    assert process.wait(60) == 0
    os.close(ours)
    first, second = read_transcript(folder / "chat.jsonl").turns
    assert first[1].text.startswith("One")
    assert len(first[1].text) < len(COUNT)
    assert second[1].text == "Go on."
    stopped = [json.loads(line).get("stopped") for line in (folder / "chat.jsonl").read_text().splitlines()]
    assert stopped == [None, None, True, None, None]
