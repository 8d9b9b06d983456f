"""The issuer of a receipt or invoice, its address, and its phone number, by the shape of the first lines.

Companies are recognized by their legal form ("Ltd", "GmbH"), addresses by house numbers, streets, and postal codes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, lru_cache
from itertools import pairwise, takewhile

from structgen.rules.document.bill_rows import CENTS
from structgen.rules.document.label_columns import cells_of
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import fold, lexicon, phrase
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import find_date

_HEAD = 16
_LONGEST = 120
"""Maximum characters of a line that is a name or part of an address."""
_LEGAL = re.compile(
    r"(?:\bsdn\.?\s?bhd\b\.?|\bs/b\b|\bsb(?=\s?\()|\bllc\b|\bl\.l\.c\.?|\bltd\b\.?|\blimited\b|\binc\b\.?|\bcorp(?:oration)?\b\.?|\bplc\b|\bgmbh\b"
    r"|\be\.?k\.?$|\bohg\b|\bkg$|\bag$|\bs\.?a\.?r\.?l\b\.?|\bs\.?r\.?l\b\.?|\bs\.?p\.?a\b\.?|\bs\.?l\.?$|\bb\.?v\.?$|\bn\.?v\.?$|\bpte\b"
    r"|\bpty\b|\bkft\b\.?|\bzrt\b|\boy$|\baps$|\bltda?\b\.?|\blda\b\.?|\bsprl\b|\bgbr\b|\be\.?\s?v\.?$|\bv\.?o\.?f\.?$|\benterprises?\b|\btrading\b|\bs\.?a\.?s?\.?$)",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(
    r"\s*[(\[]?\s*(?:co\.?\s*(?:reg)?\.?\s*(?:no)?\s*[.:]?\s*)?\d[\d\s-]{3,12}(?:-?[A-Z])?\s*[)\]]?(?:\s*\([A-Z]{1,6}\))?$",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s?,(?=.*[\d@])")
"""The address behind the name of a company on the same line."""
_POSTAL = re.compile(
    r"(?<![\w./-])(?:\d{5}(?:-\d{4})?|\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{6}|\d{4}(?=,?\s[A-Z][a-z]))(?![\w/-])"
)
_STREET = re.compile(r"\w{3}(?:strasse|str|weg|platz|gasse|allee|straat|laan|plein|gatan|vagen|vej|gata|utca|gade)$")
_NUMBERED = re.compile(r"[^\W\d_]{3,}\.?\s\d{1,4}\s?[a-zA-Z]?$")
_HOUSE = re.compile(
    r"^(?:(?:no|lot|unit|suite|block|blk|hq|pt|level|floor|p\.?o\.?)\b[\s.:]*)*[A-Z]{0,3}-{0,2}\d[\w/&-]*[\s,.]",
    re.IGNORECASE,
)
_PRICE = re.compile(r"\d\.\d{2}(?!\d)")
_ORNAMENTS = " *=~_-"
_GREETING = re.compile(
    r"\b(?:welcome|thank|thanks|tq|receipt|your order|order number|please|visit|since|seit|depuis|desde|sinds)\b",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(
    r"\w@\w|[^\W\d_]{4,40}\s?:|www\.|https?:|\btel\b|\bfax\b|\bphone\b|\bgst\b|\bvat\b|\breg\b|\btax\b|\binvoice\b|\bdate\b|\bemail\b|\bco(?:mpany)?\.?\s*no\b|[=*]",
    re.IGNORECASE,
)


_TWO_CELLS = re.compile(r"\S(?:\t|[^\S\n]{3,})\S")
_RIGHT = 30
"""The printed column from which a cell of the head belongs to the right half."""
_SENTENCE = re.compile(r"[!?](?: |$)|(?<!\S)(?:[^\W\dA-Z_]\S*|\S{6,})\.$")
"""The end of a sentence. The point behind a short word in capitals may be that of an abbreviation: "CO."."""
_SPOKEN = 3
"""Minimum words in small letters that make a line a sentence rather than a name."""
_WORD_STARTS = re.compile(r"(?<!\S)\S")
_MOST_WORDS = 10
_WIDEST = 300
_SHORTEST = 5
_OTHER_LABEL = re.compile(r"[^\W\d_]{1,12}(?: [^\W\d_]{1,12})?:\s")
"""A label that is not known, whose value is another party than the issuer: "To: Orchard Foods Inc."."""
_AMOUNT_CELL = re.compile(
    r"(?!\d\d?[.]\d\d?[.])(?:[^\W\d_]{1,3}\.?|[$€£¥])?\s?-?\d[\d,. ]{0,12}[.,]\d{2}(?:\s?(?:[^\W\d_]{1,3}|[$€£]))?"
)
"""A cell that is nothing but an amount with its currency, and no date such as 24.05.24."""


def _head_lines(search: Search) -> tuple[Line, ...]:
    """Return the first lines of a document, or the cells of the left column and then of the right one."""
    lines = search.page.lines[: _HEAD + 6]
    if not any(len(line.text) <= _WIDEST and _TWO_CELLS.search(line.text) for line in lines):
        return lines
    left, right = list[Line](), list[Line]()
    for line in takewhile(lambda line: not _is_item(line), lines):
        margin = search.page.text.rfind("\n", 0, line.start) + 1
        for start, end in cells_of(line):
            half = right if start - margin >= _RIGHT or "\t" in search.page.text[margin:start] else left
            half.append(Line(start, end, search.page.text[start:end]))
    return (*left, *right)


def _is_item(line: Line) -> bool:
    """Whether a line is a row of goods: its last cell is nothing but an amount."""
    start, end = cells_of(line)[-1]
    last = line.text[start - line.start : end - line.start]
    return start > line.start and _AMOUNT_CELL.fullmatch(last) is not None


def _is_business_document(search: Search) -> bool:
    """Whether a document states amounts and their total, as receipts and invoices do."""
    keys = {key for pair in search.pairs for key in pair.keys}
    return bool(keys & {"total", "subtotal", "paid"}) and bool(CENTS.search(search.page.text))


def find_company(search: Search, others: frozenset[Span] = frozenset()) -> Finding | None:
    """Return the issuer, or None if the document is not a receipt or invoice, or if two names may be the issuer's.

    Lines above the address come first. Among them, one with a legal form ("Ltd") is surest, then one with a word of
    trade ("Bakery"), then the first that looks like a name. `others` are the names of other parties.
    """
    if not _is_business_document(search):
        return None
    # A recipe or a letter has a head as well. Without amounts its first line is a title, not an issuer.
    lines = tuple(line for line in _head_lines(search) if not _is_of(line, others))
    if repeated := _repeated(search, lines[:_HEAD]):
        return leaf(search.page, search.page.text[slice(*repeated)], *repeated)
    block = _address_block(lines)
    above = [line for line in lines[:_HEAD] if block and line.end <= block[0].start]
    for head in (above, _head(lines)):
        names = [line for line in head if _is_name_like(line, search)]
        if names:
            legal = [line for line in names if _LEGAL.search(line.text)]
            # Names side by side are the seller and the buyer, unless a single legal form tells which one is a company.
            if _in_both_columns(search, names) and len(legal) != 1:
                return None
            trade = next((line for line in names if _names_trade(line)), names[0])
            return _company(search, head, legal[0] if legal else trade)
    return None


def _is_of(line: Line, names: frozenset[Span]) -> bool:
    return any(start < line.end and line.start < end for start, end in names)


def _repeated(search: Search, lines: tuple[Line, ...]) -> Span | None:
    """Return the only name with a legal form in the head that the text repeats below it, as footers do.

    Two columns may be on one line, with a single space between them: then the end of the line is repeated.
    """
    found: dict[str, Span] = {}
    for line in lines:
        start, end = _name_span(line)
        if not (_LEGAL.search(line.text) and _is_name_like(line, search)):
            continue
        for word in list(_WORD_STARTS.finditer(search.page.text, start, end))[:_MOST_WORDS]:
            name = search.page.text[word.start() : end]
            if len(name) >= _SHORTEST and search.page.text.find(f"\n{name}", end) >= 0:
                found.setdefault(name.casefold(), (word.start(), end))
                break
    return next(iter(found.values())) if len(found) == 1 else None


def _in_both_columns(search: Search, names: list[Line]) -> bool:
    """Whether names are in the left and in the right half of the page."""
    text = search.page.text
    halves = {one.start - text.rfind("\n", 0, one.start) > _RIGHT for one in names}
    return len(halves) == 2


def _company(search: Search, head: list[Line], line: Line) -> Finding:
    start, end = _name_span(line)
    if before := _broken_name(head, line):
        start = before.start
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


def _names_trade(line: Line) -> bool:
    """Whether a line contains a word of trade, such as "bakery" or "restaurant"."""
    return any(fold(word) in lexicon().business for word in re.findall(r"[^\W\d_]+", line.text))


def _head(lines: tuple[Line, ...]) -> list[Line]:
    """Return the lines before the first amount."""
    end = next((at for at, line in enumerate(lines[:_HEAD]) if CENTS.search(line.text)), _HEAD)
    return list(lines[:end])


def _is_name_like(line: Line, search: Search) -> bool:
    """Whether a line looks like the name of a company."""
    if len(line.text) > _LONGEST:
        return False
    start, end = _name_span(line)
    name = line.text[start - line.start : end - line.start]
    letters, words = sum(char.isalpha() for char in name), phrase(name)
    if letters < 3 or letters < len(name) * 0.5 or words in lexicon().documents or line.text.startswith("("):
        return False
    if _GREETING.search(name) or (_NO_ADDRESS.search(name) and not _LEGAL.search(line.text)):
        return False
    # A date is not a name, but "Café 1 May 1890" may be one.
    day = find_date(line.text)
    if day and sum(map(str.isalpha, line.text[: day.start] + line.text[day.end :])) < 3:
        return False
    spoken = sum(word.islower() and word.isalpha() for word in name.split()) >= _SPOKEN and not _names_trade(line)
    if not _LEGAL.search(line.text) and (_SENTENCE.search(name) or spoken or _is_numbered_paper(words)):
        return False
    mentions = search.vocabulary.of_line(line.text)
    labelled = ":" in line.text and ((mentions and mentions[0].start == 0) or _OTHER_LABEL.match(line.text))
    return not labelled and (bool(_LEGAL.search(line.text)) or address_score(line) < 2)


def _is_numbered_paper(words: tuple[str, ...]) -> bool:
    """Whether words are the name of a paper and its number: "Factura 88", "Tax invoice no. 12"."""
    papers = lexicon().documents
    return any(words[:size] in papers for size in range(1, 4)) and any(word.isdigit() for word in words)


def _name_span(line: Line) -> Span:
    """Return the name on a line, without ornaments and the registration number that often follows it."""
    text = line.text
    before, _, last = text.rpartition(" ")
    # The next column may be behind a single space: "Harrow Print Works Ltd INVOICE".
    if phrase(last) in lexicon().documents and _LEGAL.search(before):
        text = before
    legal = _LEGAL.search(text)
    cut = _REGISTRATION.search(text)
    # Digits before the legal form are part of the name ("Studio 54321 Ltd"), those behind it a registration number.
    if cut and cut.start() >= 4 and (legal is None or cut.start() >= legal.end()):
        text = text[: cut.start()]
    if legal and (tail := _TAIL.match(text, legal.end())):
        text = text[: tail.start()]
    text = text.rstrip(_ORNAMENTS + ",;:")
    return line.start + len(text) - len(text.lstrip(_ORNAMENTS)), line.start + len(text)


def _broken_name(head: list[Line], line: Line) -> Line | None:
    """Return the line above if a name was broken before its legal form ("... CO. LTD"), else None."""
    at = head.index(line)
    words = [fold(word) for word in re.findall(r"[^\W\d_]+", line.text)]
    short = all(word in lexicon().business or len(word) <= 2 for word in words)
    return head[at - 1] if at and short else None


def find_address(search: Search) -> Finding | None:
    """Return the first lines that look like a postal address, joined with spaces, or None."""
    block = _address_block(_head_lines(search))
    if not block:
        return None
    start, end = block[0].start, block[-1].end
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


def address_below(search: Search, at: int) -> Finding | None:
    """Return the lines of an address from an offset to a blank line or a label, without the name above them."""
    lines = search.page.lines
    first = bisect_right(lines, at, key=lambda line: line.start) - 1
    block = [lines[first]] if first >= 0 else []
    for before, line in pairwise(lines[max(0, first) : first + _MOST_LINES]):
        blank = search.page.text.count("\n", before.end, line.start) > 1
        if blank or ":" in line.text or address_score(line) < 0:
            break
        block.append(line)
    while block and address_score(block[0]) < 1 and not any(map(str.isdigit, block[0].text)):
        block.pop(0)
    if not block:
        return None
    start, end = block[0].start, block[-1].end
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


_MOST_LINES = 7


def _address_block(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    for at, line in enumerate(lines):
        score = address_score(line)
        # One weak line, such as a name with a word for a place in it, is not an address unless another follows.
        if score < 2 or (score < 3 and not _address_continues(lines, at) and not _HOUSE.match(line.text)):
            continue
        block = lines[at : _address_end(lines, at) + 1]
        if max(address_score(one) for one in block) >= 3 or len(block) >= 2 or _HOUSE.match(line.text):
            return block
    return ()


def _address_continues(lines: tuple[Line, ...], at: int) -> bool:
    return at + 1 < len(lines) and (address_score(lines[at + 1]) >= 1 or bool(_POSTAL.search(lines[at + 1].text)))


def _address_end(lines: tuple[Line, ...], at: int) -> int:
    """Return the last line of an address. A line that looks like nothing belongs to it if a strong one follows."""
    last = at
    for place in range(at + 1, min(at + 7, len(lines))):
        score = address_score(lines[place])
        ahead = address_score(lines[place + 1]) if place + 1 < len(lines) else -1
        if score < 0 or (
            score < 1 and not lines[place - 1].text.endswith((",", "&", "-")) and ahead < _minimum_ahead(lines[place])
        ):
            break
        last = place
    return last


def _minimum_ahead(line: Line) -> int:
    """Return the minimum score of the line after a line that looks like nothing. Place names are a word or two."""
    return 1 if len(line.text.split()) <= 2 and line.text.replace(" ", "").isalpha() else 2


def address_score(line: Line) -> int:
    """Return how much a line looks like a part of an address, or -1 if it cannot be one."""
    return _score_of(line.text)


@lru_cache(maxsize=1 << 12)
def _score_of(text: str) -> int:
    # Blocks of lines overlap, so each line is asked for several times.
    if len(text) > _LONGEST:
        return -1
    if _PRICE.search(text) or _NO_ADDRESS.search(text) or text.startswith("("):
        return -1
    words = [fold(word) for word in re.findall(r"[^\W\d_]+", text)]
    if not words or phrase(text) in lexicon().documents or _LEGAL.search(text):
        return -1
    place = sum((word in lexicon().places and len(word) > 1) or bool(_STREET.search(word)) for word in words)
    joined = f" {' '.join(words)} "
    region = any(name in joined for name in _regions())
    house = (bool(_HOUSE.match(text)) and (place > 0 or "," in text)) or (place > 0 and bool(_NUMBERED.search(text)))
    return min(place, 2) + 2 * bool(_POSTAL.search(text)) + region + house + text.endswith(",")


@cache
def _regions() -> tuple[str, ...]:
    """Return the names of regions, each between spaces."""
    return tuple(f" {' '.join(name)} " for name in lexicon().regions)


def find_phone(search: Search) -> Finding | None:
    """Return the only phone number in the first lines that has brackets or a country code, or None."""
    end = search.page.lines[min(_HEAD, len(search.page.lines)) - 1].end if search.page.lines else 0
    found = list(_PHONE.finditer(search.page.text, 0, end))
    return leaf(search.page, found[0].group(), *found[0].span()) if len(found) == 1 else None


_PHONE = re.compile(
    r"(?<![\w.(])(?:\(\d{2,5}\)[ -]?\d{3,4}(?:[ -]\d{3,4}){1,2}|\+\d{1,3}(?:[ -]\d{1,4}){2,5})(?![\w-])"
)
