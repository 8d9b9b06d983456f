"""Amounts of money: the number as printed, its value, and the currency beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from structgen.rules.numerals import parse_number

_SIGN = r"(?:[A-Z]{1,3}\$|[$€£¥₹₽₩₪฿₫₴₦₱₺]|RM|Rs\.?|R\$|zł|Kč|Ft|kr\.?|[A-Z]{3})"
_AMOUNT = (
    r"(?:\d{1,3}(?:(?P<group>[.,'’\u00a0\u202f])\d{3}(?!\d))(?:(?P=group)\d{3}(?!\d)){0,4}"
    r"|\d{1,3}(?:[ ]\d{3}){1,3}(?=[.,]\d{2}(?!\d))|\d{1,12}|(?=[.,]\d\d(?!\d)))"
    rf"(?:[.,](?:\d{{1,3}}|[-–—]{{1,2}}))?(?!\d|[.,]\d|(?!{_SIGN}(?![^\W\d_]))[^\W\d_]\w)"
)
_MONEY = re.compile(rf"(?<![\w.,/])(?P<sign>{_SIGN})?(?P<gap>[ \t\u00a0]{{0,24}})(?P<amount>{_AMOUNT})")
_AFTER = re.compile(rf"[ \u00a0]?({_SIGN}|euros?|dollars?|pounds?)(?![^\W\d_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a text. `start` to `end` is the number, `signed` to `signed_end` the number with a sign attached."""

    start: int
    end: int
    signed: int
    signed_end: int
    currency: tuple[int, int] | None
    written: str

    def value(self, mark: str) -> int | float | None:
        """The number; None where it could be read in two ways."""
        whole = re.sub(r"[.,][-–—]{1,2}$", "", self.written)
        return parse_number(whole if whole == self.written else re.sub(r"\D", "", whole), mark)

    @property
    def cents(self) -> bool:
        """Whether two decimals are printed, as amounts of money have."""
        return bool(re.search(r"[.,](?:\d{2}|[-–—]{1,2})$", self.written))


def find_amounts(text: str) -> Iterator[Amount]:
    """Every number of a text that may be an amount, in order, with the currency before or after it."""
    for match in _MONEY.finditer(text):
        start, end = match.span("amount")
        before = match.span("sign") if match.group("sign") else None
        attached = bool(before) and not match.group("gap")
        after = _AFTER.match(text, end)
        currency = before or (after.span(1) if after and is_currency(after.group(1)) else None)
        if before and not is_currency(text[before[0] : before[1]]):
            currency, attached = None, False
        signed = before[0] if before and attached else start
        signed_end = currency[1] if currency and currency[0] == end else end
        yield Amount(start, end, signed, signed_end, currency, text[start:end])


def is_currency(sign: str) -> bool:
    """Whether a sign or code is a currency, by the list of price-parser."""
    if not re.fullmatch(_SIGN, sign) and sign.casefold() not in _WORDS:
        return False
    if not sign.isalpha() or sign.casefold() in _WORDS:
        return True
    if sign in _COMMON:
        return False
    from price_parser import Price

    return bool(Price.fromstring(f"{sign} 1").currency)


def moved(amount: Amount, by: int) -> Amount:
    """An amount found in a part of a text, in the offsets of the whole."""
    currency = (amount.currency[0] + by, amount.currency[1] + by) if amount.currency else None
    return Amount(
        amount.start + by, amount.end + by, amount.signed + by, amount.signed_end + by, currency, amount.written
    )


_COMMON = frozenset(["ALL", "TRY", "TOP", "PEN", "CUP", "MOP", "GEL", "MAD", "BAM", "ANG", "SOS", "COP", "RON"])
"""Codes of currencies that are words as well: on a receipt they are those."""
_WORDS = {"rm", "rs", "kr", "ft", "zł", "kč", "euro", "euros", "dollar", "dollars", "pound", "pounds"}
