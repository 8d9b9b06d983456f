"""The members that most texts consist of, each with one regular expression: key, value, and what ends them.

Whatever these do not match is read step by step (`tolerant.py`); they only make it fast.
"""

from __future__ import annotations

import re

NUMBER = r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?"

_DOUBLE = r"\"([^\"\\\x00-\x1f]*)\""
_SINGLE = r"'([^'\\\x00-\x1f]*)'"
_SMART = r"[“”]([^“”\"\\\x00-\x1f]*)[“”]"
_STRINGS = rf"{_DOUBLE}|{_SINGLE}|{_SMART}"
_RAW = r"\"([^\"\\]*)\""
_VALUE = rf"(?:{_DOUBLE}|{_RAW}|{_SINGLE}|{_SMART}|({NUMBER})|(true|false|null)|(True|False|None))"
_BARE_KEY = r"([^\W\d][\w$-]*)"
_NEXT_KEY = r"(?:\"[^\"\\\n]{0,80}\"|[^\W\d]\w{0,80})\s*:"

MEMBER = re.compile(rf"\s*(?:{_STRINGS}|{_BARE_KEY})\s*:\s*{_VALUE}\s*(?:(,)|(?=[}}\])])|(?={_NEXT_KEY})())", re.ASCII)
"""Groups: 1 to 4 the key (double, single, smart quotes, none); 5 to 11 the value (double quotes, the same with raw line
breaks, single, smart, number, word of JSON, word of Python); 12 the comma; 13 the place of a missing one."""

ITEM = re.compile(rf"\s*{_VALUE}\s*(?:(,)|(?=[}}\])]))", re.ASCII)
"""Groups: 1 to 7 the value, as above; 8 the comma."""

CLOSER = re.compile(r"\s*([}\])])")
CONTAINER = re.compile(r"\s*([{\[(])")
SET = re.compile(r"\s*(?:\"[^\"\\\n]{0,200}\"|'[^'\\\n]{0,200}'|-?\d[\d.]{0,40})\s*[,}]")
"""The first item of a set of Python, behind its brace."""
