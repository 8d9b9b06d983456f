"""What a review likes and dislikes, aspect by aspect: the food, the service, the price, each with its own sentiment."""

from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task


class Aspect(BaseModel):
    """One aspect that the writer judges."""

    aspect: str = Field(description="What is judged, in one to three words: battery life, service")
    sentiment: Literal["positive", "negative", "neutral", "mixed"] = Field(description="How the writer judges it")
    opinion: str = Field(description="The exact words of the text that judge it")


class AspectSentiment(BaseModel):
    """The judgements of one review."""

    subject: str | None = Field(None, description="What the review is about: the product, place or work")
    aspects: list[Aspect] = Field(description="Each aspect that is judged, in the order of the text")
    rating: float | None = Field(None, description="Stars or points that the writer gives, as a number")
    rating_scale: float | None = Field(None, description="Highest possible rating: 5 in '4 of 5 stars'")
    would_recommend: bool | None = Field(None, description="Whether the writer recommends it; only if stated")


task: Task[AspectSentiment] = Task(
    name="aspect_sentiment",
    schema=AspectSentiment,
    description="Likes and dislikes of a review, aspect by aspect",
    instructions=(
        "List every aspect that the writer judges, each once; 'mixed' is for an aspect both praised and criticized. "
        "Facts without a judgement are not aspects. Use null for what the text does not say."
    ),
    examples=(
        Example(
            text=(
                "Dinner at the Old Ferry House: the mussels were superb, the waiter forgot us twice. "
                "Fair prices. 4/5, we'd send anyone there."
            ),
            value={
                "subject": "Old Ferry House",
                "aspects": [
                    {"aspect": "mussels", "sentiment": "positive", "opinion": "the mussels were superb"},
                    {"aspect": "service", "sentiment": "negative", "opinion": "the waiter forgot us twice"},
                    {"aspect": "prices", "sentiment": "positive", "opinion": "Fair prices"},
                ],
                "rating": 4.0,
                "rating_scale": 5.0,
                "would_recommend": True,
            },
            quotes={
                "/aspects/0/sentiment": "superb",
                "/aspects/1/aspect": "the waiter",
                "/aspects/1/sentiment": "forgot us twice",
                "/aspects/2/sentiment": "Fair",
                "/rating": "4/5",
                "/rating_scale": "4/5",
                "/would_recommend": "we'd send anyone there",
            },
        ),
        Example(
            text="Bright screen, though only indoors. It weighs 900 grams.",
            value={
                "subject": None,
                "aspects": [
                    {"aspect": "screen", "sentiment": "mixed", "opinion": "Bright screen, though only indoors"},
                ],
                "rating": None,
                "rating_scale": None,
                "would_recommend": None,
            },
        ),
    ),
)
