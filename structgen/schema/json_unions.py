"""`anyOf`, `oneOf` and `$ref` in steps that grow with the value, also where a union holds itself.

jsonschema gathers the errors of every branch, and in these the errors of the unions further in: twice the work for
each level. Here each branch is first asked whether it fits, once for each place of the value. Only where none does
are errors gathered, up to a bound; beyond it a union says no more than that nothing fits.

Whatever else looks at a value twice (two members of `allOf`, `if` and `then`, two patterns for one key) doubles the
work only by way of references: so what a reference names is held against each place of the value once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jsonschema.exceptions import ValidationError

from structgen.schema.issues import NO_BRANCH

Errors: TypeAlias = Iterator[ValidationError]

MOST_UNIONS = 200
"""So many unions explain why nothing fits."""
MOST_TOLD = 200
"""So often the errors of a part of a value against a definition are gathered that were gathered before."""


@dataclass(slots=True)
class _Check:
    """What is known while one value is checked. Its parts stay alive as long, so that their ids name them."""

    known: dict[tuple[object, ...], bool] = field(default_factory=dict[tuple[object, ...], bool])
    told: set[tuple[object, ...]] = field(default_factory=set[tuple[object, ...]])
    told_again: int = 0
    evaluated: dict[tuple[object, ...], frozenset[str]] = field(
        default_factory=dict[tuple[object, ...], frozenset[str]]
    )
    probing: bool = False
    explained: int = 0


_check: ContextVar[_Check] = ContextVar("_check")


@contextmanager
def one_check() -> Generator[None]:
    """Within it one value is checked, and nothing is worked out twice."""
    token = _check.set(_Check())
    try:
        yield
    finally:
        _check.reset(token)


def fits(validator: Any, schema: Any, instance: Any) -> bool:
    """Whether a schema takes a value; in the scope of a dynamic reference it may take another elsewhere."""
    check = _check.get(None) or _Check()
    key = _key(validator._resolver, schema, instance)
    if key not in check.known:
        before, check.probing = check.probing, True
        try:
            check.known[key] = next(validator.descend(instance, schema), None) is None
        finally:
            check.probing = before
    return check.known[key]


def _key(resolver: Any, schema: Any, instance: Any) -> tuple[object, ...]:
    """A schema and a value, and the scope of dynamic references; jsonschema has no public way to it."""
    return id(schema), id(instance), tuple(uri for uri, _ in resolver.dynamic_scope())


def reference(validator: Any, ref: str, instance: Any, _: Any) -> Errors:
    """What a reference names; what is known of it is not worked out again."""
    check = _check.get(None)
    if check is None:
        yield from validator._validate_reference(ref=ref, instance=instance)
        return
    named = validator._resolver.lookup(ref)
    key = _key(named.resolver, named.contents, instance)
    if check.known.get(key) is True:
        return
    if check.known.get(key) is False and (check.probing or check.told_again >= MOST_TOLD):
        yield ValidationError(NO_BRANCH)
        return
    if not check.probing:
        check.told_again += key in check.told
        check.told.add(key)
    errors = validator._validate_reference(ref=ref, instance=instance)
    first = next(errors, None)
    check.known[key] = first is None
    if first is not None:
        yield first
        yield from errors


def evaluated(validator: Any, schema: Any, instance: Any, look: Callable[[], set[str]]) -> frozenset[str]:
    """The keys that a schema has looked at, found out by `look` once."""
    check = _check.get(None) or _Check()
    key = _key(validator._resolver, schema, instance)
    if key not in check.evaluated:
        check.evaluated[key] = frozenset(look())
    return check.evaluated[key]


def any_of(validator: Any, branches: Any, instance: Any, _: Any) -> Errors:
    """One branch at least."""
    if not any(fits(validator, branch, instance) for branch in branches):
        yield _no_branch(validator, branches, instance)


def one_of(validator: Any, branches: Any, instance: Any, _: Any) -> Errors:
    """One branch and no other."""
    fitting = sum(fits(validator, branch, instance) for branch in branches)
    if not fitting:
        yield _no_branch(validator, branches, instance)
    elif fitting > 1:
        yield ValidationError("fits more than one")


def _no_branch(validator: Any, branches: Any, instance: Any) -> ValidationError:
    check = _check.get(None)
    if check is None or check.probing or check.explained >= MOST_UNIONS:
        return ValidationError(NO_BRANCH)
    check.explained += 1
    context = [
        error
        for number, branch in enumerate(branches)
        for error in validator.descend(instance, branch, schema_path=number)
    ]
    return ValidationError(NO_BRANCH, context=context)
