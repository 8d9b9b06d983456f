"""One label for each text, out of the labels that you give.

    structgen extract "classification:billing|bug|praise" inbox/         # on the command line
    structgen.extract(configure("billing|bug|praise"), text)             # in Python
    structgen extract classification inbox/ --instructions labels.txt    # labels explained at length

Given after the name, the labels become part of the schema: no other answer is accepted. In a file of instructions
you can say what each one means, and the answer is text.
"""

from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from structgen import Example, Task


class Classification(BaseModel):
    """The label of one text."""

    label: str = Field(description="The one label that fits best")
    confidence: float = Field(ge=0, le=1, description="How sure, from 0 to 1; low where two labels fit")
    reason: str | None = Field(None, description="The words of the text that decide it, exactly")


task: Task[Classification] = Task(
    name="classification",
    schema=Classification,
    description="One label for a text, out of labels that you give",
    instructions=(
        "Give the text the one label that fits it best as a whole. Where no labels are listed, "
        "use its topic in one or two lower-case words."
    ),
    examples=(
        Example(
            text="The tram was late again and my coat is soaked, but the new timetable app is a joy.",
            value={"label": "public transport", "confidence": 0.8, "reason": "The tram was late again"},
            quotes={"/label": "The tram was late again", "/confidence": "The tram was late again"},
        ),
        Example(text="ok", value={"label": "unclear", "confidence": 0.2, "reason": None}),
    ),
)


def configure(labels: str) -> Task[Classification]:
    """The same task for the labels of ``"billing|bug|praise"`` and no others; ValueError if they are fewer than two."""
    choices = tuple(dict.fromkeys(label.strip() for label in labels.split("|") if label.strip()))
    if len(choices) < 2:
        raise ValueError("give two labels or more, with | between them: billing|bug|praise")
    label: Any = Literal[choices]  # made at run time, so that no type checker can know it
    model = create_model(
        "Classification",
        __base__=Classification,
        __doc__=Classification.__doc__,
        label=(label, Field(description="The one label that fits best")),
    )
    instructions = "Give the text the one label that fits it best as a whole."
    return replace(task, schema=model, instructions=instructions, examples=())
