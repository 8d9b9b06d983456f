"""What the language of a document says about its notation: the decimal point, and the order of dates in digits.

Regions that write otherwise than most people who speak the language are listed. A language that is written in several
ways says nothing by itself: ``en`` has no order of dates, ``en-GB`` has one.
"""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.options import DateOrder


@dataclass(frozen=True, slots=True)
class Habits:
    """How people write. `point` is the decimal point, or empty if it is not known."""

    point: str = ""
    order: DateOrder | None = None


_COMMA, _POINT = ",", "."
_GROUPS: tuple[tuple[str, str, DateOrder | None], ...] = (
    (
        "de fr es it pt nl da nb nn no fi is pl cs sk sl hr bs sr mk bg ro ru uk be el tr id vi ca gl eu et lv az ka",
        _COMMA,
        DateOrder.DMY,
    ),
    ("sv hu lt", _COMMA, DateOrder.YMD),
    ("zh ja ko", _POINT, DateOrder.YMD),
    ("th he hi bn ta te mr gu ur ms fil cy ga mt sw", _POINT, DateOrder.DMY),
    ("en", _POINT, None),
    ("en-US", _POINT, DateOrder.MDY),
    ("en-GB en-IE en-AU en-NZ en-IN en-SG en-HK", _POINT, DateOrder.DMY),
    ("de-CH it-CH de-LI es-MX es-PR es-DO es-GT es-PE", _POINT, DateOrder.DMY),
    ("fr-CA es-US", "", None),
    ("en-ZA", "", None),
)
_HABITS = {code: Habits(point, order) for codes, point, order in _GROUPS for code in codes.split()}


def habits_of(language: str | None) -> Habits:
    """Return the habits of a language such as ``de`` or ``en-GB``; those of the language if the region is not known."""
    if language is None:
        return Habits()
    main, region = language.split("-")[0], language.split("-")[-1]
    return _HABITS.get(f"{main}-{region}") or _HABITS.get(main) or Habits()


def region_of(language: str | None) -> str | None:
    """Return the country of a language such as ``en-GB``, or None."""
    last = (language or "").split("-")[-1]
    return last if language and "-" in language and len(last) == 2 else None
