"""The people, organizations, places, dates and amounts that a text names, each once and as written."""

from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task


class Entity(BaseModel):
    """Something that the text names."""

    name: str = Field(description="The name exactly as first written in the text")
    kind: Literal["person", "organization", "place", "date", "money", "product", "work", "event", "law", "other"] = (
        Field(description="What it is; work: book, film, song")
    )
    aliases: list[str] = Field(
        default_factory=list[str], description="Other forms of the name in the text, exactly as written"
    )


class Entities(BaseModel):
    """Everything that one text names."""

    entities: list[Entity] = Field(description="Each named thing once, in the order of first mention")


task: Task[Entities] = Task(
    name="entities",
    schema=Entities,
    description="People, organizations, places, dates and amounts in a text",
    instructions=(
        "List what the text names: proper names, dates and amounts. Omit pronouns and common nouns. "
        "Two forms of one name ('Marine Institute', 'the Institute') are one entity with an alias."
    ),
    examples=(
        Example(
            text=(
                "The Lindqvist Foundation gave €2 million to the Harbour Museum in Visby on 3 June. "
                "The Foundation's head, Sanna Lindqvist, opened the hall herself."
            ),
            value={
                "entities": [
                    {"name": "Lindqvist Foundation", "kind": "organization", "aliases": ["The Foundation"]},
                    {"name": "€2 million", "kind": "money", "aliases": []},
                    {"name": "Harbour Museum", "kind": "organization", "aliases": []},
                    {"name": "Visby", "kind": "place", "aliases": []},
                    {"name": "3 June", "kind": "date", "aliases": []},
                    {"name": "Sanna Lindqvist", "kind": "person", "aliases": []},
                ]
            },
            quotes={
                "/entities/0/kind": "The Lindqvist Foundation",
                "/entities/1/kind": "gave €2 million",
                "/entities/2/kind": "the Harbour Museum",
                "/entities/3/kind": "in Visby",
                "/entities/4/kind": "on 3 June",
                "/entities/5/kind": "The Foundation's head, Sanna Lindqvist",
            },
        ),
        Example(text="It was raining, so they stayed in and played cards.", value={"entities": []}),
    ),
)
