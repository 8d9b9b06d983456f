"""Reads an outline back into a JSON Schema, and brings schemas into one form, so that nothing lost goes unseen.

Written from the grammar of outlines alone; it shares no code with what writes them.
"""

import hashlib
import json
import re

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]*")
TYPES = {"string", "integer", "number", "boolean", "null", "object", "array"}
UNITS = {"chars": "Length", "items": "Items", "keys": "Properties"}


class Reader:
    def __init__(self, text):
        self.text, self.at, self.owners = text, 0, []

    def peek(self, what):
        return self.text.startswith(what, self.at)

    def take(self, what):
        found = self.peek(what)
        self.at += len(what) * found
        return found

    def need(self, what):
        assert self.take(what), (
            f"expected {what!r} at {self.text[self.at - 40 : self.at]!r} >>> {self.text[self.at : self.at + 60]!r}"
        )

    def match(self, pattern):
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found and found[0]

    def json(self):
        value, self.at = json.JSONDecoder().raw_decode(self.text, self.at)
        return value

    def document(self):
        schema = self.whole()
        types = {}
        while self.take("\ntype "):
            name = self.match(WORD)
            self.need(" = ")
            types[name] = self.whole()
        assert self.at == len(self.text), self.text[self.at - 40 : self.at + 60]
        return {"allOf": [schema], "$defs": types}

    def whole(self):
        owner = {}
        self.owners.append(owner)
        schema = self.union()
        if self.take(" = "):
            owner["default"] = self.json()
        self.comment()
        self.owners.pop()
        return {"allOf": [schema], **owner} if owner else schema

    def comment(self):
        if not self.take(" // "):
            return
        end = self.text.find("\n", self.at)
        line = self.text[self.at : end if end >= 0 else len(self.text)]
        self.at += len(line)
        escaped = re.sub(r'\\.|"', lambda found: '\\"' if found[0] == '"' else found[0], line)
        self.owners[-1]["description"] = json.loads(f'"{escaped}"')

    def union(self):
        members = [self.both()]
        while self.take(" | "):
            members.append(self.both())
        return members[0] if len(members) == 1 else {"anyOf": members}

    def both(self):
        members = [self.atom()]
        while self.take(" & "):
            members.append(self.atom())
        return members[0] if len(members) == 1 else {"allOf": members}

    def group(self):
        self.need("(")
        schema = self.union()
        self.need(")")
        return schema

    def atom(self):
        schema = self.primary()
        while True:
            if self.take("[]"):
                schema = {"type": "array", "items": schema}
            elif self.peek(" ("):
                self.need(" (")
                schema = self.notes(schema)
                self.need(")")
            else:
                return schema

    def primary(self):  # noqa: PLR0912 - one branch for each form that an expression begins with
        if self.peek("("):
            return self.group()
        if self.take("exactly "):
            return {"const": self.json()}
        if self.peek("{"):
            return self.object()
        if self.peek("["):
            return self.tuple()
        if self.text[self.at] in '"-0123456789':
            return {"const": self.json()}
        if self.take("one of ("):
            members = [self.both()]
            while self.take(" | "):
                members.append(self.both())
            self.need(")")
            return {"oneOf": members}
        if self.take("not "):
            return {"not": self.group()}
        for word in ("if", "then", "else"):
            if self.take(f"{word} "):
                found = {word: self.group()}
                while following := next((name for name in ("then", "else") if self.take(f" {name} ")), None):
                    found[following] = self.group()
                return found
        word = self.match(WORD)
        assert word, self.text[self.at - 40 : self.at + 40]
        if word in ("true", "false"):
            return {"const": word == "true"}
        if word in ("any", "never"):
            return word == "any"
        return {"type": word} if word in TYPES else {"$ref": f"#/$defs/{word}"}

    def key(self):
        return self.json() if self.peek('"') else self.match(WORD)

    def object(self):
        self.need("{")
        schema = {"type": "object"}
        self.comment()
        block = bool(re.compile(r"\n *").match(self.text, self.at))
        while not self.take("}"):
            self.match(re.compile(r"\n *"))
            if self.take("}"):
                break
            self.line(schema)
            if not block and not self.peek("}"):
                self.need(", ")
        return schema if len(schema) > 1 else {"type": "object", "properties": {}}

    def line(self, schema):
        if self.take("[key]: "):
            schema["additionalProperties"] = self.whole()
        elif self.take("["):
            pattern = self.regex() if self.peek("/") else self.json()
            self.need("]: ")
            schema.setdefault("patternProperties", {})[pattern] = self.whole()
        else:
            name = self.key()
            if not self.take("?"):
                schema.setdefault("required", []).append(name)
            self.need(": ")
            schema.setdefault("properties", {})[name] = self.whole()

    def tuple(self):
        self.need("[")
        items, least, rest = [], 0, False
        while not self.take("]"):
            if self.take("..."):
                rest = self.rest()
            else:
                items.append(self.atom())
                if not self.take("?"):
                    least = len(items)
            self.take(", ")
        schema = {"type": "array", "prefixItems": items, "minItems": least}
        return schema if rest is None else {**schema, "items": rest}

    def rest(self):
        """The schema of the rest stands as a list of it."""
        return None if self.peek("]") else self.atom()["items"]

    def regex(self):
        found = re.compile(r"/((?:\\.|[^\\/])*)/").match(self.text, self.at)
        self.at = found.end()
        return re.sub(r"\\(.)", lambda sign: "/" if sign[1] == "/" else sign[0], found[1])

    def notes(self, schema):
        said = {}
        while True:
            self.note(said)
            if not self.take(", "):
                break
        for kind in ("object", "array"):
            if said.pop(f"if {kind}", False):
                schema = {key: value for key, value in schema.items() if key != "type"}
        if said.pop("no other keys", False):
            schema = {**schema, "additionalProperties": False}
        return {"allOf": [schema], **said} if said else schema

    def note(self, said):
        if self.peek("/"):
            said["pattern"] = self.regex()
        elif self.text[self.at] in "-0123456789<>":
            self.limit(said)
        elif self.peek('"'):
            name = self.json()
            if self.take(": "):
                said[name] = self.json()
            else:
                said["description"] = name
        elif self.take("unique"):
            said["uniqueItems"] = True
        elif self.take("no other keys"):
            said["no other keys"] = True
        elif self.take("multiple of "):
            said["multipleOf"] = self.json()
        elif self.take("format "):
            said["format"] = self.key()
        elif self.take("by "):
            said["discriminator"] = {"propertyName": self.key()}
        elif self.take("if "):
            self.condition(said)
        else:
            self.named(said)

    def named(self, said):
        name = self.match(WORD)
        if name in ("title", "default", "pattern", "requires") and self.take(" "):
            said["required" if name == "requires" else name] = self.json()
        elif self.take(": "):
            said[name] = self.json()
        else:
            self.need(" ")
            said[name] = self.group()

    def condition(self, said):
        name = self.key()
        if self.take(" then "):
            said.setdefault("dependentSchemas", {})[name] = self.group()
        elif self.take(" requires "):
            said.setdefault("dependentSchemas", {})[name] = {"required": self.json()}
        else:
            said[f"if {name}"] = True

    def limit(self, said):
        sign = self.match(re.compile(r"[<>]=? "))
        low = json.loads(self.match(NUMBER))
        high = json.loads(self.match(NUMBER)) if self.take("..") else None
        unit = next((UNITS[name] for name in UNITS if self.take(f" {name}")), None)
        if sign is None:
            least, most = low, low if high is None else high
        else:
            least, most = (low, None) if sign[0] == ">" else (None, low)
        prefix = "exclusive" if sign in ("> ", "< ") else ""
        for value, name in ((least, "min"), (most, "max")):
            if value is not None:
                bound = {"min": "inimum", "max": "aximum"}[name]
                full = (
                    f"{name}{unit}" if unit else f"exclusive{name[0].upper()}{bound}" if prefix else f"{name[0]}{bound}"
                )
                said[full] = value


