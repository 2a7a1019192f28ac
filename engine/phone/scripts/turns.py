"""Reads the turns of a call: one key each, in the order they are lived."""

import re
from collections.abc import Mapping

from engine.diagnostics import nearest
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence
from engine.grammar.masks import MASK
from engine.phone.scripts import script
from engine.phone.scripts.expected import EXPECTED, ReadTurn, Turns, place
from engine.phone.scripts.given import FAILURES
from engine.phone.scripts.later import read_later
from engine.phone.scripts.outcomes import WORKS, read_outcome_turn
from engine.phone.scripts.reader import KEY_NAMES, Reader, first_line, folded, shortened
from engine.phone.scripts.stubs import kinds

BARE = ("silence", "hangup", "picks_up", "ends")  # turns that say all by their name
CALLEE = ("hear", "press", "say", "silence", "hangup", "at")  # turns of somebody who was dialled
MESSAGES = (
    "text",
    "later",
    "hear",
    "asked",
    "logged",
    "at",
    "set",
    "round_trips",
)  # turns of a conversation by text message
_RECORDED = re.compile(r"(\d{1,6})(?:\s*(?:seconds?|s)\b)?(?:,?\s*(?:then\s+)?(\D.*|[0-9*#]))?", re.IGNORECASE)
_RECORDED_HELP = "write  recorded: 12 seconds, then pound\nor     recorded: {seconds: 12, ends_with: hangup}"


# What turns are called by those who do not look it up, and no spelling leads to.
_OTHER_NAMES = {
    "wait": "silence",
    "pause": "silence",
    "timeout": "silence",
    "after": "later",
    "sleep": "later",
    "passes": "later",
    "type": "press",
    "enter": "press",
    "digits": "press",
    "key": "press",
    "keys": "press",
    "speak": "say",
    "expect": "hear",
    "listen": "hear",
    "step": "at",
    "sms": "text",
    "message": "text",
    "rings": "dialled",
    "busy": "answers",
    "no-answer": "answers",
    "vars": "set",
    "requests": "round_trips",
    "requested": "asked",
    "asks": "asked",
    "redirect": "leaves",
    "log": "logged",
    "logs": "logged",
}


def read_turns(reader: Reader, name: str, node: Node, known: tuple[str, ...] = ()) -> Turns:
    """The turns in a list; those of the mistaken are left out, and reported. `known` are those that may stand here."""
    if not isinstance(node, Sequence):
        reader.shape(
            f"`{shortened(name)}` must be a list of turns", node, "write\n- hear: Thank you for calling\n- press: 1"
        )
        return ()
    return tuple(turn for item in node.items for turn in _turn(reader, item, known or tuple(TURNS)))


def _turn(reader: Reader, node: Node, known: tuple[str, ...]) -> Turns:
    if isinstance(node, Scalar):
        return _bare(reader, node, known)
    if not isinstance(node, Entries) or not node.entries:
        reader.shape("a turn is one key and what it says", node, "write  hear: Thank you for calling")
        return ()
    if len(node.entries) != 1:
        title = (
            "a turn has one key; here "
            + " and ".join(f"`{key.text}`" for key, _ in node.entries[:2])
            + " stand together"
        )
        lines = "\n".join(f"- {first_line(key.span).text}: …" for key, _ in node.entries)
        reader.report.error(
            "F403", title, node.entries[1][0].span, label="a turn of its own", helps=[f"write\n{lines}"]
        )
        return ()
    key, value = node.entries[0]
    if not _known(reader, key, known):
        return ()
    empty = isinstance(value, Scalar) and value.empty
    if empty and key.text in BARE:
        return TURNS[key.text](reader, key, None)
    if empty:
        reader.report.error("F403", f"`{key.text}` says nothing", key.span, label="nothing is written here")
        return ()
    before = len(reader.report)
    turns = TURNS[key.text](reader, key, value)
    if not turns and len(reader.report) == before:  # `hear: []`: a turn that looks at nothing passes for ever
        reader.report.error("F403", f"`{key.text}` says nothing", first_line(value.span))
    return turns


