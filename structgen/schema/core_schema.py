"""What only Pydantic's core schema says: the keys of each member of a union, and whose functions a type runs.

User validators may be slow, may call a server, may count. So everything that does not need them is done without them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, cast

from structgen.core.json import Json, JsonObject

Core: TypeAlias = dict[str, Any]
"""A part of a core schema."""

Rank: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Record:
    """The keys of one kind of object.

    `names` maps each accepted key to its field, `tags` each field that accepts only some constants to these constants.
    `open`: other keys are kept too.
    """

    fields: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, "tuple[object, ...]"])
    required: frozenset[str] = frozenset()
    open: bool = False

    def rank(self, value: JsonObject, tags: Container[str]) -> Rank:
        """Return how much of an object would be lost: wrong tags, dropped values, dropped nulls, other unknown keys.

        Only `tags` that every member of the union has count: they say nothing against a member without them.
        """
        strange = [key for key in value if key not in self.names]
        lost = 0 if self.open else sum(value[key] is not None for key in strange)
        nulls = 0 if self.open else len(strange) - lost
        known = ((self.names[key], item) for key, item in value.items() if key in self.names)
        mistagged = sum(name in tags and self._is_mistagged(name, item) for name, item in known)
        return mistagged, lost, nulls, len(strange)

    def _is_mistagged(self, name: str, item: Json) -> bool:
        allowed = self.tags.get(name)
        return allowed is not None and not any(type(one) is type(item) and one == item for one in allowed)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a union: the records that it may be (several for a nested union), or that its list holds."""

    name: str
    records: tuple[Record, ...] = ()
    inside_list: bool = False
    takes_objects: bool = False

    def rank(self, value: JsonObject, tags: Container[str]) -> Rank:
        """Return the rank of the record that loses least of an object."""
        return min((record.rank(value, tags) for record in self.records), default=(0, 0, 0, len(value)))

    def is_whole(self, value: JsonObject) -> bool:
        """Whether an object has all the keys of this member."""
        return any(set(record.fields) <= {record.names.get(key) for key in value} for record in self.records)


def definitions_of(core: Core) -> dict[str, Core]:
    """Return the definitions of a core schema by their names."""
    shared = cast("list[Core]", core["definitions"]) if core.get("type") == "definitions" else []
    return {part["ref"]: part for part in shared if "ref" in part}


def choices_of(union: Core) -> list[Core]:
    """Return the choices of a union, with or without tags."""
    given: object = union["choices"]
    found = cast("dict[str, Any]", given).values() if isinstance(given, dict) else cast("list[Any]", given)
    # A choice may be a pair with its label, and a tag may be an alias of another tag.
    schemas = [one for one in found if not isinstance(one, str)]
    return [cast("tuple[Core, str]", one)[0] if isinstance(one, tuple) else one for one in schemas]


def rewritten(core: Core, change: Callable[[Core, Core], Core]) -> Core:
    """Return a copy of a core schema. `change` gets each part and a copy of it whose own parts are already changed.

    A class that occurs several times is one object in all these places. With nested unions the tree would be
    exponentially larger than the objects in it, so each object is changed once and stays one object in the copy.
    """
    known: dict[int, Core] = {}

    def change_once(part: Core) -> Core:
        if id(part) not in known:
            known[id(part)] = change(part, mapped(part, change_once))
        return known[id(part)]

    return change_once(core)


def mapped(part: Core, change: Callable[[Core], Core]) -> Core:
    """Return a copy of a part of a core schema with each schema directly below it changed.

    Fields and tags have names that users chose, which may be any of Pydantic's own words.
    """
    made: Core = {}
    for key, value in part.items():
        if key in _WITHOUT_SCHEMAS:
            made[key] = value
        elif isinstance(value, dict):
            below = cast(Core, value)
            named = key in {"fields", "choices"}
            made[key] = {name: _each(one, change) for name, one in below.items()} if named else change(below)
        elif isinstance(value, list):
            made[key] = [_each(one, change) for one in cast("list[Any]", value)]
        else:
            made[key] = value
    return made


def _each(one: Any, change: Callable[[Core], Core]) -> Any:
    if isinstance(one, tuple):  # a choice of a union and its label
        schema, label = cast("tuple[Core, str]", one)
        return change(schema), label
    return change(cast(Core, one)) if isinstance(one, dict) else one


_WITHOUT_SCHEMAS = frozenset(
    {"function", "metadata", "serialization", "cls", "default", "expected", "members", "config", "custom_error_context"}
)
"""Keys of a core schema that hold no schemas."""


