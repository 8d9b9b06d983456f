"""The whole stage in one function: a response's text in, a Parsed out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast

from pydantic_core import to_json

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair
from structgen.forms import AnswerForm, PlainForm
from structgen.parse.align import Shape, shape_of
from structgen.parse.answer import choose
from structgen.parse.candidates import Answer, Found, Lists, balanced_end, find_values, lists_in, without_thoughts
from structgen.parse.ended import ended, is_cut
from structgen.parse.json_values import exact_text
from structgen.parse.judge import Job
from structgen.parse.lenient.escapes import Source
from structgen.parse.lenient.json_repair import lacks_colon, last_resort
from structgen.parse.lenient.reader import read_string
from structgen.parse.quotes import without_quotes
from structgen.parse.reading import Reading
from structgen.parse.strict_json import Strict, clean_json, strict_json
from structgen.parse.surroundings import mark_if_fragment, surroundings_repair
from structgen.parse.validate import validate_as_is
from structgen.schema import Schema

T = TypeVar("T")

MAX_CHARS = 10_000_000
_ONLY_FENCE = re.compile(r"(?:```|~~~)[^\n`]{0,50}\n(?P<inside>[^\n]*)\n\s*(?:```|~~~)\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"[{\[](?:\s|\\[nrt]){0,50}\\\"|\[(?:\s|\\[nrt]){0,50}\{(?:\s|\\[nrt]){0,50}\\\"")
_STRING = re.compile(r"\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"")
_BARE_CHARS = 200


def parse_text(
    schema: Schema[T],
    text: str,
    *,
    finish_reason: str | None = "stop",
    max_risk: Risk = Risk.INTERPRETIVE,
    max_chars: int = MAX_CHARS,
    form: AnswerForm | None = None,
    document: str | None = None,
) -> Parsed[T]:
    """Read a response as a value of the schema: accepted, repaired on the record, or refused with the reason.

    `form` is the one in which the answer was asked for, plain if it is None. Quotes end up in `.quotes`, and are no
    reason to refuse it. `document` is the text that the response was made from: it decides whether a backslash is an
    escape.

    Takes time linear in the length of the text. Never raises for what the response says; a validator that breaks
    (raises anything but ValueError or AssertionError) is a TaskError.
    """
    if len(text) > max_chars:
        return too_large(max_chars)
    try:
        parsed = parse_one(job_for(schema, max_risk, form, document), text, is_cut(finish_reason))
    except RecursionError:
        parsed = too_deep()
    return ended(parsed, finish_reason, max_risk)


def job_for(schema: Schema[T], max_risk: Risk, form: AnswerForm | None, document: str | None) -> Job[T]:
    """What the values of a response are held against."""
    source, form = None if document is None else Source(document), form or PlainForm(schema)
    return Job(schema, shape_of(schema), partial(_decode, form, source), max_risk, form, source=source)


def parse_one(job: Job[T], text: str, cut: bool) -> Parsed[T]:
    """Read a text that is the whole response."""
    schema, shape, sent = job.schema, job.shape, job.form
    job = unwrapped(job)
    clean = text.strip()
    data = clean.encode(errors="surrogatepass")
    found = _strict(data, job.source)
    if found is None or (cut and isinstance(found.value, int | float)):
        if found is None and sent is not job.form and (written := _rewritten(data, sent)) is not None:
            return parse_one(job, written, cut)
        return _searched(job, clean, cut)
    tree = found.value
    if sent is not job.form:
        tree = sent.unwrap(tree)
        data = to_json(tree)
    if not found.more and not job.form.quoted and schema.adapter is not None:
        verdict = validate_as_is(schema, shape, tree, data)
        if not verdict.issues:
            return Parsed(ok=True, value=cast(T, verdict.value), given=tree)
        job = replace(job, looked=(tree, verdict))
    return choose(job, Found((Reading(tree, 0, len(clean), long=found.more),)), cut)


def unwrapped(job: Job[T]) -> Job[T]:
    """The job of reading an answer once it is out of the form in which the schema was sent."""
    inner = job.form.prompt_form
    return job if inner is job.form else replace(job, form=inner)


def _rewritten(data: bytes, sent: AnswerForm) -> str | None:
    """Clean JSON whose escapes are in doubt, out of the form in which the schema was sent; None if it is not JSON."""
    try:
        return exact_text(sent.unwrap(clean_json(data).value))
    except ValueError:
        return None


def _decode(form: AnswerForm, source: Source | None, text: str) -> tuple[Json, Risk]:
    """JSON within a string of the response; its quotes are lost, for nobody knows where it will stand."""
    tree, risk = decode(text, source)
    return form.without_quotes(tree), risk


def _strict(data: bytes, source: Source | None = None) -> Strict | None:
    try:
        return strict_json(data, source)
    except ValueError:
        return None


def decode(text: str, source: Source | None = None) -> tuple[Json, Risk]:
    """The JSON value that a whole text is, and the risk of reading it so; ValueError where it is none."""
    clean = _strict(text.strip().encode(errors="surrogatepass"), source)
    if clean is not None:
        return clean.value, Risk.LOSSLESS
    found = find_values(text.strip(), source=source)
    if len(found.readings) != 1 or found.readings[0].issues or found.around:
        raise ValueError("no JSON")
    reading = found.readings[0]
    return reading.value, max((repair.risk for repair in reading.repairs), default=Risk.LOSSLESS)


def _searched(job: Job[T], text: str, cut: bool) -> Parsed[T]:
    """Look for the answer in what is no clean JSON."""
    answer, found = _look(job, text)
    if found.crowded:
        return crowded()
    readings = found.readings or _bare(job.shape, answer.text, cut)
    if not readings:
        return _nothing_found(answer.text, answer.unclosed)
    job = replace(job, tags=found.tags)
    parsed = choose(job, replace(found, readings=readings), cut)
    return parsed if parsed.ok else _last_resort(job, answer.text, found, parsed)


def _look(job: Job[T], text: str) -> tuple[Answer, Found]:
    """A text without its thoughts, and the values in it with all that stands around them."""
    marked = text.startswith("\ufeff")
    text, lists = _without_surrogates(text.lstrip("\ufeff")), lists_in(job.shape)
    answer = without_thoughts(text)
    if (answer.thoughts or answer.unclosed) and _is_one_value(text, lists):
        answer = Answer(text)
    found = (
        _unescaped(answer.text, lists)
        or _only_string(answer.text, job.source)
        or find_values(answer.text, lists=lists, source=job.source)
    )
    signs = (("byte_order_mark", marked), ("thoughts", answer.thoughts))
    before = tuple(Repair(rule, "", None, None, Risk.LOSSLESS) for rule, there in signs if there)
    return answer, replace(found, around=(*before, *found.around))


def values_in(job: Job[T], text: str) -> Found:
    """The values in a part of a response, and what is around them."""
    clean = text.strip()
    data = clean.encode(errors="surrogatepass")
    found = _strict(data, job.source)
    if found is None:
        written = _rewritten(data, job.form) if job.form is not job.form.prompt_form else None
        return _look(job, clean if written is None else written)[1]
    tree = job.form.unwrap(found.value)
    return Found((Reading(tree, 0, len(clean), long=found.more),))


def too_large(max_chars: int) -> Parsed[Any]:
    """The refusal of a response that is not read at all."""
    return _refusal("too_large", f"is longer than {max_chars} characters and was not read")


def too_deep() -> Parsed[Any]:
    """The refusal of a response that is nested deeper than Python can follow."""
    return _refusal("depth", "is nested too deep to be read")


def crowded() -> Parsed[Any]:
    """The refusal of a response that holds too many values."""
    return _refusal("crowded", "holds too many JSON values to tell which one is the answer")


def _without_surrogates(text: str) -> str:
    """The text with each half character as an escape, which is refused in a string and does no harm elsewhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def _unescaped(text: str, lists: Lists) -> Found | None:
    """A JSON value that was encoded twice and lost its outer quotes: every quote in it is escaped.

    Beside it stand the values without any quotes.
    """
    if '\\"' not in text:
        return None
    start, end = _ESCAPED.search(text), max(text.rfind("}"), text.rfind("]"))
    if start is None or text.count('"') != text.count('\\"'):
        return None
    try:
        value = strict_json(json.loads(f'"{text[start.start() : end + 1]}"').encode()).value
    except ValueError:
        return None
    outside = find_values(text[: start.start()] + text[end + 1 :], lists=lists)
    note = Repair("double_encoded", "", text[start.start() : end + 1], None, Risk.LOSSLESS)
    return replace(outside, readings=(*outside.readings, Reading(value, start.start(), end + 1, (note,))))


