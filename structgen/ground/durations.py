"""Durations in the forms in which people write them: ``PT1H30M``, "1 hour 30 minutes", "an hour and a half", "90 min".

A duration is known by its months and its seconds, since no month has a fixed number of days. One that is written in
several units is read whole: "1 hour 45 minutes" is neither an hour nor 45 minutes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from structgen.ground.places import Grade, Place
from structgen.notation.words import value_of


class Duration(NamedTuple):
    """A length of time."""

    months: Decimal
    seconds: Decimal


_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_UNITS: dict[str, Duration] = {
    name: Duration(Decimal(months), Decimal(seconds))
    for names, months, seconds in (
        ("y yr yrs year years jahr jahre jahren an ans année années año años anno anni ano anos", 12, 0),
        ("mo mos month months monat monate monaten mois mes meses mese mesi mês", 1, 0),
        ("w wk wks week weeks woche wochen semaine semaines semana semanas settimana settimane", 0, 7 * _DAY),
        ("d day days tag tage tagen jour jours día días giorno giorni dia dias 日間 天", 0, _DAY),
        ("h hr hrs hour hours stunde stunden std heure heures hora horas ora ore 時間 小时 小時", 0, _HOUR),
        ("m min mins minute minutes minuten minuto minutos minuti 分 分間 分钟 分鐘", 0, _MINUTE),
        ("s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondi 秒 秒間", 0, 1),
    )
    for name in names.split()
}
_VULGAR = "\u00bc-\u00be\u2150-\u215e"
_WORDS = "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety"
_SPELLED = rf"(?:{'|'.join(_WORDS.split())})(?:-(?:{'|'.join(_WORDS.split()[:9])}))?|an?"
_PART = re.compile(
    rf"(?<![\w.,/])(?P<amount>\d{{1,9}}(?:[.,]\d{{1,9}})?(?:\s?[{_VULGAR}]|\s\d/\d)?|\d/\d|[{_VULGAR}]|(?:{_SPELLED}"
    rf"|half\san?)(?=[\s-]))(?P<more>\sand\sa\s(?:half|quarter))?(?:\s\(\d{{1,9}}\))?[\s-]{{0,2}}"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![^\W\d_])\.?(?P<rest>\sand\sa\s(?:half|quarter))?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s{0,2}(?:,|&|and|und|et|y|e)?(?:\s{1,2}and)?\s{0,2}", re.IGNORECASE)
_ISO = re.compile(
    r"P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?"
    r"(?:(\d+(?:\.\d+)?)S)?)?"
)
_ISO_UNITS = tuple(_UNITS[name] for name in ("year", "month", "week", "day", "hour", "minute", "second"))
_MORE = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}
_LONGEST = 100


def duration_of(value: str | timedelta) -> Duration | None:
    """The duration that a value is, in ISO 8601 or in words; None where it is none, or more than one."""
    if isinstance(value, timedelta):
        return Duration(Decimal(0), Decimal(str(value.total_seconds())))
    if len(value) > _LONGEST:
        return None
    match = _ISO.fullmatch(value)
    if match is not None:
        return _sum(_times(Decimal(n or 0), unit) for n, unit in zip(match.groups(), _ISO_UNITS, strict=True))
    found = list(_durations(value)) if _PART.match(value) else []
    whole = len(found) == 1 and (found[0][1].start, found[0][1].end) == (0, len(value))
    return found[0][0] if whole else None


def find_durations(text: str, wanted: Set[Duration]) -> dict[Duration, list[Place]]:
    """Where the wanted durations stand."""
    found: dict[Duration, list[Place]] = {}
    for duration, place in _durations(text) if wanted else ():
        if duration in wanted:
            found.setdefault(duration, []).append(place)
    return found


def _durations(text: str) -> Iterator[tuple[Duration, Place]]:
    """Every duration with its place, each as long as its parts go on from larger units to smaller ones."""
    pending: tuple[Duration, Place, Duration] | None = None
    for match in _PART.finditer(text):
        unit = _UNITS[match["unit"].lower()]
        metres = match["unit"] in ("m", "M")
        length = _length(match, unit)
        if pending is not None:
            total, place, last = pending
            if unit < last and _BETWEEN.fullmatch(text, place.end, match.start()):
                pending = _sum((total, length)), place._replace(end=match.end()), unit
                continue
            yield total, place
        pending = None if metres else (length, Place(match.start(), match.end(), Grade.WRITTEN), unit)
    if pending is not None:
        yield pending[0], pending[1]


def _length(match: re.Match[str], unit: Duration) -> Duration:
    amount = _amount(match["amount"].lower())
    return _times(amount + sum(_MORE[more.split()[-1].lower()] for more in match.group("more", "rest") if more), unit)


def _amount(written: str) -> Decimal:
    """The number before a unit: digits with a fraction, or words."""
    if written.startswith("half"):
        return _MORE["half"]
    if written[0].isalpha():
        return Decimal(1 if written in ("a", "an") else value_of(written.split("-")) or 0)
    total = Decimal(0)
    for part in unicodedata.normalize("NFKC", "".join(f" {c}" if c > "\u00bb" else c for c in written)).split():
        top, _, bottom = part.replace("\u2044", "/").replace(",", ".").partition("/")
        total += Decimal(top) / Decimal(bottom) if bottom.strip("0") else Decimal(top)
    return total


def _times(amount: Decimal, unit: Duration) -> Duration:
    return Duration(amount * unit.months, amount * unit.seconds)


def _sum(durations: Iterator[Duration] | tuple[Duration, ...]) -> Duration:
    parts = list(durations)
    return Duration(sum((p.months for p in parts), Decimal(0)), sum((p.seconds for p in parts), Decimal(0)))
