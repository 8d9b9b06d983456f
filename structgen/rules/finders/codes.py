"""Codes: the numbers of products, invoices, orders, customers, tax payers and bank accounts."""

from __future__ import annotations

import re

from structgen.rules.document.key_values import Pair
from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, leaf
from structgen.rules.labelled import agreed
from structgen.rules.search import Search

CODED = frozenset({"sku", "mpn", "gtin", "invoice_number", "order_number", "customer_number", "tax_id"})
_CODE = re.compile(r"(?=\S{0,40}\d)(?!\S{0,40}\d[A-Z][a-z]{2})[^\W_][\w./-]{0,39}(?![^\s,;)])")
"""One word with a digit, to which no other word is glued: "77-1043This"."""
_SPACED_CODE = re.compile(r"(?=[^\n]{0,40}\d)[^\W_][A-Z\d./-]{0,20}(?: [A-Z\d./-]{1,20}){1,4}(?!\S)")
_GTIN = re.compile(r"\d(?:[ -]?\d){7,16}(?![\w-])")
_GTIN_LENGTHS = frozenset({8, 10, 12, 13, 14})
_AMOUNT_OR_DATE = re.compile(r"\d{1,6}[.,]\d\d$|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$|\d{4}-\d\d-\d\d$")
_BESIDE = 0.55


def find_code(search: Search, field: Field) -> Finding | None:
    """Return a labelled code: one word with a digit, or several in capitals if nothing else is there."""
    return agreed(field, ((pair, _code(search, field, pair)) for pair in search.pairs_for(field)))


def _code(search: Search, field: Field, pair: Pair) -> Finding | None:
    # "13 items" is a count.
    if pair.value[0] < pair.label[0] or pair.score < 0.4:
        return None
    for pattern in (_GTIN,) if field.concepts & {"gtin"} else (_CODE, _SPACED_CODE):
        match = pattern.match(search.page.text, *pair.value)
        alone = match is not None and not search.page.text[match.end() : pair.value[1]].strip()
        if match is None or not (alone or (pair.score >= _BESIDE and pattern is not _SPACED_CODE)):
            continue
        # A number in groups is no longer one word: "123 456 789 00012".
        end = match.end() if alone else _groups_end(search.page.text, match.end(), pair.value[1])
        code = search.page.text[match.start() : end].rstrip("./-")
        if _AMOUNT_OR_DATE.match(code) or (pattern is _GTIN and _digits(code) not in _GTIN_LENGTHS):
            continue
        return leaf(search.page, code, match.start(), match.start() + len(code))
    return None


_GROUPS = re.compile(r"(?<=\d\d)(?: \d{2,5})+(?![\w/.-])")
_GROUPED_DATE = re.compile(r" (?:\d\d? )?(?:19|20)\d\d$")


def _groups_end(text: str, at: int, limit: int) -> int:
    """Return the end of a code with the groups of digits behind it. They must not be a year."""
    more = _GROUPS.match(text, at, limit)
    return more.end() if more and not _GROUPED_DATE.match(more.group()) else at


def _digits(code: str) -> int:
    return sum(map(str.isdigit, code))


_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,4})?(?![\w-])")


def find_iban(search: Search, field: Field) -> Finding | None:
    """Return the only bank account number of a text whose check digits are right, or None.

    Other account numbers have no check digits. They have to be labelled.
    """
    found = [match for match in _IBAN.finditer(search.page.text) if _is_iban(match.group())]
    if not found and "iban" not in phrase(field.name):
        return find_code(search, field)
    if len({match.group().replace(" ", "") for match in found}) != 1:
        return None
    return leaf(search.page, found[0].group(), *found[0].span())


def _is_iban(written: str) -> bool:
    """Whether the check digits are right: the rearranged number leaves 1 if it is divided by 97 (ISO 13616)."""
    plain = written.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1
