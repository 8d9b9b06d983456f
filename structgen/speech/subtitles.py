"""Transcripts as subtitles: SubRip (.srt) and WebVTT (.vtt)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from structgen.core.errors import DocumentError
from structgen.speech.transcript import Segment, Transcript, Word

LONGEST, WIDEST, PAUSE = 6.0, 84, 1.0
"""Limits of a cue made of words: its seconds, its characters, and the seconds of a pause that ends it."""


def srt(transcript: Transcript) -> str:
    """Return SubRip subtitles. Raises DocumentError if the transcript has no times."""
    blocks = [
        f"{number}\n{_time(one.start, ',')} --> {_time(one.end, ',')}\n{_lines(one.text).replace('-->', '→')}\n"
        for number, one in enumerate(_cues(transcript), 1)
    ]
    return "\n".join(blocks)


def vtt(transcript: Transcript) -> str:
    """Return WebVTT subtitles. Raises DocumentError if the transcript has no times."""
    blocks = [
        f"{_time(one.start, '.')} --> {_time(one.end, '.')}\n{escape(_lines(one.text), quote=False)}\n"
        for one in _cues(transcript)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _cues(transcript: Transcript) -> Iterator[Segment]:
    """Yield the cues: segments, or words in groups if only words have times. A cue never ends before it begins."""
    cues: Sequence[Segment] = transcript.segments or tuple(_grouped(transcript.words))
    if not cues and transcript.duration is not None:
        cues = (Segment(0.0, transcript.duration, transcript.text),)
    if not cues:
        raise DocumentError(
            f"{transcript.source or 'The transcript'} has no times, and subtitles need them: transcribe it with "
            "response_format='verbose_json'.",
            source=transcript.source,
        )
    for one in cues:
        if _lines(one.text):
            start = max(0.0, one.start)
            yield Segment(start, max(start, one.end), one.text)


def _grouped(words: Sequence[Word]) -> Iterator[Segment]:
    group: list[Word] = []
    for word in words:
        text = " ".join(one.text.strip() for one in (*group, word))
        if group and (word.end - group[0].start > LONGEST or len(text) > WIDEST or word.start - group[-1].end > PAUSE):
            yield _cue(group)
            group = []
        group.append(word)
    if group:
        yield _cue(group)


def _cue(words: Sequence[Word]) -> Segment:
    return Segment(words[0].start, words[-1].end, " ".join(word.text.strip() for word in words))


def _lines(text: str) -> str:
    """Return the text of a cue without empty lines, which would end it, and without control characters."""
    lines = ("".join(sign for sign in line if sign.isprintable() or sign == "\t").strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _time(seconds: float, point: str) -> str:
    """Return a time as ``00:01:05,250``."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}{point}{thousandths:03}"
