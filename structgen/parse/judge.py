"""One reading against the schema: aligned, validated, and what it costs or why it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import to_json

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.forms import AnswerForm
from structgen.parse.align import Aligner, Decode, Fit, Shape
from structgen.parse.json_values import Exact, as_written, at, exceeds_float, has_exact
from structgen.parse.lenient.escapes import Source
from structgen.parse.lossy import apply_repairs, with_offers
from structgen.parse.quotes import followed, moved
from structgen.parse.reading import (
    ESCAPE,
    ESCAPED_KEY,
    UNSURE_END,
    UNSURE_WORD,
    Reading,
    holds_structure,
    repairs_for_tolerated,
)
from structgen.parse.union_choice import Chosen
from structgen.parse.unrecorded import Unrecorded, as_plain_floats, unrecorded_in
from structgen.parse.validate import (
    IGNORED,
    LOOK,
    NO_CHOICE,
    StrictError,
    Verdict,
    misread_times,
    strictly,
    validate,
    validate_as_is,
    with_defaults,
)
from structgen.schema import Schema

T = TypeVar("T")

_LOSSY_ROUNDS = 3
UNREADABLE = 1_000_000
"""More misfits than a value that was read can have."""
NOT_ASKED = Issue("", "has none of the keys that are asked for", "unknown_keys")
CUT = Issue("", "the response ends before the list is complete", "cut_off")
ECHO = Issue("", "is the schema itself, not a value of it", "schema_echo")


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """What all readings of one response are held against.

    `form`: the one in which it was asked for. `tags`: it said with tags that it is a call of a tool.
    `source`: the document that it was made from.
    """

    schema: Schema[T]
    shape: Shape
    decode: Decode
    max_risk: Risk
    form: AnswerForm
    tags: bool = False
    source: Source | None = None
    looked: tuple[Json, Verdict] | None = None
    """A value that was looked at before, and what was found."""

    @property
    def trial(self) -> Job[T]:
        """The same without validators of the user's: what it accepts they may still refuse."""
        return replace(self, schema=self.schema.structure, looked=None) if self.schema.runs else self

    def look(self, value: Json, *, exact: bool) -> Verdict:
        """What strict reading says of a value as it stands; `exact`: some number says more than its float."""
        if self.looked is not None and self.looked[0] is value:
            return self.looked[1]
        return validate_as_is(self.schema, self.shape, value, to_json(value), exact=exact)

    def fit(self, tree: Json, faults: frozenset[str] | None, *, exact: bool = True) -> tuple[Fit, Chosen]:
        """The tree, aligned; what stands at a place that the strict validator did not fault is left alone.

        But for numbers that say more than the floats that the validator was shown (`exact`: there may be some). With it
        come the members that its unions were taken for, where the tree does not tell any more.
        """
        touched = {
            path[:end] for path in faults or () for end in range(len(path) + 1) if path[end : end + 1] in {"", "/"}
        }

        def sound(path: str, value: Json) -> bool:
            if faults is None or path in touched or _below(faults, path):
                return False
            if exact and isinstance(value, (dict, list, Exact)):
                return False
            return at(tree, steps(path)) is value

        aligner = Aligner(self.shape, self.decode, sound, tags=self.tags)
        return aligner.fit(tree, self.shape.root), aligner.chosen


