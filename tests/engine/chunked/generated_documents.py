"""Documents with a known truth, and a model that reads them well: what chunks must not change.

The model reads what is wholly in its chunk. It takes the columns of a table by their header row and the day of a row by
the date above it, in the chunk or in the context that it is sent; without them it guesses wrong. It names each person
once, and it answers `false` to what its chunk does not mention.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from structgen.compile import Brief, Plan, compile_brief
from structgen.core.options import EvidenceMode, Options
from structgen.core.records import Completion, Status, Usage
from structgen.core.results import Extraction
from structgen.documents.chunks import cut_text
from structgen.engine import Send, drive, extraction
from structgen.engine.chunked.long_document import Long, chunked_extraction, plan_chunks
from structgen.engine.observers import Observers
from structgen.forms import AnswerForm
from structgen.schema import Schema

Span = tuple[int, int]


class Row(BaseModel):
    day: str | None
    name: str
    price: float
    pieces: int


class Person(BaseModel):
    name: str
    role: str


class Report(BaseModel):
    title: str | None = None
    founded: int | None = None
    paid: bool = False
    position: tuple[float, float] | None = None
    years: list[int] = []
    rows: list[Row] = []
    people: list[Person] = []
    votes: list[Literal["aye", "nay"]] = []
    scores: list[int] = []


@dataclass(frozen=True)
class Script:
    """The words of a language."""

    items: tuple[str, ...]
    heads: dict[str, str]
    people: tuple[str, ...]
    roles: tuple[str, ...]
    says: str
    filler: tuple[str, ...]
    day: str
    vote: str
    score: str
    founded: str
    paid: str
    years: str
    position: str
    titles: tuple[str, ...]


LATIN = Script(
    items=("Tea", "Coffee", "Oat milk", "Salt", "Card fee", "Bread"),
    heads={"name": "Name", "price": "Price", "pieces": "Pieces"},
    people=("Ann Lee", "Ben Ray", "Cleo Park", "Dan Okafor", "Eva Lindqvist"),
    roles=("treasurer", "chair", "auditor", "gardener", "porter"),
    says="{name}, the {role}, had a word to say.",
    filler=("Nobody was in a hurry.", "It went on for a while, as it does.", "Outside it rained all day."),
    day="{n} March 2024",
    vote="The member from ward {n} voted {vote}.",
    score="Round {n} was given {score} points.",
    founded="The club was founded in {founded}.",
    paid="The bill was paid in full.",
    years="This report covers the years {a} and {b}.",
    position="Its house stands at {a}, {b} on the map.",
    titles=("The garden club", "Minutes of the year", "A long list"),
)
HAN = Script(
    items=("绿茶", "咖啡", "燕麦奶", "海盐", "手续费", "面包"),
    heads={"name": "名称", "price": "价格", "pieces": "数量"},
    people=("王小明", "李思远", "陈美华", "赵国强", "孙丽娜"),
    roles=("会计", "主席", "审计员", "园丁", "门卫"),
    says="{name}（{role}）说了几句话。",
    filler=("没有人着急。", "事情就这样继续下去。", "外面下了一整天的雨。"),
    day="2024年3月{n}日",
    vote="第{n}选区的代表投了 {vote} 票。",
    score="第{n}轮得到 {score} 分。",
    founded="俱乐部成立于 {founded} 年。",
    paid="账单已全部付清，状态 paid。",
    years="本报告涵盖 {a} 和 {b} 年。",
    position="房子位于 {a}, {b} 处。",
    titles=("园艺俱乐部", "年度记录", "一份长名单"),
)
ARABIC = Script(
    items=("شاي", "قهوة", "حليب", "ملح", "رسوم", "خبز"),
    heads={"name": "الاسم", "price": "السعر", "pieces": "العدد"},
    people=("سالم حداد", "ليلى منصور", "كريم نجار", "هدى شاهين", "ياسر فارس"),
    roles=("أمين الصندوق", "الرئيس", "المدقق", "البستاني", "الحارس"),
    says="قال {name}، {role}، كلمة قصيرة.",
    filler=("لم يكن أحد في عجلة.", "واستمر الأمر على هذا النحو.", "هطل المطر طوال اليوم."),
    day="2024-03-{n}",
    vote="صوت نائب الدائرة {n} بكلمة {vote}.",
    score="حصلت الجولة {n} على {score} نقطة.",
    founded="تأسس النادي عام {founded}.",
    paid="دفعت الفاتورة كاملة، paid.",
    years="يغطي هذا التقرير عامي {a} و {b}.",
    position="يقع البيت عند {a}, {b} على الخريطة.",
    titles=("نادي الحديقة", "محضر السنة", "قائمة طويلة"),
)
SCRIPTS = (LATIN, HAN, ARABIC)
_LISTS = ("rows", "people", "votes", "scores")
LAYOUTS = ("markdown", "html", "csv", "tabs", "spaces")


@dataclass
class Mention:
    """Something that the text says at a place: `value` with its leaves' places. `needs` must be read with it."""

    field: str
    value: Any
    span: Span
    leaves: dict[str, Span] = field(default_factory=dict[str, Span])
    needs: dict[str, Span] = field(default_factory=dict[str, Span])