ADDRESSES = {"$schema", "$id", "$anchor", "$comment", "$vocabulary", "$defs", "definitions"}
ASIDES = {
    "contains",
    "propertyNames",
    "contentSchema",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
    "then",
    "else",
}
SHAPE = ("properties", "patternProperties", "additionalProperties")


class Canon:
    """The facts that a schema states, `depth` levels of properties and items down; references are followed."""

    def __init__(self, root, find, root_name=""):
        self.root, self.find, self.root_name, self.known = root, find, root_name, {}
        self.closed = isinstance(root, dict) and "draft-0" in str(root.get("$schema", ""))

    def of(self, schema, at=(), depth=4, known=None, names=()):
        text = json.dumps(sorted(self.facts(schema, at, depth, known, names)))
        return text if len(text) < 200 else hashlib.sha256(text.encode()).hexdigest()

    def facts(self, schema, at, depth, known, names):
        if isinstance(schema, bool):
            return set() if schema else {"never"}
        key = (at, depth, str(known), tuple(names))
        if key not in self.known:
            self.known[key] = self.stated(schema, at, depth, known, names)
        return self.known[key]

    def stated(self, schema, at, depth, known, names):
        left = {key: value for key, value in schema.items() if key not in ADDRESSES}
        if isinstance(self.root, dict) and "draft-04" in str(self.root.get("$schema")):
            left.pop("id", None)
        facts = set()
        if isinstance(left.get("$ref"), str) and (found := self.find(left["$ref"], at)):
            del left["$ref"]
            place, target = found
            last = place.rpartition("/")[2] if place else self.root_name
            facts |= self.facts(target, tuple(place.split("/")[1:]), depth, None, (last,))
            if self.closed:
                left = {
                    key: value for key, value in left.items() if key in ("title", "description", "default", "examples")
                }
        if isinstance(left.get("title"), str) and any(bare(left["title"]) == bare(name) for name in names):
            del left["title"]
        kinds = left.pop("type", None)
        kinds = [kinds] if isinstance(kinds, str) else kinds
        inner = kinds[0] if isinstance(kinds, list) and len(kinds) == 1 else known if kinds is None else None
        bounds(left)
        shapes = {"object": self.object(left, at, depth), "array": self.array(left, at, depth)}
        facts |= self.values(left, kinds, {kind: shape for kind, shape in shapes.items() if shape}, known)
        facts |= self.applied(left, at, depth, inner)
        for name, value in left.items():
            said = value.replace("\\/", "/") if name == "pattern" and isinstance(value, str) else value
            if not (name == "uniqueItems" and value is False):
                facts.add(json.dumps([name, said], sort_keys=True))
        return facts

    def values(self, left, kinds, shapes, known):
        facts = set()
        literals = [left.pop("const")] if "const" in left else None
        if left.get("enum"):
            values = left.pop("enum")
            facts |= either([constant(value) for value in values]) if literals else set()
            literals = literals or values
        kind_facts = {kind: {kind, *shapes.pop(kind, ())} if literals is None else {kind} for kind in kinds or ()}
        if literals is not None:
            facts |= either([constant(value) for value in literals])
            if kinds and not all(any(is_a(value, kind) for kind in kinds) for value in literals):
                facts |= either(list(kind_facts.values()))
        elif kinds:
            facts |= either(list(kind_facts.values()))
        for kind, shape in shapes.items():
            facts |= {*shape, kind} if kind == known else {f"if {kind}: {json.dumps(sorted(shape))}"}
        return facts

    def object(self, left, at, depth):
        required = left.pop("required", None)
        properties = left.get("properties", {})
        others = (
            sorted({name for name in required or () if name not in properties})
            if isinstance(required, list)
            else required
        )
        if others:
            left["required"] = others
        if not any(name in left for name in SHAPE):
            return None
        if depth == 0:
            for name in SHAPE:
                left.pop(name, None)
            return {"deep object"}
        shape = []
        for name, schema in left.pop("properties", {}).items():
            facts = self.of(schema, (*at, "properties", name), depth - 1, None, (name,))
            shape.append([name, isinstance(required, list) and name in required, facts])
        for pattern, schema in left.pop("patternProperties", {}).items():
            shape.append(
                [
                    "pattern",
                    pattern.replace("\\/", "/"),
                    self.of(schema, (*at, "patternProperties", pattern), depth - 1),
                ]
            )
        if "additionalProperties" in left:
            rest = left.pop("additionalProperties")
            shape.append(["rest", self.of(rest, (*at, "additionalProperties"), depth - 1)])
        return {f"object {json.dumps(shape)}"}

    def array(self, left, at, depth):
        first = "prefixItems" if "prefixItems" in left else "items"
        rest = "items" if first == "prefixItems" else "additionalItems"
        if first not in left:
            return None
        if isinstance(left[first], (dict, bool)):
            items = left.pop(first)
            return {f"list of {self.of(items, (*at, first), depth - 1)}"} if depth else {"deep list"}
        items, end = left.pop(first), left.pop(rest, None)
        least, most = left.get("minItems"), left.get("maxItems")
        closed = end is False or (end is None and most == len(items))
        if closed and most == len(items):
            del left["maxItems"]
        if isinstance(least, (int, float)) and least <= len(items):
            del left["minItems"]
        else:
            least = 0
        if not depth:
            return {"deep list"}
        parts = [self.of(item, (*at, first, str(i)), depth - 1) for i, item in enumerate(items)]
        tail = "closed" if closed else end if end is None else self.of(end, (*at, rest), depth - 1)
        return {f"tuple {json.dumps([parts, least, tail])}"}

    def applied(self, left, at, depth, inner):
        facts = set()
        for number, member in enumerate(left.pop("allOf", ())):
            facts |= self.facts(member, (*at, "allOf", str(number)), depth, inner, ())
        if left.get("anyOf"):
            members = left.pop("anyOf")
            facts |= either([self.facts(m, (*at, "anyOf", str(i)), depth, inner, ()) for i, m in enumerate(members)])
        if left.get("oneOf"):
            members = left.pop("oneOf")
            facts.add(
                f"one of {sorted(self.of(m, (*at, 'oneOf', str(i)), depth, inner) for i, m in enumerate(members))}"
            )
        if "not" in left:
            facts.add(f"not {self.of(left.pop('not'), (*at, 'not'), depth, inner)}")
        if "if" in left:
            cases = {
                word: self.of(left.pop(word), (*at, word), depth, inner)
                for word in ("if", "then", "else")
                if word in left
            }
            facts.add(json.dumps(cases))
        for name in ASIDES & left.keys():
            facts.add(f"{name} {self.of(left.pop(name), (*at, name), depth)}")
        for keyword in ("dependentSchemas", "dependencies"):
            for name, schema in left.pop(keyword, {}).items():
                needed = {"required": sorted(schema)} if isinstance(schema, list) else schema
                facts.add(f"if {name} then {self.of(needed, (*at, keyword, name), depth)}")
        if isinstance(left.get("discriminator"), dict):
            left["discriminator"] = left["discriminator"].get("propertyName")
        return facts