def _bare(reader: Reader, node: Scalar, known: tuple[str, ...]) -> Turns:
    if node.text in BARE and node.text in known:
        return TURNS[node.text](reader, node, None)
    if node.text in TURNS and node.text in known:
        reader.report.error("F403", f"`{node.text}` says nothing", node.span, helps=[f"write  {node.text}: …"])
    elif " " in node.text.strip():
        title = "a turn is a key and what it says"
        first, _, rest = node.text.strip().partition(" ")
        named = nearest(first, known)
        label = "a colon is missing" if named else "a key is missing"
        helps = [f"write  {named}: {shortened(rest)}" if named else f"write  hear: {shortened(node.text)}"]
        reader.report.error("F403", title, first_line(node.span), label=label, helps=helps)
    else:
        _known(reader, node, known)
    return ()


def _known(reader: Reader, key: Scalar, known: tuple[str, ...]) -> bool:
    if key.text in known:
        return True
    if key.text in TURNS:
        title = f"`{key.text}` is no turn of somebody who was dialled"
        helps = [folded("they take: " + ", ".join(known)), f"write `{key.text}` behind `picks_up`, not in it"]
        reader.report.error("F401", title, key.span, helps=helps)
    elif (meant := "asked" if key.text.lower() in kinds() else _OTHER_NAMES.get(key.text.lower())) in known:
        label = f"did you mean `{meant}`?"
        reader.report.error("F401", f"there is no turn `{key.text}`", key.span, label=label)
    else:
        reader.unknown("F401", "there is no turn", key, known)
    return False


# One function for each kind of turn: the reader, the key, and what it says (None for a bare word).


def _left_out(reader: Reader, node: Node | None, what: str) -> bool:
    """Whether a secret answer stands there as it was saved, which is told."""
    if not isinstance(node, Scalar) or MASK not in node.text:
        return False
    title, helps = "a secret answer was left out here when the call was saved", [f"write {what} in its place"]
    reader.report.error("F403", title, node.span, label="not saved", helps=helps)
    return True


