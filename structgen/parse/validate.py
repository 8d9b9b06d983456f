"""A tree -> a value of the type, or the issues. Nothing that Pydantic converts goes unrecorded.

JSON is read strictly first: there ISO dates, Decimals as text and lists for sets are what they should be. Validators
that turn their input to Python mode (before, wrap) make strict reading fail for the same values, so that what fails is
read once more, laxly, and every strict error is compared with what became of the value. So a validator runs at most
twice: where a type has some of the user's, its structure alone tells first what a value needs before they are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import CodeType, FunctionType, MappingProxyType, MethodType
from typing import Any, NamedTuple, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json

from structgen.core.errors import TaskError
from structgen.core.json import Json, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align import Shape, is_call, shape_of
from structgen.parse.align.dates import is_numeric
from structgen.parse.align.nulls import RULE
from structgen.parse.coercions import Conversion, conversion_of, dumps_of, siblings
from structgen.parse.json_values import MISSING, at
from structgen.parse.strict_json import is_finite
from structgen.parse.union_choice import Chosen, Labels, one_validation
from structgen.parse.validators import validators_of
from structgen.schema import Schema
from structgen.schema.guards import TOO_COSTLY, TooCostly, details_of, guard_cost
from structgen.schema.pydantic_issues import issues_of

TOO_DEEP = Issue("", "is nested too deep, or refers to itself", "depth")
_NUMBER_AS_TEXT = re.compile(rb"\"\s*[+-]?\d+(?:\.\d*|:\d\d)?\s*\"")
_FINE_TIME = re.compile(rb"\d[.,]\d{6}\d*[1-9]")
"""More than microseconds, which Pydantic cuts off."""
_EXPONENT = re.compile(rb"\d[eE][+-]?\d{3}")
"""What makes a Decimal of many digits."""
_NOT_INTEGER = re.compile(rb"true|false|\d[.eE]")
"""What Python may find equal to an integer that is one of several choices."""
NO_CHOICE: Chosen = MappingProxyType({})
IGNORED = "ignored_key"
"""The rule of the repair that tells of a key which does not reach the value, with what it held."""
_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_NO_FAULTS: frozenset[str] = frozenset()
LOOK = Issue("", "needs a closer look", "look")
NOT_FINITE = Issue("", "holds NaN or Infinity, or a number too large to be finite", "not_finite")


class StrictError(NamedTuple):
    """What strict reading found wrong with a tree."""

    error: ValidationError
    tree: Json
    labels: Labels
    """What its unions decided."""

    def still(self, tree: Json) -> list[ErrorDetails]:
        """What of it holds for a tree that was made of this one: the places that stayed as they were."""
        found = details_of(self.error, self.tree)
        if tree is self.tree:
            return found
        paths = [(one, _path(one, self.tree)) for one in found if one["type"] != "missing"]
        return [one for one, path in paths if at(self.tree, path) is at(tree, path)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value, or the issues why there is none; where strict reading failed, the paths that it faulted.

    `strict` is then the error of that reading, if the user's validators had a part in it.
    """

    value: Any = None
    issues: tuple[Issue, ...] = ()
    repairs: tuple[Repair, ...] = ()
    faults: frozenset[str] | None = None
    strict: StrictError | None = None


def validate(schema: Schema[Any], tree: Json, chosen: Chosen = NO_CHOICE, strict: StrictError | None = None) -> Verdict:
    """Validate a tree. Raises TaskError where a validator of the user's breaks, and for nothing else.

    `chosen` are the members that its unions were taken for; `strict` is what reading it strictly found, or what it was
    made of, if that was done before.
    """
    try:
        if schema.adapter is None:
            finite = is_finite(tree)
            return Verdict(tree, schema.check(tree) if finite else (NOT_FINITE,))
        if shape_of(schema).costly:
            guard_cost(schema.json_schema, tree)
        if strict is None:
            verdict = strictly(schema, tree, chosen)
            if verdict.strict is None:
                return verdict
            strict = verdict.strict
        return _by_its_own_word(schema, tree, chosen, strict)
    except RecursionError:
        return Verdict(issues=(TOO_DEEP,))
    except TooCostly:
        return Verdict(issues=(TOO_COSTLY,))


