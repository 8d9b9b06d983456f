"""Audio -> Transcript: speech models, through the store and the rate limits that chats use."""

from structgen.speech.transcriber import Transcriber, atranscribe, transcribe
from structgen.speech.transcript import Segment, Transcript, Word

__all__ = ["Segment", "Transcriber", "Transcript", "Word", "atranscribe", "transcribe"]
