"""The templates: one environment for all of them, and whole pages that contain everything they need.

A page may run its own script only and request nothing: its policy names the script and the style by their hashes.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from structgen.core.json import JsonLike
from structgen.core.screen import visible
from structgen.report.view import (
    MEANING,
    claimed,
    clock_time,
    counted,
    cut,
    line_of,
    others,
    repaired,
    tokens,
)

if TYPE_CHECKING:
    from jinja2 import Environment

DEEPEST = 8
"""Maximum depth that is indented, to leave some width for deeper entries."""


def render(name: str, context: Mapping[str, object]) -> str:
    """Return the text of the template with this file name. jinja2 is imported with the first one: it is slow."""
    return _environment().get_template(name).render(context)


def page_html(name: str, context: Mapping[str, object]) -> str:
    """Return a whole page: NAME.html.jinja, which extends page.html.jinja, with NAME.css.jinja and NAME.js.jinja in it.

    The script and the style are constant but for what `context` inserts in them, which must never be a text of others.
    """
    from markupsafe import Markup

    style, script = render(f"{name}.css.jinja", context), render(f"{name}.js.jinja", context)
    policy = (
        f"default-src 'none'; script-src {_hashed(script)}; style-src {_hashed(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    inline = {"style": Markup(style), "script": Markup(script), "policy": policy}  # noqa: S704  our own templates
    return render(f"{name}.html.jinja", {**context, **inline})


def packed(value: JsonLike) -> str:
    """Return a value as JSON, compressed with gzip and in Base64: no character of it can act in a page.

    The function `unpack` in page.js.jinja reads it again. Lone surrogates stay escapes, which JavaScript reads.
    """
    compress = zlib.compressobj(9, wbits=31)  # 31: with the header of gzip
    text = json.dumps(value, separators=(",", ":"))
    return b64encode(compress.compress(text.encode("ascii")) + compress.flush()).decode("ascii")


def _hashed(text: str) -> str:
    """Return the source expression of a policy that allows exactly this inline text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("structgen.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    environment.globals.update(_GLOBALS)
    return environment


_FILTERS: Mapping[str, Any] = MappingProxyType(
    {
        "visible": visible,
        "cut": cut,
        "line": line_of,
        "repaired": repaired,
        "claimed": claimed,
        "others": others,
        "tokens": tokens,
        "clock_time": clock_time,
    }
)
"""The filters that the templates use."""

_GLOBALS: Mapping[str, Any] = MappingProxyType({"counted": counted, "meaning": MEANING, "deepest": DEEPEST})
"""What every template may use beside its context."""
