"""Checks of what users pass in. Each check returns the value in its intended form, or says what to write instead."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from os import PathLike, fspath
from typing import Any, TypeAlias, TypeVar, cast

from structgen.core.errors import ConfigurationError, StructgenError

E = TypeVar("E", bound=Enum)
T = TypeVar("T")

Check: TypeAlias = Callable[[object], object]
"""A value -> the value in its intended form. Raises InvalidArgument."""

_SHOWN = 60


class InvalidArgument(ValueError):
    """An invalid value. The message continues a sentence that begins with the name of the value."""


def checked(
    record: object,
    checks: Mapping[str, Check],
    more: Iterable[str] = (),
    error: type[StructgenError] = ConfigurationError,
) -> None:
    """Check the fields of a frozen dataclass, and set each to its intended form.

    Raises `error` with everything that is wrong, including `more`.
    """
    wrong: list[str] = []
    for field in fields(record):  # pyright: ignore[reportArgumentType]  a dataclass, which object does not say
        check, given = checks.get(field.name), getattr(record, field.name)
        try:
            meant = given if check is None else check(given)
        except InvalidArgument as problem:
            wrong.append(f"{field.name} {problem}")
            continue
        if meant is not given:
            object.__setattr__(record, field.name, meant)
    if wrong := [*wrong, *more]:
        raise error(f"Wrong {type(record).__name__}: {'; '.join(wrong)}.")


def argument(what: str, given: object, check: Callable[[object], T]) -> T:
    """Return an argument in its intended form. Raises ConfigurationError that names it."""
    try:
        return check(given)
    except InvalidArgument as problem:
        raise ConfigurationError(f"{what} {problem}.") from None


def choice(kind: type[E], given: object) -> E:
    """Return a member of an enum, given as itself, its value, or its name in any case."""
    if isinstance(given, kind):
        return given
    for member in kind:
        names = {member.name.casefold(), str(member.value).casefold()}
        if isinstance(given, str) and given.strip().casefold() in names:
            return member
    word = "name" if issubclass(kind, int) else "value"
    choices = ", ".join(repr(str(getattr(member, word)).lower()) for member in kind)
    raise InvalidArgument(f"is {shown(given)}, but must be one of {choices} ({kind.__name__})")


def one_of(kind: type[E]) -> Callable[[object], E]:
    """Return a check for a member of an enum."""
    return lambda given: choice(kind, given)


def optional(check: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return a check that also accepts None."""

    def read(given: object) -> T | None:
        try:
            return None if given is None else check(given)
        except InvalidArgument as problem:
            raise InvalidArgument(f"{problem}, or None") from None

    return read


def word_of(*choices: str) -> Callable[[object], str]:
    """Return a check for one of these words."""

    def read(given: object) -> str:
        if isinstance(given, str) and given in choices:
            return given
        raise InvalidArgument(f"is {shown(given)}, but must be one of {', '.join(map(repr, choices))}")

    return read


def currency_code(given: object) -> str:
    """Check for the code of a currency, and return it in capitals."""
    if isinstance(given, str) and _CURRENCY.fullmatch(given.strip()):
        return given.strip().upper()
    raise InvalidArgument(f"is {shown(given)}, but must be the ISO 4217 code of a currency, such as 'EUR'")


def language_code(given: object) -> str:
    """Check for the code of a language, and return it as in ``en-GB``."""
    found = _LANGUAGE.fullmatch(given.strip().replace("_", "-")) if isinstance(given, str) else None
    if found is None:
        raise InvalidArgument(f"is {shown(given)}, but must be the code of a language, such as 'de' or 'en-GB'")
    return "-".join(filter(None, [found[1].lower(), found[2] and found[2].title(), found[3] and found[3].upper()]))


_CURRENCY = re.compile(r"[A-Za-z]{3}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|\d{3}))?")


def whole(least: int | None = None) -> Callable[[object], int]:
    """Return a check for a whole number. Booleans are not numbers here."""
    wanted = "a whole number" if least is None else f"a whole number, at least {least}"

    def read(given: object) -> int:
        if isinstance(given, bool) or not isinstance(given, Integral) or (least is not None and int(given) < least):
            raise InvalidArgument(f"is {shown(given)}, but must be {wanted}")
        return given if isinstance(given, int) else int(given)

    return read


def number(
    least: float | None = None, most: float | None = None, *, above: float | None = None
) -> Callable[[object], float]:
    """Return a check for a finite number within bounds. Booleans are not numbers here."""
    wanted = "a finite number"
    if least is not None:
        wanted = f"a number of at least {least:g}" if most is None else f"a number between {least:g} and {most:g}"
    if above is not None:
        wanted = f"a number above {above:g}"

    def read(given: object) -> float:
        found = _finite(given)
        low = found is not None and ((least is not None and found < least) or (above is not None and found <= above))
        if found is None or low or (most is not None and found > most):
            raise InvalidArgument(f"is {shown(given)}, but must be {wanted}")
        return found

    return read