@dataclass
class Generated:
    """A document and all that it says, in order."""

    text: str = ""
    mentions: list[Mention] = field(default_factory=list[Mention])

    def add(self, words: str) -> Span:
        """Append words; returns where they are."""
        start = len(self.text)
        self.text += words
        return start, len(self.text)

    def say(self, kind: str, form: str, value: Any, end: str, **parts: Any) -> None:
        """Append a sentence that says something."""
        start = len(self.text)
        leaves: dict[str, Span] = {}
        for piece in re.split(r"(\{\w+\})", form):
            span = self.add(str(parts[piece[1:-1]]) if piece.startswith("{") else piece)
            if piece.startswith("{"):
                leaves[piece[1:-1]] = span
        self.mentions.append(Mention(kind, value, (start, len(self.text)), leaves))
        self.add(end)

    def expected(self) -> dict[str, Any]:
        """What there is to find."""
        found: dict[str, Any] = {"paid": False, "rows": [], "people": [], "votes": [], "scores": [], "years": []}
        for one in self.mentions:
            held = found.get(one.field)
            if one.field in _LISTS and isinstance(held, list):
                if one.field != "people" or one.value not in held:
                    held.append(one.value)
            else:
                found[one.field] = one.value
        return found

    def places(self) -> Iterator[tuple[str, set[Span]]]:
        """Every leaf of what is expected, with the places where it may be found."""
        counts: dict[str, int] = {}
        people: list[Any] = []
        for one in self.mentions:
            if one.field in {"rows", "votes", "scores"}:
                number = counts[one.field] = counts.get(one.field, -1) + 1
                for leaf, span in (*one.leaves.items(), *(pair for pair in one.needs.items() if pair[0] == "day")):
                    path = f"/rows/{number}/{leaf}" if one.field == "rows" else f"/{one.field}/{number}"
                    if one.field == "rows" or leaf in {"vote", "score"}:
                        yield path, {span}
            elif one.field == "people" and one.value not in people:
                people.append(one.value)
                alike = [
                    other.leaves for other in self.mentions if other.field == "people" and other.value == one.value
                ]
                for leaf in ("name", "role"):
                    yield f"/people/{len(people) - 1}/{leaf}", {leaves[leaf] for leaves in alike}
        for name in ("title", "founded"):
            if spans := {one.leaves[name] for one in self.mentions if one.field == name}:
                yield f"/{name}", spans
        for name in ("years", "position"):
            for number, leaf in enumerate("ab"):
                if spans := {one.leaves[leaf] for one in self.mentions if one.field == name}:
                    yield f"/{name}/{number}", spans


def generate(seed: int) -> Generated:
    """A document of a few pages."""
    chance = random.Random(seed)
    script = SCRIPTS[seed % len(SCRIPTS)]
    made = Generated()
    gap = "" if script is HAN else " "
    title = chance.choice(script.titles)
    made.say("title", "{title}", title, "\n\n", title=title)
    facts = {"founded": chance.randint(1801, 1899), "a": 2019, "b": 2020}
    position = (round(chance.uniform(10, 80), 4), round(chance.uniform(100, 170), 4))
    kinds = chance.sample(["rows", "people", "votes", "scores"], chance.randint(1, 3))
    layout = chance.choice(LAYOUTS)
    for page in range(chance.randint(2, 4)):
        made.say("years", script.years, [2019, 2020], "\n\n", a=2019, b=2020)
        if page % 2 == 0:
            made.say("founded", script.founded, facts["founded"], gap, founded=facts["founded"])
            made.say("position", script.position, list(position), "\n\n", a=position[0], b=position[1])
        for kind in kinds:
            _section(made, kind, script, layout, chance, gap)
            made.add("\n\n" + gap.join(chance.choices(script.filler, k=chance.randint(1, 5))) + "\n\n")
    if chance.random() < 0.5:
        made.say("paid", script.paid, True, "\n")
    return made