def _press(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    node, during = _interrupting(reader, key, value, "keys")
    if _left_out(reader, node, "the keys"):
        return ()
    keys = reader.keys(key.text, node) if node else None
    return (script.Press(key.text, place(key, value), keys, during),) if keys else ()


def _say(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    node, during = _interrupting(reader, key, value, "words")
    if _left_out(reader, node, "the words"):
        return ()
    words = reader.text(key.text, node) if node else None
    return (script.Say(key.text, place(key, value), words, during),) if words else ()


def _interrupting(reader: Reader, key: Scalar, value: Node | None, named: str) -> tuple[Node | None, str]:
    """What is pressed or said, and the words that it comes in the middle of: `{keys: 1, during: For billing}`."""
    if not isinstance(value, Entries):
        return value, ""
    known = (named, "during")
    unknown = [name for name, _ in value.entries if name.text not in known]
    for name in unknown:
        reader.unknown("F402", f"`{key.text}` has no key", name, known)
    if value.get(named) is None and not unknown:
        reader.shape(f"`{key.text}` has `{named}`", value, f"write  {key.text}: {{{named}: …, during: For billing}}")
    during = value.get("during")
    return value.get(named), (reader.text("during", during) or "") if during else ""


def _text(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    body = reader.text(key.text, value) if value else None
    return (script.Write(key.text, place(key, value), body),) if body else ()


def _silence(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    times = reader.number(key.text, value, "2") if value else 1
    return (script.Silence(key.text, place(key, value), times),) if times else ()


def _hangup(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    if value is not None:
        reader.shape("`hangup` stands alone", value, "write  - hangup")
        return ()
    return (script.HangUp(key.text, key.span),)


def _answers(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    if not isinstance(value, Scalar) or value.text.lower() not in FAILURES:
        if isinstance(value, Scalar) and value.text.lower() in ("completed", "answered", "yes", "true"):
            title = "somebody who takes the call `picks_up`"
            helps = [
                'write  picks_up, or  picks_up: "1"  if they press a key to accept',
                f"for a conference write  {WORKS['conference']}",
            ]
            reader.report.error("F405", title, value.span, label=f"found `{value.text}`", helps=helps)
        elif isinstance(value, Scalar):
            reader.unknown("F405", "a dial never answers", value, FAILURES)
        elif value is not None:
            reader.shape("`answers` must be a text", value, "write  answers: busy")
        return ()
    return (script.Outcome(key.text, value.span, "dial", value.text.lower()),)


def _picks_up(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    who, turns = "", value
    if isinstance(value, Entries):
        for name, _ in value.entries:
            if name.text not in ("who", "turns"):
                reader.unknown("F402", "`picks_up` has no key", name, ("who", "turns"))
        number, turns = value.get("who"), value.get("turns")
        who = (reader.text("who", number) or "") if number else ""
    taken: Turns = ()
    if isinstance(turns, Sequence):
        taken = read_turns(reader, key.text, turns, CALLEE)
    elif turns is not None:
        taken = _press(reader, key, turns)
    return (script.PickUp(key.text, key.span, taken, who),)


def _talks(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    seconds = reader.seconds(key.text, value) if value else None
    return (script.Talk(key.text, place(key, value), seconds),) if seconds is not None else ()


def _later(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    seconds = read_later(reader, key.text, value) if value else None
    return (script.Later(key.text, place(key, value), seconds),) if seconds else ()


def _recorded(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    spot = place(key, value)
    if isinstance(value, Entries):
        for name, _ in value.entries:
            if name.text not in ("seconds", "ends_with"):
                reader.unknown("F402", "`recorded` has no key", name, ("seconds", "ends_with"))
        length, end = value.get("seconds"), value.get("ends_with")
        seconds = reader.seconds("seconds", length) if length else 0
        ending = _ending(reader, end.text, end) if isinstance(end, Scalar) else "silence"
    else:
        text = value.text.strip() if isinstance(value, Scalar) else ""
        if text.lower() in ("nothing", "silence"):
            return (script.Record(key.text, spot, 0),)
        found = _RECORDED.fullmatch(text)
        if found is None or value is None:
            reader.shape("`recorded` says how many seconds", value or key, _RECORDED_HELP)
            return ()
        seconds = int(found.group(1))
        ending = _ending(reader, found.group(2) or "silence", value)
    return (script.Record(key.text, spot, seconds, ending),) if ending and seconds is not None else ()


def _ending(reader: Reader, text: str, node: Node) -> str | None:
    ending = KEY_NAMES.get(text.lower(), text.lower())
    if ending in ("hangup", "silence") or (len(ending) == 1 and ending in "0123456789*#"):
        return ending
    title = "a recording ends with a key, `hangup` or `silence`"
    reader.report.error("F405", title, node.span, label=f"found `{shortened(text)}`", helps=[_RECORDED_HELP])
    return None


def _dialled(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    spot = place(key, value)
    if not isinstance(value, Entries):
        numbers = reader.texts(key.text, value, 'write  dialled: "+15550100"') if value else ()
        return (script.Rings(key.text, spot, numbers),) if numbers else ()
    known = ("to", "answers", "picks_up")
    for name, _ in value.entries:
        if name.text not in known:
            reader.unknown("F402", "`dialled` has no key", name, known)
    to = value.get("to")
    turns: Turns = (script.Rings(key.text, spot, reader.texts("to", to) if to else ()),)
    for word in ("answers", "picks_up"):
        named, said = value.key(word), value.get(word)
        if named is not None and said is not None:
            turns += TURNS[word](reader, named, None if isinstance(said, Scalar) and said.empty else said)
    return turns


TURNS: Mapping[str, ReadTurn] = {
    "hear": EXPECTED["hear"],
    "press": _press,
    "say": _say,
    "silence": _silence,
    "hangup": _hangup,
    "text": _text,
    "dialled": _dialled,
    "answers": _answers,
    "picks_up": _picks_up,
    "talks": _talks,
    "later": _later,
    "recorded": _recorded,
    "outcome": read_outcome_turn,
    **EXPECTED,
}