def _finite(given: object) -> float | None:
    """Return a finite number, or None for anything else."""
    if isinstance(given, bool) or not isinstance(given, (Real, Decimal)):
        return None
    try:
        found = given if isinstance(given, (int, float)) else float(given)
        return found if math.isfinite(found) else None
    except (OverflowError, ValueError):  # more than a float holds, or a signaling NaN
        return None


def flag(given: object) -> bool:
    """Check for a bool, not for something that is merely truthy."""
    if isinstance(given, bool):
        return given
    raise InvalidArgument(f"is {shown(given)}, but must be True or False")


def string(given: object) -> str:
    """Check for a str. The error names only the type of the value, which may be confidential text."""
    if isinstance(given, str):
        return given
    raise InvalidArgument(f"is {kind_of(given)}, but must be a str")


def filled(given: object) -> str:
    """Check for a str that is not empty."""
    if text := string(given).strip():
        return text
    raise InvalidArgument("is empty, but must be a non-empty str")


def pointers(given: object) -> Mapping[str, str | None]:
    """Check for a mapping of JSON Pointers to str or None."""
    held = cast("Mapping[object, object]", given) if isinstance(given, Mapping) else None
    if held is None:
        kind = kind_of(cast(object, given))
        raise InvalidArgument(f"is {kind}, but must be a mapping of paths to quotes: write {{'/total': 'TOTAL 2.40'}}")
    for path, quote in held.items():
        if not isinstance(path, str) or (path and not path.startswith("/")):
            raise InvalidArgument(f"has the key {shown(path)}, which must be a path like '/total' or '/items/0/name'")
        if quote is not None and not isinstance(quote, str):
            raise InvalidArgument(f"has {kind_of(quote)} under {shown(path)}, which must be a str, or None")
    return cast("Mapping[str, str | None]", given)


def name_in(given: object) -> str:
    """Check for a str. Paths and whole numbers are converted, because ids and versions often are such."""
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return fspath(cast("PathLike[str]", given)) if isinstance(given, PathLike) else string(given)


def strings(most: int) -> Callable[[object], str | tuple[str, ...]]:
    """Return a check for one non-empty str, or for several."""

    def read(given: object) -> str | tuple[str, ...]:
        several = tuple(cast("Sequence[object]", given)) if isinstance(given, (list, tuple)) else (given,)
        if not several or not all(isinstance(one, str) and one for one in several):
            raise InvalidArgument(f"is {shown(cast(object, given))}, but must be a non-empty str or a tuple of such")
        if len(several) > most:
            raise InvalidArgument(f"has {len(several)} texts, but may have at most {most}")
        return cast("str | tuple[str, ...]", given if isinstance(given, str) else several)

    return read


def mapping(given: object) -> Mapping[str, Any]:
    """Check for a mapping."""
    if isinstance(given, Mapping):
        return cast("Mapping[str, Any]", given)
    raise InvalidArgument(f"is {kind_of(given)}, but must be a mapping: write {{'name': value}}")


def pairs(given: object) -> Mapping[str, str]:
    """Check for a mapping of str to str."""
    if isinstance(given, Mapping):
        held = cast("Mapping[object, object]", given)
        if all(isinstance(part, str) for pair in held.items() for part in pair):
            return cast("Mapping[str, str]", given)
    raise InvalidArgument(f"is {shown(cast(object, given))}, but must be a mapping of str to str")


def several(kind: type[T], write: str) -> Callable[[object], tuple[T, ...]]:
    """Return a check for a tuple or list of instances of a class. `write` is an example of one, for the error."""

    def read(given: object) -> tuple[T, ...]:
        members = cast("Sequence[object]", given) if isinstance(given, (list, tuple)) else ()
        if isinstance(given, (list, tuple)) and all(isinstance(one, kind) for one in members):
            return cast("tuple[T, ...]", given if isinstance(given, tuple) else tuple(members))
        raise InvalidArgument(
            f"is {shown(cast(object, given))}, but must be a tuple of {kind.__name__}: write ({write},)"
        )

    return read


def instance(kind: type[T], write: str) -> Callable[[object], T]:
    """Return a check for an instance of a class. `write` is an example of one, for the error."""

    def read(given: object) -> T:
        if isinstance(given, kind):
            return given
        raise InvalidArgument(f"is {shown(given)}, but must be {kind.__name__}: write {write}")

    return read


def kind_of(given: object) -> str:
    """Return the name of a value's type, without the value itself."""
    return "None" if given is None else type(given).__name__


def shown(given: object) -> str:
    """Describe a value briefly: a class by its name, anything else by its repr, cut short."""
    if isinstance(given, type):
        return f"the class {given.__name__}"
    words = repr(given[: _SHOWN + 1] if isinstance(given, (str, bytes)) else given)
    words = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."
    return words if isinstance(given, (str, int, float, Enum)) or given is None else f"{words} ({type(given).__name__})"
