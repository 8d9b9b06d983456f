"""Which reading is the answer: the only one, the cheapest, or none where two of equal cost differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from pydantic_core import to_json

from structgen.core.json import Json, JsonObject, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair
from structgen.parse.align import IGNORED, Aligner, Decode, Fit, Shape
from structgen.parse.entries import lost_entries
from structgen.parse.equal import same
from structgen.parse.exact import has_exact
from structgen.parse.lossy import applied, with_offers
from structgen.parse.places import MISSING, at
from structgen.parse.quotes import followed, moved, prefixed, settled, without_quotes
from structgen.parse.reading import UNSURE_END, UNSURE_WORD, Reading, holds_structure
from structgen.parse.strict import as_json
from structgen.parse.validate import misread_times, validate, validate_as_is, with_defaults
from structgen.schema import Schema
from structgen.schema.quotes import Quoted

T = TypeVar("T")

_LOSSY_ROUNDS = 3
NOT_ASKED = Issue("", "has none of the keys that are asked for", "unknown_keys")
CUT = Issue("", "the response ends before the list is complete", "cut_off")
ECHO = Issue("", "is the schema itself, not a value of it", "schema_echo")


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """What all readings of one response are held against.

    `tags`: it said with tags that it is a call of a tool. `quoted`: the form with quotes in which it was asked for.
    """

    schema: Schema[T]
    shape: Shape
    decode: Decode
    max_risk: Risk
    tags: bool = False
    quoted: Quoted | None = None

    def fit(self, tree: Json, faults: frozenset[str] | None) -> Fit:
        """The tree, aligned; what stands at a place that the strict validator did not fault is left alone."""
        touched = {
            path[:end] for path in faults or () for end in range(len(path) + 1) if path[end : end + 1] in {"", "/"}
        }

        def sound(path: str, value: Json) -> bool:
            if faults is None or path in touched or _below(faults, path):
                return False
            return at(tree, steps(path)) is value

        return Aligner(self.shape, self.decode, sound, tags=self.tags).fit(tree, self.shape.root)


def _below(faults: frozenset[str], path: str) -> bool:
    """Whether a path, or anything above it, was faulted."""
    while path and path not in faults:
        path = path.rpartition("/")[0]
    return path in faults


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reading: a value, or issues. `tree` is the reading as plain JSON, aligned."""

    tree: Json
    value: Any = None
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    open: tuple[str, ...] = ()
    misfits: int = 0
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])

    @property
    def cost(self) -> Risk:
        """The highest risk taken. Lossless repairs cost nothing, or a comma would decide between two answers."""
        return max((repair.risk for repair in self.repairs), default=Risk.LOSSLESS)


def judge(job: Job[T], reading: Reading) -> Outcome:
    """Align and validate one reading."""
    fatal = [issue for issue in reading.issues if not _may_stand(job, issue, reading.value)]
    if fatal:
        return Outcome(reading.value, None, reading.repairs, reading.issues, reading.open, 1000, reading.quotes)
    if is_echo(job.shape, reading.value):
        return Outcome(None, issues=(ECHO,), misfits=1000)
    faults: frozenset[str] | None = None
    unknown: Mapping[str, Json] | None = None
    if not reading.issues:
        verdict = validate_as_is(job.schema, job.shape, reading.value, to_json(reading.value))
        if job.schema.adapter is None and not verdict.issues and (better := _respelled(job, reading)):
            return better
        exact = _has_exact(job, reading)
        if not verdict.issues and not exact:
            above = _above(reading.repairs, job.max_risk)
            return Outcome(reading.value, verdict.value, reading.repairs, above, quotes=reading.quotes)
        faults = None if exact else verdict.faults
        unknown = verdict.unknown
    fit = job.fit(reading.value, faults)
    unasked = (one for one in reading.issues if one.code == "left_out")
    left_out = (Repair(one.code, one.path, one.found, None, Risk.INTERPRETIVE) for one in unasked)
    ignored = _ignored(fit, unknown) if job.shape.typed else ()  # plain JSON keeps every key
    repairs = (*reading.repairs, *left_out, *fit.repairs, *ignored)
    if job.shape.ignores_all(fit.value):
        return Outcome(fit.value, None, repairs, (NOT_ASKED,), (), fit.misfits)
    quotes = moved(reading.quotes, fit.repairs)
    outcome = Outcome(fit.value, None, repairs, fit.issues, (), fit.misfits, quotes)
    return outcome if fit.issues else _validated(job, outcome)


def _respelled(job: Job[T], reading: Reading) -> Outcome | None:
    """A value that a JSON Schema takes as it is, if it says more of it after repairs; None if it does not.

    A member of a union that leaves other keys alone takes them without reading them, and so does an object that lacks
    an optional key but has it in another spelling.
    """
    fit = job.fit(reading.value, None)
    if not fit.repairs or fit.issues or fit.misfits:
        return None
    outcome = Outcome(fit.value, repairs=(*reading.repairs, *fit.repairs), quotes=moved(reading.quotes, fit.repairs))
    found = _validated(job, outcome)
    return None if found.issues else found


