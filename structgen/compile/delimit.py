"""Documents between tags that their own text cannot close."""

import re

_TAG = re.compile(r"document(?:-(\d{1,9}))?", re.IGNORECASE)


def tag_for(text: str) -> str:
    """A tag name that stands nowhere in the text: ``document`` where it can be, else ``document-2``, ``document-3``...

    The same text always gets the same tag, so that equal requests stay equal.
    """
    if "<" not in text:
        return "document"
    folded = text.casefold()
    if "</document" not in folded and "<document" not in folded:
        return "document"
    taken = {int(number) for number in _TAG.findall(text) if number}
    return f"document-{next(n for n in range(2, len(taken) + 3) if n not in taken)}"


def delimited(text: str, beside: str = "") -> str:
    """The text between its tags. Nothing in it is changed: braces, quotes and tags of its own are just text.

    `beside` is what else stands in the message: it cannot hold the tags either.
    """
    tag = tag_for(beside + text)
    return f"<{tag}>\n{text}\n</{tag}>"
