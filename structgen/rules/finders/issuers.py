"""The issuer of a receipt or invoice, its address, and its phone number, by the shape of the first lines.

Companies are recognized by their legal form ("Ltd", "GmbH"), addresses by house numbers, streets, and postal codes.
"""

from __future__ import annotations

import re

from structgen.rules.document.bill_rows import CENTS
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import fold, lexicon, phrase, tokens
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search

_HEAD = 16
_LONGEST = 120
"""Maximum characters of a line that is a name or part of an address."""
_LEGAL = re.compile(
    r"(?:\bsdn\.?\s?bhd\b\.?|\bs/b\b|\bsb(?=\s?\()|\bllc\b|\bl\.l\.c\.?|\bltd\b\.?|\blimited\b|\binc\b\.?|\bcorp(?:oration)?\b\.?|\bplc\b|\bgmbh\b"
    r"|\be\.?k\.?$|\bohg\b|\bkg$|\bag$|\bs\.?a\.?r\.?l\b\.?|\bs\.?r\.?l\b\.?|\bs\.?p\.?a\b\.?|\bs\.?l\.?$|\bb\.?v\.?$|\bn\.?v\.?$|\bpte\b"
    r"|\bpty\b|\bkft\b\.?|\bzrt\b|\boy$|\baps$|\benterprises?\b|\btrading\b|\bs\.?a\.?s?\.?$)",
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
_GREETING = re.compile(r"\b(?:welcome|thank|thanks|tq|receipt|your order|order number|please|visit)\b", re.IGNORECASE)
_NO_ADDRESS = re.compile(
    r"\w@\w|[^\W\d_]{4,40}\s?:|www\.|https?:|\btel\b|\bfax\b|\bphone\b|\bgst\b|\bvat\b|\breg\b|\btax\b|\binvoice\b|\bdate\b|\bemail\b|\bco(?:mpany)?\.?\s*no\b|[=*]",
    re.IGNORECASE,
)


def _is_business_document(search: Search) -> bool:
    """Whether a document states amounts and their total, as receipts and invoices do."""
    keys = {key for pair in search.pairs for key in pair.keys}
    return bool(keys & {"total", "subtotal", "paid"}) and bool(CENTS.search(search.page.text))


def find_company(search: Search) -> Finding | None:
    """Return the issuer, or None if the document is no receipt or invoice.

    Lines above the address come first. Among them, one with a legal form ("Ltd") is surest, then one with a word of
    trade ("Bakery"), then the first that looks like a name.
    """
    if not _is_business_document(search):
        return None
    # A recipe or a letter has a head as well. Without amounts its first line is a title, not an issuer.
    block = _address_block(search)
    above = [line for line in search.page.lines[:_HEAD] if block and line.end <= block[0].start]
    for head in (above, _head(search)):
        names = [line for line in head if _is_name_like(line, search)]
        if names:
            legal = next((line for line in names if _LEGAL.search(line.text)), None)
            trade = next((line for line in names if _names_trade(line)), names[0])
            return _company(search, head, legal or trade)
    return None


def _company(search: Search, head: list[Line], line: Line) -> Finding:
    start, end = _name_span(line)
    if before := _broken_name(head, line):
        start = before.start
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


def _names_trade(line: Line) -> bool:
    """Whether a line contains a word of trade, such as "bakery" or "restaurant"."""
    return any(fold(word) in lexicon().business for word in re.findall(r"[^\W\d_]+", line.text))


def _head(search: Search) -> list[Line]:
    """Return the lines before the first amount."""
    lines: list[Line] = []
    for line in search.page.lines[:_HEAD]:
        if CENTS.search(line.text):
            break
        lines.append(line)
    return lines


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
    mentions = search.vocabulary.mentions(tokens(line.text))
    labelled = ":" in line.text and mentions and mentions[0].start == 0
    return not labelled and (bool(_LEGAL.search(line.text)) or address_score(line) < 2)


def _name_span(line: Line) -> Span:
    """Return the name on a line, without ornaments and the registration number that often follows it."""
    text = line.text
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
    block = _address_block(search)
    if not block:
        return None
    start, end = block[0].start, block[-1].end
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


def _address_block(search: Search) -> tuple[Line, ...]:
    lines = search.page.lines[: _HEAD + 6]
    for at, line in enumerate(lines):
        score = address_score(line)
        # One weak line, such as a name with a word for a place in it, is no address unless another follows.
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
    text = line.text
    if len(text) > _LONGEST:
        return -1
    if _PRICE.search(text) or _NO_ADDRESS.search(text) or text.startswith("("):
        return -1
    words = [fold(word) for word in re.findall(r"[^\W\d_]+", text)]
    if not words or phrase(text) in lexicon().documents or _LEGAL.search(text):
        return -1
    place = sum((word in lexicon().places and len(word) > 1) or bool(_STREET.search(word)) for word in words)
    joined = f" {' '.join(words)} "
    region = any(f" {' '.join(name)} " in joined for name in lexicon().regions)
    house = (bool(_HOUSE.match(text)) and (place > 0 or "," in text)) or (place > 0 and bool(_NUMBERED.search(text)))
    return min(place, 2) + 2 * bool(_POSTAL.search(text)) + region + house + text.endswith(",")


def find_phone(search: Search) -> Finding | None:
    """Return the only phone number in the first lines that has brackets or a country code, or None."""
    end = search.page.lines[min(_HEAD, len(search.page.lines)) - 1].end if search.page.lines else 0
    found = list(_PHONE.finditer(search.page.text, 0, end))
    return leaf(search.page, found[0].group(), *found[0].span()) if len(found) == 1 else None


_PHONE = re.compile(
    r"(?<![\w.(])(?:\(\d{2,5}\)[ -]?\d{3,4}(?:[ -]\d{3,4}){1,2}|\+\d{1,3}(?:[ -]\d{1,4}){2,5})(?![\w-])"
)
