"""An ingredient line taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen.notation.style import Style
from structgen.rules.finders.ingredient_lines import Ingredient, read_ingredient

Parts = tuple[str | None, str | None, str]


def read(line: str) -> Ingredient:
    return read_ingredient(line, 0, len(line), Style("."))


def said(line: str, part: str) -> str | None:
    span = getattr(read(line), part)
    return line[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("250 g oats", ("250", "g", "oats")),
        ("250g oats", ("250", "g", "oats")),
        ("1/2kg swede", ("1/2", "kg", "swede")),
        ("½ tsp nutmeg", ("½", "tsp", "nutmeg")),
        ("2½ cups barley", ("2½", "cups", "barley")),
        ("2 1/2 cups barley", ("2 1/2", "cups", "barley")),
        ("2-1/2 cups barley", ("2-1/2", "cups", "barley")),
        ("2 1⁄2 cups barley", ("2 1⁄2", "cups", "barley")),
        ("2 and 1/2 cups barley", ("2 and 1/2", "cups", "barley")),
        ("0.3333 cup honey", ("0.3333", "cup", "honey")),
        ("3-4 leeks", ("3-4", None, "leeks")),
        ("3 to 4 tbsp. cream", ("3 to 4", "tbsp", "cream")),
        ("½ to 1 cup cider", ("½ to 1", "cup", "cider")),
        ("two or three plums", ("two or three", None, "plums")),
        ("one dozen oysters", ("one dozen", None, "oysters")),
        ("2 dozen oysters", ("2 dozen", None, "oysters")),
        ("half a swede", ("half", None, "swede")),
        ("1/2 a swede", ("1/2", None, "swede")),
        ("a pinch of mace", ("a", "pinch", "mace")),
        ("pinch of mace", (None, "pinch", "mace")),
        ("a few peppercorns", ("a few", None, "peppercorns")),
        ("some parsley", ("some", None, "parsley")),
        ("a fresh trout", (None, None, "a fresh trout")),
        ("about 2 cups rice", ("2", "cups", "rice")),
        ("up to 3 tbsp milk", ("up to 3", "tbsp", "milk")),
        ("~300 g beetroot", ("300", "g", "beetroot")),
        ("2 heaped tbsp cocoa", ("2", "heaped tbsp", "cocoa")),
        ("3 large cloves garlic", ("3", "cloves", "garlic")),
        ("1 c. rice", ("1", "c", "rice")),
        ("1 T rice", ("1", "T", "rice")),
        ("200 g / 7 oz fudge", ("200", "g", "fudge")),
        ("1 cup/240 ml whey", ("1", "cup", "whey")),
        ("1 cup (240 ml) whey", ("1", "cup", "whey")),
        ("1 cup 2% milk", ("1", "cup", "2% milk")),
        ("400 g tin lentils", ("400", "g", "lentils")),
        ("3", (None, None, "3")),
        ("2 cups", ("2", None, "cups")),
        ("4 cloves, whole", ("4", None, "cloves")),
        ("[ ] 2 cups rye", ("2", "cups", "rye")),
    ],
)
def test_a_line_begins_with_a_quantity_and_a_unit(line: str, parts: Parts) -> None:
    assert (said(line, "quantity"), said(line, "unit"), said(line, "name")) == parts


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("2 EL Rapsöl", ("2", "EL", "Rapsöl")),
        ("1 gehäufter TL Zimt", ("1", "gehäufter TL", "Zimt")),
        ("1,5 dl Rahm", ("1,5", "dl", "Rahm")),
        ("etwas Butter", ("etwas", None, "Butter")),
        ("eine Handvoll Kresse", ("eine", "Handvoll", "Kresse")),
        ("2 cuillères à soupe d'huile", ("2", "cuillères à soupe", "huile")),
        ("1 c. à s. de miel", ("1", "c. à s", "miel")),
        ("2 gousses d'ail", ("2", "gousses", "ail")),
        ("3 cucharadas de harina", ("3", "cucharadas", "harina")),
        ("2 cucchiai di farina", ("2", "cucchiai", "farina")),
        ("2 colheres de sopa de mel", ("2", "colheres de sopa", "mel")),
        ("1 snufje kaneel", ("1", "snufje", "kaneel")),
        ("2 msk honung", ("2", "msk", "honung")),
        ("3 fedd hvitløk", ("3", "fedd", "hvitløk")),
        ("2 łyżki miodu", ("2", "łyżki", "miodu")),
    ],
)
def test_units_are_known_in_many_languages(line: str, parts: Parts) -> None:
    assert (said(line, "quantity"), said(line, "unit"), said(line, "name")) == parts


@pytest.mark.parametrize(
    "line",
    [
        "7-Up",
        "5-spice powder",
        "70% chocolate",
        "00 flour",
        "80/20 ground beef",
        "21⁄2 cups flour",
        "1 000 g flour",
        "2. olive oil",
        "juice of 1 lime",
        "zest and juice of ½ lime",
        "sea salt",
        "Olive Oil",
        "$5 worth of ham",
        "3rd day bread",
        "flour plus 2 tbsp",
        "1 1 /2 cups milk",
        "3 to 4-pound chicken",
        "10-ounce package spinach",
        "1/0 cup salt",
    ],
)
def test_a_number_inside_something_else_is_no_quantity(line: str) -> None:
    assert read(line).quantity is None


@pytest.mark.parametrize(
    ("line", "quantity", "unit", "size", "name"),
    [
        ("1 (14.5 oz) can corn", "1", "can", "14.5 oz", "corn"),
        ("1 can (14.5 oz) corn", "1", "can", "14.5 oz", "corn"),
        ("2 14-ounce cans corn", "2", "cans", "14-ounce", "corn"),
        ("2 14 oz cans corn", "2", "cans", "14 oz", "corn"),
        ("1-15 oz can corn", "1", "can", "15 oz", "corn"),
        ("1x 400 g can corn", "1", "can", "400 g", "corn"),
        ("2 x 400g tins corn", "2", "tins", "400g", "corn"),
        ("2 400 g tins corn", "2", "tins", "400 g", "corn"),
        ("16-ounce can corn", None, "can", "16-ounce", "corn"),
        ("4 (6-ounce) trout fillets", "4", None, "6-ounce", "trout fillets"),
        ("2-inch piece turmeric", None, "piece", "2-inch", "turmeric"),
        ('2" piece turmeric', None, "piece", '2"', "turmeric"),
        ("3 large beets", "3", None, "large", "beets"),
        ("1 medium-size beet", "1", None, "medium-size", "beet"),
        ("small bunch dill", None, "bunch", "small", "dill"),
    ],
)
def test_the_size_is_apart_from_the_quantity(
    line: str, quantity: str | None, unit: str | None, size: str, name: str
) -> None:
    parts = ("quantity", "unit", "size", "name")
    assert tuple(said(line, part) for part in parts) == (quantity, unit, size, name)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Flour: 200 g", ("200", "g", "Flour")),
        ("Mehl 200 g", ("200", "g", "Mehl")),
        ("Eggs - 2", ("2", None, "Eggs")),
        ("Pears x 3", ("3", None, "Pears")),
        ("Ghee, 100g", ("100", "g", "Ghee")),
    ],
)
def test_the_amount_may_follow_the_name(line: str, parts: Parts) -> None:
    assert (said(line, "quantity"), said(line, "unit"), said(line, "name")) == parts


@pytest.mark.parametrize(
    ("line", "name", "preparation", "remark"),
    [
        ("1 leek, thinly sliced", "leek", "thinly sliced", None),
        ("1 leek, thinly sliced, for garnish", "leek", "thinly sliced", "for garnish"),
        ("1 leek (about 200 g), sliced", "leek", "sliced", "about 200 g"),
        ("2 tbsp finely chopped dill", "dill", "finely chopped", None),
        ("freshly ground nutmeg", "nutmeg", "freshly ground", None),
        ("1 tsp ground nutmeg", "ground nutmeg", None, None),
        ("1 can chopped plums", "chopped plums", None, None),
        ("1 cup peeled and diced squash", "squash", "peeled and diced", None),
        ("salt, to taste", "salt", None, "to taste"),
        ("salt to taste", "salt", None, "to taste"),
        ("ghee for frying", "ghee", None, "for frying"),
        ("dill, to serve (optional)", "dill", None, "to serve (optional)"),
        ("2 tbsp ghee, plus more for the pan", "ghee", None, "plus more for the pan"),
        ("Salz nach Geschmack", "Salz", None, "nach Geschmack"),
        ("sale q.b.", "sale", None, "q.b."),
        ("2 lb boneless, skinless duck legs, trimmed", "boneless, skinless duck legs", "trimmed", None),
        ("1 cup cream, at room temperature", "cream", "at room temperature", None),
        ("250 g Quark (Magerstufe)", "Quark", None, "Magerstufe"),
        ("1 cup stock or water", "stock or water", None, None),
        ("1 lb beets, golden ones if possible", "beets", None, "golden ones if possible"),
    ],
)
def test_the_name_is_apart_from_preparation_and_remarks(
    line: str, name: str, preparation: str | None, remark: str | None
) -> None:
    assert (said(line, "name"), said(line, "preparation"), said(line, "remark")) == (name, preparation, remark)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("2 1/2 cups rye", 2.5),
        ("1 and 1/2 cups rye", 1.5),
        ("½ cup rye", 0.5),
        ("one dozen figs", 12),
        ("a cup of rye", 1),
        ("2-3 figs", None),
        ("up to 3 figs", None),
        ("a few figs", None),
        ("1 cup plus 2 tbsp rye", None),
        ("1 lb 2 oz rye", None),
        ("1 cup to 1 1/2 cups rye", None),
    ],
)
def test_a_quantity_has_a_value_if_it_is_one_number(line: str, value: float | None) -> None:
    assert read(line).quantity
    assert read(line).value == value


@pytest.mark.parametrize("line", ["(optional) 1 tsp mace", "Optional: 1 tsp mace", "1 tsp mace (optional)"])
def test_an_ingredient_may_be_optional_wherever_the_line_says_so(line: str) -> None:
    assert read(line).optional
    assert (said(line, "quantity"), said(line, "name")) == ("1", "mace")


@given(st.text(alphabet="12½/.,-( )xgo ctansupze[]%", max_size=60))
def test_no_line_breaks_the_reader_and_every_part_lies_in_it(line: str) -> None:
    found = read(line)
    spans = (found.name, found.quantity, found.unit, found.size, found.preparation, found.remark, found.tail)
    assert all(0 <= span[0] <= span[1] <= len(line) for span in spans if span)
