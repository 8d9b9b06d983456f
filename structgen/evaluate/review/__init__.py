"""The review loop: find the fields that need a check, decide on them in a page, and learn from the corrections."""

from structgen.evaluate.review.corrections import Correction, Refusal, read_corrections
from structgen.evaluate.review.lessons import Lessons, learn
from structgen.evaluate.review.queue_table import queue_csv
from structgen.evaluate.review.review_page import review_html
from structgen.evaluate.review.review_queue import Concern, ReviewDocument, ReviewItem, review_queue

__all__ = [
    "Concern",
    "Correction",
    "Lessons",
    "Refusal",
    "ReviewDocument",
    "ReviewItem",
    "learn",
    "queue_csv",
    "read_corrections",
    "review_html",
    "review_queue",
]
