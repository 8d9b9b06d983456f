"""The text that a model reads of an HTML page, and the way back to its source."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from structgen.documents.html_text import is_html_file, is_page, page_text

SHOWN = [
    ("headings", "<h1>Soups</h1><h3>Leek</h3>x", "# Soups\n\n### Leek\n\nx"),
    ("an empty heading", "<h2></h2>x", "x"),
    ("paragraphs", "<p>one</p><p>two<p>three", "one\n\ntwo\n\nthree"),
    ("divs", "<div>one</div><div>two</div>", "one\ntwo"),
    ("one line break", "one<br>two", "one\ntwo"),
    ("two line breaks", "one<br/><br />two", "one\n\ntwo"),
    ("spaces", "<p>  a \n  b<b> c</b>d </p>", "a b cd"),
    ("references", "fish &amp; chips&nbsp;&lt;5&gt; &#8364;3 &copy 4", "fish & chips <5> €3 © 4"),
    ("a list", "<ul><li>salt<li><p>pepper</p></li><li></li></ul>x", "- salt\n- pepper\n\nx"),
    ("a list in a list", "<ul><li>a<ol><li>b<li>c</ol><li>d</ul>", "- a\n  1. b\n  2. c\n- d"),
    ("a list that starts late", "<ol start=3><li>c<li>d</ol>", "3. c\n4. d"),
    ("a heading in a list", "<ul><li><h4>Step</h4>Stir.</ul>", "- #### Step\n\nStir."),
    ("terms", "<dl><dt>Brand</dt><dd>Nome</dd><dt>Size:<dd>L<dd>XL</dl>", "Brand: Nome\nSize: L\nXL"),
    ("two terms", "<dl><dt>A</dt><dt>B</dt><dd>c</dd></dl>", "A\nB: c"),
    ("a link", 'See <a href="/a?b=1&amp;c">the offer</a>.', "See [the offer](/a?b=1&c)."),
    ("a link that shows its address", "<a href='https://a.example'>https://a.example</a>", "https://a.example"),
    ("a link to nowhere", '<a href="#top">Up</a> <a href="javascript:x()">Run</a>', "Up Run"),
    ("a link without words", '<a href="mailto:a@b.example"><i></i></a>', "(mailto:a@b.example)"),
    ("a local link without words", 'x<a href="/cart"><svg><title>Cart</title></svg></a>', "x"),
    ("a link around blocks", '<a href="/p/1"><h2>Lamp</h2><p>20 €</p></a>', "## Lamp\n\n20 € (/p/1)"),
    ("a link in a link", '<a href="/a">a <a href="/b">b</a>', "[a](/a) [b](/b)"),
    ("an image", '<img src="soup.jpg" alt="A bowl\n of soup">', "![A bowl of soup](soup.jpg)"),
    ("an image in the page itself", '<img src="data:image/png;base64,AAAA" alt="A bowl">', "![A bowl]"),
    ("an image without words", '<img src="pixel.gif" alt="">x', "x"),
    ("a price that was", "<del>20 €</del> <s></s>15 €", "~~20 €~~ 15 €"),
    ("a power", "10<sup>3</sup> kg", "10^3 kg"),
    ("a mixed fraction", "1<sup>1</sup>&frasl;<sub>2</sub> cups", "1 1⁄2 cups"),
    ("a time", '<time datetime="2024-05-03">Friday</time>', "Friday (2024-05-03)"),
    ("a time that says it", '<time datetime="2024-05-03">on 2024-05-03</time>', "on 2024-05-03"),
    ("an abbreviation", '<abbr title="Value Added Tax">VAT</abbr>', "VAT (Value Added Tax)"),
    ("a property of a tag", '<span itemprop="price" content="12.90">from 12,90 €</span>', "from 12,90 € (12.90)"),
    ("a property that nobody sees", '<p>Lamp<meta itemprop="sku" content="L-7">', "Lamp\nsku: L-7"),
    ("fields of a form", '<label>Name <input value="Lee"></label><input type=hidden value=x>', "Name Lee"),
    ("boxes", "<input type=checkbox checked> yes <input type=radio> no", "[x] yes [ ] no"),
    ("options", "<select><option>S<option selected>M</select>", "S\n[x] M"),
    ("text that keeps its lines", "<pre>a\n  b</pre>", "a\n  b"),
    ("what is not shown", "a<script>x</script><style>y</style><!-- z --><template>t</template>b", "ab"),
    ("an unfinished tag", "one <b>two</b> <a href='x", "one two a href='x"),
    ("an end tag without a start", "</div>one</p></table></li></td></a>", "one"),
]


@pytest.mark.parametrize(("source", "expected"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_a_page_is_shown_as_markdown(source: str, expected: str) -> None:
    assert page_text(source).text == expected


TABLES = [
    (
        "with a header",
        "<table><tr><th>Item<th>Price<tr><td>Nut<td>3</table>x",
        "| Item | Price |\n| --- | --- |\n| Nut | 3 |\n\nx",
    ),
    ("without a header", "<table><tr><th>Nut<td>3<tr><td>Bolt<td></table>", "| Nut | 3 |\n| Bolt |  |"),
    ("with several lines in a cell", "<table><tr><td>1<br>234<td>5</table>", "| 1; 234 | 5 |"),
    (
        "with a cell over two rows",
        "<table><tr><td rowspan=2>May<td>1<td>2<tr><td>3<td>4</table>",
        "| May | 1 | 2 |\n| May | 3 | 4 |",
    ),
    (
        "with a cell over the last column of two rows",
        "<table><tr><td>1<td rowspan=2>x<tr><td>2</table>",
        "| 1 | x |\n| 2 | x |",
    ),
    (
        "with a cell over two columns",
        "<table><tr><td colspan=2>All<td>1<tr><td>a<td>b<td>2</table>",
        "| All |  | 1 |\n| a | b | 2 |",
    ),
    ("for layout, because of a heading", "<table><tr><td><h2>Left</h2>a<td>Right</table>", "## Left\n\na\n\nRight"),
    (
        "around another one",
        "<table><tr><td>Menu<td><table><tr><td>a<td>1</table></table>",
        "Menu\n\n| a | 1 |",
    ),
    ("for layout, as it says", "<table role=presentation><tr><td>a<td>b</table>", "a\n\nb"),
    ("of one column", "<table><tr><td>a<tr><td>b</table>", "a\nb"),
    ("with long texts", f"<table><tr><td>{'a' * 500}<td>b</table>", f"{'a' * 500}\n\nb"),
]


@pytest.mark.parametrize(("source", "expected"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES])
def test_a_table_of_data_is_shown_in_rows_and_layout_in_blocks(source: str, expected: str) -> None:
    assert page_text(source).text == expected


def test_what_a_page_says_about_itself_comes_first_and_its_linked_data_last() -> None:
    page = page_text(
        """<html><head><title>Leek
        soup</title><meta name="description" content="Warm &amp; cheap"><meta property="og:title" content="Leek soup">
        <meta property="og:price:amount" content="3"><meta name="viewport" content="width=1">
        <script type="application/ld+json">{"name": "Caf\\u00e9 \\/ soup",\n   "yield" : [4, 5]}</script>
        </head><body><p>Hello</body></html>"""
    )
    assert page.text == (
        "title: Leek soup\ndescription: Warm & cheap\nog:price:amount: 3\n\nHello\n\n"
        'JSON-LD: {"name":"Café / soup","yield":[4,5]}'
    )


def test_linked_data_that_is_broken_is_kept_as_it_is() -> None:
    source = '<script type="application/ld+json">{"a": "b\\q, \n c: 1</script>'
    assert page_text(source).text == 'JSON-LD: {"a":"b\\q,c:1'


PAGE = """<!DOCTYPE html><html><head><title>Fish &amp; chips</title></head><body>
<h1>Fish   and
 chips</h1><p>Costs <b>12,90&nbsp;&euro;</b> today</p>
