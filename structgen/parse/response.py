"""Parse the text of a response into a Parsed: this module runs all steps of the stage.

parse_text, parse_parts
clean JSON        strict_json -> validate_as_is, which is all that most responses need
anything else     strip_thinking -> find_candidates, each with the cheapest decoder that reads it
each candidate    judge: align with the schema, validate
several           choose_answer: the answer that all others repeat, or a refusal that shows them
nothing readable  json_repair as the last resort
the end           judge_finish: what the finish reason says about it
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, cast

from pydantic_core import to_json

from structgen.core.json import Json
from structgen.core.options import DateOrder, Risk
from structgen.core.records import Call, Completion, Request
from structgen.core.results import Issue, Parsed, Repair
from structgen.forms import NO_QUOTES, AnswerForm, PlainForm
from structgen.parse.align import Shape, shape_of
from structgen.parse.answer import choose_answer
from structgen.parse.candidates import (
    MAX_CANDIDATES,
    Candidates,
    Lists,
    StrippedText,
    balanced_end,
    find_candidates,
    lists_allowed_by,
    strip_thinking,
)
from structgen.parse.finish import judge_finish, may_be_cut, with_repair
from structgen.parse.json_values import exact_text, write_json
from structgen.parse.judge import Target
from structgen.parse.lenient.escapes import Source
from structgen.parse.lenient.json_repair import lacks_colon, last_resort
from structgen.parse.lenient.reader import read_string
from structgen.parse.quote_paths import without_quotes
from structgen.parse.reading import Reading
from structgen.parse.strict_json import Strict, clean_json, strict_json
from structgen.parse.surroundings import mark_if_fragment, merge_tool_calls, surroundings_repair
from structgen.parse.validate import validate_as_is
from structgen.schema import Schema

T = TypeVar("T")

MAX_CHARS = 10_000_000
_ONLY_FENCE = re.compile(r"(?:```|~~~)[^\n`]{0,50}\n(?P<inside>[^\n]*)\n\s*(?:```|~~~)\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_JSON = re.compile(r"[{\[](?:\s|\\[nrt]){0,50}\\\"|\[(?:\s|\\[nrt]){0,50}\{(?:\s|\\[nrt]){0,50}\\\"")
_STRING = re.compile(r"\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"")
_MAX_BARE_CHARS = 200


def parse_text(
    schema: Schema[T],
    text: str,
    *,
    finish_reason: str | None = "stop",
    max_risk: Risk = Risk.INTERPRETIVE,
    max_chars: int = MAX_CHARS,
    form: AnswerForm | None = None,
    document: str | None = None,
    date_order: DateOrder | None = None,
) -> Parsed[T]:
    """Read a response as a value of the schema: accepted, repaired on the record, or refused with the reason.

    `form` is the form in which the answer was asked for, plain if it is None. Its quotes end up in `.quotes` and never
    refuse the value. `document` is the text that the response was made from, which decides whether a backslash is an
    escape, and `date_order` how it writes dates in digits.

    Takes time linear in the length of the text. Never raises because of the response. Raises TaskError if a user
    validator raises anything but ValueError or AssertionError.
    """
    if len(text) > max_chars:
        return _too_large(max_chars)
    try:
        parsed = _parse_one(_target(schema, max_risk, form, document, date_order), text, may_be_cut(finish_reason))
    except RecursionError:
        parsed = _too_deep()
    return judge_finish(parsed, finish_reason, max_risk)


@dataclass(frozen=True, slots=True)
class Parts:
    """The texts of one response: `answers` are the arguments of its tool calls, `beside` is the text beside them.

    `called` is the name of the function that the model called in place of `expected`, or empty if it called that one.
    """

    answers: tuple[str, ...]
    beside: tuple[str, ...] = ()
    called: str = ""
    expected: str = ""


def parse_parts(
    schema: Schema[T],
    parts: Parts,
    *,
    finish_reason: str | None = "stop",
    max_risk: Risk = Risk.INTERPRETIVE,
    form: AnswerForm | None = None,
    document: str | None = None,
    date_order: DateOrder | None = None,
) -> Parsed[T]:
    """Read a response of several parts as `parse_text` reads one text.

    Equal answers count as one. Several answers are collected if the schema wants a list; otherwise the response is
    refused, and the refusal shows all of them. Values beside the answers must repeat them.
    """
    try:
        parsed = _parse_parts(_target(schema, max_risk, form, document, date_order), parts, may_be_cut(finish_reason))
    except RecursionError:
        parsed = _too_deep()
    parsed = judge_finish(parsed, finish_reason, max_risk)
    if not parts.called or not parsed.ok:
        return parsed
    repair = Repair("other_tool", "", parts.called, parts.expected, Risk.INTERPRETIVE)
    return with_repair(parsed, repair, f"is a call of {parts.called!r}, not of {parts.expected!r}", max_risk)


def parse_completion(
    schema: Schema[T],
    completion: Completion,
    request: Request,
    *,
    form: AnswerForm | None = None,
    max_risk: Risk = Risk.INTERPRETIVE,
) -> Parsed[T]:
    """Read a completion as the answer to a request, in the form in which it was asked for.

    Calls of a function that the request does not name count as text beside the answer, or as the answer if there are no
    other calls.
    """
    calls = (Call(completion.called, completion.text), *completion.more_calls)
    wanted = [call for call in calls if call.name in {"", request.schema_name}]
    others = [call for call in calls if call not in wanted]
    parts = Parts(
        tuple(call.arguments for call in wanted or others),
        (completion.beside, *(call.arguments for call in others if wanted)),
        called="" if wanted else others[0].name,
        expected=request.schema_name,
    )
    finish_reason, document = completion.finish_reason, request.document
    return parse_parts(
        schema,
        parts,
        finish_reason=finish_reason,
        max_risk=max_risk,
        form=form,
        document=document,
        date_order=request.conventions.date_order,
    )


def parse_tree(
    schema: Schema[T],
    tree: Json,
    *,
    quotes: Mapping[str, str | None] = NO_QUOTES,
    form: AnswerForm | None = None,
    max_risk: Risk = Risk.INTERPRETIVE,
    date_order: DateOrder | None = None,
) -> Parsed[T]:
    """Validate a value that was assembled from several answers; its quotes stay with their values."""
    described = None if form is None else form.prompt_form
    text = write_json(tree if described is None else described.encode(tree, quotes))
    return parse_text(schema, text, max_risk=max_risk, max_chars=len(text), form=described, date_order=date_order)


def _target(
    schema: Schema[T], max_risk: Risk, form: AnswerForm | None, document: str | None, date_order: DateOrder | None
) -> Target[T]:
    source, form = None if document is None else Source(document), form or PlainForm(schema)
    decode = partial(_decode_nested, form, source)
    return Target(schema, shape_of(schema), decode, max_risk, form, source=source, date_order=date_order)


def _parse_one(target: Target[T], text: str, cut: bool) -> Parsed[T]:
    """Read a text that is the whole response."""
    schema, shape, sent = target.schema, target.shape, target.form
    target = _unwrapped(target)
    clean = text.strip()
    data = clean.encode(errors="surrogatepass")
    found = _strict(data, target.source)
    # A cut response may end within a number: 12 of 1250 is clean JSON.
    if found is None or (cut and isinstance(found.value, int | float)):
        # Only clean JSON can be taken out of its form, so ambiguous escapes are judged in what is left of it.
        if found is None and sent is not target.form and (written := _rewritten(data, sent)) is not None:
            return _parse_one(target, written, cut)
        return _search(target, clean, cut)
    tree = found.value
    if sent is not target.form:
        tree = sent.unwrap(tree)
        data = to_json(tree)
    # Most responses need nothing but this.
    if not found.inexact and not target.form.quoted and schema.adapter is not None:
        verdict = validate_as_is(schema, shape, tree, data)
        if not verdict.issues:
            return Parsed(ok=True, value=cast(T, verdict.value), given=tree)
        target = replace(target, validated=(tree, verdict))
    return choose_answer(target, Candidates((Reading(tree, 0, len(clean), long=found.inexact),)), cut)


def _parse_parts(target: Target[T], parts: Parts, cut: bool) -> Parsed[T]:
    beside = tuple(text for text in parts.beside if text.strip())
    # If every call is empty, one of them still gives the reason of the refusal.
    answers = tuple(text for text in parts.answers if text.strip()) or parts.answers[:1]
    if sum(map(len, (*answers, *beside))) > MAX_CHARS:
        return _too_large(MAX_CHARS)
    others = [_candidates_in(_unwrapped(target), text) for text in beside]
    if len(answers) == 1 and not any(one.readings or one.too_many for one in others):
        parsed = _parse_one(target, answers[0], cut)
        around = tuple(repair for one in others for repair in one.around)
        return replace(parsed, repairs=(*around, *parsed.repairs)) if parsed.ok and around else parsed
    found = _together([_candidates_of_call(text, _candidates_in(target, text)) for text in answers], others)
    if found.too_many:
        return _too_many()
    return choose_answer(replace(target, tags=found.has_tool_tags), found, cut)


def _candidates_in(target: Target[T], text: str) -> Candidates:
    """Return the candidates in one part of a response."""
    clean = text.strip()
    data = clean.encode(errors="surrogatepass")
    found = _strict(data, target.source)
    if found is None:
        written = _rewritten(data, target.form) if target.form is not target.form.prompt_form else None
        return _find(target, clean if written is None else written)[1]
    tree = target.form.unwrap(found.value)
    return Candidates((Reading(tree, 0, len(clean), long=found.inexact),))


def _candidates_of_call(text: str, found: Candidates) -> Candidates:
    """Return the candidates of a call, or an unreadable one: a call without a value must not go unnoticed."""
    if found.readings or found.too_many:
        return found
    issue = Issue("", "contains no JSON", "syntax", text[:40])
    return replace(found, readings=(Reading(None, 0, len(text), (), (issue,), ("",)),))


def _together(calls: Sequence[Candidates], others: Sequence[Candidates]) -> Candidates:
    """Return the candidates of all parts. If each call has one, they may be the items of one list."""
    around = [repair for one in (*others, *calls) for repair in one.around]
    beside = Candidates(
        tuple(reading for one in others for reading in one.readings), has_prose=any(one.has_prose for one in others)
    )
    readings = [reading for call in calls for reading in call.readings]
    count = len(readings) + len(beside.readings)
    too_many = any(one.too_many for one in (*calls, *others)) or count > MAX_CANDIDATES
    if not too_many and len(readings) == len(calls):
        readings, repeated = merge_tool_calls(readings)
        around += repeated
    return Candidates(tuple(readings), tuple(around), too_many, any(one.has_prose for one in calls), beside)


# Clean JSON


def _strict(data: bytes, source: Source | None = None) -> Strict | None:
    try:
        return strict_json(data, source)
    except ValueError:
        return None


def _unwrapped(target: Target[T]) -> Target[T]:
    """Return the target for an answer that was taken out of the form in which the schema was sent."""
    inner = target.form.prompt_form
    return target if inner is target.form else replace(target, form=inner)


def _rewritten(data: bytes, sent: AnswerForm) -> str | None:
    """Take clean JSON with ambiguous escapes out of the form in which the schema was sent; None if it is not JSON."""
    try:
        return exact_text(sent.unwrap(clean_json(data).value))
    except ValueError:
        return None


def _decode_nested(form: AnswerForm, source: Source | None, text: str) -> tuple[Json, Risk]:
    """Decode JSON within a string of the response, without its quotes: their paths in the value are not known yet."""
    tree, risk = _decode(text, source)
    return form.without_quotes(tree), risk


def _decode(text: str, source: Source | None) -> tuple[Json, Risk]:
    """Return the JSON value that a whole text is, and the risk of its repairs. Raises ValueError if it is not JSON."""
    clean = _strict(text.strip().encode(errors="surrogatepass"), source)
    if clean is not None:
        return clean.value, Risk.LOSSLESS
    found = find_candidates(text.strip(), source=source)
    if len(found.readings) != 1 or found.readings[0].issues or found.around:
        raise ValueError("no JSON")
    reading = found.readings[0]
    return reading.value, max((repair.risk for repair in reading.repairs), default=Risk.LOSSLESS)


# Anything else


def _search(target: Target[T], text: str, cut: bool) -> Parsed[T]:
    """Search for the answer in a text that is not clean JSON."""
    stripped, found = _find(target, text)
    if found.too_many:
        return _too_many()
    readings = found.readings or _bare_answer(target.shape, stripped.text, cut)
    if not readings:
        return _nothing_found(stripped)
    target = replace(target, tags=found.has_tool_tags)
    parsed = choose_answer(target, replace(found, readings=readings), cut)
    return parsed if parsed.ok else _last_resort(target, stripped.text, found, parsed)


def _find(target: Target[T], text: str) -> tuple[StrippedText, Candidates]:
    """Return a text without its thinking, and the candidates in it."""
    marked = text.startswith("\ufeff")
    text, lists = _without_surrogates(text.lstrip("\ufeff")), lists_allowed_by(target.shape)
    stripped = strip_thinking(text)
    # Within a string, thinking tags are text: a value that was encoded twice has all of them in its string.
    if (stripped.had_thinking or stripped.unclosed) and _is_one_string(text, lists):
        stripped = StrippedText(text)
    found = (
        _encoded_twice(stripped.text, lists)
        or _only_string(stripped.text, target.source)
        or find_candidates(stripped.text, lists=lists, source=target.source)
    )
    signs = (("byte_order_mark", marked), ("thoughts", stripped.had_thinking))
    before = tuple(Repair(rule, "", None, None, Risk.LOSSLESS) for rule, there in signs if there)
    return stripped, replace(found, around=(*before, *found.around))


def _without_surrogates(text: str) -> str:
    """Write each lone surrogate as an escape, which is refused in a string and harmless elsewhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def _encoded_twice(text: str, lists: Lists) -> Candidates | None:
    """Read JSON that was encoded twice and lost its outer quotes: every quote in the text is escaped.

    Values without any quotes may be beside it, so they are candidates too.
    """
    if '\\"' not in text:
        return None
    start, end = _ESCAPED_JSON.search(text), max(text.rfind("}"), text.rfind("]"))
    if start is None or text.count('"') != text.count('\\"'):
        return None
    try:
        value = strict_json(json.loads(f'"{text[start.start() : end + 1]}"').encode()).value
    except ValueError:
        return None
    outside = find_candidates(text[: start.start()] + text[end + 1 :], lists=lists)
    repair = Repair("double_encoded", "", text[start.start() : end + 1], None, Risk.LOSSLESS)
    return replace(outside, readings=(*outside.readings, Reading(value, start.start(), end + 1, (repair,))))


