"""The two drivers of the line: alike line by line, because all that could differ is in the flow or in the sender."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from structgen.core.records import Completion, Extraction
from structgen.engine.flow import FAULTS, Line, Send

T = TypeVar("T")


def drive(line: Line[T], perform: Callable[[Send], Completion]) -> Extraction[T]:
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


async def adrive(line: Line[T], perform: Callable[[Send], Awaitable[Completion]]) -> Extraction[T]:
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
