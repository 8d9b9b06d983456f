"""The offer of a product page: its price and old price, whether it is in stock, and the brand of the product.

A page shows many amounts: related products, rates, shipping. The price is the one of the offer, which ends with the
button that puts the product into the cart, or begins below the marked heading. Amounts are told apart by the words
beside them. If several are left that no stated discount explains, none of them is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from structgen.rules.document.key_values import Pair
from structgen.rules.document.page import Line
from structgen.rules.document.sections import heading_level
from structgen.rules.document.vocabulary import Token, lexicon, phrase, tokens
from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding, leaf, term
from structgen.rules.labelled import agreed, find_labelled
from structgen.rules.number_context import is_no_price
from structgen.rules.search import Search, remembered
from structgen.rules.unambiguous import Amount, find_amounts
from structgen.rules.values import amount_leaf, is_nothing, read_value

_BEFORE_BUTTON = 60
_BEHIND_BUTTON = 4
_BELOW_HEADING = 25
_BUTTONS = 12
"""Maximum buttons that are looked at. Pages with more are lists of products."""
_LONGEST_BUTTON = 80
_LONGEST_LABEL = 48
_LONGEST_PRICE = 70
_MOST_LETTERS = 24
_AROUND_CODE = 12
_SURE = 0.9
_PRODUCT_LABELS = frozenset({"sku", "mpn", "gtin", "availability"})
_FAR = 1_500
"""Maximum lines in which an offer is looked for."""
_APART = 3
"""Maximum lines between two amounts of one offer."""
_GLUED = re.compile(r"(?<=[.,]\d\d)(?=[A-Z][A-Za-z]{2})")
"""Between an amount and the word that a page glues to it: "49.10VAT included"."""
_TENTHS = re.compile(r"(\d(?:\.\d)?)\s?折")
"""A discount as the tenths of the price that are left."""
_SURCHARGE = re.compile(r"[+＋]\s{0,2}$")
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,2})(?:[.,]\d)?\s?%")
_CELLS = re.compile(r"[\t|]")
_SIGN_ONLY = re.compile(r"[^\w\s]{1,3}|[A-Z]{3}")
_ROUNDED = 1.0
"""Percentage points by which a printed discount may differ from that of the two prices."""


@dataclass(frozen=True, slots=True)
class _Price:
    """An amount beside a product. `role`: "old", "net", or "part", or empty if it may be the price."""

    amount: Amount
    line: int
    role: str = ""
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """The price of a product, the old one, and the numbers of the first and last line of the offer."""

    price: Amount
    old: Amount | None
    lines: tuple[int, int]
    button: Line | None = None


@remembered
def find_offer(search: Search) -> Offer | None:
    """Return the offer at the first button that has a price beside it, else below the only marked heading."""
    buttons = [number for number, line in enumerate(search.page.lines[:_FAR]) if is_buy_button(line)]
    above = 0
    for number in buttons[:_BUTTONS]:
        found = _prices(search, max(above, number - _BEFORE_BUTTON), number + _BEHIND_BUTTON)
        if groups := _offered(found):
            # The amounts right above the button belong to it. Those further above may be of another product.
            nearest = [group for group in groups if group[0].line < number] or groups
            return _offer(search, nearest[-1], search.page.lines[number], number)
        above = number
    return _offer_at_anchor(search)


def _offer_at_anchor(search: Search) -> Offer | None:
    """Return the offer of a page without buttons: below its only marked heading, or beside the code of the product."""
    headings = [number for number, line in enumerate(search.page.lines[:_FAR]) if heading_level(line) == 1]
    if len(headings) == 1 and (groups := _offered(_prices(search, headings[0] + 1, headings[0] + _BELOW_HEADING))):
        return _offer(search, groups[0], None, headings[0])
    coded = [pair.line for pair in search.pairs if pair.score >= _SURE and pair.keys & _PRODUCT_LABELS]
    if not coded:
        return None
    groups = _offered(_prices(search, coded[0] - _AROUND_CODE, coded[0] + _AROUND_CODE))
    nearest = min(groups, key=lambda group: min(abs(one.line - coded[0]) for one in group), default=None)
    return _offer(search, nearest, None, coded[0]) if nearest else None


def _offered(prices: list[_Price]) -> list[list[_Price]]:
    """Return the groups of amounts of which one may be a price."""
    return [group for group in _grouped(prices) if any(not one.role for one in group)]


def is_buy_button(line: Line) -> bool:
    """Whether a line is the button that puts a product into the cart."""
    if len(line.text) > _LONGEST_BUTTON:
        return False
    words = phrase(line.text)
    return words in lexicon().buy_buttons or any(
        words[:size] in lexicon().buy_buttons for size in range(3, min(len(words), 6))
    )


def _prices(search: Search, first: int, last: int) -> list[_Price]:
    lines = search.page.lines
    return [
        one for number in range(max(0, first), min(last + 1, len(lines))) for one in _prices_of_line(search, number)
    ]


def _prices_of_line(search: Search, number: int) -> Iterator[_Price]:
    line = search.page.lines[number]
    if len(line.text) > _LONGEST_PRICE or _CELLS.search(line.text) or not any(map(str.isdigit, line.text)):
        return
    role, labelled = _role_of_line(search, number)
    glued = _GLUED.search(line.text)
    for amount in islice(find_amounts(line.text[: glued.start()] if glued else line.text, search.style, line.start), 4):
        if amount.value == 0 or not (amount.currency or (amount.cents and (labelled or _sign_above(search, number)))):
            continue
        struck = any(start <= amount.start < end for start, end in search.page.struck)
        added = _SURCHARGE.search(search.page.text, line.start, amount.signed)
        own = "old" if struck else "part" if added else role
        yield _Price(_with_sign_above(search, number, amount), number, own, labelled and not own)


def _role_of_line(search: Search, number: int) -> tuple[str, bool]:
    """Return what the words of a line, or of a label above it, make of its amounts, and whether they call it price."""
    line = search.page.lines[number]
    words = tokens(line.text, line.start)
    label = search.page.lines[number - 1] if number else None
    if label and not _letters(line) and _is_label(search, label):
        words = [*tokens(label.text, label.start), *words]
    roles = {key for mention in lexicon().price_words.mentions(words) for key in mention.keys}
    named = search.vocabulary.mentions(words)
    labelled = any("price" in mention.keys for mention in named[:1])
    role = next((role for role in ("part", "old", "net") if role in roles), "")
    return role or ("part" if _letters(line) > _MOST_LETTERS else ""), labelled and not role


def _is_label(search: Search, line: Line) -> bool:
    """Whether a line is the label of an amount below it. With a digit it may be a separate row."""
    if len(line.text) > _LONGEST_LABEL or any(map(str.isdigit, line.text)):
        return False
    words = phrase(line.text)
    return line.text.endswith(":") or words in lexicon().price_words.keys or words in search.vocabulary.keys


def _letters(line: Line) -> int:
    """Return how many letters a line has apart from currencies."""
    return sum(char.isalpha() for char in re.sub(r"\b(?:[A-Z]{3}|kr|zł|Kč|Rs|RM|Ft)\b", "", line.text))


def _sign_above(search: Search, number: int) -> bool:
    """Whether the line above is nothing but the sign of a currency."""
    above = search.page.lines[number - 1].text if number else ""
    return (
        _SIGN_ONLY.fullmatch(above) is not None and next(find_amounts(f"{above}1", search.style)).currency is not None
    )


def _with_sign_above(search: Search, number: int, amount: Amount) -> Amount:
    if amount.currency or not _sign_above(search, number):
        return amount
    above = search.page.lines[number - 1]
    return Amount(
        amount.start,
        amount.end,
        amount.signed,
        amount.signed_end,
        (above.start, above.end),
        amount.written,
        amount.value,
    )


def _grouped(prices: list[_Price]) -> list[list[_Price]]:
    """Return amounts in groups of those that are close to each other."""
    groups: list[list[_Price]] = []
    for one in prices:
        if groups and one.line - groups[-1][-1].line <= _APART:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _offer(search: Search, group: list[_Price], button: Line | None, anchor: int) -> Offer | None:
    """Return the offer of a group of amounts, or None if several may be its price."""
    plain = [one for one in group if one.labelled] or [one for one in group if not one.role]
    old = [one for one in group if one.role == "old"]
    by_value = {one.amount.value if one.amount.value is not None else one.amount.written: one for one in plain[::-1]}
    lines = (min(anchor, group[0].line), max(anchor, group[-1].line))
    if len(by_value) == 1:
        price = plain[0].amount
        return Offer(price, next(iter(_above(price, old)), None), lines, button)
    worth = sorted(value for value in by_value if not isinstance(value, str))
    if len(by_value) == len(worth) == 2 and _is_discounted(search, group, *worth):
        low, high = (by_value[value].amount for value in worth)
        return Offer(low, high, lines, button)
    return None


def _above(price: Amount, old: Iterable[_Price]) -> list[Amount]:
    """Return the old prices that are higher than the price."""
    return [one.amount for one in old if (one.amount.value or 0) > (price.value or 0)]


def _is_discounted(search: Search, group: list[_Price], low: float, high: float) -> bool:
    """Whether a stated percentage or saving explains the difference of two prices."""
    first, last = group[0].line, group[-1].line
    near = search.page.lines[max(0, first - _APART) : last + _APART + 1]
    rates = {float(match.group(1)) for line in near for match in _PERCENT.finditer(line.text)}
    off = 100 * (1 - low / high)
    saved = {
        round(amount.value, 2)
        for line in near
        for amount in islice(find_amounts(line.text, search.style), 4)
        if amount.value is not None
    }
    tenths = {100 - 10 * float(match.group(1)) for line in near for match in _TENTHS.finditer(line.text)}
    return any(abs(rate - off) <= _ROUNDED for rate in rates | tenths) or round(high - low, 2) in saved


def find_price(search: Search, field: Field) -> Finding | None:
    """Return the price of the offer, else the labelled one, else the only one that is a line by itself."""
    offer = find_offer(search)
    if offer:
        return price_leaf(search, field, offer.price)
    if labelled := find_labelled(search, field, 0.55):
        return labelled
    amount = lone_price(search)
    return price_leaf(search, field, amount) if amount else None


def find_old_price(search: Search, field: Field) -> Finding | None:
    """Return the old price of the offer, else the labelled one."""
    offer = find_offer(search)
    if offer and offer.old:
        return price_leaf(search, field, offer.old)
    return find_labelled(search, field, 0.55)


def price_leaf(search: Search, field: Field, amount: Amount) -> Finding | None:
    """Return a price as a number, or as a text if the field is a string.

    Beside a field for the currency, the text is a plain number, as schema.org writes a price: ``1299`` or ``49.10``.
    """
    if field.kind is not Kind.STRING or field.verbatim or "currency" not in field.siblings:
        return amount_leaf(search, field, amount)
    return None if amount.value is None else leaf(search.page, _plain(amount.value), amount.start, amount.end)


def _plain(value: float) -> str:
    if value == int(value):
        return str(int(value))
    cents = f"{value:.2f}"
    return cents if float(cents) == value else repr(value)


_OLD = re.compile(
    r"\b(?:rrp|msrp|was|uvp|statt|list|regular|before|save|saved?|from|ab|per|payments?|x|/|month|shipping|delivery)\b",
    re.IGNORECASE,
)
_HEAD = 400


def lone_price(search: Search) -> Amount | None:
    """Return the price with a currency that is a line by itself. None if there is none, or several that differ."""
    alone = [amount for line in search.page.lines[:_HEAD] if (amount := _price_on_line(search, line.start, line.end))]
    values = {amount.written for amount in alone}
    return alone[0] if len(values) == 1 else None


def _price_on_line(search: Search, start: int, end: int) -> Amount | None:
    """Return the amount if a line is nothing else, and it is not struck through."""
    text = search.page.text[start:end]
    amounts = list(find_amounts(text, search.style, start)) if len(text) <= 24 else []
    if len(amounts) != 1 or not amounts[0].currency or _OLD.search(text):
        return None
    amount = amounts[0]
    if is_no_price(text, amount.signed - start, amount.signed_end - start):
        return None
    struck = any(a <= amount.start < b for a, b in search.page.struck)
    sign = search.page.text[slice(*amounts[0].currency)]
    letters = sum(char.isalpha() for char in text) - sum(char.isalpha() for char in sign)
    return None if struck or letters > 2 else amount


_ABOVE, _BELOW = 12, 14
"""How many lines around an offer may speak of its stock."""
_LONGEST_STATE = 60
_UNSURE = re.compile(
    r"\?|\b(?:when|if|notify|notification|alert|check|wenn|falls|benachrichtig\w*|prüfen|lorsque|quand|si|avertir"
    r"|alertez|vérifier|cuando|avísame|avisar|quando|avvisami|verifica|avise|wanneer|zodra|när|når|jakmile|keď)\b",
    re.IGNORECASE,
)
"""Words of lines that promise or ask something about the stock."""


def find_availability(search: Search, field: Field) -> Finding | None:
    """Return the labelled state of the stock, else the one beside the offer. A button to buy it says it is in stock."""
    for pair in search.pairs_for(field):
        state = _answer(search, pair) if _names_state(search, pair) else _state_of(search, *pair.value)
        if pair.score >= 0.5 and state and not _UNSURE.search(search.page.lines[pair.line].text):
            return _state_leaf(search, field, *state)
    offer = find_offer(search)
    if offer is None:
        return None
    first, last = max(0, offer.lines[0] - _ABOVE), offer.lines[1] + _BELOW
    lines = [line for line in search.page.lines[first:last] if _may_be_state(line)]
    states = [state for line in lines if (state := _state_of(search, line.start, line.end))]
    if len({state for state, *_ in states}) == 1:
        return _state_leaf(search, field, *states[0])
    # A page that says both, for example of its variants, says nothing of the product.
    if states or offer.button is None:
        return None
    return _state_leaf(search, field, "InStock", offer.button.start, offer.button.end)


def _names_state(search: Search, pair: Pair) -> bool:
    """Whether the label of a pair is a state itself: "In stock: yes"."""
    return phrase(search.page.text[slice(*pair.label)]) in lexicon().stock_states.keys


def _answer(search: Search, pair: Pair) -> tuple[str, int, int] | None:
    """Return the state of a pair such as "In stock: no", and the span of the answer."""
    words = [one.word for one in tokens(search.page.text[slice(*pair.value)])]
    if len(words) != 1 or words[0] not in lexicon().yes | lexicon().no:
        return None
    return ("InStock" if words[0] in lexicon().yes else "OutOfStock"), *pair.value


def _may_be_state(line: Line) -> bool:
    return len(line.text) <= _LONGEST_STATE and not _UNSURE.search(line.text)


def _state_of(search: Search, start: int, end: int) -> tuple[str, int, int] | None:
    """Return the state of stock that a short text begins with, after a number at most, and its span."""
    words = tokens(search.page.text[start:end], start)
    mentions = lexicon().stock_states.mentions(words[:12])
    states = {key for mention in mentions for key in mention.keys}
    if len(states) != 1 or _leads(words, mentions[0].start) > 2:
        return None
    return states.pop(), mentions[0].start, mentions[0].end


def _leads(words: list[Token], at: int) -> int:
    """Return how many words come before an offset. A negation among them counts as too many."""
    before = [one.word for one in words if one.start < at]
    return 99 if any(word in lexicon().negations for word in before) else len(before)


def _state_leaf(search: Search, field: Field, state: str, start: int, end: int) -> Finding | None:
    """Return a state of stock as the field wants it: a choice, yes or no, a term of schema.org, or as printed."""
    if field.kind is Kind.CHOICE:
        wanted = [one for one in field.choices if isinstance(one, str) and _means(one, state)]
        return term(search.page, wanted[0], start, end) if len(wanted) == 1 else None
    if field.kind is Kind.BOOLEAN:
        known = {"InStock": True, "LimitedAvailability": True, "OutOfStock": False, "Discontinued": False}
        return term(search.page, known[state], start, end) if state in known else None
    # The codes of a product beside it show that the schema is that of schema.org.
    if field.siblings & {"sku", "gtin", "mpn"} and not field.verbatim:
        return term(search.page, state, start, end)
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


def read_state(search: Search, field: Field) -> Finding | None:
    """Return the state of stock that a short text of linked data says, or None."""
    text = search.page.text
    start = text.rfind("/") + 1
    found = lexicon().stock_states.keys.get(phrase(text[start:]), frozenset())
    printed = field.kind is Kind.STRING and not field.siblings & {"sku", "gtin", "mpn"}
    return _state_leaf(search, field, next(iter(found)), start, len(text)) if len(found) == 1 and not printed else None


def _means(choice: str, state: str) -> bool:
    words = phrase(choice.rpartition("/")[2])
    return state in lexicon().stock_states.keys.get(words, frozenset()) or words == phrase(state)


_BESIDE = 0.55
_LONGEST_BRAND = 5


def find_brand(search: Search, field: Field) -> Finding | None:
    """Return the labelled brand. Without a colon, the label has to be one of a list of labels and values."""
    return agreed(field, ((pair, _brand(search, field, pair)) for pair in search.pairs_for(field)))


def _brand(search: Search, field: Field, pair: Pair) -> Finding | None:
    value = search.page.text[slice(*pair.value)]
    if pair.value[0] < pair.label[0] or len(value.split()) > _LONGEST_BRAND or is_nothing(value):
        return None
    listed = pair.score >= _BESIDE or (pair.score == 0.5 and _is_in_list(search, pair.line))
    return read_value(search, field, *pair.value) if listed else None


def _is_in_list(search: Search, number: int) -> bool:
    """Whether labels and values take turns on the lines around a label."""
    lines = search.page.lines
    others = [lines[at] for at in (number - 2, number + 2) if 0 <= at < len(lines)]
    return any(phrase(line.text) in search.vocabulary.keys for line in others)