def _section(made: Generated, kind: str, script: Script, layout: str, chance: random.Random, gap: str) -> None:
    if kind == "rows":
        for _ in range(chance.randint(1, 2)):
            _table(made, script, layout, chance)
            made.add("\n")
    elif kind == "people":
        for _ in range(chance.randint(3, 9)):
            which = chance.randrange(len(script.people))
            name, role = script.people[which], script.roles[which]
            made.say("people", script.says, {"name": name, "role": role}, gap, name=name, role=role)
            if chance.random() < 0.4:
                made.add(chance.choice(script.filler) + gap)
    else:
        for _ in range(chance.randint(3, 12)):
            number = chance.randint(101, 120)
            if kind == "votes":
                vote = chance.choice(["aye", "aye", "nay"])
                made.say("votes", script.vote, vote, gap, n=number, vote=vote)
            else:
                score = chance.choice([70, 70, 80])
                made.say("scores", script.score, score, gap, n=number, score=score)


def _table(made: Generated, script: Script, layout: str, chance: random.Random) -> None:
    columns = chance.sample(["name", "price", "pieces"], 3)
    needs: dict[str, Span] = {}
    if chance.random() < 0.7:
        needs["day"] = made.add(script.day.format(n=chance.randint(10, 28)))
        made.add("\n\n" if layout in {"markdown", "html"} or chance.random() < 0.5 else "\n")
    opening, row, ending = _LAYOUTS[layout]
    made.add(opening)
    heads = [script.heads[column] for column in columns]
    start = len(made.text)
    made.add(row([*heads], True))
    needs["header"] = (start, len(made.text.rstrip("\n")))
    day = made.text[slice(*needs["day"])] if "day" in needs else None
    for _ in range(chance.randint(4, 16)):
        value = {
            "day": day,
            "name": chance.choice(script.items),
            "price": chance.choice([2.1, 2.5, 13.75]),
            "pieces": chance.choice([3, 3, 12]),
        }
        start, words = (
            len(made.text),
            row([f"{value[column]:.2f}" if column == "price" else str(value[column]) for column in columns], False),
        )
        made.add(words)
        leaves: dict[str, Span] = {}
        at = start
        for column in columns:
            cell = f"{value[column]:.2f}" if column == "price" else str(value[column])
            at = made.text.index(cell, at)
            leaves[column] = (at, at + len(cell))
            at += len(cell)
        made.mentions.append(Mention("rows", value, (start, start + len(words.rstrip())), leaves, needs))
    made.add(ending)


def _markdown(cells: list[str], head: bool) -> str:
    return f"| {' | '.join(cells)} |\n" + ("|---|---|---|\n" if head else "")


def _html(cells: list[str], head: bool) -> str:
    tag = "th" if head else "td"
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>\n"


_LAYOUTS: dict[str, tuple[str, Callable[[list[str], bool], str], str]] = {
    "markdown": ("", _markdown, ""),
    "html": ("<table>\n", _html, "</table>\n"),
    "csv": ("", lambda cells, head: ",".join(cells) + "\n", ""),
    "tabs": ("", lambda cells, head: "\t".join(cells) + "\n", ""),
    "spaces": ("", lambda cells, head: "".join(f"{cell:<12}  " for cell in cells).rstrip() + "\n", ""),
}