def validate_as_is(schema: Schema[Any], shape: Shape, tree: Json, data: bytes, *, exact: bool = False) -> Verdict:
    """Validate clean JSON as it stands, at Pydantic's own speed; with issues where it needs a closer look.

    Keys that the type does not know need one: they may be its fields in another spelling. So do numbers in quotes
    where a date may stand, for Pydantic takes them for seconds. `data` is the same as `tree`, in JSON; not quite where
    the tree holds `exact` numbers: then the user's validators are not shown it.
    """
    if schema.adapter is None:
        return Verdict(issues=(LOOK,)) if _hides_answer(shape, tree) else validate(schema, tree)
    if shape.aliased and shape.is_spelled_twice(data):
        return Verdict(issues=(LOOK,))
    equal = bool(shape.numbered and _NOT_INTEGER.search(data))
    times = shape.temporal and (_NUMBER_AS_TEXT.search(data) or _FINE_TIME.search(data))
    huge = shape.decimal and _EXPONENT.search(data)
    doubt = bool(exact or equal or shape.keyed or shape.encoded or times or huge)
    if schema.runs:
        looked = _as_it_is(schema.structure, shape, tree, data)
        if looked.issues or doubt:
            return Verdict(issues=(LOOK,), faults=None if equal else looked.faults)
    found = _as_it_is(schema, shape, tree, data)
    found = replace(found, issues=(LOOK,)) if doubt and not found.issues else found
    return replace(found, faults=None, strict=None) if equal else found


def _as_it_is(schema: Schema[Any], shape: Shape, tree: Json, data: bytes) -> Verdict:
    """What strict reading says of clean JSON."""
    validators, labels = validators_of(schema), Labels()
    try:
        if shape.costly:
            guard_cost(schema.json_schema, tree)
        # A closed validator passes a constructor by, which is to be asked; the structure was looked at before.
        read = validators.open if validators.constructs else validators.closed
        return Verdict(_guarded(schema, partial(read, data, strict=True), labels), faults=_NO_FAULTS)
    except ValidationError as error:
        return _faulted(error, tree, labels)
    except RecursionError:
        return Verdict(issues=(TOO_DEEP,))
    except TooCostly:
        return Verdict(issues=(TOO_COSTLY,))


def strictly(schema: Schema[Any], tree: Json, chosen: Chosen = NO_CHOICE) -> Verdict:
    """Read a tree strictly, where every key that the type would drop is an error: its value, or the faults."""
    data, validators, finite = to_json(tree, inf_nan_mode="constants"), validators_of(schema), is_finite(tree)
    labels = Labels()
    try:
        if shape_of(schema).costly:
            guard_cost(schema.json_schema, tree)
        if validators.constructs:  # a closed validator passes a constructor by, which is to be asked
            structure = validators_of(schema.structure)
            closed = structure.closed if finite else structure.closed_infinite
            _guarded(schema, partial(closed, data, strict=True), labels, chosen)
            read = validators.open if finite else validators.open_infinite
        else:
            read = validators.closed if finite else validators.closed_infinite
        return Verdict(_guarded(schema, partial(read, data, strict=True), labels, chosen))
    except ValidationError as error:
        found = _faulted(error, tree, labels)
        return found if found.strict else Verdict(issues=(TOO_COSTLY,))
    except RecursionError:
        return Verdict(issues=(TOO_DEEP,))
    except TooCostly:
        return Verdict(issues=(TOO_COSTLY,))


def _faulted(error: ValidationError, tree: Json, labels: Labels) -> Verdict:
    try:
        faults = frozenset(_fault(one, tree) for one in details_of(error, tree))
        return Verdict(issues=(LOOK,), faults=faults, strict=StrictError(error, tree, labels))
    except TooCostly:
        return Verdict(issues=(LOOK,))


