"""The value that a PartialReader builds, and its snapshots for the caller.

Snapshots never change and share their finished parts. Reading `value` copies the open containers, but only as often as
the growth of the text has earned: in a list of thousands of items, the item being written is refreshed every few
pieces instead of at each one. So the whole cost stays linear.
"""

from __future__ import annotations

from structgen.core.json import Json, JsonObject, pointer

_CREDIT = 4096
"""References that may be copied before the text has earned any, so that small values are always fresh."""
_CREDIT_PER_CHAR = 4
_CHARS_PER_REFERENCE = 8
"""Copying this many characters of a string costs about as much as copying one reference."""


class Frame:
    """An open container: its finished members, its path, and the key of the member being read."""

    __slots__ = ("in_list", "is_list", "key", "members", "path")

    def __init__(self, members: JsonObject | list[Json], path: str, *, in_list: bool) -> None:
        self.members = members
        self.path = path
        self.is_list = isinstance(members, list)
        self.in_list = in_list
        self.key = ""

    @property
    def untouched(self) -> bool:
        """Whether it has neither a member nor a key yet."""
        return not self.members and not self.key

    def child(self) -> str:
        """Return the path of the member being read."""
        if self.is_list:
            return f"{self.path}/{len(self.members)}"
        key = self.key
        return self.path + pointer([key]) if "/" in key or "~" in key else f"{self.path}/{key}"

    def add(self, value: Json) -> None:
        """Add the member that was being read."""
        if isinstance(self.members, list):
            self.members.append(value)
        else:
            self.members[self.key] = value

    def copied_with(self, value: Json) -> Json:
        """Return a copy of the members, with the unfinished one."""
        if isinstance(self.members, list):
            return [*self.members, value]
        return {**self.members, self.key: value}


class PartialTree:
    """The open containers from the root down, and the string being read in the last one.

    `in_text`: this string is a value. A key shows only once it is complete.
    """

    def __init__(self) -> None:
        self._credit = _CREDIT
        self.restart()

    def restart(self) -> None:
        """Begin anew, because the text so far was not part of the value."""
        self.frames: list[Frame] = []
        self.in_text = False
        self._parts: list[str] = []
        self._size = 0
        self._whole: Json = None
        self._items: list[tuple[str, Json]] = []
        self._snapshot: Json = None
        self._changed = False

    def earn(self, chars: int) -> None:
        """Credit the characters of a new piece, which pay for copies."""
        self._credit += _CREDIT_PER_CHAR * chars

    @property
    def value(self) -> Json:
        """The value so far, or None before it begins; refreshed if the credit pays for a copy."""
        if self._changed:
            cost = self._size // _CHARS_PER_REFERENCE
            for frame in self.frames:
                cost += len(frame.members)
            if cost <= self._credit:
                self._credit -= cost
                self._snapshot = self._take_snapshot()
                self._changed = False
        return self._snapshot

    def open(self, *, in_token: bool) -> tuple[str, ...]:
        """Return the paths of the unfinished values; `in_token`: a number or keyword is being read."""
        paths = [frame.path for frame in self.frames]
        if self.in_text or in_token:
            paths.append(self.frames[-1].child())
        return tuple(paths)

    @property
    def first_key(self) -> str | None:
        """The first key of the value, or None if it is not an object or has no key yet."""
        root = self.frames[0].members if self.frames else self._whole
        if not isinstance(root, dict):
            return None
        return next(iter(root), self.frames[0].key or None if self.frames else None)

    def take_items(self) -> tuple[tuple[str, Json], ...]:
        """Return the items of the outermost lists that were finished since the last call, with their paths."""
        items = tuple(self._items)
        self._items.clear()
        return items

    def enter(self, bracket: str) -> None:
        """Open a container."""
        above = self.frames[-1] if self.frames else None
        path = above.child() if above else ""
        in_list = above is not None and (above.in_list or above.is_list)
        self.frames.append(Frame({} if bracket == "{" else [], path, in_list=in_list))
        self._changed = True

    def leave(self) -> None:
        """Close the last container: it becomes a member of its parent, or the whole value."""
        members = self.frames.pop().members
        if self.frames:
            self.finish(members)
        else:
            self._whole, self._changed = members, True

    def finish(self, value: Json) -> None:
        """Finish the member being read."""
        frame = self.frames[-1]
        if frame.is_list and not frame.in_list:
            self._items.append((frame.child(), value))
        frame.add(value)
        self._changed = True

    def begin_text(self) -> None:
        """Open a string that is a value."""
        self.in_text = self._changed = True

    def write(self, part: str) -> None:
        """Add text to the string being read."""
        self._parts.append(part)
        self._size += len(part)
        self._changed = self._changed or self.in_text

    def end_text(self) -> str:
        """Close the string being read and return it."""
        string = self._joined()
        self._parts, self._size, self.in_text = [], 0, False
        return string

    def _take_snapshot(self) -> Json:
        if not self.frames:
            return self._whole
        frames = reversed(self.frames)
        child: Json = self._joined() if self.in_text else next(frames).members.copy()
        for frame in frames:
            child = frame.copied_with(child)
        return child

    def _joined(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""
