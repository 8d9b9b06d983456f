"""HTML: what a reader sees, where it was written, and what it says to machines."""

from typing import Any

import pytest

from structgen.rules.document.markup import LinkedItem, LinkedValue, looks_like_html, read_html, read_json_ld

PAGE = """<!doctype html><html><head><title>Oat Cake | Site</title><style>x{}</style></head><body>
<nav>Home About</nav><h1>Oat &amp; Honey   Cake</h1><p>By <b>Kim Low</b></p>
<table><tr><th>Weight</th><td>268&nbsp;g</td></tr></table><ul><li>200 g oats</li><li>2 eggs</li></ul>
<p><s>9.00 €</s> 7.00 €</p></body></html>"""


def _lines(text: str) -> list[str]:
    return [line.text for line in read_html(text).page.lines]


def test_blocks_are_lines_and_cells_are_parted_by_tabs() -> None:
    assert _lines(PAGE)[1:6] == ["Oat & Honey Cake", "By Kim Low", "Weight\t268\u00a0g", "200 g oats", "2 eggs"]


def test_every_visible_stretch_leads_back_to_its_source() -> None:
    page = read_html(PAGE).page
    title = page.lines[1]
    start, end = page.span(title.start, title.end)
    assert PAGE[start:end] == "Oat &amp; Honey   Cake"
    cell = page.text.index("268")
    assert PAGE[slice(*page.span(cell, cell + 5))] == "268&nbsp;g"


def test_headings_and_struck_text_are_known() -> None:
    page = read_html(PAGE).page
    assert [line.tag for line in page.lines][1:3] == ["h1", ""]
    assert page.text[slice(*page.struck[0])].strip() == "9.00 €"


def test_a_text_that_quotes_a_tag_is_no_html() -> None:
    assert looks_like_html(PAGE)
    assert looks_like_html("<p>a</p><p>b</p><li>c</li><br>")
    assert not looks_like_html('Embed it: <a href="x">title</a></p> and a < b')


def test_what_the_parser_cannot_finish_is_still_text() -> None:
    assert _lines("<html><p>seen</p>lost <b")[-1] == "lost b"
    assert _lines("<html><p>one</p><![x[ two")[0] == "one"


def test_microdata_nests_by_item() -> None:
    text = (
        '<html><div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Cup &amp; Saucer</h1>'
        '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        '<meta itemprop="price" content="4.50"></div></div>'
    )
    (item,) = read_html(text).items
    assert item.kind == "Product"
    name = item.props["name"][0]
    assert isinstance(name, LinkedValue)
    assert (name.text, text[name.start : name.end]) == ("Cup & Saucer", "Cup &amp; Saucer")
    offer = item.props["offers"][0]
    assert isinstance(offer, LinkedItem)
    price = offer.props["price"][0]
    assert isinstance(price, LinkedValue)
    assert text[price.start : price.end] == "4.50"


def test_json_ld_is_read_with_places() -> None:
    held = '"name": "P\\u00e2t\\u00e9", "n": [1, 2.5e1, true, null], "e": {}, "l": []'
    source = f'x {{"@graph": [{{"@type": "Recipe", {held}}}]}} y'
    items = read_json_ld(source, 1, len(source) - 1)
    recipe = next(item for item in items if item.kind == "Recipe")
    name = recipe.props["name"][0]
    assert isinstance(name, LinkedValue)
    assert name.text == "Pâté"
    assert source[name.start : name.end] == "P\\u00e2t\\u00e9"
    assert [one.text for one in recipe.props["n"] if isinstance(one, LinkedValue)] == ["1", "2.5e1", "true"]


def test_what_is_no_json_is_no_linked_data() -> None:
    for source in (
        "",
        "{",
        "[1,]",
        '{"a" 1}',
        "{a: 1}",
        "{} {}",
        "[" * 100,
        "nul",
        '{"a": 1 "b": 2}',
        '{"a": "x',
    ):
        assert read_json_ld(source, 0, len(source)) == []


def test_escapes_that_only_javascript_allows_are_read_and_others_kept() -> None:
    source = r"""{"a": "Kim\'s", "b": "C:\\'", "c": "\u00e9\n\"", "d": "\u00"}"""
    assert read_json_ld(source, 0, len(source)) == []
    source = source.replace(r', "d": "\u00"', "")
    (item,) = read_json_ld(source, 0, len(source))
    assert [one.text for values in item.props.values() for one in values if isinstance(one, LinkedValue)] == [
        "Kim's",
        "C:\\'",
        'é\n"',
    ]


OPEN_GRAPH = (
    '<meta property="product:price:amount" content="49.10"><meta property="product:price:currency" content="EUR">'
    '<meta property="product:brand" content="Fenwick"><meta property="product:retailer_item_id" content="HL-1">'
    '<meta property="product:availability" content="in stock">'
)
RDFA = (
    '<div vocab="https://schema.org/" typeof="Product"><span property="brand">Fenwick</span>'
    '<span property="sku">HL-1</span><div property="offers" typeof="Offer"><span property="price" content="49.10">'
    '49,10</span><meta property="priceCurrency" content="EUR"><link property="availability" '
    'href="https://schema.org/InStock"></div></div>'
)
PRODUCT = {"price": "49.10", "currency": "EUR", "brand": "Fenwick", "sku": "HL-1", "availability": "InStock"}


@pytest.mark.parametrize("data", [OPEN_GRAPH, RDFA], ids=["Open Graph", "RDFa"])
def test_a_product_is_read_from_meta_tags_and_rdfa(ask: Any, data: str) -> None:
    page = f"<!doctype html><html><head><title>Lamps</title></head><body>{data}<p>A lamp.</p></body></html>"
    assert ask(page, **dict.fromkeys(PRODUCT, "string")) == PRODUCT


def test_properties_of_other_vocabularies_are_no_linked_data() -> None:
    page = (
        '<!doctype html><html><body><div typeof="foaf:Person"><span property="dc:title">Lamp</span></div></body></html>'
    )
    assert read_html(page).items == ()
