"""What `doctor --config` shows: every setting with its value and its source, and the keys, masked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from structgen.cli.configuration import DEFAULT, URLS, default_of, read_settings, setting_kinds
from structgen.cli.run_store import STORE
from structgen.cli.selection import RULES, load_dotenv_file
from structgen.core.json import JsonObject
from structgen.core.masking import MASK, mask_url
from structgen.core.screen import visible_line


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting, its value for people (None if nothing is set), and where the value comes from."""

    setting: str
    value: str | int | float | bool | None
    source: str

    def to_json(self) -> JsonObject:
        """Return the row as an object with the keys setting, value and source."""
        return {"setting": self.setting, "value": self.value, "source": self.source}


def setting_rows(model: str | None) -> Iterator[SettingRow]:
    """Yield a row for every setting, then one for each variable with a key or a server.

    `model` is the model of the command line, if it names one. Raises ConfigurationError as `read_settings` does.
    """
    dotenv = load_dotenv_file()
    settings = read_settings(dotenv=dotenv)
    for name in setting_kinds():
        if name == "model" and model is not None:
            yield SettingRow(name, model, "command line")
        elif name in settings:
            value = settings[name].value
            yield SettingRow(name, mask_url(str(value)) if name in URLS else value, settings[name].source)
        else:
            yield _default(name)
    yield from _variables(dotenv)


def setting_lines(rows: Sequence[SettingRow]) -> Iterator[str]:
    """Yield the rows as a table for people, below a head."""
    cells = [("SETTING", "VALUE", "SOURCE"), *((row.setting, _words(row.value), row.source) for row in rows)]
    widths = [max(len(cell[at]) for cell in cells) for at in (0, 1)]
    for setting, value, source in cells:
        yield f"{setting:{widths[0]}}  {value:{widths[1]}}  {source}"


def _words(value: str | int | float | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else "-" if value is None else visible_line(str(value))


def _default(name: str) -> SettingRow:
    from structgen.send import default_model

    if name == "store":
        return SettingRow(name, str(STORE), DEFAULT)
    if name != "model":
        value = default_of(name)
        return SettingRow(name, value if isinstance(value, int | float | str) else None, DEFAULT)
    found = default_model()
    why = "GROQ_API_KEY is set" if found else "no model is named and no key is set"
    return SettingRow(name, found or RULES, f"{DEFAULT}: {why}")


def _variables(dotenv: Mapping[str, str]) -> Iterator[SettingRow]:
    from structgen.send.http.providers import CHAT_APIS
    from structgen.send.model_cards import VARIABLE

    keys = [api.key_variable for api in CHAT_APIS.values()]
    places = [api.base_variable for api in CHAT_APIS.values()]
    for name in dict.fromkeys([*keys, *places, VARIABLE]):
        text = os.environ.get(name, "").strip()
        # STRUCTGEN_BASE_URL has its row: it is the setting base_url
        if name == "STRUCTGEN_BASE_URL":
            continue
        source = dotenv.get(name, "environment") if text else "not set"
        yield SettingRow(name, (MASK if name in keys else mask_url(text)) if text else None, source)
