"""Dates as people write them, in digits or with the name of a month, and everything that they may mean.

``03/04/2020`` has two readings. A two-digit year has two as well, one in each century, so ``03/04/20`` has four.
`order_of` finds the order that the other dates of a text show, and `settle` applies it. Nothing is completed: a month
and a year are not a date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from structgen.core.options import DateOrder
from structgen.notation.number_words import HAN, han_value
from structgen.notation.readings import Reading, Written, matches

_MONTH_NAMES = """
january february march april may june july august september october november december
januar februar märz april mai juni juli august september oktober november dezember
jänner feber maerz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
januar februar mars april mai juni juli august september oktober november desember
styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
siječanj veljača ožujak travanj svibanj lipanj srpanj kolovoz rujan listopad studeni prosinac
siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca
leden únor březen duben květen červen červenec srpen září říjen listopad prosinec
ledna února března dubna května června července srpna září října listopadu prosince
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
január február március április május június július augusztus szeptember október november december
ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου
januari februari maret april mei juni juli agustus september oktober november desember
януари февруари март април май юни юли август септември октомври ноември декември
जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर
জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর
มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר
"""
_FURTHER_MONTHS = {"janv": 1, "févr": 2, "juil": 7, "aout": 8}
"""Abbreviations longer than `_LONGEST_ABBREVIATION`, and spellings without an accent."""
_LONGEST_ABBREVIATION = 4
_WEEKDAY_NAMES = """
monday tuesday wednesday thursday friday saturday sunday
mon tues wednes thurs fri satur sun
mon tue wed thu fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonntag
montag dienstag mittwoch donnerstag freitag sonnabend sonntag
mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche
lunes martes miércoles jueves viernes sábado domingo
lunedì martedì mercoledì giovedì venerdì sabato domenica
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
måndag tisdag onsdag torsdag fredag lördag söndag
mandag tirsdag onsdag torsdag fredag lørdag søndag
poniedziałek wtorek środa czwartek piątek sobota niedziela
понедельник вторник среда четверг пятница суббота воскресенье
"""


def _month_table() -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {name: {month} for name, month in _FURTHER_MONTHS.items()}
    for line in _MONTH_NAMES.split("\n"):
        for month, name in enumerate(line.split(), 1):
            shortened = (name[:length] for length in range(3, min(len(name), _LONGEST_ABBREVIATION + 1)))
            for spelling in (name, *shortened):
                found.setdefault(spelling.casefold(), set()).add(month)
    return {name: tuple(sorted(months)) for name, months in found.items()}


MONTHS = _month_table()
"""Name or abbreviation (casefolded) -> the months it may mean. Most mean one."""
WEEKDAYS = {name: day for line in _WEEKDAY_NAMES.split("\n") for day, name in enumerate(line.split())}
"""Name or abbreviation (casefolded) -> the weekday, 0 for Monday."""

_CENTURIES = (1900, 2000)
_BUDDHIST_ERA, _BUDDHIST_YEARS = 543, range(2400, 2700)
_ASCII_YEAR = re.compile(r"[0-9]{4}")
_PLAIN_YEARS = range(1900, 2100)
"""Years in which eight digits may end, as in ``25122018``. With any other ending they are rather a plain number."""

# Searching is fast if a pattern begins with digits, so the code checks what precedes them afterwards.
_NUMERIC = re.compile(r"(\d{1,4})\s?([-/.\u2010-\u2013])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d|\2\d(?!\d{0,3}\2\d))")
_JOINTS = frozenset("./,-_")
_TO_NEXT = re.compile(r"\s?[-\u2010-\u2014]\s?|\s(?:to|bis|until|till)\s")
_RANGE_BEHIND = re.compile(rf"(?:{_TO_NEXT.pattern})\d{{1,4}}\s?[-/.\u2010-\u2013]")
_HAN_NUMBER = rf"\d{{1,2}}|{HAN}{{1,3}}"
_EASTERN = re.compile(
    rf"(?:(?P<era>令和|平成|昭和|大正|明治|民[国國])|(?<!\d))(\d{{1,4}}|元|{HAN}{{1,4}})\s?[年년]"
    rf"\s?({_HAN_NUMBER})\s?[月월]\s?({_HAN_NUMBER})\s?[日일号號]?"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867, "民国": 1911, "民國": 1911}
"""The year before the first one of an era."""
_COMPACT = re.compile(r"\d{8}(?![\d.,-]\d|\d)")
_GAP = r"[\s\-/.,'’\]\[()]{0,3}"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|°|:e|\.)?"
_CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?\s+)?"
_TO = r"(?:\s?(?:[-\u2010-\u2013]|to)\s?(?P<last>\d{1,2})(?:st|nd|rd|th)?)?"
"""The last day of a range."""
_OF = r"(?:(?:(?:day\s+)?of|de|del|di|den|the|year)\s+)?"
_YEAR = r"(?P<year>\d{4}|['’]?\d{2})(?![\d:])"
_NUMBER = re.compile(r"\d{1,4}")
_MARKS = "\u0300-\u036f\u05b0-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09d7\u0e31-\u0e4e"
"""Combining marks in the names of months."""
_NAME_BEFORE = re.compile(rf"(?<![^\W\d_])((?:[^\W\d_]|[{_MARKS}]){{3,14}}){_GAP}{_OF}['’]?$", re.IGNORECASE)
"""In every date with the name of a month, the name precedes the day or the year."""
_DAY_BEFORE = re.compile(rf"(?<!\d){_DAY}{_TO}{_GAP}{_OF}$", re.IGNORECASE)
_YEAR_BEFORE = re.compile(rf"(?<!\d)(?P<year>\d{{4}}){_GAP}$")
_YEAR_AFTER = re.compile(rf"{_GAP}{_OF}{_YEAR}", re.IGNORECASE)
_DAY_AFTER = re.compile(rf"{_GAP}{_OF}{_DAY}(?!\d)", re.IGNORECASE)
_DAY_YEAR_AFTER = re.compile(rf"{_GAP}{_OF}{_DAY}(?!\d){_TO}{_GAP}{_OF}{_CLOCK}{_YEAR}", re.IGNORECASE)
_REACH = 32
"""Maximum characters before and after the name of a month that may belong to its date."""
_ARTICLES = r"(?:the|den|der|am|on|le|el|il|o|em|op)"
_BEFORE = re.compile(
    rf"(?:(?<![^\W_])(?!{_ARTICLES}\b)(?P<weekday>[^\W\d_]{{3,12}}|[^\W\d_]{{2}}(?=\.))\.?,?\s{{1,2}})?"
    rf"(?P<article>(?<![^\W_]){_ARTICLES}\s{{1,2}})?$",
    re.IGNORECASE,
)
"""The weekday and the article before a date."""
_LONGEST_BEFORE = 24
_WEEKDAY_BEHIND = re.compile(r"\s?\(\s?([^\W\d_]{1,12})\.?\s?\)")
_EASTERN_WEEKDAYS = {name: day for line in ("月火水木金土日", "월화수목금토일") for day, name in enumerate(line)}


@dataclass(frozen=True, slots=True)
class DateReading(Reading[date]):
    """One date that may be meant.

    `order` is None if a name or a sign tells which part is the month. `mark` is the separator of the parts.
    `short_year`: the year has two digits, and this is the reading for one century.
    """

    order: DateOrder | None = None
    mark: str = ""
    short_year: bool = False


WrittenDate = Written[DateReading]


def read_dates(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[WrittenDate]:
    """Yield every date that begins from `start` to before `end`: in digits, then Eastern, then with a name. Linear.

    The span of a `Written` date includes its weekday and its article. Readings with another weekday are left out, or
    unlikely if no other is left. ``3-5 March 2024`` gives two dates, the ends of a range.
    """
    # Dates of one kind never overlap; those of two kinds may, as in a text without spaces.
    for reader in (_numeric, _eastern, _compact, _named):
        for written in reader(text, start, min(end, len(text))):
            yield _with_weekday(text, written)


def order_of(dates: Iterable[WrittenDate]) -> DateOrder | None:
    """Return whether the dates of a text put the day or the month first; None if they do not tell, or disagree."""
    told: set[DateOrder | None] = set()
    for written in dates:
        orders = {one.order for one in written.readings if one.order is not DateOrder.YMD}
        # People who write full stops put the day first anyway, so these dates tell nothing about dates with slashes.
        if len(orders) == 1 and written.readings[0].mark != ".":
            told |= orders - {None}
    return told.pop() if len(told) == 1 else None


def settle(readings: Sequence[DateReading], order: DateOrder | None) -> tuple[DateReading, ...]:
    """Return the likely readings in an order; all readings if none is, or if the order is unknown."""
    agreeing = tuple(one for one in readings if one.order in (None, order) and not one.unlikely)
    return agreeing if order is not None and agreeing else tuple(readings)


def _numeric(text: str, start: int, end: int) -> Iterator[WrittenDate]:
    """Yield ``03/04/2020``, ``2020-04-03``, ``3.4.20``, and both ends of a range such as ``1/3/2020-5/3/2020``."""
    last: re.Match[str] | None = None
    for match in matches(_NUMERIC, text, start, end):
        if len(match[1]) == len(match[4]) == 1:
            continue  # neither can be a year
        follows = last is not None and _TO_NEXT.fullmatch(text, last.end(), match.start()) is not None
        if follows or not _is_joined(text, match.start()):
            readings, span_end = tuple(_orders(match)), match.end()
            if match[2] == "." and len(match[1]) == 4 and text.startswith(".", span_end):
                span_end += 1  # Korean also has a full stop after the day: "2024. 3. 5."
            of_range = follows or _RANGE_BEHIND.match(text, span_end) is not None
            yield Written(match.start(), span_end, readings, of_range=of_range)
            last = match


def _is_joined(text: str, start: int) -> bool:
    """Whether the digits that begin here continue something before them."""
    before = text[start - 1 : start] if start else ""
    return before.isdecimal() or before in _JOINTS


def _orders(match: re.Match[str]) -> Iterator[DateReading]:
    """Yield the readings of a date in digits with the day, the month and the year first, likely ones first."""
    first, mark, middle, last = match[1], match[2], int(match[3]), match[4]
    last_years = _years(last) if len(first) <= 2 else ()
    by_order = {
        DateOrder.DMY: _dates(last_years, (middle,), int(first)),
        DateOrder.MDY: _dates(last_years, (int(first),), middle),
        DateOrder.YMD: _dates(_years(first) if len(last) <= 2 else (), (middle,), int(last)),
    }
    seen: set[date] = set()
    for order, days in by_order.items():
        # Nobody puts the month first with full stops, and hardly anybody starts with a two-digit year.
        unlikely = bool(seen) and (order is DateOrder.YMD or mark == ".")
        short = len(first if order is DateOrder.YMD else last) == 2
        yield from (
            DateReading(day, *match.span(), unlikely or _of_another_calendar(match[0], day), order, mark, short)
            for day in days
            if day not in seen
        )
        seen.update(days)


def _of_another_calendar(written: str, day: date) -> bool:
    """Whether this is rather a Persian, Islamic or Buddhist date: the year 1403 or 2567 in digits other than ASCII."""
    return day.year not in _PLAIN_YEARS and not written.isascii() and not _ASCII_YEAR.search(written)


def _eastern(text: str, start: int, end: int) -> Iterator[WrittenDate]:
    """Yield ``2014年9月4日``, ``二〇一四年九月四日``, ``平成26年9月4日`` and ``2014년 9월 4일``."""
    eastern = not text.isascii() and ("年" in text or "년" in text)
    for match in matches(_EASTERN, text, start, end) if eastern else ():
        year, month, day = (_han(written) for written in match.groups()[1:])
        if match["era"] is not None:
            year += _ERAS[match["era"]]
        yield _written(*match.span(), _dates((year,), (month,), day))


def _han(written: str) -> int:
    """Return a number in digits or Han characters, or 0 if it is none."""
    if written == "元":  # the first year of an era
        return 1
    return int(written) if written.isdecimal() else han_value(written) or 0


def _compact(text: str, start: int, end: int) -> Iterator[WrittenDate]:
    """Yield ``20140904``. ``04092014`` may just as well be a plain number, so its readings are unlikely."""
    for match in matches(_COMPACT, text, start, end):
        if _is_joined(text, match.start()) or text[match.start() - 1 : match.start()].isalpha():
            continue
        digits, span = match[0], match.span()
        year_first = _dates((int(digits[:4]),), (int(digits[4:6]),), int(digits[6:]))
        readings = [DateReading(day, *span, order=DateOrder.YMD) for day in year_first]
        # Digits that end in a year do not begin with one, so the two kinds of readings exclude each other.
        if int(digits[4:]) in _PLAIN_YEARS:
            one, other, years = int(digits[:2]), int(digits[2:4]), (int(digits[4:]),)
            for order, month, day in ((DateOrder.DMY, other, one), (DateOrder.MDY, one, other)):
                if order is DateOrder.DMY or one != other:
                    found = _dates(years, (month,), day)
                    readings += [DateReading(found_day, *span, unlikely=True, order=order) for found_day in found]
        yield Written(*span, tuple(readings))


def _named(text: str, start: int, end: int) -> Iterator[WrittenDate]:
    """Yield dates with the name of a month, in any order of the three parts."""
    for number in matches(_NUMBER, text, start, end + _REACH):
        low = max(start, number.start() - _REACH)  # a search back to the beginning would be quadratic
        name = _NAME_BEFORE.search(text[low : number.start()])
        months = MONTHS.get(name[1].casefold()) if name else None
        if name and months:
            yield from _around(text, (low + name.start(), low + name.end(1)), months, (start, end))


def _around(
    text: str, name: tuple[int, int], months: tuple[int, ...], bounds: tuple[int, int]
) -> Iterator[WrittenDate]:
    """Yield the dates whose month is named at these offsets, by the day and the year around it."""
    start, end = name
    before, after = text[max(bounds[0], start - _REACH) : start], text[end : end + _REACH]
    for ahead, behind in ((_DAY_BEFORE, _YEAR_AFTER), (None, _DAY_YEAR_AFTER), (_YEAR_BEFORE, _DAY_AFTER)):
        left = ahead.search(before) if ahead else None
        right = behind.match(after)
        if right is None or (ahead and left is None):
            continue
        parts = {**(left.groupdict() if left else {}), **right.groupdict()}
        first = start - len(before) + left.start() if left else start
        if first >= bounds[1]:
            continue
        days = [int(day) for day in (parts["day"], parts.get("last")) if day]
        years = _years(parts["year"])
        if "\u0e00" <= text[start] <= "\u0e7f" and years[0] in _BUDDHIST_YEARS:
            years = (years[0] - _BUDDHIST_ERA,)  # Thai dates mostly count from the death of the Buddha
        for day in days:
            found = _dates(years, months, day)
            yield _written(first, end + right.end(), found, short_year=len(years) > 1, of_range=len(days) > 1)


def _written(
    start: int, end: int, days: Iterable[date], *, short_year: bool = False, of_range: bool = False
) -> WrittenDate:
    readings = tuple(DateReading(day, start, end, short_year=short_year) for day in days)
    return Written(start, end, readings, of_range=of_range)


def _dates(years: Iterable[int], months: Iterable[int], day: int) -> list[date]:
    found: list[date] = []
    for year in years:
        for month in months:
            with suppress(ValueError):
                found.append(date(year, month, day))
    return found


def _years(written: str) -> tuple[int, ...]:
    digits = written.lstrip("'’")
    if len(digits) == 4:
        return (int(digits),)
    return tuple(century + int(digits) for century in _CENTURIES) if len(digits) == 2 else ()


def _with_weekday(text: str, written: WrittenDate) -> WrittenDate:
    """Return the date with its weekday and its article, which are checked against its readings."""
    start, end, weekday = written.start, written.end, None
    if before := _BEFORE.search(text, max(0, start - _LONGEST_BEFORE), start):
        weekday = WEEKDAYS.get(before["weekday"].casefold()) if before["weekday"] else None
        start = before.start() if weekday is not None else start - len(before["article"] or "")
    if weekday is None and (behind := _WEEKDAY_BEHIND.match(text, end)):
        weekday = {**_EASTERN_WEEKDAYS, **WEEKDAYS}.get(behind[1].casefold())
        end = end if weekday is None else behind.end()
    if weekday is None:
        return replace(written, start=start, end=end)
    # "Fri, 03/04/2020" has one reading. With the wrong weekday, nobody knows which of the two is a mistake.
    agreeing = tuple(one for one in written.readings if one.value.weekday() == weekday)
    unlikely = tuple(replace(one, unlikely=True) for one in written.readings)
    return replace(written, start=start, end=end, readings=agreeing or unlikely)
