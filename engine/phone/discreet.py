"""What is left out of a call that is written down or shown: answers that the flow keeps secret, and where they were said again."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.grammar.masks import MASK, pattern_of, takes_secret
from engine.grammar.verbs import MAY_BE_SECRET
from engine.grammar.vocabulary import VOICE
from engine.phone.events import Asked, Did, Event, Heard, Logged, Played, Reached, Requested, Texted
from engine.phone.tape import Moment, Side

# What comes with the answer of a verb that may be secret, but for how it went.
_CARRIES = {
    name
    for verb in MAY_BE_SECRET
    for name in (*VOICE.children[verb].conduct.answer, *VOICE.children[verb].conduct.sends)
} - {"Result", "RecordingDuration", "FinishedOnKey"}


def mask_of(moments: Sequence[Moment]) -> Callable[[str], str]:
    """Hides the secret answers of a call in a text."""
    pattern = pattern_of(_secrets(moments)[1])
    return (lambda text: pattern.sub(MASK, text)) if pattern is not None else str


def discreet(moments: Sequence[Moment]) -> Sequence[Moment]:
    """The moments of a call with what is secret in them masked."""
    hidden, texts = _secrets(moments)
    if not hidden:
        return moments
    pattern = pattern_of(texts)
    mask: Callable[[str], str] = (lambda text: pattern.sub(MASK, text)) if pattern is not None else str
    return [
        moment._replace(event=_left_out(moment.event) if number in hidden else _masked(moment.event, mask))
        for number, moment in enumerate(moments)
    ]


def _secrets(moments: Sequence[Moment]) -> tuple[set[int], set[str]]:
    """The numbers of the moments in which something secret was done, and the texts of that."""
    hidden, texts = set[int](), set[str]()
    since: dict[Side, list[int]] = {}  # what was done since the last document
    asked: dict[Side, bool] = {}
    for number, (_, side, event) in enumerate(moments):
        if isinstance(event, Asked):
            asked[side] = event.secret
        elif isinstance(event, Did):
            since.setdefault(side, []).append(number)
            if asked.get(side) and event.act in ("press", "say"):
                hidden.add(number)
        elif isinstance(event, Requested) and event.kind == "document":
            if takes_secret(event.url):
                texts |= {value for name, value in event.params if value and name in _CARRIES}
                done = [moments[one].event for one in since.get(side, ())]
                hidden |= {
                    one
                    for one, did in zip(since.get(side, ()), done, strict=True)
                    if isinstance(did, Did) and (did.act in ("press", "say") or did.params)
                }
            since[side], asked[side] = [], False
    for numbers in since.values():  # keys whose turn is not answered yet: nothing tells them in one
        keys = "".join(_keys(moments[one].event) for one in numbers if one in hidden)
        texts |= {keys, keys[:-1]} if keys[-1:] in ("#", "*") else {keys}
    for number in hidden:
        match moments[number].event:
            case Did(act="press" | "say", words=words):
                texts.add(words)
            case Did(params=params):
                texts |= {value for _, value in params if value}
    return hidden, texts


def _keys(event: Event) -> str:
    return event.words if isinstance(event, Did) and event.act == "press" else ""


def masked(moments: Sequence[Moment], mask: Callable[[str], str]) -> Sequence[Moment]:
    """The moments of a call as a mask of texts leaves them: what was heard, sent, asked and logged."""
    return [moment._replace(event=_masked(moment.event, mask)) for moment in moments]


def _left_out(event: Event) -> Event:
    if not isinstance(event, Did):
        return event
    words = MASK if event.act in ("press", "say") else event.words
    return replace(event, words=words, params=tuple((name, MASK) for name, _ in event.params))


def _masked(event: Event, mask: Callable[[str], str]) -> Event:
    match event:
        case Heard(text=text):
            return replace(event, text=mask(text))
        case Played(url=url, words=words):
            return replace(event, url=mask(url), words=mask(words))
        case Did(act="text", words=words):
            return replace(event, words=mask(words))
        case Texted(body=body):
            return replace(event, body=mask(body))
        case Reached(asked=asked, answer=answer, problem=problem):
            return replace(event, asked=mask(asked), answer=mask(answer), problem=mask(problem))
        case Logged(text=text):
            return replace(event, text=mask(text))
    return event
