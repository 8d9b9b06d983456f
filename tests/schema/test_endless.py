import pytest
from pydantic import BaseModel

from structgen.core.errors import SchemaError
from structgen.schema import Schema


class Chain(BaseModel):
    next: "Chain"


class OpenChain(BaseModel):
    next: "OpenChain | None" = None


class Tree(BaseModel):
    children: "list[Tree]"


class Left(BaseModel):
    right: "Right"


class Right(BaseModel):
    left: "Left | Other"


class Other(BaseModel):
    left: Left


class Escape(BaseModel):
    left: "Inner | int"


class Inner(BaseModel):
    back: Escape


def needs(items):
    return {"type": "object", "required": ["a"], "properties": {"a": items}}


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (Chain, "/$defs/Chain"),
        (Left, "/$defs/"),
        (needs({"$ref": "#"}), ""),
        (needs({"anyOf": [{"$ref": "#"}, needs({"$ref": "#"})]}), ""),
        (needs({"allOf": [{"$ref": "#"}, {"type": "object"}]}), ""),
        ({"type": "array", "items": {"$ref": "#"}, "minItems": 1}, ""),
        ({"type": "array", "contains": {"$ref": "#"}}, ""),
        ({**needs({"$ref": "#"}), "type": ["array", "object"], "prefixItems": [{"$ref": "#"}], "minItems": 1}, ""),
    ],
)
def test_what_no_finite_value_fits_is_refused(kind, place):
    with pytest.raises(SchemaError, match="can never be finished") as caught:
        Schema.of(kind)
    assert caught.value.path.startswith(place)


@pytest.mark.parametrize(
    "kind",
    [
        OpenChain,
        Tree,
        Escape,
        {"properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "array", "items": {"$ref": "#"}},
        {"type": "array", "contains": {"$ref": "#"}, "minContains": 0},
        needs({"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
        needs({"type": ["object", "null"], "required": ["a"], "properties": {"a": {"$ref": "#"}}}),
        {"$defs": {"unused": {"$ref": "#/$defs/unused"}}},
        False,
    ],
)
def test_what_can_end_is_taken(kind):
    assert Schema.of(kind).outline()


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}}},
        {"properties": {"x": {"if": {"$ref": "#/properties/x"}}}},
    ],
)
def test_a_check_that_would_never_end_is_refused(schema):
    with pytest.raises(SchemaError, match="refers to itself without reaching a part"):
        Schema.of(schema)


def test_a_long_chain_of_definitions_is_no_problem():
    chain = {f"d{number}": needs({"$ref": f"#/$defs/d{number + 1}"}) for number in range(300)}
    schema = Schema.of({"$ref": "#/$defs/d0", "$defs": {**chain, "d300": {"type": "null"}}})
    assert [issue.path for issue in schema.check({"a": {"a": 1}})] == ["/a/a"]
