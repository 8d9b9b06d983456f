"""Settings: values for the options of the command line, from a project's file and from the environment.

The command line wins over the environment, that over the file, and that over the default. A setting is an option of
`extract`: ``max_attempts`` in the file, ``STRUCTGEN_MAX_ATTEMPTS`` in the environment, ``--max-attempts`` in a command.
Library calls read none of this: a function should not do something else in another folder.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, TypeAlias, cast, get_args, get_origin, get_type_hints

from structgen.cli.argument_records import parser_of
from structgen.cli.arguments import ExtractArguments
from structgen.core.argument_checks import InvalidArgument, currency_code, language_code, shown
from structgen.core.errors import ConfigurationError
from structgen.core.masking import mask, mask_url

PREFIX = "STRUCTGEN_"
PYPROJECT, OWN_FILE = "pyproject.toml", "structgen.toml"
DEFAULT = "default"

Value: TypeAlias = str | int | float | bool

# inputs and outputs belong to a single command; `no_store` is covered by the setting `store`
_OTHERS = frozenset(
    {
        "words",
        "output",
        "fields",
        "show",
        "no_store",
        "dry_run",
        "as_json",
        "include",
        "exclude",
        "limit",
        "sample",
        "seed",
    }
)
_SECRET = re.compile(r"(?:^|_)(?:api_?key|key|token|secret|password|passwd|credentials?)s?$", re.IGNORECASE)
URLS = frozenset({"base_url", "limits"})
"""Settings whose value may be a URL, and so may hold a password."""
_ON, _OFF = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})
_WANTED: Mapping[type[object], str] = MappingProxyType(
    {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a text, the path of a file"}
)
_NO_SETTINGS = frozenset({"API_KEY", "CARDS", "DEBUG"})
"""Variables of structgen, without the prefix, that are not settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a setting, and where it comes from, in words for people."""

    name: str
    value: Value
    source: str
    in_file: bool = False

    @property
    def word(self) -> str:
        """The setting as an option of the command line."""
        option = self.name.replace("_", "-")
        if isinstance(self.value, bool):
            return f"--{option}" if self.value else f"--no-{option}"
        return f"--{option}={self.value}"


Settings: TypeAlias = Mapping[str, Setting]


@cache
def setting_kinds() -> Mapping[str, type[object]]:
    """Return the type of each setting: bool, int, float, str or Path."""
    hints = get_type_hints(ExtractArguments)
    return MappingProxyType(
        {field.name: _plain(hints[field.name]) for field in fields(ExtractArguments) if field.name not in _OTHERS}
    )


def default_of(name: str) -> object:
    """Return the default of a setting, or None if it has none."""
    return next(field.default for field in fields(ExtractArguments) if field.name == name)


def _plain(hint: object) -> type[object]:
    """Return the type without ``| None``; a choice is a str."""
    members = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    kind = cast("type[object]", next(member for member in members if member is not type(None)))
    return str if issubclass(kind, str) else kind


def read_settings(
    environ: Mapping[str, str] = os.environ, dotenv: Mapping[str, str] = MappingProxyType({})
) -> Settings:
    """Return the settings of the environment and of the nearest file, searching upward from the current folder.

    `dotenv` has, for each variable that comes from a file, the name of that file. Raises ConfigurationError for a file
    that cannot be read, and for an unknown name or an invalid value, with their place.
    """
    return dict(chain(_from_file(), _from_environment(environ, dotenv)))


def unknown_variables(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield a sentence for each variable that begins like a setting but is none: probably a misspelled one."""
    known = {PREFIX + name for name in _NO_SETTINGS} | {PREFIX + name.upper() for name in setting_kinds()}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            yield f"{name} is not a setting and has no effect.{_nearest(name, known)}"


