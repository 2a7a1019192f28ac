"""The people behind the phone numbers: who answers, and what they press and say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.phone.handset import HANG_UP, words_of
from engine.standin.phone_numbers import party

Answers = Literal["human", "machine", "fax", "busy", "no-answer", "failed"]
ANSWERS: tuple[Answers, ...] = ("human", "machine", "fax", "busy", "no-answer", "failed")
LONGEST = 1000  # letters of what somebody does

_ITEM = re.compile(r"(?:'[^']*'|\"[^\"]*\"|[^,'\"]|['\"])+")
_VERB = re.compile(r"(press|say)\s+(.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone: how they answer, and what they do one thing after another, in the words of `touchtone phone`.

    When they have done all of it, they listen and stay silent.
    """

    answers: Answers = "human"
    does: tuple[str, ...] = ()


class People:
    """Who is behind each number; anybody who is not named answers, listens, and presses nothing."""

    def __init__(self, given: Mapping[str, Person] | None = None) -> None:
        self._given = {_spelled(number): person for number, person in (given or {}).items()}

    def of(self, number: str) -> Person:
        """The person at a number, a client or a SIP address."""
        return self._given.get(_spelled(number), Person())

    def set(self, number: str, person: Person) -> None:
        """Says who is at a number from now on."""
        self._given[_spelled(number)] = person


def read_people(given: Iterable[str]) -> People:
    """The people of texts such as `+15550103: busy`. Raises ValueError with a sentence for one that cannot be read."""
    people = People()
    for text in given:
        number, colon, does = text.rpartition(": ") if ": " in text else text.rpartition(":")
        if not colon or not number.strip():
            raise ValueError(f"`{text[:80]}` names no number: write  +15550103: busy")
        if not party(number):
            raise ValueError(f"`{number[:80]}` is not a phone number: write  +15550103: busy")
        people.set(number, read_person(does))
    return people


def read_person(text: str) -> Person:
    """What somebody does: `busy`, `no-answer`, `failed`, `machine`, `fax`, or `press 1, say billing, hang up`.

    `press` and `say` may be left out, as in `touchtone phone`: keys are pressed, words are said, quotes keep words together.
    Raises ValueError with a sentence.
    """
    items = _items(text)
    answers: Answers = "human"
    if items and (first := items[0].lower().replace(" ", "-")) in ANSWERS:
        answers = next(one for one in ANSWERS if one == first)
        items = items[1:]
        if items and answers in ("busy", "no-answer", "failed"):
            raise ValueError(f"`{answers}` is all that happens then: leave out `{', '.join(items)[:80]}`")
    return Person(answers, tuple(word for item in items for word in _words(item)))


def read_acts(text: str) -> tuple[str, ...]:
    """What somebody does in a live call: `press 1`, `say billing`, `hang up`, `busy` for somebody who is dialled. Raises ValueError."""
    return tuple(word for item in _items(text) for word in _words(item))


def _items(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise ValueError(f"what a person does is at most {LONGEST} characters long")
    return [item.strip() for item in _ITEM.findall(text) if item.strip()]


def _spelled(number: str) -> str:
    """A number as the account writes it, without a channel such as `whatsapp:`."""
    return party(number) or party(number.rpartition(":")[2]) or number.strip()


def _words(item: str) -> tuple[str, ...]:
    """What one item says, in the words of the telephone in a terminal."""
    if item.lower() in HANG_UP:
        return ("hangup",)
    verb = _VERB.fullmatch(item)
    if verb is None:
        return words_of(item)
    rest = verb[2].strip()
    if verb[1].lower() == "say":
        return (f"'{rest.strip(chr(39) + chr(34))}",)
    keys = "".join(rest.split())
    if not re.fullmatch(r"[0-9*#]+", keys):
        raise ValueError(f"`{rest[:80]}` are no keys: press takes 0 to 9, * and #")
    return (keys,)
