"""The JSON Schema of a flow file, made from the description of the language, for editors that complete and check.

Draft 07, a verb as the key of its instruction, and no `oneOf`: what editors show best. A value that may be a text, a
mapping or a list is one schema whose keywords each hold for one of them, so that a mistake is reported where it stands
and not as "matches none of these".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document import nodes
from engine.document.parse import parse
from engine.grammar.channels import CHANNELS
from engine.grammar.examples import EXAMPLES
from engine.grammar.fields import Schema
from engine.grammar.hours import hours_schema
from engine.grammar.shapes import TEXT_TYPES, Shapes, branch_of, closed, mapping_of, needs_nothing, ref, union
from engine.grammar.verbs import ENGINE_VERBS, EXTRAS, FLOW_KEYS, PROJECT_KEYS, RETRY_KEYS, TARGET_WORDS, Word
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.vocabulary import BOTH, Element, elements

DRAFT = "http://json-schema.org/draft-07/schema#"
SNIPPETS = ("gather", "dial", "record", "branch", "say", "redirect", "message")

_STEP = "^[a-z][a-z0-9_-]*$"
_VARIABLE = "^[a-z][a-z0-9_]*$"
LANGUAGE = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_EXPRESSION = ["string", "boolean", "number"]


def flow_schema(steps: Sequence[str] = (), languages: Sequence[str] = ()) -> Schema:
    """The schema of a flow file; `steps` are offered wherever a target may stand, `languages` wherever a text may."""
    return _Maker(tuple(steps), Shapes(tuple(languages))).file("A Touchtone flow", FLOW_KEYS, ["steps"])


def project_schema(steps: Sequence[str] = (), languages: Sequence[str] = ()) -> Schema:
    """The schema of `_project.yaml`; its targets name their flow, `clinic/menu`."""
    return _Maker(tuple(steps), Shapes(tuple(languages))).file("A Touchtone project", PROJECT_KEYS, [])


def _verbs() -> dict[str, Element]:
    """The TwiML verbs of both channels, without those that Twilio knows only inside another."""
    never = {name for rule in BOTH.rules if rule.kind == "without" for name in rule.names} | set(ENGINE_VERBS)
    return {name: verb for name, verb in BOTH.children.items() if name not in never}


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the schema of one file, which offers `steps` as targets."""

    steps: tuple[str, ...]
    shapes: Shapes

    def file(self, title: str, keys: Mapping[str, Word], required: list[str]) -> Schema:
        known = {name: self._key(word) for name, word in keys.items()}
        return {
            "$schema": DRAFT,
            "title": title,
            "type": "object",
            "properties": known,
            "required": required,
            "additionalProperties": False,
            "definitions": self._definitions(),
        }

    # The keys of a file.

    def _key(self, word: Word) -> Schema:
        makers: dict[str, Callable[[], Schema]] = {
            "description": lambda: {"type": TEXT_TYPES},
            "channel": self._channel,
            "start": lambda: {"type": "string", "pattern": _STEP, "examples": list(self.steps)},
            "takes": self._variables,
            "vars": self._variables,
            "defaults": self._defaults,
            "on_error": lambda: {"type": "string", "allOf": [ref("target")]},
            "steps": self._steps,
            "check": lambda: {"type": "object"},
            "hours": lambda: hours_schema(_VARIABLE, _EXPRESSION),
            "always": lambda: self._always(word),
            "languages": lambda: self._languages(word),
        }
        made = makers.get(word.name, lambda: {"type": "object"})()
        return {**made, "description": word.help}

    def _channel(self) -> Schema:
        word: Schema = {"type": "string", "pattern": f"^({'|'.join(CHANNELS)})$"}
        return union(["string", "array"], "", {"items": word}, pattern=word["pattern"], examples=list(CHANNELS))

    def _variables(self) -> Schema:
        anything: Schema = {"description": "a value, or a template"}
        return {"type": "object", "patternProperties": {_VARIABLE: anything}, "additionalProperties": False}

    def _always(self, word: Word) -> Schema:
        known = {name: {"description": help_, "allOf": [ref("goes")]} for name, help_ in word.keys.items()}
        return {"type": "object", "properties": known, "additionalProperties": ref("goes")}

    def _languages(self, word: Word) -> Schema:
        entry = mapping_of({name: {"type": "string", "description": help_} for name, help_ in word.keys.items()}, "")
        one = {**entry, "type": ["object", "null"], "description": "how this language is spoken"}
        return {"type": "object", "patternProperties": {LANGUAGE: one}, "additionalProperties": False}

    def _steps(self) -> Schema:
        step = {"description": "A step: its instructions, in order.", "allOf": [ref("instructions")]}
        return {
            "type": "object",
            "patternProperties": {_STEP: step},
            "propertyNames": {"not": {"enum": list(TARGET_WORDS)}},
            "additionalProperties": False,
        }

    def _defaults(self) -> Schema:
        shared: dict[str, dict[str, Schema]] = {}
        for element in elements(BOTH):
            known = shared.setdefault(element.name, {})
            for attribute in element.attributes.values():
                known.setdefault(attribute.name, self.shapes.attribute(element, attribute))
        shared["gather"]["retry"] = ref("retry")
        for verb in ENGINE_VERBS.values():
            if verb.defaults:
                fields = self._known_fields(verb)
                shared[verb.name] = {name: fields[name] for name in verb.defaults}
        named = {name: mapping_of(known, f"What every {name} gets.") for name, known in shared.items() if known}
        return {"type": "object", "properties": named, "additionalProperties": False}

    # What the definitions hold.

    def _definitions(self) -> Schema:
        made: Schema = {
            "target": self._target(),
            "goes": self._goes(),
            "instructions": {"type": "array", "items": ref("instruction")},
            "instruction": self._instruction(),
            "condition": self._condition(),
            "branch": branch_of((), EXTRAS["branch"]),
            "save": self._save(),
            "retry": self._retry(),
        }
        for element in elements(BOTH):
            made.setdefault(element.class_name, self.shapes.nested(element))
        for name, verb in _verbs().items():
            made[f"verb-{name}"] = self.shapes.verb(verb)
        for name, word in ENGINE_VERBS.items():
            made[f"verb-{name}"] = {"title": name, "description": word.help, **self._engine_verb(word)}
        return made

    def _instruction(self) -> Schema:
        verbs = _verbs()
        bare = [*(name for name, verb in verbs.items() if needs_nothing(verb)), "return"]
        return {
            "description": "An instruction: one verb, or the bare word of one that needs nothing.",
            "type": ["object", "string"],
            "pattern": f"^({'|'.join(bare)})$",
            "patternErrorMessage": f"A bare word is a verb that needs nothing: {', '.join(bare)}.",
            "properties": {name: ref(f"verb-{name}") for name in (*verbs, *ENGINE_VERBS)},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "defaultSnippets": [
                {"label": f"{name} …", "description": f"An example of {name}.", "body": _plain(EXAMPLES[name])}
                for name in SNIPPETS
            ],
        }

    def _target(self) -> Schema:
        return {
            "description": "Where to go on: a step, `flow/step`, `flow/`, a URL, or one of the words "
            + ", ".join(TARGET_WORDS),
            "type": "string",
            "pattern": r"^\S+$|\{[{%]",
            "patternErrorMessage": "must be: step, `flow/step`, `flow/`, URL, or a word such as `repeat`",
            "examples": [*self.steps, *TARGET_WORDS],
        }

    def _goes(self) -> Schema:
        target = self._target()
        help_ = "Where to go on: a step, `flow/step`, a URL, a word, or a list of instructions"
        own = {name: target[name] for name in ("pattern", "patternErrorMessage", "examples")}
        return union(["string", "array"], help_, {"items": ref("instruction")}, **own)

    def _condition(self) -> Schema:
        known = {
            "when": {"type": _EXPRESSION, "description": "an expression, such as `visits > 3`"},
            "to": ref("goes"),
            "else": ref("goes"),
        }
        return mapping_of(known, "A condition: `when` with `to`, or `else` at the end.") | {
            "minProperties": 1,
            "dependencies": {"when": ["to"], "to": ["when"]},
        }

    def _save(self) -> Schema:
        return {
            "description": EXTRAS["save"],
            "type": ["string", "object"],
            "pattern": _VARIABLE,
            "patternProperties": {_VARIABLE: {"type": "string", "description": "a parameter of the answer"}},
            "additionalProperties": False,
        }

    def _retry(self) -> Schema:
        entry: Schema = {"items": {"type": [*TEXT_TYPES, "array", "object"]}}
        types = [*TEXT_TYPES, "array", *(["object"] if self.shapes.languages else [])]
        known = {name: union(types, help_, entry) for name, help_ in RETRY_KEYS.items()}
        known["attempts"] = {"description": RETRY_KEYS["attempts"], "type": ["integer", "string"], "minimum": 1}
        return mapping_of(known, EXTRAS["retry"])

    # Verbs and elements.

    def _engine_verb(self, word: VerbSpec) -> Schema:
        makers: dict[str, Callable[[], Schema]] = {
            "redirect": lambda: self._target() | union(["string", "object"], word.help, self._fields(word)),
            "branch": self._deciding,
            "set": self._variables,
            "log": lambda: {"type": TEXT_TYPES},
            "twiml": lambda: {"type": "string"},
            "return": dict,
        }
        if word.name in makers:
            return makers[word.name]()
        if word.bare:
            return union(["string", "object"], word.help, self._fields(word))
        return {"description": word.help, "type": "object", **self._fields(word)}

    def _fields(self, word: VerbSpec) -> Schema:
        known = self._known_fields(word)
        return closed(known) if known else {"properties": {}, "additionalProperties": True}

    def _known_fields(self, word: VerbSpec) -> dict[str, Schema]:
        shared = {"branch": ref("branch"), "save": ref("save"), "url": ref("target")}
        if word.answers:
            shared["branch"] = branch_of(word.answers, EXTRAS["branch"])
        shared |= {name: self.shapes.own(key) for name, key in word.fields.items() if key.kind is not None}
        if any(key.form == "login" for key in word.fields.values()):
            text: Schema = {"type": TEXT_TYPES}
            known = {"user": "the user, or the key of an API", "password": "its password, written as `{{ env.NAME }}`"}
            login = closed({name: {**text, "description": help_} for name, help_ in known.items()}) | {
                "required": ["user", "password"]
            }
            shared["auth"] = {"type": ["string", "object"], "pattern": "^(twilio|none)$", "allOf": [login]}
        return {name: {"description": help_, **shared.get(name, {})} for name, help_ in word.keys.items()}

    def _deciding(self) -> Schema:
        word = ENGINE_VERBS["branch"]
        on: Schema = {"type": _EXPRESSION, "description": word.keys["on"]}
        keys: Schema = {"properties": {"on": on, "else": ref("goes")}, "additionalProperties": ref("goes")}
        return union(["array", "object"], word.help, {**keys, "required": ["on"], "items": ref("condition")})


def _plain(example: str) -> object:
    """An example as the mapping that editors take for the body of a snippet."""

    def plain(node: nodes.Node) -> object:
        if isinstance(node, nodes.Mapping):
            return {key.text: plain(value) for key, value in node.entries}
        return [plain(item) for item in node.items] if isinstance(node, nodes.Sequence) else node.text

    read = parse(Source("example.yaml", example), Report())
    assert read is not None, f"the example is no YAML: {example}"
    return plain(read)