def _from_environment(environ: Mapping[str, str], dotenv: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    for name in setting_kinds():
        variable = PREFIX + name.upper()
        # an empty variable is how a shell unsets one for a single command
        if text := environ.get(variable, "").strip():
            source = f"{variable} in {dotenv[variable]}" if variable in dotenv else f"environment ({variable})"
            yield name, _checked(Setting(name, _from_text(name, text, variable), source), variable)


def _from_text(name: str, text: str, where: str) -> Value:
    kind = setting_kinds()[name]
    try:
        if kind is bool and text.lower() in _ON | _OFF:
            return text.lower() in _ON
        if kind is not bool:
            return int(text) if kind is int else float(text) if kind is float else text
    except ValueError:
        pass
    raise ConfigurationError(f"{where} is {shown(mask(text))}, but must be {_WANTED[kind]}.")


@dataclass(frozen=True, slots=True)
class _SettingsFile:
    """A file with settings. `begin` matches the line at which they begin."""

    path: Path
    text: str
    table: Mapping[str, object]

    def place(self, key: str) -> str:
        """Return the file and, if it can be told, the line of a key."""
        inside = self.path.name == OWN_FILE
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"\s*\[([^\[\]]*)\]", line):
                inside = re.sub(r"[\s\"']", "", header[1]) == "tool.structgen"
            elif inside and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
                return f"{self.path}, line {number}"
        return str(self.path)


def settings_file() -> Path | None:
    """Return the file that `read_settings` reads, or None. Raises ConfigurationError if it cannot be read."""
    found = _find_file()
    return found.path if found else None


def _find_file() -> _SettingsFile | None:
    """Return the nearest file with settings. A pyproject.toml without [tool.structgen] is passed over."""
    for folder in (here := Path.cwd(), *here.parents):
        found = [file for name in (OWN_FILE, PYPROJECT) if (file := _read(folder / name))]
        if len(found) > 1:
            raise ConfigurationError(
                f"{folder} has settings in {OWN_FILE} and in {PYPROJECT}: keep those in one of them."
            )
        if found:
            return found[0]
    return None


def _read(path: Path) -> _SettingsFile | None:
    """Return the settings of a file, or None if it has none."""
    if not path.is_file():
        return None
    try:
        text = path.read_text("utf-8-sig")
        # most projects say nothing about structgen: their file need not be parsed, nor be valid
        if path.name == PYPROJECT and "structgen" not in text:
            return None
        from tomllib import loads

        table: object = loads(text)
    except OSError as error:
        raise ConfigurationError(f"Cannot read {path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
        raise ConfigurationError(f"Cannot read the settings in {path}: {error}.") from error
    for key in () if path.name == OWN_FILE else ("tool", "structgen"):
        table = cast("Mapping[str, object]", table).get(key) if isinstance(table, Mapping) else None
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"tool.structgen in {path} must be a table: write [tool.structgen].")
    return _SettingsFile(path, text, cast("Mapping[str, object]", table))


def _from_file() -> Iterator[tuple[str, Setting]]:
    file = _find_file()
    for name, given in file.table.items() if file else ():
        place = file.place(name) if file else ""
        _refuse_secret(name, given, place)
        if name not in setting_kinds():
            raise ConfigurationError(f"{place}: {name!r} is not a setting.{_nearest(name, setting_kinds())}")
        value = _typed(name, given, f"{place}: {name}")
        if isinstance(value, str) and setting_kinds()[name] is Path and file:
            # relative to the settings file, wherever the command is run
            value = str(file.path.parent / Path(value).expanduser())
        yield name, _checked(Setting(name, value, place, in_file=True), f"{place}: {name}")


def _refuse_secret(name: str, given: object, place: str) -> None:
    """Raise ConfigurationError for a credential: files of settings are shared and committed."""
    text = given if isinstance(given, str) else ""
    url = name in URLS and mask_url(text) != text
    if url or _SECRET.search(name.replace("-", "_")) or mask(text) != text:
        raise ConfigurationError(
            f"{place}: {name} does not belong in this file, which others will read. Set the key in the environment or "
            "in a .env file that is not committed: GROQ_API_KEY for Groq, STRUCTGEN_API_KEY for compatible/<id>."
        )