@dataclass(frozen=True)
class Reader:
    """The model: it knows the truth of the document, and tells what a chunk shows of it."""

    made: Generated
    form: AnswerForm

    def __call__(self, effect: Send) -> Completion:
        words = effect.request.messages[-1].text
        chunk = effect.request.document or ""
        context = words[: words.rindex(chunk)]
        start = self._start(chunk, context)
        value, quotes = self.read(start, start + len(chunk), context)
        return Completion(
            json.dumps(self.form.encode(value, quotes)), usage=Usage(1, 1, None, None, 1), model="a-model"
        )

    def _start(self, chunk: str, context: str) -> int:
        """Where the chunk is: of several equal stretches the one below the lines of its context."""
        text, starts = self.made.text, list[int]()
        at = text.find(chunk)
        while at >= 0:
            starts.append(at)
            at = text.find(chunk, at + 1)
        lines = [line for line in context.split("\n") if len(line) > 3]
        return max(starts, key=lambda start: sum(line in text[:start] for line in lines))

    def read(self, low: int, high: int, context: str) -> tuple[dict[str, Any], dict[str, str]]:
        """What stands between two places, and the quote for each leaf."""
        found: dict[str, Any] = {"rows": [], "people": [], "votes": [], "scores": [], "years": [], "paid": False}
        quotes: dict[str, str] = {}
        for one in self.made.mentions:
            if not (low <= one.span[0] and one.span[1] <= high):
                continue
            value, path = one.value, f"/{one.field}"
            if one.field in _LISTS:
                if one.field == "people" and value in found["people"]:
                    continue
                path = f"{path}/{len(found[one.field])}"
                value = self._in_light(one, low, context) if one.needs else value
                found[one.field].append(value)
            else:
                found.setdefault(one.field, value)
                found[one.field] = value
            quotes |= self._quotes(one, value, path)
        return found, quotes

    def _in_light(self, one: Mention, low: int, context: str) -> Any:
        """A row as its header and its day, if they are known, make it out to be."""
        value = dict(one.value)
        for name, (start, end) in one.needs.items():
            words = self.made.text[start:end]
            if start < low and not all(
                line in context or self.made.text.index(line, start) >= low for line in words.split("\n")
            ):
                value |= {"day": None} if name == "day" else {"price": value["pieces"], "pieces": int(value["price"])}
        return value

    def _quotes(self, one: Mention, value: Any, path: str) -> dict[str, str]:
        words = self.made.text[slice(*one.span)]
        if not isinstance(value, dict):
            below = [path] if not isinstance(value, list) else [f"{path}/{n}" for n in range(len(value))]
            return dict.fromkeys(below, words)
        found = {f"{path}/{name}": words for name in value if value[name] is not None}
        if "day" in one.needs:
            found[f"{path}/day"] = self.made.text[slice(*one.needs["day"])]
        return found


SIZES = (None, 200, 350, 800)
WAYS = tuple(itertools.product(EvidenceMode, SIZES, (1, 2, 3)))[len(SIZES) * 3 :]
"""Every way to read a document: LOCATE and QUOTES, whole and in chunks of some sizes, in one to three passes."""


@cache
def _plans(mode: EvidenceMode) -> tuple[Plan[Any], Plan[Any]]:
    """The plan of the whole and that of a chunk."""
    plan = compile_brief(Brief(Schema.of(Report), "groq", "a-model", Options(chunk_chars=200, evidence=mode)))
    long = plan_chunks(plan, "It is a long text. " * 20)
    assert long
    return plan, long.chunk_plan


def extract(made: Generated, mode: EvidenceMode, size: int | None, passes: int) -> Extraction[Any]:
    """What comes of the document, read in chunks of a size (None: whole)."""
    plan, chunk_plan = _plans(mode)
    if passes == 1 and (size is None or len(made.text) <= size):
        return drive(extraction(plan, made.text), Reader(made, plan.form))
    long = Long(plan, chunk_plan, made.text, cut_text(made.text, size or len(made.text), passes))
    return drive(chunked_extraction(long, Observers()), Reader(made, chunk_plan.form))


@dataclass(frozen=True)
class Faults:
    """What chunks made of a document: items that are missing, that are too many, and leaves at wrong places."""

    lost: tuple[Any, ...]
    invented: tuple[Any, ...]
    misplaced: tuple[str, ...]


def faults(made: Generated, result: Extraction[Any]) -> Faults:
    """Compare a result with the truth."""
    value, expected = result.value.model_dump(mode="json"), made.expected()
    lost: list[Any] = []
    invented: list[Any] = []
    for name, truth in expected.items():
        found = value[name]
        if not isinstance(truth, list):
            lost += [] if found == truth else [(name, truth, found)]
            continue
        left = list(truth)
        for item in found or []:
            if item in left:
                left.remove(item)
            else:
                invented.append((name, item))
        lost += [(name, item) for item in left]
        if not left and found != truth:
            lost.append((name, "order"))
    if lost or invented:
        return Faults(tuple(lost), tuple(invented), ())
    placed = {piece.path: piece for piece in result.evidence}
    wrong: list[str] = []
    for path, spans in made.places():
        piece = placed.get(path)
        if piece is None or piece.start is None or piece.end is None:
            wrong.append(f"{path} {made.text[slice(*next(iter(spans)))]!r}: {piece and piece.status} {spans}")
        elif piece.status is not Status.AMBIGUOUS and not any(
            start <= piece.start and piece.end <= end for start, end in spans
        ):
            wrong.append(f"{path}: {piece.start} {piece.text!r} {piece.status}, not {spans}")
    return Faults((), (), tuple(wrong))