<table><tr><th>Part</th><th>Weight</th></tr><tr><td>fish</td><td>200 g</td></tr></table></body></html>"""


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("Fish & chips", "Fish &amp; chips"),
        ("Fish and chips", "Fish   and\n chips"),
        ("12,90 €", "12,90&nbsp;&euro;"),
        ("ost", "ost"),
        ("200 g", "200 g"),
        ("€ today", "&euro;</b> today"),
    ],
)
def test_a_span_of_the_text_leads_to_its_source_and_back(shown: str, written: str) -> None:
    page = page_text(PAGE)
    text = page.text.replace("\xa0", " ")
    start = text.index(shown)
    span = page.source_span(start, start + len(shown))
    assert PAGE[slice(*span)] == written
    assert page.text_span(*span) == (start, start + len(shown))


def test_what_the_text_does_not_show_has_no_place_in_it() -> None:
    page = page_text("<body><p>one</p><!-- two --><p>three</p>")
    start = page.source.index("two")
    assert page.text_span(start, start + 3) is None
    assert page_text("").text_span(0, 0) is None
    assert page_text("").source_span(0, 0) == (0, 0)


PARTS = st.lists(
    st.sampled_from(
        "<p> </p> <ul> <li> </ul> <table> <tr> <td> <td/rowspan=2> <th> </table> <a/href=/x> </a> <b> </b> <sup> "
        "</sup> <dl> <dt> <dd> <h1> </h1> <br> <pre> </pre> <s> </s> &amp; &#x20ac; &nbsp < & ]] <!-- --> <script> "
        "</script> <title> </title> one two 3 <img/alt=i> <option/selected>".replace("/", " ").split()
    ),
    max_size=40,
)


@given(PARTS)
@example(["<title>", "<", "<a", "href=", "<p>"])
@settings(max_examples=300)
def test_each_piece_of_the_text_is_what_its_source_says(parts: list[str]) -> None:
    page = page_text(" ".join(parts))
    at = 0
    for piece in page.pieces:
        text = page.text[piece.at : piece.at + piece.length]
        assert piece.at == at
        assert 0 <= piece.start <= piece.end <= len(page.source)
        if not piece.whole and piece.end > piece.start:
            assert text == page.source[piece.start : piece.end]
        at += piece.length
    assert at == len(page.text)
    for start in range(0, at, 3):
        begin, end = page.source_span(start, min(at, start + 4))
        assert 0 <= begin <= end <= len(page.source)


@pytest.mark.parametrize(
    "unit",
    ["<div>", "<table><tr><td>", "<td rowspan=60000>x", "<ul><li>", "<a href=x>", "<sup>1", "<i itemprop=a content=b>",
     "<del>", "<dl><dt>", "<!--", "<![CDATA[", "&", "<", "<a ", '<meta property="og:a', "<tr><td colspan=99999>"],
)  # fmt: skip
def test_a_hostile_page_takes_tokens_in_proportion_to_its_length(unit: str) -> None:
    small, large = (len(page_text(unit * number).pieces) for number in (200, 400))
    assert large <= 2 * small + 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!doctype html><p>x", True),
        ('\n<?xml version="1.0"?>\n<!-- saved --><html lang="en">', True),
        ("<head><title>x</title>", True),
        ("<p>a part of a page</p>", False),
        ("In HTML, <html> is the root.", False),
        ("<headline>x</headline>", False),
        ("", False),
    ],
)
def test_the_source_of_a_page_is_told_by_its_first_tag(text: str, expected: bool) -> None:
    assert is_page(text) is expected


def test_the_name_of_a_file_says_that_it_is_a_page() -> None:
    names = ("a.html", "B.HTM", "c.xhtml", "d.txt", "html")
    assert [is_html_file(name, "one<br>two") for name in names] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("text", ["1 < 2 and 3 > 2", "if a<b and c>d: stop", "<Ann@mail.example> wrote", ""])
def test_a_text_without_tags_is_no_page_wherever_it_is_from(text: str) -> None:
    assert not is_html_file("https://shop.example/lamp.html", text)