def _fault(details: ErrorDetails, tree: Json) -> str:
    """The place of an error: a missing key is missing at its own path, not at its object's."""
    path = _path(details, tree)
    return pointer((*path, details["loc"][-1]) if details["type"] == "missing" else path)


def _hides_answer(shape: Shape, tree: Json) -> bool:
    """Whether an object has none of the keys of the schema, or is a call of a tool: what counts is further inside.

    So it is with a list of such calls.
    """
    place = shape.place(shape.root)
    if isinstance(tree, list):
        return place.items is not None and any(isinstance(item, dict) and is_call(item) for item in tree)
    fields = place.fields
    if not isinstance(tree, dict) or not tree or not fields:
        return False
    return not fields.keys() & tree.keys() or is_call(tree)


def _by_its_own_word(schema: Schema[Any], tree: Json, chosen: Chosen, strict: StrictError) -> Verdict:
    """The value by the type's own word, with a repair for each key that it drops and each conversion that it makes."""
    data, validators = to_json(tree, inf_nan_mode="constants"), validators_of(schema)
    read = partial(validators.open if is_finite(tree) else validators.open_infinite, data)
    found = strict.still(tree)
    unknown = [one for one in found if one["type"] in _UNKNOWN]
    only_unknown = len(unknown) == len(found) and tree is strict.tree
    try:
        value = _guarded(schema, partial(read, strict=only_unknown), strict.labels, chosen)
    except ValidationError as error:
        return Verdict(issues=_issues([one for one in found if one not in unknown], error, tree))
    paths = dict.fromkeys(_path(one, tree) for one in unknown)
    ignored = tuple(Repair(IGNORED, pointer(path), cast(Json, at(tree, path)), None, Risk.LOSSLESS) for path in paths)
    verdict = _converted(schema, [one for one in found if one not in unknown], value, tree)
    return replace(verdict, repairs=(*verdict.repairs, *ignored))


def _guarded(schema: Schema[Any], run: Callable[..., Any], labels: Labels, chosen: Chosen = NO_CHOICE) -> Any:
    """Run Pydantic; what a validator of the user's raises beside its refusals is a fault of the task."""
    try:
        with one_validation(chosen, schema.context, labels):
            return run(context=schema.context)
    except (ValidationError, RecursionError):
        raise
    except Exception as error:
        raise task_error(schema, error) from error


def _issues(strict: Sequence[ErrorDetails], lax: ValidationError, tree: Json) -> tuple[Issue, ...]:
    """What is wrong even by lax rules; and what only strict reading faults, where no text was misread as Python."""
    found = issues_of(details_of(lax, tree), tree)
    paths = {issue.path for issue in found}
    more = (issue for issue in issues_of(strict, tree) if not isinstance(issue.found, str | list | dict))
    return (*found, *(issue for issue in more if issue.path not in paths))


def _converted(schema: Schema[Any], strict: Sequence[ErrorDetails], value: Any, tree: Json) -> Verdict:
    """The value that lax reading gave, with a Repair for each place where it is another than the response's."""
    repairs: dict[str, Repair] = {}
    dumps = dumps_of(schema, value) if strict else []
    for details in strict:
        path = _path(details, tree)
        before = at(tree, path)
        after = next((one for dump in dumps if (one := at(dump, path)) is not MISSING), MISSING)
        found = conversion_of(before, details, after)
        if found is Conversion.REFUSED:
            return Verdict(issues=tuple(issues_of(strict, tree)))
        if found is Conversion.ALLOWED:
            shown = None if after is MISSING else cast(Json, after)
            was = None if before is MISSING else cast(Json, before)
            repairs[pointer(path)] = Repair("converted", pointer(path), was, shown, Risk.INTERPRETIVE)
    return Verdict(value, repairs=tuple(repairs.values()))


def with_defaults(schema: Schema[Any], repairs: tuple[Repair, ...], value: Any) -> tuple[Repair, ...]:
    """The repairs, with what a `default_factory` made in place of null, which no schema tells."""
    if not any(repair.rule == RULE and repair.after is None for repair in repairs):
        return repairs
    dumps = dumps_of(schema, value)

    def told(repair: Repair) -> Repair:
        made = next((found for dump in dumps if (found := at(dump, steps(repair.path))) is not MISSING), None)
        return replace(repair, after=cast(Json, made)) if repair.rule == RULE and repair.after is None else repair

    return tuple(map(told, repairs))


