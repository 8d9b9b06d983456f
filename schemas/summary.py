"""The short version of a long text: a headline, a few sentences, and the key points."""

from pydantic import BaseModel, Field

from structgen import Example, Task


class KeyPoint(BaseModel):
    """One thing that a reader should know, and where the text says it."""

    point: str = Field(description="The point in one sentence, in your own words")
    quote: str | None = Field(None, description="The exact words of the text that say it, kept short")


class Summary(BaseModel):
    """The short version of one text."""

    title: str = Field(description="The text's own title, or a headline of at most ten words")
    summary: str = Field(description="Two to four sentences; one if the text is short")
    key_points: list[KeyPoint] = Field(
        description="Three to seven points, most important first; fewer if there are fewer"
    )
    open_questions: list[str] = Field(
        default_factory=list[str], description="Questions that the text asks or leaves open, in its order"
    )


task: Task[Summary] = Task(
    name="summary",
    schema=Summary,
    description="A summary of a text with its key points",
    instructions=(
        "Summarize the text in its own language, for someone who has not read it. Keep its names, numbers and doubts. "
        "Add no knowledge or opinion of your own."
    ),
    generate_instructions=(
        "Write a summary of the subject that the request names, for someone who does not know it. State only what "
        "you know for certain, and put what is disputed or unknown under the open questions. There is no text to "
        "quote, so every quote is null."
    ),
    examples=(
        Example(
            text=(
                "Parish council, 9 April. The council voted 7 to 2 to reopen the footbridge in June, at a cost of "
                "£12,400 from the reserve. Mr Dale asked who will salt it in winter; no answer yet. The fair is on "
                "22 June as usual."
            ),
            value={
                "title": "Parish council, 9 April",
                "summary": (
                    "The parish council decided to reopen the footbridge in June for £12,400 from the reserve. "
                    "The fair takes place on 22 June."
                ),
                "key_points": [
                    {
                        "point": "The footbridge will reopen in June.",
                        "quote": "voted 7 to 2 to reopen the footbridge in June",
                    },
                    {
                        "point": "It costs £12,400, paid from the reserve.",
                        "quote": "at a cost of £12,400 from the reserve",
                    },
                    {"point": "The fair is on 22 June.", "quote": "The fair is on 22 June"},
                ],
                "open_questions": ["Who will salt the footbridge in winter?"],
            },
            quotes={
                "/summary": "The council voted 7 to 2 to reopen the footbridge in June, at a cost of £12,400",
                "/key_points/0/point": "voted 7 to 2 to reopen the footbridge in June",
                "/key_points/1/point": "at a cost of £12,400 from the reserve",
                "/open_questions/0": "Mr Dale asked who will salt it in winter; no answer yet.",
            },
        ),
        Example(
            text="The pool is closed until Friday because of a broken pump.",
            value={
                "title": "Pool closed until Friday",
                "summary": "A broken pump keeps the pool closed until Friday.",
                "key_points": [
                    {"point": "The pool opens again on Friday at the earliest.", "quote": "closed until Friday"},
                ],
                "open_questions": [],
            },
        ),
    ),
)
