"""Check the `format` of strings: the formats that occur in texts, with the standard library.

A date or time may lack a time zone, as in ISO 8601: texts rarely name one, and a model would have to invent it.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from urllib.parse import urlsplit

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*\Z")
_HOSTNAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)\Z")
_DURATION = re.compile(r"P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)\Z")


def _date(text: str) -> bool:
    return len(text) == 10 and bool(date.fromisoformat(text))


def _date_time(text: str) -> bool:
    return text[10:11] in {"T", "t", " "} and bool(datetime.fromisoformat(text.upper()))


def _time(text: str) -> bool:
    return text[2:3] == ":" and bool(time.fromisoformat(text.upper()))


def _uri(text: str) -> bool:
    return bool(urlsplit(text).scheme) and not re.search(r"[\s<>\"{}|\\^`]", text)


def _hostname(text: str) -> bool:
    return len(text) <= 253 and all(_HOSTNAME.match(label) for label in text.split("."))


FORMATS: dict[str, tuple[Callable[[str], object], str]] = {
    "date": (_date, "a date (YYYY-MM-DD)"),
    "date-time": (_date_time, "a date and time (YYYY-MM-DDTHH:MM:SS)"),
    "time": (_time, "a time (HH:MM:SS)"),
    "duration": (_DURATION.match, "a duration (ISO 8601, such as PT15M)"),
    "email": (_EMAIL.match, "an email address"),
    "hostname": (_hostname, "a host name"),
    "ipv4": (ipaddress.IPv4Address, "an IPv4 address"),
    "ipv6": (ipaddress.IPv6Address, "an IPv6 address"),
    "uri": (_uri, "a URL"),
    "uuid": (lambda text: len(text) == 36 and uuid.UUID(text), "a UUID"),
}
"""Format -> a function that is false or raises ValueError for other strings; the format in plain words."""


def has_format(text: str, name: str) -> bool:
    """Whether a string has a format. Every string has an unknown format."""
    check = FORMATS.get(name)
    try:
        return check is None or bool(check[0](text))
    except ValueError:
        return False
