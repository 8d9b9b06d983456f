"""The sentiment of a text: a review, a comment, an email, a post.

One overall sentiment, the phrases that decide it, and a summary in one sentence. For several aspects of one thing
("great screen, weak battery") use `aspect_sentiment`.
"""

from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task

Sentiment = Literal["positive", "negative", "neutral"]


class KeyPhrase(BaseModel):
    """A phrase that expresses a sentiment."""

    phrase: str = Field(description="The exact words of the text")
    sentiment: Sentiment = Field(description="Sentiment of this phrase")


class SentimentAnalysis(BaseModel):
    """The sentiment of one text."""

    sentiment: Sentiment = Field(description="Overall sentiment; neutral if balanced or purely factual")
    confidence_score: float = Field(
        ge=0, le=1, description="Confidence from 0 to 1; low if the text is mixed or ironic"
    )
    key_phrases: list[KeyPhrase] = Field(description="Up to five decisive phrases, in the order of the text")
    summary: str = Field(description="One sentence on the overall sentiment and its reason, in the text's language")


task: Task[SentimentAnalysis] = Task(
    name="sentiment",
    schema=SentimentAnalysis,
    description="Sentiment of a text, its key phrases and a summary",
    instructions=(
        "Judge how the writer feels, not whether the events are good or bad. Take irony for what it means. "
        "Copy the phrases word for word; leave the list empty if none expresses a sentiment."
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
