"""How well calibrated confidence finds planted errors, on documents and layouts that the calibration never saw.

    python tests/benchmarks/planted_errors.py            # the figures of each task of the trial, and of all together
    python tests/benchmarks/planted_errors.py --prior    # fit and write the prior weights, from other tasks

Each task has gold in some layouts and a trial in others. A reader that knows the record answers, and some of its
answers are wrong on purpose: swapped digits, the value of a neighbouring record, an invented value, a wrong unit, a
dropped sign, or a plausible value that is elsewhere in the text. The prior weights come from tasks that the trial does
not have. All documents are made here, with placeholder names, from a seed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structgen
from structgen.core.json import at, steps
from structgen.core.results import Parsed
from structgen.engine.cascade.open_fields import fields_of
from structgen.evaluate.confidence import calibrate, signals_of
from structgen.evaluate.confidence.calibration import quality_of
from structgen.evaluate.confidence.log_odds import Sample, Weights, fit
from structgen.schema import Schema

ERRORS = 0.09
"""The share of fields that are made wrong."""
_NAMES = [
    "Anna Bell",
    "Carl Dorn",
    "Eva Falk",
    "Gus Hall",
    "Ida Jansen",
    "Kim Lund",
    "Mia Nord",
    "Ole Pohl",
    "Rita Sand",
    "Tom Udal",
    "Vera West",
]
_FIRMS = [
    "Alder Works",
    "Birch Supply",
    "Cedar Goods",
    "Dune Freight",
    "Elm Service",
    "Fern Tools",
    "Grove Foods",
    "Heath Paper",
]
_TOWNS = [
    "Ashford",
    "Brandon",
    "Clayton",
    "Denham",
    "Elston",
    "Farley",
    "Grafton",
    "Holm",
    "Ilford",
    "Kelby",
    "Lorton",
    "Marsden",
]
_THINGS = [
    "bolt",
    "bracket",
    "cable",
    "drum",
    "filter",
    "gasket",
    "hinge",
    "hose",
    "lamp",
    "nozzle",
    "panel",
    "pump",
    "relay",
    "switch",
    "valve",
    "wheel",
]
_CHOICES = {
    "open": ("open", "still to be handled", "not yet done"),
    "done": ("done", "completed", "settled in full"),
    "cancelled": ("cancelled", "withdrawn", "was called off"),
}
"""What a document may say for each choice: most of it is no word of the schema, so that right values lack evidence."""
_UNITS = {"kg": "g", "m": "cm", "l": "ml", "h": "min"}


@dataclass(frozen=True)
class Spec:
    """A field: its name, its kind, and what documents call it."""

    name: str
    kind: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A task: its fields, those of its list of items if it has one, and labels of what else is in its documents."""

    name: str
    fields: tuple[Spec, ...]
    items: tuple[Spec, ...] = ()
    others: tuple[Spec, ...] = ()

    @property
    def schema(self) -> Schema[Any]:
        properties: dict[str, Any] = {one.name: _schema(one) for one in self.fields}
        if self.items:
            inner = {one.name: _schema(one) for one in self.items}
            properties["items"] = {
                "type": "array",
                "items": {"type": "object", "properties": inner, "required": list(inner)},
            }
        return Schema.of({"title": self.name, "type": "object", "properties": properties, "required": list(properties)})


def _schema(spec: Spec) -> dict[str, Any]:
    if spec.kind == "date":
        return {"type": ["string", "null"], "format": "date", "description": spec.labels[0]}
    if spec.kind == "choice":
        return {"enum": [*_CHOICES, None], "description": spec.labels[0]}
    kind = {"amount": "number", "signed": "number", "measure": "number", "count": "integer"}.get(spec.kind, "string")
    return {"type": [kind, "null"], "description": spec.labels[0]}


