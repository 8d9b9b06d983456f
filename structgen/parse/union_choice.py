"""Choose the member of a union of objects by the keys of the value, within Pydantic's validators.

Pydantic drops the keys that a member does not know, so a member that loses half of a response may win over the one that
is meant. This module validates a value only as the member that uses most of its keys. If the keys do not tell members
apart, it tries each. If two still accept the value and make different things of it, the value is refused as ambiguous,
and the error names the keys that would tell.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeAlias, cast

from pydantic import ValidationError
from pydantic_core import PydanticCustomError, SchemaValidator, to_json, to_jsonable_python

from structgen.core.json import Json, JsonObject
from structgen.schema.check import Context
from structgen.schema.core_schema import (
    Core,
    Member,
    Record,
    choices_of,
    closed,
    definitions_of,
    has_functions,
    member_of,
    rewritten,
    without_functions,
)
from structgen.schema.pydantic_issues import AMBIGUOUS

_ANY, _OBJECTS, _NONE = "any member", "any object", "no member"
"""Labels of the choices beside the members: the whole union, its objects, and the refusal."""

_TRIALS = ((True, True), (True, False), (False, True), (False, False))
"""Whether unknown keys are errors, and whether types are strict. Losing a key is worse than a conversion."""

Labels: TypeAlias = dict[tuple[int, bytes], str]
"""The decisions so far: a union and a value in JSON -> the label of the member."""

Chosen: TypeAlias = Mapping[tuple[int, bytes], int | None]
"""The number of members and a value in JSON -> the member that the aligner chose before it dropped a null."""


@dataclass(frozen=True, slots=True)
class _Validation:
    """The state of one validation, which the discriminators cannot get as an argument."""

    chosen: Chosen
    context: Context = None
    labels: Labels = field(default_factory=Labels)


_validation: ContextVar[_Validation] = ContextVar("_validation")


@contextmanager
def one_validation(chosen: Chosen, context: Context, labels: Labels) -> Generator[None]:
    """Within this context no union decides twice about the same value, however deep unions are nested.

    User validators get `context`, even when a union tries its members. `labels` keeps the decisions for the next
    validation of the same response.
    """
    token = _validation.set(_Validation(chosen, context, labels))
    try:
        yield
    finally:
        _validation.reset(token)


def decide_unions_by_keys(core: Core) -> Core | None:
    """Return the core schema with its unions of objects decided by keys, or None if it has none."""
    rewriting = _Rewriting(definitions_of(core))
    made = rewritten(core, rewriting.rewrite)
    if not rewriting.deciders:
        return None
    inner = made["schema"] if made.get("type") == "definitions" else made
    rewriting.shared += definitions_of(made).values()
    return {"type": "definitions", "schema": inner, "definitions": rewriting.shared}


class _Rewriting:
    """A copy of a core schema, and the deciders of the unions in it."""

    def __init__(self, definitions: Mapping[str, Core]) -> None:
        self.definitions = definitions
        self.deciders: list[_Decider] = []
        self.shared: list[Core] = []
        self._references: dict[int, tuple[Core, Core]] = {}

    def rewrite(self, part: Core, made: Core) -> Core:
        """Change one part; `made` is a copy of it whose own parts are changed."""
        made.pop("ref", None)  # parts are copied, and a reference must be unique
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
        choices = [self._shared(choice) for choice in choices_of(made)]
        decider = _Decider(members, choices, self.shared)
        self.deciders.append(decider)
        refusal: Core = {"type": "function-plain", "function": {"type": "no-info", "function": decider.refuse}}
        objects = [choice for member, choice in zip(members, choices, strict=True) if member.takes_objects]
        named: dict[str, Core] = dict(zip(decider.labels, choices, strict=True))
        named |= {_ANY: {**made, "choices": choices}, _NONE: refusal}
        if objects:
            named[_OBJECTS] = {"type": "union", "choices": objects}
        return {"type": "tagged-union", "choices": named, "discriminator": decider.decide}

    def _shared(self, choice: Core) -> Core:
        """Make a choice a definition and return a reference to it.

        Each choice occurs in several unions of the copy, and nested copies would grow exponentially.
        """
        if choice.get("type") == "definition-ref":
            return choice
        if id(choice) not in self._references:
            name = f"structgen:{len(self.shared)}"
            self.shared.append({**choice, "ref": name})
            self._references[id(choice)] = (choice, {"type": "definition-ref", "schema_ref": name})
        return self._references[id(choice)][1]


class _Decider:
    """Decides for one union as which member a value is validated."""

    def __init__(self, members: Sequence[Member], choices: Sequence[Core], shared: Sequence[Core]) -> None:
        self.members = members
        self.choices = choices
        self.labels = [f"{member.name}[{number}]" for number, member in enumerate(members)]
        tags = [set(record.tags) for member in members for record in member.records if record.fields]
        self.tags = frozenset(tags[0].intersection(*tags[1:])) if tags else frozenset[str]()
        self._shared = shared
        self._validators: dict[tuple[bool, int, bool], SchemaValidator] = {}

    @cached_property
    def _runs(self) -> bool:
        """Whether some member has user validators."""
        return any(map(has_functions, self._shared))

    def decide(self, value: object) -> str:
        """Return the label of the choice for a value."""
        best = self._best(value)
        if len(best) < 2:
            return self.labels[best[0]] if best else _ANY
        try:
            data = to_json(value)
        except Exception:  # a user validator made an object of the response that JSON cannot hold
            return _ANY
        known = _validation.get(None) or _Validation({})
        key = (id(self), data)
        if key not in known.labels:
            chosen = known.chosen.get((len(self.members), data))
            known.labels[key] = (
                self.labels[chosen] if chosen in best else self._try_members(best, data, value, known.context)
            )
        return known.labels[key]

    def refuse(self, value: object) -> object:
        """Raise the error for a value that may be several members."""
        best = self._best(value)
        names = [self.members[number].name for number in best]
        records = [record for number in best for record in self.members[number].records[:1]]
        keys = _distinguishing_keys(records, cast("dict[str, object]", value)) if isinstance(value, dict) else []
        context = {"members": " or ".join(dict.fromkeys(names)), "keys": keys}
        raise PydanticCustomError(AMBIGUOUS, "may be {members}, and nothing tells which", context)

    def _best(self, value: object) -> list[int]:
        """Return the members that use most of the given keys; an empty list if the union itself may decide."""
        if isinstance(value, list):
            listed = [n for n, member in enumerate(self.members) if member.records and member.inside_list]
            return listed if len(listed) > 1 else []
        if not isinstance(value, dict):
            return []
        given = cast(JsonObject, value)
        ranks = {n: member.rank(given, self.tags) for n, member in enumerate(self.members) if member.takes_objects}
        least = min(ranks.values(), default=None)
        return [n for n, rank in ranks.items() if rank == least]

    def _try_members(self, best: list[int], data: bytes, value: object, context: Context) -> str:
        """Validate the value as each of these members; return the label of the one that accepts it or fits it best."""
        errors: dict[int, ValidationError] = {}
        for closes, strict in _TRIALS:
            accepted = partial(self._accepted, data, closes, strict, errors, context)
            # User validators may run only twice, so they take part only if nothing else tells the members apart.
            made = accepted(best, bare=self._runs)
            if len(made) > 1 and self._runs:
                made = accepted(tried := list(made), bare=False)
                if not made and all(_is_user_refusal(errors[number]) for number in tried):
                    break  # the next trials would end with the same refusals
            if made:
                return self._settle(made, value)
        if isinstance(value, dict):
            given = cast(JsonObject, value)
            if all(self.members[number].rank(given, self.tags)[0] for number in best):
                return _OBJECTS  # the tag belongs to no member: the error of their union names all of them
            return self.labels[min(best, key=lambda number: _misfit(errors[number]))]
        return _ANY

    def _accepted(
        self,
        data: bytes,
        closes: bool,
        strict: bool,
        errors: dict[int, ValidationError],
        context: Context,
        members: Sequence[int],
        *,
        bare: bool,
    ) -> dict[int, object]:
        """Return the values that these members make of the JSON; `errors` gets the errors of those that refuse it."""
        made: dict[int, object] = {}
        for number in members:
            validator = self._validator(number, closes, bare)
            try:
                made[number] = validator.validate_json(data, strict=strict, context=context)
            except ValidationError as error:
                errors[number] = error
        return made

    def _settle(self, made: dict[int, object], value: object) -> str:
        """Return the label of the member that is meant among several that accept the value, or the refusal."""
        first, *others = made
        if all(_equal(made[first], made[other]) for other in others):
            return self.labels[first]
        # If one member has all its keys and every other lacks some, the complete one is meant.
        if isinstance(value, dict):
            given = cast(JsonObject, value)
            whole = [number for number in made if self.members[number].is_whole(given)]
            if len(whole) == 1:
                return self.labels[whole[0]]
        # Among equals, a member that converts less is meant: 3 is rather an int than a float.
        changes = {number: _changes(cast(Json, value), one) for number, one in made.items()}
        unchanged = [number for number, count in changes.items() if count == min(changes.values())]
        return self.labels[unchanged[0]] if len(unchanged) == 1 else _NONE

    def _validator(self, number: int, closes: bool, bare: bool) -> SchemaValidator:
        """Return the validator of one member; a `bare` one runs no user validators."""
        key = (closes, number, bare)
        if key not in self._validators:
            core: Core = {"type": "definitions", "schema": self.choices[number], "definitions": list(self._shared)}
            core = without_functions(core) if bare else core
            self._validators[key] = SchemaValidator(cast(Any, closed(core) if closes else core), _use_prebuilt=False)
        return self._validators[key]


def _changes(given: Json, made: object) -> int:
    """Count the scalars whose type differs between the response and the value, as of 3 and 3.0."""
    try:
        dumped = cast(Json, to_jsonable_python(made, by_alias=True))
    except Exception:  # the user's serializer raised
        return 0
    count, todo = 0, [(given, dumped)]
    while todo:
        before, after = todo.pop()
        if isinstance(before, dict) and isinstance(after, dict):
            todo += [(item, after[key]) for key, item in before.items() if key in after]
        elif isinstance(before, list) and isinstance(after, list):
            todo += zip(before, after, strict=False)
        else:
            count += type(before) is not type(after)
    return count


def _misfit(error: ValidationError) -> tuple[int, int]:
    """Return how badly a member fits. A nested union that is only ambiguous weighs less than an error."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return sum(one["type"] != AMBIGUOUS for one in errors), len(errors)


def _is_user_refusal(error: ValidationError) -> bool:
    """Whether only user validators refused the value."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return all(one["type"] in {"value_error", "assertion_error"} for one in errors)


def _equal(one: object, other: object) -> bool:
    """Whether two values are equal and of one class."""
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # the user's __eq__ raised
        return False


def _distinguishing_keys(records: Sequence[Record], value: Mapping[str, object]) -> list[str]:
    """Return the keys that would tell records apart: their common tag, else the absent ones that only some have."""
    names = [set(record.fields) for record in records]
    common = names[0].intersection(*names[1:]) if names else set[str]()
    for key in records[0].fields if records else ():
        allowed = [record.tags.get(key) for record in records]
        if key in common and all(allowed) and len({frozenset(map(repr, cast(Any, one))) for one in allowed}) > 1:
            return [key]
    every = {key: None for record in records for key in record.fields}
    return [key for key in every if key not in common and key not in value]
