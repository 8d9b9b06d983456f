"""Match regular expressions in time linear in the text: the syntax of ECMA-262, and Python's additions to it.

Only for patterns that the fast engine refuses, mainly those with look-around. Backreferences are refused, because no
known method matches them in linear time.

A pattern is parsed into a tree and compiled to an automaton, which follows all alternatives at once, one step per
character. Look-around is linear too: for each one, a pass over the text (backwards for lookahead, forwards for
lookbehind) marks the positions where it holds, and the pass over the whole pattern looks them up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn, TypeAlias

from pydantic_core import SchemaError as CoreError
from pydantic_core import SchemaValidator, core_schema

Accepts: TypeAlias = Callable[[str], bool]
"""Whether one character belongs to a class."""


class PatternError(ValueError):
    """A pattern that cannot be parsed, or cannot be matched in linear time."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a class."""

    accepts: Accepts


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes one after the other."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of the nodes."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node repeated `least` to `most` times; without a limit if `most` is None."""

    node: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A position: start, end, or (not) a word boundary."""

    kind: str


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead or a lookbehind, perhaps negated."""

    node: Node
    ahead: bool
    negated: bool


Node: TypeAlias = Char | Sequence | Choice | Repeat | Edge | Look

_EDGES = {"^": "start", "$": "end", "A": "start", "Z": "end", "z": "end", "b": "word", "B": "not word"}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0", "a": "\a"}
_LOOKS = {"(?=": (True, False), "(?!": (True, True), "(?<=": (False, False), "(?<!": (False, True)}
_GROUP = re.compile(r"\((?:\?(?:[:=!]|<[=!]|P?<[A-Za-z_]\w*>|[aimsu]*:))?")
_FLAGS = re.compile(r"\(\?([aimsu]+)\)")
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}")
_PROPERTY = re.compile(r"[pP](?:\{\^?[\w=:. -]+\}|[A-Z])")


def is_word(char: str) -> bool:
    """Whether a character belongs to a word."""
    return char.isalnum() or char == "_"


_CLASSES: dict[str, Accepts] = {"d": str.isdecimal, "w": is_word, "s": str.isspace}


def parse(pattern: str) -> Node:
    """Return the tree of a pattern. Raises PatternError."""
    reader = _Reader(pattern)
    node = reader.choice()
    if reader.at < len(pattern):
        reader.fail("a closing parenthesis too many")
    return node


@dataclass(slots=True)
class _Reader:
    pattern: str
    at: int = 0
    ignore_case: bool = False
    dot_all: bool = False

    def fail(self, what: str) -> NoReturn:
        raise PatternError(f"{what} at character {self.at + 1}")

    def peek(self, width: int = 1) -> str:
        return self.pattern[self.at : self.at + width]

    def match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        found = expression.match(self.pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def choice(self) -> Node:
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self) -> Node:
        nodes: list[Node] = []
        while self.peek() not in {"", "|", ")"}:
            if self.match(_COMMENT):
                continue
            if flags := self.match(_FLAGS):
                self.set_flags(flags[1])
                continue
            nodes.append(self.repeated(self.atom()))
        return Sequence(tuple(nodes))

    def set_flags(self, flags: str) -> None:
        if "m" in flags:
            self.fail("the flag m is not supported")
        self.ignore_case = self.ignore_case or "i" in flags
        self.dot_all = self.dot_all or "s" in flags

    def repeated(self, node: Node) -> Node:
        sign = self.peek()
        if sign in {"*", "+", "?"}:
            self.at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        elif (found := _COUNT.match(self.pattern, self.at)) and (found[1] or found[3]):
            self.at = found.end()
            least = int(found[1] or 0)
            most = int(found[3]) if found[3] else None if found[2] else least
        else:
            return node
        if self.peek() == "+":
            self.fail("a possessive quantifier")
        if self.peek() == "?":
            self.at += 1
        if most is not None and most < least:
            self.fail("a repetition that ends before it begins")
        return Repeat(node, least, most)

    def atom(self) -> Node:
        sign = self.peek()
        if sign == "(":
            return self.group()
        if sign in {"*", "+", "?"}:
            self.fail("nothing to repeat")
        self.at += 1
        if sign in {"^", "$"}:
            return Edge(_EDGES[sign])
        if sign == ".":
            return Char(_anything if self.dot_all else _no_newline)
        if sign == "[":
            return Char(self.char_class())
        if sign == "\\":
            return self.escape()
        return Char(self.one(sign))

    def group(self) -> Node:
        opening = self.match(_GROUP)
        if opening is None or (opening[0] == "(" and self.peek() == "?"):
            self.fail("a kind of group that is not supported")
        outer = (self.ignore_case, self.dot_all)
        if opening[0].endswith(":"):
            self.set_flags(opening[0][2:-1])
        node = self.choice()
        self.ignore_case, self.dot_all = outer
        if self.peek() != ")":
            self.fail("a group that is never closed")
        self.at += 1
        look = _LOOKS.get(opening[0])
        return Look(node, *look) if look else node

    def escape(self) -> Node:
        sign = self.peek()
        if sign in {"b", "B", "A", "Z", "z"}:
            self.at += 1
            return Edge(_EDGES[sign])
        if sign in set("123456789k"):
            self.fail("a backreference, which cannot be matched in linear time,")
        accepts = self.escaped()
        return Char(accepts if callable(accepts) else self.one(accepts))

    def escaped(self) -> str | Accepts:
        """Return the character, or the class, that an escape means."""
        if hexadecimal := self.match(_HEX):
            return self.code_point(int(hexadecimal[1] or hexadecimal[2] or hexadecimal[3], 16))
        if found := self.match(_PROPERTY):
            return unicode_class(f"\\{found[0]}")
        sign = self.peek()
        self.at += 1
        if sign.lower() in _CLASSES:
            accepts = _CLASSES[sign.lower()]
            return accepts if sign.islower() else _negated(accepts)
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if sign == "c" and self.peek().isalpha():
            self.at += 1
            return chr(ord(self.pattern[self.at - 1]) % 32)
        if not sign or sign.isalnum():
            self.fail(f"an unknown escape \\{sign}")
        return sign

    def code_point(self, number: int) -> str:
        """Return a character by its code point; two escaped surrogates are one character."""
        if 0xD800 <= number < 0xDC00 and self.peek(2) == "\\u":
            low = (
                int(self.peek(6).removeprefix("\\u"), 16)
                if re.fullmatch(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}", self.peek(6))
                else 0
            )
            if low:
                self.at += 6
                return chr(0x10000 + (number - 0xD800) * 0x400 + (low - 0xDC00))
        if number > 0x10FFFF:
            self.fail("a code point beyond Unicode")
        return chr(number)

    def char_class(self) -> Accepts:
        negated = self.peek() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        classes: list[Accepts] = []
        while self.peek() != "]":
            low = self.member()
            if isinstance(low, str) and self.peek() == "-" and self.peek(2) not in {"-]", "-"}:
                self.at += 1
                high = self.member()
                if not isinstance(high, str) or high < low:
                    self.fail("a range of characters that ends before it begins")
                ranges.append((low, high))
            elif isinstance(low, str):
                ranges.append((low, low))
            else:
                classes.append(low)
        self.at += 1
        accepts = _in_ranges(tuple(ranges), tuple(classes))
        accepts = _any_case(accepts) if self.ignore_case else accepts
        return _negated(accepts) if negated else accepts

    def member(self) -> str | Accepts:
        sign = self.peek()
        if not sign:
            self.fail("a class of characters that is never closed")
        self.at += 1
        if sign != "\\":
            return sign
        if self.peek() == "b":
            self.at += 1
            return "\b"
        return self.escaped()

    def one(self, char: str) -> Accepts:
        accepts = _in_ranges(((char, char),), ())
        return _any_case(accepts) if self.ignore_case else accepts


def _anything(_: str) -> bool:
    return True


def _no_newline(char: str) -> bool:
    return char != "\n"


def _negated(accepts: Accepts) -> Accepts:
    return lambda char: not accepts(char)


def _any_case(accepts: Accepts) -> Accepts:
    return lambda char: accepts(char) or accepts(char.lower()) or accepts(char.upper())


def _in_ranges(ranges: tuple[tuple[str, str], ...], classes: tuple[Accepts, ...]) -> Accepts:
    return lambda char: any(low <= char <= high for low, high in ranges) or any(found(char) for found in classes)


@lru_cache(maxsize=64)
def unicode_class(name: str) -> Accepts:
    """Return a Unicode class, such as that of all letters, by the tables of the fast engine."""
    try:
        return SchemaValidator(core_schema.str_schema(pattern=f"^{name}$")).isinstance_python
    except CoreError:
        raise PatternError(f"an unknown class of characters {name}") from None


MOST_STEPS = 2_000
"""The maximum number of states of an automaton, in which counted repetitions are written out."""

MOST_WORK = 5_000_000
"""The maximum number of states visited in one search: a few seconds."""


class PatternTooCostly(ValueError):
    """The text is too long for a pattern of this size."""


@dataclass(slots=True)
class _Program:
    """A nondeterministic automaton: each state has a class to match, a condition on the position, or neither.

    `next` lists the following states. The first state is the end.
    """

    forward: bool
    accepts: list[Accepts | None] = field(default_factory=list[Accepts | None])
    places: list[Edge | Look | None] = field(default_factory=list[Edge | Look | None])
    next: list[list[int]] = field(default_factory=list[list[int]])
    built: int = 0

    def add(
        self, accepts: Accepts | None = None, place: Edge | Look | None = None, following: tuple[int, ...] = ()
    ) -> int:
        self.accepts.append(accepts)
        self.places.append(place)
        self.next.append([*following])
        return len(self.next) - 1

    def build(self, node: Node, after: int) -> int:
        """Add a node that leads to the state `after`; return the state where it begins."""
        self.built += 1
        if self.built > MOST_STEPS:
            raise PatternError(f"more than {MOST_STEPS} steps where its repetitions are written out")
        if isinstance(node, Char):
            return self.add(accepts=node.accepts, following=(after,))
        if isinstance(node, (Edge, Look)):
            return self.add(place=node, following=(after,))
        if isinstance(node, Choice):
            return self.add(following=tuple(self.build(branch, after) for branch in node.nodes))
        if isinstance(node, Sequence):
            for inner in reversed(node.nodes) if self.forward else node.nodes:
                after = self.build(inner, after)
            return after
        return self.repeat(node, after)

    def repeat(self, node: Repeat, after: int) -> int:
        if node.most is None:
            loop = self.add()
            self.next[loop] = [self.build(node.node, loop), after]
            after = loop
        else:
            last = after
            for _ in range(node.most - node.least):
                after = self.add(following=(self.build(node.node, after), last))
        for _ in range(node.least):
            after = self.build(node.node, after)
        return after


def compile_search(pattern: str) -> Callable[[str], bool]:
    """Return a function that searches a text for a pattern. Raises PatternError if the pattern cannot be used."""
    root = parse(pattern)
    programs: dict[int, tuple[_Program, int]] = {}
    _compile(root, True, programs)
    return lambda text: any(_Search(text, programs).holds(root, True, stop=True))


def _compile(node: Node, forward: bool, programs: dict[int, tuple[_Program, int]]) -> None:
    """Compile a node and every look-around in it."""
    program = _Program(forward)
    end = program.add()
    programs[id(node)] = (program, program.build(node, end))
    for place in program.places:
        if isinstance(place, Look) and id(place.node) not in programs:
            _compile(place.node, not place.ahead, programs)


@dataclass(slots=True)
class _Search:
    """The search of one text: for each look-around the positions where it holds."""

    text: str
    programs: dict[int, tuple[_Program, int]]
    known: dict[int, list[bool]] = field(default_factory=dict[int, list[bool]])
    work: int = 0

    def holds(self, node: Node, forward: bool, stop: bool = False) -> list[bool]:
        """Return for each position in the text whether a match ends there (backwards: begins there)."""
        program, start = self.programs[id(node)]
        for place in program.places:
            if isinstance(place, Look) and id(place) not in self.known:
                self.known[id(place)] = self.holds(place.node, not place.ahead)
        found = [False] * (len(self.text) + 1)
        states: list[int] = []
        for at in range(len(found)) if forward else range(len(self.text), -1, -1):
            reached = self.spread(program, [*states, start], at)
            found[at] = 0 in reached
            if stop and found[at]:
                break
            char = self.text[at : at + 1] if forward else self.text[at - 1 : at] if at else ""
            states = [program.next[state][0] for state in reached if self.passes(program, state, char)]
        return found

    def passes(self, program: _Program, state: int, char: str) -> bool:
        accepts = program.accepts[state]
        return accepts is not None and bool(char) and accepts(char)

    def spread(self, program: _Program, states: list[int], at: int) -> set[int]:
        """Return the states that are reachable at a position without consuming a character."""
        seen = set(states)
        while states:
            state = states.pop()
            place = program.places[state]
            if program.accepts[state] is not None or (place is not None and not self.is_at(place, at)):
                continue
            for following in program.next[state]:
                if following not in seen:
                    seen.add(following)
                    states.append(following)
        self.work += len(seen)
        if self.work > MOST_WORK:
            raise PatternTooCostly("the text is too long for this pattern")
        return seen

    def is_at(self, place: Edge | Look, at: int) -> bool:
        if isinstance(place, Look):
            return self.known[id(place)][at] != place.negated
        if place.kind in {"start", "end"}:
            return at == (0 if place.kind == "start" else len(self.text))
        before, after = self.text[at - 1 : at] if at else "", self.text[at : at + 1]
        return (is_word(before) != is_word(after)) == (place.kind == "word")
