"""The two drivers of the line: alike line by line, because all that could differ is in the flow or in the sender."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from structgen.core.records import Completion
from structgen.engine.flow import FAULTS, Send

R = TypeVar("R")


def drive(line: Generator[Send, Completion, R], perform: Callable[[Send], Completion]) -> R:
    """Run the line, each effect performed in this thread."""
    try:
        effect = next(line)
        while True:
            try:
                completion = perform(effect)
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(completion)
    except StopIteration as done:
        return done.value


async def adrive(line: Generator[Send, Completion, R], perform: Callable[[Send], Awaitable[Completion]]) -> R:
    """Run the line, each effect awaited."""
    try:
        effect = next(line)
        while True:
            try:
                completion = await perform(effect)
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(completion)
    except StopIteration as done:
        return done.value
