"""Which of the optional libraries are installed, and which of them a schema makes use of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType

from structgen.rules.fields import Field, leaves
from structgen.rules.libraries.us_addresses import address_parts
from structgen.rules.sorts import Sort, sort_of

PHONES, ADDRESSES, SENTIMENTS = "phonenumbers", "usaddress", "vaderSentiment"
PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        PHONES: "telephone numbers",
        ADDRESSES: "addresses in the United States",
        SENTIMENTS: "the sentiment of English texts",
    }
)
"""Name of a library, of its package and of its distribution alike -> what it is for."""
_OF_SORTS = {Sort.PHONE: PHONES, Sort.ADDRESS: ADDRESSES, Sort.SENTIMENT: SENTIMENTS}


@cache
def installed() -> frozenset[str]:
    """Return the names of the installed libraries. None of them is imported."""
    return frozenset(name for name in PURPOSES if find_spec(name) is not None)


def used_for(root: Field, available: frozenset[str]) -> tuple[str, ...]:
    """Return the available libraries that know something about a field of a schema."""
    sorts = {one.sort for field in leaves(root) if (one := sort_of(field)) is not None}
    wanted = {_OF_SORTS[sort] for sort in sorts if sort in _OF_SORTS}
    if any(address_parts(field) for field in leaves(root)):
        wanted.add(ADDRESSES)
    return tuple(name for name in PURPOSES if name in wanted & available)