def _is_one_value(text: str, lists: Lists) -> bool:
    """Whether a text is one value in escaped quotes or a string, in which thinking tags are a part of a text."""
    text = text.strip()
    if _STRING.fullmatch(text):
        return True
    found = _unescaped(text, lists)
    return found is not None and (found.readings[-1].start, found.readings[-1].end) == (0, len(text))


def _only_string(text: str, source: Source | None) -> Found | None:
    """The string that is the whole response; the brackets in it begin no values."""
    text = text.strip()
    return Found((read_string(text, source),)) if _STRING.fullmatch(text) else None


def _bare(shape: Shape, text: str, cut: bool) -> tuple[Reading, ...]:
    """A short answer without any quotes, where a word of an enum, a number or yes and no is wanted."""
    text = text.strip()
    fence = _ONLY_FENCE.match(text)
    word = (fence["inside"] if fence else text).strip()
    if cut or not word or "\n" in word or len(word) > _BARE_CHARS or not shape.takes_words:
        return ()
    clean = _strict(word.encode())
    note = Repair("unquoted", "", text, word, Risk.INTERPRETIVE)
    return (Reading(word if clean is None else clean.value, 0, len(text), (note,)),)


def _nothing_found(text: str, unclosed: bool) -> Parsed[Any]:
    if unclosed:
        return _refusal("unclosed_thoughts", "never ends its thoughts, so that they hold no answer", True)
    if not text.strip():
        return _refusal("empty", "is empty")
    return _refusal("no_json", "holds no JSON")


def _last_resort(job: Job[T], text: str, found: Found, refused: Parsed[T]) -> Parsed[T]:
    """json_repair, where the only value of the response is closed and yet unreadable."""
    if len(found.readings) != 1 or [issue.code for issue in found.readings[0].issues] != ["syntax"]:
        return refused
    reading = found.readings[0]
    end = balanced_end(text, reading.start)
    if end is None or not reading.open:
        return refused
    try:
        tree = last_resort(text[reading.start : end])
    except ValueError:
        return refused
    note = Repair("json_repair", "", text[reading.start : end], None, Risk.INTERPRETIVE)
    repaired = mark_if_fragment(text, Reading(tree, reading.start, end, (note,)))
    around = surroundings_repair(text[: reading.start] + text[end:])
    parsed = choose(job, replace(found, readings=(repaired,), around=around), False)
    plain = without_quotes(repaired, job.form).value
    named_keys = job.shape.knows(plain, free=not lacks_colon(text[reading.start : end], tree))
    return parsed if parsed.ok and named_keys else refused


def _refusal(code: str, words: str, was_open: bool = False) -> Parsed[Any]:
    return Parsed(ok=False, value=None, issues=(Issue("", words, code),), open=("",) if was_open else ())