def has_part(core: Core, wanted: Callable[[Core], bool]) -> bool:
    """Whether some part of a core schema is wanted. Each object is looked at once, however often it occurs."""
    todo: list[Any] = [core]
    seen: set[int] = set()
    while todo:
        here = todo.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, dict):
            part = cast(Core, here)
            if wanted(part):
                return True
            todo.extend(value for key, value in part.items() if key != "metadata")
        elif isinstance(here, (list, tuple)):
            todo.extend(cast("list[Any]", here))
    return False


def member_of(choice: Core, definitions: Mapping[str, Core]) -> Member:
    """Return what a choice of a union accepts."""
    name, inside_list = "value", False
    todo, seen, looked_at = [choice], set[str](), set[int]()
    records: list[Record] = []
    takes_objects = False
    while todo:
        part = todo.pop()
        if id(part) in looked_at:
            continue
        looked_at.add(id(part))
        kind = str(part.get("type"))
        if kind == "definition-ref":
            if part["schema_ref"] not in seen and part["schema_ref"] in definitions:
                seen.add(part["schema_ref"])
                todo.append(definitions[part["schema_ref"]])
            continue
        named = getattr(part.get("cls"), "__name__", None)
        name = named if named and name == "value" else name
        if kind == "call" and isinstance(part.get("arguments_schema"), dict):  # a named tuple
            records.append(_of_arguments(cast(Core, part["arguments_schema"])))
            takes_objects = not inside_list
        elif kind in _LISTS and not records:
            inside_list = True
            items = part.get("items_schema")
            todo += cast("list[Core]", items) if isinstance(items, list) else [items] if items else []
        elif kind in _RECORDS and not part.get("root_model"):
            records.append(_record(part))
            takes_objects = not inside_list
        elif kind in _OPEN or (kind in _TRANSFORMS and not _holds_record(part, definitions)):
            records += [] if inside_list else [Record(open=True)]
            takes_objects = takes_objects or not inside_list
        elif kind != "json":  # JSON in a string is not an object itself
            todo += _below(part)
    return Member(name, tuple(records), inside_list, takes_objects)


_LISTS = frozenset({"list", "tuple", "set", "frozenset", "generator"})
_RECORDS = frozenset({"model", "dataclass", "typed-dict"})
_OPEN = frozenset({"dict", "any", "function-plain", "is-instance", "custom-error"})
_TRANSFORMS = frozenset({"function-before", "function-wrap"})
"""Validators that may accept anything and convert it."""
_FIELDS = frozenset({"model-fields", "dataclass-args", "typed-dict"})


def _holds_record(part: Core, definitions: Mapping[str, Core]) -> bool:
    """Whether the inner type of a user validator is an object with named fields, or a list."""
    inner = part
    while inner.get("type") in _TRANSFORMS or inner.get("type") == "definition-ref":
        inner = definitions.get(inner["schema_ref"], {}) if "schema_ref" in inner else cast(Core, inner["schema"])
    return inner.get("type") in _RECORDS | _LISTS or "choices" in inner


def _below(part: Core) -> Sequence[Core]:
    """Return the parts that describe the same value as this part."""
    if "choices" in part:
        return choices_of(part)
    for key in ("schema", "json_schema", "lax_schema"):
        if isinstance(part.get(key), dict):
            return [cast(Core, part[key])]
    steps = part.get("steps")
    return cast("list[Core]", steps[:1]) if isinstance(steps, list) else []


def _record(part: Core) -> Record:
    """Return the keys of a model, a dataclass or a TypedDict."""
    inner, config = part, cast(Core, part.get("config") or {})
    while inner.get("type") not in _FIELDS:
        below = _below(inner)
        if not below:  # a root model of something else
            return Record(open=True)
        inner = below[0]
    extra = inner.get("extra_behavior") or config.get("extra_fields_behavior")
    fields: dict[str, str] = {}
    names: dict[str, str] = {}
    tags: dict[str, tuple[object, ...]] = {}
    required: set[str] = set()
    for name, one in _fields_of(inner):
        if one.get("init") is False:
            continue
        aliases = list(_aliases(one.get("validation_alias")))
        key = aliases[0] if aliases else name
        fields[key] = name
        names |= dict.fromkeys((key, *aliases, name), key)
        held = cast(Core, one.get("schema") or {})
        allowed = _constants(held)
        if allowed:
            tags[key] = allowed
        if one.get("required", held.get("type") != "default"):
            required.add(key)
    return Record(tuple(fields), names, tags, frozenset(required), extra == "allow")


def _fields_of(inner: Core) -> Iterator[tuple[str, Core]]:
    fields = inner.get("fields", {})
    if isinstance(fields, dict):
        yield from cast("dict[str, Core]", fields).items()
    else:
        yield from ((one["name"], one) for one in cast("list[Core]", fields))


