"""Strict forms of generated types: whatever the type, every value goes there and comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, Union, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, TypeAdapter, create_model

from structgen.forms.strict import StrictRefusal, StrictSchema, to_strict

ALLOWED = {"$defs", "$ref", "additionalProperties", "anyOf", "description", "enum", "items", "properties", "required"}
NAMES = ("a", "b", "c", "$ref", "key", "value", "x/y")
WORDS = st.text(st.characters(codec="utf-8"), max_size=5)
NUMBERS = st.one_of(st.integers(-9, 9), st.floats(-9, 9, allow_nan=False))


@dataclass(frozen=True)
class Kind:
    """A JSON Schema and the values of it, written as plain JSON with every property there."""

    schema: Any
    values: st.SearchStrategy[Any]


def scalars() -> st.SearchStrategy[Kind]:
    fixed = st.lists(st.one_of(WORDS, st.integers(), st.booleans(), st.none()), min_size=1, max_size=4, unique_by=repr)
    return st.one_of(
        st.just(Kind({"type": "string", "maxLength": 5}, WORDS)),
        st.just(Kind({"type": "integer", "minimum": -9}, st.integers(-9, 9))),
        st.just(Kind({"type": "number"}, NUMBERS)),
        st.just(Kind({"type": "boolean"}, st.booleans())),
        st.just(Kind({"type": ["string", "null"]}, st.none() | WORDS)),
        fixed.map(lambda values: Kind({"enum": values}, st.sampled_from(values))),
    )


def lists(item: Kind) -> Kind:
    return Kind({"type": "array", "items": item.schema, "maxItems": 3}, st.lists(item.values, max_size=3))


def entries(item: Kind) -> Kind:
    return Kind(
        {"type": "object", "additionalProperties": item.schema}, st.dictionaries(WORDS, item.values, max_size=3)
    )


def tuples(places: list[Kind]) -> Kind:
    schema = {"type": "array", "prefixItems": [place.schema for place in places], "items": False}
    return Kind(schema, st.tuples(*(place.values for place in places)).map(list))


def unions(options: list[Kind]) -> Kind:
    return Kind({"anyOf": [one.schema for one in options]}, st.one_of(*(one.values for one in options)))


def merged(kinds: tuple[Kind, Kind]) -> Kind:
    first, second = kinds
    both = st.tuples(first.values, second.values).map(lambda pair: {**pair[1], **pair[0]})
    return Kind({"allOf": [first.schema, second.schema]}, both)


@st.composite
def records(draw: st.DrawFn, inner: st.SearchStrategy[Kind], names: tuple[str, ...] = NAMES, tag: str = "") -> Kind:
    chosen = draw(st.dictionaries(st.sampled_from(names), inner, min_size=1, max_size=4))
    left_out = draw(st.sets(st.sampled_from(sorted(chosen))))
    optional = {name for name in left_out if not nullable(chosen[name])}
    properties = {name: kind.schema for name, kind in chosen.items()}
    values = {name: kind.values for name, kind in chosen.items()}
    if tag:
        properties, values = {"tag": {"const": tag}, **properties}, {"tag": st.just(tag), **values}
    required = [name for name in properties if name not in optional]
    here = {name: value for name, value in values.items() if name not in optional}
    maybe = {name: values[name] for name in sorted(optional)}
    schema = {"type": "object", "properties": properties, "required": required}
    return Kind(schema, st.fixed_dictionaries(here, optional=maybe))


def nullable(kind: Kind) -> bool:
    return Draft202012Validator(kind.schema).is_valid(None)


def nested(inner: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    two_records = st.tuples(records(inner, ("a", "b")), records(inner, ("c", "d")))
    tagged = st.tuples(records(inner, tag="one"), records(inner, tag="two"))
    return st.one_of(
        inner.map(lists),
        inner.map(entries),
        st.lists(inner, min_size=1, max_size=3).map(tuples),
        records(inner),
        st.lists(inner, min_size=1, max_size=3).map(unions),
        two_records.map(lambda pair: unions(list(pair))),
        two_records.map(merged),
        tagged.map(lambda pair: unions(list(pair))),
    )


KINDS = st.recursive(scalars(), nested, max_leaves=8)


def lint(schema: Any, place: str = "") -> None:
    """Fail where a schema is outside the strict subset."""
    assert set(schema) <= ALLOWED | {"type"}, place
    assert isinstance(schema.get("type", ""), str), place
    if schema.get("type") == "object":
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"]) != []
    for name, part in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        lint(part, f"{place}/{name}")
    for part in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        lint(part, f"{place}/*")
    objects = [part for part in schema.get("anyOf", []) if part.get("type") == "object"]
    keys = [key for part in objects for key in part["properties"]]
    tags = [
        key
        for key in keys
        if all(part["properties"].get(key, {}).get("enum") and key in part["required"] for part in objects)
    ]
    assert len(keys) == len(set(keys)) or len(set(tags)) == 1, place


@settings(deadline=None, max_examples=150)
@given(KINDS, st.data())
def test_every_value_of_a_schema_goes_there_and_comes_back(kind: Kind, data: st.DataObject) -> None:
    made = to_strict(kind.schema)
    if isinstance(made, StrictRefusal):
        assert made.reason
        return
    lint(made.json_schema)
    assert made.json_schema["type"] == "object"
    value = data.draw(kind.values)
    sent = made.forward(value)
    Draft202012Validator(made.json_schema).validate(sent)
    assert made.back(sent) == value


FRESH = count()


def models(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def build(fields: dict[str, Any], kind: str) -> Any:
        tag: Any = {"kind": (Literal[kind], kind)} if kind else {}  # type: ignore[valid-type]
        return create_model(f"Model{next(FRESH)}", **tag, **fields)

    def defaulted(annotation: Any) -> st.SearchStrategy[Any]:
        return values_of(annotation).map(lambda value: (annotation, value))

    field = inner.flatmap(lambda one: st.one_of(st.just((one, ...)), defaulted(one), st.just((Union[one, None], None))))
    fields = st.dictionaries(st.sampled_from(["a", "b", "c"]), field, min_size=1, max_size=3)
    return st.builds(build, fields, st.sampled_from(["", "this", "that"]))


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Instances of a type; of a model with some of its defaults left out."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        drawn = {name: values_of(field.annotation) for name, field in fields.items()}
        needed = {name: one for name, one in drawn.items() if fields[name].is_required()}
        maybe = {name: one for name, one in drawn.items() if not fields[name].is_required()}
        return st.fixed_dictionaries(needed, optional=maybe).map(lambda values: annotation(**values))
    arguments = getattr(annotation, "__args__", ())
    if annotation is float:
        return st.floats(-9, 9)
    if annotation is str:
        return WORDS
    if getattr(annotation, "__origin__", None) is Literal:
        return st.sampled_from(arguments)
    if annotation is type(None) or annotation is None:
        return st.none()
    return CONTAINERS.get(getattr(annotation, "__origin__", None), _plain)(annotation, arguments)


def _plain(annotation: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.one_of(*map(values_of, arguments)) if arguments else st.from_type(annotation)


CONTAINERS: dict[Any, Callable[[Any, tuple[Any, ...]], st.SearchStrategy[Any]]] = {
    list: lambda _, arguments: st.lists(values_of(arguments[0]), max_size=2),
    dict: lambda _, arguments: st.dictionaries(WORDS, values_of(arguments[1]), max_size=2),
    tuple: lambda _, arguments: st.tuples(*map(values_of, arguments)),
}

ANNOTATIONS = st.recursive(
    st.sampled_from([str, int, bool, float, Literal["x", "y"], Literal[1, "x"], None]),
    lambda inner: st.one_of(
        inner.map(lambda one: list[one]),  # type: ignore[valid-type]
        inner.map(lambda one: dict[str, one]),  # type: ignore[valid-type]
        inner.map(lambda one: Union[one, None]),
        st.tuples(inner, inner).map(lambda pair: tuple[pair[0], pair[1]]),  # type: ignore[name-defined]
        st.tuples(inner, inner).map(lambda pair: Union[pair[0], pair[1]]),  # type: ignore[name-defined]
        models(inner),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=100)
@given(ANNOTATIONS.filter(lambda one: one is not None), st.data())
def test_every_instance_of_a_pydantic_type_goes_there_and_comes_back(annotation: Any, data: st.DataObject) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    made = to_strict(adapter.json_schema())
    if isinstance(made, StrictRefusal):
        assert made.reason
        return
    lint(made.json_schema)
    instance = data.draw(values_of(annotation))
    full = adapter.dump_python(instance, mode="json")
    assert made.back(valid(made, full)) == full
    sparse = adapter.dump_python(instance, mode="json", exclude_unset=True)
    read = adapter.validate_python(made.back(valid(made, sparse)))
    assert adapter.dump_python(read, mode="json") == adapter.dump_python(adapter.validate_python(sparse), mode="json")


def valid(made: StrictSchema, value: Any) -> Any:
    sent = made.forward(value)
    Draft202012Validator(made.json_schema).validate(sent)
    return sent


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None, max_examples=80)
@given(KINDS, JSON)
def test_back_and_forward_take_any_value_and_change_only_what_they_know(kind: Kind, value: Any) -> None:
    made = to_strict(kind.schema)
    if isinstance(made, StrictSchema):
        made.forward(value)
        made.back(value)


KEYWORDS = (
    "$ref",
    "type",
    "properties",
    "required",
    "items",
    "prefixItems",
    "anyOf",
    "oneOf",
    "allOf",
    "enum",
    "const",
)
MORE = ("additionalProperties", "patternProperties", "propertyNames", "$defs", "if", "then", "dependencies", "default")
ODD = st.recursive(
    st.one_of(JSON, st.sampled_from(["string", "object", "array", "#", "#/$defs/a", "#/properties/b", "https://["])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, *MORE, "a", "b"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=200)
@given(ODD)
def test_no_schema_however_odd_raises(schema: Any) -> None:
    made = to_strict(cast("Any", schema if isinstance(schema, dict) else {"properties": {"a": schema}}))
    if isinstance(made, StrictSchema):
        lint(made.json_schema)
        Draft202012Validator.check_schema(made.json_schema)


@pytest.mark.parametrize("size", [50, 100, 200])
def test_the_work_grows_with_the_size_of_the_schema(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Many(BaseModel):
        a: int = Field(default=1)

    from structgen.forms.strict.shape_reader import Reader

    steps = 0
    step = Reader.step

    def counted(self: Reader, *arguments: Any) -> None:
        nonlocal steps
        steps += 1
        step(self, *arguments)

    monkeypatch.setattr(Reader, "step", counted)
    item = TypeAdapter(Many).json_schema()
    definitions: Any = {f"D{i}": {**item, "properties": {"n": {"$ref": f"#/$defs/D{i + 1}"}}} for i in range(size)}
    to_strict({"$defs": {**definitions, f"D{size}": item}, "$ref": "#/$defs/D0"})
    assert steps <= 5 * size + 10
