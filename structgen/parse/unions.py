"""Unions of objects in Pydantic's validators: which member a value is, decided by the keys that the value gives.

Pydantic drops the keys that a member does not know, so that a member which loses half of a response may win over the
one that is meant. Here the member that uses most of the given keys is validated, and no other. Where keys do not tell
members apart, each is tried; where two of them still take the value alike, and make different things of it, nothing is
chosen: the value is refused as ambiguous, with the keys that would tell.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, cast

from pydantic import ValidationError
from pydantic_core import PydanticCustomError, SchemaValidator, to_json

from structgen.core.json import JsonObject
from structgen.schema.members import Core, Member, Record, choices_of, definitions_of, mapped, member_of
from structgen.schema.pydantic_issues import AMBIGUOUS

_ANY, _OBJECTS, _NONE = "any member", "any object", "no member"
"""Labels of the choices beside the members: the whole union, its objects, and the refusal."""

_TRIALS: tuple[tuple[bool, Literal["forbid"] | None], ...] = ((True, "forbid"), (True, None), (False, None))
"""Strict or lax, and whether unknown keys are errors: the trials of members, from the one that loses nothing on."""

_decided: ContextVar[dict[tuple[int, bytes], str]] = ContextVar("_decided")


@contextmanager
def one_validation() -> Generator[None]:
    """Within it no union decides twice about the same value, however often unions are nested in each other."""
    token = _decided.set({})
    try:
        yield
    finally:
        _decided.reset(token)


def decides_unions(core: Core) -> Core | None:
    """The core schema with its unions of objects decided by keys; None if it has none."""
    definitions = definitions_of(core)
    rewriting = _Rewriting(definitions)
    made = rewriting.rewrite(core)
    if not rewriting.deciders:
        return None
    for decider in rewriting.deciders:
        decider.definitions = list(definitions_of(made).values())
    return made


class _Rewriting:
    """One copy of a core schema, with the deciders of the unions in it."""

    def __init__(self, definitions: Mapping[str, Core]) -> None:
        self.definitions = definitions
        self.deciders: list[_Decider] = []

    def rewrite(self, part: Core) -> Core:
        made = mapped(part, self.rewrite)
        made.pop("ref", None)  # parts are copied, and a name may be given only once
        if part.get("type") == "definitions":
            names = (one.get("ref") for one in cast("list[Core]", part["definitions"]))
            made["definitions"] = [{**one, "ref": name} for name, one in zip(names, made["definitions"], strict=True)]
        return self._decided(part, made) if part.get("type") == "union" else made

    def _decided(self, union: Core, made: Core) -> Core:
        members = [member_of(choice, self.definitions) for choice in choices_of(union)]
        records = sum(bool(member.records) and not member.inside_list for member in members)
        rivals = records and sum(member.takes_objects for member in members) > 1
        listed = sum(bool(member.records) and member.inside_list for member in members) > 1
        if union.get("mode") == "left_to_right" or not (rivals or listed):
            return made
        remade = choices_of(made)
        decider = _Decider(members, remade)
        self.deciders.append(decider)
        refusal: Core = {"type": "function-plain", "function": {"type": "no-info", "function": decider.refuse}}
        objects = [choice for member, choice in zip(members, remade, strict=True) if member.takes_objects]
        named: dict[str, Core] = dict(zip(decider.labels, remade, strict=True))
        named |= {_ANY: made, _NONE: refusal}
        if objects:
            named[_OBJECTS] = {"type": "union", "choices": objects}
        return {"type": "tagged-union", "choices": named, "discriminator": decider.decide}


class _Decider:
    """Decides for one union which member a value is validated as."""

    def __init__(self, members: Sequence[Member], choices: Sequence[Core]) -> None:
        self.members = members
        self.choices = choices
        self.labels = [f"{member.name}[{number}]" for number, member in enumerate(members)]
        self.definitions: list[Core] = []
        self._validators: dict[tuple[int, ...], SchemaValidator] = {}

    def decide(self, value: object) -> str:
        """The label of the choice for a value."""
        best = self._best(value)
        if len(best) < 2:
            return self.labels[best[0]] if best else _ANY
        data = to_json(value)
        known = _decided.get({})
        key = (id(self), data)
        if key not in known:
            known[key] = self._tried(best, data, value)
        return known[key]

    def refuse(self, value: object) -> object:
        """Raise the error of a value that may be several members."""
        best = self._best(value)
        names = [self.members[number].name for number in best]
        records = [record for number in best for record in self.members[number].records[:1]]
        keys = _telling(records, cast("dict[str, object]", value)) if isinstance(value, dict) else []
        said = {"members": " or ".join(dict.fromkeys(names)), "keys": keys}
        raise PydanticCustomError(AMBIGUOUS, "may be {members}, and nothing tells which", said)

    def _best(self, value: object) -> list[int]:
        """The members that use most of what is given; empty where the union itself may decide."""
        if isinstance(value, list):
            listed = [n for n, member in enumerate(self.members) if member.records and member.inside_list]
            return listed if len(listed) > 1 else []
        if not isinstance(value, dict):
            return []
        given = cast(JsonObject, value)
        ranks = {n: member.rank(given) for n, member in enumerate(self.members) if member.takes_objects}
        least = min(ranks.values(), default=None)
        return [n for n, rank in ranks.items() if rank == least]

    def _tried(self, best: list[int], data: bytes, value: object) -> str:
        """The only one of the members that takes the value, or the one that it fits best; a refusal if two do."""
        for strict, extra in _TRIALS:
            made: dict[int, object] = {}
            for number in best:
                try:
                    made[number] = self._validator((number,)).validate_json(data, strict=strict, extra=extra)
                except ValidationError:
                    continue
            if made:
                return self._settled(made, data, value, strict, extra)
        if isinstance(value, dict) and len(best) < sum(member.takes_objects for member in self.members):
            return self.labels[best[0]]
        return _OBJECTS if isinstance(value, dict) else _ANY

    def _settled(
        self, made: dict[int, object], data: bytes, value: object, strict: bool, extra: Literal["forbid"] | None
    ) -> str:
        first, *others = made
        if all(_equal(made[first], made[other]) for other in others):
            return self.labels[first]
        if isinstance(value, dict):  # all that a member has was given, and the others lack something
            given = cast(JsonObject, value)
            whole = [number for number in made if self.members[number].is_whole(given)]
            if len(whole) == 1:
                return self.labels[whole[0]]
        # Pydantic takes the member whose types fit without conversion; of two it takes the one that stands first.
        orders = (tuple(made), tuple(reversed(made)))
        ahead, behind = (self._validator(order).validate_json(data, strict=strict, extra=extra) for order in orders)
        fitting = [number for number in made if _equal(made[number], ahead)]
        return self.labels[fitting[0]] if fitting and _equal(ahead, behind) else _NONE

    def _validator(self, numbers: tuple[int, ...]) -> SchemaValidator:
        """A validator of some of the members, in this order."""
        if numbers not in self._validators:
            choices = [self.choices[number] for number in numbers]
            core: Core = choices[0] if len(choices) == 1 else {"type": "union", "choices": choices}
            if self.definitions:
                core = {"type": "definitions", "schema": core, "definitions": self.definitions}
            self._validators[numbers] = SchemaValidator(cast(Any, core), _use_prebuilt=False)
        return self._validators[numbers]


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same thing: equal, and of one class."""
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # a comparison of the user's
        return False


def _telling(records: Sequence[Record], value: Mapping[str, object]) -> list[str]:
    """The keys that would tell records apart: their common tag, else those that only some of them have."""
    names = [set(record.fields) for record in records]
    common = names[0].intersection(*names[1:]) if names else set[str]()
    for key in records[0].fields if records else ():
        allowed = [record.tags.get(key) for record in records]
        if key in common and all(allowed) and len({frozenset(map(repr, cast(Any, one))) for one in allowed}) > 1:
            return [key]
    every = {key: None for record in records for key in record.fields}
    return [key for key in every if key not in common and key not in value]
