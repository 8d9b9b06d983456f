"""Judge one reading by the schema: align it, validate it, and record what it costs or why it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, RootModel, TypeAdapter
from pydantic_core import to_json

from structgen.core.json import Json, JsonObject, at, pointer, steps
from structgen.core.options import DateOrder, Risk
from structgen.core.results import Issue, Repair
from structgen.forms import AnswerForm
from structgen.parse.align import Aligner, Decode, Fit, Shape
from structgen.parse.json_values import Exact, as_written, exceeds_float, has_exact
from structgen.parse.lenient.escapes import Source
from structgen.parse.lossy import apply_repairs, with_offers
from structgen.parse.quote_paths import follow_items, follow_repairs
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
    INCONCLUSIVE,
    NO_CHOICE,
    StrictError,
    Verdict,
    misread_times,
    validate,
    validate_as_is,
    validate_strict,
    with_defaults,
)
from structgen.schema import Schema

T = TypeVar("T")

_LOSSY_ROUNDS = 3
UNREADABLE = 1_000_000
"""More misfits than a readable value can have."""
NO_KNOWN_KEY = Issue("", "has none of the expected keys", "unknown_keys")
CUT = Issue("", "ends before the list is complete", "cut_off")
ECHO = Issue("", "is the schema itself, not a value of it", "schema_echo")


@dataclass(frozen=True, slots=True)
class Target(Generic[T]):
    """Everything that the readings of one response are judged by.

    `form`: the form in which the answer was asked for. `tags`: the response has the tags of a tool call.
    `source`: the document that the response was made from, and `date_order` how it writes dates in digits.
    """

    schema: Schema[T]
    shape: Shape
    decode: Decode
    max_risk: Risk
    form: AnswerForm
    tags: bool = False
    source: Source | None = None
    date_order: DateOrder | None = None
    validated: tuple[Json, Verdict] | None = None
    """A value that was validated as it is before, and the verdict."""

    @property
    def without_validators(self) -> Target[T]:
        """The target without the user's validators, which may still refuse what it accepts."""
        return replace(self, schema=self.schema.structure, validated=None) if self.schema.runs else self

    def validate_as_is(self, value: Json, *, exact: bool) -> Verdict:
        """Validate a value without changing it, at most once; `exact`: a float does not hold some number of it."""
        if self.validated is not None and self.validated[0] is value:
            return self.validated[1]
        return validate_as_is(self.schema, self.shape, value, to_json(value), exact=exact)

    def fit(self, tree: Json, faults: frozenset[str] | None, *, exact: bool = True) -> tuple[Fit, Chosen]:
        """Align a tree, and return with it the union members that the aligned tree no longer tells.

        Places that strict mode did not fault stay as they are, except for Exact numbers, which strict mode saw as
        floats (`exact`: there may be some).
        """
        # A container changes with any part of it, so the paths above a fault are faulted too.
        touched = {
            path[:end] for path in faults or () for end in range(len(path) + 1) if path[end : end + 1] in {"", "/"}
        }

        def accepted(path: str, value: Json) -> bool:
            if faults is None or path in touched or _below(faults, path):
                return False
            if exact and isinstance(value, (dict, list, Exact)):  # a container may have an Exact within it
                return False
            return at(tree, steps(path)) is value

        aligner = Aligner(self.shape, self.decode, accepted, tags=self.tags, date_order=self.date_order)
        return aligner.fit(tree, self.shape.root), aligner.chosen


