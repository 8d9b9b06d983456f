"""What several chunks say about one value: who agrees, and whose word counts. Pure.

A place in the text has one vote, in however many chunks it is. Only chunks that say something about a value vote: a
model answers `false` for what its chunk does not mention.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from structgen.core.json import Json
from structgen.documents.merge.chunk_values import ChunkValue, Likeness, likeness

Span = tuple[int, int]

_SHORTEST_STEM = 4
_WINDOW = 32
"""Only this many neighbours of a chunk can overlap with it."""
_NO_WORDS = frozenset(
    {"are", "can", "does", "for", "has", "have", "its", "not", "the", "was", "were", "with", "whether"}
)


def count_votes(
    nodes: Sequence[ChunkValue], topics: Sequence[Sequence[str]] = (), default: Json = None
) -> list[list[ChunkValue]]:
    """Group the nodes that agree: found in the text before not found, then many mentions before few, then the first.

    `nodes` are in the order of their chunks. `topics` are the words of the field's name, and those of its description;
    `default` is its default.
    """
    camps: dict[Likeness, list[ChunkValue]] = {}
    for node in nodes:
        camps.setdefault(likeness(node.value), []).append(node)
    if len(camps) < 2:
        return list(camps.values())
    voting = {id(node) for node in _voting(nodes, topics, default)}
    found = {id(node) for node in nodes if _spans(node)}

    def weight(camp: Sequence[ChunkValue]) -> tuple[bool, bool, int]:
        voters = [node for node in camp if id(node) in voting]
        placed = [node for node in voters if id(node) in found]
        votes = _count(placed) if placed else len({node.part.number for node in voters})
        return not voters, not placed, -votes

    return sorted(camps.values(), key=weight)


def _voting(nodes: Sequence[ChunkValue], topics: Sequence[Sequence[str]], default: Json) -> Sequence[ChunkValue]:
    """Leave out those whose word does not count beside that of another."""
    found = [node for node in nodes if _spans(node)]
    if not found and all(isinstance(node.value, bool) for node in nodes):
        return _speaking(nodes, topics, default)
    voters = found or nodes
    return [
        node
        for number, node in enumerate(voters)
        if not _is_outdone(node, voters[max(0, number - _WINDOW) : number + _WINDOW])
    ]


def _is_outdone(node: ChunkValue, others: Sequence[ChunkValue]) -> bool:
    """Whether a larger chunk around this one, or a fuller place around its own, gives another value."""
    own, spans = likeness(node.value), _spans(node)
    for other in others:
        if other is node or likeness(other.value) == own:
            continue
        if other.part.contains(node.part) and bool(_spans(other)) >= bool(spans):
            return True
        if any(_is_within(span, around) for span in spans for around in _spans(other)):
            return True
    return False


def _speaking(nodes: Sequence[ChunkValue], topics: Sequence[Sequence[str]], default: Json) -> Sequence[ChunkValue]:
    """The yes or no of the chunks that speak of the matter; if none does, what is not the default, else the yes."""
    for words in topics:
        stems = [re.escape(word[: max(_SHORTEST_STEM, len(word) - 2)]) for word in words if word not in _NO_WORDS]
        about = re.compile(rf"\b(?:{'|'.join(stems)})", re.IGNORECASE) if stems else None
        # words that all chunks contain, or none, tell nothing about who mentions the matter
        speaking = [node for node in nodes if about and about.search(node.part.text)]
        if speaking and len(speaking) < len(nodes):
            return speaking
    return [node for node in nodes if node.value is not (default if isinstance(default, bool) else False)]


def _spans(node: ChunkValue) -> list[Span]:
    """The places of a value: of a list all of those of its items."""
    if isinstance(node.value, dict | list):
        return [leaf.guess for _, leaf, _ in node.leaves() if leaf.guess]
    return [node.guess] if node.guess else []


def _count(nodes: Sequence[ChunkValue]) -> int:
    """How many different places some values have."""
    number, end = 0, -1
    for first, last in sorted((min(spans)[0], max(spans)[1]) for spans in map(_spans, nodes)):
        number += first >= end
        end = max(end, last)
    return number


def _is_within(span: Span, around: Span) -> bool:
    return around[0] <= span[0] and span[1] <= around[1] and around != span
