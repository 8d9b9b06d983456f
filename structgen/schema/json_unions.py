"""`anyOf` and `oneOf` in steps that grow with the value, also where a union holds itself.

jsonschema gathers the errors of every branch, and in these the errors of the unions further in: twice the work for
each level. Here each branch is first asked whether it fits, once for each place of the value. Only where none does
are errors gathered, up to a bound; beyond it a union says no more than that nothing fits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jsonschema.exceptions import ValidationError

Errors: TypeAlias = Iterator[ValidationError]

NO_BRANCH = "fits none of the allowed forms"
MOST_UNIONS = 200
"""So many unions explain why nothing fits."""


@dataclass(slots=True)
class _Check:
    """What is known while one value is checked. Its parts stay alive as long, so that their ids name them."""

    known: dict[tuple[object, ...], bool] = field(default_factory=dict[tuple[object, ...], bool])
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
    scope = tuple(uri for uri, _ in validator._resolver.dynamic_scope())  # jsonschema has no public way to it
    key = (id(schema), id(instance), scope)
    if key not in check.known:
        before, check.probing = check.probing, True
        try:
            check.known[key] = next(validator.descend(instance, schema), None) is None
        finally:
            check.probing = before
    return check.known[key]


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
