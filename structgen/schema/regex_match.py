"""Matching a tree in time linear in the text: all ways at once, one step for each character.

Look-around is linear too. For each of them one pass over the text, backwards for what stands ahead and forwards for
what stands behind, marks the places where it holds; the pass over the whole pattern then only looks these up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from structgen.schema.regex import Accepts, Char, Choice, Edge, Look, Node, PatternError, Repeat, is_word, parse
from structgen.schema.regex import Sequence as Series

MOST_STEPS = 2_000
"""Steps of a program; repetitions with a count are written out."""

MOST_WORK = 5_000_000
"""States visited in one search: some seconds."""


class PatternTooCostly(ValueError):
    """A text too long for a pattern this large."""


@dataclass(slots=True)
class _Program:
    """A nondeterministic automaton: per state a class to pass, a condition of the place, or neither.

    `next` holds the states that follow. The last state is the end.
    """

    forward: bool
    accepts: list[Accepts | None] = field(default_factory=list[Accepts | None])
    places: list[Edge | Look | None] = field(default_factory=list[Edge | Look | None])
    next: list[list[int]] = field(default_factory=list[list[int]])
    built: int = 0

    def add(
        self, accepts: Accepts | None = None, place: Edge | Look | None = None, following: Sequence[int] = ()
    ) -> int:
        self.accepts.append(accepts)
        self.places.append(place)
        self.next.append([*following])
        return len(self.next) - 1

    def build(self, node: Node, after: int) -> int:
        """Add a node that leads to the state `after`; gives the state where it begins."""
        self.built += 1
        if self.built > MOST_STEPS:
            raise PatternError(f"more than {MOST_STEPS} steps where its repetitions are written out")
        if isinstance(node, Char):
            return self.add(accepts=node.accepts, following=[after])
        if isinstance(node, (Edge, Look)):
            return self.add(place=node, following=[after])
        if isinstance(node, Choice):
            return self.add(following=[self.build(branch, after) for branch in node.nodes])
        if isinstance(node, Series):
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
                after = self.add(following=[self.build(node.node, after), last])
        for _ in range(node.least):
            after = self.build(node.node, after)
        return after


def compile_search(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern is found anywhere in a text, as a function; PatternError where the pattern cannot be used."""
    root = parse(pattern)
    programs: dict[int, tuple[_Program, int]] = {}
    _compile(root, True, programs)
    return lambda text: any(_Search(text, programs).holds(root, True, stop=True))


def _compile(node: Node, forward: bool, programs: dict[int, tuple[_Program, int]]) -> None:
    """The programs of a node and of every look-around in it."""
    program = _Program(forward)
    end = program.add()
    programs[id(node)] = (program, program.build(node, end))
    for place in program.places:
        if isinstance(place, Look) and id(place.node) not in programs:
            _compile(place.node, not place.ahead, programs)


@dataclass(slots=True)
class _Search:
    """One text, and for each look-around the places where it holds."""

    text: str
    programs: dict[int, tuple[_Program, int]]
    known: dict[int, list[bool]] = field(default_factory=dict[int, list[bool]])
    work: int = 0

    def holds(self, node: Node, forward: bool, stop: bool = False) -> list[bool]:
        """For each place in the text, whether a match ends there (going backwards: begins there)."""
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
        """The states reached from others without passing a character, at a place."""
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
