"""Chat over the wire: the history, what of it is sent, the budget, and answers that are stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import structgen
from structgen import Budget, Chat, Completion, Extractor, Message, Options
from structgen.core.errors import (
    BudgetExceeded,
    ConfigurationError,
    ConnectionFailed,
    DocumentError,
    RequestRejected,
    RequestTooLarge,
)
from structgen.testing import Emulator, cut, error, plain, reply

Say = Callable[[Chat, str], Completion]


def streamed(chat: Chat, text: str) -> Completion:
    with chat.stream(text) as pieces:
        said = "".join(pieces)
    assert pieces.completion is not None
    assert pieces.completion.text == said
    return pieces.completion


async def astreamed(chat: Chat, text: str) -> Completion:
    async with chat.astream(text) as pieces:
        _ = [piece async for piece in pieces]
    assert pieces.completion is not None
    return pieces.completion


WAYS: dict[str, Say] = {
    "send": Chat.send,
    "asend": lambda chat, text: asyncio.run(chat.asend(text)),
    "stream": streamed,
    "astream": lambda chat, text: asyncio.run(astreamed(chat, text)),
}


@pytest.fixture(params=list(WAYS))
def say(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Say:
    return WAYS[request.param]


def sent(emulator: Emulator, at: int = -1) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in emulator.requests[at].body["messages"]]


def small_window(folder: Path, monkeypatch: pytest.MonkeyPatch, tokens: int) -> str:
    """Return a model whose card has a small context window."""
    card = {"id": "small", "context_window": tokens, "price_in": 1.0, "price_out": 1.0}
    (folder / "cards.json").write_text(json.dumps({"cards": [card]}))
    monkeypatch.setenv("STRUCTGEN_CARDS", str(folder / "cards.json"))
    return "groq/small"


def test_every_message_goes_with_the_conversation_so_far(say: Say, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hi, Ann."), plain("Ann."))
    chat = Chat(system="Be brief.", temperature=1.2, max_completion_tokens=100, stop=["\n\n"])

    assert say(chat, "I am Ann.").text == "Hi, Ann."
    assert say(chat, "Who am I?").text == "Ann."

    told = [("system", "Be brief."), ("user", "I am Ann."), ("assistant", "Hi, Ann."), ("user", "Who am I?")]
    assert sent(groq_emulator) == told
    assert [(message.role, message.text) for message in chat.messages] == [*told, ("assistant", "Ann.")]
    body = groq_emulator.requests[-1].body
    assert (body["temperature"], body["max_completion_tokens"], body["stop"]) == (1.2, 100, ["\n\n"])
    assert chat.usage.calls == 2
    assert chat.cost


def test_a_failed_message_leaves_the_conversation_as_it_was(say: Say, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("One."), error("unprocessable"), plain("Two."))
    chat = Chat()
    say(chat, "First")

    with pytest.raises(RequestRejected):
        say(chat, "Second")
    say(chat, "Third")

    assert [text for _, text in sent(groq_emulator)] == ["First", "One.", "Third"]


def test_an_empty_answer_is_no_part_of_the_history(say: Say, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain(""), plain("Two."))
    chat = Chat()

    assert say(chat, "First").text == ""
    say(chat, "Second")

    assert sent(groq_emulator) == [("user", "Second")]
    assert chat.usage.calls == 2


def test_the_oldest_turns_are_left_out_and_said(
    say: Say, groq_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [Message(role, f"{n} " + "x" * 398) for n in range(3) for role in ("user", "assistant")]
    chat = Chat(small_window(tmp_path, monkeypatch, 560), system="Be brief.", history=history, max_completion_tokens=50)
    groq_emulator.script(plain("Yes."), plain("No."))

    first = say(chat, "And now?")
    second = say(chat, "And then?")

    assert [text[:2] for _, text in sent(groq_emulator, 0)] == ["Be", "1 ", "1 ", "2 ", "2 ", "An"]
    assert any("oldest turn no longer fits" in note for note in first.notes)
    assert second.notes == ()
    assert chat.left_out == 1
    assert len(chat.messages) == 11


def test_a_server_that_finds_it_too_long_gets_less_of_it(say: Say, groq_emulator: Emulator) -> None:
    history = [Message(role, f"{n}") for n in range(4) for role in ("user", "assistant")]
    groq_emulator.script(error("context_length"), error("context_length"), plain("Yes."))
    chat = Chat(system="Be brief.", history=history)

    answer = say(chat, "And now?")

    assert [text for _, text in sent(groq_emulator)] == ["Be brief.", "3", "3", "And now?"]
    assert any("3 turns no longer fit" in note for note in answer.notes)


def test_a_question_that_is_too_long_alone_is_an_error(say: Say, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("context_length"), repeat_last=True)

    with pytest.raises(RequestTooLarge):
        say(Chat(history=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]), "Long")

    assert len(groq_emulator.requests) == 2


def test_the_budget_is_that_of_the_whole_conversation(say: Say, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("word " * 20), repeat_last=True)
    chat = Chat(options=Options(budget=Budget(max_tokens=100), max_completion_tokens=50))
    say(chat, "First")

    with pytest.raises(BudgetExceeded, match=r"taken \d+ tokens"):
        say(chat, "x" * 120)

    assert len(groq_emulator.requests) == 1


def test_a_stream_that_is_closed_keeps_what_had_arrived(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("One two three four five six seven."), plain("Go on."))
    chat = Chat()

    with chat.stream("Count") as pieces:
        first = next(pieces)
    chat.send("And?")

    assert sent(groq_emulator) == [("user", "Count"), ("assistant", first), ("user", "And?")]
    assert pieces.completion is None
    assert chat.usage.calls == 2


def test_a_task_that_is_cancelled_keeps_what_had_arrived(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("One two three four five six seven.", seconds=6))

    async def stopped() -> Chat:
        chat, arrived = Chat(), asyncio.Event()

        async def read() -> None:
            async for _ in chat.astream("Count"):
                arrived.set()

        task = asyncio.create_task(read())
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return chat

    chat = asyncio.run(stopped())
    assert [message.role for message in chat.messages] == ["user", "assistant"]
    assert "One two three".startswith(chat.messages[-1].text[:3])


def test_a_connection_that_breaks_keeps_what_had_arrived(groq_emulator: Emulator) -> None:
    groq_emulator.script(cut("One two three four five six seven."))
    chat = Chat()

    with pytest.raises(ConnectionFailed):
        list(chat.stream("Count"))

    assert chat.messages[-1].role == "assistant"
    assert "One two three four five six seven.".startswith(chat.messages[-1].text)


def test_a_value_is_extracted_from_the_conversation(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello Ann."), reply('{"name": "Ann"}'), reply('{"name": "Ann"}'))
    chat = Chat(system="Be brief.")
    chat.send("I am Ann.")
    before = chat.cost

    result = chat.extract(structgen.fields("name"))
    again = asyncio.run(chat.aextract(structgen.fields("name")))

    assert result.value == again.value == {"name": "Ann"}
    assert "User: I am Ann.\n\nAssistant: Hello Ann." in sent(groq_emulator)[-1][1]
    assert chat.cost is not None
    assert before is not None
    assert chat.cost > before
    with pytest.raises(DocumentError, match="Nothing has been said"):
        Chat().extract(structgen.fields("name"))


def test_another_model_can_go_on_and_the_rules_cannot(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Yes."), repeat_last=True)
    chat = Chat("groq/openai/gpt-oss-20b", temperature=0.5)
    chat.send("First")

    chat.use_model("groq/openai/gpt-oss-120b")
    for wrong in ("rules", "nope"):
        with pytest.raises(ConfigurationError):
            chat.use_model(wrong)
    chat.send("Second")

    body = groq_emulator.requests[-1].body
    assert (body["model"], body["temperature"], len(body["messages"])) == ("openai/gpt-oss-120b", 0.5, 3)
    for opened in ("rules", Extractor("rules")):
        with pytest.raises(ConfigurationError, match="cannot chat"):
            Chat(opened)


def test_an_extractor_brings_its_options_and_stays_open(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Yes."), repeat_last=True)
    extractor = Extractor(options=Options(seed=5, temperature=0.3))

    with Chat(extractor, temperature=0.9) as chat:
        chat.send("First")
    extractor.complete("Second")

    assert [(received.body["seed"], received.body["temperature"]) for received in groq_emulator.requests] == [
        (5, 0.9),
        (5, 0.3),
    ]


def test_a_history_of_the_sdk_is_taken_with_its_system_prompt(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Yes."), repeat_last=True)
    chat = Chat(history=[{"role": "system", "content": "Be brief."}])
    chat.send("First")

    assert sent(groq_emulator) == [("system", "Be brief."), ("user", "First")]


@pytest.mark.parametrize(
    "history",
    ["Hello", {"role": "user", "content": "x"}, [5], [{"role": "robot", "content": "x"}], [{"content": "x"}], 7],
)
def test_what_is_no_history_is_refused(history: Any, groq_emulator: Emulator) -> None:
    with pytest.raises(DocumentError):
        Chat(history=history)


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_message_is_refused(text: str, say: Say) -> None:
    with pytest.raises(DocumentError, match="empty"):
        say(Chat(), text)
