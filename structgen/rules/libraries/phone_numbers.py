"""Telephone numbers by the library phonenumbers, which knows the numbering plan of every country."""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.notation.dates import read_dates

_STRETCH = re.compile(r"(?<![\w.,/:#@=&-])(?:\+|\(\+?)?\d[\d().\-/ \u00a0]{4,24}\d(?![\w@-]|[.,/:]\d)")
"""What may be a telephone number: digits with the signs that people write between them."""
_MOST = 500


def phone_numbers(text: str, region: str | None) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and the international form of each valid number of a text, at most 500.

    Without a region, only numbers with a country code are read. With one, also those in the grouping of its country.
    """
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

    for number, stretch in enumerate(_STRETCH.finditer(text)):
        if number == _MOST:
            return
        written = stretch.group()
        abroad = written.lstrip("(").startswith("+")
        # Bare digits may be the number of an order, and a date has the form of a number in some countries.
        if not abroad and (region is None or written.isdecimal() or next(read_dates(written), None)):
            continue
        # Digits with a country code are a phone number in any grouping, others only in that of their country.
        leniency = Leniency.VALID if abroad else Leniency.STRICT_GROUPING
        for match in PhoneNumberMatcher(written, region, leniency=leniency, max_tries=4):
            whole = match.raw_string
            if sum(map(str.isdigit, whole)) == sum(map(str.isdigit, written)):
                international = format_number(match.number, PhoneNumberFormat.E164)
                yield stretch.start() + match.start, stretch.start() + match.end, international