def _value(spec: Spec, rng: Random) -> Any:
    match spec.kind:
        case "date":
            return (date(2023, 1, 1) + timedelta(rng.randrange(900))).isoformat()
        case "amount":
            return round(rng.choice([9, 90, 900, 4000]) * (0.1 + rng.random()), 2)
        case "signed":
            return round(rng.choice([-1, 1]) * rng.choice([9, 90, 900]) * (0.1 + rng.random()), 2)
        case "measure":
            return rng.choice([rng.randrange(2, 90) / 2, rng.randrange(2, 60)])
        case "count":
            return rng.choice([rng.randrange(1, 12), rng.randrange(12, 400)])
        case "unit" | "choice":
            return rng.choice([*(_UNITS if spec.kind == "unit" else _CHOICES)])
        case "code":
            return f"{rng.choice('ABCDKLMRT')}{rng.choice('ABEHNPS')}-{rng.randrange(10000, 99999)}"
        case "person":
            return rng.choice(_NAMES)
        case "firm":
            return f"{rng.choice(_FIRMS)} {rng.choice(['Ltd', 'GmbH', 'Inc', 'BV'])}"
        case "town":
            return rng.choice(_TOWNS)
        case "thing":
            return (
                f"{rng.choice(['steel', 'brass', 'small', 'large', 'blue', 'spare', 'double'])} {rng.choice(_THINGS)}"
            )
        case _:
            raise ValueError(spec.kind)