def _below(faults: frozenset[str], path: str) -> bool:
    """Whether a path, or anything above it, was faulted."""
    while path and path not in faults:
        path = path.rpartition("/")[0]
    return path in faults


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reading: a value, or issues. `tree` is the reading as plain JSON, aligned; `raw` is not."""

    tree: Json
    value: Any = None
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    open: tuple[str, ...] = ()
    misfits: int = 0
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    raw: Json = None

    @property
    def unreadable(self) -> bool:
        """Whether it could not be read to its end, or not for sure; `tree` is then what could be."""
        return self.misfits == UNREADABLE

    @property
    def cost(self) -> Risk:
        """The highest risk taken. Lossless repairs cost nothing, or a comma would decide between two answers."""
        return max((repair.risk for repair in self.repairs), default=Risk.LOSSLESS)


def judge(job: Job[T], reading: Reading) -> Outcome:
    """Align and validate one reading."""
    outcome = replace(_judged(job, reading), raw=reading.value)
    return _on_record(outcome) if reading.long and has_exact(reading.value) else outcome


def _on_record(outcome: Outcome) -> Outcome:
    """The same; what is told of numbers shows them as they were written."""

    def shown(repair: Repair) -> Repair:
        return replace(repair, before=as_written(repair.before), after=as_written(repair.after))

    issues = (
        replace(one, found=as_written(one.found), repair=shown(one.repair) if one.repair else None)
        for one in outcome.issues
    )
    return replace(outcome, repairs=tuple(map(shown, outcome.repairs)), issues=tuple(issues))


def _judged(job: Job[T], reading: Reading) -> Outcome:
    fatal = [issue for issue in reading.issues if not _may_stand(job, issue, reading.value)]
    if fatal:
        return Outcome(reading.value, None, reading.repairs, reading.issues, reading.open, UNREADABLE, reading.quotes)
    if is_echo(job.shape, reading.value):
        return Outcome(None, issues=(ECHO,), misfits=UNREADABLE)
    before = Verdict(issues=(LOOK,))
    if not reading.issues:
        exact = reading.long and exceeds_float(reading.value)
        before = job.look(reading.value, exact=exact)
        if job.schema.adapter is None and not before.issues and (better := _respelled(job, reading)):
            return better
        if not before.issues and not exact:
            above = _above(reading.repairs, job.max_risk)
            return Outcome(reading.value, before.value, reading.repairs, above, quotes=reading.quotes)
    fit, chosen = job.fit(reading.value, before.faults, exact=reading.long and has_exact(reading.value))
    left_out = (repair for issue in reading.issues for repair in repairs_for_tolerated(issue))
    repairs = (*reading.repairs, *left_out, *fit.repairs)
    if job.shape.ignores_all(fit.value):
        return Outcome(fit.value, None, repairs, (NOT_ASKED,), (), fit.misfits)
    quotes = moved(reading.quotes, fit.repairs)
    outcome = Outcome(fit.value, None, repairs, fit.issues, (), fit.misfits, quotes)
    if fit.issues:
        return outcome
    plain = not reading.long and not fit.repairs
    if job.schema.runs:
        return _asked(job, outcome, chosen, before.strict, plain=plain)
    same_tree = fit.value is reading.value
    found = before if same_tree and before.issues and LOOK not in before.issues else None
    return _validated(job, outcome, chosen, before.strict if same_tree else None, found, plain=plain)


def _asked(job: Job[T], outcome: Outcome, chosen: Chosen, strict: StrictError | None, *, plain: bool) -> Outcome:
    """A value that fits by its structure, as the user's validators see it; they are asked twice at the most.

    `strict` is what they said already of the value as it came. What their first word faults is fitted once more.
    """
    if strict is not None:
        return _validated(job, outcome, chosen, strict, plain=plain)
    first = strictly(job.schema, outcome.tree, chosen)
    if first.strict is None:
        return _validated(job, outcome, chosen, found=first, plain=plain)
    fit, more = job.fit(outcome.tree, first.faults, exact=not plain)
    repairs, quotes = (*outcome.repairs, *fit.repairs), moved(outcome.quotes, fit.repairs)
    outcome = replace(outcome, tree=fit.value, repairs=repairs, issues=fit.issues, quotes=quotes)
    if fit.issues:
        return outcome
    return _validated(job, outcome, {**chosen, **more}, first.strict, plain=plain and not fit.repairs)


def _respelled(job: Job[T], reading: Reading) -> Outcome | None:
    """A value that a JSON Schema takes as it is, if it says more of it after repairs; None if it does not.

    A member of a union that leaves other keys alone takes them without reading them, and so does an object that lacks
    an optional key but has it in another spelling.
    """
    fit, chosen = job.fit(reading.value, None, exact=False)
    if not fit.repairs or fit.issues or fit.misfits:
        return None
    outcome = Outcome(fit.value, repairs=(*reading.repairs, *fit.repairs), quotes=moved(reading.quotes, fit.repairs))
    found = _validated(job, outcome, chosen)
    return None if found.issues else found


def _validated(
    job: Job[T],
    outcome: Outcome,
    chosen: Chosen = NO_CHOICE,
    strict: StrictError | None = None,
    found: Verdict | None = None,
    *,
    plain: bool = False,
) -> Outcome:
    """Validate, with the lossy repairs where they were asked for; dropping one thing may bring up another.

    `strict` is what strict reading found wrong, `found` what is known of this very value, if that was asked before.
    `plain`: no number of the tree is more than a float holds.
    """
    rounds = _LOSSY_ROUNDS if job.max_risk >= Risk.LOSSY else 0
    while True:
        unrecorded = Unrecorded(outcome.tree) if plain or job.schema.adapter else as_plain_floats(outcome.tree)
        known = None if unrecorded.repairs or unrecorded.issues else found
        verdict = known or validate(job.schema, unrecorded.tree, chosen, strict)
        if not verdict.issues:
            repairs = (*outcome.repairs, *verdict.repairs)
            if job.schema.adapter is not None:
                repairs = with_defaults(job.schema, repairs, verdict.value)
                if not job.schema.bare and (not plain or job.shape.temporal or job.shape.keyed):
                    unrecorded = _unrecorded(job, outcome.tree, verdict.value, repairs)
            repairs = (*repairs, *unrecorded.repairs)
            issues = (*_misread(job, outcome.tree, verdict.value), *unrecorded.issues, *_above(repairs, job.max_risk))
            return replace(outcome, value=verdict.value, repairs=repairs, issues=issues)
        issues = with_offers(verdict.issues, outcome.tree)
        offers = tuple({issue.repair.path: issue.repair for issue in issues if issue.repair}.values())
        if not rounds or not offers:
            return replace(outcome, issues=(*issues, *_above(outcome.repairs, job.max_risk)))
        tree = apply_repairs(offers, outcome.tree)
        quotes = followed(outcome.quotes, outcome.tree, tree)
        outcome = replace(outcome, tree=tree, repairs=(*outcome.repairs, *offers), quotes=quotes)
        rounds, found = rounds - 1, None
        strict = strictly(job.schema.structure, tree, chosen).strict if job.schema.runs else None


def _unrecorded(job: Job[T], tree: Json, value: Any, repairs: Sequence[Repair]) -> Unrecorded:
    """What reading changed without a word, but for what is ignored."""
    found = unrecorded_in(job.schema, job.shape, tree, value)
    ignored = tuple(one.path for one in repairs if one.rule == IGNORED)
    kept = (one for one in found.repairs if not any(f"{one.path}/".startswith(f"{path}/") for path in ignored))
    return found._replace(repairs=tuple(kept))


def _misread(job: Job[T], tree: Json, value: Any) -> tuple[Issue, ...]:
    if job.schema.adapter is None or job.schema.bare:
        return ()
    lost = lost_entries(job.schema, tree, value) if job.shape.keyed else ()
    return (*lost, *(misread_times(job.schema, tree, value) if job.shape.temporal else ()))


def _may_stand(job: Job[T], issue: Issue, tree: Json) -> bool:
    """Whether an issue of a reading need not refuse it: the type may allow NaN, and what nobody asked for may be
    incomplete.
    """
    if issue.code == "not_finite":
        return job.schema.adapter is not None
    if issue.code == UNSURE_WORD:
        return job.shape.takes_text_alone(issue.path, tree)
    if issue.code == ESCAPED_KEY:
        return all(job.shape.is_name(issue.path, key, tree) for key in cast("list[str]", issue.found))
    apart = issue.code in {"left_out", ESCAPE} or (issue.code == UNSURE_END and not holds_structure(issue.found))
    return apart and job.shape.ignores(issue.path, tree)


def _above(repairs: Sequence[Repair], max_risk: Risk) -> tuple[Issue, ...]:
    """An issue for each repair that was needed and is not allowed."""
    return tuple(
        Issue(one.path, f"needs a repair ({one.rule}) of risk {one.risk.name}", "risk", one.before, repair=one)
        for one in repairs
        if one.risk > max_risk
    )


def is_echo(shape: Shape, tree: Json) -> bool:
    """Whether a tree is a schema where a value belongs: most likely the one from the prompt."""
    if not isinstance(tree, dict):
        return False
    properties = tree.get("properties")
    like = isinstance(properties, dict) and bool(tree.keys() & {"type", "required", "$defs", "title"})
    schemas = like and all(isinstance(part, dict) for part in cast(JsonObject, properties).values())
    return tree == shape.raw or (schemas and "properties" not in shape.root.properties)


# Keys of a dict that become one key: "1" and "01" are both the number 1


def lost_entries(schema: Schema[Any], tree: Json, value: Any) -> tuple[Issue, ...]:
    """An issue for every dict of keys that are no texts which has fewer entries than the response gave it."""
    adapter, issues = cast("TypeAdapter[Any]", schema.adapter), dict[str, Issue]()
    for by_alias in (True, False):
        try:
            dumped = cast(object, adapter.dump_python(value, by_alias=by_alias, warnings=False, context=schema.context))
        except Exception:  # a serializer of the user's: the value is valid all the same
            return tuple(issues.values())
        issues |= {issue.path: issue for issue in _lost(tree, dumped)}
    return tuple(issues.values())


def _lost(tree: Json, dumped: object) -> Iterator[Issue]:
    todo: list[tuple[str, Json, object]] = [("", tree, dumped)]
    while todo:
        path, before, after = todo.pop()
        if isinstance(before, dict) and isinstance(after, dict):
            entries = cast("dict[object, object]", after)
            if len(entries) < len(before) and not all(isinstance(key, str) for key in entries):
                yield Issue(path, "has keys that mean the same", "duplicate_key", before, "each key once")
            named = {str(key): item for key, item in entries.items()}
            todo += ((path + pointer([key]), item, named[key]) for key, item in before.items() if key in named)
        elif isinstance(before, list) and isinstance(after, list | tuple):
            items = cast("list[object]", after)
            todo += ((f"{path}/{at}", *pair) for at, pair in enumerate(zip(before, items, strict=False)))