def _typed(name: str, given: object, where: str) -> Value:
    """Return a value of TOML if it has the type of the setting. A whole number is a number, but a bool is none."""
    kind = setting_kinds()[name]
    fits = isinstance(given, str if kind is Path else (int, float) if kind is float else kind)
    if not fits or isinstance(given, bool) is not (kind is bool):
        raise ConfigurationError(f"{where} is {shown(given)}, but must be {_WANTED[kind]}.")
    return cast(Value, given)


def _encoding(given: object) -> object:
    from structgen.documents.decode import check_encoding

    try:
        return check_encoding(str(given))
    except ConfigurationError as error:
        raise InvalidArgument(f"is {shown(given)}. {str(error).removesuffix('.')}") from None


def _base_url(given: object) -> object:
    from structgen.send.http.providers import COMPATIBLE

    try:
        return COMPATIBLE.check_base_url(str(given))
    except ConfigurationError as error:
        raise InvalidArgument(f"is not a base URL. {str(error).removesuffix('.')}") from None


_MORE: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {"currency": currency_code, "language": language_code, "encoding": _encoding, "base_url": _base_url}
)
"""Checks that the command line leaves to the library, whose errors name no file."""


def _checked(setting: Setting, where: str) -> Setting:
    """Return the setting if the command line would take it. Raises ConfigurationError that says where it is."""
    if isinstance(setting.value, float) and not math.isfinite(setting.value):
        raise ConfigurationError(f"{where} is {setting.value}, but must be a finite number.")
    if isinstance(setting.value, str) and not setting.value.strip():
        raise ConfigurationError(f"{where} is empty: give it a value, or remove it.")
    try:
        if setting.name in _MORE:
            _MORE[setting.name](setting.value)
    except InvalidArgument as error:
        raise ConfigurationError(f"{where} {error}.") from None
    if refusal := _refusal(setting.word):
        raise ConfigurationError(f"{where}: {refusal}")
    return setting


@cache
def _refusal(word: str) -> str:
    """Return why the command line would refuse an option, or "". Cached, because a command reads its settings often."""
    try:
        _option_parser()([word])
    except ConfigurationError as error:
        return str(error)
    return ""


@cache
def _option_parser() -> Callable[[list[str]], ExtractArguments]:
    return parser_of(ExtractArguments)


def _nearest(name: str, known: Iterator[str] | Mapping[str, type[object]] | set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.replace("-", "_"), list(known), n=1)
    return f" Did you mean {near[0]}?" if near else f" The settings are {', '.join(setting_kinds())}."


_READ_WHERE_USED = frozenset({"model", "store", "base_url"})
"""Settings that every command reads itself, through selection.py and run_store.py."""


def add_settings(entry: Any, words: list[str]) -> list[str]:
    """Return the words of a command line with the settings in front of its options, which win because they come later.

    `entry` is the root command of typer. A command takes the settings whose options it shares with `extract`. Raises
    ConfigurationError.
    """
    from structgen.cli.selection import load_dotenv_file

    at = next((number for number, word in enumerate(words) if not word.startswith("-")), len(words))
    command = entry.commands.get(words[at]) if at < len(words) else None
    if words[at : at + 1] != ["runs"]:  # earlier runs have the settings of their time in their stored commands
        while below := getattr(command, "commands", {}).get(words[at + 1] if at + 1 < len(words) else ""):
            command, at = below, at + 1
    shared = _shared(entry.commands["extract"], command) - _READ_WHERE_USED if command else frozenset[str]()
    if not shared:
        return words
    try:
        settings = read_settings(dotenv=load_dotenv_file())
    except ConfigurationError:
        # the help of a command is not held up by a mistake in a file
        if "--help" in words:
            return words
        raise
    added = [setting.word for setting in settings.values() if setting.name in shared]
    return [*words[: at + 1], *added, *words[at + 1 :]]


def _shared(extract: Any, command: Any) -> frozenset[str]:
    """Return the settings that a command takes: its options that have the name and the help of those of `extract`."""
    known = {one.name: one.help for one in extract.params if hasattr(one, "help") and one.name in setting_kinds()}
    return frozenset(one.name for one in command.params if known.get(one.name) == getattr(one, "help", ""))