def _below(faults: frozenset[str], path: str) -> bool:
    """Whether a path or any of its parents was faulted."""
    while path and path not in faults:
        path = path.rpartition("/")[0]
    return path in faults


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one reading: a value, or issues. `tree` is the reading as plain JSON, aligned; `raw` is not."""

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
        """Whether the reading breaks off or is ambiguous; `tree` is then the part that could be read."""
        return self.misfits == UNREADABLE

    @property
    def cost(self) -> Risk:
        """The highest risk of its repairs. Their number does not count, or a comma would decide between two answers."""
        return max((repair.risk for repair in self.repairs), default=Risk.LOSSLESS)


def judge(target: Target[T], reading: Reading) -> Outcome:
    """Align and validate one reading."""
    outcome = replace(_judge_reading(target, reading), raw=reading.value)
    return _with_written_numbers(outcome) if reading.long and has_exact(reading.value) else outcome


def _with_written_numbers(outcome: Outcome) -> Outcome:
    """Show every number in the repairs and issues as it was written."""

    def written(repair: Repair) -> Repair:
        return replace(repair, before=as_written(repair.before), after=as_written(repair.after))

    issues = (
        replace(one, found=as_written(one.found), repair=written(one.repair) if one.repair else None)
        for one in outcome.issues
    )
    return replace(outcome, repairs=tuple(map(written, outcome.repairs)), issues=tuple(issues))


def _judge_reading(target: Target[T], reading: Reading) -> Outcome:
    fatal = [issue for issue in reading.issues if not _is_tolerable(target, issue, reading.value)]
    if fatal:
        return Outcome(reading.value, None, reading.repairs, reading.issues, reading.open, UNREADABLE, reading.quotes)
    if is_echo(target.shape, reading.value):
        return Outcome(None, issues=(ECHO,), misfits=UNREADABLE)
    before = Verdict(issues=(INCONCLUSIVE,))
    if not reading.issues:
        exact = reading.long and exceeds_float(reading.value)
        before = target.validate_as_is(reading.value, exact=exact)
        if target.schema.adapter is None and not before.issues and (respelled := _respelled(target, reading)):
            return respelled
        # A number that a float does not hold goes on to the check of which digits the type kept.
        if not before.issues and not exact:
            above = _issues_above_risk(reading.repairs, target.max_risk)
            return Outcome(reading.value, before.value, reading.repairs, above, quotes=reading.quotes)
    return _align_and_validate(target, reading, before)


def _align_and_validate(target: Target[T], reading: Reading, before: Verdict) -> Outcome:
    """Align a reading and validate the result; `before` is the verdict on the reading as it is."""
    fit, chosen = target.fit(reading.value, before.faults, exact=reading.long and has_exact(reading.value))
    tolerated = (repair for issue in reading.issues for repair in repairs_for_tolerated(issue))
    repairs = (*reading.repairs, *tolerated, *fit.repairs)
    # A type that ignores unknown keys would make an empty value of it, and no error would tell.
    if target.shape.drops_all(fit.value):
        return Outcome(fit.value, None, repairs, (NO_KNOWN_KEY,), (), fit.misfits)
    quotes = follow_repairs(reading.quotes, fit.repairs)
    outcome = Outcome(fit.value, None, repairs, fit.issues, (), fit.misfits, quotes)
    if fit.issues:
        return outcome
    plain = not reading.long and not fit.repairs
    if target.schema.runs:
        return _run_user_validators(target, outcome, chosen, before.strict, plain=plain)
    # What is known about the reading holds only if aligning left it as it is.
    same_tree = fit.value is reading.value
    found = before if same_tree and before.issues and INCONCLUSIVE not in before.issues else None
    return _validate_aligned(target, outcome, chosen, before.strict if same_tree else None, found, plain=plain)


def _run_user_validators(
    target: Target[T], outcome: Outcome, chosen: Chosen, strict: StrictError | None, *, plain: bool
) -> Outcome:
    """Show a value that fits by its structure to the user's validators, at most twice.

    `strict`: their error for the value as the response gave it, if they saw it. Otherwise the places that they fault at
    first are aligned once more.
    """
    if strict is not None:
        return _validate_aligned(target, outcome, chosen, strict, plain=plain)
    first = validate_strict(target.schema, outcome.tree, chosen)
    if first.strict is None:
        return _validate_aligned(target, outcome, chosen, found=first, plain=plain)
    fit, more = target.fit(outcome.tree, first.faults, exact=not plain)
    repairs, quotes = (*outcome.repairs, *fit.repairs), follow_repairs(outcome.quotes, fit.repairs)
    outcome = replace(outcome, tree=fit.value, repairs=repairs, issues=fit.issues, quotes=quotes)
    if fit.issues:
        return outcome
    return _validate_aligned(target, outcome, {**chosen, **more}, first.strict, plain=plain and not fit.repairs)


def _respelled(target: Target[T], reading: Reading) -> Outcome | None:
    """Align a value that a JSON Schema accepts as it is; return None if that changes nothing.

    A schema that allows other keys accepts an optional key in another spelling, but does not read it as that key.
    """
    fit, chosen = target.fit(reading.value, None, exact=False)
    if not fit.repairs or fit.issues or fit.misfits:
        return None
    outcome = Outcome(
        fit.value, repairs=(*reading.repairs, *fit.repairs), quotes=follow_repairs(reading.quotes, fit.repairs)
    )
    found = _validate_aligned(target, outcome, chosen)
    return None if found.issues else found


def _validate_aligned(
    target: Target[T],
    outcome: Outcome,
    chosen: Chosen = NO_CHOICE,
    strict: StrictError | None = None,
    found: Verdict | None = None,
    *,
    plain: bool = False,
) -> Outcome:
    """Validate an aligned value, with lossy repairs if the caller allows them.

    `strict`: the error of strict mode, if it ran before. `found`: the verdict on this very value, if there is one.
    `plain`: a float holds every number of the tree.
    """
    rounds = _LOSSY_ROUNDS if target.max_risk >= Risk.LOSSY else 0  # dropping one part may make another invalid
    while True:
        unrecorded = Unrecorded(outcome.tree) if plain or target.schema.adapter else as_plain_floats(outcome.tree)
        known = None if unrecorded.repairs or unrecorded.issues else found
        verdict = known or validate(target.schema, unrecorded.tree, chosen, strict)
        if not verdict.issues:
            return _record_changes(target, outcome, verdict, unrecorded, plain=plain)
        issues = with_offers(verdict.issues, outcome.tree)
        offers = tuple({issue.repair.path: issue.repair for issue in issues if issue.repair}.values())
        if not rounds or not offers:
            return replace(outcome, issues=(*issues, *_issues_above_risk(outcome.repairs, target.max_risk)))
        tree = apply_repairs(offers, outcome.tree)
        quotes = follow_items(outcome.quotes, outcome.tree, tree)
        outcome = replace(outcome, tree=tree, repairs=(*outcome.repairs, *offers), quotes=quotes)
        rounds, found = rounds - 1, None
        # The structure alone finds the strict errors, so that the user's validators see the new tree only once.
        strict = validate_strict(target.schema.structure, tree, chosen).strict if target.schema.runs else None


def _record_changes(
    target: Target[T], outcome: Outcome, verdict: Verdict, unrecorded: Unrecorded, *, plain: bool
) -> Outcome:
    """Record all that Pydantic changed in a value; refuse it if a change or a repair is not allowed."""
    schema, shape, tree, value = target.schema, target.shape, outcome.tree, verdict.value
    repairs = (*outcome.repairs, *verdict.repairs)
    if schema.adapter is not None:
        repairs = with_defaults(schema, repairs, value)
        if not schema.bare and (not plain or shape.temporal or shape.keyed):
            unrecorded = _unrecorded(target, tree, value, repairs)
    repairs = (*repairs, *unrecorded.repairs)
    issues = (*_misread_issues(target, tree, value), *unrecorded.issues, *_issues_above_risk(repairs, target.max_risk))
    return replace(outcome, value=value, repairs=repairs, issues=issues)


def _unrecorded(target: Target[T], tree: Json, value: Any, repairs: Sequence[Repair]) -> Unrecorded:
    """Return what Pydantic changed without an error, except within ignored keys, which have a repair already."""
    found = unrecorded_in(target.schema, target.shape, tree, value)
    ignored = tuple(one.path for one in repairs if one.rule == IGNORED)
    kept = (one for one in found.repairs if not any(f"{one.path}/".startswith(f"{path}/") for path in ignored))
    return found._replace(repairs=tuple(kept))


def _misread_issues(target: Target[T], tree: Json, value: Any) -> tuple[Issue, ...]:
    if target.schema.adapter is None or target.schema.bare:
        return ()
    lost = _collided_keys(target.schema, tree, value) if target.shape.keyed else ()
    return (*lost, *(misread_times(target.schema, tree, value) if target.shape.temporal else ()))


def _is_tolerable(target: Target[T], issue: Issue, tree: Json) -> bool:
    """Whether an issue of a reading does not refuse the value."""
    if issue.code == "not_finite":  # a field with allow_inf_nan=True accepts it, and Pydantic refuses it elsewhere
        return target.schema.adapter is not None
    if issue.code == UNSURE_WORD:
        return target.shape.takes_only_strings(issue.path, tree)
    if issue.code == ESCAPED_KEY:  # both readings are a field or an ignored key
        return all(target.shape.is_field_name(issue.path, key, tree) for key in cast("list[str]", issue.found))
    # A problem within a key that the schema ignores harms nothing, unless it may have swallowed other keys.
    contained = issue.code in {"left_out", ESCAPE} or (issue.code == UNSURE_END and not holds_structure(issue.found))
    return contained and target.shape.ignores(issue.path, tree)


def _issues_above_risk(repairs: Sequence[Repair], max_risk: Risk) -> tuple[Issue, ...]:
    """Return an issue for each repair whose risk is not allowed."""
    return tuple(
        Issue(
            one.path,
            f"needs a repair ({one.rule}) of risk {one.risk.name}, which is not allowed",
            "risk",
            one.before,
            repair=one,
        )
        for one in repairs
        if one.risk > max_risk
    )


def is_echo(shape: Shape, tree: Json) -> bool:
    """Whether a tree is a schema in place of a value: most likely the one from the prompt."""
    if not isinstance(tree, dict):
        return False
    properties = tree.get("properties")
    like = isinstance(properties, dict) and bool(tree.keys() & {"type", "required", "$defs", "title"})
    schemas = like and all(isinstance(part, dict) for part in cast(JsonObject, properties).values())
    # A schema with a field called "properties" may well have such a value.
    return tree == shape.raw or (schemas and "properties" not in shape.root.properties)


# Keys of a dict that become equal: "1" and "01" are both the number 1


def _collided_keys(schema: Schema[Any], tree: Json, value: Any) -> tuple[Issue, ...]:
    """Return an issue for each dict whose keys are not strings and that has fewer entries than the response gave."""
    adapter, issues = cast("TypeAdapter[Any]", schema.adapter), dict[str, Issue]()
    for by_alias in (True, False):
        try:
            dumped = cast(object, adapter.dump_python(value, by_alias=by_alias, warnings=False, context=schema.context))
        except Exception:  # the user's serializer raised, or a set cannot hold its models as the dicts that they become
            dumped = value
        issues |= {issue.path: issue for issue in _collisions(tree, dumped)}
    return tuple(issues.values())


def _collisions(tree: Json, dumped: object) -> Iterator[Issue]:
    todo: list[tuple[str, Json, object]] = [("", tree, dumped)]
    while todo:
        path, before, after = todo.pop()
        after = _opened(after)
        if isinstance(before, dict) and isinstance(after, dict):
            entries = cast("dict[object, object]", after)
            if len(entries) < len(before) and not all(isinstance(key, str) for key in entries):
                yield Issue(path, "has keys that mean the same", "duplicate_key", before, "each key once")
            named = {str(key): item for key, item in entries.items()}
            todo += ((path + pointer([key]), item, named[key]) for key, item in before.items() if key in named)
        elif isinstance(before, list) and isinstance(after, list | tuple):
            items = cast("list[object]", after)
            todo += ((f"{path}/{at}", *pair) for at, pair in enumerate(zip(before, items, strict=False)))


def _opened(value: object) -> object:
    """Return a model or dataclass, as in a value that was not dumped, as a dict with its names and aliases."""
    while isinstance(value, RootModel):
        value = cast("RootModel[object]", value).root
    if isinstance(value, BaseModel):
        named = ((name, one.validation_alias) for name, one in type(value).model_fields.items())
        return vars(value) | {alias: getattr(value, name) for name, alias in named if isinstance(alias, str)}
    return vars(value) if is_dataclass(value) and hasattr(value, "__dict__") else value