def _of_arguments(arguments: Core) -> Record:
    """Return the keys of a named tuple."""
    given = cast("list[Core]", arguments.get("arguments_schema", []))
    names = tuple(str(one.get("name")) for one in given)
    return Record(names, dict(zip(names, names, strict=True)))


def _aliases(found: object) -> Iterator[str]:
    """Yield the keys under which a field may come; of an alias path the first."""
    if isinstance(found, str):
        yield found
    paths = cast("list[Any]", found) if isinstance(found, list) else []
    for path in paths if all(isinstance(one, list) for one in paths) else [paths]:
        if isinstance(path[0], str):
            yield path[0]


def _constants(held: Core) -> tuple[object, ...]:
    """Return the only constants that a field accepts; empty if it accepts more, or converts what it gets."""
    while held.get("type") in {"default", "function-after"}:
        held = cast(Core, held["schema"])
    if held.get("type") not in {"literal", "enum"} or held.get("missing") is not None:
        return ()
    given = cast("list[object]", held["expected"] if held["type"] == "literal" else held["members"])
    found = tuple(one.value if isinstance(one, Enum) else one for one in given)
    return found if all(one is None or isinstance(one, str | int | float) for one in found) else ()


def closed(core: Core) -> Core:
    """Return the core schema with an error for each key that a type would drop. Types that allow other keys keep them.

    User constructors are left out, because they would hide what the validator finds.
    """
    return rewritten(core, _closed)


def _closed(_: Core, made: Core) -> Core:
    kind = made.get("type")
    if kind in {"model", "dataclass"}:
        config = cast(Core, made.get("config") or {})
        if config.get("extra_fields_behavior") != "allow":
            made["config"] = {**config, "extra_fields_behavior": "forbid"}
        if kind == "model" and made.get("custom_init"):
            made["custom_init"] = False
    elif kind == "typed-dict":
        config = cast(Core, made.get("config") or {})
        if (made.get("extra_behavior") or config.get("extra_fields_behavior")) != "allow":
            made["extra_behavior"] = "forbid"
    elif kind == "model-fields" and made.get("extra_behavior") == "ignore":
        made["extra_behavior"] = "forbid"
    return made


_STRUCTURE = (sys.stdlib_module_names - {"functools", "unittest"}) | {
    "pydantic", "pydantic_core", "pydantic_extra_types", "annotated_types", "structgen",
}  # fmt: skip
"""Modules whose functions count as structure. Not `functools`: a partial may hold a function of the user's."""

_PLACE = "ref"


def has_functions(core: Core) -> bool:
    """Whether a type runs user validators or constructors."""
    return has_part(core, _is_own)


def without_functions(core: Core) -> Core:
    """Return a copy of a core schema without user functions. What a user function sees first may be anything."""
    return rewritten(core, _without_functions)


def _without_functions(part: Core, made: Core) -> Core:
    kind, place = part.get("type"), {_PLACE: part[_PLACE]} if _PLACE in part else {}
    if _is_changed_before(part):
        return {"type": "any", **place}
    if kind == "function-after" and _is_own(part):
        inner = cast(Core, made["schema"])
        return {"type": "chain", "steps": [inner], **place} if place else inner
    if kind in _CLASSES:
        made.pop("post_init", None)
        made.pop("custom_init", None)
    if kind == "default" and "default_factory" in made:
        made = {**{key: value for key, value in made.items() if key not in _FACTORY}, "default": None}
    return made


def _is_changed_before(part: Core) -> bool:
    """Whether a user function sees the value first; the fields of a class count as the class."""
    kind = part.get("type")
    if kind in _BEFORE and _is_own(part):
        return True
    below = part.get("schema") if kind in _CLASSES or kind == "function-after" else None
    return isinstance(below, dict) and _is_changed_before(cast(Core, below))


_CLASSES = frozenset({"model", "dataclass"})
_BEFORE = frozenset({"function-before", "function-wrap", "function-plain"})
_FACTORY = frozenset({"default_factory", "default_factory_takes_data", "validate_default"})


def _is_own(part: Core) -> bool:
    """Whether a part runs user code on a value."""
    kind = part.get("type")
    if not isinstance(kind, str):  # a dict of fields, one of which is called "type"
        return False
    if kind in _CLASSES:
        return bool(part.get("custom_init") or part.get("post_init"))
    if kind != "function-after" and kind not in _BEFORE:
        return False
    given: Any = part.get("function")
    if not isinstance(given, dict):  # the function of a serializer
        return False
    function = cast("dict[str, object]", given).get("function")
    module = getattr(function, "__module__", None) or getattr(type(function), "__module__", "")
    return str(module).partition(".")[0] not in _STRUCTURE
