"""The pages of a list: ``after``, ``limit`` and ``order``, as the openai SDK sends them to walk through a whole list.

Groq documents none of them. So a list without a limit is complete, and its page says that there is no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from structgen.core.json import JsonObject
from structgen.testing.emulator.replies import ErrorReply, invalid_request

_ORDERS = ("asc", "desc")


def page_errors(query: Mapping[str, str], ids: Mapping[str, object], most: int) -> Iterator[ErrorReply]:
    """Yield what is wrong with the query of a list of these ids, of which a page has at most `most`."""
    limit, after = query.get("limit"), query.get("after")
    if limit is not None and not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= most):
        yield invalid_request(f"'limit' : number must be between 1 and {most}")
    if query.get("order", "desc") not in _ORDERS:
        yield invalid_request(f"'order' : value is not one of the allowed values [{' '.join(map(repr, _ORDERS))}]")
    if after is not None and after not in ids:
        yield invalid_request(f"'after' : no object in this list has the id '{after}'")


def page_of(query: Mapping[str, str], ids: list[str], most: int | None = None) -> tuple[list[str], bool]:
    """Return the ids on a page of a list, which is given oldest first, and whether there are more after them.

    `most` is the size of a page if the query names none. None means that a page is the whole list.
    """
    ordered = ids if query.get("order") == "asc" else ids[::-1]
    after = query.get("after")
    rest = ordered if after is None else ordered[ordered.index(after) + 1 :]
    size = int(query.get("limit") or most or len(rest))
    return rest[:size], len(rest) > size


def page_body(data: list[JsonObject], *, more: bool) -> JsonObject:
    """Return the body of a list."""
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": [*data], "first_id": first, "last_id": last, "has_more": more}
