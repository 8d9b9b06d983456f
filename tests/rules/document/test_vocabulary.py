"""The smaller parts: fields, labels, tables, pages."""

from typing import Any

from structgen.rules.document.lexicon import lexicon
from structgen.rules.document.tables import find_tables
from structgen.rules.document.visible_text import Page, lines_of
from structgen.rules.document.vocabulary import Vocabulary, fold, phrase, tokens
from structgen.rules.fields import Kind, leaves, read_fields


def _field(schema: dict[str, Any], name: str = "x") -> Any:
    return read_fields({"type": "object", "properties": {name: schema}, "required": [name]}, {}).children[0]


def test_a_union_is_read_as_the_branch_that_says_most() -> None:
    assert _field({"anyOf": [{"type": "string"}, {"type": "number"}]}).kind is Kind.NUMBER
    both = _field({"anyOf": [{"type": "null"}, {"type": "string"}]})
    assert (both.kind, both.nullable) == (Kind.STRING, True)
    assert _field({"type": ["integer", "null"]}).nullable
    assert _field({"enum": ["a", None]}).nullable
    assert _field({"const": 3}).choices == (3,)
    assert _field({"anyOf": []}).kind is Kind.ANY
    assert _field({"properties": {}}).kind is Kind.OBJECT
    assert _field({"items": {}}).kind is Kind.ARRAY


def test_names_stand_for_concepts_whatever_their_spelling() -> None:
    for name in ("prepTime", "prep_time", "Prep-Time", "recipe_prep_time", "prep_time_minutes"):
        assert "prep_time" in _field({"type": "integer"}, name).concepts
    assert _field({"type": "integer"}, "prep_time_minutes").seconds == 60


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/N"}, "all": {"type": "array", "items": {"$ref": "#/$defs/N"}}},
    }
    root = read_fields({"$ref": "#/$defs/N", "$defs": {"N": node}}, {})
    assert len(leaves(root)) < 1000
    assert read_fields({"$ref": "#/$defs/N", "$defs": {"N": {"$ref": "#/$defs/N"}}}, {}).children == ()


def test_names_of_a_property_are_looked_up_where_it_stands() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"one": {"$ref": "#/$defs/One"}},
        "$defs": {"One": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    root = read_fields(schema, {"/$defs/One/properties/b": ("bee",)})
    assert "bee" in root.children[0].children[0].labels


def test_words_are_folded_and_parted() -> None:
    assert phrase("Ingrédients") == phrase("INGREDIENT") == ("ingredient",)
    assert phrase("prepTime") == ("prep", "time")
    assert [token.word for token in tokens("Time10 minutes")] == ["time", "10", "minute"]
    assert fold("glass") == "glass"


def test_the_longest_label_wins() -> None:
    words = Vocabulary({("total",): frozenset({"t"})}, [("sub total", "s"), ("total", "x"), ("", "none")])
    (mention,) = words.mentions(tokens("Sub-Total"))
    assert mention.keys == {"s"}
    assert words.of("Total") == {"t", "x"}


def test_looking_up_labels_takes_a_few_steps_for_each_word() -> None:
    class Counted(dict[Any, Any]):
        asked = 0

        def __contains__(self, key: object) -> bool:
            Counted.asked += 1
            return super().__contains__(key)

    vocabulary = Vocabulary(lexicon().concepts)
    vocabulary.keys = Counted(vocabulary.keys)
    vocabulary.mentions(tokens("total " * 2_000))
    assert Counted.asked <= 6 * 2_000


def test_the_lexicon_is_folded_and_complete() -> None:
    assert lexicon() is lexicon()
    assert lexicon().concepts[phrase("Zutaten")] == {"ingredients"}
    assert lexicon().months["marz"] == 3
    assert lexicon().units["hr"] == 3600
    assert all(words for words in lexicon().concepts)


def test_tables_are_runs_of_lines_with_as_many_cells() -> None:
    text = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\nprose\nx\ty\n1\t2\n"
    tables = find_tables(Page(text, text, lines_of(text)))
    cells = [[[text[slice(*cell)] for cell in row] for row in (table.header, *table.rows)] for table in tables]
    assert cells == [[["A", "B"], ["1", "2"], ["3", "4"]], [["x", "y"], ["1", "2"]]]


def test_lines_know_where_they_stand() -> None:
    text = "  a \r\n\n\tb\u2028c"
    assert [(line.text, text[line.start : line.end]) for line in lines_of(text)] == [("a", "a"), ("b", "b"), ("c", "c")]
