"""The JSON Schema of a TwiML element as a flow writes it, from the one description of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.grammar.fields import Address, Choice, Either, Field, Json, Schema
from engine.grammar.fields.base import either
from engine.grammar.verbs import EXTRAS, MAY_BE_SECRET
from engine.grammar.verbs.spec import Key
from engine.grammar.vocabulary import Attribute, Element

# A plain `5` is typed by an editor, and is text all the same. `true` is not among them: it would be offered in every text.
TEXT_TYPES = ["string", "number"]


def ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def needs_nothing(element: Element) -> bool:
    """Whether the element may stand without text, attributes and content."""
    rules = any(rule.kind in ("at_least", "exactly_one") for rule in element.rules)
    return not (rules or element.text_required or any(known.required for known in element.attributes.values()))


def branch_of(answers: Iterable[str], help_: str) -> Schema:
    keys = {name: ref("goes") for name in (*answers, "else")}
    within: Schema = {"properties": keys, "additionalProperties": ref("goes"), "items": ref("condition")}
    return union(["object", "array"], help_, within)


def union(types: list[str], help_: str, *within: Schema, **own: object) -> Schema:
    """A schema for several shapes, the first of `types` the likeliest: an editor inserts a new key as that one.

    What holds within a mapping or a list stands in `allOf`; beside `type` an editor would take it for the only shape.
    """
    return {"description": help_, "type": types, **own, "allOf": list(within)}


def mapping_of(known: Mapping[str, object], help_: str) -> Schema:
    """An object of these properties and no others."""
    return {"description": help_, "type": "object", **closed(known)}


def closed(known: Mapping[str, object]) -> Schema:
    """These properties and no others, save that Python's underscore may be written."""
    bent = {f"^{name}_$": known[name] for name in ("break", "for", "from") if name in known}
    patterns: Schema = {"patternProperties": bent} if bent else {}
    return {"properties": dict(known), **patterns, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Makes the schemas of elements; where there are languages, a text may be a mapping of them."""

    languages: tuple[str, ...]

    def verb(self, verb: Element) -> Schema:
        """A verb as an instruction: a list is its content, and what comes back may be kept and branched on."""
        own: Schema = {}
        if verb.conduct.comes_back:
            answers = (*verb.conduct.results, *verb.conduct.others)
            own = {"branch": branch_of(answers, EXTRAS["branch"]), "save": ref("save")}
        if verb.name == "gather":
            own["retry"] = ref("retry")
        if verb.name in MAY_BE_SECRET:
            own["secret"] = {"description": EXTRAS["secret"], "enum": [True, False, "true", "false"]}
        return self._shape(verb, own, self._content(verb) if verb.children else None)

    def nested(self, element: Element) -> Schema:
        """An element by its name in another: a list is several of them."""
        return self._shape(element, {}, ref(element.class_name))

    def attribute(self, element: Element, attribute: Attribute) -> Schema:
        field, help_ = attribute.field, attribute.help
        if twin := element.twins.get(attribute.name):
            field, help_ = Either((field, twin.field)), f"{help_} In messaging: {twin.help}"
        made = self._value(field, help_)
        return made | ({"deprecationMessage": attribute.deprecated} if attribute.deprecated else {})

    def own(self, key: Key) -> Schema:
        """A value of the engine's own verbs; several addresses may stand in a list."""
        field = key.kind
        if field is None:
            return {}
        if key.form == "target":
            return ref("target")
        if key.form == "json":  # text that is JSON already is a mistake
            return _worded(either({"type": "object"}), f"must be: {key.wanted}")
        made = _worded(field.schema(), f"must be: {field.describe()}")
        if isinstance(field, Address) and field.role == "media":
            return {"anyOf": [made, {"type": "array", "items": made}]}
        if self.languages and key.form in ("words", "localized"):
            return {"anyOf": [made, mapping_of(dict.fromkeys(self.languages, made), "by language")]}
        return made

    def _shape(self, element: Element, own: Schema, items: Schema | None, beside: tuple[str, ...] = ()) -> Schema:
        """An element as a mapping, and as a list of `items`, and as the scalar that it has (or shares, `beside`)."""
        scalars = list(beside) or (TEXT_TYPES if element.text is not None or element.scalar else [])
        types = [*scalars, "object", *(["null"] if needs_nothing(element) else []), *(["array"] if items else [])]
        within = closed(self._fields(element) | own) | ({"items": items} if items else {})
        if isinstance(element.text_field, Json):
            within["additionalProperties"] = True
        about: Schema = {"title": element.name}
        if element.deprecated:
            about["deprecationMessage"] = element.deprecated
        scalar = element.attributes.get(element.scalar or "")
        if scalar and isinstance(scalar.field, Choice):
            about["examples"] = list(scalar.field.values)
        return union(types, element.help, within, **about)

    def _fields(self, element: Element) -> Schema:
        known: Schema = {name: self.attribute(element, attribute) for name, attribute in element.attributes.items()}
        if element.text:
            known[element.text] = self._text(element)
        for name, child in element.children.items():
            shared = name in known and child.text is None
            known[name] = (
                self._shape(child, {}, ref(child.class_name), ("string",)) if shared else ref(child.class_name)
            )
        if element.children:
            help_ = f"What stands in {element.name}, in order."
            known["content"] = {"description": help_, "type": "array", "items": self._content(element)}
        if element.text or element.scalar:
            known |= self._in_languages(element)
        return known

    def _in_languages(self, element: Element) -> Schema:
        types = [*TEXT_TYPES, *(["array"] if element.mixed else [])]
        return {name: {"type": types, "description": f"the text in `{name}`"} for name in self.languages}

    def _content(self, element: Element) -> Schema:
        known = {name: ref(child.class_name) for name, child in element.children.items()}
        made = mapping_of(known, f"One of what may stand in {element.name}.") | {"maxProperties": 1}
        if element.mixed:
            made = mapping_of(known | self._in_languages(element), f"One of what may stand in {element.name}.")
            most: Schema = {} if self.languages else {"maxProperties": 1}
            return made | most | {"type": ["object", *TEXT_TYPES]}
        return made | {"type": ["object", "string"], "pattern": f"^({'|'.join(known)})_?$"}

    def _text(self, element: Element) -> Schema:
        """The text under its own name; how long it may be is told when the flow is checked."""
        about = _about(element.text_help, element.text_field)
        if isinstance(element.text_field, Json):
            return {"description": about, **element.text_field.schema()}
        by_language = mapping_of({name: {"type": TEXT_TYPES} for name in self.languages}, "by language")
        return {
            "description": about,
            **({"anyOf": [{"type": TEXT_TYPES}, by_language]} if self.languages else {"type": TEXT_TYPES}),
        }

    def _value(self, field: Field, help_: str) -> Schema:
        about = _about(help_, field)
        if isinstance(field, Address) and field.takes_target:
            kinds = [ref("target"), *([{"const": ""}] if field.read("") == "" else [])]
            if self.languages:
                kinds.append(mapping_of(dict.fromkeys(self.languages, ref("target")), "by language"))
            return {
                "description": about,
                **({"anyOf": kinds} if len(kinds) > 1 else {"type": "string", "allOf": kinds}),
            }
        made = _worded(field.schema(), f"must be: {field.describe()}")
        if self.languages:
            return {
                "description": about,
                "anyOf": [made, mapping_of(dict.fromkeys(self.languages, made), "by language")],
            }
        return {"description": about, **made}


def _about(help_: str, field: Field) -> str:
    return f"{help_} — {field.describe()}" if help_ else field.describe()


def _worded(schema: Schema, message: str) -> Schema:
    """The schema with our words for a value it refuses, wherever an editor may take its message from."""
    kinds = schema.get("anyOf")
    if isinstance(kinds, list):
        return schema | {"anyOf": [_worded(kind, message) for kind in kinds]}
    words: Schema = {"errorMessage": message}
    return schema | words | ({"patternErrorMessage": message} if "pattern" in schema else {})
