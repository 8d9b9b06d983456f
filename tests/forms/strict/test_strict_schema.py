"""What becomes of a JSON Schema in strict mode, and of values on the way there and back."""

import inspect
import json
import re
import sys
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, TypeAdapter

from structgen.forms.strict import StrictRefusal, StrictSchema, to_strict
from structgen.schema import Schema
from structgen.schema.keywords import walk
from structgen.testing.emulator.chat.request_checks import check_strict

STRING, INTEGER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def strict(schema: Any) -> StrictSchema:
    made = to_strict(schema)
    assert isinstance(made, StrictSchema), made
    Draft202012Validator.check_schema(made.json_schema)
    return made


def refusal(schema: Any) -> StrictRefusal:
    made = to_strict(schema)
    assert isinstance(made, StrictRefusal), made
    return made


def record(required: tuple[str, ...] = (), **properties: Any) -> Any:
    return {"type": "object", "properties": properties, "required": list(required)}


def closed(**properties: Any) -> Any:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def inner(schema: Any) -> Any:
    """The strict form of a schema as it stands for the property ``x`` of an object."""
    return strict(record(("x",), x=schema)).json_schema["properties"]["x"]  # type: ignore[index, call-overload]


def there_and_back(schema: Any, value: Any) -> Any:
    made = strict(schema)
    sent = made.forward(value)
    assert Draft202012Validator(made.json_schema).is_valid(sent), sent
    return made.back(sent)


def test_every_object_is_closed_and_every_property_required() -> None:
    made = strict(record(("a",), a=STRING, b=record(("c",), c=INTEGER)))
    assert made.json_schema == closed(a=STRING, b={"anyOf": [closed(c=INTEGER), NULL]})


def test_an_optional_property_is_null_on_the_wire_and_gone_when_it_comes_back() -> None:
    made = strict(record(a=INTEGER))
    assert made.json_schema == closed(a={"anyOf": [INTEGER, NULL]})
    assert made.forward({}) == {"a": None}
    assert made.back({"a": None}) == {}


def test_null_stays_where_the_original_accepts_it() -> None:
    made = strict(record(a={"anyOf": [INTEGER, NULL]}))
    assert made.json_schema == closed(a={"anyOf": [INTEGER, NULL]})
    assert made.back({"a": None}) == {"a": None}


def test_null_for_a_required_property_stays_for_validation_to_refuse() -> None:
    assert strict(record(("a",), a=INTEGER)).back({"a": None}) == {"a": None}


def test_a_nullable_property_that_is_left_out_is_filled_with_its_default() -> None:
    made = strict(record(a={"type": ["integer", "null"], "default": 5}))
    assert made.forward({}) == {"a": 5}
    assert made.back(made.forward({"a": None})) == {"a": None}


def test_null_is_told_from_left_out_behind_a_reference() -> None:
    schema = record(a={"$ref": "#/$defs/Maybe"}, b={"$ref": "#/$defs/Count"})
    schema["$defs"] = {"Maybe": {"anyOf": [{"$ref": "#/$defs/Count"}, NULL]}, "Count": INTEGER}
    assert strict(schema).back({"a": None, "b": None}) == {"a": None}


def test_what_the_server_does_not_know_is_left_to_validation() -> None:
    assert inner({"type": "string", "minLength": 1, "pattern": "a", "format": "date", "title": "X"}) == STRING
    assert inner({"type": "array", "items": INTEGER, "minItems": 1, "maxItems": 2, "uniqueItems": True}) == {
        "type": "array",
        "items": INTEGER,
    }
    assert inner({"type": "integer", "minimum": 1, "not": {"const": 4}, "if": {"minimum": 2}}) == INTEGER


