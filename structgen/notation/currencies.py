"""Which written currencies may be the same one: ``€`` and ``EUR``, ``$`` and ``CAD``. Nothing is converted."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_DOLLARS = frozenset({"$", "usd", "cad", "aud", "nzd", "hkd", "sgd", "twd", "mxn", "brl"})
_YEN = frozenset({"¥", "jpy", "cny"})
_CODES: Mapping[str, str] = MappingProxyType(
    {"€": "eur", "euro": "eur", "euros": "eur", "£": "gbp", "₹": "inr", "rs": "inr", "₩": "krw", "฿": "thb"}
    | {"us$": "usd", "c$": "cad", "ca$": "cad", "a$": "aud", "au$": "aud", "nz$": "nzd", "hk$": "hkd", "s$": "sgd"}
    | {"r$": "brl", "dollar": "$", "dollars": "$", "yen": "jpy", "円": "jpy", "元": "cny", "yuan": "cny", "￥": "¥"}
    | {"rm": "myr", "ringgit": "myr", "kč": "czk", "zł": "pln", "ft": "huf", "fr": "chf", "baht": "thb"}
)


def may_be_same_currency(first: str, second: str) -> bool:
    """Return whether two written currencies may be the same. One that is not written ("") may be any."""
    one, other = _code(first), _code(second)
    if not one or not other or one == other:
        return True
    signs = {one, other}
    return ("$" in signs and signs <= _DOLLARS) or ("¥" in signs and signs <= _YEN)


def _code(written: str) -> str:
    plain = written.strip().casefold().rstrip(".")
    return _CODES.get(plain, plain)
