"""typing.TypedDict on Python 3.11, which Pydantic refuses there, as the typing_extensions.TypedDict it asks for."""

from __future__ import annotations

import sys


def modern(kind: object) -> object:
    """The same type in the form that Pydantic takes."""
    if sys.version_info >= (3, 12):
        return kind
    return kind