def _ignored(fit: Fit, unknown: Mapping[str, Json] | None) -> tuple[Repair, ...]:
    """The keys that do not reach the value, by the word of the validator if it was asked.

    It also knows of keys that a discriminator of the user's leaves over, and takes some of which no schema tells.
    """
    if unknown is None:
        return fit.ignored
    known = {steps(path)[-1] for path in unknown}
    found = {one.path: one for one in fit.ignored if steps(one.path)[-1] in known}
    moved = {repair.before for repair in fit.repairs if repair.rule == "key" and isinstance(repair.before, str)}
    for path, held in unknown.items():
        here = at(fit.value, steps(path))
        if path not in found and steps(path)[-1] not in moved and here is not MISSING and same(cast(Json, here), held):
            found[path] = Repair(IGNORED, path, held, None, Risk.LOSSLESS)
    return tuple(found.values())


def _has_exact(job: Job[T], reading: Reading) -> bool:
    """Whether digits would be lost on the straight way: a Decimal may stand somewhere, and a long number does."""
    return job.shape.decimal and has_exact(reading.value)


def _validated(job: Job[T], outcome: Outcome) -> Outcome:
    """Validate, with the lossy repairs where they were asked for; dropping one thing may bring up another."""
    rounds = _LOSSY_ROUNDS if job.max_risk >= Risk.LOSSY else 0
    while True:
        verdict = validate(job.schema, outcome.tree)
        if not verdict.issues:
            repairs = (*outcome.repairs, *verdict.repairs)
            if job.schema.adapter is not None:
                repairs = with_defaults(job.schema.adapter, repairs, verdict.value)
            issues = (*_misread(job, outcome.tree, verdict.value), *_above(repairs, job.max_risk))
            return replace(outcome, value=verdict.value, repairs=repairs, issues=issues)
        issues = with_offers(verdict.issues, outcome.tree)
        faulted = {issue.path for issue in issues}  # a key that the type forbids is not one that it ignores
        kept = tuple(one for one in outcome.repairs if one.rule != IGNORED or one.path not in faulted)
        outcome = replace(outcome, repairs=kept)
        offers = tuple({issue.repair.path: issue.repair for issue in issues if issue.repair}.values())
        if not rounds or not offers:
            return replace(outcome, issues=(*issues, *_above(outcome.repairs, job.max_risk)))
        tree = applied(offers, outcome.tree)
        quotes = followed(outcome.quotes, outcome.tree, tree)
        outcome = replace(outcome, tree=tree, repairs=(*outcome.repairs, *offers), quotes=quotes)
        rounds -= 1


def _misread(job: Job[T], tree: Json, value: Any) -> tuple[Issue, ...]:
    adapter = job.schema.adapter
    if adapter is None:
        return ()
    lost = lost_entries(adapter, tree, value) if job.shape.keyed else ()
    return (*lost, *(misread_times(adapter, tree, value) if job.shape.temporal else ()))


def _may_stand(job: Job[T], issue: Issue, tree: Json) -> bool:
    """Whether an issue of a reading need not refuse it: the type may allow NaN, and what nobody asked for may be
    incomplete.
    """
    if issue.code == "not_finite":
        return job.schema.adapter is not None
    if issue.code == UNSURE_WORD:
        return job.shape.takes_text_alone(issue.path, tree)
    apart = issue.code == "left_out" or (issue.code == UNSURE_END and not holds_structure(issue.found))
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
    return tree == shape.root or (schemas and "properties" not in shape.node(shape.root).fields)


def choose(job: Job[T], readings: Sequence[Reading], around: tuple[Repair, ...], cut: bool) -> Parsed[T]:
    """The answer among the readings of one response; `cut` where the response was stopped at its length."""
    if job.quoted is not None:
        readings = [without_quotes(reading, job.quoted) for reading in readings]
    if any(reading.open and _is_cut(reading) for reading in readings):
        return _refused(job, next(judge(job, reading) for reading in readings if reading.open and _is_cut(reading)))
    outcomes = _collected(job, readings, cut) or [judge(job, reading) for reading in readings]
    if cut:
        outcomes = [_unfinished(outcome) for outcome in outcomes]
    accepted = [outcome for outcome in outcomes if not outcome.issues]
    if not accepted:
        return _refused(job, min(outcomes, key=lambda outcome: outcome.misfits))
    cheapest = min(outcome.cost for outcome in accepted)
    equal = [outcome for outcome in accepted if outcome.cost == cheapest]
    if any(not _agree(job.shape, equal[0], other) for other in equal[1:]):
        return _ambiguous(equal)
    best = equal[0]
    if others := [outcome for outcome in outcomes if outcome.issues and _adds(job.shape, outcome.tree, best.tree)]:
        return _ambiguous([best, *others])
    again = (Repair("repeated", "", None, None, Risk.LOSSLESS),) if len(equal) > 1 else ()
    repairs = (*around, *again, *best.repairs)
    value, quotes = cast(T, best.value), _quotes(job, best)
    return Parsed(ok=True, value=value, repairs=repairs, quotes=quotes, given=best.tree)


