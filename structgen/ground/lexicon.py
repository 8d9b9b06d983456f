"""Words that matter because they are common: they are no names, or they deny."""

from __future__ import annotations

_FUNCTION_WORDS = """
a about after again all also although am an and any are as at be because been before being both but by can could did
do does during each either every few for from had has have he her here hers him his how however i if in into is it its
just many may me might mine more most much must my neither no none nor not now of on once one only or other our ours
out over own shall she should since so some such than that the their theirs them then there these they this those
through to under until up upon us very was we were what when where whether which while who whom whose why will with
within without would yes you your yours
"""
_NEGATIONS = """
no not never none nor neither nobody nothing nowhere cannot without t nicht kein keine keinen keiner keinem nichts nie
niemals ohne ne pas jamais aucun aucune sans ni sin nunca tampoco ningun ninguna ninguno nao nem sem nenhum nenhuma
non nessuno nessuna senza niet geen nooit zonder ingen inte aldrig ikke nie nigdy bez не нет ни никогда без ні немає
khong 不 没 沒 無 无 非 未 莫 勿 ん 안 못 لا لم لن ليس غير לא אין ללא नहीं न
"""
_NEGATIVE_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis", "anti")
_SHORTEST_STEM = 3
_OPPOSITE_PREFIXES = (
    ("in", "de"),
    ("in", "ex"),
    ("in", "out"),
    ("im", "ex"),
    ("as", "de"),
    ("hyper", "hypo"),
    ("over", "under"),
    ("pre", "post"),
    ("up", "down"),
)
_OPPOSITES = frozenset(
    {
        ("before", "after"),
        ("more", "less"),
        ("most", "least"),
        ("above", "below"),
        ("over", "under"),
        ("first", "last"),
        ("high", "low"),
        ("higher", "lower"),
        ("positive", "negative"),
        ("buyer", "seller"),
        ("accepted", "rejected"),
        ("approved", "rejected"),
        ("maximum", "minimum"),
        ("left", "right"),
        ("open", "closed"),
        ("always", "never"),
        ("all", "none"),
        ("true", "false"),
        ("may", "must"),
    }
)

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English words that are no name: a capital letter in front makes them the first of a sentence, or an acronym."""

NEGATIONS = frozenset(_NEGATIONS.split())
"""Words (folded) that turn a statement into its opposite; the "t" is that of "don't"."""


def are_opposites(one: str, other: str) -> bool:
    """Whether two folded words say the opposite: "likely", "unlikely"; "increased", "decreased"; "more", "less"."""
    short, long = sorted((one, other), key=len)
    if len(short) >= _SHORTEST_STEM and any(long == prefix + short for prefix in _NEGATIVE_PREFIXES):
        return True
    if (one, other) in _OPPOSITES or (other, one) in _OPPOSITES:
        return True
    return any(_swapped(one, other, *pair) or _swapped(other, one, *pair) for pair in _OPPOSITE_PREFIXES)


def _swapped(one: str, other: str, mine: str, yours: str) -> bool:
    """Whether two words are one stem behind these prefixes."""
    stem = one.removeprefix(mine)
    return one.startswith(mine) and len(stem) >= _SHORTEST_STEM and other == yours + stem
