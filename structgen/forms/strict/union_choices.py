"""Unions that strict mode can tell apart, and how.

Reported of Groq: object variants must differ by one property of fixed values (a discriminator; several candidates are
refused), or have no key in common. Anything less sure is refused here rather than by the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from structgen.core.json import Json, steps
from structgen.forms.strict.all_of import Refused
from structgen.forms.strict.shape_reader import Reader
from structgen.forms.strict.strict_shapes import (
    AnyOf,
    Bare,
    Choice,
    Entries,
    Items,
    Named,
    Record,
    Scalar,
    Shape,
    Shapes,
    bare,
    described,
    words_of,
)
from structgen.schema.keywords import Steps

MOST_OPTIONS = 200
Plain = Scalar | Items | Entries | Record


def link(reader: Reader) -> Shapes:
    """All shapes of a schema, every reference resolved and every union decided. Raises Refused."""
    flat: dict[str, tuple[Plain, ...]] = {}
    definitions: dict[str, Shape] = {}
    for name in _in_order(reader):
        shape = reader.definitions[name]
        flat[name] = _flatten(shape, flat)
        held = bare(shape)
        definitions[name] = _behind(definitions[held.name], words_of(shape)) if isinstance(held, Named) else shape
    choices: dict[int, Choice] = {}
    for number, (union, at) in reader.unions.items():
        options = _flatten(union, flat)
        if len(options) > MOST_OPTIONS:
            raise Refused(f"a union of {len(options)} forms is more than strict is asked to tell apart", at)
        choices[number] = choose(options, definitions, at)
    return Shapes(definitions, choices)


def _behind(found: Shape, words: str) -> Shape:
    """What a definition stands for that is a mere reference; of a chain of them the first words count."""
    return described(bare(found), words) if words else found


def _in_order(reader: Reader) -> Sequence[str]:
    """The names of the definitions, those first that others stand for. Refuses one that stands for itself."""
    direct = {
        name: {one.name for one in _parts(shape) if isinstance(one, Named)}
        for name, shape in reader.definitions.items()
    }
    try:
        return tuple(TopologicalSorter(direct).static_order())
    except CycleError as error:
        name: str = error.args[1][0]
        place = next(place for place, known in reader.names.items() if known == name)
        raise Refused("this schema refers to itself with nothing in between", tuple(steps(place))) from None


def _parts(shape: Shape) -> tuple[Bare, ...]:
    held = bare(shape)
    return tuple(map(bare, held.options)) if isinstance(held, AnyOf) else (held,)


def _flatten(shape: Shape, known: Mapping[str, tuple[Plain, ...]]) -> tuple[Plain, ...]:
    """The options of a union with references resolved, each once."""
    found: dict[str | int, Plain] = {}
    for part in _parts(shape):
        for one in known[part.name] if isinstance(part, Named) else (part,):
            if not isinstance(one, AnyOf):
                found[repr(one.wire) if isinstance(one, Scalar) else id(one)] = one
    return tuple(found.values())


def choose(options: Sequence[Plain], definitions: Mapping[str, Shape], at: Steps) -> Choice:
    """How to tell the options apart. Raises Refused where that is not sure."""
    records = [one for one in options if isinstance(one, Record)]
    sequences = [one for one in options if isinstance(one, (Items, Entries))]
    free = any(isinstance(one, Entries) for one in sequences)
    if len(sequences) > 1 or (free and records):
        raise Refused(
            "an object with free keys is sent as a list of entries and cannot be told from what is beside it", at
        )
    null = any(isinstance(one, Scalar) and one.wire["type"] == "null" for one in options)
    tag, by = _separate(records, definitions, at)
    empty = next(
        (one for one in records if all(field.optional or field.default for field in one.fields.values())), None
    )
    return Choice(null, sequences[0] if sequences else None, empty, tag, by)


def _separate(
    records: Sequence[Record], definitions: Mapping[str, Shape], at: Steps
) -> tuple[str, Mapping[str, Record]]:
    """The discriminator ("" where it is the keys) and what it, or each key, leads to."""
    keys = [(key, record) for record in records for key in record.fields]
    if len(by_key := dict(keys)) == len(keys):
        return "", by_key
    tags = [key for key in records[0].fields if all(_fixed(record, key, definitions) for record in records)]
    if len(tags) == 1 and all(_tags(record, tags[0], definitions) for record in records):
        values = [(value, record) for record in records for value in _tags(record, tags[0], definitions)]
        if len(by_value := dict(values)) == len(values):
            return tags[0], by_value
        raise Refused(
            f"two of the objects in this union may have the same {tags[0]!r}, so it does not tell them apart", at
        )
    if len(tags) > 1:
        raise Refused(f"several properties could tell these objects apart ({', '.join(tags)}); strict wants one", at)
    seen: set[str] = set()
    common = next(key for key, _ in keys if key in seen or seen.add(key))
    raise Refused(
        f"objects in this union share the key {common!r}, and no property of fixed values tells them apart", at
    )


def _tags(record: Record, key: str, definitions: Mapping[str, Shape]) -> list[str]:
    """The fixed strings of a property that is always there; empty where it is none of these."""
    return [value for value in _fixed(record, key, definitions) if isinstance(value, str)]


def _fixed(record: Record, key: str, definitions: Mapping[str, Shape]) -> list[Json]:
    """The fixed values of a property that is always there. Of any kind: a server may take it for a discriminator."""
    field = record.fields.get(key)
    if field is None or field.optional:
        return []
    held = bare(field.shape)
    shape = bare(definitions[held.name]) if isinstance(held, Named) else held
    if not isinstance(shape, Scalar):
        return []
    values = shape.wire.get("enum")
    return values if isinstance(values, list) else []
