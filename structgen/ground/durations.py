"""Durations in the forms in which people write them: ``PT1H30M``, "1 hour 30 minutes", "an hour and a half", "90 min".

A duration is known by its months and its seconds, since no month has a fixed number of days. One that is written in
several units is read whole: "1 hour 45 minutes" is neither an hour nor 45 minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from structgen.ground.numerals import Figures
from structgen.ground.places import Grade, Place
from structgen.notation.number_words import CARDINALS
from structgen.notation.readings import Value, plus, product


class Duration(NamedTuple):
    """A length of time."""

    months: Value
    seconds: Value


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
_SPELLED = rf"(?:{'|'.join(sorted(CARDINALS, key=len, reverse=True))})|half\san?|an?"
"""The last word of a number, or an article."""
_PART = re.compile(
    rf"(?<![\w.,/])(?P<amount>\d{{1,9}}(?:[.,]\d{{1,9}})?(?:\s?[{_VULGAR}]|\s\d/\d)?|\d/\d|[{_VULGAR}]|(?:{_SPELLED})"
    rf"(?=[\s-]))(?P<more>\sand\sa\s(?:half|quarter))?(?:\s\(\d{{1,9}}\))?[\s-]{{0,2}}"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![^\W\d_])\.?(?P<rest>\sand\sa\s(?:half|quarter))?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s{0,2}(?:,|&|and|und|et|y|e)?(?:\s{1,2}and)?\s{0,2}", re.IGNORECASE)
_ISO = re.compile(
    r"P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?"
    r"(?:(\d+(?:\.\d+)?)S)?)?"
)
_ISO_UNITS = tuple(_UNITS[name] for name in ("year", "month", "week", "day", "hour", "minute", "second"))
_ARTICLES = {"a": Decimal(1), "an": Decimal(1), "one": Decimal(1), "half": Decimal("0.5")}
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
    found = list(_durations(Figures(value))) if _PART.match(value) else []
    whole = len(found) == 1 and (found[0][1].start, found[0][1].end) == (0, len(value))
    return found[0][0] if whole else None


def find_durations(figures: Figures, wanted: Set[Duration]) -> dict[Duration, list[Place]]:
    """Where the wanted durations stand in a text, whose numbers are `figures`."""
    found: dict[Duration, list[Place]] = {}
    for duration, place in _durations(figures) if wanted else ():
        if duration in wanted:
            found.setdefault(duration, []).append(place)
    return found


def _durations(figures: Figures) -> Iterator[tuple[Duration, Place]]:
    """Every duration with its place, each as long as its parts go on from larger units to smaller ones."""
    pending: tuple[Duration, Place, Duration] | None = None
    for match in _PART.finditer(figures.text):
        unit = _UNITS[match["unit"].lower()]
        lengths = [] if match["unit"] in ("m", "M") and pending is None else list(_lengths(match, unit, figures))
        alone = len(lengths) == 1 and lengths[0][1].grade is not Grade.EITHER
        if pending is not None:
            total, place, last = pending
            if alone and unit < last and _BETWEEN.fullmatch(figures.text, place.end, lengths[0][1].start):
                pending = _sum((total, lengths[0][0])), place._replace(end=match.end()), unit
                continue
            yield total, place
        pending = None
        if match["unit"] in ("m", "M"):  # metres, rather
            continue
        if alone:
            pending = (*lengths[0], unit)
        else:
            yield from lengths
    if pending is not None:
        yield pending[0], pending[1]


def _lengths(match: re.Match[str], unit: Duration, figures: Figures) -> Iterator[tuple[Duration, Place]]:
    """What a number with a unit may mean; more than one length where the number has more than one reading."""
    rest = _part(match["rest"])
    ends = (match.end("amount"), match.end("more"))
    found = list(figures.ending(match.start("amount"), ends)) or list(_spelled(match))
    for value, place in found:
        yield _times(plus(value, rest), unit), Place(place.start, match.end(), place.grade)


def _spelled(match: re.Match[str]) -> Iterator[tuple[Value, Place]]:
    """The words before a unit that are no number by themselves: "an", "half an", the "one" of "one day"."""
    value = _ARTICLES.get(match["amount"].lower().split()[0])
    if value is not None:
        yield plus(value, _part(match["more"])), Place(match.start(), match.end(), Grade.WRITTEN)


def _part(written: str | None) -> Decimal:
    """The half or the quarter of "and a half"."""
    return _MORE[written.split()[-1].lower()] if written else Decimal(0)


def _times(amount: Value, unit: Duration) -> Duration:
    return Duration(product(amount, int(unit.months)), product(amount, int(unit.seconds)))


def _sum(durations: Iterator[Duration] | tuple[Duration, ...]) -> Duration:
    months, seconds = Decimal(0), Decimal(0)
    for duration in durations:
        months, seconds = plus(months, duration.months), plus(seconds, duration.seconds)
    return Duration(months, seconds)
