"""References from a JSON Schema to files beside it: read once, put under `$defs`, so that the schema stands alone.

Only plain files inside the folder that was named are read: not through `..`, not through a symbolic link that leads
out, never from the network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urldefrag, urlsplit

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.keywords import walk
from structgen.schema.refs import Refs

_MOST_BYTES = 10_000_000
_MOST_FILES = 200


def bundle(schema: JsonObject | bool, folder: str) -> JsonObject | bool:
    """The schema (changed in place) with every file that it refers to, from file to file, under its `$defs`."""
    if isinstance(schema, dict):
        root = Path(folder).resolve()
        bundler = _Bundler(root, schema)
        bundler.rewrite(schema, root, "")
    return schema


@dataclass(slots=True)
class _Bundler:
    folder: Path
    root: JsonObject
    names: dict[Path, str] = field(default_factory=dict[Path, str])

    def rewrite(self, document: JsonObject | bool, here: Path, prefix: str) -> None:
        """Point the references of one document to where their targets stand in the bundle."""
        refs = Refs.of(document)
        found = [
            (at, part) for at, part in walk(document) if isinstance(part, dict) and isinstance(part.get("$ref"), str)
        ]
        for at, part in found:
            ref = cast(str, part["$ref"])
            if (inside := refs.find(ref, at)) is not None:
                part["$ref"] = f"#{prefix}{inside[0]}" if prefix else ref
            elif _is_file(ref):
                name, fragment = urldefrag(ref)
                part["$ref"] = f"#{self.place(here, name, pointer((*at, '$ref')))}{fragment}"

    def place(self, here: Path, name: str, where: str) -> str:
        """The pointer at which a file stands in the bundle; reads it where it does not yet."""
        path = self.checked(here, name, where)
        if path not in self.names:
            if len(self.names) >= _MOST_FILES:
                raise SchemaError(f"The JSON Schema refers to more than {_MOST_FILES} files.", where)
            definitions = cast(JsonObject, self.root.setdefault("$defs", {}))
            key = path.relative_to(self.folder).with_suffix("").as_posix().replace("/", "_")
            while key in definitions:
                key += "_"
            self.names[path] = key
            document = _read(path, name, where)
            definitions[key] = document
            self.rewrite(document, path.parent, pointer(("$defs", key)))
        return pointer(("$defs", self.names[path]))

    def checked(self, here: Path, name: str, where: str) -> Path:
        try:
            path = (here / unquote(name)).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise SchemaError(f"The $ref {name!r} at {where} names a file that is not there.", where) from None
        if not path.is_relative_to(self.folder) or not path.is_file():
            raise SchemaError(
                f"The $ref {name!r} at {where} leads out of the schema's folder: only files inside it are read.", where
            )
        return path


def _is_file(ref: str) -> bool:
    parts = urlsplit(ref)
    return not parts.scheme and not parts.netloc and bool(parts.path) and not parts.path.startswith("/")


def _read(path: Path, name: str, where: str) -> JsonObject | bool:
    """A schema from a file, without the identifiers that would give its references another base."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is larger than 10 MB")
        document = cast(Json, json.loads(path.read_text(encoding="utf-8-sig")))
        if not isinstance(document, (dict, bool)):
            raise ValueError("a JSON Schema is an object, true or false")
    except (OSError, ValueError, RecursionError) as error:
        raise SchemaError(
            f"The $ref {name!r} at {where} names a file that is no JSON Schema: {error}.", where
        ) from None
    if isinstance(document, dict):
        for key in ("$schema", "$id", "id"):
            if isinstance(document.get(key), str):
                del document[key]
    return document
