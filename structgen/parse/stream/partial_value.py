"""The value that a PartialReader builds: what is finished of it, what is open, and what is shown of the two.

Values that were handed out never change. What is finished is shared between them; what is open is copied when a value
is asked for, and no more often than the growth of the text pays for: of a list of thousands of items, the item being
written is refreshed every few pieces instead of at each one.
"""

from __future__ import annotations

from structgen.core.json import Json, JsonObject, pointer

_CREDIT = 4096
"""References that may be copied before any text came: small values are always fresh."""
_CREDIT_PER_CHAR = 4
_CHARS_PER_REFERENCE = 8
"""A string is copied at about the price of one reference for so many characters."""


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
        """Whether it has neither a member nor the key of one."""
        return not self.members and not self.key

    def child(self) -> str:
        """The path of the member being read."""
        if self.is_list:
            return f"{self.path}/{len(self.members)}"
        key = self.key
        return self.path + pointer([key]) if "/" in key or "~" in key else f"{self.path}/{key}"

    def add(self, value: Json) -> None:
        """Take the member that was being read."""
        if isinstance(self.members, list):
            self.members.append(value)
        else:
            self.members[self.key] = value

    def copied_with(self, value: Json) -> Json:
        """A copy with the member being read as far as it came."""
        if isinstance(self.members, list):
            return [*self.members, value]
        return {**self.members, self.key: value}


class PartialTree:
    """Open containers from the root down, and the string being written in the last one.

    `in_text` says that this string is a value (a key is shown only once it is whole).
    """

    def __init__(self) -> None:
        self._credit = _CREDIT
        self.restart()

    def restart(self) -> None:
        """Begin anew: what came so far was no part of the value."""
        self.frames: list[Frame] = []
        self.in_text = False
        self._parts: list[str] = []
        self._size = 0
        self._whole: Json = None
        self._items: list[tuple[str, Json]] = []
        self._shown: Json = None
        self._changed = False

    def earn(self, chars: int) -> None:
        """So many characters of text came: they pay for the copies."""
        self._credit += _CREDIT_PER_CHAR * chars

    @property
    def value(self) -> Json:
        """The value so far, None before it begins; refreshed where that is paid for."""
        if self._changed:
            cost = self._size // _CHARS_PER_REFERENCE
            for frame in self.frames:
                cost += len(frame.members)
            if cost <= self._credit:
                self._credit -= cost
                self._shown = self._snapshot()
                self._changed = False
        return self._shown

    def open(self, *, in_token: bool) -> tuple[str, ...]:
        """The paths that are not finished; `in_token` says that a number or keyword is being written."""
        paths = [frame.path for frame in self.frames]
        if self.in_text or in_token:
            paths.append(self.frames[-1].child())
        return tuple(paths)

    @property
    def first_key(self) -> str | None:
        """The first key of the value, None where it is no object or has none yet."""
        root = self.frames[0].members if self.frames else self._whole
        if not isinstance(root, dict):
            return None
        return next(iter(root), self.frames[0].key or None if self.frames else None)

    def take_items(self) -> tuple[tuple[str, Json], ...]:
        """The items of the outermost lists finished since the last call, with their paths."""
        items = tuple(self._items)
        self._items.clear()
        return items

    def enter(self, bracket: str) -> None:
        """A container opens."""
        above = self.frames[-1] if self.frames else None
        path = above.child() if above else ""
        in_list = above is not None and (above.in_list or above.is_list)
        self.frames.append(Frame({} if bracket == "{" else [], path, in_list=in_list))
        self._changed = True

    def leave(self) -> None:
        """The last container closes: it becomes a member of the one around it, or is the whole."""
        members = self.frames.pop().members
        if self.frames:
            self.finish(members)
        else:
            self._whole, self._changed = members, True

    def finish(self, value: Json) -> None:
        """The member being read is this value."""
        frame = self.frames[-1]
        if frame.is_list and not frame.in_list:
            self._items.append((frame.child(), value))
        frame.add(value)
        self._changed = True

    def begin_text(self) -> None:
        """A string opens that is a value."""
        self.in_text = self._changed = True

    def write(self, part: str) -> None:
        """The string being written goes on."""
        self._parts.append(part)
        self._size += len(part)
        self._changed = self._changed or self.in_text

    def end_text(self) -> str:
        """The string being written, which closes."""
        string = self._joined()
        self._parts, self._size, self.in_text = [], 0, False
        return string

    def _snapshot(self) -> Json:
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
