"""The names of units of measurement: which names mean one unit, and what it measures. No conversion."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMES = """
mass kg: kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes
mass g: g gr gram grams gramme grammes gramm
mass mg: mg milligram milligrams
mass t: t tonne tonnes ton tons
mass lb: lb lbs pound pounds
mass oz: oz ounce ounces
mass st: stone
length m: m meter meters metre metres
length km: km kilometer kilometers kilometre kilometres
length cm: cm centimeter centimeters centimetre centimetres
length mm: mm millimeter millimeters millimetre millimetres
length in: in inch inches ″ "
length ft: ft foot feet ′
length yd: yd yard yards
length mi: mi mile miles
volume l: l liter liters litre litres
volume ml: ml milliliter milliliters millilitre millilitres
volume cl: cl
volume dl: dl
volume gal: gal gallon gallons
temperature c: c °c ℃ celsius
temperature f: f °f ℉ fahrenheit
temperature k: kelvin
speed kmh: km/h kmh kph
speed mph: mph
speed ms: m/s
data kb: kb kilobyte kilobytes
data mb: mb megabyte megabytes
data gb: gb gigabyte gigabytes
data tb: tb terabyte terabytes
energy kcal: kcal cal calorie calories
energy kj: kj kilojoule kilojoules
energy kwh: kwh
power w: w watt watts
power kw: kw kilowatt kilowatts
area m2: m² m2 sqm qm
area ft2: ft² sqft
area ha: ha hectare hectares
time s: s sec secs second seconds
time min: min mins minute minutes
time h: h hr hrs hour hours
time d: d day days
time w: wk wks week weeks
time mo: mo mos month months
time y: y yr yrs year years
"""
MEASURES: Mapping[str, tuple[str, str]] = {
    name: (kind, unit)
    for line in _NAMES.strip().split("\n")
    for (kind, unit), names in [(line.partition(":")[0].split(), line.partition(":")[2])]
    for name in names.split()
}
"""Name of a unit in lower case -> what it measures, and the unit: ``lbs`` -> ("mass", "lb")."""
NAMES_OF: Mapping[tuple[str, str], frozenset[str]] = {
    unit: frozenset(name for name, other in MEASURES.items() if other == unit) for unit in set(MEASURES.values())
}
"""What is measured, and the unit -> all names of the unit in lower case."""
_MEASURE = re.compile(
    rf"[ \u00a0\u202f-]?({'|'.join(map(re.escape, sorted(MEASURES, key=len, reverse=True)))})(?![^\W_])\.?",
    re.IGNORECASE,
)


def measure_at(text: str, at: int) -> tuple[tuple[str, str], int] | None:
    """Return the unit that follows a number, what it measures first, and where its name ends. None if none follows."""
    match = _MEASURE.match(text, at)
    return None if match is None else (MEASURES[match[1].lower()], match.end())
