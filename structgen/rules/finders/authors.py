"""Who wrote it, and how many it serves."""

from __future__ import annotations

import re

from structgen.notation.dates import MONTHS
from structgen.notation.durations import UNITS
from structgen.rules.document.key_values import Pair
from structgen.rules.document.vocabulary import fold, lexicon, phrase, tokens
from structgen.rules.fields import Field
from structgen.rules.finders.document_titles import title_line
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import find_date, leading_number

_CUT = re.compile(
    r"[|·•–—,\t:]| - |/|\d{1,2}[./-]\d|\s\d|(?:19|20)\d\d|\son\s"
    r"|\s(?:published|updated|posted|modified|leave|this post|comments?)\b",
    re.IGNORECASE,
)
_PARTICLES = {
    "de",
    "van",
    "von",
    "der",
    "den",
    "la",
    "le",
    "di",
    "da",
    "del",
    "and",
    "und",
    "et",
    "y",
    "e",
    "&",
    "of",
    "the",
    "+",
}
_PERSON = re.compile(r"[^\W\d_][\w.'’-]{1,20}(?:\s[^\W\d_][\w.'’-]{0,20}){1,3}$")
_ABOUT = re.compile(r"(?:about |approx\.? |ca\.? )?")
_SCALE = re.compile(r"\s+[½\d.]{1,3}x(?:\s+[½\d.]{1,3}x)*$")
_NOUNS = re.compile(
    r"^(?:servings?|serves|portions?|portionen|porties|portioner|porsjoner|raciones|porciones|porzioni|personen|personnes|personas|persone|personer|people|persons)$",
    re.IGNORECASE,
)


def find_author(search: Search) -> Finding | None:
    """The author: what stands after "Author:" or "By", or right under the title, as far as it reads like a name."""
    pairs = [pair for pair in search.pairs_of(frozenset({"author"})) if not _menu(search, pair)]
    found = [one for pair in pairs if (one := _name(search, pair))]
    if not found:
        return _under_title(search)
    first = found[0]
    longer = [one for one in found if str(one.value).startswith(f"{first.value} ")]
    return longer[0] if longer else first


def _menu(search: Search, pair: Pair) -> bool:
    """Whether the line is one of several that begin alike ("By course", "By diet"), as in a menu."""
    label = search.page.text[slice(*pair.label)].casefold()
    around = (pair.line - 1, pair.line + 1)
    return any(
        0 <= at < len(search.page.lines) and search.page.lines[at].text.casefold().startswith(f"{label} ")
        for at in around
    )


def _under_title(search: Search) -> Finding | None:
    """A line below the title that is a name and nothing else, dated, or said again elsewhere."""
    title = title_line(search)
    if title is None:
        return None
    for number in range(title + 1, min(title + 4, len(search.page.lines) - 1)):
        line = search.page.lines[number]
        dated = find_date(search.page.lines[number + 1].text)
        named = _PERSON.match(line.text) and line.text.istitle() and not _known(search, line.text)
        if named and (dated or search.page.text.count(line.text) > 1):
            return leaf(search.page, line.text, line.start, line.end)
    return None


def _known(search: Search, text: str) -> bool:
    words = phrase(text)
    return words in search.vocabulary.keys or words in lexicon().noise or words in lexicon().stops


def _name(search: Search, pair: Pair) -> Finding | None:
    start, end = pair.value
    text = search.page.text[start:end]
    cut = _CUT.search(text)
    dated = cut is not None and cut.group().strip().isdecimal()
    text = text[: cut.start()] if cut else text
    text = _unglued(text, dated=dated).rstrip(" ·|")
    words = text.split()
    capital = text[:1].isalpha() and all(
        word[0].isupper() or word.lower() in _PARTICLES or not word[0].isalpha() for word in words
    )
    below = "\n" in search.page.text[pair.label[1] : start] and len(words) < 2 and pair.score < 1
    if (
        _known(search, text)
        or below
        or re.search(r"[.!?…]\s|\.\.", text)
        or not 1 <= len(words) <= 6
        or len(text) > 50
        or not capital
        or (text.endswith((".", "!", "?")) and len(words) > 3)
    ):
        return None
    return leaf(search.page, " ".join(words), start, start + len(text))


