"""Choices and yes-or-no fields whose words are in a text: "Your order was shipped" for ``shipped``.

A word counts in any of its simple forms ("refund", "refunded"). It does not count if a sentence denies it, asks it, or
makes it depend on something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from structgen.core.json import Json
from structgen.rules.document.vocabulary import Phrase, Token, fold, lexicon, phrase, tokens
from structgen.rules.fields import Field
from structgen.rules.search import Search
from structgen.rules.sorts import Sought
from structgen.rules.value_candidates import Candidate, Candidates

_MOST = 5_000
"""Maximum characters of a text in which the words of a choice tell something. In a longer one any word comes up."""
_SENTENCE = re.compile(r"[^.!?\n;]+[.!?\n;]?")
_ENDINGS = ("ation", "ment", "ings", "ied", "ies", "ing", "ely", "ed", "ly", "es", "er", "al", "e", "y")
_SHORTEST_STEM = 4
_DENIALS = """
cannot declined denied deny denies except excluding fail failed fails far from hardly instead lack lacks lacking nobody
none nothing rather refuse refused refuses rejected rejects unable unlike without zero aucun aucune ningún ninguna
nessuno nessuna kaum weder
"""
_DOUBTS = """
if unless whether may might could would should perhaps maybe possibly probably likely unlikely or either once until
before when pending expected will wenn falls ob vielleicht oder si peut ou quizás o forse se wish hope hoping want wants
requested
"""
_DENIED = frozenset(fold(word) for word in _DENIALS.split())
_UNCERTAIN = frozenset(fold(word) for word in _DOUBTS.split())
_DENYING_PREFIX = re.compile(r"\b(?:non|not|un|anti)-\s?$", re.IGNORECASE)
_STATES = ("ed", "able", "ible", "ive", "ful", "free", "en", "ic", "ous")
_STATE_WORDS = frozenset({"in", "on", "out", "up", "sold", "paid", "sent", "open", "new"})
_AUXILIARIES = frozenset({"is", "was", "are", "has", "have", "had", "does", "did", "do", "can"})


def choices(search: Search, field: Field, _sought: Sought) -> Candidates:
    """Yield the choices that the sentences of a text affirm."""
    wanted = [(choice, phrase(choice)) for choice in field.choices if isinstance(choice, str)]
    # "pay" and "paid" need their exact words.
    exact = len({tuple(map(stem, words)) for _, words in wanted}) < len(wanted)
    return _affirmed(search.page.text, wanted, exact=exact)


def yes(search: Search, field: Field, _sought: Sought) -> Candidates:
    """Yield true for each affirmation of the words of a field, and None for each place that leaves a doubt."""
    words = tuple(word for word in phrase(field.name) if word not in _AUXILIARIES) or phrase(field.name)
    # A noun that is mentioned is not affirmed: "the newsletter" does not say that somebody takes it.
    return _affirmed(search.page.text, [(True, words)]) if _says_something(words) else iter(())


def _says_something(words: Phrase) -> bool:
    """Whether the words are a state ("approved", "in stock", "refundable"), not a thing that may be mentioned."""
    return words[-1].endswith(_STATES) or words[0] in _STATE_WORDS


def _affirmed(text: str, wanted: Sequence[tuple[Json, Phrase]], *, exact: bool = False) -> Candidates:
    for sentence in _SENTENCE.finditer(text) if len(text) <= _MOST else ():
        words = tokens(sentence.group(), sentence.start())
        named = [(value, at, len(run)) for value, run in wanted for at in _places(text, words, run, exact=exact)]
        doubtful = sentence.group().rstrip().endswith("?") or any(one.word in _UNCERTAIN for one in words)
        for value, at, size in named:
            # "out of stock" contains "stock" as well. Only the longest choice at a place is meant.
            if any(a <= at and at + size <= a + longer and longer > size for _, a, longer in named):
                continue
            if not _denied(text, words, at):
                yield None if doubtful else Candidate(value, words[at].start, words[at + size - 1].end, value)
            elif value is True:
                yield None


def _places(text: str, words: list[Token], wanted: Phrase, *, exact: bool) -> Iterator[int]:
    size = len(wanted)
    for at in range(len(words) - size + 1 if size else 0):
        if all(_is_form(text, words[at + step], word, exact=exact) for step, word in enumerate(wanted)):
            yield at


def _is_form(text: str, token: Token, wanted: str, *, exact: bool) -> bool:
    """Whether a word is a form of another one: "refunded" of "refund". "Refund" does not say that it is refunded."""
    if token.word == wanted:
        # Words that short have no plural that means the same: "new", "news".
        return len(wanted) > _SHORTEST_STEM or token.end - token.start == len(wanted) or text[token.end - 1] not in "sS"
    if exact or stem(token.word) != stem(wanted):
        return False
    return token.word.endswith("ed") or not wanted.endswith("ed")


def _denied(text: str, words: list[Token], at: int) -> bool:
    """Whether the words before deny a word: "not approved", "has no refund", "failed to arrive", "non-smoking"."""
    if _DENYING_PREFIX.search(text, max(0, words[at].start - 5), words[at].start):
        return True
    return any(one.word in lexicon().negations or one.word in _DENIED for one in words[max(0, at - 6) : at])


@lru_cache(maxsize=1 << 12)
def stem(word: str) -> str:
    """Return a word without its ending, if what remains is long enough to mean the same: "shipped" -> "ship"."""
    for ending in _ENDINGS:
        kept = word[: -len(ending)]
        if word.endswith(ending) and len(kept) >= _SHORTEST_STEM:
            return kept[:-1] if kept[-1] == kept[-2] and ending in ("ed", "ing", "er") else kept
    return word
