"""--include and --exclude: which names in folders and listings are read. Pure."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class NameChoice:
    """Patterns for names relative to the folder that is listed; without `include` all names are included.

    A pattern without ``/`` is for the name of a file or of a folder at any depth, one with ``/`` for the whole path, in
    which ``**`` is any number of folders. A folder that matches counts for all below it. `exclude` wins.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    _used: set[str] = field(default_factory=set[str], compare=False)

    def takes(self, name: str) -> bool:
        """Return whether a name is read. Remember which patterns have matched."""
        included = [pattern for pattern in self.include if matches_name(name, pattern)]
        excluded = [pattern for pattern in self.exclude if matches_name(name, pattern)]
        self._used.update(included, excluded)
        return not excluded and (bool(included) or not self.include)

    def names_suffix(self, name: str) -> bool:
        """Return whether a pattern that includes this name says its suffix, so that an unknown one is read too."""
        suffix = PurePosixPath(name).suffix.lower()
        return bool(suffix) and any(
            PurePosixPath(pattern).suffix.lower() == suffix and matches_name(name, pattern) for pattern in self.include
        )

    def unused(self) -> Iterator[str]:
        """Yield a sentence for each pattern that has matched nothing."""
        for option, patterns in (("include", self.include), ("exclude", self.exclude)):
            yield from (f"--{option} {one!r} matches nothing." for one in patterns if one not in self._used)


NO_CHOICE = NameChoice()


def matches_name(name: str, pattern: str) -> bool:
    """Return whether a relative path, or a folder above it, matches a pattern."""
    parts, wanted = PurePosixPath(name).parts, PurePosixPath(pattern).parts
    if "/" not in pattern.rstrip("/"):
        return any(fnmatch.fnmatchcase(part, pattern.rstrip("/")) for part in parts)
    return any(matches(parts[:end], wanted) for end in range(1, len(parts) + 1))


def matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path match a pattern in which ``**`` is any number of folders. Linear in both."""
    places = {0}
    for part in parts:
        places = _with_skips(places, pattern)
        stay = {place for place in places if pattern[place : place + 1] == ("**",)}
        places = stay | {
            place + 1 for place in places - stay if place < len(pattern) and fnmatch.fnmatchcase(part, pattern[place])
        }
    return len(pattern) in _with_skips(places, pattern)


def _with_skips(places: set[int], pattern: Sequence[str]) -> set[int]:
    """Add the places behind each ``**``, which may match no folder at all."""
    found = set(places)
    for place in range(len(pattern)):
        if place in found and pattern[place] == "**":
            found.add(place + 1)
    return found