def test_words_beside_a_reference_become_a_definition_with_it() -> None:
    beside = {"$ref": "#/$defs/B", "description": "what"}
    schema = record(
        ("a", "b", "c", "d"), a={**STRING, "description": "who"}, b=beside, c={"$ref": "#/$defs/B"}, d=beside
    )
    schema["$defs"] = {"B": {**record(("c",), c=INTEGER), "description": "a thing"}}
    made: Any = strict(schema).json_schema
    assert made["properties"] == {
        "a": {"type": "string", "description": "who"},
        "b": {"$ref": "#/$defs/B_2"},
        "c": {"$ref": "#/$defs/B"},
        "d": {"$ref": "#/$defs/B_2"},
    }
    assert made["$defs"] == {
        "B_2": {**closed(c=INTEGER), "description": "what\na thing"},
        "B": {**closed(c=INTEGER), "description": "a thing"},
    }


def test_a_definition_with_words_takes_no_name_that_there_is() -> None:
    schema = record(("a", "b"), a={"$ref": "#/$defs/B", "description": "x"}, b={"$ref": "#/$defs/B_2"})
    schema["$defs"] = {"B": record(("c",), c=INTEGER), "B_2": record(("d",), d=STRING)}
    made: Any = strict(schema).json_schema
    assert made["$defs"] == {"B_3": {**closed(c=INTEGER), "description": "x"}, "B_2": closed(d=STRING)}


class Level(Enum):
    """D-level"""

    LOW = "low"
    HIGH = "high"


class Leaf(BaseModel):
    """D-leaf"""

    size: int = Field(description="D-size")


class Twig(BaseModel):
    """D-twig"""

    name: str
    next: "Twig | None" = Field(None, description="D-next")
    twigs: "list[Annotated[Twig, Field(description='D-each')]]" = Field(description="D-twigs")


class Tree(BaseModel):
    """D-tree"""

    first: Leaf = Field(description="D-first")
    second: Leaf = Field(description="D-second")
    third: Leaf
    level: Level = Field(description="D-of-level")
    maybe: Leaf | None = Field(None, description="D-maybe")
    optional: Level = Field(Level.LOW, description="D-optional")
    words: list[Annotated[str, Field(description="D-word")]] = Field(description="D-words")
    leaves: list[Annotated[Leaf, Field(description="D-one")]]
    counts: dict[str, Annotated[int, Field(description="D-count")]] = Field(description="D-counts")
    by_name: dict[str, Annotated[Leaf, Field(description="D-named")]]
    either: Annotated[int, Field(description="D-int")] | Annotated[str, Field(description="D-str")]
    inner: Annotated[Leaf, Field(description="D-inner")] | None = Field(None, description="D-outer")
    pair: tuple[Annotated[int, Field(description="D-left")], Leaf]
    twig: Twig = Field(description="D-root-twig")


def said_in(schema: Any) -> set[str]:
    return set(re.findall(r"D-[\w-]+", json.dumps(schema)))


@pytest.mark.parametrize(
    "kind", [Tree, list[Tree], Twig, Level, list[Level], Annotated[Leaf, Field(description="D-x")]]
)
def test_no_word_of_a_description_is_lost(kind: Any) -> None:
    given = Schema.of(kind).json_schema
    made = strict(given).json_schema
    assert said_in(given) <= said_in(made)
    assert all(part.keys() == {"$ref"} for _, part in walk(made) if isinstance(part, dict) and "$ref" in part)
    assert check_strict(made) is None


def test_words_of_types_that_are_the_same_in_strict_mode_stand_together() -> None:
    short = {"type": "string", "maxLength": 3, "description": "short"}
    assert inner({"anyOf": [short, {**STRING, "description": "long"}]}) == {**STRING, "description": "short\nlong"}
    assert inner({"anyOf": [short, {**STRING, "description": "long"}, NULL]}) == {
        "anyOf": [{**STRING, "description": "short\nlong"}, NULL]
    }


