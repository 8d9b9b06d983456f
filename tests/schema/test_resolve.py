"""However a reference is spelled, it is one reference: every stage reads the same schema."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen import EvidenceMode, Extractor, Mode, Options, Task
from structgen.core.json import Json, JsonObject
from structgen.core.options import Reask
from structgen.documents.chunks import branch_names
from structgen.documents.chunks.chunk_schema import ChunkSchema
from structgen.engine.reparse.schema_diff import Change, RequestedSchema
from structgen.evaluate.lint import lint_task
from structgen.forms.quotes import Keys, with_quotes
from structgen.forms.strict import strict_of
from structgen.parse import parse_text
from structgen.reask.value_paths import schema_at
from structgen.schema import Schema
from structgen.schema.resolve import Bases, Refs, canonical, target
from structgen.testing import Emulator, reply
from structgen.testing.emulator.chat.request_checks import check_strict
from structgen.testing.emulator.chat.rule_answers import answer_in_form

ITEM: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}, "in": {"$ref": "#/$defs/Item"}},
    "required": ["name"],
}


def order(reference: str, definitions: JsonObject, **more: Json) -> JsonObject:
    properties: JsonObject = {"items": {"type": "array", "items": {"$ref": reference}}, "best": {"$ref": reference}}
    return {"type": "object", "properties": properties, "required": ["items"], **definitions, **more}


def item(reference: str, **more: Json) -> JsonObject:
    made = json.loads(json.dumps(ITEM).replace("#/$defs/Item", reference))
    return {**made, **more}


SPELLINGS = {
    "pointer": order("#/$defs/Item", {"$defs": {"Item": item("#/$defs/Item")}}),
    "percent-encoded": order("#/%24defs/It%65m", {"$defs": {"Item": item("#/$defs/%49tem")}}),
    "older drafts": order("#/definitions/Item", {"definitions": {"Item": item("#/definitions/Item")}}),
    "anchor": order("#thing", {"$defs": {"Item": item("#thing", **{"$anchor": "thing"})}}),
    "identifier": order("urn:shop:item", {"$defs": {"Item": item("#", **{"$id": "urn:shop:item"})}}),
    "relative identifier": order(
        "item.json", {"$defs": {"Item": item("", **{"$id": "item.json"})}}, **{"$id": "https://shop.example/order.json"}
    ),
    "dynamic": order("#/$defs/Item", {"$defs": {"Item": item("#/$defs/Item", **{"$dynamicAnchor": "thing"})}}),
}
PLAIN = SPELLINGS["pointer"]
TEXT = "Tea, 12 leaves. Best: milk."
NEARLY = '{"items": [{"Name": "tea", "size": "12", "in": {"name": "box", "size": 1.0}}], "best": {"name": "milk"}}'


@pytest.fixture(params=SPELLINGS.values(), ids=SPELLINGS.keys())
def spelled(request: pytest.FixtureRequest) -> JsonObject:
    return request.param


def of(schema: Any) -> Schema[Any]:
    return Schema.of(schema)


def test_every_spelling_is_the_same_schema(spelled: JsonObject) -> None:
    made = canonical(spelled)
    assert isinstance(made, dict)
    assert {key: value for key, value in made.items() if key != "$id"} == PLAIN


def test_every_spelling_is_parsed_with_the_same_repairs(spelled: JsonObject) -> None:
    one, other = parse_text(of(PLAIN), NEARLY), parse_text(of(spelled), NEARLY)
    assert one.ok
    assert (one.value, one.repairs) == (other.value, other.repairs)
    assert [repair.path for repair in other.repairs] == ["/items/0/name", "/items/0/size", "/items/0/in/size"]


WRONG = '{"items": [{"name": "tea", "size": "many"}]}'
CUT = '{"items": [{"name": "tea", "size": 12}, {"name": "mi'
STRICT = '{"items": [{"name": "tea", "size": 12, "in": null}], "best": null}'
QUOTED = '{"items": [{"name": {"quote": "Tea", "value": "tea"}, "size": {"quote": "12 leaves", "value": 12}}]}'
PAIR: JsonObject = {
    "type": "object",
    "properties": {"quote": Keys().schema, "value": {"type": "string"}},
    "required": ["quote", "value"],
}
COURSES: dict[str, tuple[Options, list[Any]]] = {
    "a field": (Options(mode=Mode.JSON), [reply(WRONG), reply('{"/items/0/size": 12}')]),
    "a field that may be missing": (Options(mode=Mode.JSON), [reply(WRONG), reply('{"/items/0/size": null}')]),
    "the rest": (
        Options(mode=Mode.JSON),
        [reply(CUT, finish_reason="length"), reply('{"items": [{"name": "tea", "size": 12}, {"name": "milk"}]}')],
    ),
    "the whole": (Options(mode=Mode.JSON, reask=Reask.WHOLE), [reply(WRONG), reply('{"items": [{"name": "tea"}]}')]),
    "strict": (Options(mode=Mode.JSON_SCHEMA), [reply(STRICT)]),
    "tools": (Options(mode=Mode.TOOLS), [reply('{"items": [{"name": "tea", "size": 12}]}')]),
    "quotes": (Options(mode=Mode.JSON, evidence=EvidenceMode.QUOTES), [reply(QUOTED)]),
}


def course(schema: JsonObject, options: Options, answers: list[Any], emulator: Emulator) -> Any:
    """All that an extraction sends and makes of the answers."""
    emulator.script(*answers)
    result = Extractor("groq/openai/gpt-oss-20b", options).extract(schema, TEXT)
    asked = [(one.why, one.request.messages, without_identifier(one.request.json_schema)) for one in result.attempts]
    return asked, result.value, result.repairs, result.evidence


@pytest.mark.parametrize(("options", "answers"), COURSES.values(), ids=COURSES.keys())
def test_every_spelling_costs_the_same_calls_and_repairs(
    options: Options, answers: list[Any], spelled: JsonObject, groq_emulator: Emulator
) -> None:
    found = course(spelled, options, answers, groq_emulator)
    assert found == course(PLAIN, options, answers, groq_emulator)
    assert len(found[0]) == len(answers)


def test_every_spelling_is_written_compiled_and_cut_alike(spelled: JsonObject) -> None:
    one, other = of(PLAIN), of(spelled)
    assert other.outline() == one.outline()
    assert without_identifier(strict_of(other)) == without_identifier(strict_of(one))
    assert without_identifier(with_quotes(other).schema.json_schema) == without_identifier(
        with_quotes(one).schema.json_schema
    )
    assert without_identifier(ChunkSchema(other).json_schema) == without_identifier(ChunkSchema(one).json_schema)
    assert without_identifier(schema_at(other.node, "/items/0/in/size")) == schema_at(one.node, "/items/0/in/size")


def without_identifier(schema: Any) -> Any:
    held = getattr(schema, "json_schema", schema)
    return {key: value for key, value in held.items() if key != "$id"} if isinstance(held, dict) else repr(held)


def test_every_spelling_is_read_by_rules(spelled: JsonObject) -> None:
    found = Extractor("rules").extract(best_of(spelled), "Name: Tea\nSize: 12\n").value
    assert (found["name"], found["size"]) == ("Tea", 12)


def best_of(schema: JsonObject) -> JsonObject:
    """The schema of the best item alone."""
    shared = {key: value for key, value in schema.items() if key in {"$id", "$defs", "definitions"}}
    return {**cast(Any, schema["properties"])["best"], **shared}


def test_the_emulator_answers_every_spelling_alike(spelled: JsonObject) -> None:
    text = "Name: Tea\nSize: 12\n"
    assert answer_in_form(best_of(spelled), text) == answer_in_form(best_of(PLAIN), text)
    quoted = json.loads(json.dumps(best_of(spelled)).replace('{"type": "string"}', json.dumps(PAIR)))
    assert cast(Any, answer_in_form(quoted, text))["name"] == {"quote": "Tea", "value": "Tea"}


def test_every_spelling_is_merged_and_checked_alike(spelled: JsonObject) -> None:
    found = [lint_task(Task("orders", schema, "What was ordered")) for schema in (PLAIN, spelled)]
    assert [(one.code, one.message) for one in found[0]] == [(one.code, one.message) for one in found[1]]
    assert branch_names(of(spelled).node) == branch_names(of(PLAIN).node)
    tree: Json = {"items": [{"name": "tea", "in": {"name": "box"}}]}
    for old, new in ((PLAIN, spelled), (spelled, PLAIN)):
        assert Change(RequestedSchema(of(old).node, {}), of(new).node).unasked(tree) == ()


def test_every_spelling_of_a_strict_schema_is_refused_alike(spelled: JsonObject) -> None:
    one, other = check_strict(PLAIN), check_strict(spelled)
    assert one is not None
    assert other is not None
    assert (one.error, one.words) == (other.error, other.words)


@pytest.mark.parametrize("value", [{"items": []}, {"items": [{"name": 1}]}, {"best": {}}, {"items": [{"in": {}}]}])
def test_every_spelling_has_the_same_verdict(spelled: JsonObject, value: Json) -> None:
    assert of(spelled).check(value) == of(PLAIN).check(value)


def test_a_canonical_schema_is_left_alone() -> None:
    assert canonical(PLAIN) is PLAIN
    assert canonical(True) is True


def test_a_pointer_into_the_middle_of_another_part_becomes_a_definition() -> None:
    made = canonical({"properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}})
    reference = {"$ref": "#/$defs/a"}
    assert made == {"properties": {"a": reference, "b": reference}, "$defs": {"a": {"type": "string"}}}


def test_names_that_a_pointer_would_have_to_escape_are_replaced() -> None:
    made = canonical({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"type": "string"}, "a_b_c": {}}})
    assert isinstance(made, dict)
    assert target(made, made["$ref"]) == {"type": "string"}


def test_what_stood_beside_a_reference_in_older_drafts_does_not_count() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"$ref": "#/definitions/A", "type": "integer", "description": "Which"}},
        "definitions": {"A": {"type": "string"}},
    }
    made = canonical(schema)
    assert isinstance(made, dict)
    assert made["properties"] == {"a": {"$ref": "#/$defs/A", "description": "Which"}}


def test_a_dynamic_reference_names_the_anchor_of_the_root() -> None:
    tree = {"$dynamicAnchor": "node", "properties": {"inner": {"$dynamicRef": "#node"}}}
    assert canonical(tree) == {"properties": {"inner": {"$ref": "#"}}}


def test_a_dynamic_reference_that_depends_on_the_way_is_not_guessed() -> None:
    schema: JsonObject = {
        "$ref": "list",
        "$id": "https://shop.example/root",
        "$defs": {
            "list": {
                "$id": "list",
                "items": {"$dynamicRef": "#one"},
                "$defs": {"any": {"$dynamicAnchor": "one", "type": "string"}},
            },
            "numbers": {"$id": "numbers", "$ref": "list", "$defs": {"n": {"$dynamicAnchor": "one", "type": "number"}}},
        },
    }
    made = canonical(schema)
    assert isinstance(made, dict)
    listed = target(made, "#/$defs/list")
    assert isinstance(listed, dict)
    assert listed["items"] == {"$dynamicRef": "#one"}


NAMES = st.sampled_from(["a", "b", "a/b", "a~b", "é", "a b", "%", "0", "items"])


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.data())
def test_canonical_references_lead_to_the_same_verdicts(names: list[str], data: st.DataObject) -> None:
    def reference() -> JsonObject:
        name = data.draw(st.sampled_from(names)).replace("~", "~0").replace("/", "~1").replace("%", "%25")
        return {"$ref": f"#/{data.draw(st.sampled_from(['$defs', '%24defs']))}/{name}"}

    kinds = [{"type": "string"}, {"type": "integer"}, {"type": "array", "items": reference()}]
    schema: JsonObject = {
        "type": "object",
        "properties": {"x": reference()},
        "$defs": {name: data.draw(st.sampled_from(kinds)) for name in names},
    }
    made = of(schema)
    assert canonical(made.json_schema) is made.json_schema
    again = of(made.json_schema)
    for value in ({"x": "s"}, {"x": 1}, {"x": []}, {"x": ["s"]}, {"x": [[1]]}, {}):
        assert made.check(value) == again.check(value)


class CountedSteps(tuple[str | int, ...]):
    """Steps of a path that count how many of them were looked at."""

    taken = 0

    def __iter__(self) -> Iterator[str | int]:
        for step in super().__iter__():
            CountedSteps.taken += 1
            yield step


def test_the_nearest_base_above_a_place_holds_there() -> None:
    bases = Bases("http://root/")
    bases.put(("properties", "a"), "http://inner/")

    assert bases.over(()) == "http://root/"
    assert bases.over(("properties", "ab", "items")) == "http://root/"
    assert bases.over(("properties", "a", "items", 0)) == "http://inner/"


def test_a_base_is_looked_up_in_one_walk_along_its_path() -> None:
    bases = Bases("http://root/")
    deep = CountedSteps(("properties", "a") * 3000)
    bases.put(("properties", "a") * 2999, "http://inner/")

    CountedSteps.taken = 0
    assert bases.over(deep) == "http://inner/"
    assert CountedSteps.taken <= len(deep)


def test_a_reference_is_resolved_against_the_identifiers_above_it() -> None:
    named: JsonObject = {"$anchor": "n", "type": "integer"}
    inner: JsonObject = {"$id": "inner.json", "$defs": {"n": named}, "$ref": "#n"}
    refs = Refs.of({"$id": "http://root/outer.json", "properties": {"a": inner}})

    assert refs.find("#n", ("properties", "a")) == ("/properties/a/$defs/n", named)
    assert refs.find("inner.json") == ("/properties/a", inner)
    assert refs.find("#n") is None
