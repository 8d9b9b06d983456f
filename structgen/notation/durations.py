"""Durations as people write them, and everything they may mean: ``PT1H30M``, "1 hour 30 minutes", ``1h30``, "90 min".

A duration has months and seconds, because months have no fixed length. Several units are one duration: "1 hour 45
minutes" is neither an hour nor 45 minutes. "2-3 hours" are two durations, the ends of a range.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from structgen.notation.digits import VULGAR, digit_runs, ways_to_read
from structgen.notation.number_words import CARDINALS, word_numbers
from structgen.notation.numbers import fraction_numbers, number_of
from structgen.notation.readings import Number, Reading, Value, Written, covering, matches, plus, product
from structgen.notation.style import UNSETTLED, Style


class Duration(NamedTuple):
    """A length of time."""

    months: Value
    seconds: Value

    @classmethod
    def of(cls, delta: timedelta) -> Duration:
        """Return the duration for a timedelta."""
        whole = Decimal(delta.days * _DAY + delta.seconds)
        return cls(Decimal(0), plus(whole, Decimal(delta.microseconds).scaleb(-6)))


WrittenDuration = Written[Reading[Duration]]

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3_600, 86_400, 604_800
_NAMES: Mapping[tuple[int, int], str] = {
    (12, 0): "y yr yrs year years jahr jahre jahren an ans année années año años anno anni ano anos jaar jaren år rok "
    "roky lata lat год года лет рік роки років yıl év",
    (1, 0): "mo mos month months monat monate monaten mois mes meses mese mesi mês maand maanden månad månader måned "
    "måneder miesiąc miesiące miesięcy měsíc měsíce měsíců месяц месяца месяцев місяць місяці місяців hónap "
    "か月 ヶ月 カ月 ヵ月 个月 個月 개월",
    (
        0,
        _WEEK,
    ): "w wk wks week weeks woche wochen semaine semaines semana semanas settimana settimane weken vecka "
    "veckor "
    "uge uger uke uker tydzień tygodnie tygodni týden týdny týdnů неделя недели недель тиждень тижні тижнів "
    "hafta hét 週間 周 週 주",
    (0, _DAY): "d day days tag tage tagen jour jours día días giorno giorni dia dias dag dagen dagar dage dager dzień "
    "dni dny dní день дня дней дні днів gün 日間 天 일간",
    (
        0,
        _HOUR,
    ): "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur uren timme timmar timer "
    "godz "
    "godzina godziny godzin hodina hodiny hodin ч час часа часов година години годин saat óra 時間 小时 小時 시간",
    (0, _MINUTE): "min mins minute minutes minuten minuto minutos minuti minuuten minuut minut minuter minutter minuta "
    "minuty мин минута минуты минут хв хвилина хвилини хвилин dk dakika perc 分 分間 分钟 分鐘 분",
    (0, 1): "s sec secs second seconds sek sekunde sekunden seconde secondes seconden segundo segundos secondo "
    "secondi sekund sekunder sekunda sekundy сек секунда секунды секунд saniye másodperc 秒 秒間 초",
}
"""(months, seconds) of a unit -> its names in the most common languages of documents."""
_LABELLED_NAMES: tuple[tuple[int, str], ...] = ((_HOUR, "t u time"), (_MINUTE, "m mn ′"), (1, "″"))
"""Names that usually mean something else: metres, tonnes, "one time", minutes of arc."""
_UNITS = {
    name: Duration(Decimal(months), Decimal(seconds))
    for (months, seconds), names in _NAMES.items()
    for name in names.split()
}
_LABELLED_UNITS = {
    name: Duration(Decimal(0), Decimal(seconds)) for seconds, names in _LABELLED_NAMES for name in names.split()
}
UNITS: Mapping[str, Duration] = {**_LABELLED_UNITS, **_UNITS}
"""Name of a unit in lower case -> its length, with the names that need a label."""
_SPELLED = rf"(?:{'|'.join(sorted(CARDINALS, key=len, reverse=True))})|half\san?|an?"
"""The last word of a number, or an article."""
_UNSPACED_SCRIPTS = "\u0e00-\U0003ffff"
_PART = re.compile(
    rf"(?<![\d.,/])(?<!\d:)(?P<amount>\d{{1,9}}(?:[.,]\d{{1,9}})?(?:\s?[{VULGAR}]|\s\d/\d)?|\d/\d|[{VULGAR}]"
    rf"|(?<!\w)(?:{_SPELLED})(?=[\s-]))(?P<more>\sand\sa\s(?:half|quarter))?(?:\s\(\d{{1,9}}\))?[\s-]{{0,2}}"
    rf"(?P<unit>{'|'.join(sorted(UNITS, key=len, reverse=True))})"
    rf"(?:(?![^\W\d_])|(?=[{_UNSPACED_SCRIPTS}])(?!の))\.?(?P<rest>\sand\sa\s(?:half|quarter)|半|반)?",
    re.IGNORECASE,
)
_OF_A_CLOCK = frozenset("時时点點시第")
"""Characters after which a number is a part of a time of day (``14時30分``), or an ordinal (``第5天``)."""
_BETWEEN = re.compile(r"\s{0,2}(?:,|&|\+|and|und|et|y|e|en|og|och|i|и)?(?:\s{1,2}and)?\s{0,2}", re.IGNORECASE)
_SAID_TWICE = re.compile(r"\s([^\W\d_]{1,9})(?![^\W\d_])\.?")
"""The same unit in another form, as web pages print it: "2 hours hrs"."""
_BARE_MINUTES = re.compile(r"(\d{2})(?![\d,:/]|\.\d|[^\W\d_])")
"""The minutes of ``1h30``."""
_LOOSE_MINUTES = re.compile(r"\s([0-5]?\d)(?![\d.,:/-]|\s?[^\W_])")
"""A number without a unit after hours: minutes, or something else."""
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,3}):([0-5]\d)(?::([0-5]\d))?\s?(?:h|hrs?|hours?|std|uur|min)\b", re.IGNORECASE)
_ISO = re.compile(
    r"(?<!\w)P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=\d)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?(?!\w)"
)
_ISO_UNITS = tuple(_UNITS[name] for name in ("year", "month", "week", "day", "hour", "minute", "second"))
_ARTICLES = {"a": Decimal(1), "an": Decimal(1), "one": Decimal(1), "half": Decimal("0.5")}
_MORE = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "半": Decimal("0.5"), "반": Decimal("0.5")}
_TO = r"\s?(?:[-\u2010-\u2014]|(?:to|or|bis|oder|à|a|ou|o|tot|of|y)(?=\s))\s?"
_RANGE_BEFORE = re.compile(rf"(?<![\d.,])(?P<first>\d{{1,9}}(?:[.,]\d{{1,9}})?)(?P<to>{_TO})$", re.IGNORECASE)
_TO_NEXT = re.compile(_TO, re.IGNORECASE)
_RANGE_BEHIND = re.compile(rf"{_TO}\d", re.IGNORECASE)
_LONGEST_BEFORE, _LONGEST = 32, 100


def read_durations(
    text: str, start: int = 0, end: int = sys.maxsize, *, style: Style = UNSETTLED, labelled: bool = False
) -> Iterator[WrittenDuration]:
    """Yield every duration that begins from `start` to before `end`, from its largest to its smallest unit. Linear.

    Without the `style` of the text, "1,500 hours" has two readings. `labelled`: a label or a schema says that this is
    a duration, so `m`, `t` and `u` are units too.
    """
    end = min(end, len(text))
    for match in matches(_ISO, text, start, end):
        yield Written(*match.span(), (Reading(_of_iso(match), *match.span()),))
    for match in matches(_CLOCK, text, start, end):
        yield Written(*match.span(), (Reading(_of_clock(match), *match.span()),))
    yield from _in_units(_Numbers(text, start, end, style), labelled=labelled)


def duration_of(value: str, *, labelled: bool = False) -> Duration | None:
    """Return the duration that a whole text is, in any notation; None if it is none, or may be several."""
    if len(value) > _LONGEST:
        return None
    found = {one.value for one in covering(value, read_durations(value, labelled=labelled))}
    return found.pop() if len(found) == 1 else None


def iso_of(duration: Duration) -> str | None:
    """Return the duration in ISO 8601 (``P1DT2H30M``); None if it has months, or a fraction of a microsecond."""
    microseconds = duration.seconds * 1_000_000
    if duration.months or microseconds != int(microseconds):
        return None
    whole, part = divmod(abs(int(microseconds)), 1_000_000)
    days, rest = divmod(whole, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    fraction = f".{part:06}".rstrip("0") if part else ""
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    clock += f"{seconds}{fraction}S" if seconds or part or not whole else ""
    return f"{'-' if microseconds < 0 else ''}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


def _of_iso(match: re.Match[str]) -> Duration:
    parts = (Decimal((n or "0").replace(",", ".")) for n in match.groups())
    return _sum(_times(n, unit) for n, unit in zip(parts, _ISO_UNITS, strict=True))


def _of_clock(match: re.Match[str]) -> Duration:
    """Read ``1:30 h`` as hours and minutes, ``1:30 min`` as minutes and seconds, ``1:30:00 h`` as all three."""
    whole = int(match[1]) * _MINUTE + int(match[2])
    if match[3]:
        return Duration(Decimal(0), Decimal(whole * _MINUTE + int(match[3])))
    return Duration(Decimal(0), Decimal(whole if match[0].lower().endswith("min") else whole * _MINUTE))


class _Numbers:
    """The numbers before the units of a text. Callers ask from left to right, so all lookups together are linear."""

    def __init__(self, text: str, start: int, end: int, style: Style) -> None:
        self.text, self.start, self.end, self._style = text, start, end, style
        self._runs = digit_runs(text, start, end)
        self._run: re.Match[str] | None = None
        self._next = next(self._runs, None)

    def ending(self, at: int, ends: tuple[int, int]) -> Iterator[Reading[Value]]:
        """Yield the readings of the number at an offset that end at one of `ends`."""
        number = self._around(at)
        if number is None:
            return
        readings = self._style.settle(number.readings)
        slashed = bool(number.parts) and self.text[number.parts[0].digits_end] in "/\u2215"
        for one in readings:
            if one.end in ends and not one.percent:
                yield Reading(one.value, one.start, one.end, one.unlikely)
        for part in () if slashed else number.parts:
            yield from (Reading(one.value, one.start, one.end, True) for one in part.readings if one.end in ends)

    def _around(self, at: int) -> Number | None:
        """Return the number whose digits, words or scale word include an offset, or None."""
        while self._next is not None and self._next.start() <= at:
            self._run, self._next = self._next, next(self._runs, None)
        if self._run is not None and self._run.end() > at:
            return number_of(self._run)
        low, high = max(0, at - _LONGEST_BEFORE), at + 1
        for number in chain(word_numbers(self.text, low, high), fraction_numbers(self.text, low, high)):
            if number.digits <= at < number.digits_end:
                return number
        number = number_of(self._run) if self._run is not None else None
        return number if number is not None and number.end > at else None


@dataclass(frozen=True, slots=True)
class _Pending:
    """A duration that a number with a smaller unit may continue."""

    total: Duration
    start: int
    end: int
    unit: Duration
    of_range: bool = False


def _in_units(numbers: _Numbers, *, labelled: bool) -> Iterator[WrittenDuration]:
    """Yield every duration that consists of numbers with units."""
    text, pending = numbers.text, None
    for match in matches(_PART, text, numbers.start, numbers.end):
        goes_on = pending is not None and _BETWEEN.fullmatch(text, pending.end, match.start()) is not None
        if not goes_on and _is_glued(text, match.start()):  # "v30 min" is a name, but "1h30m" goes on
            continue
        name = match["unit"].lower()
        if match["unit"] == "SEK" or (name not in _UNITS and not labelled and not goes_on):
            continue  # Swedish money, no seconds; or a name that is rarely a unit of time
        if match["unit"] == "M" and not (goes_on and pending and pending.unit.seconds == _HOUR):
            pending = None if goes_on else pending
            continue  # minutes after hours ("1 H 30 M"), otherwise perhaps months
        unit = UNITS[name]
        lengths = list(_lengths(match, unit, numbers))
        end = _behind_unit(text, match, unit)
        alone = len(lengths) == 1 and not lengths[0].unlikely
        if pending is not None:
            # "5 min 1 hour" are two durations: the units of one duration decrease.
            if goes_on and alone and unit < pending.unit:
                pending = _Pending(_sum((pending.total, lengths[0].value)), pending.start, end, unit)
                continue
            yield from _finished(text, pending)
        last = pending is not None and _TO_NEXT.fullmatch(text, pending.end, match.start()) is not None
        pending = None
        if alone:
            pending = _Pending(lengths[0].value, lengths[0].start, end, unit, of_range=last)
        elif lengths:
            readings = tuple(replace(one, end=end) for one in lengths)
            yield Written(min(one.start for one in lengths), end, readings)
    if pending is not None:
        yield from _finished(text, pending)


def _is_glued(text: str, start: int) -> bool:
    """Whether letters directly precede this, unless their script has no spaces between words."""
    before = text[start - 1 : start]
    return (before.isalpha() and before < "\u0e00") or before == "_" or before in _OF_A_CLOCK


def _behind_unit(text: str, match: re.Match[str], unit: Duration) -> int:
    """Return where a part ends, including its unit in a second form."""
    again = _SAID_TWICE.match(text, match.end())
    return again.end() if again and UNITS.get(again[1].lower()) == unit else match.end()


def _finished(text: str, pending: _Pending) -> Iterator[WrittenDuration]:
    """Yield a duration with its minutes that have no unit, and before it the first end of its range."""
    start, end, total = pending.start, pending.end, pending.total
    readings = [Reading(total, start, end)]
    if pending.unit.seconds == _HOUR:
        if text[end - 1] in "hH" and (bare := _BARE_MINUTES.match(text, end)):
            total, end = _sum((total, _minutes(bare[1]))), bare.end()
            readings = [Reading(total, start, end)]
        # "1 hour 30" is an hour and a half, or an hour and the beginning of something else.
        elif loose := _LOOSE_MINUTES.match(text, end):
            end = loose.end()
            readings.append(Reading(_sum((total, _minutes(loose[1]))), start, end))
    first = _first_of_range(text, pending)
    if first is not None:
        start = first.start
        yield Written(start, end, (first,), of_range=True)
    of_range = first is not None or pending.of_range or _RANGE_BEHIND.match(text, end) is not None
    yield Written(start, end, tuple(readings), of_range=of_range)


def _minutes(written: str) -> Duration:
    return Duration(Decimal(0), Decimal(int(written) * _MINUTE))


def _first_of_range(text: str, pending: _Pending) -> Reading[Duration] | None:
    """Return the 2 hours of "2-3 hours", or None if this is not a range."""
    before = _RANGE_BEFORE.search(text, max(0, pending.start - _LONGEST_BEFORE), pending.start)
    ways = ways_to_read(before["first"]) if before else ()
    if before is None or len(ways) != 1:
        return None
    return Reading(_times(Decimal(ways[0].plain), pending.unit), before.start(), before.end("first"))


def _lengths(match: re.Match[str], unit: Duration, numbers: _Numbers) -> Iterator[Reading[Duration]]:
    """Yield the durations that a number with a unit may mean, one for each reading of the number."""
    rest = _part(match["rest"])
    ends = (match.end("amount"), match.end("more"))
    found = list(numbers.ending(match.start("amount"), ends)) or list(_article(match))
    for one in found:
        yield Reading(_times(plus(one.value, rest), unit), one.start, match.end(), one.unlikely)


def _article(match: re.Match[str]) -> Iterator[Reading[Value]]:
    """Yield words that are numbers only before a unit: "an", "half an", "one" in "one day"."""
    value = _ARTICLES.get(match["amount"].lower().split()[0])
    if value is not None:
        yield Reading(plus(value, _part(match["more"])), match.start(), match.end())


def _part(written: str | None) -> Decimal:
    """Return the half or the quarter of "and a half"."""
    return _MORE[written.split()[-1].lower()] if written else Decimal(0)


def _times(amount: Value, unit: Duration) -> Duration:
    return Duration(product(amount, int(unit.months)), product(amount, int(unit.seconds)))


def _sum(durations: Iterable[Duration]) -> Duration:
    months, seconds = Decimal(0), Decimal(0)
    for duration in durations:
        months, seconds = plus(months, duration.months), plus(seconds, duration.seconds)
    return Duration(months, seconds)
