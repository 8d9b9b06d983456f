"""One label for each text, from the labels that you give.

    structgen extract "classification:billing|bug|praise" inbox/         # on the command line
    structgen.extract(configure("billing|bug|praise"), text)             # in Python
    structgen extract classification inbox/ --instructions labels.txt    # labels explained at length

Labels after the name become part of the schema, so that no other answer is accepted. A file of instructions can
explain what each label means, but then any text is accepted as the label.
"""

from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from structgen import Example, Task


class Classification(BaseModel):
    """The label of one text."""

    label: str = Field(description="The one label that fits best")
    confidence: float = Field(ge=0, le=1, description="Confidence from 0 to 1; low if two labels fit")
    reason: str | None = Field(None, description="The exact words of the text that decide it")


task: Task[Classification] = Task(
    name="classification",
    schema=Classification,
    description="One label for a text, from labels that you give",
    instructions=(
        "Give the text the one label that fits it best as a whole. If no labels are listed, "
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
    """Return the task for the labels of ``"billing|bug|praise"`` only. Raises ValueError for fewer than two labels."""
    choices = tuple(dict.fromkeys(label.strip() for label in labels.split("|") if label.strip()))
    if len(choices) < 2:
        raise ValueError("give at least two labels, separated by |: billing|bug|praise")
    label: Any = Literal[choices]  # created at run time, which type checkers cannot follow
    model = create_model(
        "Classification",
        __base__=Classification,
        __doc__=Classification.__doc__,
        label=(label, Field(description="The one label that fits best")),
    )
    instructions = "Give the text the one label that fits it best as a whole."
    return replace(task, schema=model, instructions=instructions, examples=())
