"""The reference of the language for a terminal of 80 columns: a page for each verb, element, key, filter and name."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from engine.grammar.channels import CHANNELS
from engine.grammar.examples import BY_TEXT, EXAMPLES
from engine.grammar.names import snake
from engine.grammar.overlay import Conduct
from engine.grammar.page_layout import INDENT, example, head, listed, section, wrapped
from engine.grammar.reference_values import value_pages, value_topics
from engine.grammar.verbs import (
    ANSWER_KEYS,
    ENGINE_VERBS,
    EXTRA_EXAMPLES,
    EXTRAS,
    FLOW_KEYS,
    MAY_BE_SECRET,
    PROJECT_KEYS,
    RETRY_KEYS,
    Word,
)
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.vocabulary import MESSAGING, Attribute, Element


def reference(name: str) -> str | None:
    """The page of a verb, an element (`dial.number`, `number`), a key of a flow, a target, a filter or a known name; None for anything else.

    A name that means two things, as `start` does, has both on its page.
    """
    elements, words = [*_element_pages(name)], [*_word_pages(name), *value_pages(name)]
    pages = elements + words if name in _WAYS else words + elements  # what has the name, before what only ends in it
    return "\n\n\n".join(pages) or None


def topics() -> tuple[str, ...]:
    """Every name that has a page, in the order of the alphabet."""
    words = [word.name for words in (ENGINE_VERBS, FLOW_KEYS, PROJECT_KEYS) for word in words.values()]
    return tuple(sorted({*(_title(path) for path in _WAYS), *words, *EXTRAS, *value_topics()}))


def pages_that_list(name: str) -> tuple[str, ...]:
    """The topics on whose pages an entry of this name stands, those of one word first: `timeout` on that of `gather`."""
    entry = re.compile(rf"(?m)^ +(?:other exits  )?(?:[\w-]+, )*{re.escape(name)}(  |$|,)")
    found = [topic for topic in topics() if entry.search(reference(topic) or "")]
    return tuple(sorted(found, key=lambda topic: ("." in topic, topic not in ("gather", "record", "dial"), topic)))


def _ways() -> Mapping[str, tuple[Element, tuple[str, ...]]]:
    """Each element of both channels under its ways from a verb (`dial.number`), without circles, and what it stands in."""
    found: dict[str, tuple[Element, list[str]]] = {}
    for channel in CHANNELS.values():
        root = channel.verbs
        alone = {name for rule in root.rules if rule.kind == "without" for name in rule.names}
        never = {*alone, *ENGINE_VERBS, *found}
        waiting: list[tuple[tuple[str, ...], Element]] = [
            ((name,), verb) for name, verb in root.children.items() if name not in never
        ]
        seen: dict[str, str] = {}
        for way, element in waiting:  # grows while it is walked
            path = ".".join(way)
            place = way[-2] if len(way) > 1 else f"a verb of {channel.name}"
            shortest = seen.get(element.class_name)
            if shortest is not None:
                places = found[shortest][1]
                if place not in places:
                    places.append(place)
                continue
            seen[element.class_name] = path
            found[path] = (element, [place])
            waiting.extend(((*way, name), child) for name, child in element.children.items())
    return MappingProxyType({path: (element, tuple(places)) for path, (element, places) in found.items()})


_WAYS = _ways()

# The verbs that have a field which the others that come back lack.
_EXTRAS_OF: Mapping[str, tuple[str, ...]] = {"retry": ("gather",), "secret": MAY_BE_SECRET}

# A verb of messaging under the name of one of voice.
_TWINS = {"gather": MESSAGING.children["gather"]}


def _element_pages(name: str) -> Iterator[str]:
    """The element of that way; else each whose way ends in the name, or goes from a verb in another way."""
    exact = _WAYS.get(name)
    if exact is not None:
        yield _element_page(name, *exact)
        if name in _TWINS:
            yield _element_page(name, _TWINS[name], ("a verb of messaging",), BY_TEXT[name])
        return
    last = name.rpartition(".")[2]
    for path, (element, places) in _WAYS.items():
        parent = name.rpartition(".")[0].rpartition(".")[2]
        if path.rpartition(".")[2] == last and (not parent or parent in places):
            yield _element_page(path, element, places)


def _title(path: str) -> str:
    """The way to an element that stands in one other; the name alone of one that stands in several."""
    return path if len(_WAYS[path][1]) == 1 or "." not in path else path.rpartition(".")[2]


def _element_page(path: str, element: Element, places: tuple[str, ...], own_example: str = "") -> str:
    verb = "." not in path
    kind = places[0] if verb else f"stands in {listed(places)}"
    lines = [*head(_title(path), kind, element.help)]
    if element.deprecated:
        lines += ["", *wrapped(f"Out of use: {element.deprecated}.")]
    if verb and path in EXAMPLES:
        lines += example(own_example or EXAMPLES[path])
    lines += section("Fields", _fields(element))
    lines += section("May hold", [(name, child.help) for name, child in element.children.items()])
    if element.words or element.voiced:
        lines += ["", "Languages", *wrapped(_in_languages(element), INDENT)]
    if element.rules:
        lines += ["", "Rules", *(line for rule in element.rules for line in wrapped(rule.fact, INDENT))]
    if verb:
        lines += _comes_back(element.name, element.conduct)
    return "\n".join(lines)


def _in_languages(element: Element) -> str:
    """What holds of an element in a flow with `languages`."""
    said = "In a flow with `languages` it is in that of the call, its words as a mapping of them: {en: …, es: …}."
    asked = "In a flow with `languages` it is in that of the call, and so is what stands in it."
    own = " `language: es` takes that one of them with its voice, whatever the call's is."
    return (said if element.words else asked) + own * element.voiced


def _fields(element: Element) -> list[tuple[str, str]]:
    """The text first, then the attributes, each with what it is for and the kind of its value."""
    fields = []
    if element.text:
        note = f"The text, also written  {element.name}: …"
        fields.append((element.text, f"{_about(element.text_help, element.text_field.describe())}. {note}"))
    for attribute in element.attributes.values():
        fields.append((attribute.name, _attribute(element, attribute)))
    if element.scalar in element.children:
        child = element.children[element.scalar or ""]
        fields.append((child.name, f"{child.help} Also written  {element.name}: …"))
    return fields


def _attribute(element: Element, attribute: Attribute) -> str:
    text = _about(attribute.help, attribute.field.describe())
    if attribute.required:
        text += ". Needed"
    if attribute.name == element.scalar:
        text += f". Also written  {element.name}: …"
    if attribute.deprecated:
        text += f". Out of use: {attribute.deprecated}"
    for value, instead in attribute.deprecated_values.items():
        text += f". `{value}` is out of use: {instead}"
    return text


def _about(help_: str, kind: str) -> str:
    return f"{help_.rstrip('.')} — {kind}" if help_ else kind


def _comes_back(name: str, conduct: Conduct) -> list[str]:
    if not conduct.comes_back:
        return []
    rows = []
    if conduct.answer:
        rows.append(("answer", f"what Twilio sends as {listed(conduct.answer)}"))
    if conduct.results:
        rows.append(("its values", ", ".join(conduct.results)))
    if conduct.others:
        rows.append(("other exits", ", ".join(conduct.others)))
    extras = [extra for extra in EXTRAS if name in _EXTRAS_OF.get(extra, (name,))]
    rows += [(extra, EXTRAS[extra]) for extra in extras]
    if conduct.answer or conduct.sends:
        sent = ", ".join(snake(parameter) for parameter in (*conduct.answer, *conduct.sends))
        rows.append(("to save", f"answer, {sent}, or any parameter that Twilio sends, in snake_case"))
    keys = section("Which key takes an answer", list(ANSWER_KEYS.items())) if name == "gather" else []
    return [*section("What comes back", rows), *keys]


def _word_pages(name: str) -> Iterator[str]:
    verb, key = ENGINE_VERBS.get(name), FLOW_KEYS.get(name) or PROJECT_KEYS.get(name)
    if verb is not None:
        yield _word_page(verb, "a verb of the engine")
    if name in EXTRAS and not verb:
        owners = [path for path, (element, _) in _WAYS.items() if "." not in path and element.conduct.comes_back]
        kind = f"a field of {listed(_EXTRAS_OF.get(name, owners))}"
        keys, shown = (RETRY_KEYS if name == "retry" else {}), EXTRA_EXAMPLES.get(name, "")
        yield _word_page(Word(name, f"{EXTRAS[name][0].upper()}{EXTRAS[name][1:]}.", keys, shown), kind)
    if key is not None:
        yield _word_page(key, "a key of a flow" if name in FLOW_KEYS else "a key of _project.yaml")


def _word_page(word: Word | VerbSpec, kind: str) -> str:
    # A key of a file stands by itself, a verb in a list.
    shown = example(word.example, "- " if word.name in ENGINE_VERBS else "") if word.example else []
    rows: list[tuple[str, str]] = []
    fields = section("Fields", list(word.keys.items()))
    if isinstance(word, VerbSpec):
        rows += [("answers", ", ".join(word.answers))] if word.answers else []
        rows += [("to save", ", ".join(word.gives))] if word.gives else []
    if isinstance(word, VerbSpec) and word.defaults:
        fields += ["", *wrapped(f"`defaults` may give every {word.name}: {', '.join(word.defaults)}.")]
    if isinstance(word, VerbSpec) and word.rules:
        fields += ["", "Rules", *(line for rule in word.rules for line in wrapped(rule.fact, INDENT))]
    return "\n".join([*head(word.name, kind, word.help), *shown, *fields, *section("What comes back", rows)])
