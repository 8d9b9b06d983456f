"""How currencies are written beside an amount: signs, ISO 4217 codes, abbreviations and words."""

from __future__ import annotations

import re

SIGNS = "$€£¥￥₹₨₽₩₪฿₫₴₦₱₺₿₡₲₵₸₾₼₭₮"
_BEFORE_A_SIGN = "US|CA|AU|NZ|HK|NT|MX|[ACRSU]"
"""Letters before a dollar sign: ``US$``, ``R$``."""
# Without the codes that are English words as well: ALL, TOP, PEN, CUP, MOP, GEL, MAD, BAM, SOS.
_CODES = (
    "AED AFN AMD AOA ARS AUD AWG AZN BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNH CNY "
    "COP CRC CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MDL MGA MKD MMK MNT MRU MUR "
    "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PGK PHP PKR PLN PYG QAR RMB RON RSD RUB RWF SAR SBD SCR SDG "
    "SEK SGD SHP SLE SRD SSP STN SYP SZL THB TJS TMT TND TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD "
    "XOF XPF YER ZAR ZMW"
)
_ABBREVIATIONS = "Rs Rp RM kr Kr Fr zł Kč Ft лв"
_WORDS = (
    "dollars? euros? yen yuan renminbi rupees? rupiah pesos? francs? kron[aeo]r? kroner roubles? rubles? baht ringgit "
    "złoty(?:ch)? forint руб(?:л[ейья]{1,2}|ля)? грн"
)
_UNSPACED = "円元원"
LETTERS = frozenset([*_CODES.split(), *_ABBREVIATIONS.split()])
"""The currencies that are written in letters."""
_LETTERS = rf"(?:{'|'.join(sorted(LETTERS, key=len, reverse=True))})"

BEFORE = rf"(?:(?<![^\W\d_])(?:(?:{_BEFORE_A_SIGN})?[{SIGNS}]|{_LETTERS}\.?))"
"""A currency that stands before an amount, as the source of a regular expression."""
AFTER = re.compile(
    rf"[ \u00a0\u202f]?(?P<currency>[{SIGNS}]|(?:{_BEFORE_A_SIGN})\$|[{_UNSPACED}]"
    rf"|(?:{_LETTERS}|(?i:{'|'.join(_WORDS.split())}))(?![^\W\d_])\.?)"
)
_COMMA_BETWEEN_THOUSANDS = re.compile(
    r".*[$£¥￥₹₨₩₪฿₫円元원]|(?:USD|GBP|JPY|CNY|RMB|INR|KRW|AUD|CAD|NZD|HKD|SGD|TWD|THB|MYR|PHP|PKR|LKR|BDT|NPR|AED|SAR|ILS"
    r"|MXN|NGN|KES|EGP|GHS|Rs|RM)\.?"
)


_RUPEES = re.compile(r"₹|₨|(?:INR|PKR|NPR|LKR|Rs)\.?")


def counts_in_lakhs(currency: str) -> bool:
    """Whether amounts of this currency are counted in lakhs and crores."""
    return _RUPEES.fullmatch(currency) is not None


def groups_by_comma(currency: str) -> bool:
    """Whether all who pay in this currency put a comma between thousands, or no decimals at all: ``$1,299``."""
    return _COMMA_BETWEEN_THOUSANDS.fullmatch(currency) is not None