def misread_times(schema: Schema[Any], tree: Json, value: Any) -> tuple[Issue, ...]:
    """Bare numbers in texts that a union of a time with something else took for seconds."""
    numbers = {path: text for path, text in _texts(tree) if is_numeric(text)}
    dumps = dumps_of(schema, value) if numbers else []
    issues: dict[str, Issue] = {}
    for path, text in numbers.items():
        after = next((found for dump in dumps if (found := at(dump, steps(path))) is not MISSING), text)
        if isinstance(after, str) and not is_numeric(after) and text not in siblings(dumps, steps(path)):
            issues[path] = Issue(
                path, "would be read as seconds since 1970", "format", text, "an ISO 8601 date or time"
            )
    return tuple(issues.values())


def _texts(tree: Json) -> Iterator[tuple[str, str]]:
    """Every text of a tree, with its path."""
    todo: list[tuple[str, Json]] = [("", tree)]
    while todo:
        path, here = todo.pop()
        if isinstance(here, str):
            yield path, here
        elif isinstance(here, dict):
            todo.extend((path + pointer([key]), item) for key, item in here.items())
        elif isinstance(here, list):
            todo.extend((f"{path}/{index}", item) for index, item in enumerate(here))


def _path(details: ErrorDetails, tree: Json) -> tuple[str | int, ...]:
    """The steps of an error's location that lead into the tree; the labels of unions are left out.

    A label may be called like a key (the tag "cat" of an object with a field cat): then the reading that follows the
    location further is meant.
    """
    ways: list[tuple[tuple[str | int, ...], object]] = [((), tree)]
    for step in details["loc"]:
        further = [((*path, step), at(cast(Json, here), (step,))) for path, here in ways]
        ways = [*(way for way in further if way[1] is not MISSING), *ways][:_MOST_WAYS]
    return max((path for path, _ in ways), key=len)


_MOST_WAYS = 16


# Exceptions of a user's validators


def task_error(schema: Schema[Any], error: Exception) -> TaskError:
    """A TaskError that names the validator, its model and field, as far as the traceback and the schema tell."""
    name, place = "a validator", schema.name
    codes = dict(_frames(error))
    for function, where in _validators(cast(object, getattr(schema.adapter, "core_schema", None)), ()):
        code = _code(function)
        if code in codes:
            name, place = f"the validator {codes[code]}", ".".join(where) or place
            break
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return TaskError(
        f"{name} of {place} raised {said}. A validator refuses a value with ValueError or AssertionError; "
        "anything else is a fault in the validator: fix it."
    )


def _frames(error: Exception) -> Iterator[tuple[CodeType, str]]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code, code.co_qualname.replace("<locals>.", "")
        trace = trace.tb_next


def _code(function: object) -> CodeType | None:
    function = function.__func__ if isinstance(function, MethodType) else function
    return function.__code__ if isinstance(function, FunctionType) else None


def _validators(part: object, where: tuple[str, ...]) -> Iterator[tuple[object, tuple[str, ...]]]:
    """Every function in a core schema, with the model and field that it stands in."""
    if isinstance(part, (list, tuple)):
        for item in cast("list[object]", part):
            yield from _validators(item, where)
    if not isinstance(part, dict):
        return
    known = cast("dict[str, object]", part)
    if known.get("type") in {"model", "dataclass", "typed-dict"}:
        where = (getattr(known.get("cls"), "__name__", "?"),)
    function = known.get("function")
    if isinstance(function, dict) and "function" in function:
        yield cast("dict[str, object]", function)["function"], where
    for key, value in known.items():
        if key == "fields" and isinstance(value, dict):
            for name, one in cast("dict[str, object]", value).items():
                yield from _validators(one, (*where[:1], name))
        elif key not in {"function", "metadata", "serialization"}:
            yield from _validators(value, where)
