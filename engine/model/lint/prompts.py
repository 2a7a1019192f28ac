"""The rule that compares what a gather says with what it takes: L202."""

import re
from collections.abc import Iterator

from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.model.lint.survey import Finding, Survey, given
from engine.model.parts import ByLanguage, Exit, Key, Piece, ToWord, Verb
from engine.model.reading.meant_keys import meant_key

_WORDS = {
    word: str(digit)
    for digit, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
} | {"star": "*", "asterisk": "*", "pound": "#", "hash": "#"}
_KEY = r"[0-9*#]|" + "|".join(_WORDS)
_NAMED = re.compile(
    rf"\b(?:press|push|hit|dial)\s+(?:(?:the|key|number|digit)\s+)*({_KEY})(?:\s+(?:or|and)\s+({_KEY}))?(?![\w*#-]|\s+(?:[0-9]|digits|times|to\b|through|or more))"
)
_SPOKEN = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")
_RANGE = re.compile(rf"\b(?:{_KEY})\s*(?:to|through|thru|-|–)\s*(?:{_KEY})\b")
_BEFORE = 20  # instructions before a gather that are listened to
# How other languages say "press": a prompt that has one of these, or letters that English lacks, is not read as English.
_FOREIGN = re.compile(
    r"[^\W\d_a-z]|\b(?:oprima|marque|presione|pulse|para|druecken|waehlen|appuyez|tapez|touche|prema|premere|digiti|"
    r"pressione|tecle|disque|druk|toets|kies|voor|tryk|trykk|tast|tryck|paina|wybierz|nacisnij|basin|tekan|pindutin)\b"
)
_AGAIN = re.compile(r"\b(?:again|repeat|replay|re-?start|start over|main menu|go back|return)\b")
_UNSPOKEN = "0*#"  # callers try these without being told


def unmatched(survey: Survey) -> Iterator[Finding]:
    """A gather whose words and keys differ: the words say "press 4" and no key takes it, or no words name a key.

    Only what is certain is told: not where a template or a recording speaks, nor for 0, star and pound, which callers try
    unasked, nor where `else` takes what the words name at once, nor where the words are not all English.

    PASS:
        steps:
          menu:
            - gather: {say: "For sales, press 1. For help, press 2.", branch: {1: sales, 2: sales, else: hangup}}
          sales:
            - say: This is sales.

    FAIL:
        steps:
          menu:
            - gather: {say: "For sales, press 1. For help, press 4.", branch: {1: sales, 2: sales, else: hangup}}
          sales:
            - say: This is sales.
    """
    for place, number, verb in survey.verbs("gather"):
        keys = [key for exit_ in verb.exits for key in exit_.keys]
        digits = {key.text: key for key in keys if key.kind == "digits"}
        if not digits or any(key.kind == "pattern" or (key.kind == "words" and meant_key(key.text)) for key in keys):
            continue
        if any(exit_.when for exit_ in verb.exits):
            continue
        said, sure = _said(verb)
        sure = sure and number <= _BEFORE
        for before in place.block.instructions[max(0, number - _BEFORE) : number]:
            if isinstance(before, Verb):
                words, clear = _spoken(before.piece)
                said, sure = f"{words} {said}", sure and clear
        said = said.lower()
        if not _is_english(survey.flow, verb, said):
            continue
        named = _named(said)
        taken = {*digits, *(key.text for exit_ in survey.flow.always for key in exit_.keys), *_finishing(verb)}
        if not _takes_rest(verb):
            for missing in [each for each in named if each not in taken and not _repeats(verb, each, said)]:
                yield Finding(
                    verb.span,
                    f"the words say to press `{missing}`, and no key takes it",
                    helps=(f"write  {_shown(missing)}: …  in its `branch`",),
                )
        if sure and named and not _RANGE.search(said):
            yield from _unnamed(digits, said)


def _unnamed(digits: dict[str, Key], said: str) -> Iterator[Finding]:
    spoken = {_WORDS[word] for word in _SPOKEN.findall(said)}
    for text, key in digits.items():
        if len(text) == 1 and text not in _UNSPOKEN and text not in said and text not in spoken:
            yield Finding(
                key.span,
                f"the key `{text}` is never named to the caller",
                "no words name it",
                helps=(f"say  … press {text}.", "or keep it with  # touchtone: ignore[L202]"),
            )


def _shown(key: str) -> str:
    return key if key.isdigit() else f'"{key}"'


def _named(said: str) -> list[str]:
    found: dict[str, None] = {}
    for match in _NAMED.finditer(said):
        for word in match.groups():
            if word:
                found[_WORDS.get(word, word)] = None
    return list(found)


def _finishing(verb: Verb) -> str:
    finish = given(verb, "finishOnKey")
    return "#" if finish is None else finish


def _takes_rest(verb: Verb) -> bool:
    """Whether an answer that no key takes leads at once to a place that may be meant for it."""
    rest: Exit | None = next((exit_ for exit_ in verb.exits if "else" in exit_.names), None)
    if any("no_match" in exit_.names for exit_ in verb.exits) or verb.retry.attempts > 1 or rest is None:
        return False
    return not isinstance(rest.goes, ToWord)


def _repeats(verb: Verb, key: str, said: str) -> bool:
    """Whether the words offer the key to hear the question again, and `else` does just that at once."""
    rest = next((exit_ for exit_ in verb.exits if "else" in exit_.names), None)
    if rest is None or not isinstance(rest.goes, ToWord) or rest.goes.word not in ("repeat", "restart", "back"):
        return False
    if any("no_match" in exit_.names for exit_ in verb.exits) or verb.retry.attempts > 1:
        return False
    about = [sentence for sentence in re.split(r"[.!?;]", said) if key in _named(sentence)]
    return key == "*" or all(_AGAIN.search(sentence) for sentence in about)


def _is_english(flow: Flow, verb: Verb, said: str) -> bool:
    """Whether all that is said before the answer is English, as far as anybody can tell."""
    if _FOREIGN.search(said):
        return False
    spoken = [verb.piece, *(item for item in verb.piece.content if isinstance(item, Piece))]
    written = [value for piece in spoken for xml, value in piece.attributes if xml == "language"]
    default = next(iter(flow.languages), "en")
    return default.startswith("en") and all(isinstance(each, str) and each.lower().startswith("en") for each in written)


def _said(verb: Verb) -> tuple[str, bool]:
    """What the gather says, also when it asks again, and whether that is all in plain words."""
    said, sure = _spoken(verb.piece)
    for time in (*verb.retry.prompt, *verb.retry.no_match, *verb.retry.no_input):
        for piece in time:
            words, clear = _spoken(piece)
            said, sure = f"{said} {words}", sure and clear
    return said, sure


def _spoken(piece: Piece) -> tuple[str, bool]:
    if piece.element.name == "play":
        return "", False
    words, sure = [], True
    for item in _in_default(piece):
        if isinstance(item, Piece):
            inner, clear = _spoken(item)
            words.append(inner)
            sure = sure and clear
        elif isinstance(item, str):
            words.append(item)
        elif isinstance(item, Template):
            words.append(re.sub(r"\{[{%#].*?[}%#]\}", " … ", item.text, flags=re.DOTALL))
            sure = False
    return " ".join(words), sure


def _in_default(piece: Piece) -> Iterator[object]:
    """What stands in a piece, in the default language: what other languages say is its translation."""
    for item in piece.content:
        said = next(iter(item.entries.values())) if isinstance(item, ByLanguage) else item
        yield from said if isinstance(said, tuple) else (said,)
