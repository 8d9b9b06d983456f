"""Mask keys, passwords and other credentials before a text is shown or stored. No other module masks anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

MASK = "***"

Secrets: TypeAlias = str | tuple[str, ...]
"""The credentials of one server, to be masked wherever they occur."""

_SHORTEST_KEY = 8
"""Minimum length of a known key to mask. A shorter one is a placeholder, and masking it would mangle ordinary words."""

_KEY = r"\b(?:gsk_|sk-|xai-|pplx-|nvapi-|csk-)[\w-]{6,}|\bAIza[\w-]{20,}|\b(?:hf|r8)_[A-Za-z0-9]{16,}"
_LOOKS_LIKE_A_KEY = re.compile(rf"{_KEY}|(?<=Bearer )[^\s\"',}}]+|(?<=Basic )[A-Za-z0-9+/=_-]{{8,}}")
_IN_A_COMMAND = re.compile(
    rf"{_KEY}|(?<=key=)\S{{8,}}|(?:(?<=-key )|(?<=api_key )|(?<=Bearer ))\S{{8,}}", re.IGNORECASE
)
"""At least 8 characters: shorter words are placeholders, and a task or a field may be called ``key``."""

_USER = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
"""``user:password@`` in a URL."""
_PARAMETER = re.compile(
    r"([?&](?:[\w.%-]{0,40}[-_.])?(?:api-?key|key|token|secret|password|passwd|pwd|sig|signature|auth|code|credential)s?=)"
    r"[^\s&#\"'<>)\]}]+",
    re.IGNORECASE,
)
"""A parameter of a URL whose name says that its value is a credential."""
_QUERY = re.compile("[?#]")
_HOST = re.compile(r"(?:\[[^\]]*\]|[^:/?#@]*)(?::\d*)?(?:[/?#]|$)")
"""A host and its port at the beginning of an address without a user."""
_VALUE = re.compile(r"(?<==)[^&#]*")


def mask(text: str, secrets: Secrets = ()) -> str:
    """Mask these credentials, and anything else that looks like one, in a text. Servers quote keys in their errors."""
    for secret in _known(secrets):
        text = text.replace(secret, MASK)
    return _LOOKS_LIKE_A_KEY.sub(MASK, _mask_urls(text))


def mask_command(text: str) -> str:
    """Mask everything that looks like a credential in a command line, where keys follow options such as --api-key."""
    return _IN_A_COMMAND.sub(MASK, _mask_urls(text))


def mask_url(url: str) -> str:
    """Return one URL for people: without its user and password, and without the values of its parameters."""
    scheme, colon, rest = url.partition("://") if "://" in url else ("", "", url)
    address, query = _QUERY.split(rest, maxsplit=1) if _QUERY.search(rest) and not _is_in_user(rest) else (rest, None)
    # Up to the last @, because a password may contain a slash or another @ that its user did not escape.
    user, _, host = address.rpartition("@")
    shown = f"{scheme}{colon}{f'{MASK}@' if user else ''}{host}"
    return shown if query is None else f"{shown}?{_VALUE.sub(MASK, query)}"


def _is_in_user(rest: str) -> bool:
    """Return whether the first ``?`` or ``#`` of a URL belongs to its password, which should have escaped it."""
    return "@" in rest and not _HOST.match(rest) and "@" not in _QUERY.split(rest, maxsplit=1)[0]


def _mask_urls(text: str) -> str:
    if "://" in text:
        text = _USER.sub(f"{MASK}@", text)
    return _PARAMETER.sub(rf"\g<1>{MASK}", text) if "=" in text else text


def _known(secrets: Secrets) -> Iterable[str]:
    """Return the credentials that are long enough to mask, the longest first, because one may contain another."""
    given = (secrets,) if isinstance(secrets, str) else secrets
    return sorted((one for one in given if len(one) >= _SHORTEST_KEY), key=len, reverse=True)
