"""Compile a JSON Schema: copy it, check it against its draft, and refuse what could hang or never end.

Files that it refers to are read once and put under `$defs`, so that the schema is complete. Only regular files inside
the folder that the caller named are read: nothing above it, nothing behind a symbolic link that leads out of it, and
nothing from the network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urldefrag, urlsplit

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.guards import refuse_endless
from structgen.schema.keywords import walk
from structgen.schema.patterns import matcher
from structgen.schema.resolve import Refs, canonical


def compile_json_schema(
    given: JsonObject | bool, assert_formats: bool, folder: str | None = None
) -> tuple[JsonObject | bool, Any]:
    """Return a copy of the schema with canonical references, and the validator of the schema as it was given.

    Raises SchemaError, with a pointer, if it cannot be used.
    """
    try:
        schema = json.loads(json.dumps(given, allow_nan=False))
        if schema != given:  # JSON turns other keys into strings
            raise TypeError("an object has a key that is not a string")
        draft = _draft(schema)
        schema = bundle(schema, folder) if folder else schema
        _check_references(schema, Refs.of(schema))
        _check_patterns(schema)
        made = canonical(schema)
        refuse_endless(made)
        return made, _validator(schema, draft, assert_formats)
    except RecursionError:
        raise SchemaError("The JSON Schema is nested too deep: move inner parts to $defs.") from None
    except (TypeError, ValueError) as error:
        raise SchemaError(f"The JSON Schema is not plain JSON: {error}.") from None


def _draft(schema: JsonObject | bool) -> str:
    """Return the draft that a schema names, or the newest draft in which it is valid."""
    from structgen.schema.json_validator import DRAFTS

    named = schema.get("$schema") if isinstance(schema, dict) else None
    if isinstance(named, str):
        stem = named.split("://")[-1].rstrip("#")
        if stem in DRAFTS:
            _raise_first(schema, stem)
            return stem
    newest, *others, _ = DRAFTS  # draft 3 has to be named, because nearly every schema is valid in it
    found = next((draft for draft in (newest, *others) if _first_error(schema, draft) is None), None)
    if found is None:
        _raise_first(schema, newest)
    return found or newest


def _first_error(schema: Json, draft: str) -> Any:
    from structgen.schema.json_validator import DRAFTS

    base = DRAFTS[draft]
    return next(base(base.META_SCHEMA).iter_errors(schema), None)


def _raise_first(schema: Json, draft: str) -> None:
    error = _first_error(schema, draft)
    if error is None:
        return
    from structgen.schema.issues import issues_from_jsonschema

    issue = issues_from_jsonschema([error])[0]
    at = issue.path or "its root"
    raise SchemaError(f"The JSON Schema is not valid: {at} {issue.message} (by {draft}).", issue.path)


def _check_references(schema: JsonObject | bool, refs: Refs) -> None:
    for at, part in walk(schema):
        ref = part.get("$ref") if isinstance(part, dict) else None
        if isinstance(ref, str) and refs.find(ref, at) is None and not _known(ref):
            raise SchemaError(
                f"The $ref {ref!r} at {pointer(at) or 'the root'} points to nothing in the schema, and nothing is ever "
                "fetched: put what it names under $defs, or name the folder of its files.",
                pointer((*at, "$ref")),
            )


def _known(ref: str) -> bool:
    """Whether a reference names a metaschema, which jsonschema includes."""
    from jsonschema_specifications import REGISTRY

    return ref.partition("#")[0] in REGISTRY


def _check_patterns(schema: JsonObject | bool) -> None:
    for at, part in walk(schema):
        if not isinstance(part, dict):
            continue
        named = part.get("patternProperties")
        patterns = [(("pattern",), part.get("pattern"))]
        patterns += [(("patternProperties", key), key) for key in named] if isinstance(named, dict) else []
        for steps, pattern in patterns:
            if isinstance(pattern, str):
                try:
                    matcher(pattern)
                except SchemaError as error:
                    where = pointer((*at, *steps))
                    raise SchemaError(f"The JSON Schema cannot be used: at {where}, {error}", where) from None


def _validator(schema: JsonObject | bool, draft: str, assert_formats: bool) -> Any:
    from structgen.schema.json_validator import registry, validator_class

    bare = json.loads(json.dumps(schema))
    for _, part in walk(bare):
        if isinstance(part, dict) and isinstance(part.get("$schema"), str):
            del part["$schema"]  # there jsonschema would switch to its own validator, without our keywords
    return validator_class(draft, assert_formats)(bare, registry=registry())


_MOST_BYTES = 10_000_000
_MOST_FILES = 200


def bundle(schema: JsonObject | bool, folder: str) -> JsonObject | bool:
    """Put all files that a schema refers to, directly or through other files, under its `$defs`. Changes the schema."""
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
        """Change the references of one document to the places of their targets in the bundle."""
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
        """Return the pointer to a file in the bundle; read the file if it is not there yet."""
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
        except (OSError, ValueError, RuntimeError):  # also a null character in the name, or a loop of symbolic links
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
    """Return the schema in a file, without the identifiers that would change the base URI of its references."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is larger than 10 MB")
        document = cast(Json, json.loads(path.read_text(encoding="utf-8-sig")))
        if not isinstance(document, (dict, bool)):
            raise ValueError("a JSON Schema is an object, true or false")
    except (OSError, ValueError, RecursionError) as error:
        raise SchemaError(
            f"The $ref {name!r} at {where} names a file that is not a JSON Schema: {error}.", where
        ) from None
    if isinstance(document, dict):
        for key in ("$schema", "$id", "id"):
            if isinstance(document.get(key), str):
                del document[key]
    return document