def _quotes(job: Job[T], outcome: Outcome) -> dict[str, str | None]:
    """The quotes of an accepted value, by its own paths."""
    if job.quoted is None:
        return {}
    adapter, tree = job.schema.adapter, as_json(outcome.tree)
    if adapter is None:
        return settled(job.quoted, outcome.quotes, tree, tree)
    try:
        dumped = cast(Json, adapter.dump_python(outcome.value, mode="json", by_alias=True, warnings="none"))
    except ValueError:  # a value that has no JSON form keeps the paths that it had in the response
        dumped = tree
    return settled(job.quoted, outcome.quotes, tree, dumped)


def _is_cut(reading: Reading) -> bool:
    return any(issue.code == "cut_off" for issue in reading.issues)


def _collected(job: Job[T], readings: Sequence[Reading], cut: bool) -> list[Outcome]:
    """Where a list is wanted and several objects came: all of them as its items, together or not at all."""
    if len(readings) < 2:
        return []
    root = job.shape.node(job.shape.root)
    objects = [one for one in readings if isinstance(one.value, dict) and not is_echo(job.shape, one.value)]
    if not objects or "array" not in root.types or "object" in root.types:
        return []
    outcomes = [judge(job, reading) for reading in readings if not is_echo(job.shape, reading.value)]
    if not any(repair.rule == "one_for_list" and not repair.path for one in outcomes for repair in one.repairs):
        return []
    items: list[Json] = [one.value for one in objects]
    quotes = {path: quote for n, one in enumerate(objects) for path, quote in prefixed(one.quotes, n).items()}
    repairs = tuple(repair for one in objects for repair in one.repairs)
    broken = [one for one in readings if isinstance(one.value, list) and one.open]
    issues = tuple(issue for one in (*objects, *broken) for issue in one.issues)
    gathered = Repair("collected", "", None, items, Risk.INTERPRETIVE)
    if cut:
        issues += (CUT,)
    whole = judge(job, Reading(items, 0, 0, (*repairs, gathered), issues, ("",) if cut else (), quotes=quotes))
    others = [one for one in outcomes if isinstance(one.tree, list) and not one.issues and not _is_item(one)]
    if others and not whole.issues:
        return [replace(one, repairs=(*one.repairs, gathered)) for one in (whole, *others)]
    return [whole]


def _is_item(outcome: Outcome) -> bool:
    return any(repair.rule == "one_for_list" and not repair.path for repair in outcome.repairs)


def _unfinished(outcome: Outcome) -> Outcome:
    """One object for a list, of a response that was stopped at its length: the next ones may be missing."""
    if not _is_item(outcome):
        return outcome
    return replace(outcome, issues=(*outcome.issues, CUT), open=("",))


def _adds(shape: Shape, tree: Json, accepted: Json) -> bool:
    """Whether an object that is no answer by itself holds fields that the accepted one lacks, as its other half."""
    if not isinstance(tree, dict) or not isinstance(accepted, dict):
        return False
    return any(key in tree and key not in accepted for key in shape.node(shape.root).fields)


def _agree(shape: Shape, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same value; what the schema does not speak of does not count."""
    if same(shape.asked_of(one.tree), shape.asked_of(other.tree)):
        return True
    try:
        return not isinstance(one.value, dict | list) and bool(one.value == other.value)
    except Exception:
        return False


def _ambiguous(outcomes: Sequence[Outcome]) -> Parsed[Any]:
    readings: list[Json] = []
    for outcome in outcomes:
        if not any(same(outcome.tree, other) for other in readings):
            readings.append(as_json(outcome.tree))
    words = f"holds {len(readings)} answers that differ, and nothing says which one is meant"
    return Parsed(ok=False, value=None, issues=(Issue("", words, "ambiguous"),), readings=tuple(readings))


def _refused(job: Job[T], outcome: Outcome) -> Parsed[T]:
    kept = tuple(repair for repair in outcome.repairs if not any(issue.repair == repair for issue in outcome.issues))
    partial = as_json(outcome.tree)
    quotes = {} if job.quoted is None else {**job.quoted.asked(partial), **outcome.quotes}
    return Parsed(False, None, outcome.issues, kept, partial, outcome.open, quotes=quotes)