class Writer:
    """Writes values as one document does."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.dates = rng.choice(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y", "%d %b %Y"])
        self.comma = rng.random() < 0.25
        self.last_first = rng.random() < 0.2
        self.sign = rng.choice(["", "", "€", "EUR "])

    def __call__(self, spec: Spec, value: Any) -> str:
        if spec.kind == "date":
            return date.fromisoformat(value).strftime(self.dates)
        if spec.kind in ("amount", "signed"):
            text = f"{abs(value):,.2f}"
            text = text.translate(str.maketrans(",.", ".,")) if self.comma else text
            return f"{'-' if value < 0 else ''}{self.sign}{text}"
        if spec.kind == "measure":
            return f"{value:g}".replace(".", "," if self.comma else ".")
        if spec.kind == "person" and self.last_first:
            return ", ".join(reversed(value.split()))
        if spec.kind == "choice":
            return self.rng.choice(_CHOICES[value])
        return str(value)


Lines = list[tuple[str, str]]


def _colons(lines: Lines, rng: Random) -> str:
    return "\n".join(f"{label}: {value}" for label, value in lines)


def _dots(lines: Lines, rng: Random) -> str:
    return "\n".join(f"{label:.<28} {value}" for label, value in lines)


def _grid(lines: Lines, rng: Random) -> str:
    rows = [f"| {label} | {value} |" for label, value in lines]
    return "\n".join(["| field | entry |", "| --- | --- |", *rows])


def _bold(lines: Lines, rng: Random) -> str:
    return "\n".join(f"- **{label}** {value}" for label, value in lines)


def _prose(lines: Lines, rng: Random) -> str:
    said = [f"{rng.choice(['The', 'Our', 'Your'])} {label.lower()} is {value}." for label, value in lines]
    return " ".join(said)


def _pairs(lines: Lines, rng: Random) -> str:
    both = [f"{label}: {value}" for label, value in lines]
    return "\n".join("    ".join(both[at : at + 2]) for at in range(0, len(both), 2))


def _below(lines: Lines, rng: Random) -> str:
    return "\n".join(f"{label}\n{value}" for label, value in lines)


def _columns(lines: Lines, rng: Random) -> str:
    parts = [lines[at : at + 3] for at in range(0, len(lines), 3)]
    return "\n".join(
        "".join(f"{label:<26}" for label, _ in part) + "\n" + "".join(f"{value:<26}" for _, value in part)
        for part in parts
    )


def _table(heads: list[str], rows: list[list[str]], rng: Random) -> str:
    style = rng.choice(["pipes", "tabs", "spaces", "bullets"])
    if style == "pipes":
        return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])
    if style == "tabs":
        return "\n".join("\t".join(row) for row in [heads, *rows])
    if style == "spaces":
        return "\n".join("".join(f"{cell:<18}" for cell in row).rstrip() for row in [heads, *rows])
    return "\n".join(
        "* " + ", ".join(f"{head.lower()} {cell}" for head, cell in zip(heads, row, strict=True)) for row in rows
    )


GOLD_LAYOUTS: tuple[Callable[[Lines, Random], str], ...] = (_colons, _grid, _prose, _columns)
TRIAL_LAYOUTS: tuple[Callable[[Lines, Random], str], ...] = (_dots, _bold, _pairs, _below)


@dataclass(frozen=True)
class Case:
    """A document with its gold, and a neighbouring record that its text has too."""

    text: str
    gold: dict[str, Any]
    neighbour: dict[str, Any]
    others: dict[str, Any]


def make_case(kind: Kind, layouts: tuple[Callable[[Lines, Random], str], ...], rng: Random) -> Case:
    """Make one document."""
    gold = {one.name: _value(one, rng) for one in kind.fields}
    neighbour = {one.name: _value(one, rng) for one in kind.fields} if rng.random() < 0.5 else {}
    others = {one.name: _value(one, rng) for one in kind.others if rng.random() < 0.7}
    write, layout = Writer(rng), rng.choice(layouts)
    called = {one.name: rng.choice(one.labels) for one in (*kind.fields, *kind.others, *kind.items)}
    lines = [(called[one.name], write(one, gold[one.name])) for one in kind.fields]
    lines += [(called[one.name], write(one, others[one.name])) for one in kind.others if one.name in others]
    rng.shuffle(lines)
    parts = [f"{kind.name.upper()} of {rng.choice(_FIRMS)}", layout(lines, rng)]
    if kind.items:
        gold["items"] = [{one.name: _value(one, rng) for one in kind.items} for _ in range(rng.randrange(2, 7))]
        rows = [[write(one, item[one.name]) for one in kind.items] for item in gold["items"]]
        parts.append(_table([called[one.name] for one in kind.items], rows, rng))
    if neighbour:
        again = [(called[one.name], write(one, neighbour[one.name])) for one in kind.fields]
        before = f"Previous {kind.name}, for comparison only\n{layout(again, rng)}"
        # not every document has a blank line between two records, and the record that counts is not always first
        between = rng.choice(["\n\n", "\n\n", "\n"])
        first = [before, f"Current {kind.name}\n{parts[1]}"] if rng.random() < 0.25 else [parts[1], before]
        parts[1:2] = [between.join(first)]
    parts.append(rng.choice(["Thank you.", "Please keep this for your files.", "Page 1 of 1", "Call 555-0100."]))
    return Case("\n\n".join(parts), gold, neighbour, others)


def _swapped(value: Any, rng: Random) -> Any:
    text = value if isinstance(value, str) else json.dumps(value)
    places = [n for n in range(len(text) - 1) if text[n : n + 2].isdigit() and text[n] != text[n + 1]]
    if not places:
        return None
    at_ = rng.choice(places)
    text = text[:at_] + text[at_ + 1] + text[at_] + text[at_ + 2 :]
    try:
        return type(value)(text) if not isinstance(value, str) else text
    except ValueError:
        return None


def spoil(kind: Kind, case: Case, path: str, rng: Random) -> tuple[str, Any] | None:
    """Return a sort of error and the wrong value, or None if this field cannot have that error."""
    way = steps(path)
    spec = next(one for one in (kind.items if way[0] == "items" else kind.fields) if one.name == way[-1])
    value = at(case.gold, way)
    sort = rng.choice(["swapped", "neighbour", "invented", "unit", "sign", "elsewhere"])
    wrong: Any = None
    if sort == "swapped":
        wrong = _swapped(value, rng)
        if spec.kind == "date" and wrong is not None:
            try:
                date.fromisoformat(wrong)
            except ValueError:
                wrong = None
    elif sort == "neighbour":
        if way[0] == "items":
            wrong = rng.choice([item[way[-1]] for item in case.gold["items"]])
        else:
            wrong = case.neighbour.get(way[-1])
    elif sort == "invented":
        wrong = _value(spec, rng)
    elif sort == "unit" and spec.kind == "unit":
        wrong = _UNITS[value]
    elif sort == "unit" and spec.kind == "measure":
        wrong = value * 1000
    elif sort == "sign" and spec.kind == "signed" and value < 0:
        wrong = -value
    elif sort == "elsewhere":
        specs = {one.name: one for one in (*kind.fields, *kind.others)}
        alike = [
            v for n, v in {**case.others, **case.gold}.items() if n in specs and n != way[-1] and _like(specs[n], spec)
        ]
        wrong = rng.choice(alike) if alike else None
    return None if wrong is None or wrong == value else (sort, wrong)


def _like(one: Spec, other: Spec) -> bool:
    return one.kind == other.kind or {one.kind, other.kind} <= {"amount", "signed", "measure"}


@dataclass(frozen=True)
class Judged:
    """A field of an answer with what was planted there."""

    sample: Sample
    planted: str


def answer(kind: Kind, case: Case, rng: Random, document: str) -> Iterator[Judged]:
    """Answer for one document with planted errors, and yield its fields with their signals."""
    schema, value, planted = kind.schema, deepcopy(case.gold), dict[str, str]()
    for path, _ in fields_of(case.gold):
        if rng.random() < ERRORS * 1.6 and (wrong := spoil(kind, case, path, rng)) is not None:
            planted[path] = wrong[0]
            way = steps(path)
            holder: Any = at(value, way[:-1])
            holder[way[-1]] = wrong[1]
    sent = deepcopy(value)
    for path, leaf in fields_of(value):
        if isinstance(leaf, float) and rng.random() < 0.05:  # a slip that is repaired on the record
            holder = at(sent, steps(path)[:-1])
            holder[steps(path)[-1]] = f"{leaf}"
    parsed: Parsed[Any] = structgen.parse_response(schema, json.dumps(sent))
    evidence = [_plain(piece) for piece in structgen.ground_value(parsed.value, case.text)]
    repairs = [{"rule": one.rule, "path": one.path, "risk": one.risk.name.lower()} for one in parsed.repairs]
    row: Any = {"value": parsed.value, "evidence": evidence, "repairs": repairs}
    for path, signals in signals_of(row, case.text, schema).items():
        yield Judged(Sample(signals, path not in planted, document), planted.get(path, ""))


def _plain(piece: structgen.Evidence) -> dict[str, Any]:
    return {
        "path": piece.path,
        "start": piece.start,
        "end": piece.end,
        "text": piece.text,
        "status": str(piece.status),
        "score": piece.score,
    }


def _specs(words: str) -> tuple[Spec, ...]:
    """Read ``name kind label/label`` for each line."""
    found = (line.strip().split(" ", 2) for line in words.strip().splitlines())
    return tuple(Spec(name, kind, tuple(labels.split("/"))) for name, kind, labels in found)


PRIOR_KINDS = (
    Kind(
        "parking notice",
        _specs("""notice_number code Notice number/Notice no.
            driver person Driver/Name of driver
            issued date Issued/Date of issue
            pay_by date Pay by/Payable until
            fine amount Fine/Amount of the fine
            state choice State/Status of the case
            place town Place/Town"""),
        others=_specs("""seen date Seen on
            fee amount Reminder fee"""),
    ),
    Kind(
        "stock list",
        _specs("""list_number code List number/List no.
            warehouse town Warehouse/Store
            counted_on date Counted on/Count date
            keeper person Keeper/Store keeper
            difference signed Difference/Balance difference"""),
        _specs("""part thing Part/Article
            pieces count Pieces/Qty
            weight measure Weight/Net weight
            weight_unit unit Unit/UoM"""),
        _specs("""checked date Checked on
            clerk person Clerk"""),
    ),
    Kind(
        "meter reading",
        _specs("""meter code Meter/Meter no.
            customer person Customer/Account holder
            read_on date Read on/Reading date
            usage measure Usage/Consumption
            amount_due amount Amount due/To pay
            correction signed Correction/Adjustment"""),
        others=_specs("""next_reading date Next reading
            last_payment amount Last payment"""),
    ),
    Kind(
        "lease",
        _specs("""contract_id code Contract/Contract no.
            tenant person Tenant/Lessee
            landlord firm Landlord/Lessor
            begins date Begins/Start of lease
            ends date Ends/End of lease
            rent amount Monthly rent/Rent
            phase choice Phase/Stage of the contract
            deposit amount Deposit/Security deposit"""),
        others=_specs("""signed_on date Signed on
            handover date Handover"""),
    ),
)
TRIAL_KINDS = (
    Kind(
        "delivery note",
        _specs("""delivery_number code Delivery number/Delivery no.
            sender firm Sender/Shipped by
            recipient person Recipient/Consignee
            shipped_on date Shipped on/Dispatch date
            total_weight measure Total weight/Gross weight
            freight amount Freight/Freight charge
            state choice Delivery status/State"""),
        _specs("""article thing Article/Goods
            quantity count Quantity/Count
            length measure Length/Size
            length_unit unit Unit/Measure"""),
        _specs("""ordered date Ordered on
            insurance amount Insurance"""),
    ),
    Kind(
        "pay slip",
        _specs("""employee person Employee/Staff member
            employer firm Employer/Company
            paid_on date Paid on/Payment date
            gross amount Gross pay/Gross
            net amount Net pay/Net
            adjustment signed Adjustment/Retroactive change
            hours measure Hours/Hours worked"""),
        others=_specs("""bonus amount Bonus
            printed date Printed"""),
    ),
    Kind(
        "booking",
        _specs("""booking_code code Booking code/Reference
            guest person Guest/Booked for
            arrival date Arrival/Check-in
            departure date Departure/Check-out
            price amount Price/Room rate
            status choice Booking status/Status
            city town City/Destination
            nights count Nights/Number of nights"""),
        others=_specs("""booked date Booked on
            deposit amount Deposit"""),
    ),
    Kind(
        "account statement",
        _specs("""account code Account/Account no.
            owner person Owner/Account owner
            statement_date date Statement date/As of
            opening signed Opening balance/Previous balance
            closing signed Closing balance/New balance"""),
        _specs("""booked_on date Date/Booked on
            purpose thing Purpose/Text
            amount signed Amount/Turnover"""),
        _specs("""limit amount Credit limit
            next_statement date Next statement"""),
    ),
)


def judged_documents(
    kind: Kind, layouts: tuple[Callable[[Lines, Random], str], ...], documents: int, seed: str
) -> list[Judged]:
    """Return the fields of many documents of a kind."""
    rng = Random(f"{kind.name} {seed}")
    return [
        one
        for number in range(documents)
        for one in answer(kind, make_case(kind, layouts, rng), rng, f"{kind.name} {number}")
    ]


PRIOR_DOCUMENTS = 150
"""Documents of each task that the prior weights are fitted to."""


def fitted_prior() -> Weights:
    """Fit the weights to the tasks that the trial does not have."""
    every = [
        one.sample
        for kind in PRIOR_KINDS
        for one in judged_documents(kind, (*GOLD_LAYOUTS, *TRIAL_LAYOUTS), PRIOR_DOCUMENTS, "prior")
    ]
    found = fit(every, Weights(2.0, {}), ridge=2.0)
    return Weights(round(found.base, 2), {name: round(weight, 2) for name, weight in sorted(found.of.items())})


def write_prior() -> None:
    """Write the prior weights, with the command that makes them."""
    found = fitted_prior()
    place = Path(structgen.__file__).parent / "evaluate" / "confidence" / "prior_weights.json"
    written = {"made_by": "python tests/benchmarks/planted_errors.py --prior", "base": found.base, "of": found.of}
    place.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    print(place.read_text(encoding="utf-8"))


def trial(gold: int, documents: int) -> None:
    """Calibrate each task on gold, and print what that is worth on other documents in other layouts."""
    everything: list[tuple[float, bool]] = []
    slipped, planted = Counter[str](), Counter[str]()
    for kind in TRIAL_KINDS:
        calibration = calibrate([one.sample for one in judged_documents(kind, GOLD_LAYOUTS, gold, "gold")])
        tried = judged_documents(kind, TRIAL_LAYOUTS, documents, "trial")
        judged = [(calibration.probability(one.sample.signals), one.sample.right) for one in tried]
        _report(kind.name, judged)
        everything += judged
        planted.update(one.planted for one in tried if one.planted)
        slipped.update(
            one.planted for one, (likely, _) in zip(tried, judged, strict=True) if one.planted and likely >= 0.99
        )
    _report("all", everything)
    for sort, number in planted.most_common():
        print(f"{sort:>12}: {number} planted, {slipped[sort]} of them at .99 or more")


def _report(name: str, judged: list[tuple[float, bool]]) -> None:
    quality = quality_of(judged)
    wrong = sum(not right for _, right in judged)
    precision = "-" if quality.precision is None else f"{quality.precision:.4f}"
    print(
        f"{name:<18} {len(judged):>6} fields {wrong:>5} wrong  error {quality.error:.4f}  kept {quality.kept:.3f} "
        f"at {precision}  least sure tenth finds {quality.found or 0:.3f}"
    )


def hard_cases(documents: int) -> None:
    """Print which signals the errors have that look sure."""
    sorts = defaultdict[str, Counter[str]](Counter)
    for kind in TRIAL_KINDS:
        for one in judged_documents(kind, TRIAL_LAYOUTS, documents, "trial"):
            sorts[one.planted]["all"] += 1
            sorts[one.planted].update(one.sample.signals)
    for sort, count in sorts.items():
        print(sort or "right", {name: round(number / count["all"], 3) for name, number in count.most_common(24)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prior", action="store_true", help="fit the prior weights and write them")
    parser.add_argument("--signals", action="store_true", help="print the signals of each sort of error")
    parser.add_argument("--gold", type=int, default=100, help="documents with gold for each task")
    parser.add_argument("--documents", type=int, default=100, help="documents of the trial for each task")
    chosen = parser.parse_args()
    if chosen.prior:
        write_prior()
    elif chosen.signals:
        hard_cases(chosen.documents)
    else:
        trial(chosen.gold, chosen.documents)
