"""The facts about TwiML that the library cannot know, keyed by class and attribute."""

from collections.abc import Mapping

from engine.grammar.fields import Field, Text
from engine.grammar.overlay.common import BY_ENDING, BY_NAME, WORDS
from engine.grammar.overlay.connect import CONNECT
from engine.grammar.overlay.dial import DIAL
from engine.grammar.overlay.facts import ANY, ANY_TEXT, TEXT, Added, Conduct, Facts, Rule
from engine.grammar.overlay.messaging import MESSAGING
from engine.grammar.overlay.places import PLACES, Place
from engine.grammar.overlay.speech import SPEECH
from engine.grammar.overlay.verbs import VERBS

FACTS: Mapping[str, Facts] = {**VERBS, **SPEECH, **DIAL, **CONNECT, **MESSAGING}


def facts_of(class_name: str) -> Facts:
    """What is known of a class of the library; nothing, for a class newer than this overlay."""
    return FACTS.get(class_name, _NOTHING)


def kind_of(class_name: str, attribute: str) -> Field:
    """The kind of value of an attribute: the class's own fact, else what holds for the name everywhere, else text."""
    known = facts_of(class_name).kinds.get(attribute) or BY_NAME.get(attribute)
    return known or next((kind for ending, kind in BY_ENDING.items() if attribute.endswith(ending)), _TEXT)


_NOTHING = Facts()
_TEXT = Text()

__all__ = [
    "ANY",
    "ANY_TEXT",
    "FACTS",
    "PLACES",
    "TEXT",
    "WORDS",
    "Added",
    "Conduct",
    "Facts",
    "Place",
    "Rule",
    "facts_of",
    "kind_of",
]
