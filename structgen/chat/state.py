"""The state of a conversation between two questions, and the file that it is saved in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from structgen.chat.spending import Spending
from structgen.chat.transcript_file import Transcript, message_line, settings_line
from structgen.chat.turns import Turn
from structgen.core.chat_message import Message
from structgen.core.errors import OutputError
from structgen.core.json import JsonObject
from structgen.extractor import Extractor


@dataclass(slots=True)
class ChatState:
    """The turns of a conversation, who answers, and how much of it is in the transcript.

    `facts` are about the answers of some turns, by the number of the turn. `settings` are the model and the system
    prompt that the transcript says.
    """

    extractor: Extractor
    system: str
    turns: list[Turn]
    notes: tuple[str, ...] = ()
    left_out: int = 0
    spending: Spending = field(default_factory=Spending)
    transcript: Transcript | None = None
    saved: int = 0
    settings: tuple[str, str] = ("", "")
    facts: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])

    def head(self) -> Turn:
        """Return the system prompt as a message, if there is one."""
        return (Message("system", self.system),) if self.system else ()

    def affordable(self) -> Extractor:
        """Return the Extractor with what is left of the budget."""
        options = self.extractor.options
        left = self.spending.left(options.budget)
        if left == options.budget:
            return self.extractor
        return self.extractor.with_options(replace(options, budget=left))

    def keep(self, turn: Turn, facts: JsonObject) -> tuple[str, ...]:
        """Add a turn, and write it. Return a note if that failed: the answer must not be lost because of it."""
        self.facts[len(self.turns)] = facts
        self.turns.append(turn)
        try:
            self.write()
        except OutputError as error:
            return (str(error),)
        return ()

    def write(self) -> None:
        """Add what is not in the transcript yet. Raises OutputError."""
        if self.transcript is None:
            return
        lines: list[JsonObject] = []
        settings = (self.extractor.model, self.system)
        if settings != self.settings:
            lines.append(settings_line(*settings))
        for number, turn in enumerate(self.turns[self.saved :], self.saved):
            *others, last = turn
            lines += [message_line(message, {}) for message in others]
            lines.append(message_line(last, self.facts.get(number, {})))
        if lines:
            self.transcript.write(lines)
        self.saved, self.settings = len(self.turns), settings

    def move_to(self, path: Path) -> None:
        """Write the whole conversation to a new file, and add what follows to it. Raises OutputError."""
        ours = self.transcript is not None and self.transcript.path.exists()
        if path.exists() and not (ours and self.transcript and path.samefile(self.transcript.path)):
            raise OutputError(f"{path} exists already. Name a new file.")
        if not path.exists():
            before = (self.transcript, self.saved, self.settings)
            self.transcript, self.saved, self.settings = Transcript(path), 0, ("", "")
            try:
                self.write()
            except OutputError:
                self.transcript, self.saved, self.settings = before
                raise
        self.write()
