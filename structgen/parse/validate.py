"""Validate a tree as a value of the type, and record every conversion that Pydantic makes.

Strict mode comes first: it accepts ISO dates, Decimals as strings and lists for sets. A before- or wrap-validator turns
its input into Python objects, for which strict mode refuses the same values. So what fails is validated once more in
lax mode, and each strict error is compared with the value that lax mode made. User validators run at most twice: the
structure of the type, without them, first tells which repairs a value needs.
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
from structgen.core.json import MISSING, Json, at, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align import Shape, is_call, shape_of
from structgen.parse.align.moments import is_numeric
from structgen.parse.align.nulls import RULE
from structgen.parse.coercions import Conversion, conversion_of, dumps_of, siblings
from structgen.parse.strict_json import is_finite
from structgen.parse.union_choice import Chosen, Labels, one_validation
from structgen.parse.validators import validators_of
from structgen.schema import Schema
from structgen.schema.guards import TOO_COSTLY, TooCostly, details_of, guard_cost
from structgen.schema.pydantic_issues import issues_of

TOO_DEEP = Issue("", "is nested too deeply, or refers to itself", "depth")
_NUMBER_AS_TEXT = re.compile(rb"\"\s*[+-]?\d+(?:\.\d*|:\d\d(?:-\d\d:\d\d)?)?\s*\"")
"""A bare number, two with a colon, or two times with a dash: Pydantic takes each of them for a date or time."""
_FINE_TIME = re.compile(rb"\d[.,]\d{6}\d*[1-9]")
"""A fraction finer than microseconds, which Pydantic cuts off."""
_LARGE_EXPONENT = re.compile(rb"\d[eE][+-]?\d{3}")
"""A few characters that make a Decimal of many digits."""
_NOT_INTEGER = re.compile(rb"true|false|\d[.eE]")
"""Values that Python may find equal to an integer, such as the choice 1 of a Literal."""
NO_CHOICE: Chosen = MappingProxyType({})
IGNORED = "ignored_key"
"""The rule of the repair for a key that does not reach the value."""
_UNKNOWN_KEY = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_NO_FAULTS: frozenset[str] = frozenset()
INCONCLUSIVE = Issue("", "needs a closer look", "look")
NOT_FINITE = Issue("", "contains NaN, Infinity or a number too large for a float", "not_finite")


class StrictError(NamedTuple):
    """The error of strict mode for a tree."""

    error: ValidationError
    tree: Json
    labels: Labels
    """The decisions of the type's unions."""

    def errors_in(self, tree: Json) -> list[ErrorDetails]:
        """Return the errors that still hold for a tree derived from this one: those at unchanged places."""
        found = details_of(self.error, self.tree)
        if tree is self.tree:
            return found
        paths = [(one, _path(one, self.tree)) for one in found if one["type"] != "missing"]
        return [one for one, path in paths if at(self.tree, path) is at(tree, path)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A value, or issues. `faults`: the paths at which strict mode failed, or None if they are not known.

    `strict`: the error of strict mode, if the user's validators took part in it.
    """

    value: Any = None
    issues: tuple[Issue, ...] = ()
    repairs: tuple[Repair, ...] = ()
    faults: frozenset[str] | None = None
    strict: StrictError | None = None


def validate(schema: Schema[Any], tree: Json, chosen: Chosen = NO_CHOICE, strict: StrictError | None = None) -> Verdict:
    """Validate a tree. Raises TaskError if a user validator raises anything but a refusal, and nothing else.

    `chosen`: the union members that the aligner chose. `strict`: the error of strict mode for this tree, or for the one
    it was derived from, if it ran before.
    """
    try:
        if schema.adapter is None:
            finite = is_finite(tree)  # to JSON Schema, NaN is a number like others
            return Verdict(tree, schema.check(tree) if finite else (NOT_FINITE,))
        if shape_of(schema).costly:
            guard_cost(schema.node, tree)
        if strict is None:
            verdict = validate_strict(schema, tree, chosen)
            if verdict.strict is None:
                return verdict
            strict = verdict.strict
        return _validate_lax(schema, tree, chosen, strict)
    except RecursionError:
        return Verdict(issues=(TOO_DEEP,))
    except TooCostly:
        return Verdict(issues=(TOO_COSTLY,))


def validate_as_is(schema: Schema[Any], shape: Shape, tree: Json, data: bytes, *, exact: bool = False) -> Verdict:
    """Validate clean JSON as it is, at Pydantic's own speed. The verdict is INCONCLUSIVE if only `validate` can tell.

    Unknown keys are inconclusive, because they may be fields in another spelling. So are numbers in quotes for a date,
    because Pydantic takes them for seconds. `data` is `tree` as JSON, except that it lacks digits if some numbers are
    `exact`; then the user's validators do not see it.
    """
    if schema.adapter is None:
        return Verdict(issues=(INCONCLUSIVE,)) if _may_wrap_answer(shape, tree) else validate(schema, tree)
    if shape.aliased and shape.is_spelled_twice(data):
        return Verdict(issues=(INCONCLUSIVE,))
    # Here Pydantic may change something without an error: a choice that equals a number, converted keys, Base64,
    # seconds and fractions of times, Decimals of many digits.
    equals_integer = bool(shape.numbered and _NOT_INTEGER.search(data))
    times = shape.temporal and (_NUMBER_AS_TEXT.search(data) or _FINE_TIME.search(data))
    huge = shape.decimal and _LARGE_EXPONENT.search(data)
    doubtful = bool(exact or equals_integer or shape.keyed or shape.encoded or times or huge)
    if schema.runs:
        # A value that needs repairs is shown to the user's validators after them, and a validator may run only twice.
        structure = _strict_as_is(schema.structure, shape, tree, data)
        if structure.issues or doubtful:
            return Verdict(issues=(INCONCLUSIVE,), faults=None if equals_integer else structure.faults)
    found = _strict_as_is(schema, shape, tree, data)
    found = replace(found, issues=(INCONCLUSIVE,)) if doubtful and not found.issues else found
    # Pydantic takes true for the choice 1 without a fault, so the aligner must look at every place.
    return replace(found, faults=None, strict=None) if equals_integer else found


def _strict_as_is(schema: Schema[Any], shape: Shape, tree: Json, data: bytes) -> Verdict:
    validators, labels = validators_of(schema), Labels()
    try:
        if shape.costly:
            guard_cost(schema.node, tree)
        # A closed validator does not call a custom __init__, which must see the value. Unknown keys are no danger here:
        # the structure, which has no __init__, was validated before.
        read = validators.open if validators.constructs else validators.closed
        return Verdict(_run(schema, partial(read, data, strict=True), labels), faults=_NO_FAULTS)
    except ValidationError as error:
        return _inconclusive(error, tree, labels)
    except RecursionError:
        return Verdict(issues=(TOO_DEEP,))
    except TooCostly:
        return Verdict(issues=(TOO_COSTLY,))


def validate_strict(schema: Schema[Any], tree: Json, chosen: Chosen = NO_CHOICE) -> Verdict:
    """Validate a tree in strict mode, in which each key that the type would drop is an error too."""
    data, validators, finite = to_json(tree, inf_nan_mode="constants"), validators_of(schema), is_finite(tree)
    labels = Labels()
    try:
        if shape_of(schema).costly:
            guard_cost(schema.node, tree)
        if validators.constructs:  # the structure finds unknown keys, which a custom __init__ may accept or drop
            structure = validators_of(schema.structure)
            closed = structure.closed if finite else structure.closed_infinite
            _run(schema, partial(closed, data, strict=True), labels, chosen)
            read = validators.open if finite else validators.open_infinite
        else:
            read = validators.closed if finite else validators.closed_infinite
        return Verdict(_run(schema, partial(read, data, strict=True), labels, chosen))
    except ValidationError as error:
        found = _inconclusive(error, tree, labels)
        # Without its error, the value has far more errors than places.
        return found if found.strict else Verdict(issues=(TOO_COSTLY,))
    except RecursionError:
        return Verdict(issues=(TOO_DEEP,))
    except TooCostly:
        return Verdict(issues=(TOO_COSTLY,))


def _inconclusive(error: ValidationError, tree: Json, labels: Labels) -> Verdict:
    try:
        faults = frozenset(_fault_path(one, tree) for one in details_of(error, tree))
        return Verdict(issues=(INCONCLUSIVE,), faults=faults, strict=StrictError(error, tree, labels))
    except TooCostly:
        return Verdict(issues=(INCONCLUSIVE,))


def _fault_path(details: ErrorDetails, tree: Json) -> str:
    """Return the path of an error; a missing key is missing at its own path, not at its object's."""
    path = _path(details, tree)
    return pointer((*path, details["loc"][-1]) if details["type"] == "missing" else path)


def _may_wrap_answer(shape: Shape, tree: Json) -> bool:
    """Whether the answer may be nested further inside: in an object without any schema key, or in tool calls."""
    place = shape.place(shape.root)
    if isinstance(tree, list):
        return place.items is not None and any(isinstance(item, dict) and is_call(item) for item in tree)
    fields = place.fields
    if not isinstance(tree, dict) or not tree or not fields:
        return False
    return not fields.keys() & tree.keys() or is_call(tree)


def _validate_lax(schema: Schema[Any], tree: Json, chosen: Chosen, strict: StrictError) -> Verdict:
    """Validate by the type's own rules, with a repair for each key that it drops and each conversion that it makes."""
    data, validators = to_json(tree, inf_nan_mode="constants"), validators_of(schema)
    read = partial(validators.open if is_finite(tree) else validators.open_infinite, data)
    found = strict.errors_in(tree)
    unknown = [one for one in found if one["type"] in _UNKNOWN_KEY]
    # If unknown keys were the only errors, nothing needs a conversion, so strict mode makes sure of that.
    only_unknown = len(unknown) == len(found) and tree is strict.tree
    try:
        value = _run(schema, partial(read, strict=only_unknown), strict.labels, chosen)
    except ValidationError as error:
        return Verdict(issues=_issues([one for one in found if one not in unknown], error, tree))
    paths = dict.fromkeys(_path(one, tree) for one in unknown)
    ignored = tuple(Repair(IGNORED, pointer(path), cast(Json, at(tree, path)), None, Risk.LOSSLESS) for path in paths)
    verdict = _with_conversions(schema, [one for one in found if one not in unknown], value, tree)
    return replace(verdict, repairs=(*verdict.repairs, *ignored))


def _run(schema: Schema[Any], validator: Callable[..., Any], labels: Labels, chosen: Chosen = NO_CHOICE) -> Any:
    """Run a Pydantic validator. Raises TaskError if a user validator raises anything but a refusal."""
    try:
        with one_validation(chosen, schema.context, labels):
            return validator(context=schema.context)
    except (ValidationError, RecursionError):
        raise
    except Exception as error:
        raise task_error(schema, error) from error


def _issues(strict: Sequence[ErrorDetails], lax: ValidationError, tree: Json) -> tuple[Issue, ...]:
    """Return the issues of lax mode, and those of strict mode that no Python input explains."""
    found = issues_of(details_of(lax, tree), tree)
    paths = {issue.path for issue in found}
    # For strings, lists and objects, strict mode may only refuse the form that JSON has for a date or a set.
    more = (issue for issue in issues_of(strict, tree) if not isinstance(issue.found, str | list | dict))
    return (*found, *(issue for issue in more if issue.path not in paths))


def _with_conversions(schema: Schema[Any], strict: Sequence[ErrorDetails], value: Any, tree: Json) -> Verdict:
    """Return the value of lax mode, with a repair for each place that it converted; refuse it if no rule allows one."""
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
            old = None if before is MISSING else cast(Json, before)
            new = None if after is MISSING else cast(Json, after)
            repairs[pointer(path)] = Repair("converted", pointer(path), old, new, Risk.INTERPRETIVE)
    return Verdict(value, repairs=tuple(repairs.values()))


def with_defaults(schema: Schema[Any], repairs: tuple[Repair, ...], value: Any) -> tuple[Repair, ...]:
    """Add the default that replaced a null to its repair; a `default_factory` is not in the JSON Schema."""
    if not any(repair.rule == RULE and repair.after is None for repair in repairs):
        return repairs
    dumps = dumps_of(schema, value)

    def filled(repair: Repair) -> Repair:
        default = next((found for dump in dumps if (found := at(dump, steps(repair.path))) is not MISSING), None)
        return replace(repair, after=cast(Json, default)) if repair.rule == RULE and repair.after is None else repair

    return tuple(map(filled, repairs))


def misread_times(schema: Schema[Any], tree: Json, value: Any) -> tuple[Issue, ...]:
    """Return an issue for each number in quotes that a union with a time type took for seconds."""
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
    """Yield every string of a tree, with its path."""
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
    """Return the steps of an error's location that lead into the tree, without the labels of unions.

    A label may equal a key (the tag "cat" of an object with a field cat). So both ways are followed, and the one that
    leads further counts.
    """
    ways: list[tuple[tuple[str | int, ...], object]] = [((), tree)]
    for step in details["loc"]:
        further = [((*path, step), at(cast(Json, here), (step,))) for path, here in ways]
        ways = [*(way for way in further if way[1] is not MISSING), *ways][:_MAX_WAYS]
    return max((path for path, _ in ways), key=len)


_MAX_WAYS = 16


# Exceptions from user validators


def task_error(schema: Schema[Any], error: Exception) -> TaskError:
    """Return a TaskError that names the validator, its model and field, as far as the traceback and schema tell."""
    name, place = "a validator", schema.name
    codes = dict(_frames(error))
    for function, where in _validators(cast(object, getattr(schema.adapter, "core_schema", None)), ()):
        code = _code(function)
        if code in codes:
            name, place = f"the validator {codes[code]}", ".".join(where) or place
            break
    raised = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return TaskError(
        f"{name} of {place} raised {raised}. A validator refuses a value with ValueError or AssertionError; "
        "anything else is a bug in the validator: fix it."
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
    """Yield every function in a core schema, with its model and field."""
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