def test_a_chain_of_references_says_the_first_words() -> None:
    links = {f"L{i}": {"$ref": f"#/$defs/L{i + 1}", "description": f"word {i}"} for i in range(500)}
    schema = {**record(("x",), x={"$ref": "#/$defs/L0"}), "$defs": {**links, "L500": record(a=STRING)}}
    made: Any = strict(schema).json_schema
    assert [part["description"] for part in made["$defs"].values()] == ["word 0"]


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": True}, {"type": "boolean", "enum": [True]}),
        ({"enum": ["a", None]}, {"anyOf": [NULL, {"type": "string", "enum": ["a"]}]}),
        ({"type": "string", "enum": ["a", 1]}, {"type": "string", "enum": ["a"]}),
        ({"type": "number", "enum": [1, "a", 1.5]}, {"anyOf": [
            {"type": "integer", "enum": [1]}, {"type": "number", "enum": [1.5]},
        ]}),
        ({"allOf": [{"enum": [True, "a", 1]}, {"enum": [1, "a"]}]}, {"anyOf": [
            {"type": "integer", "enum": [1]}, {"type": "string", "enum": ["a"]},
        ]}),
    ],
)  # fmt: skip
def test_fixed_values_become_one_enum_for_each_type(schema: Any, written: Any) -> None:
    assert inner(schema) == written


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": ["string", "null"]}, {"anyOf": [STRING, NULL]}),
        ({"oneOf": [STRING, INTEGER]}, {"anyOf": [STRING, INTEGER]}),
        ({"anyOf": [STRING, {"anyOf": [INTEGER, STRING]}, False]}, {"anyOf": [STRING, INTEGER]}),
        ({"type": "integer", "anyOf": [{"minimum": 1}, {"maximum": -1}]}, INTEGER),
        ({"anyOf": [{"type": "array", "items": STRING}, {"type": "array", "items": INTEGER}]},
         {"type": "array", "items": {"anyOf": [STRING, INTEGER]}}),
        ({"type": ["string", "integer"], "anyOf": [{"type": "integer"}, {"type": "integer", "minimum": 3}]}, INTEGER),
    ],
)  # fmt: skip
def test_unions_become_flat(schema: Any, written: Any) -> None:
    assert inner(schema) == written


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"allOf": [record(("a",), a=STRING), record(("b",), b=INTEGER)]}, closed(a=STRING, b=INTEGER)),
        ({"allOf": [record(a=STRING), {"required": ["a"]}]}, closed(a=STRING)),
        ({"allOf": [record(("a",), a={"type": "number"}), record(a=INTEGER)]}, closed(a=INTEGER)),
        ({"allOf": [STRING, {"pattern": "a"}, True]}, STRING),
        ({"allOf": [{"pattern": "a"}, {"minLength": 1}]}, STRING),
        ({"allOf": [{"type": ["string", "null"]}, {"type": ["null", "string"]}, STRING]}, STRING),
        ({"allOf": [{"additionalProperties": INTEGER, "type": "object"}, {"patternProperties": {"a": INTEGER}}]},
         {"type": "array", "items": closed(key=STRING, value=INTEGER)}),
        ({"type": "object", "required": ["a"], "properties": {"a": STRING}, "anyOf": [{"required": ["a"]}]},
         closed(a=STRING)),
    ],
)  # fmt: skip
def test_all_of_is_merged(schema: Any, written: Any) -> None:
    assert inner(schema) == written


def test_a_reference_with_company_is_merged_in() -> None:
    schema = {"$defs": {"A": record(("a",), a=STRING)}, "allOf": [{"$ref": "#/$defs/A"}, record(("b",), b=INTEGER)]}
    assert strict(schema).json_schema == closed(b=INTEGER, a=STRING)
    assert there_and_back(schema, {"a": "x", "b": 1}) == {"a": "x", "b": 1}


