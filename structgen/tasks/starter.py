"""The file that `structgen tasks new` writes: a working template, to be edited line by line."""

from __future__ import annotations

import keyword
import re

from structgen.core.errors import TaskError

_STARTER = '''"""Say in one line what {name} is for. Below: which texts it reads, and what to watch out for."""

from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task


class Person(BaseModel):
    """A person whom the text names."""

    name: str = Field(description="Full name as written")
    email: str | None = Field(None, description="Email address")


class {model}(BaseModel):
    """What to extract from one text. The model reads the descriptions: keep them short and specific."""

    title: str = Field(description="What it is about, in the text's words")
    kind: Literal["question", "problem", "praise", "other"] = Field(description="What the writer wants")
    date: str | None = Field(None, description="Date as written")
    people: list[Person] = Field(default_factory=list[Person], description="Everyone the text names, in order")


task: Task[{model}] = Task(
    name="{name}",
    schema={model},
    description="Say what it extracts: `structgen tasks` shows this line",
    instructions="Use the text's own words. Use null for what it does not say.",
    examples=(
        Example(
            text="Where is my parcel? Ordered on 3 May. Regards, Ida Berg, ida@berg.example",
            value={{
                "title": "Where is my parcel?",
                "kind": "question",
                "date": "3 May",
                "people": [{{"name": "Ida Berg", "email": "ida@berg.example"}}],
            }},
        ),
        Example(
            text="The new cups are lovely.",
            value={{"title": "The new cups are lovely.", "kind": "praise", "date": None, "people": []}},
        ),
    ),
)
'''


def starter(name: str) -> str:
    """Return the Python source of a new template. Raises TaskError for an invalid name."""
    return _STARTER.format(name=name, model=model_name(name))


def model_name(name: str) -> str:
    """Return the name of the model of a new template: ``JobPosting`` for ``job_posting``. Raises TaskError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name) or not name.strip("_"):
        raise TaskError(
            f"{name!r} is not a valid name for a template: use lower-case letters, digits and _, as in job_posting."
        )
    model = "".join(part.capitalize() for part in name.split("_"))
    return f"{model}Entry" if model in _TAKEN else model


_TAKEN = frozenset({"Person", "Task", "Example", "Field", "Literal", "BaseModel", "None", "True", "False"})
"""Names that a template uses, or that Python keeps for itself."""
