"""Street addresses in the United States by the library usaddress.

An address is taken only if it ends with a state and a ZIP code, names the kind of its street, and usaddress reads it in
one way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field, Kind

_STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY PR"
)
_ADDRESS = re.compile(
    r"(?<![\w.,/#-])\d{1,6}[A-Za-z]?(?:-\d{1,4})?[ ]"
    r"(?:\d{1,3}(?:st|nd|rd|th)[ ])?(?:[NSEW]{1,2}\.?[ ])?(?:\d{1,3}(?:st|nd|rd|th)[ ])?[A-Z][^\n,;:\d]{1,40}"
    r"(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|\#)\.?[ ]?[\w-]{1,6})?"
    rf"[ ]?(?:,|\r?\n)[ ]?[A-Z][A-Za-z.'\- ]{{1,30}},?[ ](?:{'|'.join(_STATES.split())})"
    r"[ ,]{1,2}\d{5}(?:-\d{4})?(?![\w-])"
)
_LABELS = {
    "AddressNumber": "street", "AddressNumberPrefix": "street", "AddressNumberSuffix": "street",
    "StreetNamePreDirectional": "street", "StreetNamePreModifier": "street", "StreetNamePreType": "street",
    "StreetName": "street", "StreetNamePostType": "street", "StreetNamePostDirectional": "street",
    "OccupancyType": "street", "OccupancyIdentifier": "street", "PlaceName": "city", "StateName": "state",
    "ZipCode": "zip",
}  # fmt: skip
"""The labels of usaddress that a plain address has, and the part of it that they belong to."""
_NEEDED = frozenset({"AddressNumber", "StreetName", "StreetNamePostType", "PlaceName", "StateName", "ZipCode"})
_NAMES: Mapping[str, str] = {
    "street": "street", "street address": "street", "address line": "street", "address line 1": "street",
    "address 1": "street", "line 1": "street", "street 1": "street",
    "city": "city", "town": "city", "locality": "city", "state": "state", "state code": "state", "region": "state",
    "zip": "zip", "zip code": "zip", "zipcode": "zip", "postal code": "zip", "postcode": "zip",
}  # fmt: skip
"""What fields call the parts of an address."""
_LEAST_PARTS = 3
_MOST = 200


@dataclass(frozen=True, slots=True)
class UsAddress:
    """An address: its span in the text, and the span of each part (``street``, ``city``, ``state``, ``zip``)."""

    start: int
    end: int
    parts: Mapping[str, tuple[int, int]]


def address_parts(field: Field) -> dict[str, Field]:
    """Return the fields of an object that are the parts of one address; empty if it has too few to be an address."""
    found: dict[str, Field] = {}
    for child in field.children:
        part = _NAMES.get(" ".join(phrase(child.name)))
        if part and child.kind is Kind.STRING and part not in found:
            found[part] = child
    return found if len(found) >= _LEAST_PARTS and "city" in found else {}


def us_addresses(text: str) -> Iterator[UsAddress]:
    """Yield the addresses of a text, at most 200 of them."""
    for number, match in enumerate(_ADDRESS.finditer(text)):
        if number == _MOST:
            return
        if parts := _parts(match.group(), match.start()):
            yield UsAddress(*match.span(), parts)


def _parts(written: str, at: int) -> dict[str, tuple[int, int]] | None:
    """Return the spans of the parts of an address; None if it has a part that no plain address has, or lacks one."""
    import usaddress

    tagged = usaddress.parse(written)
    labels = [label for _, label in tagged]
    if not set(labels) >= _NEEDED or any(label not in _LABELS for label in labels):
        return None
    spans: dict[str, tuple[int, int]] = {}
    end, last = 0, ""
    for token, label in tagged:
        start = written.find(token, end)
        end, part = start + len(token), _LABELS[label]
        if start < 0 or (part in spans and part != last):
            return None  # one part in two places
        spans[part] = (spans[part][0] if part in spans else at + start, at + start + len(token.rstrip(",;")))
        last = part
    return spans
