"""How a text feels about what it speaks of: reviews, comments, mails, posts.

One verdict for the whole text, the phrases that carry it, and a sentence that sums it up. For several aspects of one
thing ("great screen, weak battery") see `aspect_sentiment`.
"""

from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task

Sentiment = Literal["positive", "negative", "neutral"]


class KeyPhrase(BaseModel):
    """A phrase that carries feeling."""

    phrase: str = Field(description="The words of the text, exactly")
    sentiment: Sentiment = Field(description="What this phrase feels")


class SentimentAnalysis(BaseModel):
    """The feeling of one text."""

    sentiment: Sentiment = Field(description="Overall sentiment; neutral where it is balanced or merely factual")
    confidence_score: float = Field(
        ge=0, le=1, description="How sure, from 0 to 1; low where the text is mixed or ironic"
    )
    key_phrases: list[KeyPhrase] = Field(description="Up to five phrases that decide it, in the order of the text")
    summary: str = Field(description="One sentence on the overall sentiment and its reason, in the text's language")


task: Task[SentimentAnalysis] = Task(
    name="sentiment",
    schema=SentimentAnalysis,
    description="Sentiment of a text, its key phrases and a summary",
    instructions=(
        "Judge how the writer feels, not whether the events are good or bad. Irony counts for what is meant. "
        "Copy the phrases word for word; leave the list empty where nothing carries feeling."
    ),
    examples=(
        Example(
            text="Took them three weeks, but the chair itself is gorgeous and my back has stopped complaining.",
            value={
                "sentiment": "positive",
                "confidence_score": 0.85,
                "key_phrases": [
                    {"phrase": "Took them three weeks", "sentiment": "negative"},
                    {"phrase": "the chair itself is gorgeous", "sentiment": "positive"},
                    {"phrase": "my back has stopped complaining", "sentiment": "positive"},
                ],
                "summary": "The writer is happy with the chair and its comfort in spite of the slow delivery.",
            },
            quotes={
                "/sentiment": "the chair itself is gorgeous and my back has stopped complaining",
                "/confidence_score": "the chair itself is gorgeous and my back has stopped complaining",
                "/key_phrases/0/sentiment": "Took them three weeks",
                "/key_phrases/1/sentiment": "gorgeous",
                "/key_phrases/2/sentiment": "stopped complaining",
            },
        ),
        Example(
            text="The parcel arrived on Tuesday and holds two cables and a manual.",
            value={
                "sentiment": "neutral",
                "confidence_score": 0.95,
                "key_phrases": [],
                "summary": "The writer only states what arrived and when.",
            },
        ),
    ),
)
