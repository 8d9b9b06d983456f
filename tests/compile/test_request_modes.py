"""Which mode a request uses, and why."""

from typing import Any

import pytest
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.compile.request import choose_mode
from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode, Options
from structgen.core.records import Card, Example
from structgen.forms import PlainForm
from structgen.schema import Schema


class Soup(BaseModel):
    title: str
    note: str = ""


class Either(BaseModel):
    """A union that cannot be told apart by its keys."""

    one: dict[str, Any] | list[dict[str, Any]]


SOUP, EITHER = Schema.of(Soup), Schema.of(Either)
STRICT = Card("a", modes=(Mode.JSON, Mode.JSON_SCHEMA, Mode.TEXT), strict=True)
PLAIN = Card("b", modes=(Mode.JSON, Mode.TEXT))


@pytest.mark.parametrize(
    ("asked", "schema", "card", "mode", "strict", "why"),
    [
        (Mode.AUTO, SOUP, STRICT, Mode.JSON_SCHEMA, True, "strict"),
        (Mode.AUTO, SOUP, PLAIN, Mode.JSON, False, "not known to support"),
        (Mode.AUTO, SOUP, None, Mode.JSON, False, "not known to support"),
        (Mode.AUTO, SOUP, Card("c", modes=(Mode.TEXT,)), Mode.TEXT, False, "not known to support"),
        (Mode.AUTO, EITHER, STRICT, Mode.JSON, False, "no strict form"),
        (Mode.JSON_SCHEMA, SOUP, STRICT, Mode.JSON_SCHEMA, True, "strict"),
        (Mode.JSON_SCHEMA, SOUP, None, Mode.JSON_SCHEMA, False, "not known to support"),
        (Mode.JSON_SCHEMA, EITHER, STRICT, Mode.JSON_SCHEMA, False, "no strict form"),
        (Mode.TEXT, SOUP, STRICT, Mode.TEXT, False, "text"),
        (Mode.TOOLS, SOUP, None, Mode.TOOLS, False, "tools"),
    ],
)
def test_the_mode_follows_from_model_and_schema(
    asked: Mode, schema: Schema[Any], card: Card | None, mode: Mode, strict: bool, why: str
) -> None:
    chosen = choose_mode(asked, PlainForm(schema), card)
    assert (chosen.mode, chosen.form.strict) == (mode, strict)
    assert why in chosen.why


def test_a_mode_that_the_model_does_not_have_is_refused_with_the_modes_it_has() -> None:
    with pytest.raises(ConfigurationError, match="json, text"):
        choose_mode(Mode.TOOLS, PlainForm(SOUP), PLAIN)


@pytest.mark.parametrize("mode", [Mode.TOOLS, Mode.JSON_SCHEMA])
def test_what_is_no_object_goes_on_the_wire_in_one(mode: Mode) -> None:
    brief = Brief(Schema.of(list[str]), "groq", "a", Options(mode=mode), examples=(Example("x", ["x"]),))
    compiled = compile_brief(brief).request_for("Leek soup.")
    schema: Any = compiled.json_schema
    assert (compiled.strict, schema["type"], schema["properties"]["value"]["type"]) == (False, "object", "array")
    assert compiled.messages[2].content == '{"value": ["x"]}'


@pytest.mark.parametrize("mode", [Mode.JSON, Mode.TEXT])
def test_where_no_schema_is_sent_nothing_stands_around_the_answer(mode: Mode) -> None:
    brief = Brief(Schema.of(list[str]), "groq", "a", Options(mode=mode), examples=(Example("x", ["x"]),))
    compiled = compile_brief(brief).request_for("Leek soup.")
    assert compiled.json_schema == {"items": {"type": "string"}, "type": "array"}
    assert compiled.messages[2].content == '["x"]'


def test_in_strict_mode_schema_and_examples_have_the_strict_form() -> None:
    brief = Brief(SOUP, "groq", "a", Options(), examples=(Example("x", {"title": "x"}),), card=STRICT)
    compiled = compile_brief(brief).request_for("Leek soup.")
    body: Any = compiled.to_groq()["response_format"]
    assert body["json_schema"]["strict"] is True
    assert body["json_schema"]["schema"]["required"] == ["title", "note"]
    assert compiled.messages[2].content == '{"title": "x", "note": null}'
