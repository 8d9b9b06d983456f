"""What a reader takes for one character is found as a whole or not at all."""

import unicodedata

import pytest

from structgen.ground import locate
from tests.ground.conftest import Find

FAMILY, FOUR = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
)
DE, FR, BD, EC = ("\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7", "\U0001f1e7\U0001f1e9", "\U0001f1ea\U0001f1e8")
WOMAN, ROCKET, THUMB, HEART = "\U0001f469", "\U0001f680", "\U0001f44d", "\u2764"
DARK, LIGHT = "\U0001f3ff", "\U0001f3fb"
BLACK_FLAG = "\U0001f3f4"
ENGLAND, SCOTLAND = (
    BLACK_FLAG + "".join(chr(0xE0000 + ord(sign)) for sign in name) + "\U000e007f" for name in ("gbeng", "gbsct")
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (DE, f"flag {BD}{EC} end"),
        (f"{FR}{DE}", "\U0001f1e7" + f"{FR}{DE}" + "\U0001f1e8"),
        (f"{DE} team", "\U0001f1e7" + f"{DE} team"),
        (WOMAN, f"the {WOMAN}\u200d{ROCKET} flew"),
        (ROCKET, f"the {WOMAN}\u200d{ROCKET} flew"),
        (f"Anna {WOMAN} K", f"Anna {WOMAN}\u200d{ROCKET} K"),
        (f"{WOMAN}{DARK}", f"{WOMAN}{DARK}\u200d{ROCKET}"),
        (FAMILY, FOUR),
        (THUMB, f"ok {THUMB}{DARK}"),
        (f"{THUMB}{DARK}", f"ok {THUMB}{LIGHT}"),
        (f"good {THUMB}", f"good {THUMB}{DARK} job"),
        (HEART, f"{HEART}\ufe0f\u200d\U0001f525"),
        (BLACK_FLAG, f"{ENGLAND} team"),
        (ENGLAND, f"{SCOTLAND} team"),
        ("1", "press 1\ufe0f\u20e3 now"),
        (1, "press 1\ufe0f\u20e3 now"),
        (12, "12\ufe0f\u20e3"),
        (5, "5\u0338 of them"),
        (5, "x 5\U0001e944"),
        ("\u0301", "e\u0301"),
        ("e", "e\u0301"),
        ("e", "\u00e9"),
        ("\u00e0", "a b"),
        ("\uac00", "\u1100\u1161\u11a8"),
        ("\u1100", "\u1100\u1161"),
        ("\u1100\u1161", "\u1100\u1161\u11a8"),
        ("\uac00", "\uac00\u11a8"),
        ("\u0915", "\u0915\u093f"),
        ("\u0915", "\u0915\u094d\u0937"),
        ("\u0e01", "\u0e01\u0e33"),
        ("\u0e01\u0e35", "\u0e01\u0e35\u0e48"),
        ("\u304b", "\u304b\u3099"),
        ("\u179f", "\u1780\u17d2\u179f"),
        ("\u1000", "\u1000\u1039\u1000"),
        ("\U00011107", "x \U00011107\U00011128"),
    ],
)
def test_a_part_of_a_character_is_not_found(value: object, text: str, find: Find) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text", "found", "status"),
    [
        (DE, f"{FR}{DE}", DE, "exact"),
        (f"{FR}{DE}", f"x{FR}{DE}", f"{FR}{DE}", "exact"),
        (f"go {DE}", f"go {DE}{FR}", f"go {DE}", "exact"),
        (f"{WOMAN}\u200d{ROCKET}", f"the {WOMAN}\u200d{ROCKET} flew", f"{WOMAN}\u200d{ROCKET}", "exact"),
        (f"{WOMAN}\u200d{ROCKET}{THUMB}", f"x{WOMAN}\u200d{ROCKET}{THUMB}y", f"{WOMAN}\u200d{ROCKET}{THUMB}", "exact"),
        (FOUR, f"we are {FOUR}.", FOUR, "exact"),
        (f"{THUMB}{DARK}", f"ok {THUMB}{DARK}!", f"{THUMB}{DARK}", "exact"),
        (ENGLAND, f"{SCOTLAND}{ENGLAND} team", ENGLAND, "exact"),
        ("1\ufe0f\u20e3", "press 1\ufe0f\u20e3 now", "1\ufe0f\u20e3", "exact"),
        (HEART, f"I {HEART}\ufe0f it", f"{HEART}\ufe0f", "normalized"),
        (f"{HEART}\ufe0f", f"I {HEART} it", HEART, "normalized"),
        ("cafe\u0301", "in the caf\u00e9", "caf\u00e9", "normalized"),
        ("\u00e9", "e\u0301", "e\u0301", "normalized"),
        ("\uac01", "x \u1100\u1161\u11a8 y", "\u1100\u1161\u11a8", "normalized"),
        ("\u304c", "\u304b\u3099", "\u304b\u3099", "normalized"),
        ("\u845b", "\u845b\U000e0100", "\u845b\U000e0100", "normalized"),
        ("\u0e01\u0e33", "\u0e01\u0e33\u0e01", "\u0e01\u0e33", "exact"),
        ("\U00011107\U00011128", "x \U00011107\U00011128", "\U00011107\U00011128", "exact"),
    ],
)
def test_a_whole_character_is_found_with_all_its_signs(
    value: str, text: str, found: str, status: str, find: Find
) -> None:
    assert find(value, text) == (found, status)


def test_no_place_begins_or_ends_within_a_character() -> None:
    signs = [DE, FR, WOMAN, "\u200d", ROCKET, DARK, "\ufe0f", "\u20e3", "1", "e", "\u0301", "\u1100", "\u1161", " "]
    for seed in range(len(signs) ** 2):
        text = "".join(signs[(seed * k + k * k) % len(signs)] for k in range(1, 9))
        for value in signs:
            for piece in locate({"v": value}, text):
                after = text[piece.end : (piece.end or 0) + 1] if piece.end is not None else ""
                assert not after or unicodedata.category(after)[0] != "M"
                assert after != DARK
