"""The file of a conversation: continued, moved, half written, or something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen import Chat
from structgen.chat.transcript_file import read_transcript
from structgen.core.errors import ConfigurationError, DocumentError, OutputError
from structgen.testing import Emulator, plain

HEAD = '{"structgen": "chat", "version": 1, "model": "groq/m", "system": "Be brief."}\n'
TURN = '{"role": "user", "content": "Hi \\u001b[2J"}\n{"role": "assistant", "content": "Hello.", "cost": 0.1}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.jsonl"


def test_a_conversation_is_continued_where_it_ended(path: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hi\x1b[2J, Ann."), plain("Ann."))
    with Chat(system="Be brief.", transcript=path) as chat:
        chat.send("I am Ann.")
    with Chat(transcript=path) as chat:
        chat.send("Who am I?")

    assert [message["content"] for message in groq_emulator.requests[-1].body["messages"]] == [
        "Be brief.",
        "I am Ann.",
        "Hi\x1b[2J, Ann.",
        "Who am I?",
    ]
    text = path.read_text("utf-8")
    assert "\x1b" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line.get("role") for line in lines] == [None, "user", "assistant", "user", "assistant"]
    assert lines[2]["usage"]["calls"] == 1
    assert lines[2]["cost"] > 0


def test_the_model_of_the_transcript_goes_on_unless_another_is_named(path: Path, groq_emulator: Emulator) -> None:
    path.write_text(HEAD.replace("groq/m", "groq/openai/gpt-oss-120b") + TURN)

    assert Chat(transcript=path).model == "groq/openai/gpt-oss-120b"
    assert Chat("groq/openai/gpt-oss-20b", transcript=path).model == "groq/openai/gpt-oss-20b"
    assert Chat(transcript=path, system="Be kind.").system == "Be kind."


@given(cut=st.integers(0, len(HEAD + TURN + TURN) - 1))
def test_a_crash_at_any_byte_loses_at_most_the_last_turn(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("cut") / "chat.jsonl"
    whole = (HEAD + TURN + TURN).encode()
    path.write_bytes(whole[:cut])

    found = read_transcript(path)

    ends = [len(HEAD), len(HEAD + TURN)]
    assert len(found.turns) == (cut >= ends[1])
    assert bool(found.note) == (cut not in {0, *ends})
    assert whole[: found.size] == path.read_bytes()[: found.size]


@pytest.mark.parametrize("half", ['{"role": "user", "content": "Ha', TURN.splitlines()[0] + "\n", '{"ro\udcff'])
def test_what_was_half_written_is_said_and_replaced(half: str, path: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Yes."))
    path.write_bytes((HEAD + TURN).encode() + half.encode(errors="surrogateescape"))

    chat = Chat("groq/openai/gpt-oss-20b", transcript=path)
    assert "half written" in chat.notes[0]
    chat.send("Again")

    assert path.read_text("utf-8").startswith(HEAD + TURN)
    assert [len(turn) for turn in read_transcript(path).turns] == [2, 2]
    assert not read_transcript(path).note


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("hello\nworld\n", "line 1: not a transcript"),
        ("hello", "line 1: not a transcript"),
        ('{"id": "1", "value": {}}\n', "line 1: not a transcript"),
        ("[1]\n", "line 1: not a transcript"),
        (HEAD + "{broken\n" + TURN, "line 2: not a transcript"),
        (HEAD + '{"role": "robot", "content": "x"}\n' + TURN, "line 2"),
        (HEAD + '{"role": "tool", "content": "x", "tool_call_id": "c"}\n', "line 2"),
        (HEAD.replace("1", "2") + TURN, "another version"),
        ("[" * 100_000 + "\n", "line 1: not a transcript"),
    ],
)
def test_another_file_is_refused_and_left_as_it_is(
    content: str, says: str, path: Path, groq_emulator: Emulator
) -> None:
    path.write_text(content)

    with pytest.raises(DocumentError, match=says):
        Chat(transcript=path)

    assert path.read_text() == content


def test_a_folder_or_an_empty_name_is_no_transcript(tmp_path: Path, groq_emulator: Emulator) -> None:
    for wrong in (tmp_path, "", 5):
        with pytest.raises(ConfigurationError):
            Chat(transcript=wrong)  # type: ignore[arg-type]


def test_saving_moves_on_to_a_new_file_and_overwrites_none(path: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Yes."), repeat_last=True)
    chat = Chat(system="Be brief.")
    chat.send("First")
    chat.save(path)
    chat.send("Second")
    chat.save(path)
    other = path.with_name("other.jsonl")
    other.write_text("mine")

    with pytest.raises(OutputError, match="exists already"):
        chat.save(other)
    with pytest.raises(OutputError, match="Cannot write the chat"):
        chat.save(path.with_name("missing") / "chat.jsonl")
    chat.send("Third")

    assert other.read_text() == "mine"
    found = read_transcript(path)
    assert ([turn[0].text for turn in found.turns], found.system) == (["First", "Second", "Third"], "Be brief.")


def test_an_answer_that_cannot_be_saved_is_not_lost(path: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Yes."), repeat_last=True)
    chat = Chat(transcript=path)
    chat.send("First")
    path.write_text("")

    answer = chat.send("Second")

    assert answer.text == "Yes."
    assert any("changed by another program" in note for note in answer.notes)
    assert len(chat.messages) == 4
    assert path.read_text() == ""