def _is_one_string(text: str, lists: Lists) -> bool:
    """Whether a text is one string, or one value that was encoded twice and lost its outer quotes."""
    text = text.strip()
    if _STRING.fullmatch(text):
        return True
    found = _encoded_twice(text, lists)
    return found is not None and (found.readings[-1].start, found.readings[-1].end) == (0, len(text))


def _only_string(text: str, source: Source | None) -> Candidates | None:
    """Read a string that is the whole text; brackets within it begin no values."""
    text = text.strip()
    return Candidates((read_string(text, source),)) if _STRING.fullmatch(text) else None


def _bare_answer(shape: Shape, text: str, cut: bool) -> tuple[Reading, ...]:
    """Read a short answer without quotes, if the schema wants a word of an enum, a number, or yes and no."""
    text = text.strip()
    fence = _ONLY_FENCE.match(text)
    word = (fence["inside"] if fence else text).strip()
    if cut or not word or "\n" in word or len(word) > _MAX_BARE_CHARS or not shape.takes_only_words:
        return ()
    clean = _strict(word.encode())
    repair = Repair("unquoted", "", text, word, Risk.INTERPRETIVE)
    return (Reading(word if clean is None else clean.value, 0, len(text), (repair,)),)


def _last_resort(target: Target[T], text: str, found: Candidates, refused: Parsed[T]) -> Parsed[T]:
    """Try json_repair, if the only candidate is closed and yet unreadable; else return the refusal."""
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
    repair = Repair("json_repair", "", text[reading.start : end], None, Risk.INTERPRETIVE)
    repaired = mark_if_fragment(text, Reading(tree, reading.start, end, (repair,)))
    around = surroundings_repair(text[: reading.start] + text[end:])
    parsed = choose_answer(target, replace(found, readings=(repaired,), around=around), False)
    plain = without_quotes(repaired, target.form).value
    # Where the schema allows any key, a colon that json_repair supplied may have made a key of the item of a set.
    known = target.shape.knows_keys(plain, free=not lacks_colon(text[reading.start : end], tree))
    return parsed if parsed.ok and known else refused


# Refusals


def _nothing_found(stripped: StrippedText) -> Parsed[Any]:
    if stripped.unclosed:
        return _refusal("unclosed_thoughts", "never ends its thinking, so it contains no answer", was_open=True)
    return _refusal("no_json", "contains no JSON") if stripped.text.strip() else _refusal("empty", "is empty")


def _too_large(max_chars: int) -> Parsed[Any]:
    return _refusal("too_large", f"is longer than {max_chars} characters and was not read")


def _too_deep() -> Parsed[Any]:
    return _refusal("depth", "is nested too deeply to be read")


def _too_many() -> Parsed[Any]:
    return _refusal("crowded", "contains too many JSON values to tell which one is the answer")


def _refusal(code: str, message: str, *, was_open: bool = False) -> Parsed[Any]:
    return Parsed(ok=False, value=None, issues=(Issue("", message, code),), open=("",) if was_open else ())