def test_a_schema_that_is_part_of_itself_adds_nothing() -> None:
    schema = {"$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}, record(("a",), a=STRING)]}}, "$ref": "#/$defs/A"}
    assert strict(schema).json_schema == closed(a=STRING)


def test_a_root_that_is_no_object_is_wrapped_and_unwrapped() -> None:
    made = strict({"type": "array", "items": INTEGER})
    assert made.json_schema == closed(value={"type": "array", "items": INTEGER})
    assert made.forward([1]) == {"value": [1]}
    assert made.back({"value": [1]}) == [1]
    assert made.back([1]) == [1]


def test_a_union_of_objects_at_the_root_is_wrapped() -> None:
    schema = {"anyOf": [record(a=STRING), record(b=record(c=STRING))]}
    assert strict(schema).wrapped
    assert there_and_back(schema, {"b": {}}) == {"b": {}}
    assert there_and_back(schema, {}) == {}


def test_recursion_goes_through_the_root_or_through_definitions() -> None:
    tree = record(("name",), name=STRING, children={"type": "array", "items": {"$ref": "#"}})
    properties: Any = strict(tree).json_schema["properties"]
    assert properties["children"]["anyOf"][0] == {"type": "array", "items": {"$ref": "#"}}
    value = {"name": "a", "children": [{"name": "b"}, {"name": "c", "children": []}]}
    assert there_and_back(tree, value) == value

    nested = {"anyOf": [{"type": "array", "items": {"$ref": "#"}}, STRING]}
    assert there_and_back(nested, [["a"], "b", []]) == [["a"], "b", []]


def test_definitions_of_the_same_name_in_two_places_stay_apart() -> None:
    schema = record(("a", "b"), a={"$ref": "#/$defs/x~1Y/$defs/Y"}, b={"$ref": "#/$defs/Y"})
    schema["$defs"] = {"x/Y": {"$defs": {"Y": INTEGER}}, "Y": STRING, "unused": True}
    assert strict(schema).json_schema["$defs"] == {"Y_2": INTEGER, "Y": STRING}


def test_free_keys_become_a_list_of_entries() -> None:
    schema = {"type": "object", "additionalProperties": INTEGER, "propertyNames": {"enum": ["a", "b"]}}
    entry = closed(key={"type": "string", "enum": ["a", "b"]}, value=INTEGER)
    assert inner(schema) == {"type": "array", "items": entry}
    assert strict(schema).forward({"b": 1, "a": 2}) == {"value": [{"key": "b", "value": 1}, {"key": "a", "value": 2}]}
    assert there_and_back(schema, {"b": 1}) == {"b": 1}


def test_patterns_of_keys_are_free_keys() -> None:
    schema = {"patternProperties": {"^a": STRING, "^b": INTEGER}, "additionalProperties": False}
    assert there_and_back(schema, {"a": "x", "b": 1}) == {"a": "x", "b": 1}


@pytest.mark.parametrize(
    "entries",
    [
        [{"key": "a", "value": 1}, {"key": "a", "value": 2}],
        [{"key": "a"}],
        [{"key": 1, "value": 1}],
        [{"key": "a", "value": 1, "more": 2}],
        ["a"],
    ],
)
def test_entries_that_are_none_or_name_a_key_twice_stay_a_list(entries: list[Any]) -> None:
    assert strict({"additionalProperties": INTEGER}).back({"value": entries}) == entries


def test_a_tuple_is_a_list_of_what_its_places_may_be() -> None:
    pair = {"type": "array", "prefixItems": [INTEGER, record(a=STRING)], "minItems": 2, "maxItems": 2}
    assert inner(pair) == {"type": "array", "items": {"anyOf": [INTEGER, closed(a={"anyOf": [STRING, NULL]})]}}
    assert there_and_back(pair, [1, {}]) == [1, {}]
    assert inner({"items": [INTEGER, STRING], "additionalItems": STRING}) == {
        "type": "array",
        "items": {"anyOf": [INTEGER, STRING]},
    }


def pet(kind: str, *, optional: bool = False, **properties: Any) -> Any:
    made = record(("kind",), kind={"const": kind, "default": kind} if optional else {"const": kind}, **properties)
    return {**made, "required": []} if optional else made


def test_a_discriminator_tells_objects_apart() -> None:
    pets = {"oneOf": [pet("cat", lives=INTEGER), pet("dog", lives={"type": "array", "items": record(a=STRING)})]}
    for value in ({"kind": "cat", "lives": 9}, {"kind": "dog", "lives": [{}, {"a": "x"}]}, {"kind": "cat"}):
        assert there_and_back(pets, value) == value


def test_a_tag_with_a_default_need_not_be_null() -> None:
    pets = {"anyOf": [pet("cat", optional=True, a=INTEGER), pet("dog", optional=True, a=STRING)]}
    assert there_and_back(pets, {"kind": "dog", "a": "x"}) == {"kind": "dog", "a": "x"}
    assert strict(pet("cat", optional=True)).forward({}) == {"kind": "cat"}


def test_an_object_with_an_unknown_tag_stays_as_it_is() -> None:
    pets = {"anyOf": [pet("cat", a=INTEGER), pet("dog", a=INTEGER)]}
    assert strict(pets).back({"value": {"kind": "cow", "a": None}}) == {"kind": "cow", "a": None}
    assert strict(pets).back({"value": {"kind": ["cat"], "a": None}}) == {"kind": ["cat"], "a": None}


def test_keys_tell_objects_apart_also_behind_references() -> None:
    schema = {
        "$defs": {"A": record(a=STRING), "B": record(b=STRING), "Either": {"anyOf": [{"$ref": "#/$defs/A"}, NULL]}},
        "type": "array",
        "items": {"anyOf": [{"$ref": "#/$defs/Either"}, {"$ref": "#/$defs/B"}, {"$ref": "#/$defs/A"}]},
    }
    assert there_and_back(schema, [{"b": "x"}, None, {"a": "y"}, {}]) == [{"b": "x"}, None, {"a": "y"}, {}]


def test_an_object_without_keys_is_the_one_that_needs_none() -> None:
    schema = {"type": "array", "items": {"anyOf": [record(("a",), a=STRING), record(b=STRING)]}}
    assert there_and_back(schema, [{}, {"a": "x"}]) == [{}, {"a": "x"}]


def test_what_fits_nothing_stays_for_validation_to_refuse() -> None:
    made = strict(record(a={"type": "array", "items": record(b=STRING)}))
    for value in ("text", [1], {"a": {"b": None}}, {"a": [[], None]}, {"more": None}):
        assert made.back(value) == value  # type: ignore[arg-type]


TWO_LISTS = "an object with free keys is sent as a list of entries"


@pytest.mark.parametrize(
    ("schema", "path", "words"),
    [
        (True, "", "any value is allowed here"),
        (record(a={}), "/properties/a", "any value is allowed here"),
        ({"type": "array"}, "/items", "any value is allowed here"),
        ({"prefixItems": [INTEGER], "items": True}, "/items", "any value is allowed here"),
        ({"type": "object"}, "", "has no known property"),
        ({"type": "object", "additionalProperties": True}, "/additionalProperties", "any value is allowed here"),
        ({"unevaluatedProperties": True, "type": "object"}, "/additionalProperties", "any value is allowed here"),
        ({**record(a=STRING), "additionalProperties": INTEGER}, "/additionalProperties", "both named and free keys"),
        ({**record(a=STRING), "patternProperties": {"^x": STRING}}, "/patternProperties", "both named and free keys"),
        (record(("b",), a=STRING), "/required", "'b' is required"),
        (False, "", "no value is allowed"),
        (record(("a",), a=False), "/properties/a", "no value is allowed"),
        ({"anyOf": [False]}, "", "no value is allowed"),
        ({"type": "nothing"}, "/type", "'nothing' is not a type"),
        ({"const": {"a": 1}}, "/enum", "a list or an object"),
        ({"anyOf": [STRING], "oneOf": [INTEGER]}, "", "used together"),
        ({"allOf": [STRING, INTEGER]}, "", "two type at once, and no value is of both"),
        ({"allOf": [{"enum": [1]}, {"enum": [True]}]}, "", "two enum at once, and no value is in both"),
        ({"allOf": [{"prefixItems": [STRING]}, {"prefixItems": [INTEGER]}]}, "/prefixItems/0", "no value is of both"),
        ({"$ref": "https://example.com/a.json"}, "/$ref", "points outside"),
        ({"$ref": "#/$defs/none"}, "/$ref", "points outside"),
        ({"$dynamicRef": "#a"}, "/$dynamicRef", "depends on where it is used"),
        ({"$ref": "#"}, "", "refers directly to itself"),
        ({"anyOf": [{"$ref": "#"}, NULL]}, "", "refers directly to itself"),
        ({**record(a=STRING), "then": record(b=STRING)}, "/then", "'b' is allowed only under a condition"),
        ({**record(a=STRING), "dependentSchemas": {"a": record(b=STRING)}}, "/dependentSchemas/a", "'b' is allowed"),
        ({"anyOf": [{"additionalProperties": STRING}, {"type": "array", "items": STRING}]}, "", TWO_LISTS),
        ({"anyOf": [{"additionalProperties": STRING}, record(a=STRING)]}, "", TWO_LISTS),
        ({"anyOf": [record(a=STRING), record(a=INTEGER)]}, "", "share the key 'a'"),
        ({"anyOf": [pet("a"), pet("a", b=STRING)]}, "", "can have the same 'kind'"),
        ({"anyOf": [record(("a", "b"), a={"const": i}, b={"const": i}) for i in "xy"]}, "", "several properties"),
        ({"type": "array", "items": {"anyOf": [{"enum": [str(i)]} for i in range(300)]}}, "/items", "300 options"),
    ],
)
def test_what_strict_cannot_say_is_refused_with_the_place_and_the_reason(schema: Any, path: str, words: str) -> None:
    refused = refusal(schema if schema is not False else {"not": {}, "allOf": [False]})
    assert words in refused.reason
    if schema is not False:
        assert refused.path == path


def test_a_schema_that_unfolds_without_end_is_refused() -> None:
    extended = {"allOf": [{"$ref": "#/$defs/A"}, record(more=STRING)]}
    assert "expands without end" in refusal({"$defs": {"A": record(child=extended)}, "$ref": "#/$defs/A"}).reason


def test_a_schema_that_doubles_at_every_step_is_read_in_few_steps() -> None:
    levels = {f"L{i}": {"allOf": [{"$ref": f"#/$defs/L{i + 1}"}] * 2, "description": "x"} for i in range(40)}
    schema = {"$defs": {**levels, "L40": record(a=STRING)}, "$ref": "#/$defs/L0"}
    assert strict(schema).json_schema == {**closed(a={"anyOf": [STRING, NULL]}), "description": "x"}


def test_deep_schemas_are_refused_not_crashed_on() -> None:
    schema: Any = STRING
    for _ in range(300):
        schema = {"type": "array", "items": schema}
    assert "too deep" in refusal(schema).reason
    chained = {f"D{i}": {"anyOf": [{"$ref": f"#/$defs/D{i + 1}"}, NULL]} for i in range(3_000)}
    made = to_strict({"$defs": {**chained, "D3000": STRING}, "$ref": "#/$defs/D0"})
    assert isinstance(made, StrictSchema)
    assert made.back({"value": "a"}) == "a"


def test_a_schema_that_is_too_deep_for_the_stack_that_is_left_is_refused() -> None:
    schema: Any = STRING
    for _ in range(60):
        schema = {"type": "array", "items": schema}

    def dive(depth: int) -> StrictSchema | StrictRefusal:
        return dive(depth - 1) if depth else to_strict(schema)

    made = dive(sys.getrecursionlimit() - len(inspect.stack()) - 80)
    assert made == StrictRefusal("the schema is nested too deep", "")


def test_a_value_that_is_nested_too_deep_stays_as_it_is() -> None:
    tree = strict({"anyOf": [{"type": "array", "items": {"$ref": "#"}}, STRING]})
    value: Any = "a"
    for _ in range(300):
        value = [value]
    assert tree.back(value) == value
    assert tree.forward(value) == {"value": value}


class Leaf(BaseModel):
    kind: Literal["leaf"] = "leaf"
    label: str = "none"


class Branch(BaseModel):
    kind: Literal["branch"] = "branch"
    label: int | None = 5
    below: list["Leaf | Branch"] = []
    notes: dict[str, tuple[int, str]] = {}


def test_a_recursive_pydantic_model_keeps_its_defaults() -> None:
    adapter = TypeAdapter(Branch)
    made = strict(adapter.json_schema())
    branch = Branch(label=None, below=[Leaf(), Branch(notes={"a": (1, "x")})])
    for written in (branch.model_dump(mode="json"), branch.model_dump(mode="json", exclude_unset=True)):
        sent = made.forward(written)
        assert adapter.validate_python(made.back(sent)) == branch
