"""What the overlay can state about a TwiML class: kinds of value, rules for its content, and what it does to a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.grammar.fields import Field, Text

TEXT = "text"  # in a rule: the element's own text
ANY = "any"  # in a rule: every nested element
ANY_TEXT = Text()


@dataclass(frozen=True, slots=True)
class Conduct:
    """What a verb does to the course of a call, and what comes back from it."""

    heard: bool = True  # the caller hears or sees it, so an effect after it must wait its turn
    waits: bool = False  # waits for somebody
    ends: bool = False  # nothing after it is reached
    comes_back: bool = False  # ends in an answer, so it may have branch and save
    loops: bool = False  # without an action Twilio asks the same document again
    falls_through: bool = False  # may go on with the next verb of its document although it has an action
    answer: tuple[str, ...] = ()  # the request parameters that hold the answer; the first present wins
    results: tuple[str, ...] = ()  # the values that answer takes, if they are a closed set
    others: tuple[str, ...] = ()  # exits beside the answer's values
    sends: tuple[str, ...] = ()  # the request parameters that come with the answer, beyond those of every request


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for what an element holds; `fact` is a sentence that says why.

    `names` are nested elements, `TEXT`, `ANY`, an attribute as `@digits`, or one of a nested element as `play@digits`.
    `at_most`, `at_least`: no more, no less than `count` of these names together. `exactly_one`: one of them, and once.
    `exclusive`: the first name stands without any of the others; without all elements and text, if there are no others.
    `without`: none of the names occurs. `needs`: where the first occurs, the second does too.
    """

    kind: Literal["at_most", "at_least", "exactly_one", "exclusive", "without", "needs"]
    names: tuple[str, ...]
    fact: str
    count: int = 1

    def broken(self, held: Mapping[str, int]) -> str | None:
        """The name that breaks the rule, "" where something is missing, None where it is kept.

        `held` counts what an element holds, under the names that rules use (without `ANY`).
        """
        present = [name for name in held if held[name] and (name in self.names or (ANY in self.names and _nests(name)))]
        total = sum(held[name] for name in present)
        match self.kind:
            case "at_most":
                return present[-1] if total > self.count else None
            case "at_least":
                return "" if total < self.count else None
            case "exactly_one":
                return None if total == 1 else present[-1] if present else ""
            case "without":
                return present[0] if present else None
            case "needs":
                return "" if self.names[0] in present and self.names[1] not in present else None
            case "exclusive":
                first, others = self.names[0], self.names[1:]
                beside = [name for name in held if held[name] and name != first]
                clash = [name for name in beside if name in others or (not others and (name == TEXT or _nests(name)))]
                return clash[0] if clash and held.get(first) else None


def _nests(name: str) -> bool:
    return name != TEXT and "@" not in name


@dataclass(frozen=True, slots=True)
class Added:
    """An attribute that Twilio documents and the library lacks."""

    xml: str
    help: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one class of the library beyond its methods; attributes are keyed by their names in a flow."""

    help: str = ""
    text: Field = ANY_TEXT
    kinds: Mapping[str, Field] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    scalar: str = ""  # the attribute or nested element that a bare scalar fills where there is no text
    rules: tuple[Rule, ...] = ()
    conduct: Conduct = Conduct()
    added: Mapping[str, Added] = field(default_factory=dict)
    nested: tuple[str, ...] = ()  # classes that may stand in this one, beyond those the library lets in, or has at all
    words: bool = (
        False  # its text is heard or read by the caller: it is said in the language of the call, and translated
    )
    voiced: bool = False  # its `voice` and `language` are those of the call's language
    deprecated: str = ""  # what to use instead
    deprecated_attributes: Mapping[str, str] = field(default_factory=dict)
    deprecated_values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