def _unglued(text: str, *, dated: bool) -> str:
    """A name without a month or a word of the page that was printed right behind it ("Ann LeeApril 4").

    `dated`: a number stands behind the text, so that its last word may be a month however short it is.
    """
    words = tokens(text)[1:]
    for token in words:
        month = text[token.start : token.end].casefold() in MONTHS
        # Short names of months are names of people as well: "Jean Marc", "Mai".
        if token.word in _PAGE_WORDS or (month and (token.end - token.start > 4 or (dated and token is words[-1]))):
            return text[: token.start]
    return text


_PAGE_WORDS = frozenset({"published", "updated", "posted", "last"})


def find_yields(search: Search, field: Field) -> Finding | None:
    """How much a recipe makes. People are counted in servings, unless the schema asks for the words as written."""
    for pair in search.pairs_of(field.keys):
        if found := _yield(search, field, pair):
            return found if field.verbatim else _in_servings(found)
    return None


def _in_servings(found: Finding) -> Finding:
    """The same count in English: "4 personas" are 4 servings; "12 cookies" and a bare "12" stay as they are."""
    match = _PEOPLE.match(str(found.value))
    if match is None:
        return found
    return Finding(f"{match.group(1)} {'serving' if match.group(1) == '1' else 'servings'}", found.places)


_PEOPLE = re.compile(
    r"(?:serves\s|for\s|für\s|voor\s|pour\s|para\s)?(\d{1,3})\s?(?:(?:servings?|serves|portions?|portion\(s\)|persons?|people|pers\.?|personen|personer|"
    r"personnes?|personas?|persone|raciones|porciones|porções|porzioni|portionen|porties|portioner|porsjoner|adag|annosta))$",
    re.IGNORECASE,
)


def _yield(search: Search, field: Field, pair: Pair) -> Finding | None:
    """The number of a pair with what is counted, as printed: the label itself in "Servings: 4"."""
    start, end = pair.value
    if pair.label[0] >= end:
        plural = 3 * search.page.text.startswith("(s)", pair.label[1])
        return _counted_noun(search, start, pair.label[1] + plural)
    text = _SCALE.sub("", search.page.text[start:end].split(" (")[0].rstrip())
    text = text if "(" in text else text.rstrip(")")
    count = _count_end(text)
    if count is None or len(text) > 40 or text[count : count + 1] in _NO_COUNT:
        return None
    if text[count:].strip()[:1].isalpha():
        return _counted_noun(search, start, start + len(text))
    label = search.page.text[slice(*pair.label)].strip(" \t:#*")
    text = text[:count]
    if not _names_people(label):
        return leaf(search.page, text, start, start + len(text))
    if label.lower() == "serves" and field.verbatim:
        return leaf(search.page, f"{label} {text}", pair.label[0], start + len(text))
    noun = label if _NOUNS.match(label) and field.verbatim and not label.lower().startswith("serv") else "servings"
    return leaf(search.page, f"{text} {noun}", min(pair.label[0], start), max(pair.label[1], start + len(text)))


def _count_end(text: str) -> int | None:
    """Where the count ends that a text begins with: "about 12", "4-6"."""
    about = _ABOUT.match(text)
    start = about.end() if about else 0
    end = leading_number(text[start:])
    return None if end is None else start + end


def _names_people(label: str) -> bool:
    """Whether a label counts who is fed: "Servings", "Nombre de personnes"; "Yield" and "Makes" do not."""
    words = re.findall(r"[^\W\d_]+", label)
    return any(_NOUNS.match(word) for word in words) and "size" not in label.lower()


_NO_COUNT = ("/", "⁄", ".", "-", ",")


def _counted_noun(search: Search, start: int, end: int) -> Finding | None:
    """A number with its noun as printed, where the noun is no unit of time or weight ("30 min", "40 g")."""
    text = " ".join(search.page.text[start:end].split())
    nouns = [token.word for token in tokens(text) if not token.word.isdigit()]
    count = re.match(r"\d*", text)
    if (
        not nouns
        or (count and len(count.group()) > 3)
        or nouns[0] in _TIME_UNITS
        or nouns[0] in _WEIGHTS
        or _count_end(text) is None
    ):
        return None
    return leaf(search.page, text, start, end)


_TIME_UNITS = frozenset(map(fold, UNITS))
_WEIGHTS = frozenset(
    fold(word) for word in ("g", "gr", "gram", "grams", "kg", "mg", "ml", "cl", "dl", "kcal", "kj", "of")
)
