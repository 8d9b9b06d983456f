"""Ask another model for the fields alone that the models before it left open. The answers of these models are kept.

That model has seen neither the task nor the text, so it gets the instructions. If a field may be null, it gets the
whole text: a value that a passage lacks may be in the rest of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from structgen.compile.parameters import answer_tokens, frame_tokens
from structgen.compile.prompt_text import conventions_text, system_prompt
from structgen.core.json import MISSING, Json, JsonObject, at, is_within, pointer, steps
from structgen.core.options import Style
from structgen.core.records import Message, Request
from structgen.core.results import Issue, Parsed
from structgen.forms import AnswerForm
from structgen.reask.failing_fields import (
    MOST_FIELDS,
    NAME,
    Draft,
    beside_images,
    failing_paths,
    field_words,
    parts_of,
    passage_for,
    patch_schema,
    path_in_whole,
    says_absent,
    source_words,
    takes_null,
)
from structgen.reask.question import ExtractionScope, Joined, Question, brief_json
from structgen.reask.value_paths import can_put, put, without
from structgen.schema import Schema
from structgen.schema.node import Raw

T = TypeVar("T")

HEAD = (
    "Some values of a JSON answer are missing, or were rejected. Answer with one JSON object that has the value under "
    "each of these paths, and nothing else:"
)
AROUND = "What the answer has around them, which is kept:"


@dataclass(frozen=True, slots=True)
class Remaining(Draft[T]):
    """A value with open fields. The right parts of an answer are kept, even if other parts are wrong."""

    def join(self, answer: Parsed[Any]) -> Joined | Parsed[T]:
        """Put the answers in place. If only some of them are right, those are kept and the others refused.

        The issues of a refusal cover every path that is still open: the next question is made from them.
        """
        # `slots=True` makes a new class, which a bare super() does not know.
        joined = super(Remaining, self).join(answer)
        if isinstance(joined, Joined):
            return joined
        wrong = {path for issue in joined.issues for path in self.paths if is_within(issue.path, [path])}
        # An issue at a path that was not asked for leaves it uncertain which answers are right.
        right = self._right(answer, wrong) if len(wrong) == len(self._of(joined.issues)) else {}
        tree = self.tree
        for path, value in right.items():
            absent = says_absent(self.scope.schema.node, path, value)
            tree = without(tree, [path]) if absent else put(tree, steps(path), value)
        reasons = "; ".join(dict.fromkeys(issue.message.rstrip(".") for issue in joined.issues if not issue.path))
        unread = (
            Issue(path, reasons or "was not answered, because another value was wrong", "missing")
            for path in self.paths
            if path not in right and path not in wrong
        )
        issues = (*(issue for issue in joined.issues if issue.path), *unread)
        quotes = {
            path_in_whole(path, self.paths): quote
            for path, quote in answer.quotes.items()
            if is_within(path_in_whole(path, self.paths), right)
        }
        moved = (replace(repair, path=path_in_whole(repair.path, self.paths)) for repair in answer.repairs)
        repairs = (*self.repairs, *(repair for repair in moved if is_within(repair.path, right)))
        return Parsed(False, None, issues, repairs, tree, quotes={**self.quotes, **quotes})

    def _of(self, issues: Iterable[Issue]) -> set[str]:
        """Return what the issues are about, an asked path or another one."""
        return {next((path for path in self.paths if is_within(one.path, [path])), one.path) for one in issues}

    def _right(self, answer: Parsed[Any], wrong: set[str]) -> JsonObject:
        """Return the answers without an issue, by path; none if it is not certain what was answered."""
        if answer.ok or answer.open or answer.readings or not isinstance(answer.partial, dict):
            return {}
        given = cast(JsonObject, answer.partial)
        return {path: given[path] for path in self.paths if path in given and path not in wrong}


def remaining_question(scope: ExtractionScope[T], parsed: Parsed[T], *, by: str = "") -> Question[T] | None:
    """Return the question for the open fields alone, or None if nothing can be kept.

    `parsed` is the value so far, with an issue for each open field. `by` names the model that left them open; empty if
    it is the model that is asked.
    """
    paths = merged_paths(failing_paths(parsed))
    parts = parts_of(scope.schema.node, paths)
    if not paths or len(parts) < len(paths) or not all(can_put(parsed.partial, steps(path)) for path in paths):
        return None
    patch = Schema.of(patch_schema(parts))
    form = scope.form.for_part(patch)
    named = f"{len(paths)} field{'s' if len(paths) > 1 else ''}"
    why = f"asked for {named} that {by} left open" if by else f"asked again for {named}"
    kept = Remaining(scope, parsed.partial, parsed.repairs, tuple(parts), parsed.quotes)
    request = _request(scope, parsed, parts, form, seen=not by)
    return Question(scope, request, f"{why}: {', '.join(paths)}", patch, form, kept, part=True)


def merged_paths(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the paths, or those of whole lists in place of what is in them, if there are too many for a question."""
    if len(paths) <= MOST_FIELDS:
        return tuple(paths)
    return tuple(dict.fromkeys(_outermost_list(path) for path in paths))


def _outermost_list(path: str) -> str:
    way = steps(path)
    depth = next((number for number, step in enumerate(way) if step.isdecimal()), len(way))
    return pointer(way[:depth]) if depth else path


def _request(
    scope: ExtractionScope[T], parsed: Parsed[T], parts: Mapping[str, Raw], form: AnswerForm, *, seen: bool
) -> Request:
    first, brief, document = scope.first, scope.plan.brief, scope.first.document
    lines = [field_words(path, part, parsed, form) for path, part in parts.items()]
    # A model that answered wrongly from a passage gets the whole text.
    narrow = document is not None and not seen and not any(map(takes_null, parts.values()))
    span = passage_for(document, parsed.partial, tuple(parts)) if document is not None and narrow else (0, None)
    text, source = source_words(first, span)
    known = conventions_text(first.conventions) if brief.extracting else ""
    system = system_prompt(
        form.shown, Style.NONE, brief.instructions, extracting=brief.extracting, quoted=form.quoted, known=known
    )
    words = "\n\n".join([HEAD, "\n".join(lines), *_around(parsed.partial, parts), source])
    estimate = answer_tokens(frame_tokens(form.schema), text, scope.card, quoted=form.quoted)
    own = brief.options.max_completion_tokens
    limit = estimate if own is None else min(estimate, own)
    return replace(
        first,
        messages=(Message("system", system), Message("user", beside_images(first, words))),
        strict=False,
        json_schema=form.schema,
        schema_name=NAME,
        names={},
        parameters=replace(first.parameters, max_completion_tokens=limit),
    )


def _around(tree: Json, paths: Iterable[str]) -> list[str]:
    """Show the objects around the open fields, the root aside: an index alone does not tell which item is meant."""
    above = dict.fromkeys(pointer(steps(path)[:-1]) for path in paths)
    shown = [
        f"- {path}: {brief_json(held)}" for path in above if path and (held := at(tree, steps(path))) is not MISSING
    ]
    return ["\n".join([AROUND, *shown])] if shown else []