def constant(value):
    return {"null"} if value is None else {f"const {json.dumps(value, sort_keys=True)}"}


def either(branches):
    """The facts of a union; a union in a union is one, a union of one is none."""
    flat = set()
    for branch in branches:
        only = next(iter(branch)) if len(branch) == 1 else ""
        flat |= set(json.loads(only[6:])) if only.startswith("anyOf ") else {json.dumps(sorted(branch))}
    if len(flat) == 1:
        return set(json.loads(flat.pop()))
    return {f"anyOf {json.dumps(sorted(flat))}"}


def bounds(left):
    """The exclusive bounds of draft 4, which are flags, as those of later drafts."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(left.get(flag), bool) and left.pop(flag) and bound in left:
            left[flag] = left.pop(bound)


def is_a(value, kind):
    if isinstance(value, bool):
        return kind == "boolean"
    kinds = {"string": str, "null": type(None), "object": dict, "array": list, "number": (int, float)}
    return (
        value == int(value)
        if kind == "integer" and isinstance(value, (int, float))
        else isinstance(value, kinds.get(kind, ()))
    )


def bare(text):
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text


def local(root):
    """Find the target of a reference that is a pointer into the schema."""

    def find(ref, at):
        from urllib.parse import unquote

        if ref != "#" and not ref.startswith("#/"):
            return None
        here, place = root, unquote(ref[1:])
        for part in place.split("/")[1:]:
            step = part.replace("~1", "/").replace("~0", "~")
            here = here[int(step)] if isinstance(here, list) else here[step]
        return place, here

    return find


def same(schema, outline, name="answer", find=None):
    """Both schemas' facts, to be compared."""
    read = Reader(outline).document()
    facts = Canon(schema, find or local(schema), name).facts(schema, (), 8, None, ())
    return facts, Canon(read, local(read)).facts(read, (), 8, None, ())
